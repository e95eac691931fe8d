// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * The sync loop: a thread of the program stays in the kernel and syncs the
 * rings of its descriptor while other threads, or a virtual machine, fill and
 * empty them through the CSB arrays. With an eventfd for every ring the loop
 * sleeps until somebody kicks it; otherwise it runs all the time.
 */
#include <linux/delay.h>
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "nm.h"
#include "csb.h"

#define NM_KLOOP_SLEEP_MAX 1000000 /* microseconds */
#define NM_KLOOP_NAP 10000 /* too short to be interrupted by a stop */
#define NM_KLOOP_IDLE (3 * HZ) /* looks even without an event */
#define NM_KLOOP_DRY_MAX 2 /* RX syncs without news */
#define NM_KLOOP_MODES (NM_OPT_SYNC_KLOOP_DIRECT_TX | NM_OPT_SYNC_KLOOP_DIRECT_RX)

struct nm_kloop;

struct nm_kloop_ring {
	struct nm_kloop *loop;
	struct netmap_kring *kring;
	struct nm_csb_atok *atok;
	struct nm_csb_ktoa *ktoa;
	struct eventfd_ctx *irq; /* to the program, or NULL */
	struct file *kick; /* from the program, or NULL */
	wait_queue_entry_t wait;
	wait_queue_head_t *wqh; /* where wait is queued */
	poll_table table;
};

struct nm_kloop {
	struct netmap_priv_d *priv;
	wait_queue_head_t wqh;
	bool kicked;
	bool events; /* every ring has an eventfd */
	u32 sleep_us;
	u32 num;
	wait_queue_entry_t port_wait[NR_TXRX]; /* notifications of the port */
	struct nm_kloop_ring ring[];
};

/*
 * One ring
 */

/* The program's positions. The program writes cur before head. */
static void nm_kloop_read(struct nm_kloop_ring *r, struct netmap_ring *shadow,
			  u32 *flags)
{
	/* pairs with the barrier between cur and head of the program */
	shadow->head = smp_load_acquire(&r->atok->head);
	shadow->cur = READ_ONCE(r->atok->cur);
	*flags = READ_ONCE(r->atok->sync_flags);
	shadow->tail = r->kring->rtail;
	/* the slots were written before the positions */
	smp_rmb();
}

static void nm_kloop_write(struct nm_kloop_ring *r)
{
	struct netmap_kring *kring = r->kring;

	kring->rtail = kring->nr_hwtail;
	/* slots, then hwcur, then hwtail: the order that programs rely on */
	smp_wmb();
	WRITE_ONCE(r->ktoa->hwcur, kring->nr_hwcur);
	/* see above */
	smp_store_release(&r->ktoa->hwtail, kring->rtail);
}

static void nm_kloop_notify(struct nm_kloop_ring *r)
{
	/* pairs with the program, which looks again after asking for it */
	smp_mb();
	if (r->irq && READ_ONCE(r->atok->appl_need_kick))
		nm_eventfd_signal(r->irq);
}

/*
 * Nothing to do for the ring: asks for a kick, unless the loop does not sleep.
 * True if something came in between.
 */
static bool nm_kloop_rest(struct nm_kloop_ring *r)
{
	if (!r->loop->events)
		return false;
	WRITE_ONCE(r->ktoa->kern_need_kick, 1);
	/* pairs with the program, which looks at it after moving head */
	smp_mb();
	if (READ_ONCE(r->atok->head) == r->kring->rhead)
		return false;
	WRITE_ONCE(r->ktoa->kern_need_kick, 0);
	return true;
}

/* One sync. False: bad positions, or the port cannot. *moved: the tail did. */
static bool nm_kloop_sync(struct nm_kloop_ring *r, bool *moved)
{
	struct netmap_kring *kring = r->kring;
	struct netmap_ring shadow = {};
	u32 flags, head, lim = kring->nkr_num_slots - 1, tail = kring->rtail;

	nm_kloop_read(r, &shadow, &flags);
	if (kring->tx == NR_TX) {
		head = nm_txsync_prologue(kring, &shadow);
		if (nm_kr_txspace(kring) <= lim / 2)
			flags |= NAF_FORCE_RECLAIM;
	} else {
		head = nm_rxsync_prologue(kring, &shadow);
	}
	if (head > lim) {
		netmap_ring_reinit(kring);
		if (r->loop->events)
			WRITE_ONCE(r->ktoa->kern_need_kick, 1);
		return false;
	}
	if (kring->nm_sync(kring, flags))
		return false;
	nm_kloop_write(r);
	*moved = tail != kring->rtail;
	if (*moved)
		nm_kloop_notify(r);
	return true;
}

static void nm_kloop_tx(struct nm_kloop_ring *r)
{
	struct netmap_kring *kring = r->kring;
	bool moved;

	while (nm_kloop_sync(r, &moved)) {
		if (READ_ONCE(r->atok->head) == kring->rhead && !nm_kloop_rest(r))
			break;
		/* full: the port tells when there is room */
		if (nm_kr_txempty(kring))
			break;
	}
}

