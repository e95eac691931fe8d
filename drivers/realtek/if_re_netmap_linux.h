/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * netmap for r8169 (RTL8168/8111/8125 and relatives), Linux 5.10 and newer.
 * Included by r8169_main.c below struct rtl8169_private; manifest.json lists
 * the places that call these functions.
 *
 * Netmap mode exchanges the addresses in the descriptors and resets the chip;
 * the PHY is not touched, so the link stays up. The pages of the stock driver
 * stay allocated meanwhile: leaving netmap mode needs no memory and cannot
 * fail.
 *
 * rtl_reset_work() is the one place that starts the rings: on open, resume,
 * after a transmit timeout, and on entering and leaving netmap mode.
 */
#ifndef _IF_RE_NETMAP_LINUX_H_
#define _IF_RE_NETMAP_LINUX_H_

#include <bsd_glue.h>
#include <net/netmap.h>
#include <netmap/netmap_kern.h>
#include <netmap/netmap_nic.h>

#define RE_FRAME_MASK GENMASK(13, 0)
#define RE_WHOLE_FRAME (FirstFrag | LastFrag)

struct re_netmap_adapter {
	struct netmap_hw_adapter hw;
	struct delayed_work tx_watch; /* pending while frames are */
	struct nm_tx_watch watch;
	u32 rx_taken; /* frames that syncs took from the chip ... */
	u32 rx_seen; /* ... and those that NAPI knows of, waiting ones too */
	bool tx_netmap; /* TX descriptors were last written by netmap */
	bool rx_netmap; /* RX descriptors point to netmap buffers ... */
	__le64 rx_stock[NUM_RX_DESC]; /* ... and these are the driver's */
};

static void rtl_reset_work(struct rtl8169_private *tp);
static void rtl8169_doorbell(struct rtl8169_private *tp);

static struct re_netmap_adapter *re_netmap_get(struct rtl8169_private *tp)
{
	return (struct re_netmap_adapter *)NA(tp->dev);
}

/* The same for a sync, where the adapter need not be looked up. */
static struct re_netmap_adapter *re_netmap_of(struct netmap_kring *kring)
{
	return (struct re_netmap_adapter *)kring->na;
}

/* The chip may be used: up, powered, and not being closed or suspended. */
static bool re_netmap_ready(struct net_device *dev)
{
	struct rtl8169_private *tp = netdev_priv(dev);

	return netif_running(dev) && netif_carrier_ok(dev) && tp->TxDescArray &&
	       tp->RxDescArray;
}

static __le32 re_netmap_eor(u32 nic_i, u32 num)
{
	return cpu_to_le32(nic_i == num - 1 ? RingEnd : 0);
}

/*
 * Transmission
 */

/* The owner bit last, when the rest is in memory. */
static void re_netmap_tx_put(struct netmap_kring *kring, u32 nic_i,
			     const struct nm_tx_buf *buf)
{
	struct rtl8169_private *tp = netdev_priv(kring->na->ifp);
	struct TxDesc *desc = &tp->TxDescArray[nic_i];

	desc->addr = cpu_to_le64(buf->paddr);
	desc->opts2 = 0;
	dma_wmb();
	WRITE_ONCE(desc->opts1, cpu_to_le32(DescOwn | RE_WHOLE_FRAME | buf->len) |
				re_netmap_eor(nic_i, NUM_TX_DESC));
}

static enum nm_tx_state re_netmap_tx_state(struct netmap_kring *kring, u32 nic_i)
{
	struct rtl8169_private *tp = netdev_priv(kring->na->ifp);

	return le32_to_cpu(READ_ONCE(tp->TxDescArray[nic_i].opts1)) & DescOwn ?
		       NM_TX_PENDING : NM_TX_DONE;
}

static void re_netmap_tx_kick(struct netmap_kring *kring)
{
	struct rtl8169_private *tp = netdev_priv(kring->na->ifp);

	rtl8169_doorbell(tp);
	schedule_delayed_work(&re_netmap_of(kring)->tx_watch,
			      tp->dev->watchdog_timeo);
}

/*
 * Reception
 */

/* Does the descriptor hold a whole, good frame? If not, counts it. */
static bool re_netmap_rx_good(struct netmap_kring *kring,
			      struct net_device *dev, u32 status)
{
	u32 len = status & RE_FRAME_MASK;

