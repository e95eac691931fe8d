// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * NIOCTXSYNC, NIOCRXSYNC and poll(). Every loop is bounded by the rings of
 * the descriptor; the sync callbacks are bounded by the slots of a ring.
 */
#include <linux/file.h>
#include <linux/sched/signal.h>
#include <linux/timekeeping.h>

#include "nm.h"

#define NM_POLL_TX (EPOLLOUT | EPOLLWRNORM)
#define NM_POLL_RX (EPOLLIN | EPOLLRDNORM)

static int no_timestamp;
module_param(no_timestamp, int, 0644);
MODULE_PARM_DESC(no_timestamp, "Timestamp only rings with NR_TIMESTAMP");

static void nm_ring_stamp(struct netmap_ring *ring)
{
	struct timespec64 now;

	if (no_timestamp && !(READ_ONCE(ring->flags) & NR_TIMESTAMP))
		return;
	ktime_get_real_ts64(&now);
	ring->ts.tv_sec = now.tv_sec;
	ring->ts.tv_usec = now.tv_nsec / NSEC_PER_USEC;
}

/*
 * One sync of a locked ring. Bad positions are repaired first: TX then
 * sends nothing, RX still imports. False: repaired, or the callback failed.
 */
static bool nm_kring_sync(struct netmap_kring *kring, int flags,
			  bool *moved_down)
{
	struct sk_buff_head up;
	struct netmap_ring *ring = kring->ring;
	bool ok = true;
	u32 head;

	if (kring->tx == NR_TX)
		head = nm_txsync_prologue(kring, ring);
	else
		head = nm_rxsync_prologue(kring, ring);
	if (unlikely(head >= kring->nkr_num_slots)) {
		netmap_ring_reinit(kring);
		if (kring->tx == NR_TX)
			return false;
		ok = false;
	}
	__skb_queue_head_init(&up);
	if (kring->tx == NR_RX && ok)
		*moved_down |= nm_forward_collect(kring, flags, &up);
	if (kring->nm_sync(kring, flags))
		ok = false;
	else
		nm_kring_publish(kring);
	nm_forward_deliver(&up);
	if (kring->tx == NR_RX)
		nm_ring_stamp(ring);
	return ok;
}

/**
 * nm_sync_ioctl() - NIOCTXSYNC and NIOCRXSYNC
 * @priv: a bound descriptor
 * @t: direction
 *
 * Failures of single rings are repaired and not reported.
 *
 * Return: 0; -EIO if the interface of a ring is gone (the other rings are
 * still processed); -EINTR if a signal came while a ring was stopped.
 */
int nm_sync_ioctl(struct netmap_priv_d *priv, enum txrx t)
{
	int flags = priv->np_sync_flags |
		    (t == NR_TX ? NAF_FORCE_RECLAIM : NAF_FORCE_READ);
	bool moved_down = false; /* stays in the TX rings until their sync */
	int error = 0;
	u32 i;

	for (i = priv->np_qfirst[t]; i < priv->np_qlast[t]; i++) {
		struct netmap_kring *kring = NMR(priv->np_na, t)[i];

		switch (nm_kring_tryget(kring, true)) {
		case 0:
			nm_kring_sync(kring, flags, &moved_down);
			nm_kring_put(kring);
			break;
		case NM_KR_STOPPED:
			error = -EIO;
			break;
		case NM_KR_LOCKED:
			return -EINTR;
		}
	}
	return error;
}

/**
 * nm_sync_missed() - make up for a sync that found the ring busy
 * @kring: TX ring that the caller had locked for work of its own
 *
 * A program whose sync is skipped because another thread syncs the ring knows
 * of that thread; of the kernel's own work it does not. Context: softirq.
 */
void nm_sync_missed(struct netmap_kring *kring)
{
	bool moved_down = false;
	int tries = 16; /* more only meets a program that floods us with syncs */

	/* pairs with the atomics of nm_kring_tryget(): the ring is free */
	smp_mb();
	while (tries-- && test_and_clear_bit(NM_BUSY_MISSED, &kring->nr_busy) &&
	       !nm_kring_tryget(kring, false)) {
		if (kring->nr_mode == NKR_NETMAP_ON && kring->ring)
			nm_kring_sync(kring, 0, &moved_down);
		nm_kring_put(kring);
		/* as above, for the next look */
		smp_mb();
	}
}

/* State of one poll() call. */
struct nm_poll {
	struct netmap_priv_d *priv;
	__poll_t want[NR_TXRX]; /* wanted and not yet ready */
	__poll_t ready;
	bool moved_down; /* TX rings got packets of the stack */
};

/*
 * Syncs one ring for poll. A ring that is stopped for a while counts as not
 * ready: nm_krings_start() wakes the caller when it is back.
 */