static void nm_kloop_rx(struct nm_kloop_ring *r)
{
	struct netmap_kring *kring = r->kring;
	u32 dry = 0, lim = kring->nkr_num_slots - 1;
	bool moved;

	while (nm_kloop_sync(r, &moved)) {
		dry = moved ? 0 : dry + 1;
		if (READ_ONCE(r->atok->head) != kring->rhead)
			continue;
		if (kring->nr_hwtail == nm_prev(kring->rhead, lim)) {
			/* full, and only the program can change that */
			if (!nm_kloop_rest(r))
				break;
		} else if (dry >= NM_KLOOP_DRY_MAX ||
			   kring->nr_hwtail == kring->rhead) {
			break;
		}
	}
}

static void nm_kloop_ring_run(struct nm_kloop_ring *r)
{
	if (nm_kring_tryget(r->kring, false))
		return;
	WRITE_ONCE(r->ktoa->kern_need_kick, 0);
	if (r->kring->tx == NR_TX)
		nm_kloop_tx(r);
	else
		nm_kloop_rx(r);
	nm_kring_put(r->kring);
}

/*
 * Events
 */

static void nm_kloop_kick(struct nm_kloop *loop)
{
	WRITE_ONCE(loop->kicked, true);
	wake_up(&loop->wqh);
}

static int nm_kloop_kicked(wait_queue_entry_t *wait, unsigned int mode, int sync,
			   void *key)
{
	nm_kloop_kick(container_of(wait, struct nm_kloop_ring, wait)->loop);
	return 0;
}

static int nm_kloop_port_tx(wait_queue_entry_t *wait, unsigned int mode, int sync,
			    void *key)
{
	nm_kloop_kick(container_of(wait, struct nm_kloop, port_wait[NR_TX]));
	return 0;
}

static int nm_kloop_port_rx(wait_queue_entry_t *wait, unsigned int mode, int sync,
			    void *key)
{
	nm_kloop_kick(container_of(wait, struct nm_kloop, port_wait[NR_RX]));
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

/*
 * Direct modes only ask for a shorter way from a kick to the ring. All rings
 * are processed by the loop, which a kick wakes at once.
 */
static int nm_kloop_options(struct nm_kloop *loop, struct nm_request *req)
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

static void nm_kloop_listen(struct nm_kloop *loop)
{
	enum txrx t;

	init_waitqueue_func_entry(&loop->port_wait[NR_TX], nm_kloop_port_tx);
	init_waitqueue_func_entry(&loop->port_wait[NR_RX], nm_kloop_port_rx);
	for_rx_tx(t)
		add_wait_queue(nm_kloop_port_queue(loop, t), &loop->port_wait[t]);
}

/*
 * The loop
 */

static struct nm_kloop *nm_kloop_new(struct netmap_priv_d *priv, u32 sleep_us)
{
	struct nm_csb *csb = priv->np_csb;
	struct nm_kloop *loop;
	u32 i, tx = nm_priv_nrings(priv, NR_TX);

	loop = kvzalloc(struct_size(loop, ring, csb->num), GFP_KERNEL);
	if (!loop)
		return NULL;
	loop->priv = priv;
	loop->sleep_us = sleep_us;
	loop->num = csb->num;
	init_waitqueue_head(&loop->wqh);
	for (i = 0; i < loop->num; i++) {
		struct nm_kloop_ring *r = &loop->ring[i];
		enum txrx t = i < tx ? NR_TX : NR_RX;

		r->loop = loop;
		r->kring = NMR(priv->np_na, t)[priv->np_qfirst[t] +
					       (i < tx ? i : i - tx)];
		r->atok = (struct nm_csb_atok *)csb->atok.first + i;
		r->ktoa = (struct nm_csb_ktoa *)csb->ktoa.first + i;
	}
	return loop;
}

static void nm_kloop_free(struct nm_kloop *loop)
{
	enum txrx t;
	u32 i;

	for_rx_tx(t)
		if (loop->port_wait[t].func)
			remove_wait_queue(nm_kloop_port_queue(loop, t),
					  &loop->port_wait[t]);
	for (i = 0; i < loop->num; i++) {
		struct nm_kloop_ring *r = &loop->ring[i];

		if (r->wqh)
			remove_wait_queue(r->wqh, &r->wait);
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

static int nm_kloop_run(struct nm_kloop *loop)
{
	unsigned long *state = &loop->priv->np_kloop;
	u32 i;

	nm_kloop_listen(loop);
	while (!test_bit(NM_KLOOP_STOP, state)) {
		if (fatal_signal_pending(current))
			return -EINTR;
		WRITE_ONCE(loop->kicked, false);
		/* whoever kicks from here on is seen by the wait below */
		smp_mb();
		for (i = 0; i < loop->num; i++)
			nm_kloop_ring_run(&loop->ring[i]);
		nm_kloop_pause(loop);
	}
	return 0;
}

static int nm_kloop_begin(struct netmap_priv_d *priv, u32 sleep_us)
{
	int error = 0;

	mutex_lock(&nm_global_lock);
	if (sleep_us > NM_KLOOP_SLEEP_MAX)
		error = -EINVAL;
	else if (!priv->np_na || !nm_netmap_on(priv->np_na))
		error = -ENXIO;
	else if (!priv->np_csb)
		error = -EINVAL;
	else if (test_and_set_bit(NM_KLOOP_RUNNING, &priv->np_kloop))
		error = -EBUSY;
	mutex_unlock(&nm_global_lock);
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
	/* who sees the loop ended sees the stop consumed */
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
