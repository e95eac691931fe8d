/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * netmap for 8139cp (RTL8139C+), Linux 5.10 and newer. Included by 8139cp.c
 * above cp_rx_poll(); manifest.json lists the places that call these
 * functions.
 *
 * Every start of the chip goes through cp_start_hw(), every stop but the one
 * for suspend through cp_stop_hw(); both are called with and without cp->lock
 * held. Syncs run only in between, under a lock of their own: cp->lock is
 * held while cp_interrupt() tells netmap about sent frames, which may call a
 * sync. In netmap mode the RX descriptors point to netmap buffers; the
 * driver's own stay allocated, and cp_clean_rings() finds them again.
 */
#ifndef _IF_CP_NETMAP_H_
#define _IF_CP_NETMAP_H_

#include <bsd_glue.h>
#include <net/netmap.h>
#include <netmap/netmap_kern.h>

#define CP_FRAME_MASK 0x1fff
#define CP_WHOLE_FRAME (FirstFrag | LastFrag)
#define CP_BUF_MAX 0x1ff8 /* 13 bits, whole words */

struct cp_netmap_adapter {
	struct netmap_hw_adapter hw;
	spinlock_t lock; /* running, and what a sync does */
	bool running; /* between cp_start_hw() and cp_stop_hw() */
	bool rx_netmap; /* RX descriptors point to netmap buffers ... */
	__le64 rx_stock[CP_RX_RING_SIZE]; /* ... and these are the driver's */
};

static void cp_stop_hw(struct cp_private *cp);
static inline void cp_start_hw(struct cp_private *cp);
static int cp_init_rings(struct cp_private *cp);
static void cp_clean_rings(struct cp_private *cp);

static struct cp_netmap_adapter *cp_netmap_get(struct cp_private *cp)
{
	return (struct cp_netmap_adapter *)NA(cp->dev);
}

static __le32 cp_netmap_eor(u32 nic_i, u32 num)
{
	return cpu_to_le32(nic_i == num - 1 ? RingEnd : 0);
}

/* May a sync touch the chip? Context: re->lock held. */
static bool cp_netmap_ready(struct cp_netmap_adapter *re,
			    struct net_device *dev)
{
	return re->running && netif_running(dev) &&
	       netif_device_present(dev) && netif_carrier_ok(dev);
}

static void cp_netmap_set_running(struct cp_netmap_adapter *re, bool running)
{
	unsigned long flags;

	spin_lock_irqsave(&re->lock, flags);
	re->running = running;
	spin_unlock_irqrestore(&re->lock, flags);
}

/*
 * Transmission
 */

/* Writes one descriptor; the owner bit last, when the rest is in memory. */
static void cp_netmap_tx_desc(struct netmap_kring *kring,
			      struct cp_private *cp, struct netmap_slot *slot,
			      u32 nic_i)
{
	struct cp_desc *desc = &cp->tx_ring[nic_i];
	struct netmap_adapter *na = kring->na;
	u32 len = READ_ONCE(slot->len);
	u64 paddr;
	void *addr = PNMB(na, slot, &paddr);

	NM_CHECK_ADDR_LEN(na, addr, len);
	if (len < ETH_ZLEN) {
		/* the chip does not pad in C+ mode */
		memset(addr + len, 0, ETH_ZLEN - len);
		len = ETH_ZLEN;
	}
	netmap_sync_map_dev(na, na->pdev, &paddr, len, NR_TX);
	desc->addr = cpu_to_le64(paddr);
	desc->opts2 = 0;
	dma_wmb();
	WRITE_ONCE(desc->opts1,
		   cpu_to_le32(DescOwn | CP_WHOLE_FRAME | len) |
			   cp_netmap_eor(nic_i, CP_TX_RING_SIZE));
	slot->flags &= ~(NS_REPORT | NS_BUF_CHANGED);
}

static void cp_netmap_tx_reclaim(struct netmap_kring *kring,
				 struct cp_private *cp)
{
	u32 lim = kring->nkr_num_slots - 1;
	u32 nm_i = nm_next(kring->nr_hwtail, lim);

	while (nm_i != kring->nr_hwcur) {
		u32 nic_i = netmap_idx_k2n(kring, nm_i);

		if (le32_to_cpu(READ_ONCE(cp->tx_ring[nic_i].opts1)) & DescOwn)
			break;
		nm_i = nm_next(nm_i, lim);
	}
	/* the descriptor is ours before anything in the buffer is */
	dma_rmb();
	kring->nr_hwtail = nm_prev(nm_i, lim);
}

