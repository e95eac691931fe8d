/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * netmap for r8169 (RTL8168/8111/8125 and relatives), Linux 5.10 and newer.
 * Included by r8169_main.c below struct rtl8169_private; manifest.json lists
 * the places that call these functions.
 *
 * rtl_reset_work() is the one place that starts the rings: on open, resume,
 * after a transmit timeout, and on entering and leaving netmap mode. The PHY
 * is not touched then, so the link stays up.
 */
#ifndef _IF_RE_NETMAP_LINUX_H_
#define _IF_RE_NETMAP_LINUX_H_

#include <bsd_glue.h>
#include <net/netmap.h>
#include <netmap/netmap_kern.h>

#define NM_NIC_PRIV struct rtl8169_private
#define NM_RTL_TX(tp) ((tp)->TxDescArray)
#define NM_RTL_RX(tp) ((tp)->RxDescArray)
#define NM_RTL_LEN GENMASK(13, 0)
#define NM_RTL_ERRORS RxRES
#define NM_RTL_CRC RxCRC
#define NM_RTL_FIFO 0
#include <netmap/nic_realtek.h>

#define RE_PTP_MIN 47 /* bytes from the UDP header on */

static void rtl_reset_work(struct rtl8169_private *tp);
static void rtl8169_doorbell(struct rtl8169_private *tp);

/* Where the UDP header of a frame begins; 0 if there is none. */
static u32 re_netmap_udp(const u8 *frame, u32 len)
{
	u32 at = 2 * ETH_ALEN, type = frame[at] << 8 | frame[at + 1];

	if (type == ETH_P_8021Q || type == ETH_P_8021AD) {
		at += VLAN_HLEN;
		type = frame[at] << 8 | frame[at + 1];
	}
	at += 2;
	if (type == ETH_P_IP && frame[at + 9] == IPPROTO_UDP)
		at += (frame[at] & 0xf) * 4;
	else if (type == ETH_P_IPV6 && frame[at + 6] == IPPROTO_UDP)
		at += 40;
	else
		return 0;
	return at < len ? at : 0;
}

/*
 * The 8125A and B stop sending after UDP frames to a port of PTP whose UDP part
 * is too short, or ends within its header: see rtl8125_quirk_udp_padto().
 */
static u32 re_netmap_tx_min(struct netmap_kring *kring, const void *frame, u32 len)
{
	u32 chip = nm_nic_priv(kring)->mac_version, at;
	const u8 *udp;

	if (len >= 128 + RE_PTP_MIN || chip < RTL_GIGA_MAC_VER_61 ||
	    chip > RTL_GIGA_MAC_VER_63)
		return 0;
	at = re_netmap_udp(frame, len);
	if (!at)
		return 0;
	udp = frame + at;
	/* ports 319 and 320 */
	if (len - at >= 4 && (udp[2] << 8 | udp[3]) - 319U < 2)
		return at + RE_PTP_MIN;
	return at + sizeof(struct udphdr);
}

static void re_netmap_tx_kick(struct netmap_kring *kring)
{
	rtl8169_doorbell(nm_nic_priv(kring));
}

static const struct nm_nic_ops re_netmap_ops = {
	.tx_min = re_netmap_tx_min,
	.tx_put = nm_rtl_tx_put,
	.tx_state = nm_rtl_tx_state,
	.tx_kick = re_netmap_tx_kick,
	.rx_fcs = true,
	.rx_take = nm_rtl_rx_take,
	.rx_waits = nm_rtl_rx_waits,
	.rx_give = nm_rtl_rx_give,
};

/*
 * Hooks
 */

/* From rtl_tx(): true if the ring is netmap's. */
static bool re_netmap_tx_irq(struct rtl8169_private *tp)
{
	return nm_nic_tx_irq(tp->dev, 0);
}

/* From rtl_rx(): -1 if the frames are the driver's, else the work done. */
static int re_netmap_rx_irq(struct rtl8169_private *tp, int budget)
{
	return nm_nic_rx_irq(tp->dev, 0, budget);
}

/* From rtl8169_rx_clear(). */
static void re_netmap_rx_clear(struct rtl8169_private *tp)
{
	nm_nic_rx_restore(tp->dev, 0);
}

/* From rtl8169_cleanup(). */
static void re_netmap_reset_begin(struct rtl8169_private *tp)
{
	nm_nic_stop(tp->dev);
}

/*
 * From rtl_reset_work(), when the chip is stopped and the driver has given it
 * every RX descriptor, with a length that netmap buffers do not have.
 */
static void re_netmap_reset(struct rtl8169_private *tp)
{
	nm_nic_tx_start(tp->dev, 0);
	nm_nic_rx_start(tp->dev, 0);
	nm_nic_start(tp->dev);
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

/* Powered, and not being closed. */
static bool re_netmap_ready(struct rtl8169_private *tp)
{
	return tp->TxDescArray && tp->RxDescArray;
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

static void re_netmap_hold(struct rtl8169_private *tp)
{
	/* a chip without a link sleeps: rtl8169_runtime_suspend() */
	pm_runtime_get_sync(&tp->pci_dev->dev);
	if (RE_TASK_TAKES_RTNL)
		return;
	disable_work_sync(&tp->wk.work);
	/* if it was to reset the chip: so do we */
	bitmap_zero(tp->wk.flags, RTL_FLAG_MAX);
}

/* Disabling nests: a chip that is down keeps the driver's own. */
static void re_netmap_release(struct rtl8169_private *tp)
{
	if (!RE_TASK_TAKES_RTNL)
		enable_work(&tp->wk.work);
	pm_runtime_put(&tp->pci_dev->dev);
}

static int re_netmap_up(struct rtl8169_private *tp)
{
	/*
	 * Or the watchdog takes an idle queue for one that is stuck, while it is
	 * stopped here; 5.10 does not see to that itself.
	 */
	netif_trans_update(tp->dev);
	rtl_reset_work(tp);
	netif_wake_queue(tp->dev);
	return 0;
}

static const struct nm_nic_driver nm_nic_driver = {
	.ops = &re_netmap_ops,
	.tx_lossy = true, /* see the "8168 hack" in rtl_tx() */
	.rx_own = NUM_RX_DESC,
	.hold = re_netmap_hold,
	.release = re_netmap_release,
	.up = re_netmap_up,
	.tx_clear = nm_rtl_tx_clear,
	.rx_addr = nm_rtl_rx_addr,
	.ready = re_netmap_ready,
};

/* The chip wants lengths of whole 8 bytes, and counts the FCS. */
static int re_netmap_bufcfg(struct netmap_kring *kring, uint64_t target)
{
	return nm_nic_bufcfg(kring, target, R8169_RX_BUF_SIZE, 8);
}

static void re_netmap_attach(struct rtl8169_private *tp)
{
	nm_nic_attach(&(struct netmap_adapter){
		.ifp = tp->dev,
		.pdev = &tp->pci_dev->dev,
		.num_tx_rings = 1,
		.num_rx_rings = 1,
		.num_tx_desc = NUM_TX_DESC,
		.num_rx_desc = NUM_RX_DESC,
		.rx_buf_maxsize = R8169_RX_BUF_SIZE,
		.nm_bufcfg = re_netmap_bufcfg,
	});
}

#endif /* _IF_RE_NETMAP_LINUX_H_ */
