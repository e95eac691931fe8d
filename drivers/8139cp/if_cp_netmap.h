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
#include <netmap/netmap_nic.h>

#define CP_FRAME_MASK 0x1fff
#define CP_WHOLE_FRAME (FirstFrag | LastFrag)
#define CP_BUF_MAX 0x1ff8 /* 13 bits, whole words */

struct cp_netmap_adapter {
	struct netmap_hw_adapter hw;
	struct nm_tx_watch watch;
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

/* The owner bit last, when the rest is in memory. */
static void cp_netmap_tx_put(struct netmap_kring *kring, u32 nic_i,
			     const struct nm_tx_buf *buf)
{
	struct cp_private *cp = netdev_priv(kring->na->ifp);
	struct cp_desc *desc = &cp->tx_ring[nic_i];

	desc->addr = cpu_to_le64(buf->paddr);
	desc->opts2 = 0;
	dma_wmb();
	WRITE_ONCE(desc->opts1,
		   cpu_to_le32(DescOwn | CP_WHOLE_FRAME | buf->len) |
			   cp_netmap_eor(nic_i, CP_TX_RING_SIZE));
}

static enum nm_tx_state cp_netmap_tx_state(struct netmap_kring *kring, u32 nic_i)
{
	struct cp_private *cp = netdev_priv(kring->na->ifp);

	return le32_to_cpu(READ_ONCE(cp->tx_ring[nic_i].opts1)) & DescOwn ?
		       NM_TX_PENDING : NM_TX_DONE;
}

static void cp_netmap_tx_kick(struct netmap_kring *kring)
{
	struct cp_private *cp = netdev_priv(kring->na->ifp);

	/* descriptors are in memory before the chip looks at them */
	wmb();
	cpw8(TxPoll, NormalTxPoll);
}

/*
 * Reception
 */

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

static u32 cp_netmap_rx_take(struct netmap_kring *kring, u32 nic_i, bool begun,
			     u64 *paddr)
{
	struct cp_private *cp = netdev_priv(kring->na->ifp);
	struct cp_desc *desc = &cp->rx_ring[nic_i];
	u32 status = le32_to_cpu(READ_ONCE(desc->opts1));

	if (status & DescOwn)
		return NM_RX_NONE;
	/* the rest of the descriptor and the frame after the owner bit */
	dma_rmb();
	if (unlikely(!cp_netmap_rx_good(kring, cp->dev, status)))
		return NM_RX_BAD;
	*paddr = le64_to_cpu(desc->addr);
	return (status & CP_FRAME_MASK) - ETH_FCS_LEN;
}

static void cp_netmap_rx_give(struct netmap_kring *kring, u32 nic_i, u64 paddr,
			      bool own)
{
	struct cp_private *cp = netdev_priv(kring->na->ifp);
	struct cp_desc *desc = &cp->rx_ring[nic_i];
	__le32 opts1 = cp_netmap_eor(nic_i, CP_RX_RING_SIZE);

	desc->addr = cpu_to_le64(paddr);
	desc->opts2 = 0;
	if (own)
		opts1 |= cpu_to_le32(DescOwn | (u32)kring->hwbuf_len);
	dma_wmb();
	WRITE_ONCE(desc->opts1, opts1);
}

static const struct nm_nic_ops cp_netmap_ops = {
	.tx_put = cp_netmap_tx_put,
	.tx_state = cp_netmap_tx_state,
	.tx_kick = cp_netmap_tx_kick,
	.rx_take = cp_netmap_rx_take,
	.rx_give = cp_netmap_rx_give,
};

/*
 * Syncs and interrupts
 */

static int cp_netmap_txsync(struct netmap_kring *kring, int flags)
{
	struct cp_netmap_adapter *re = (struct cp_netmap_adapter *)kring->na;
	unsigned long irq;

	spin_lock_irqsave(&re->lock, irq);
	if (cp_netmap_ready(re, kring->na->ifp))
		nm_nic_txsync(kring, flags, &re->watch, &cp_netmap_ops);
	spin_unlock_irqrestore(&re->lock, irq);
	return 0;
}

static int cp_netmap_rxsync(struct netmap_kring *kring, int flags)
{
	struct cp_netmap_adapter *re = (struct cp_netmap_adapter *)kring->na;
	unsigned long irq;
	int error = 0;

	spin_lock_irqsave(&re->lock, irq);
	if (cp_netmap_ready(re, kring->na->ifp))
		error = nm_nic_rxsync(kring, flags, &cp_netmap_ops);
	spin_unlock_irqrestore(&re->lock, irq);
	return error;
}

/* From cp_tx(), cp->lock held: true if the ring is netmap's. */
static bool cp_netmap_tx_irq(struct cp_private *cp)
{
	return netmap_tx_irq(cp->dev, 0) != NM_IRQ_PASS;
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
	u32 i;

	for (i = 0; !re->rx_netmap && i < CP_RX_RING_SIZE; i++)
		re->rx_stock[i] = cp->rx_ring[i].addr;
	if (!nm_nic_rx_reset(&re->hw.up, 0, &cp_netmap_ops)) {
		cp_netmap_rx_clear(cp);
		return;
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
	if (nm_nic_tx_reset(&re->hw.up, 0))
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
	return nm_nic_bufcfg(kring, target, CP_BUF_MAX, 8);
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