	if (likely((status & (RE_WHOLE_FRAME | RxRES)) == RE_WHOLE_FRAME &&
		   len >= ETH_FCS_LEN && len <= kring->hwbuf_len + ETH_FCS_LEN))
		return true;
	/* a frame in pieces counts once */
	if (!(status & FirstFrag))
		return false;
	dev->stats.rx_errors++;
	dev->stats.rx_dropped++;
	if (status & RxCRC)
		dev->stats.rx_crc_errors++;
	else
		dev->stats.rx_length_errors++;
	return false;
}

static u32 re_netmap_rx_take(struct netmap_kring *kring, u32 nic_i, bool begun,
			     u64 *paddr)
{
	struct rtl8169_private *tp = netdev_priv(kring->na->ifp);
	struct re_netmap_adapter *re = re_netmap_of(kring);
	struct RxDesc *desc = &tp->RxDescArray[nic_i];
	u32 status = le32_to_cpu(READ_ONCE(desc->opts1));

	if (status & DescOwn)
		return NM_RX_NONE;
	WRITE_ONCE(re->rx_taken, re->rx_taken + 1);
	/* the rest of the descriptor and the frame after the owner bit */
	dma_rmb();
	if (unlikely(!re_netmap_rx_good(kring, tp->dev, status)))
		return NM_RX_BAD;
	*paddr = le64_to_cpu(desc->addr);
	WRITE_ONCE(desc->opts1, re_netmap_eor(nic_i, NUM_RX_DESC));
	return (status & RE_FRAME_MASK) - ETH_FCS_LEN;
}

static void re_netmap_rx_give(struct netmap_kring *kring, u32 nic_i, u64 paddr,
			      bool own)
{
	struct rtl8169_private *tp = netdev_priv(kring->na->ifp);
	struct RxDesc *desc = &tp->RxDescArray[nic_i];
	__le32 opts1 = re_netmap_eor(nic_i, NUM_RX_DESC);

	desc->addr = cpu_to_le64(paddr);
	desc->opts2 = 0;
	if (own)
		opts1 |= cpu_to_le32(DescOwn | (u32)kring->hwbuf_len);
	dma_wmb();
	WRITE_ONCE(desc->opts1, opts1);
}

static const struct nm_nic_ops re_netmap_ops = {
	.tx_put = re_netmap_tx_put,
	.tx_state = re_netmap_tx_state,
	.tx_kick = re_netmap_tx_kick,
	.rx_take = re_netmap_rx_take,
	.rx_give = re_netmap_rx_give,
};

/*
 * Syncs and interrupts
 */

/*
 * The stack's watchdog does not see this ring: look for a chip that stopped
 * sending from time to time, and have the driver reset it as after a timeout.
 */
static void re_netmap_tx_watch(struct work_struct *work)
{
	struct re_netmap_adapter *re =
		container_of(to_delayed_work(work), struct re_netmap_adapter,
			     tx_watch);
	struct netmap_kring *kring = netmap_kring_on(&re->hw.up, 0, NR_TX);
	struct net_device *dev = re->hw.up.ifp;

	if (!kring || !re_netmap_ready(dev) ||
	    nm_nic_tx_oldest(kring, &re_netmap_ops) == NM_TX_SILENT)
		return;
	if (nm_nic_tx_stuck(kring, &re->watch, &re_netmap_ops)) {
		netdev_warn(dev, "netmap: transmit timeout\n");
		dev->netdev_ops->ndo_tx_timeout(dev, 0);
	}
	schedule_delayed_work(&re->tx_watch, dev->watchdog_timeo);
}

static int re_netmap_txsync(struct netmap_kring *kring, int flags)
{
	if (re_netmap_ready(kring->na->ifp))
		nm_nic_txsync(kring, flags, &re_netmap_of(kring)->watch,
			      &re_netmap_ops);
	return 0;
}

static int re_netmap_rxsync(struct netmap_kring *kring, int flags)
{
	if (!re_netmap_ready(kring->na->ifp))
		return 0;
	return nm_nic_rxsync(kring, flags, &re_netmap_ops);
}

/*
 * From rtl_tx(): true if the ring is netmap's. Wakes the sender when there is
 * something to reclaim. A doorbell that comes too soon after another one can
 * be lost, see the "8168 hack" there: ring it again while frames are waiting.
 */