static int cp_netmap_txsync(struct netmap_kring *kring, int flags)
{
	struct net_device *dev = kring->na->ifp;
	struct cp_private *cp = netdev_priv(dev);
	struct cp_netmap_adapter *re = cp_netmap_get(cp);
	u32 lim = kring->nkr_num_slots - 1, head = kring->rhead;
	u32 nm_i = kring->nr_hwcur;
	unsigned long irq;

	spin_lock_irqsave(&re->lock, irq);
	if (!cp_netmap_ready(re, dev))
		goto out;
	if (nm_i != head) {
		for (; nm_i != head; nm_i = nm_next(nm_i, lim))
			cp_netmap_tx_desc(kring, cp, &kring->ring->slot[nm_i],
					  netmap_idx_k2n(kring, nm_i));
		kring->nr_hwcur = head;
		/* descriptors are in memory before the chip looks at them */
		wmb();
		cpw8(TxPoll, NormalTxPoll);
	}
	if (flags & NAF_FORCE_RECLAIM || nm_kr_txempty(kring))
		cp_netmap_tx_reclaim(kring, cp);
out:
	spin_unlock_irqrestore(&re->lock, irq);
	return 0;
}

/* From cp_tx(), cp->lock held: true if the ring is netmap's. */
static bool cp_netmap_tx_irq(struct cp_private *cp)
{
	return netmap_tx_irq(cp->dev, 0) != NM_IRQ_PASS;
}

/*
 * Reception
 */

/* Gives the buffer of a slot to the chip, as descriptor nic_i. */
static void cp_netmap_rx_give(struct netmap_kring *kring,
			      struct cp_private *cp, struct netmap_slot *slot,
			      u32 nic_i, bool own)
{
	struct cp_desc *desc = &cp->rx_ring[nic_i];
	struct netmap_adapter *na = kring->na;
	u32 len = kring->hwbuf_len;
	__le32 opts1 = cp_netmap_eor(nic_i, CP_RX_RING_SIZE);
	u64 paddr;

	PNMB(na, slot, &paddr);
	netmap_sync_map_dev(na, na->pdev, &paddr, len, NR_RX);
	desc->addr = cpu_to_le64(paddr);
	desc->opts2 = 0;
	if (own)
		opts1 |= cpu_to_le32(DescOwn | len);
	dma_wmb();
	WRITE_ONCE(desc->opts1, opts1);
}

/* Does the descriptor hold a whole, good frame? If not, counts it. */
static bool cp_netmap_rx_good(struct netmap_kring *kring,
			      struct net_device *dev, u32 status)
{
	u32 len = status & CP_FRAME_MASK;

	if (likely((status & (CP_WHOLE_FRAME | RxError | RxErrFIFO)) ==
			   CP_WHOLE_FRAME &&
		   len >= ETH_FCS_LEN && len <= kring->hwbuf_len + ETH_FCS_LEN))
		return true;
	/* a frame in pieces counts once */
	if (!(status & FirstFrag))
		return false;
	dev->stats.rx_errors++;
	dev->stats.rx_dropped++;
	if (status & RxErrCRC)
		dev->stats.rx_crc_errors++;
	else if (status & RxErrFIFO)
		dev->stats.rx_fifo_errors++;
	else
		dev->stats.rx_length_errors++;
	return false;
}

/*
 * Drops the frame in slot nm_i and gives its buffer to the chip again. The
 * chip goes on with its next descriptor, so the slots from nm_i up to stop
 * move on by one descriptor: they exchange their buffers in a ring.
 */
static void cp_netmap_rx_drop(struct netmap_kring *kring,
			      struct cp_private *cp, u32 nm_i, u32 stop)
{
	struct netmap_slot *slot = kring->ring->slot;
	u32 lim = kring->nkr_num_slots - 1, bad = slot[nm_i].buf_idx, next;

	for (next = nm_next(nm_i, lim); next != stop; next = nm_next(next, lim)) {
		slot[nm_i].buf_idx = slot[next].buf_idx;
		slot[nm_i].flags |= NS_BUF_CHANGED;
		nm_i = next;
	}
	slot[nm_i].buf_idx = bad;
	slot[nm_i].flags |= NS_BUF_CHANGED;
	kring->nkr_hwofs = nm_prev(kring->nkr_hwofs, lim);
	cp_netmap_rx_give(kring, cp, &slot[nm_i], netmap_idx_k2n(kring, nm_i),
			  true);
}

/* Moves received frames into the slots of the user; a ring's worth at most. */
static void cp_netmap_rx_import(struct netmap_kring *kring,
				struct cp_private *cp)
{
	u32 lim = kring->nkr_num_slots - 1, nm_i = kring->nr_hwtail, n;
	u32 stop = nm_prev(kring->nr_hwcur, lim);

