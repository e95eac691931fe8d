// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Kernel rings: creation, the lock that keeps two syncs of one ring apart,
 * validation of what the user wrote, publication of what the kernel did.
 */
#include <linux/export.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "core.h"
#include "ports/host/host.h"
#include "mem/mem.h"

/*
 * Lock
 */

/* What lockdep is told of the bit lock: all rings are one class. */
static struct lock_class_key nm_kring_key;

static bool nm_kring_is_gone(struct netmap_kring *kring)
{
	return READ_ONCE(kring->na->na_flags) & NAF_ZOMBIE;
}

/**
 * nm_kring_tryget() - lock a ring for one sync
 * @kring: the ring
 * @can_sleep: wait while the ring is stopped, until a signal arrives
 *
 * Return: 0 and the ring is locked; NM_KR_BUSY if another thread syncs it;
 * NM_KR_LOCKED if it is stopped; NM_KR_STOPPED if its interface is gone.
 */
int nm_kring_tryget(struct netmap_kring *kring, bool can_sleep)
{
	for (;;) {
		if (nm_kring_is_gone(kring))
			return NM_KR_STOPPED;
		if (!READ_ONCE(kring->nr_stop)) {
			if (test_and_set_bit_lock(0, &kring->nr_busy)) {
				set_bit(NM_BUSY_MISSED, &kring->nr_busy);
				/* F, matches E: the holder sees the mark */
				smp_mb__after_atomic();
				if (test_and_set_bit_lock(0, &kring->nr_busy))
					return NM_KR_BUSY;
			}
			lock_acquire(&kring->nr_dep.dep_map, 0, 1, 0, 1, NULL, _RET_IP_);
			/* G, matches H */
			smp_mb__after_atomic();
			if (likely(!READ_ONCE(kring->nr_stop) &&
				   !nm_kring_is_gone(kring)))
				return 0;
			nm_kring_put(kring);
			continue;
		}
		if (!can_sleep || signal_pending(current))
			return NM_KR_LOCKED;
		schedule_timeout_interruptible(msecs_to_jiffies(10));
	}
}

void nm_kring_put(struct netmap_kring *kring)
{
	lock_release(&kring->nr_dep.dep_map, _RET_IP_);
	clear_bit_unlock(0, &kring->nr_busy);
}

/*
 * The kring arrays of all adapters: held while they appear and disappear, and
 * by drivers and netdev notifiers, which walk them without nm_global_lock.
 */
static DEFINE_MUTEX(nm_krings_lock);

/* Keeps new syncs out and waits for the running one to end. */
static void nm_kring_stop(struct netmap_kring *kring, int reason)
{
	unsigned long flags;

	set_bit(reason, &kring->nr_stop);
	/* H, matches G */
	smp_mb__after_atomic();
	/* for lockdep the wait is a lock that is taken and given back */
	lock_map_acquire(&kring->nr_dep.dep_map);
	lock_map_release(&kring->nr_dep.dep_map);
	while (test_bit(0, &kring->nr_busy))
		usleep_range(100, 1000);
	/* and for senders that reserve room in it */
	spin_lock_irqsave(&kring->q_lock, flags);
	spin_unlock_irqrestore(&kring->q_lock, flags);
}

/* Stops all rings of an adapter, if it has any. Sleeps. */
void nm_krings_stop(struct netmap_adapter *na, int reason)
{
	enum txrx t;
	u32 i;

	mutex_lock(&nm_krings_lock);
	for_rx_tx(t)
		for (i = 0; NMR(na, t) && i < netmap_all_rings(na, t); i++)
			nm_kring_stop(NMR(na, t)[i], reason);
	mutex_unlock(&nm_krings_lock);
}

/* Lets syncs in again and wakes threads that waited for that. */
void nm_krings_start(struct netmap_adapter *na, int reason)
{
	enum txrx t;
	u32 i;

	mutex_lock(&nm_krings_lock);
	for_rx_tx(t)
		for (i = 0; NMR(na, t) && i < netmap_all_rings(na, t); i++) {
			struct netmap_kring *kring = NMR(na, t)[i];

			clear_bit(reason, &kring->nr_stop);
			kring->nm_notify(kring, 0);
		}
	mutex_unlock(&nm_krings_lock);
}

