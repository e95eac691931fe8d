// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Emulated TX. Each slot is copied into an sk_buff, and batches of them go to
 * ndo_start_xmit under one lock with one doorbell, past the queueing
 * discipline. A slot is free as soon as the driver has its copy; the driver's
 * own queue limits hold the program back.
 */
#include "emulated.h"

/* when a stopped queue is looked at if nobody tells that it has room */
#define NM_TX_RETRY_NS (500 * NSEC_PER_USEC)

static void nm_generic_drop_held(struct nm_generic_tx *tx, u32 from)
{
	while (tx->num_held > from)
		dev_kfree_skb_any(tx->held[--tx->num_held]);
}

/*
 * A reinit of the ring takes slots back: then what was made of them must not
 * be sent.
 */
static void nm_generic_check_held(struct nm_generic_tx *tx)
{
	struct netmap_kring *kring = tx->kring;
	u32 new = nm_ring_distance(kring->nr_hwcur, kring->rhead,
				   kring->nkr_num_slots);

	if (tx->num_held &&
	    (tx->first_held != kring->nr_hwcur || tx->num_held > new))
		nm_generic_drop_held(tx, 0);
}

/*
 * Gives held packets to the driver, all but the last and every 32nd announced
 * as "more to come": a NIC that begins early has sent some when its queue is
 * full. Returns how many slots are done.
 */
static u32 nm_generic_xmit(struct nm_generic_tx *tx, struct net_device *dev,
			   struct netdev_queue *txq)
{
	const struct net_device_ops *ops =
		nm_generic_of(tx->kring->na)->hw.nm_ndo_orig;
	u32 i;

	HARD_TX_LOCK(dev, txq, smp_processor_id());
	for (i = 0; i < tx->num_held; i++) {
		struct sk_buff *skb = tx->held[i];
		bool more = (i + 1) % NM_GENERIC_BELL &&
			    i + 1 < tx->num_held && tx->held[i + 1];

		if (unlikely(!skb))
			continue;
		if (netif_xmit_frozen_or_stopped(txq))
			break;
		skb_mark_not_on_list(skb);
		if (unlikely(!dev_xmit_complete(__netdev_start_xmit(ops, skb, dev,
								    more))))
			break;
	}
	if (i)
		nm_txq_trans_update(txq);
	HARD_TX_UNLOCK(dev, txq);
	return i;
}

/*
 * The driver takes no more. True if it stays so: then the rest goes out when
 * the qdisc tells that the driver started the queue, or when the timer asks.
 */
static bool nm_generic_block(struct nm_generic_tx *tx, struct netdev_queue *txq,
			     bool busy)
{
	WRITE_ONCE(tx->blocked, true);
	/* pairs with nm_generic_tx_wake(): one of us sees the other */
	smp_mb();
	if (!busy && !netif_xmit_frozen_or_stopped(txq)) {
		WRITE_ONCE(tx->blocked, false);
		return false;
	}
	return true;
}

/* The stack would lose what it sends now, and so do programs. */
static void nm_generic_discard(struct nm_generic_tx *tx, struct net_device *dev)
{
	struct netmap_kring *kring = tx->kring;

	nm_generic_drop_held(tx, 0);
	while (kring->nr_hwcur != kring->rhead) {
		nm_tx_dropped_inc(dev);
		kring->nr_hwcur = nm_next(kring->nr_hwcur, kring->nkr_num_slots - 1);
	}
}

static void nm_generic_advance(struct nm_generic_tx *tx, u32 done)
{
	struct netmap_kring *kring = tx->kring;
	u32 n = kring->nkr_num_slots;

	kring->nr_hwcur = (kring->nr_hwcur + done) % n;
	tx->num_held -= done;
	memmove(tx->held, tx->held + done, tx->num_held * sizeof(tx->held[0]));
	tx->first_held = kring->nr_hwcur;
}