static bool re_netmap_tx_irq(struct rtl8169_private *tp)
{
	/* NAPI is stopped before rings change or go away: rtl8169_cleanup() */
	struct netmap_kring *kring = netmap_kring_on(NA(tp->dev), 0, NR_TX);
	enum nm_tx_state state;
	u32 last;

	if (!kring)
		return false;
	state = nm_nic_tx_oldest(kring, &re_netmap_ops);
	if (state == NM_TX_SILENT)
		return true;
	if (state == NM_TX_DONE && netmap_tx_irq(tp->dev, 0) == NM_IRQ_PASS)
		return false;
	last = nm_prev(READ_ONCE(kring->nr_hwcur), kring->nkr_num_slots - 1);
	if (re_netmap_tx_state(kring, netmap_idx_k2n(kring, last)) == NM_TX_PENDING)
		rtl8169_doorbell(tp);
	return true;
}

/*
 * Frames that wait to be imported, up to max. A descriptor without owner and
 * length holds none. Runs beside the sync: what it reads can be a little old.
 */
static u32 re_netmap_rx_waiting(struct netmap_kring *kring,
				struct rtl8169_private *tp, u32 max)
{
	u32 lim = kring->nkr_num_slots - 1, n;
	u32 nic_i = netmap_idx_k2n(kring, READ_ONCE(kring->nr_hwtail));

	for (n = 0; n < max; n++) {
		u32 status = le32_to_cpu(READ_ONCE(tp->RxDescArray[nic_i].opts1));

		if (status & DescOwn || !(status & RE_FRAME_MASK))
			break;
		nic_i = nm_next(nic_i, lim);
	}
	return n;
}

/*
 * From rtl_rx(): -1 if the frames are the driver's, else the work done. The
 * driver has NAPI come back by timer, with interrupts off, as long as there is
 * work (netdev_sw_irq_coalesce_default_on()), so only frames that were not
 * there the last time may count: a program that stopped reading must not keep
 * the machine busy.
 */
static int re_netmap_rx_irq(struct rtl8169_private *tp, int budget)
{
	struct re_netmap_adapter *re = re_netmap_get(tp);
	struct netmap_kring *kring = netmap_kring_on(NA(tp->dev), 0, NR_RX);
	u32 taken, waiting;
	u_int work = 0;

	if (!kring)
		return -1;
	taken = READ_ONCE(re->rx_taken);
	/* in this order: what is taken meanwhile must not count twice */
	smp_rmb();
	waiting = re_netmap_rx_waiting(kring, tp, budget);
	if (!waiting || taken + waiting == re->rx_seen)
		return 0;
	re->rx_seen = taken + waiting;
	switch (netmap_rx_irq(tp->dev, 0, &work)) {
	case NM_IRQ_PASS:
		return -1;
	case NM_IRQ_RESCHED:
		return budget;
	}
	return waiting;
}

/*
 * Rings
 */

static void re_netmap_tx_reset(struct re_netmap_adapter *re,
			       struct rtl8169_private *tp)
{
	if (nm_nic_tx_reset(&re->hw.up, 0)) {
		memset(tp->TxDescArray, 0, NUM_TX_DESC * sizeof(struct TxDesc));
		re->tx_netmap = true;
	} else if (re->tx_netmap) {
		/* the driver clears only descriptors that have an skb */
		memset(tp->TxDescArray, 0, NUM_TX_DESC * sizeof(struct TxDesc));
		re->tx_netmap = false;
	}
}

/* Puts the driver's own buffers back, before it uses or frees them. */
static void re_netmap_rx_clear(struct rtl8169_private *tp)
{
	struct re_netmap_adapter *re = re_netmap_get(tp);
	u32 i;

	if (!re || !re->rx_netmap)
		return;
	for (i = 0; i < NUM_RX_DESC; i++)
		tp->RxDescArray[i].addr = re->rx_stock[i];
	re->rx_netmap = false;
}

static void re_netmap_rx_reset(struct re_netmap_adapter *re,
			       struct rtl8169_private *tp)
{
	u32 i;

	for (i = 0; !re->rx_netmap && i < NUM_RX_DESC; i++)
		re->rx_stock[i] = tp->RxDescArray[i].addr;
	if (!nm_nic_rx_reset(&re->hw.up, 0, &re_netmap_ops)) {
		re_netmap_rx_clear(tp);
		return;
	}
	re->rx_taken = 0;
	re->rx_seen = 0;
	re->rx_netmap = true;
}

/* From rtl8169_cleanup(): the chip stops, and so do the syncs. */
static void re_netmap_reset_begin(struct rtl8169_private *tp)
{
	struct re_netmap_adapter *re = re_netmap_get(tp);

	netmap_disable_all_rings(tp->dev);
	/* no sync starts it again until the rings are enabled */
	if (re && re->tx_watch.work.func)
		cancel_delayed_work_sync(&re->tx_watch);
}