/*
 * Notification
 */

/*
 * Wake-ups that this CPU is in the middle of: its own, and those of eventfds
 * that a sync loop listens to. Each holds the lock of its wait queue, so one
 * inside another can wait for itself, or for a CPU that does the same the other
 * way round.
 */
DEFINE_PER_CPU(u32, nm_wakes);

static bool nm_kring_has_sleeper(struct netmap_kring *kring)
{
	struct netmap_adapter *na = kring->na;

	/* I, matches J */
	if (wq_has_sleeper(&kring->si))
		return true;
	if (READ_ONCE(na->si_users[kring->tx]) <= 0)
		return false;
	/* the same barrier serves here */
	return waitqueue_active(&na->si[kring->tx]);
}

static void nm_kring_wake(struct netmap_kring *kring)
{
	struct netmap_adapter *na = kring->na;

	wake_up_interruptible(&kring->si);
	if (READ_ONCE(na->si_users[kring->tx]) > 0)
		wake_up_interruptible(&na->si[kring->tx]);
}

/* No wake-up is under way on this CPU, or its lock is not taken yet. */
static void nm_kring_wake_later(struct irq_work *work)
{
	this_cpu_inc(nm_wakes);
	nm_kring_wake(container_of(work, struct netmap_kring, nr_later));
	this_cpu_dec(nm_wakes);
}

/**
 * nm_kring_notify() - default notification: wake the sleepers of a ring
 * @kring: the ring
 * @flags: unused
 *
 * A wake-up that comes out of another one waits until that is over: sleepers
 * may be files of other kinds, and cause any further wake-up. Any context.
 *
 * Return: NM_IRQ_COMPLETED
 */
int nm_kring_notify(struct netmap_kring *kring, int flags)
{
	/* no lock if nobody sleeps */
	if (nm_kring_has_sleeper(kring)) {
		preempt_disable();
		if (this_cpu_inc_return(nm_wakes) == 1)
			nm_kring_wake(kring);
		else
			irq_work_queue(&kring->nr_later);
		this_cpu_dec(nm_wakes);
		preempt_enable();
	}
	/* the barrier above pairs with nm_kloop_listen() */
	if (unlikely(rcu_access_pointer(kring->nr_loop)))
		nm_kloop_news(kring);
	return NM_IRQ_COMPLETED;
}

/*
 * Validation. head and cur have been read, and are checked against the kernel's
 * positions; head is returned, or num_slots if they are bad. Rules: all
 * comparisons are circular; see docs/kernel.md.
 */

/* x lies in the circular interval [lo, hi] */
static bool nm_between(u32 lo, u32 x, u32 hi)
{
	return lo <= hi ? lo <= x && x <= hi : x >= lo || x <= hi;
}

static u32 nm_positions_reject(struct netmap_kring *kring, u32 head, u32 cur)
{
	nm_prlim(5, "%s: head %u cur %u refused; last head %u cur %u tail %u, hwcur %u hwtail %u",
		 kring->name, head, cur, kring->rhead, kring->rcur, kring->rtail,
		 kring->nr_hwcur, kring->nr_hwtail);
	return kring->nkr_num_slots;
}

/* head and cur against [lo, hi]: head within, cur from head to hi. */
static bool nm_positions_ok(u32 n, u32 lo, u32 head, u32 cur, u32 hi)
{
	return head < n && cur < n && nm_between(lo, head, hi) &&
	       nm_between(head, cur, hi);
}

/* Takes head and cur over, or returns false. */
static bool nm_positions_accept(struct netmap_kring *kring, u32 head, u32 cur)
{
	bool tx = kring->tx == NR_TX;
	u32 n = kring->nkr_num_slots;
	u32 lo = tx ? kring->rhead : kring->nr_hwcur;
	u32 hi = tx ? kring->rtail : kring->nr_hwtail;

	nm_kring_assert_busy(kring);
	/* B, matches A: slots are read after the head that gives them */
	smp_rmb();
	if (unlikely(kring->nr_hwcur >= n || kring->nr_hwtail >= n || lo >= n ||
		     hi >= n || !nm_positions_ok(n, lo, head, cur, hi)))
		return false;
	kring->rhead = head;
	kring->rcur = cur;
	return true;
}