static void nm_generic_send(struct nm_generic_tx *tx, struct net_device *dev)
{
	struct netmap_kring *kring = tx->kring;
	u32 queue = kring->ring_id % dev->real_num_tx_queues;
	struct netdev_queue *txq = netdev_get_tx_queue(dev, queue);
	u32 done;

	nm_generic_check_held(tx);
	for (;;) {
		if (!tx->num_held)
			nm_generic_fill(tx, dev, queue);
		if (!tx->num_held) {
			/* no memory for a packet: asked again later */
			WRITE_ONCE(tx->blocked, kring->nr_hwcur != kring->rhead);
			break;
		}
		done = nm_generic_xmit(tx, dev, txq);
		nm_generic_advance(tx, done);
		/* a driver that refuses with a running queue is asked later */
		if (tx->num_held && nm_generic_block(tx, txq, !done))
			break;
	}
}

/*
 * Has the driver take back what the NIC has sent, as an interrupt would that the
 * NIC may hold back for long. It happens as soon as BH are on. Drivers expect a
 * poll without an interrupt: napi_watchdog() of net/core/dev.c does the same. A
 * device with several NAPIs does not tell which one it is. BH are off.
 */
static bool nm_generic_reclaim(struct net_device *dev)
{
	struct napi_struct *napi;

	napi = list_first_or_null_rcu(&dev->napi_list, struct napi_struct,
				      dev_list);
	if (!napi || READ_ONCE(napi->dev_list.next) != &dev->napi_list)
		return false;
	napi_schedule(napi);
	return true;
}

static void nm_generic_push_once(struct nm_generic_tx *tx, struct net_device *dev)
{
	WRITE_ONCE(tx->told, false);
	WRITE_ONCE(tx->blocked, false);
	if (netif_running(dev) && netif_carrier_ok(dev))
		nm_generic_send(tx, dev);
	else
		nm_generic_discard(tx, dev);
}

static void nm_generic_push(struct nm_generic_tx *tx)
{
	struct netmap_kring *kring = tx->kring;
	struct net_device *dev = kring->na->ifp;
	bool may_reclaim = in_task() && !softirq_count();

	local_bh_disable();
	nm_generic_push_once(tx, dev);
	/* once: a queue that stays full is slept for */
	if (tx->blocked && may_reclaim && nm_generic_reclaim(dev)) {
		/* no wake-up is needed meanwhile: this thread looks itself */
		WRITE_ONCE(tx->blocked, false);
		local_bh_enable();
		local_bh_disable();
		nm_generic_push_once(tx, dev);
	}
	local_bh_enable();
	kring->nr_hwtail = nm_prev(kring->nr_hwcur, kring->nkr_num_slots - 1);
}

/**
 * nm_generic_txsync() - sync callback of emulated TX rings
 * @kring: the ring, locked
 * @flags: NAF_*
 *
 * Context: process, or softirq.
 *
 * Return: 0
 */
int nm_generic_txsync(struct netmap_kring *kring, int flags)
{
	struct nm_generic_tx *tx = &nm_generic_of(kring->na)->tx[kring->ring_id];

	if (kring->nr_hwcur != kring->rhead) {
		nm_generic_push(tx);
		/* a callback that ends right now does not count as queued */
		if (tx->blocked && !hrtimer_is_queued(&tx->retry))
			hrtimer_start(&tx->retry, ns_to_ktime(NM_TX_RETRY_NS),
				      HRTIMER_MODE_REL_SOFT);
	}
	return 0;
}

/*
 * Sends what the driver had no room for, without the program: it may wait for
 * an answer to it. Softirq.
 */
static enum hrtimer_restart nm_generic_retry(struct hrtimer *timer)
{
	struct nm_generic_tx *tx = container_of(timer, struct nm_generic_tx, retry);
	struct netmap_kring *kring = tx->kring;

