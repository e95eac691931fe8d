/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The life of a NIC in netmap mode: how the mode comes and goes, how resets of
 * the driver and syncs keep apart, what happens to the driver's own buffers,
 * and how a transmitter that stopped is noticed. What a sync does is in
 * netmap_nic.h.
 *
 * A bridge header says what the driver keeps in netdev_priv(), includes this
 * file, has the few functions that know the chip, and names them in a table:
 *
 *	#define NM_NIC_PRIV struct e1000_adapter
 *	#include <netmap/nic_adapter.h>
 *	static const struct nm_nic_driver nm_nic_driver = { ... };
 *
 * The compiler sees the table, so no call through it is indirect. The hooks
 * of the driver call, for each ring or for the NIC:
 *
 *	at the end of probing		nm_nic_attach()
 *	before the NIC stops		nm_nic_stop()
 *	where rings are programmed	nm_nic_tx_start(), nm_nic_rx_start()
 *	when the NIC is about to run	nm_nic_start()
 *	in NAPI				nm_nic_tx_irq(), nm_nic_rx_irq()
 *	before own buffers are freed	nm_nic_rx_restore()
 *	before the interface goes	netmap_detach()
 *
 * Rings whose descriptors are no slots (completion rings, virtqueues) have
 * syncs of their own in the struct netmap_adapter: these ask nm_nic_ready().
 * Then rx_fill() and tx_oldest() take the place of ops.
 */
#ifndef _NETMAP_NIC_ADAPTER_H_
#define _NETMAP_NIC_ADAPTER_H_

#include <linux/rtnetlink.h>
#include <linux/workqueue.h>
#include <netmap/netmap_nic.h>

NM_NIC_PRIV;

/* Any member can be missing. */
struct nm_nic_driver {
	/* Descriptors that are slots. Otherwise the bridge has syncs of its own. */
	const struct nm_nic_ops *ops;
	/* The driver stops and starts its NIC with spinlocks held. */
	bool atomic;
	/* A doorbell that comes too soon after another one can be lost. */
	bool tx_lossy;
	/* Descriptors of the longest RX ring, if they keep buffers of the driver. */
	u32 rx_own;
	/* The driver's bits: "a reset is going on", "the NIC is stopped". */
	unsigned long *(*bits)(NM_NIC_PRIV *priv);
	u8 resetting, stopped;

	/*
	 * Changes of the mode; process context, rtnl held
	 */
	/* Are the rings still as long as the core believes? */
	bool (*fits)(NM_NIC_PRIV *priv, const struct netmap_adapter *na);
	/* Keeps other resets of the driver out, up to release(). */
	void (*hold)(NM_NIC_PRIV *priv);
	void (*release)(NM_NIC_PRIV *priv);
	/* Stop a NIC that runs, and start it in the other mode. */
	void (*down)(NM_NIC_PRIV *priv);
	int (*up)(NM_NIC_PRIV *priv);
	/* Between these two, also for a NIC that does not run. */
	int (*change)(struct netmap_adapter *na, int onoff);

	/*
	 * Rings of a NIC that is stopped
	 */
	/* Leaves none of num TX descriptors to the NIC. Missing: the driver sees to that. */
	void (*tx_clear)(NM_NIC_PRIV *priv, u32 q, u32 num);
	/* Where RX descriptor nic_i has the address of its buffer. */
	__le64 *(*rx_addr)(NM_NIC_PRIV *priv, u32 q, u32 nic_i);
	/* Instead of ops: gives the NIC all slots but nm_kr_rxspace() and one. */
	void (*rx_fill)(struct netmap_kring *kring);

	/*
	 * A NIC that runs; any context
	 */
	/* May a sync touch it? It is up, present, and has a link. */
	bool (*ready)(NM_NIC_PRIV *priv);
	/* Instead of ops: as nm_nic_tx_oldest(). The sync counts in watch.sent. */
	enum nm_tx_state (*tx_oldest)(struct netmap_kring *kring);
	/* Does it not send because the other end says so? */
	bool (*tx_paused)(NM_NIC_PRIV *priv);
};

/* The bridge header defines it, below its functions. */
static const struct nm_nic_driver nm_nic_driver;

