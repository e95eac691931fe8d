// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * poll(), select() and epoll: one look at the rings, then a short watch of
 * those that another processor fills, then sleep.
 */
#include <linux/cpumask.h>
#include <linux/ktime.h>
#include <linux/moduleparam.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/sched/stat.h>

#include "core.h"

#define NM_POLL_TX (EPOLLOUT | EPOLLWRNORM)
#define NM_POLL_RX (EPOLLIN | EPOLLRDNORM)

/* State of one poll() call. */
struct nm_poll {
	struct netmap_priv_d *priv;
	__poll_t want[NR_TXRX]; /* wanted and not yet ready */
	__poll_t ready;
	bool moved_down; /* TX rings got packets of the stack */
	bool patient; /* may wait for memory of the program */
};

/*
 * One sync of a ring for poll, false if it was not possible. A ring that is
 * stopped for a while counts as not ready: nm_krings_start() wakes the caller
 * when it is back. So does a ring that is busy: see nm_sync_make_up().
 */
static bool nm_poll_sync(struct nm_poll *poll, struct netmap_kring *kring)
{
	int flags = poll->priv->np_sync_flags | (poll->patient ? NM_SYNC_REPEAT : 0);
	enum txrx t = kring->tx;

	switch (nm_kring_tryget(kring, false)) {
	case 0:
		break;
	case NM_KR_STOPPED:
		poll->ready |= EPOLLERR;
		return false;
	default:
		return false;
	}
	if (!nm_kring_sync(kring, flags, &poll->moved_down))
		poll->ready |= EPOLLERR;
	if (kring->rcur != kring->rtail)
		poll->ready |= poll->want[t];
	nm_kring_put(kring);
	nm_sync_make_up(kring, flags, &poll->moved_down);
	return true;
}

/*
 * epoll holds a lock that others wait for, so only poll() and select() get
 * memory of the program that is missing. Others lose its packets.
 */
static void nm_poll_kring(struct nm_poll *poll, struct netmap_kring *kring)
{
	u32 tries = 2 * kring->nkr_num_slots;

	while (nm_poll_sync(poll, kring) && poll->patient &&
	       unlikely(nm_miss_mend(kring)) && --tries)
		;
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
		    nm_load(&nm_kring_shared(kring)->head) == kring->nr_hwcur)
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
	/* J, matches I: a ring that moves now has a sleeper */
	smp_mb();
}

/* what poll() and select() put into their tables, see nm_poll_init() */
static poll_queue_proc nm_poll_once __ro_after_init;

/*
 * poll() and select() ask every time. A thread that finds something at the
 * first look need not become a sleeper then. That saves a lock, which wake-ups
 * of the ring hold too. epoll asks once, and others may.
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

/*
 * Watching
 *
 * Another processor fills the rings of pipes and switches. The wait for it is
 * often shorter than falling asleep and waking up. The wake-up costs the other
 * processor even more. So a descriptor watches the ring for some microseconds
 * before it sleeps. As with the kernel's own halt polling
 * (Documentation/virt/kvm/halt-polling.rst) the time is learnt: it doubles
 * when the sleep turns out to be short and halves when it was long, so a
 * quiet port costs nothing.
 */

/* the first watch; shorter ones are not worth it */
#define NM_WATCH_MIN_NS 10000

static unsigned int poll_watch_us = 200;
module_param(poll_watch_us, uint, 0644);
MODULE_PARM_DESC(poll_watch_us,
		 "Longest time that poll() watches a pipe or switch port before it sleeps, 0 = never");

static u64 nm_watch_max(void)
{
	return min(READ_ONCE(poll_watch_us), 1000u) * (u64)NSEC_PER_USEC;
}

/* The one ring that the caller waits for, if its position can be watched. */
static struct netmap_kring *nm_watch_ring(const struct nm_poll *poll)
{
	struct netmap_priv_d *priv = poll->priv;
	enum txrx t = poll->want[NR_RX] ? NR_RX : NR_TX;
	struct netmap_kring *kring;

	if ((poll->want[NR_RX] && poll->want[NR_TX]) || !poll->want[t] ||
	    nm_priv_nrings(priv, t) != 1)
		return NULL;
	kring = NMR(priv->np_na, t)[priv->np_qfirst[t]];
	return kring->nr_watch ? kring : NULL;
}

/* Looks often, asks rarely whether to go on: that costs more. */
static bool nm_watch_moved(const struct netmap_kring *kring, u32 seen)
{
	int i;

	for (i = 0; i < 32; i++)
		if (READ_ONCE(*kring->nr_watch) != seen)
			return true;
	cpu_relax();
	return false;
}

/*
 * Watches for the time that this descriptor has learnt, as long as nobody else
 * wants the processor. True: the ring has moved.
 */