	for (n = 0; n < kring->nkr_num_slots && nm_i != stop; n++) {
		u32 nic_i = netmap_idx_k2n(kring, nm_i);
		struct cp_desc *desc = &cp->rx_ring[nic_i];
		struct netmap_slot *slot = &kring->ring->slot[nm_i];
		u32 status = le32_to_cpu(READ_ONCE(desc->opts1));
		u64 paddr;

		if (status & DescOwn)
			break;
		/* the rest of the descriptor and the frame after the owner bit */
		dma_rmb();
		if (unlikely(!cp_netmap_rx_good(kring, cp->dev, status))) {
			cp_netmap_rx_drop(kring, cp, nm_i, stop);
			continue;
		}
		slot->len = (status & CP_FRAME_MASK) - ETH_FCS_LEN;
		slot->flags &= NS_BUF_CHANGED;
		paddr = le64_to_cpu(desc->addr);
		netmap_sync_map_cpu(kring->na, kring->na->pdev, &paddr,
				    slot->len, NR_RX);
		nm_i = nm_next(nm_i, lim);
	}
	kring->nr_hwtail = nm_i;
}

static int cp_netmap_rxsync(struct netmap_kring *kring, int flags)
{
	struct net_device *dev = kring->na->ifp;
	struct cp_private *cp = netdev_priv(dev);
	struct cp_netmap_adapter *re = cp_netmap_get(cp);
	u32 lim = kring->nkr_num_slots - 1, head = kring->rhead, nm_i;
	bool bad = false;
	unsigned long irq;

	if (head > lim)
		return netmap_ring_reinit(kring);
	spin_lock_irqsave(&re->lock, irq);
	if (!cp_netmap_ready(re, dev))
		goto out;
	if (netmap_no_pendintr || flags & NAF_FORCE_READ ||
	    kring->nr_kflags & NKR_PENDINTR) {
		kring->nr_kflags &= ~NKR_PENDINTR;
		cp_netmap_rx_import(kring, cp);
	}
	for (nm_i = kring->nr_hwcur; nm_i != head; nm_i = nm_next(nm_i, lim)) {
		struct netmap_slot *slot = &kring->ring->slot[nm_i];

		bad = NMB(kring->na, slot) == NETMAP_BUF_BASE(kring->na);
		if (unlikely(bad))
			break;
		slot->flags &= ~NS_BUF_CHANGED;
		/* the free descriptor is the one before hwcur's */
		cp_netmap_rx_give(kring, cp,
				  &kring->ring->slot[nm_prev(nm_i, lim)],
				  netmap_idx_k2n(kring, nm_prev(nm_i, lim)),
				  true);
	}
	/* what came before a bad slot is with the chip already */
	kring->nr_hwcur = nm_i;
out:
	spin_unlock_irqrestore(&re->lock, irq);
	return bad ? netmap_ring_reinit(kring) : 0;
}

/*
 * From cp_rx_poll(): -1 if the frames are the driver's, else the work done.
 * One unit of work at most, so NAPI is done and interrupts come on again; a
 * frame that came meanwhile has set its bit and interrupts at once.
 */
static int cp_netmap_poll(struct cp_private *cp, int budget)
{
	unsigned long flags;
	u_int work = 0;

	if (!netmap_kring_on(NA(cp->dev), 0, NR_RX))
		return -1;
	cpw16(IntrStatus, cp_rx_intr_mask);
	switch (netmap_rx_irq(cp->dev, 0, &work)) {
	case NM_IRQ_PASS:
		return -1;
	case NM_IRQ_RESCHED:
		return budget;
	}
	if (budget > 0 && napi_complete_done(&cp->napi, 0)) {
		spin_lock_irqsave(&cp->lock, flags);
		cpw16_f(IntrMask, cp_intr_mask);
		spin_unlock_irqrestore(&cp->lock, flags);
	}
	return 0;
}

/*
 * Rings
 */

/* From cp_stop_hw(): the chip stops, and so do the syncs. */
static void cp_netmap_stop(struct cp_private *cp)
{
	struct cp_netmap_adapter *re = cp_netmap_get(cp);

	if (re)
		cp_netmap_set_running(re, false);
}

/* From cp_clean_rings(): the driver unmaps and frees its own buffers. */
static void cp_netmap_rx_clear(struct cp_private *cp)
{
	struct cp_netmap_adapter *re = cp_netmap_get(cp);
	u32 i;

	if (!re || !re->rx_netmap)
		return;
	for (i = 0; i < CP_RX_RING_SIZE; i++)
		cp->rx_ring[i].addr = re->rx_stock[i];
	re->rx_netmap = false;
}

static void cp_netmap_rx_reset(struct cp_netmap_adapter *re,
			       struct cp_private *cp)
{
	struct netmap_kring *kring;
	u32 i, nic_owned;