	switch (nm_kring_tryget(kring, false)) {
	case 0:
		if (kring->nr_mode == NKR_NETMAP_ON)
			nm_generic_push(tx);
		nm_kring_put(kring);
		nm_sync_missed(kring);
		break;
	case NM_KR_BUSY:
		break; /* that sync tries itself, and may fail: look again */
	default:
		return HRTIMER_NORESTART;
	}
	kring->nm_notify(kring, 0);
	/* a wakeup may have queued it again already: it must not be forwarded */
	if (READ_ONCE(tx->blocked) && !hrtimer_is_queued(timer))
		hrtimer_start(timer, ns_to_ktime(NM_TX_RETRY_NS),
			      HRTIMER_MODE_REL_SOFT);
	return HRTIMER_NORESTART;
}

/* Whether a program sleeps, or may, until the ring has room. */
static bool nm_generic_has_sleeper(struct netmap_kring *kring)
{
	struct netmap_adapter *na = kring->na;

	if (kring->nm_notify != nm_kring_notify)
		return false;
	/* the barrier inside pairs with nm_poll_wait() */
	if (wq_has_sleeper(&kring->si))
		return true;
	/* the same barrier serves here */
	return READ_ONCE(na->si_users[NR_TX]) > 0 && waitqueue_active(&na->si[NR_TX]);
}

/*
 * The driver has room again. Softirq, perhaps with the lock of the qdisc:
 * sending is left to others. A program that sleeps goes on by itself, on its
 * own processor: this one may have the driver's completions to do, which
 * sending from a softirq would hold up. The timer, which runs while the ring
 * is blocked, does it for a program that does not.
 */
void nm_generic_tx_wake(struct nm_generic_tx *tx)
{
	/* pairs with nm_generic_block() */
	smp_mb();
	if (!READ_ONCE(tx->blocked))
		return;
	if (!READ_ONCE(tx->told) && nm_generic_has_sleeper(tx->kring)) {
		WRITE_ONCE(tx->told, true);
		nm_kring_notify(tx->kring, 0);
	} else {
		hrtimer_start(&tx->retry, 0, HRTIMER_MODE_REL_SOFT);
	}
}

int nm_generic_tx_init(struct nm_generic *g)
{
	struct netmap_adapter *na = &g->hw.up;
	bool share = na->ifp->priv_flags & IFF_TX_SKB_SHARING;
	u32 i;

	g->tx = kvcalloc(na->num_tx_rings, sizeof(*g->tx), GFP_KERNEL);
	if (!g->tx)
		return -ENOMEM;
	for (i = 0; i < na->num_tx_rings; i++) {
		struct nm_generic_tx *tx = &g->tx[i];

		tx->kring = na->tx_rings[i];
		tx->headroom = LL_RESERVED_SPACE(na->ifp);
		/* only faster: without it each packet is a new one */
		if (share)
			tx->pool = kvcalloc(na->num_tx_desc, sizeof(*tx->pool),
					    GFP_KERNEL);
		nm_hrtimer_setup(&tx->retry, nm_generic_retry,
				 HRTIMER_MODE_REL_SOFT);
	}
	return 0;
}

/*
 * Rings that are not in netmap mode any more forget their packets and are not
 * touched again. They are stopped.
 */
void nm_generic_tx_drain(struct nm_generic *g)
{
	u32 i, n = g->hw.up.num_tx_rings;

	for (i = 0; i < n; i++)
		if (g->tx[i].kring->nr_mode == NKR_NETMAP_OFF)
			WRITE_ONCE(g->tx[i].blocked, false);
	/* threads that saw "blocked" start no timer after this */
	synchronize_net();
	for (i = 0; i < n; i++)
		if (g->tx[i].kring->nr_mode == NKR_NETMAP_OFF) {
			hrtimer_cancel(&g->tx[i].retry);
			nm_generic_drop_held(&g->tx[i], 0);
		}
}

void nm_generic_tx_exit(struct nm_generic *g)
{
	u32 i;

	for (i = 0; g->tx && i < g->hw.up.num_tx_rings; i++) {
		hrtimer_cancel(&g->tx[i].retry);
		nm_generic_drop_held(&g->tx[i], 0);
		nm_spare_give_tx(&g->tx[i]);
		nm_generic_pool_free(&g->tx[i], g->hw.up.num_tx_desc);
	}
	kvfree(g->tx);
	g->tx = NULL;
}