static bool nm_watch(const struct nm_poll *poll)
{
	u64 budget = min(READ_ONCE(poll->priv->np_watch.budget), nm_watch_max());
	struct netmap_kring *kring = nm_watch_ring(poll);
	u64 start;
	u32 seen;

	if (!budget || !kring || num_online_cpus() == 1)
		return false;
	start = ktime_get_mono_fast_ns();
	seen = READ_ONCE(kring->rtail);
	do {
		if (nm_watch_moved(kring, seen))
			return true;
	} while (single_task_running() && !need_resched() &&
		 !signal_pending(current) && !READ_ONCE(kring->nr_stop) &&
		 ktime_get_mono_fast_ns() - start < budget);
	return false;
}

/*
 * Whether the poll() or select() with this table sleeps for the ring and for
 * nothing else. A look after the sleep comes with a table that does not say
 * whose it is, perhaps on the stack where another call had its own. An entry
 * of poll() among the sleepers names its call, and is taken out before the call
 * returns. If a kernel stops naming it, nothing is found and nothing is
 * watched: test/vm/guest/wakeup.c notices.
 */
static bool nm_watch_is_alone(struct netmap_kring *kring, const poll_table *table)
{
	const struct poll_wqueues *pwq = container_of(table, struct poll_wqueues, pt);
	const wait_queue_entry_t *wait;
	unsigned long flags;
	bool alone = false;

	spin_lock_irqsave(&kring->si.lock, flags);
	list_for_each_entry(wait, &kring->si.head, entry) {
		if (wait->private != pwq)
			continue;
		/* it is among the sleepers, so it exists while they are locked */
		alone = pwq->polling_task == current && pwq->inline_index == 1;
		break;
	}
	spin_unlock_irqrestore(&kring->si.lock, flags);
	return alone;
}

/*
 * Notes when the caller began to wait, to learn from it in nm_watch_learn(). If
 * nothing was learnt from the last time, another file of that call was ready.
 */
static void nm_watch_begin(struct netmap_priv_d *priv, const poll_table *table)
{
	if (unlikely(READ_ONCE(priv->np_watch.table)))
		WRITE_ONCE(priv->np_watch.budget, 0);
	WRITE_ONCE(priv->np_watch.since, ktime_get_mono_fast_ns());
	WRITE_ONCE(priv->np_watch.table, table);
}

/*
 * poll() and select() look again after the sleep. If the caller slept for this
 * descriptor alone, how long it was tells how long to watch the next time;
 * otherwise watching one would keep it from the others. Two threads in
 * poll() on one descriptor may spoil each other's lesson, no more.
 */
static void nm_watch_learn(const struct nm_poll *poll, const poll_table *table)
{
	struct netmap_kring *kring = nm_watch_ring(poll);
	struct netmap_priv_d *priv = poll->priv;
	u64 budget = READ_ONCE(priv->np_watch.budget), max = nm_watch_max();
	u64 waited;

	if (!table || READ_ONCE(priv->np_watch.table) != table)
		return;
	WRITE_ONCE(priv->np_watch.table, NULL);
	waited = ktime_get_mono_fast_ns() - READ_ONCE(priv->np_watch.since);
	if (!kring || !nm_watch_is_alone(kring, table))
		budget = 0;
	else if (waited >= max)
		budget = budget / 2 < NM_WATCH_MIN_NS ? 0 : budget / 2;
	else
		budget = clamp_t(u64, 2 * budget, min_t(u64, NM_WATCH_MIN_NS, max), max);
	WRITE_ONCE(priv->np_watch.budget, budget);
}

/**
 * nm_poll_file() - poll(), select() and epoll
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
__poll_t nm_poll_file(struct netmap_priv_d *priv, struct file *file,
		      poll_table *table)
{
	__poll_t events = poll_requested_events(table);
	bool once = nm_poll_is_once(table);
	struct nm_poll poll = {
		.priv = priv,
		.patient = once,
		.want = { [NR_TX] = events & NM_POLL_TX,
			  [NR_RX] = events & NM_POLL_RX },
	};

	if (!nm_netmap_on(priv->np_na))
		return EPOLLERR;
	if (!once) {
		nm_watch_learn(&poll, table);
		nm_poll_queue(priv, file, table, NR_RX);
		nm_poll_queue(priv, file, table, NR_TX);
		/* as in nm_poll_wait() */
		smp_mb();
	}
	nm_poll_look(&poll, !(priv->np_flags & NR_NO_TX_POLL));
	if (!once || poll.ready)
		return poll.ready;
	nm_watch_begin(priv, table);
	if (nm_watch(&poll))
		nm_poll_look(&poll, false);
	if (!poll.ready) {
		nm_poll_wait(&poll, file, table);
		nm_poll_look(&poll, false);
	}
	/* no sleep, nothing to learn */
	if (poll.ready)
		WRITE_ONCE(priv->np_watch.table, NULL);
	return poll.ready;
}

/* Finds out how poll() and select() queue their callers. */
void __init nm_poll_init(void)
{
	static struct poll_wqueues sample __initdata;

	poll_initwait(&sample);
	nm_poll_once = sample.pt._qproc;
	poll_freewait(&sample);
}