	if (!netmap_reset(&re->hw.up, NR_RX, 0, 0)) {
		cp_netmap_rx_clear(cp);
		return;
	}
	kring = re->hw.up.rx_rings[0];
	nic_owned = kring->nkr_num_slots - 1 - nm_kr_rxspace(kring);
	for (i = 0; i < CP_RX_RING_SIZE; i++) {
		if (!re->rx_netmap)
			re->rx_stock[i] = cp->rx_ring[i].addr;
		cp_netmap_rx_give(kring, cp,
				  &kring->ring->slot[netmap_idx_n2k(kring, i)],
				  i, i < nic_owned);
	}
	re->rx_netmap = true;
}

/* From cp_start_hw(), before the chip knows the rings: rebuilds them. */
static void cp_netmap_reset(struct cp_private *cp)
{
	struct cp_netmap_adapter *re = cp_netmap_get(cp);
	u32 i;

	if (!re)
		return;
	/* resume comes here without a stop */
	cp_netmap_set_running(re, false);
	if (netmap_reset(&re->hw.up, NR_TX, 0, 0))
		for (i = 0; i < CP_TX_RING_SIZE; i++)
			cp->tx_ring[i].opts1 = cp_netmap_eor(i, CP_TX_RING_SIZE);
	cp_netmap_rx_reset(re, cp);
}

/* From cp_start_hw(), at its end: the chip takes doorbells. */
static void cp_netmap_start(struct cp_private *cp)
{
	struct cp_netmap_adapter *re = cp_netmap_get(cp);

	if (re)
		cp_netmap_set_running(re, true);
}

/*
 * Adapter
 */

static int cp_netmap_bufcfg(struct netmap_kring *kring, uint64_t target)
{
	u32 frame = kring->na->ifp->mtu + VLAN_ETH_HLEN + ETH_FCS_LEN;

	kring->hwbuf_len = round_down(min_t(u64, target, CP_BUF_MAX), 8);
	kring->buf_align = 0;
	if (kring->tx == NR_RX && kring->hwbuf_len < frame) {
		nm_prerr("%s: frames of %u bytes do not fit in buffers of %llu",
			 kring->name, frame, kring->hwbuf_len);
		return -EINVAL;
	}
	return 0;
}

/* Restarts the chip with fresh rings, as cp_tx_timeout() does. */
static int cp_netmap_restart(struct net_device *dev)
{
	struct cp_private *cp = netdev_priv(dev);
	unsigned long flags;
	int error;

	netif_trans_update(dev);
	netif_tx_disable(dev);
	spin_lock_irqsave(&cp->lock, flags);
	cp_stop_hw(cp);
	spin_unlock_irqrestore(&cp->lock, flags);
	napi_disable(&cp->napi);

	spin_lock_irqsave(&cp->lock, flags);
	cp_clean_rings(cp);
	error = cp_init_rings(cp);
	if (!error) {
		cp_start_hw(cp);
		__cp_set_rx_mode(dev);
	}
	spin_unlock_irqrestore(&cp->lock, flags);

	napi_enable(&cp->napi);
	if (error) {
		netif_carrier_off(dev);
		return error;
	}
	spin_lock_irqsave(&cp->lock, flags);
	cpw16_f(IntrMask, cp_intr_mask);
	spin_unlock_irqrestore(&cp->lock, flags);
	netif_wake_queue(dev);
	return 0;
}

static int cp_netmap_reg(struct netmap_adapter *na, int onoff)
{
	struct net_device *dev = na->ifp;
	struct cp_private *cp = netdev_priv(dev);
	int error = 0;

	if (onoff)
		nm_set_native_flags(na);
	else
		nm_clear_native_flags(na);
	if (netif_running(dev) && netif_device_present(dev) && cp->rx_ring)
		error = cp_netmap_restart(dev);
	/* an interface that is down gets its rings when it is opened */
	netmap_krings_mode_commit(na, onoff);
	return error;
}

static void cp_netmap_attach(struct cp_private *cp)
{
	struct netmap_adapter na = {
		.ifp = cp->dev,
		.pdev = &cp->pdev->dev,
		.num_tx_rings = 1,
		.num_rx_rings = 1,
		.num_tx_desc = CP_TX_RING_SIZE,
		.num_rx_desc = CP_RX_RING_SIZE,
		.rx_buf_maxsize = CP_BUF_MAX,
		.nm_register = cp_netmap_reg,
		.nm_bufcfg = cp_netmap_bufcfg,
		.nm_txsync = cp_netmap_txsync,
		.nm_rxsync = cp_netmap_rxsync,
	};
	struct cp_netmap_adapter *re;

	if (netmap_attach_ext(&na, sizeof(struct cp_netmap_adapter), 1)) {
		netdev_err(cp->dev, "no netmap support on this interface\n");
		return;
	}
	re = cp_netmap_get(cp);
	spin_lock_init(&re->lock);
}

#endif /* _IF_CP_NETMAP_H_ */