static void nm_poll_kring(struct nm_poll *poll, struct netmap_kring *kring)
{
	enum txrx t = kring->tx;

	switch (nm_kring_tryget(kring, false)) {
	case 0:
		break;
	case NM_KR_STOPPED:
		poll->ready |= EPOLLERR;
		return;
	default:
		return;
	}
	if (!nm_kring_sync(kring, poll->priv->np_sync_flags,
			   &poll->moved_down))
		poll->ready |= EPOLLERR;
	if (kring->rcur != kring->rtail)
		poll->ready |= poll->want[t];
	nm_kring_put(kring);
}

/*
 * Flushes the TX rings that have something to send, and looks for room
 * until one ring has some.
 */
static void nm_poll_tx(struct nm_poll *poll)
{
	struct netmap_priv_d *priv = poll->priv;
	u32 i;

	for (i = priv->np_qfirst[NR_TX]; i < priv->np_qlast[NR_TX]; i++) {
		struct netmap_kring *kring = NMR(priv->np_na, NR_TX)[i];

		if (!(poll->want[NR_TX] & ~poll->ready) &&
		    READ_ONCE(kring->ring->head) == kring->nr_hwcur)
			continue;
		nm_poll_kring(poll, kring);
	}
	poll->want[NR_TX] &= ~poll->ready;
}

static void nm_poll_rx(struct nm_poll *poll)
{
	struct netmap_priv_d *priv = poll->priv;
	u32 i;

	for (i = priv->np_qfirst[NR_RX]; i < priv->np_qlast[NR_RX]; i++)
		nm_poll_kring(poll, NMR(priv->np_na, NR_RX)[i]);
	poll->want[NR_RX] &= ~poll->ready;
	if (poll->moved_down) {
		poll->moved_down = false;
		nm_poll_tx(poll);
	}
}

/* Bound to one ring: its own queue; to several: that of the adapter. */
static void nm_poll_queue(struct netmap_priv_d *priv, struct file *file,
			  poll_table *table, enum txrx t)
{
	struct netmap_adapter *na = priv->np_na;

	if (nm_priv_nrings(priv, t) > 1)
		poll_wait(file, &na->si[t], table);
	else if (nm_priv_nrings(priv, t) == 1)
		poll_wait(file, &NMR(na, t)[priv->np_qfirst[t]]->si, table);
}

/* Becomes a sleeper of the rings that are wanted, of all if none is. */
static void nm_poll_wait(const struct nm_poll *poll, struct file *file,
			 poll_table *table)
{
	bool both = !poll->want[NR_RX] && !poll->want[NR_TX];
	enum txrx t;

	for_rx_tx(t)
		if (both || poll->want[t])
			nm_poll_queue(poll->priv, file, table, t);
	/* pairs with nm_kring_notify(): a ring that moves now has a sleeper */
	smp_mb();
}

/* what poll() and select() put into their tables, see nm_sync_init() */
static poll_queue_proc nm_poll_once __ro_after_init;

/*
 * poll() and select() ask every time, so who finds something at the first
 * look need not become a sleeper: that takes a lock, which whoever wakes the
 * ring holds meanwhile. epoll asks once, and others may.
 */
static bool nm_poll_is_once(const poll_table *table)
{
	return table && table->_qproc && table->_qproc == nm_poll_once;
}

/* One look at the rings: sends, then looks for what is wanted. */
static void nm_poll_look(struct nm_poll *poll, bool send)
{
	if (send || poll->want[NR_TX])
		nm_poll_tx(poll);
	if (poll->want[NR_RX])
		nm_poll_rx(poll);
}

/**
 * nm_sync_poll() - poll(), select() and epoll
 * @priv: a bound descriptor
 * @file: its file
 * @table: what the caller asked for
 *
 * Pending TX slots are sent even if the caller only wants to read, unless
 * the descriptor has NR_NO_TX_POLL. A direction counts as ready when cur
 * differs from tail after the sync. No completion falls between the last look
 * and the sleep: the caller is queued as a sleeper before it.
 *
 * Return: the wanted bits that are ready; EPOLLERR if a ring had to be
 * repaired or its interface is gone.
 */
__poll_t nm_sync_poll(struct netmap_priv_d *priv, struct file *file,
		      poll_table *table)
{
	__poll_t events = poll_requested_events(table);
	bool once = nm_poll_is_once(table);
	struct nm_poll poll = {
		.priv = priv,
		.want = { [NR_TX] = events & NM_POLL_TX,
			  [NR_RX] = events & NM_POLL_RX },
	};

	if (!nm_netmap_on(priv->np_na))
		return EPOLLERR;
	if (!once) {
		nm_poll_queue(priv, file, table, NR_RX);
		nm_poll_queue(priv, file, table, NR_TX);
		/* as in nm_poll_wait() */
		smp_mb();
	}
	nm_poll_look(&poll, !(priv->np_flags & NR_NO_TX_POLL));
	if (once && !poll.ready) {
		nm_poll_wait(&poll, file, table);
		nm_poll_look(&poll, false);
	}
	return poll.ready;
}

/* Finds out how poll() and select() queue their callers. */
void __init nm_sync_init(void)
{
	static struct poll_wqueues sample __initdata;

	poll_initwait(&sample);
	nm_poll_once = sample.pt._qproc;
	poll_freewait(&sample);
}