struct nm_nic_queue {
	struct nm_tx_watch watch;
	u32 rx_seen; /* NIC index behind the frames that NAPI knows of */
	u32 rx_saved; /* RX descriptors that point to netmap buffers ... */
	__le64 *rx_own; /* ... and what the driver had in them */
	bool tx_used; /* TX descriptors were last written by netmap */
	bool runs; /* atomic drivers: between start and stop */
	spinlock_t lock; /* ... which a sync keeps away; irq safe */
} ____cacheline_aligned_in_smp;

struct nm_nic_adapter {
	struct netmap_hw_adapter hw;
	bool set_up; /* what is below can be used */
	u32 queues;
	struct delayed_work watch;
	struct nm_nic_queue queue[];
};

/*
 * The adapter once it has been in netmap mode, or NULL: before that nothing is
 * to be done. Any context.
 */
static inline struct nm_nic_adapter *nm_nic_get(struct net_device *dev)
{
	struct nm_nic_adapter *nic = (struct nm_nic_adapter *)NA(dev);

	/* pairs with nm_nic_set_up() */
	return nic && smp_load_acquire(&nic->set_up) ? nic : NULL;
}

static __always_inline struct nm_nic_queue *nm_nic_queue(struct netmap_kring *kring)
{
	return &((struct nm_nic_adapter *)kring->na)->queue[kring->ring_id];
}

static __always_inline NM_NIC_PRIV *nm_nic_priv(struct netmap_kring *kring)
{
	return netdev_priv(kring->na->ifp);
}

/* Is there a NIC with rings? Otherwise these come when it is opened. */
static __always_inline bool nm_nic_runs(struct net_device *dev)
{
	return netif_running(dev) && netif_device_present(dev) &&
	       (!nm_nic_driver.bits ||
		!test_bit(nm_nic_driver.stopped, nm_nic_driver.bits(netdev_priv(dev))));
}

/* May a sync touch the NIC? */
static __always_inline bool nm_nic_ready(struct net_device *dev)
{
	return nm_nic_runs(dev) && netif_carrier_ok(dev) &&
	       (!nm_nic_driver.ready || nm_nic_driver.ready(netdev_priv(dev)));
}

static __always_inline enum nm_tx_state nm_nic_oldest(struct netmap_kring *kring)
{
	if (nm_nic_driver.tx_oldest)
		return nm_nic_driver.tx_oldest(kring);
	return nm_nic_driver.ops ? nm_nic_tx_oldest(kring, nm_nic_driver.ops) :
				   NM_TX_SILENT;
}

/*
 * Syncs
 */

static __always_inline int nm_nic_sync(struct netmap_kring *kring, int flags,
				       struct nm_nic_queue *queue, enum txrx t)
{
	if (!nm_nic_ready(kring->na->ifp))
		return 0;
	if (t == NR_RX)
		return nm_nic_rxsync(kring, flags, nm_nic_driver.ops);
	nm_nic_txsync(kring, flags, &queue->watch, nm_nic_driver.ops);
	return 0;
}

static __always_inline int nm_nic_sync_ring(struct netmap_kring *kring, int flags,
					    enum txrx t)
{
	struct nm_nic_queue *queue = nm_nic_queue(kring);
	unsigned long irq;
	int error = 0;

	if (!nm_nic_driver.atomic)
		return nm_nic_sync(kring, flags, queue, t);
	spin_lock_irqsave(&queue->lock, irq);
	if (queue->runs)
		error = nm_nic_sync(kring, flags, queue, t);
	spin_unlock_irqrestore(&queue->lock, irq);
	return error;
}

static inline int nm_nic_sync_tx(struct netmap_kring *kring, int flags)
{
	return nm_nic_sync_ring(kring, flags, NR_TX);
}

static inline int nm_nic_sync_rx(struct netmap_kring *kring, int flags)
{
	return nm_nic_sync_ring(kring, flags, NR_RX);
}

/*
 * Interrupts. NAPI is stopped before rings change or go away.
 */

/*
 * From where the driver takes back sent frames: true if the ring is netmap's.
 * With nothing to take back a program can wait all the same: its sync came
 * while the NIC had no link.
 */
