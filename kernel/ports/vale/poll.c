// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Threads that poll the RX rings of an attached NIC instead of waiting for
 * its interrupts.
 */
#include <linux/cpumask.h>
#include <linux/kthread.h>
#include <linux/slab.h>

#include "ports/ports.h"
#include "vale.h"

struct nm_poll_thread {
	struct netmap_adapter *hwna;
	struct task_struct *task;
	u32 first, last; /* RX rings */
};

struct nm_poller {
	u32 num;
	struct nm_poll_thread thread[];
};

static int nm_poll_main(void *data)
{
	struct nm_poll_thread *t = data;
	u32 i;

	while (!kthread_should_stop()) {
		local_bh_disable();
		rcu_read_lock();
		for (i = t->first; i < t->last; i++)
			t->hwna->rx_rings[i]->nm_notify(t->hwna->rx_rings[i], 0);
		rcu_read_unlock();
		local_bh_enable();
		cond_resched();
	}
	return 0;
}

/* Syncs change the flags of their ring too, without looking: they stop here. */
static void nm_poll_intr(struct netmap_adapter *hwna, bool on)
{
	enum txrx t;
	u32 i;

	nm_krings_stop(hwna, NM_STOP_CORE);
	for_rx_tx(t)
		for (i = 0; i < nma_get_nrings(hwna, t); i++)
			nm_kflags_change(NMR(hwna, t)[i], on ? NKR_NOINTR : 0,
					 on ? 0 : NKR_NOINTR);
	nm_krings_start(hwna, NM_STOP_CORE);
	if (hwna->nm_intr)
		hwna->nm_intr(hwna, on);
	else if (!on)
		pr_err("%s: its driver cannot turn interrupts off, polling goes on beside them\n",
		       hwna->name);
}

static void nm_poll_free(struct nm_poller *poller)
{
	while (poller->num--)
		kthread_stop(poller->thread[poller->num].task);
	kfree(poller);
}

/* Ends the polling of a port, if there is any. */
void nm_poll_stop(struct netmap_vp_adapter *vp)
{
	struct nm_poller **ppoller = nm_bwrap_poller(vp);

	if (!*ppoller)
		return;
	nm_poll_free(*ppoller);
	*ppoller = NULL;
	nm_poll_intr(nm_bwrap_hwna(vp), true);
}

/* Mode MULTI: thread k has ring and CPU first + k. SINGLE: one has all rings. */
static int nm_poll_threads(struct nm_poller *poller, struct netmap_adapter *hwna,
			   const struct nmreq_vale_polling *req)
{
	bool single = req->nr_mode == NETMAP_POLLING_MODE_SINGLE_CPU;
	u32 k;

	for (k = 0; k < req->nr_num_polling_cpus; k++) {
		struct nm_poll_thread *t = &poller->thread[k];
		u32 cpu = req->nr_first_cpu_id + k;

		t->hwna = hwna;
		t->first = single ? 0 : cpu;
		t->last = single ? hwna->num_rx_rings : cpu + 1;
		t->task = kthread_create(nm_poll_main, t, "nmkth:%d:%u",
					 current->pid, k);
		if (IS_ERR(t->task))
			return -EFAULT;
		poller->num++;
		if (cpu < nr_cpu_ids && cpu_online(cpu))
			kthread_bind(t->task, cpu);
	}
	for (k = 0; k < poller->num; k++)
		wake_up_process(poller->thread[k].task);
	return 0;
}

static int nm_poll_check(const struct nmreq_vale_polling *req,
			 const struct netmap_adapter *hwna)
{
	if (!req->nr_num_polling_cpus ||
	    req->nr_num_polling_cpus > num_possible_cpus())
		return -EINVAL;
	switch (req->nr_mode) {
	case NETMAP_POLLING_MODE_SINGLE_CPU:
		return req->nr_num_polling_cpus == 1 ? 0 : -EINVAL;
	case NETMAP_POLLING_MODE_MULTI_CPU:
		return req->nr_first_cpu_id < hwna->num_rx_rings &&
		       req->nr_num_polling_cpus <=
		       hwna->num_rx_rings - req->nr_first_cpu_id ? 0 : -EINVAL;
	}
	return -EINVAL;
}

static int nm_poll_enable(struct netmap_vp_adapter *vp,
			  const struct nmreq_vale_polling *req)
{
	struct netmap_adapter *hwna = nm_bwrap_hwna(vp);
	struct nm_poller **ppoller = nm_bwrap_poller(vp), *poller;
	int error;

	if (*ppoller)
		return -EFAULT;
	error = nm_poll_check(req, hwna);
	if (error)
		return error;
	poller = kzalloc(struct_size(poller, thread, req->nr_num_polling_cpus),
			 GFP_KERNEL);
	if (!poller)
		return -EFAULT;
	error = nm_poll_threads(poller, hwna, req);
	if (error) {
		nm_poll_free(poller);
		return error;
	}
	*ppoller = poller;
	nm_poll_intr(hwna, false);
	return 0;
}

/**
 * nm_vale_polling() - VALE_POLLING_ENABLE and VALE_POLLING_DISABLE
 * @req: the request
 * @enable: which of them
 *
 * Return: 0; -ENXIO if there is no such port; -EINVAL if the name does not
 * begin with "vale", or for impossible CPUs, rings or modes; -EOPNOTSUPP if
 * the port is not a NIC; -EFAULT if it is polled already, or not at all
 */
int nm_vale_polling(struct nm_request *req, bool enable)
{
	struct netmap_vp_adapter *vp;
	struct nm_switch *sw;
	size_t len;
	int error = nm_vale_name_split(req->hdr.nr_name, &len);

	if (error)
		return error == -ENOENT ? -EINVAL : -ENXIO;
	sw = nm_switch_find(req->hdr.nr_name, len);
	vp = sw ? nm_switch_port(sw, req->hdr.nr_name) : NULL;
	if (!vp)
		return -ENXIO;
	if (!nm_bwrap_is(&vp->up) || nm_bwrap_is_host(&vp->up))
		return -EOPNOTSUPP;
	if (enable)
		return nm_poll_enable(vp, req->body);
	if (!*nm_bwrap_poller(vp))
		return -EFAULT;
	nm_poll_stop(vp);
	return 0;
}
