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
 * sync.
 */
#ifndef _IF_CP_NETMAP_H_
#define _IF_CP_NETMAP_H_

#include <bsd_glue.h>
#include <net/netmap.h>
#include <netmap/netmap_kern.h>

#define NM_NIC_PRIV struct cp_private
#define NM_RTL_TX(cp) ((cp)->tx_ring)
#define NM_RTL_RX(cp) ((cp)->rx_ring)
#define NM_RTL_LEN GENMASK(12, 0)
#define NM_RTL_ERRORS (RxError | RxErrFIFO)
#define NM_RTL_CRC RxErrCRC
#define NM_RTL_FIFO RxErrFIFO
#include <netmap/nic_realtek.h>

#define CP_BUF_MAX 0x1ff8 /* 13 bits, whole words */

static void cp_stop_hw(struct cp_private *cp);
static inline void cp_start_hw(struct cp_private *cp);
static int cp_init_rings(struct cp_private *cp);
static void cp_clean_rings(struct cp_private *cp);

static void cp_netmap_tx_kick(struct netmap_kring *kring)
{
	struct cp_private *cp = nm_nic_priv(kring);

	/* descriptors are in memory before the chip looks at them */
	wmb();
	cpw8(TxPoll, NormalTxPoll);
}

static const struct nm_nic_ops cp_netmap_ops = {
	.tx_put = nm_rtl_tx_put,
	.tx_state = nm_rtl_tx_state,
	.tx_kick = cp_netmap_tx_kick,
	.rx_fcs = true,
	.rx_take = nm_rtl_rx_take,
	.rx_give = nm_rtl_rx_give,
};

/*
 * Hooks
 */

/* From cp_tx(), cp->lock held: true if the ring is netmap's. */
static bool cp_netmap_tx_irq(struct cp_private *cp)
{
	return nm_nic_tx_irq(cp->dev, 0);
}

/*
 * From cp_rx_poll(): -1 if the frames are the driver's, else the work done.
 * Without work NAPI is done and interrupts come on again; a frame that came
 * meanwhile has set its bit and interrupts at once.
 */
static int cp_netmap_poll(struct cp_private *cp, int budget)
{
	unsigned long flags;
	int work;

	if (!netmap_kring_on(NA(cp->dev), 0, NR_RX))
		return -1;
	cpw16(IntrStatus, cp_rx_intr_mask);
	work = nm_nic_rx_irq(cp->dev, 0, budget);
	if (work == 0 && budget > 0 && napi_complete_done(&cp->napi, 0)) {
		spin_lock_irqsave(&cp->lock, flags);
		cpw16_f(IntrMask, cp_intr_mask);
		spin_unlock_irqrestore(&cp->lock, flags);
	}
	return work;
}

/* From cp_stop_hw(). */
static void cp_netmap_stop(struct cp_private *cp)
{
	nm_nic_stop(cp->dev);
}

/* From cp_clean_rings(). */
static void cp_netmap_rx_clear(struct cp_private *cp)
{
	nm_nic_rx_restore(cp->dev, 0);
}

/* From cp_start_hw(), before the chip knows the rings. */
static void cp_netmap_reset(struct cp_private *cp)
{
	/* resume comes here without a stop */
	nm_nic_stop(cp->dev);
	nm_nic_tx_start(cp->dev, 0);
	nm_nic_rx_start(cp->dev, 0);
}

/* From cp_start_hw(), at its end: the chip takes doorbells. */
static void cp_netmap_start(struct cp_private *cp)
{
	nm_nic_start(cp->dev);
}

/*
 * Adapter
 */

/* cp_netmap_down() and cp_netmap_up() restart the chip as cp_tx_timeout() does. */
static void cp_netmap_down(struct cp_private *cp)
{
	unsigned long flags;

	netif_trans_update(cp->dev);
	netif_tx_disable(cp->dev);
	spin_lock_irqsave(&cp->lock, flags);
	cp_stop_hw(cp);
	spin_unlock_irqrestore(&cp->lock, flags);
	napi_disable(&cp->napi);
}

static int cp_netmap_up(struct cp_private *cp)
{
	unsigned long flags;
	int error;

	spin_lock_irqsave(&cp->lock, flags);
	cp_clean_rings(cp);
	error = cp_init_rings(cp);
	if (!error) {
		cp_start_hw(cp);
		__cp_set_rx_mode(cp->dev);
	}
	spin_unlock_irqrestore(&cp->lock, flags);

	napi_enable(&cp->napi);
	if (error) {
		netif_carrier_off(cp->dev);
		return error;
	}
	spin_lock_irqsave(&cp->lock, flags);
	cpw16_f(IntrMask, cp_intr_mask);
	spin_unlock_irqrestore(&cp->lock, flags);
	netif_wake_queue(cp->dev);
	return 0;
}

static const struct nm_nic_driver nm_nic_driver = {
	.ops = &cp_netmap_ops,
	.atomic = true,
	.tx_lossy = true,
	.rx_own = CP_RX_RING_SIZE,
	.down = cp_netmap_down,
	.up = cp_netmap_up,
	.tx_clear = nm_rtl_tx_clear,
	.rx_addr = nm_rtl_rx_addr,
};

static int cp_netmap_bufcfg(struct netmap_kring *kring, uint64_t target)
{
	return nm_nic_bufcfg(kring, target, CP_BUF_MAX, 8);
}

static void cp_netmap_attach(struct cp_private *cp)
{
	nm_nic_attach(&(struct netmap_adapter){
		.ifp = cp->dev,
		.pdev = &cp->pdev->dev,
		.num_tx_rings = 1,
		.num_rx_rings = 1,
		.num_tx_desc = CP_TX_RING_SIZE,
		.num_rx_desc = CP_RX_RING_SIZE,
		.rx_buf_maxsize = CP_BUF_MAX,
		.nm_bufcfg = cp_netmap_bufcfg,
	});
}

#endif /* _IF_CP_NETMAP_H_ */