static __always_inline bool nm_nic_tx_irq(struct net_device *dev, u32 q)
{
	struct netmap_kring *kring = netmap_kring_on(NA(dev), q, NR_TX);
	enum nm_tx_state state;
	u32 last;

	if (!kring)
		return false;
	state = nm_nic_oldest(kring);
	if (state != NM_TX_PENDING && netmap_tx_irq(dev, q) == NM_IRQ_PASS)
		return false;
	if (!nm_nic_driver.tx_lossy || state == NM_TX_SILENT)
		return true;
	last = nm_prev(READ_ONCE(kring->nr_hwcur), kring->nkr_num_slots - 1);
	if (nm_nic_driver.ops->tx_state(kring, netmap_idx_k2n(kring, last)) ==
	    NM_TX_PENDING)
		nm_nic_driver.ops->tx_kick(kring);
	return true;
}

/*
 * Frames that wait to be imported, up to max, and the NIC index behind them.
 * Runs beside the sync: what it reads can be a little old.
 */
static __always_inline u32 nm_nic_rx_waiting(struct netmap_kring *kring, u32 max,
					     u32 *end)
{
	u32 lim = kring->nkr_num_slots - 1, n;
	u32 stop = netmap_idx_k2n(kring, nm_prev(READ_ONCE(kring->nr_hwcur), lim));

	*end = netmap_idx_k2n(kring, READ_ONCE(kring->nr_hwtail));
	for (n = 0; n < max && *end != stop; n++) {
		if (!nm_nic_driver.ops->rx_waits(kring, *end))
			break;
		*end = nm_next(*end, lim);
	}
	return n;
}

/*
 * From where the driver takes received frames: -1 if they are the driver's,
 * else the work to tell NAPI. That is none unless NAPI has to come back, or the
 * bridge has rx_waits(). It is for drivers that have NAPI come back by timer,
 * with interrupts off, while there is work: then frames count that were not
 * there the last time. A program that stopped reading keeps nothing busy.
 */
static __always_inline int nm_nic_rx_irq(struct net_device *dev, u32 q, int budget)
{
	struct netmap_kring *kring = netmap_kring_on(NA(dev), q, NR_RX);
	struct nm_nic_queue *queue;
	u32 waiting = 0, end;
	u_int work = 0;

	if (!kring)
		return -1;
	if (nm_nic_driver.ops && nm_nic_driver.ops->rx_waits) {
		queue = nm_nic_queue(kring);
		waiting = nm_nic_rx_waiting(kring, budget, &end);
		if (!waiting)
			return 0;
		if (end == queue->rx_seen)
			waiting = 0;
		queue->rx_seen = end;
	}
	switch (netmap_rx_irq(dev, q, &work)) {
	case NM_IRQ_PASS:
		return -1;
	case NM_IRQ_RESCHED:
		return budget;
	}
	return waiting;
}

/*
 * Stops and starts
 */

static inline void nm_nic_set_runs(struct net_device *dev, bool runs)
{
	struct nm_nic_adapter *nic = nm_nic_get(dev);
	unsigned long irq;
	u32 q;

	for (q = 0; nic && q < nic->queues; q++) {
		spin_lock_irqsave(&nic->queue[q].lock, irq);
		nic->queue[q].runs = runs;
		spin_unlock_irqrestore(&nic->queue[q].lock, irq);
	}
}

/* The NIC stops, and so do the syncs. Can come several times. */
static __always_inline void nm_nic_stop(struct net_device *dev)
{
	if (nm_nic_driver.atomic)
		nm_nic_set_runs(dev, false);
	else
		netmap_disable_all_rings(dev);
}

/* The rings are programmed: syncs may go on. */
static __always_inline void nm_nic_start(struct net_device *dev)
{
	if (nm_nic_driver.atomic)
		nm_nic_set_runs(dev, true);
	else
		netmap_enable_all_rings(dev);
}

/* TX ring q starts anew, without frames; false if it is the driver's. */
static __always_inline bool nm_nic_tx_start(struct net_device *dev, u32 q)
{
	struct nm_nic_adapter *nic = nm_nic_get(dev);
	bool on;

	if (!nic)
		return false;
	on = nm_nic_tx_reset(&nic->hw.up, q);
	/* the driver clears only what it has written itself */
	if (nm_nic_driver.tx_clear && (on || nic->queue[q].tx_used))
		nm_nic_driver.tx_clear(netdev_priv(dev), q, nic->hw.up.num_tx_desc);
	nic->queue[q].tx_used = on;
	nic->queue[q].watch.waited = false;
	return on;
}