/*
 * From rtl_reset_work(), when the chip is stopped and the driver has given it
 * every RX descriptor, with a length that netmap buffers do not have.
 */
static void re_netmap_reset(struct rtl8169_private *tp)
{
	struct re_netmap_adapter *re = re_netmap_get(tp);

	if (!re)
		return;
	re_netmap_tx_reset(re, tp);
	re_netmap_rx_reset(re, tp);
	netmap_enable_all_rings(tp->dev);
}

/* From rtl_set_rx_max_size(): refuse frames that do not fit in a buffer. */
static void re_netmap_rx_max_size(struct rtl8169_private *tp)
{
	struct netmap_kring *kring = netmap_kring_on(NA(tp->dev), 0, NR_RX);

	if (kring)
		RTL_W16(tp, RxMaxSize, kring->hwbuf_len);
}

/*
 * Adapter
 */

/* The chip wants lengths of whole 8 bytes, and counts the FCS. */
static int re_netmap_bufcfg(struct netmap_kring *kring, uint64_t target)
{
	return nm_nic_bufcfg(kring, target, R8169_RX_BUF_SIZE, 8);
}

/*
 * rtl_task() resets the chip too. Up to 6.12 it takes rtnl, which our caller
 * holds. Since 6.13 it takes no lock: where it must not run the driver disables
 * it, see rtl8169_down(), and has given up RTL_FLAG_TASK_ENABLED, which was the
 * first flag. Its absence tells, not a version: distributions backport. The
 * functions exist since 6.10; earlier kernels only compile the calls away.
 */
#define RE_TASK_TAKES_RTNL (RTL_FLAG_TASK_RESET_PENDING > 0)

bool disable_work_sync(struct work_struct *work);
bool enable_work(struct work_struct *work);

static void re_netmap_task_stop(struct rtl8169_private *tp)
{
	if (RE_TASK_TAKES_RTNL)
		return;
	disable_work_sync(&tp->wk.work);
	/* if it was to reset the chip: so do we */
	bitmap_zero(tp->wk.flags, RTL_FLAG_MAX);
}

/* Disabling nests: a chip that is down keeps the driver's own. */
static void re_netmap_task_start(struct rtl8169_private *tp)
{
	if (!RE_TASK_TAKES_RTNL)
		enable_work(&tp->wk.work);
}

static int re_netmap_reg(struct netmap_adapter *na, int onoff)
{
	struct net_device *dev = na->ifp;
	struct rtl8169_private *tp = netdev_priv(dev);
	struct re_netmap_adapter *re = re_netmap_get(tp);
	struct device *d = &tp->pci_dev->dev;

	/* before any sync can start it: programs may come as soon as we attach */
	if (!re->tx_watch.work.func)
		INIT_DELAYED_WORK(&re->tx_watch, re_netmap_tx_watch);
	/* a chip without a link sleeps: rtl8169_runtime_suspend() */
	pm_runtime_get_sync(d);
	re_netmap_task_stop(tp);
	if (onoff)
		nm_set_native_flags(na);
	else
		nm_clear_native_flags(na);
	if (netif_running(dev) && netif_device_present(dev)) {
		/* or the watchdog takes an idle queue for one that is stuck, while
		 * it is stopped here; 5.10 does not see to that itself
		 */
		netif_trans_update(dev);
		rtl_reset_work(tp);
		netif_wake_queue(dev);
	}
	/* an interface that is down gets its rings when it is opened */
	netmap_krings_mode_commit(na, onoff);
	re_netmap_task_start(tp);
	pm_runtime_put(d);
	return 0;
}

static void re_netmap_attach(struct rtl8169_private *tp)
{
	struct netmap_adapter na = {
		.ifp = tp->dev,
		.pdev = &tp->pci_dev->dev,
		.num_tx_rings = 1,
		.num_rx_rings = 1,
		.num_tx_desc = NUM_TX_DESC,
		.num_rx_desc = NUM_RX_DESC,
		.rx_buf_maxsize = R8169_RX_BUF_SIZE,
		.nm_register = re_netmap_reg,
		.nm_bufcfg = re_netmap_bufcfg,
		.nm_txsync = re_netmap_txsync,
		.nm_rxsync = re_netmap_rxsync,
	};

	if (netmap_attach_ext(&na, sizeof(struct re_netmap_adapter), 1))
		netdev_err(tp->dev, "no netmap support on this interface\n");
}

#endif /* _IF_RE_NETMAP_LINUX_H_ */
