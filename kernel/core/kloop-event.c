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

	if (!READ_ONCE(r->direct)) {
		nm_kloop_kick(r->loop);
		return 0;
	}
	/* interrupts are off */
	this_cpu_inc(nm_kloop_kicks);
	nm_kloop_ring_run_direct(r);
	this_cpu_dec(nm_kloop_kicks);
	return 0;
}

/*
 * The port moved something. A direct ring takes it at once, and signals its
 * program, unless the port is at work in this very context: then the ring is
 * busy, and it is left to the loop.
 */
static void nm_kloop_port(struct nm_kloop *loop, enum txrx t)
{
	u32 i;

	if (!(loop->direct & nm_kloop_direct_bit(t))) {
		nm_kloop_kick(loop);
		return;
	}
	for (i = 0; i < loop->num; i++)
		if (loop->ring[i].kring->tx == t)
			nm_kloop_ring_run_direct(&loop->ring[i]);
}

static int nm_kloop_port_tx(wait_queue_entry_t *wait, unsigned int mode, int sync,
			    void *key)
{
	nm_kloop_port(container_of(wait, struct nm_kloop, port_wait[NR_TX]), NR_TX);
	return 0;
}

static int nm_kloop_port_rx(wait_queue_entry_t *wait, unsigned int mode, int sync,
			    void *key)
{
	nm_kloop_port(container_of(wait, struct nm_kloop, port_wait[NR_RX]), NR_RX);
	return 0;
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

static wait_queue_head_t *nm_kloop_port_queue(struct nm_kloop *loop, enum txrx t)
{
	struct netmap_priv_d *priv = loop->priv;

	if (nm_priv_nrings(priv, t) == 1)
		return &NMR(priv->np_na, t)[priv->np_qfirst[t]]->si;
	return &priv->np_na->si[t];
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

/*
 * The port may sleep for its process only as long as nobody syncs it from a
 * wake-up. Everything is looked at once when the loop begins.
 */
void nm_kloop_listen(struct nm_kloop *loop)
{
	struct netmap_adapter *na = loop->priv->np_na;
	enum txrx t;
	u32 i;

	if (!nm_kloop_can_direct(na))
		loop->direct = 0;
	if (loop->direct) {
		mutex_lock(&nm_global_lock);
		loop->maysleep = na->na_flags & NAF_BDG_MAYSLEEP;
		na->na_flags &= ~NAF_BDG_MAYSLEEP;
		mutex_unlock(&nm_global_lock);
	}
	for (i = 0; i < loop->num; i++) {
		struct nm_kloop_ring *r = &loop->ring[i];

		set_bit(NM_KLOOP_TODO_SYNC, &r->todo);
		WRITE_ONCE(r->direct,
			   loop->direct & nm_kloop_direct_bit(r->kring->tx));
	}
	init_waitqueue_func_entry(&loop->port_wait[NR_TX], nm_kloop_port_tx);
	init_waitqueue_func_entry(&loop->port_wait[NR_RX], nm_kloop_port_rx);
	for_rx_tx(t)
		add_wait_queue(nm_kloop_port_queue(loop, t), &loop->port_wait[t]);
	/* pairs with nm_kring_notify() */
	smp_mb();
}

/* Nobody comes from outside any more when this returns. */
void nm_kloop_deafen(struct nm_kloop *loop)
{
	enum txrx t;
	u32 i;

	for_rx_tx(t)
		if (loop->port_wait[t].func)
			remove_wait_queue(nm_kloop_port_queue(loop, t),
					  &loop->port_wait[t]);
	for (i = 0; i < loop->num; i++)
		if (loop->ring[i].wqh)
			remove_wait_queue(loop->ring[i].wqh, &loop->ring[i].wait);
	if (loop->maysleep) {
		mutex_lock(&nm_global_lock);
		loop->priv->np_na->na_flags |= NAF_BDG_MAYSLEEP;
		mutex_unlock(&nm_global_lock);
	}
}
