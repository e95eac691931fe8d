// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * What wakes the sync loop: the eventfds of the program, and the
 * notifications of the port.
 */
#include <linux/file.h>
#include <linux/slab.h>

#include "kloop.h"

#define NM_KLOOP_MODES (NM_OPT_SYNC_KLOOP_DIRECT_TX | NM_OPT_SYNC_KLOOP_DIRECT_RX)

void nm_kloop_kick(struct nm_kloop *loop)
{
	WRITE_ONCE(loop->kicked, true);
	wake_up(&loop->wqh);
}

static int nm_kloop_kicked(wait_queue_entry_t *wait, unsigned int mode, int sync,
			   void *key)
{
	struct nm_kloop_ring *r = container_of(wait, struct nm_kloop_ring, wait);

	/* interrupts are off; this file may be woken by a wake-up of ours */
	if (this_cpu_inc_return(nm_wakes) == 1 && READ_ONCE(r->direct))
		nm_kloop_ring_run_direct(r);
	else
		nm_kloop_ring_leave(r);
	this_cpu_dec(nm_wakes);
	return 0;
}

/**
 * nm_kloop_news() - the port moved something
 * @kring: the ring
 *
 * A direct ring takes it at once, and signals its program, unless the port is
 * at work in this very context: then the ring is busy, and it is left to the
 * loop. So is what is told in the middle of a wake-up. Any context.
 */
void nm_kloop_news(struct netmap_kring *kring)
{
	struct nm_kloop_ring *r;

	rcu_read_lock();
	r = rcu_dereference(kring->nr_loop);
	if (r && READ_ONCE(r->direct) && !this_cpu_read(nm_wakes))
		nm_kloop_ring_run_direct(r);
	else if (r)
		nm_kloop_ring_leave(r);
	rcu_read_unlock();
}

static void nm_kloop_queue(struct file *file, wait_queue_head_t *wqh,
			   poll_table *table)
{
	struct nm_kloop_ring *r = container_of(table, struct nm_kloop_ring, table);

	r->wqh = wqh;
	add_wait_queue(wqh, &r->wait);
}

static int nm_kloop_kick_open(struct nm_kloop_ring *r, int fd)
{
	struct eventfd_ctx *ctx;

	r->kick = fget(fd);
	if (!r->kick)
		return -EBADF;
	ctx = eventfd_ctx_fileget(r->kick);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	eventfd_ctx_put(ctx);
	init_waitqueue_func_entry(&r->wait, nm_kloop_kicked);
	init_poll_funcptr(&r->table, nm_kloop_queue);
	return vfs_poll(r->kick, &r->table) & EPOLLERR ? -EINVAL : 0;
}

static int nm_kloop_eventfds(struct nm_kloop *loop,
			     const struct nmreq_opt_sync_kloop_eventfds *opt,
			     u32 direct)
{
	bool all = true;
	int error;
	u32 i;

	if (opt->nro_opt.nro_size != struct_size(opt, eventfds, loop->num))
		return -EINVAL;
	for (i = 0; i < loop->num; i++)
		all &= opt->eventfds[i].ioeventfd >= 0;
	if (!all && direct)
		return -EINVAL;
	for (i = 0; i < loop->num; i++) {
		struct nm_kloop_ring *r = &loop->ring[i];

		if (opt->eventfds[i].irqfd >= 0) {
			struct eventfd_ctx *ctx =
				eventfd_ctx_fdget(opt->eventfds[i].irqfd);

			if (IS_ERR(ctx))
				return PTR_ERR(ctx);
			r->irq = ctx;
		}
		if (!all)
			continue;
		error = nm_kloop_kick_open(r, opt->eventfds[i].ioeventfd);
		if (error)
			return error;
	}
	loop->events = all;
	return 0;
}

/**
 * nm_kloop_options() - eventfds and mode of a loop
 * @loop: the loop
 * @req: the request
 *
 * Without eventfds the direct modes mean nothing: they are ignored.
 *
 * Return: 0; -EINVAL for a mode that does not exist, a wrong number of
 * eventfds, one that is missing in a direct mode, or a file that is none;
 * -EBADF
 */
int nm_kloop_options(struct nm_kloop *loop, struct nm_request *req)
{
	struct nmreq_opt_sync_kloop_eventfds *eventfds =
		nm_request_option(req, NETMAP_REQ_OPT_SYNC_KLOOP_EVENTFDS);
	struct nmreq_opt_sync_kloop_mode *mode =
		nm_request_option(req, NETMAP_REQ_OPT_SYNC_KLOOP_MODE);
	u32 direct = mode ? mode->mode : 0;
	int error = 0;

	if (mode) {
		if (direct & ~NM_KLOOP_MODES)
			error = -EINVAL;
		nm_request_option_done(req, NETMAP_REQ_OPT_SYNC_KLOOP_MODE, error);
		if (error)
			return error;
	}
	if (!eventfds)
		return 0;
	error = nm_kloop_eventfds(loop, eventfds, direct);
	if (!error)
		loop->direct = direct;
	nm_request_option_done(req, NETMAP_REQ_OPT_SYNC_KLOOP_EVENTFDS, error);
	return error;
}

/*
 * Whether the rings can be synced where interrupts are off: those of switches
 * and pipes can, others may want to call the stack or the driver.
 */
static bool nm_kloop_can_direct(const struct netmap_adapter *na)
{
#ifdef WITH_PIPES
	if (na->nm_txsync == netmap_pipe_txsync)
		return true;
#endif
	return na->na_flags & NAF_BDG_MAYSLEEP;
}

/* Everything is looked at once when the loop begins. */
void nm_kloop_listen(struct nm_kloop *loop)
{
	struct netmap_adapter *na = loop->priv->np_na;
	u32 i;

	if (!nm_kloop_can_direct(na))
		loop->direct = 0;
	loop->lossy = na->na_flags & NAF_BDG_MAYSLEEP;
	for (i = 0; i < loop->num; i++) {
		struct nm_kloop_ring *r = &loop->ring[i];

		set_bit(NM_KLOOP_TODO_SYNC, &r->todo);
		WRITE_ONCE(r->direct,
			   loop->direct & nm_kloop_direct_bit(r->kring->tx));
		/* it is the ring's only one: the descriptor has it exclusively */
		rcu_assign_pointer(r->kring->nr_loop, r);
	}
	loop->listening = true;
	/* pairs with nm_kring_notify() */
	smp_mb();
}

/* Nobody comes from outside any more when this returns. */
void nm_kloop_deafen(struct nm_kloop *loop)
{
	u32 i;

	for (i = 0; i < loop->num; i++) {
		struct nm_kloop_ring *r = &loop->ring[i];

		if (loop->listening)
			RCU_INIT_POINTER(r->kring->nr_loop, NULL);
		if (r->wqh)
			remove_wait_queue(r->wqh, &r->wait);
	}
	synchronize_rcu_expedited();
}