u32 nm_sync_prologue(struct netmap_kring *kring, u32 head, u32 cur)
{
	if (unlikely(!nm_positions_accept(kring, head, cur)))
		return nm_positions_reject(kring, head, cur);
	return head;
}

/*
 * For a sync that the program did not ask for just now: it may be moving head
 * and cur, of which only one is seen. What does not fit is left to its own next
 * sync, and the positions stay as they were.
 */
void nm_sync_late_prologue(struct netmap_kring *kring)
{
	struct netmap_ring __nmshared *ring = nm_kring_shared(kring);

	/* those of CSB mode are elsewhere, and the loop looks again */
	if (!READ_ONCE(kring->nr_csb))
		nm_positions_accept(kring, nm_load(&ring->head),
				    nm_load(&ring->cur));
}

/* Makes the result of a successful sync visible to the user. */
void nm_kring_publish(struct netmap_kring *kring)
{
	struct netmap_ring __nmshared *ring = nm_kring_shared(kring);
	u32 tail = nm_load(&ring->tail);

	nm_kring_assert_busy(kring);
	if (unlikely(tail != kring->rtail))
		nm_prlim(5, "%s: user space wrote tail %u, it is %u",
			 kring->name, tail, kring->rtail);
	kring->rtail = kring->nr_hwtail;
	/* C, matches D: the slots before the tail that announces them */
	nm_store_release(&ring->tail, kring->rtail);
}

static u32 nm_slots_sanitize(struct netmap_kring *kring)
{
	struct netmap_adapter *na = kring->na;
	u32 i, bad = 0;

	for (i = 0; i < kring->nkr_num_slots; i++) {
		struct netmap_slot __nmshared *shared = nm_kring_slot(kring, i);
		struct netmap_slot slot = nm_slot_read(shared);

		if (slot.buf_idx < 2 || slot.buf_idx >= na->na_lut.objtotal) {
			bad += slot.buf_idx != 0;
			nm_store(&shared->buf_idx, 0);
			nm_store(&shared->len, 0);
		} else if (slot.len > NETMAP_BUF_SIZE(na)) {
			bad++;
			nm_store(&shared->len, 0);
		}
	}
	return bad;
}

/**
 * netmap_ring_reinit() - repair a ring after user space broke it
 * @kring: the ring, locked by the caller
 *
 * The positions go back to what the kernel knows, bad slots lose their
 * buffer. Any context.
 *
 * Return: 1, so that a sync callback can return the result as its failure.
 */
int netmap_ring_reinit(struct netmap_kring *kring)
{
	struct netmap_ring __nmshared *ring = nm_kring_shared(kring);
	u32 bad = nm_slots_sanitize(kring);

	nm_prlim(10, "%s: reinit, %u bad slots, continues at %u..%u", kring->name,
		 bad, kring->nr_hwcur, kring->nr_hwtail);
	kring->rhead = kring->nr_hwcur;
	kring->rcur = kring->nr_hwcur;
	kring->rtail = kring->nr_hwtail;
	nm_store(&ring->head, kring->rhead);
	nm_store(&ring->cur, kring->rcur);
	nm_store(&ring->tail, kring->rtail);
	return 1;
}
EXPORT_SYMBOL(netmap_ring_reinit);

/*
 * Creation
 */

static void nm_kring_init(struct netmap_kring *kring, struct netmap_adapter *na,
			  enum txrx t, u32 i)
{
	u32 nrings = nma_get_nrings(na, t);
	bool host = i >= nrings;