static __always_inline void nm_nic_rx_save(struct net_device *dev,
					   struct nm_nic_adapter *nic, u32 q)
{
	struct nm_nic_queue *queue = &nic->queue[q];
	u32 n = min(nic->hw.up.num_rx_desc, nm_nic_driver.rx_own), i;

	if (queue->rx_saved)
		return;
	for (i = 0; i < n; i++)
		queue->rx_own[i] = *nm_nic_driver.rx_addr(netdev_priv(dev), q, i);
	queue->rx_saved = n;
}

/* Puts the driver's own buffers back, before it uses or frees them. */
static __always_inline void nm_nic_rx_restore(struct net_device *dev, u32 q)
{
	struct nm_nic_adapter *nic = nm_nic_get(dev);
	u32 i;

	for (i = 0; nic && i < nic->queue[q].rx_saved; i++)
		*nm_nic_driver.rx_addr(netdev_priv(dev), q, i) = nic->queue[q].rx_own[i];
	if (nic)
		nic->queue[q].rx_saved = 0;
}

/* RX ring q starts anew, with netmap buffers; false if it is the driver's. */
static __always_inline bool nm_nic_rx_start(struct net_device *dev, u32 q)
{
	struct nm_nic_adapter *nic = nm_nic_get(dev);
	bool on;

	if (!nic)
		return false;
	if (nm_nic_driver.rx_own)
		nm_nic_rx_save(dev, nic, q);
	if (nm_nic_driver.ops) {
		on = nm_nic_rx_reset(&nic->hw.up, q, nm_nic_driver.ops);
	} else {
		on = netmap_reset(&nic->hw.up, NR_RX, q, 0);
		if (on)
			nm_nic_driver.rx_fill(nic->hw.up.rx_rings[q]);
	}
	if (nm_nic_driver.rx_own && !on)
		nm_nic_rx_restore(dev, q);
	return on;
}

/*
 * The stack's watchdog does not see the rings: every few seconds a look at the
 * transmitter. A NIC that stopped is reset as the watchdog would have it done.
 */

static inline bool nm_nic_hangs(struct nm_nic_adapter *nic, u32 q)
{
	struct netmap_kring *kring = netmap_kring_on(&nic->hw.up, q, NR_TX);
	struct nm_nic_queue *queue = &nic->queue[q];
	unsigned long irq;
	bool hangs;

	if (!kring)
		return false;
	if (!nm_nic_driver.atomic)
		return nm_nic_tx_stuck(&queue->watch, nm_nic_oldest(kring));
	/* such a driver can take the rings away meanwhile */
	spin_lock_irqsave(&queue->lock, irq);
	hangs = queue->runs &&
		nm_nic_tx_stuck(&queue->watch, nm_nic_oldest(kring));
	spin_unlock_irqrestore(&queue->lock, irq);
	return hangs;
}

static inline void nm_nic_look(struct nm_nic_adapter *nic, struct net_device *dev)
{
	u32 q;

	if (!nm_nic_ready(dev) || !dev->netdev_ops->ndo_tx_timeout)
		return;
	for (q = 0; q < nic->hw.up.num_tx_rings; q++) {
		if (!nm_nic_hangs(nic, q) ||
		    (nm_nic_driver.tx_paused &&
		     nm_nic_driver.tx_paused(netdev_priv(dev))))
			continue;
		netdev_warn(dev, "netmap: transmit timeout\n");
		netif_tx_lock_bh(dev);
		dev->netdev_ops->ndo_tx_timeout(dev, q);
		netif_tx_unlock_bh(dev);
		return;
	}
}

static inline void nm_nic_watch_again(struct nm_nic_adapter *nic)
{
	queue_delayed_work(system_freezable_wq, &nic->watch,
			   max(nic->hw.up.ifp->watchdog_timeo, HZ));
}

static inline void nm_nic_watch(struct work_struct *work)
{
	struct nm_nic_adapter *nic =
		container_of(to_delayed_work(work), struct nm_nic_adapter, watch);

	/* opening, closing and changes of the mode hold it, and wait for this */
	if (rtnl_trylock()) {
		nm_nic_look(nic, nic->hw.up.ifp);
		rtnl_unlock();
	}
	nm_nic_watch_again(nic);
}

