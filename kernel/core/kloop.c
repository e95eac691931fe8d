// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * The sync loop: a thread of the program stays in the kernel and syncs the
 * rings of its descriptor while other threads, or a virtual machine, fill and
 * empty them through the CSB arrays. With an eventfd for every ring the loop
 * sleeps until somebody kicks it; otherwise it runs all the time.
 */
#include <linux/delay.h>
#include <linux/file.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "kloop.h"

#define NM_KLOOP_SLEEP_MAX 1000000 /* microseconds */
#define NM_KLOOP_NAP 10000 /* too short to be interrupted by a stop */
#define NM_KLOOP_IDLE (3 * HZ) /* looks even without an event */

static struct nm_kloop *nm_kloop_new(struct netmap_priv_d *priv, u32 sleep_us)
{
	struct nm_csb *csb = priv->np_csb;
	struct nm_kloop *loop;
	u32 i, tx = nm_priv_nrings(priv, NR_TX);

	loop = kvzalloc(struct_size(loop, ring, csb->num), GFP_KERNEL);
	if (!loop)
		return NULL;
	loop->priv = priv;
	loop->mm = current->mm;
	loop->sleep_us = sleep_us;
	loop->num = csb->num;
	init_waitqueue_head(&loop->wqh);
	for (i = 0; i < loop->num; i++) {
		struct nm_kloop_ring *r = &loop->ring[i];
		enum txrx t = i < tx ? NR_TX : NR_RX;

		r->loop = loop;
		r->kring = NMR(priv->np_na, t)[priv->np_qfirst[t] +
					       (i < tx ? i : i - tx)];
		r->atok = (struct nm_csb_atok __nmshared *)csb->atok.first + i;
		r->ktoa = (struct nm_csb_ktoa __nmshared *)csb->ktoa.first + i;
	}
	return loop;
}

static void nm_kloop_free(struct nm_kloop *loop)
{
	u32 i;

	nm_kloop_deafen(loop);
	for (i = 0; i < loop->num; i++) {
		struct nm_kloop_ring *r = &loop->ring[i];

		if (r->kick)
			fput(r->kick);
		if (r->irq)
			eventfd_ctx_put(r->irq);
	}
	kvfree(loop);
}

static void nm_kloop_pause(struct nm_kloop *loop)
{
	unsigned long *state = &loop->priv->np_kloop;

	if (loop->events)
		wait_event_killable_timeout(loop->wqh, READ_ONCE(loop->kicked) ||
					    test_bit(NM_KLOOP_STOP, state),
					    NM_KLOOP_IDLE);
	else if (loop->sleep_us && loop->sleep_us < NM_KLOOP_NAP)
		usleep_range(loop->sleep_us, loop->sleep_us + loop->sleep_us / 8);
	else if (loop->sleep_us)
		wait_event_killable_timeout(loop->wqh,
					    test_bit(NM_KLOOP_STOP, state),
					    usecs_to_jiffies(loop->sleep_us));
	else
		cond_resched();
}

static bool nm_kloop_is_over(struct nm_kloop *loop)
{
	return test_bit(NM_KLOOP_STOP, &loop->priv->np_kloop) ||
	       fatal_signal_pending(current);
}

static int nm_kloop_run(struct nm_kloop *loop)
{
	u32 i;

	nm_kloop_listen(loop);
	while (!nm_kloop_is_over(loop)) {
		WRITE_ONCE(loop->kicked, false);
		/* a kick from here on is seen by the wait below */
		smp_mb();
		for (i = 0; i < loop->num && !nm_kloop_is_over(loop); i++) {
			nm_kloop_ring_run(&loop->ring[i]);
			nm_kloop_ring_signal(&loop->ring[i]);
		}
		nm_kloop_pause(loop);
	}
	return test_bit(NM_KLOOP_STOP, &loop->priv->np_kloop) ? 0 : -EINTR;
}

static int nm_kloop_begin(struct netmap_priv_d *priv, u32 sleep_us)
{
	int error = nm_lock_killable();

	if (error)
		return error;
	if (sleep_us > NM_KLOOP_SLEEP_MAX)
		error = -EINVAL;
	else if (!nm_priv_na(priv) || !nm_netmap_on(priv->np_na))
		error = -ENXIO;
	else if (!priv->np_csb)
		error = -EINVAL;
	else if (test_and_set_bit(NM_KLOOP_RUNNING, &priv->np_kloop))
		error = -EBUSY;
	nm_unlock();
	return error;
}

/**
 * nm_kloop_start() - NETMAP_REQ_SYNC_KLOOP_START
 * @priv: a descriptor in CSB mode
 * @req: the request
 *
 * Context: process, nm_global_lock not held; returns when another thread
 * stops the loop. A stop that comes before the start counts too.
 *
 * Return: 0 when stopped; -EINTR when killed; -ENXIO if the descriptor is not
 * bound; -EINVAL if it is not in CSB mode or an option or the time to sleep is
 * bad; -EBUSY if a loop is running; -EBADF for a closed eventfd; -ENOMEM
 */
int nm_kloop_start(struct netmap_priv_d *priv, struct nm_request *req)
{
	struct nmreq_sync_kloop_start *start = req->body;
	struct nm_kloop *loop;
	int error = nm_kloop_begin(priv, start->sleep_us);

	if (error)
		return error;
	error = -ENOMEM;
	loop = nm_kloop_new(priv, start->sleep_us);
	if (loop) {
		error = nm_kloop_options(loop, req);
		priv->np_kloop_wqh = &loop->wqh;
		if (!error)
			error = nm_kloop_run(loop);
		mutex_lock(&priv->np_kloop_lock);
		priv->np_kloop_wqh = NULL;
		mutex_unlock(&priv->np_kloop_lock);
		nm_kloop_free(loop);
	}
	clear_bit(NM_KLOOP_STOP, &priv->np_kloop);
	/* a thread that sees the loop ended sees the stop consumed */
	smp_mb__before_atomic();
	clear_bit(NM_KLOOP_RUNNING, &priv->np_kloop);
	return error;
}

/**
 * nm_kloop_stop() - NETMAP_REQ_SYNC_KLOOP_STOP
 * @priv: the descriptor
 *
 * Context: process, nm_global_lock not held. Waits until no loop is running.
 *
 * Return: 0; -ENXIO if the descriptor is not bound; -EINTR when killed
 */
int nm_kloop_stop(struct netmap_priv_d *priv)
{
	struct netmap_adapter *na = nm_priv_na(priv);

	if (!na || !nm_netmap_on(na))
		return -ENXIO;
	set_bit(NM_KLOOP_STOP, &priv->np_kloop);
	/* the stop before the look whether a loop sleeps */
	smp_mb__after_atomic();
	mutex_lock(&priv->np_kloop_lock);
	if (priv->np_kloop_wqh)
		wake_up(priv->np_kloop_wqh);
	mutex_unlock(&priv->np_kloop_lock);
	while (test_bit(NM_KLOOP_RUNNING, &priv->np_kloop)) {
		if (fatal_signal_pending(current))
			return -EINTR;
		usleep_range(500, 1000);
	}
	return 0;
}