	kring->na = na;
	kring->tx = t;
	kring->ring_id = i;
	kring->nkr_num_slots = nma_get_ndesc(na, t);
	kring->nr_mode = NKR_NETMAP_OFF;
	kring->nr_pending_mode = NKR_NETMAP_OFF;
	if (!host)
		kring->nm_sync = t == NR_TX ? na->nm_txsync : na->nm_rxsync;
	else if (na->na_flags & NAF_HOST_RINGS)
		kring->nm_sync = t == NR_TX ? nm_host_txsync : nm_host_rxsync;
	if (i >= netmap_real_rings(na, t))
		kring->nr_kflags |= NKR_FAKERING;
	kring->nm_notify = na->nm_notify;
	/* TX: all slots but one are free */
	kring->nr_hwtail = t == NR_TX ? kring->nkr_num_slots - 1 : 0;
	kring->rtail = kring->nr_hwtail;
	snprintf(kring->name, sizeof(kring->name), "%.32s %s%u", na->name,
		 nm_txrx2str(t), i);
	lockdep_init_map(&kring->nr_dep.dep_map, "nm_kring", &nm_kring_key, 0);
	spin_lock_init(&kring->q_lock);
	init_waitqueue_head(&kring->si);
	init_irq_work(&kring->nr_later, nm_kring_wake_later);
	skb_queue_head_init(&kring->rx_queue);
}

static void nm_krings_free(struct netmap_kring **array, u32 num)
{
	while (num--) {
		irq_work_sync(&array[num]->nr_later);
		skb_queue_purge(&array[num]->rx_queue);
		kvfree(array[num]);
	}
	kvfree(array);
}

/**
 * netmap_krings_create() - allocate the kernel rings of an adapter
 * @na: adapter whose ring and slot counts are final
 * @tailroom: bytes to reserve behind them, na->tailroom
 *
 * Two arrays, NIC rings first, then host rings; at least one host entry
 * exists in each. Context: process, nm_global_lock held.
 *
 * Return: 0 or -ENOMEM
 */
int netmap_krings_create(struct netmap_adapter *na, u_int tailroom)
{
	u32 num_tx = netmap_all_rings(na, NR_TX);
	u32 i, num = num_tx + netmap_all_rings(na, NR_RX);
	struct netmap_kring **array;

	if (WARN_ON(na->tx_rings))
		return -EINVAL;
	if (nm_mem_is_short((u64)num * sizeof(**array), false))
		return -ENOMEM;
	array = kvzalloc(array_size(num, sizeof(*array)) + tailroom, NM_GFP);
	if (!array)
		return -ENOMEM;
	for (i = 0; i < num; i++) {
		array[i] = kvzalloc(sizeof(*array[i]), NM_GFP);
		if (!array[i]) {
			nm_krings_free(array, i);
			return -ENOMEM;
		}
		nm_kring_init(array[i], na, i < num_tx ? NR_TX : NR_RX,
			      i < num_tx ? i : i - num_tx);
	}
	mutex_lock(&nm_krings_lock);
	/* interrupts look at the arrays without a lock */
	smp_store_release(&na->tx_rings, array);
	/* the same for reception */
	smp_store_release(&na->rx_rings, array + num_tx);
	na->tailroom = array + num;
	mutex_unlock(&nm_krings_lock);
	return 0;
}
EXPORT_SYMBOL(netmap_krings_create);

/**
 * netmap_krings_delete() - free the kernel rings of an adapter
 * @na: adapter out of netmap mode, rings without users
 *
 * Interrupts may still look at the rings when this is called: it waits for
 * them. Context: process, nm_global_lock held.
 */
void netmap_krings_delete(struct netmap_adapter *na)
{
	struct netmap_kring **array = na->tx_rings;

	if (!array)
		return;
	mutex_lock(&nm_krings_lock);
	WRITE_ONCE(na->tx_rings, NULL);
	WRITE_ONCE(na->rx_rings, NULL);
	na->tailroom = NULL;
	mutex_unlock(&nm_krings_lock);
	synchronize_rcu_expedited();
	nm_krings_free(array, netmap_all_rings(na, NR_TX) +
			      netmap_all_rings(na, NR_RX));
}
EXPORT_SYMBOL(netmap_krings_delete);

/**
 * netmap_hw_krings_create() - default nm_krings_create of native adapters
 * @na: the adapter
 *
 * Return: 0 or -ENOMEM
 */
int netmap_hw_krings_create(struct netmap_adapter *na)
{
	return netmap_krings_create(na, 0);
}
EXPORT_SYMBOL(netmap_hw_krings_create);

/**
 * netmap_hw_krings_delete() - default nm_krings_delete of native adapters
 * @na: the adapter
 */
void netmap_hw_krings_delete(struct netmap_adapter *na)
{
	netmap_krings_delete(na);
}
EXPORT_SYMBOL(netmap_hw_krings_delete);