/*
 * Modes
 */

static inline u32 nm_nic_queues(const struct net_device *dev)
{
	return max(dev->num_tx_queues, dev->num_rx_queues);
}

/*
 * Not when the adapter is attached: from then on hooks and programs see it.
 * Its first use is this, under rtnl.
 */
static inline void nm_nic_set_up(struct nm_nic_adapter *nic)
{
	__le64 *own;
	u32 q;

	if (nic->set_up)
		return;
	nic->queues = nm_nic_queues(nic->hw.up.ifp);
	own = (__le64 *)&nic->queue[nic->queues];
	for (q = 0; q < nic->queues; q++) {
		nic->queue[q].rx_own = own + q * nm_nic_driver.rx_own;
		spin_lock_init(&nic->queue[q].lock);
	}
	INIT_DELAYED_WORK(&nic->watch, nm_nic_watch);
	/* for hooks that run beside */
	smp_store_release(&nic->set_up, true);
}

/* Keeps resets of the driver's own out, up to nm_nic_release(). */
static inline void nm_nic_hold(NM_NIC_PRIV *priv)
{
	const struct nm_nic_driver *driver = &nm_nic_driver;

	while (driver->bits && test_and_set_bit(driver->resetting, driver->bits(priv)))
		usleep_range(1000, 2000);
	if (driver->hold)
		driver->hold(priv);
}

static inline void nm_nic_release(NM_NIC_PRIV *priv)
{
	const struct nm_nic_driver *driver = &nm_nic_driver;

	if (driver->release)
		driver->release(priv);
	if (driver->bits)
		clear_bit(driver->resetting, driver->bits(priv));
}

/* Stops the NIC if it runs, and starts it in the other mode. */
static inline int nm_nic_restart(struct netmap_adapter *na, int onoff)
{
	const struct nm_nic_driver *driver = &nm_nic_driver;
	NM_NIC_PRIV *priv = netdev_priv(na->ifp);
	bool runs = nm_nic_runs(na->ifp);
	int error = 0;

	/* no interrupt may find rings of one mode with the flags of the other */
	if (runs && driver->down)
		driver->down(priv);
	if (onoff)
		nm_set_native_flags(na);
	else
		nm_clear_native_flags(na);
	if (driver->change)
		error = driver->change(na, onoff);
	if (runs && driver->up && !error)
		error = driver->up(priv);
	/* an interface that is down gets its rings when it is opened */
	if (error && onoff)
		nm_clear_native_flags(na);
	else
		netmap_krings_mode_commit(na, onoff);
	return error;
}

static inline int nm_nic_register(struct netmap_adapter *na, int onoff)
{
	struct nm_nic_adapter *nic = (struct nm_nic_adapter *)na;
	NM_NIC_PRIV *priv = netdev_priv(na->ifp);
	int error;

	/* ethtool -G, since the core asked how many there are */
	if (onoff && nm_nic_driver.fits && !nm_nic_driver.fits(priv, na))
		return -EAGAIN;
	nm_nic_set_up(nic);
	nm_nic_hold(priv);
	error = nm_nic_restart(na, onoff);
	nm_nic_release(priv);
	if (!nm_netmap_on(na))
		cancel_delayed_work_sync(&nic->watch);
	else if (nm_nic_driver.ops || nm_nic_driver.tx_oldest)
		nm_nic_watch_again(nic);
	return error;
}

/*
 * na tells of the interface, its rings and what else the bridge does itself.
 * Context: process; the interface may be open already.
 */
static __always_inline void nm_nic_attach(struct netmap_adapter *na)
{
	u32 queues = nm_nic_queues(na->ifp);
	size_t size = sizeof(struct nm_nic_adapter) +
		      queues * sizeof(struct nm_nic_queue) +
		      queues * nm_nic_driver.rx_own * sizeof(__le64);

	na->nm_register = nm_nic_register;
	if (nm_nic_driver.ops) {
		na->nm_txsync = nm_nic_sync_tx;
		na->nm_rxsync = nm_nic_sync_rx;
	}
	if (netmap_attach_ext(na, size, 1))
		netdev_err(na->ifp, "no netmap support on this interface\n");
}

#endif /* _NETMAP_NIC_ADAPTER_H_ */
