/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * netmap for e1000 (Intel 8254x), Linux 5.10 and newer. Included by
 * e1000_main.c above its first function; manifest.json lists the places that
 * call these functions.
 *
 * Every start of the chip goes through e1000_configure(), with empty
 * descriptors, every stop through e1000_down(), which resets it and empties
 * them: in netmap mode the driver has no buffers of its own, and out of it
 * none of netmap's are in the descriptors. __E1000_RESETTING keeps the
 * resets, which do not all hold rtnl, apart; syncs are kept out from
 * e1000_down() to e1000_configure() and look at __E1000_DOWN.
 *
 * Descriptors and registers: PCI/PCI-X Family of Gigabit Ethernet Controllers
 * Software Developer's Manual, 3.2 and 3.3 (legacy descriptors), 13.4.22.
 */
#ifndef _IF_E1000_NETMAP_H_
#define _IF_E1000_NETMAP_H_

#include <bsd_glue.h>
#include <net/netmap.h>
#include <netmap/netmap_kern.h>
#include <netmap/netmap_nic.h>

#define E1000_NETMAP_BUF_MIN 256
#define E1000_NETMAP_BUF_MAX 2048 /* larger buffers take several descriptors */
#define E1000_NETMAP_TX_MAX 16288 /* bytes of one descriptor */
#define E1000_NETMAP_SILENT 16 /* frames between two that report */

struct e1000_netmap_adapter {
	struct netmap_hw_adapter hw;
	struct nm_tx_watch watch;
	u32 tx_silent; /* frames since the last one that reports */
};

static bool e1000_check_64k_bound(struct e1000_adapter *adapter, void *start,
				  unsigned long len);

static struct e1000_netmap_adapter *
e1000_netmap_get(struct e1000_adapter *adapter)
{
	return (struct e1000_netmap_adapter *)NA(adapter->netdev);
}

static struct e1000_adapter *e1000_netmap_priv(struct netmap_kring *kring)
{
	return netdev_priv(kring->na->ifp);
}

/* May a sync touch the chip? */
static bool e1000_netmap_ready(struct netmap_kring *kring)
{
	return !test_bit(__E1000_DOWN, &e1000_netmap_priv(kring)->flags) &&
	       netif_carrier_ok(kring->na->ifp);
}

/*
 * Transmission
 */

/* The chip looks at it when the tail register says so. */
static void e1000_netmap_tx_put(struct netmap_kring *kring, u32 nic_i,
				const struct nm_tx_buf *buf)
{
	struct e1000_adapter *adapter = e1000_netmap_priv(kring);
	struct e1000_netmap_adapter *em = (struct e1000_netmap_adapter *)kring->na;
	struct e1000_tx_desc *desc = E1000_TX_DESC(*adapter->tx_ring, nic_i);
	u32 cmd = adapter->txd_cmd;

	if (buf->more)
		cmd &= ~(E1000_TXD_CMD_EOP | E1000_TXD_CMD_IDE | E1000_TXD_CMD_RS);
	else if (buf->last || buf->report || ++em->tx_silent >= E1000_NETMAP_SILENT)
		em->tx_silent = 0;
	else
		cmd &= ~E1000_TXD_CMD_RS;
	desc->buffer_addr = cpu_to_le64(buf->paddr);
	desc->lower.data = cpu_to_le32(cmd | min_t(u32, buf->len, E1000_NETMAP_TX_MAX));
	desc->upper.data = 0;
}

static enum nm_tx_state e1000_netmap_tx_state(struct netmap_kring *kring, u32 nic_i)
{
	struct e1000_adapter *adapter = e1000_netmap_priv(kring);
	struct e1000_tx_desc *desc = E1000_TX_DESC(*adapter->tx_ring, nic_i);

	if (!(le32_to_cpu(READ_ONCE(desc->lower.data)) & E1000_TXD_CMD_RS))
		return NM_TX_SILENT;
	return le32_to_cpu(READ_ONCE(desc->upper.data)) & E1000_TXD_STAT_DD ?
		       NM_TX_DONE : NM_TX_PENDING;
}

static void e1000_netmap_tx_kick(struct netmap_kring *kring)
{
	struct e1000_adapter *adapter = e1000_netmap_priv(kring);
	u32 tail = netmap_idx_k2n(kring, kring->nr_hwcur);

	/* e1000_watchdog() resets a chip that lost its link with frames queued */
	WRITE_ONCE(adapter->tx_ring->next_to_use, tail);
	/* descriptors are in memory before the chip looks at them */
	wmb();
	writel(tail, adapter->hw.hw_addr + adapter->tx_ring->tdt);
}

/*
 * Reception
 */

static u32 e1000_netmap_rx_take(struct netmap_kring *kring, u32 nic_i, bool begun,
				u64 *paddr)
{
	struct e1000_adapter *adapter = e1000_netmap_priv(kring);
	struct e1000_rx_desc *desc = E1000_RX_DESC(*adapter->rx_ring, nic_i);
	u32 status = READ_ONCE(desc->status), lim = kring->nkr_num_slots - 1;
	u32 prev = nm_prev(netmap_idx_n2k(kring, nic_i), lim), len;

	if (!(status & E1000_RXD_STAT_DD))
		return NM_RX_NONE;
	/* the rest of the descriptor and the frame after the status */
	dma_rmb();
	len = le16_to_cpu(desc->length);
	*paddr = le64_to_cpu(desc->buffer_addr);
	if (unlikely(len > kring->hwbuf_len ||
		     (status & E1000_RXD_STAT_EOP &&
		      (desc->errors & E1000_RXD_ERR_FRAME_ERR_MASK ||
		       (len < ETH_FCS_LEN && !begun))))) {
		adapter->netdev->stats.rx_dropped++;
		return NM_RX_BAD;
	}
	if (!(status & E1000_RXD_STAT_EOP))
		return len | NM_RX_MORE;
	if (len >= ETH_FCS_LEN)
		return len - ETH_FCS_LEN;
	/* a part of the FCS is in the buffer before */
	kring->ring->slot[prev].len -= ETH_FCS_LEN - len;
	return 0;
}

static void e1000_netmap_rx_give(struct netmap_kring *kring, u32 nic_i, u64 paddr,
				 bool own)
{
	struct e1000_adapter *adapter = e1000_netmap_priv(kring);
	struct e1000_rx_desc *desc = E1000_RX_DESC(*adapter->rx_ring, nic_i);

	/* whose it is the tail register tells */
	desc->buffer_addr = cpu_to_le64(paddr);
	WRITE_ONCE(desc->status, 0);
}

static void e1000_netmap_rx_kick(struct netmap_kring *kring)
{
	struct e1000_adapter *adapter = e1000_netmap_priv(kring);
	u32 free = nm_prev(kring->nr_hwcur, kring->nkr_num_slots - 1);

	/* descriptors are in memory before the chip looks at them */
	wmb();
	writel(netmap_idx_k2n(kring, free),
	       adapter->hw.hw_addr + adapter->rx_ring->rdt);
}

static const struct nm_nic_ops e1000_netmap_ops = {
	.tx_put = e1000_netmap_tx_put,
	.tx_state = e1000_netmap_tx_state,
	.tx_kick = e1000_netmap_tx_kick,
	.rx_take = e1000_netmap_rx_take,
	.rx_give = e1000_netmap_rx_give,
	.rx_kick = e1000_netmap_rx_kick,
};

static int e1000_netmap_txsync(struct netmap_kring *kring, int flags)
{
	struct e1000_netmap_adapter *em = (struct e1000_netmap_adapter *)kring->na;
	struct e1000_adapter *adapter = e1000_netmap_priv(kring);
	u32 lim = kring->nkr_num_slots - 1;

	if (!e1000_netmap_ready(kring))
		return 0;
	nm_nic_txsync(kring, flags, &em->watch, &e1000_netmap_ops);
	WRITE_ONCE(adapter->tx_ring->next_to_clean,
		   netmap_idx_k2n(kring, nm_next(kring->nr_hwtail, lim)));
	return 0;
}

static int e1000_netmap_rxsync(struct netmap_kring *kring, int flags)
{
	if (!e1000_netmap_ready(kring))
		return 0;
	return nm_nic_rxsync(kring, flags, &e1000_netmap_ops);
}

/*
 * Interrupts. NAPI is stopped before rings change or go away: e1000_down().
 */

/*
 * From e1000_clean_tx_irq(): true if the ring is netmap's. The driver's
 * watchdog asks every two seconds whether the chip still sends.
 */
static bool e1000_netmap_tx_irq(struct e1000_adapter *adapter)
{
	struct net_device *dev = adapter->netdev;
	struct netmap_kring *kring = netmap_kring_on(NA(dev), 0, NR_TX);
	struct e1000_hw *hw = &adapter->hw;

	if (!kring)
		return false;
	if (adapter->detect_tx_hung) {
		adapter->detect_tx_hung = false;
		if (netif_carrier_ok(dev) &&
		    nm_nic_tx_stuck(kring, &e1000_netmap_get(adapter)->watch,
				    &e1000_netmap_ops) &&
		    !(er32(STATUS) & E1000_STATUS_TXOFF)) {
			netdev_warn(dev, "netmap: transmit timeout\n");
			e1000_tx_timeout(dev, 0);
		}
	}
	return netmap_tx_irq(dev, 0) != NM_IRQ_PASS;
}

/* From both functions that take received frames; likewise. */
static bool e1000_netmap_rx_irq(struct e1000_adapter *adapter, int *work_done,
				int budget)
{
	u_int work = 0;

	switch (netmap_rx_irq(adapter->netdev, 0, &work)) {
	case NM_IRQ_PASS:
		return false;
	case NM_IRQ_RESCHED:
		*work_done = budget;
	}
	return true;
}

/*
 * Rings
 */

/* From e1000_down(): the chip stops, and so do the syncs. */
static void e1000_netmap_stop(struct e1000_adapter *adapter)
{
	netmap_disable_all_rings(adapter->netdev);
}

/* Receives into netmap buffers, from the first descriptor on. */
static void e1000_netmap_rx_start(struct e1000_adapter *adapter,
				  struct netmap_kring *kring)
{
	struct e1000_hw *hw = &adapter->hw;
	u32 rctl = er32(RCTL);

	ew32(RCTL, rctl & ~E1000_RCTL_EN);
	rctl &= ~(E1000_RCTL_SZ_256 | E1000_RCTL_BSEX);
	switch (kring->hwbuf_len) {
	case 256:
		rctl |= E1000_RCTL_SZ_256;
		break;
	case 512:
		rctl |= E1000_RCTL_SZ_512;
		break;
	case 1024:
		rctl |= E1000_RCTL_SZ_1024;
		break;
	default:
		rctl |= E1000_RCTL_SZ_2048;
	}
	e1000_netmap_rx_kick(kring);
	ew32(RCTL, rctl | E1000_RCTL_EN);
}

/*
 * From e1000_configure(), when the chip knows the rings but has no buffers:
 * true if its receiver got them from netmap.
 */
static bool e1000_netmap_configure(struct e1000_adapter *adapter)
{
	struct e1000_netmap_adapter *em = e1000_netmap_get(adapter);
	bool rx;

	if (!em)
		return false;
	nm_nic_tx_reset(&em->hw.up, 0);
	rx = nm_nic_rx_reset(&em->hw.up, 0, &e1000_netmap_ops);
	if (rx)
		e1000_netmap_rx_start(adapter, em->hw.up.rx_rings[0]);
	netmap_enable_all_rings(adapter->netdev);
	return rx;
}

/*
 * Adapter
 */

/* Powers of two; the first chips must not cross 64 KiB: e1000_check_64k_bound() */
static int e1000_netmap_bufcfg(struct netmap_kring *kring, uint64_t target)
{
	struct e1000_adapter *adapter = e1000_netmap_priv(kring);
	u32 size = NETMAP_BUF_SIZE(kring->na);

	kring->buf_align = 0;
	if (!(is_power_of_2(size) && size <= PAGE_SIZE) &&
	    !e1000_check_64k_bound(adapter, NULL, SZ_64K + 1)) {
		nm_prerr("%s: this chip needs buffers of 2048 or 4096 bytes, not %u",
			 kring->name, size);
		return -EINVAL;
	}
	if (kring->tx == NR_TX) {
		kring->hwbuf_len = target;
		return 0;
	}
	if (target < E1000_NETMAP_BUF_MIN) {
		nm_prerr("%s: %llu bytes of a buffer are too few for the chip",
			 kring->name, (unsigned long long)target);
		return -EINVAL;
	}
	kring->hwbuf_len = rounddown_pow_of_two(min_t(u64, target, E1000_NETMAP_BUF_MAX));
	return 0;
}

static int e1000_netmap_reg(struct netmap_adapter *na, int onoff)
{
	struct e1000_adapter *adapter = netdev_priv(na->ifp);
	bool up;

	/* ethtool -G, since the core asked how many there are */
	if (onoff && (na->num_tx_desc != adapter->tx_ring->count ||
		      na->num_rx_desc != adapter->rx_ring->count))
		return -EAGAIN;
	while (test_and_set_bit(__E1000_RESETTING, &adapter->flags))
		usleep_range(1000, 2000);
	up = !test_bit(__E1000_DOWN, &adapter->flags);
	/* no interrupt may find rings of the one with the flags of the other */
	if (up)
		e1000_down(adapter);
	if (onoff)
		nm_set_native_flags(na);
	else
		nm_clear_native_flags(na);
	/* an interface that is down gets its rings when it is opened */
	if (up)
		e1000_up(adapter);
	netmap_krings_mode_commit(na, onoff);
	clear_bit(__E1000_RESETTING, &adapter->flags);
	return 0;
}

/*
 * Not chips on which e1000_xmit_frame() has to treat single frames, nor the
 * first one, which e1000_leave_82542_rst() restarts from elsewhere.
 */
static bool e1000_netmap_able(struct e1000_hw *hw)
{
	return hw->mac_type >= e1000_82543 && hw->mac_type != e1000_82547 &&
	       hw->mac_type != e1000_82547_rev_2 &&
	       !(hw->mac_type == e1000_82544 && hw->bus_type == e1000_bus_type_pcix);
}

static void e1000_netmap_attach(struct e1000_adapter *adapter)
{
	struct netmap_adapter na = {
		.ifp = adapter->netdev,
		.pdev = &adapter->pdev->dev,
		.na_flags = NAF_MOREFRAG | NAF_OFFSETS,
		.num_tx_rings = 1,
		.num_rx_rings = 1,
		.num_tx_desc = adapter->tx_ring->count,
		.num_rx_desc = adapter->rx_ring->count,
		.rx_buf_maxsize = E1000_NETMAP_BUF_MAX,
		.nm_register = e1000_netmap_reg,
		.nm_bufcfg = e1000_netmap_bufcfg,
		.nm_txsync = e1000_netmap_txsync,
		.nm_rxsync = e1000_netmap_rxsync,
	};

	if (!e1000_netmap_able(&adapter->hw))
		netdev_info(na.ifp, "no native netmap on this chip\n");
	else if (netmap_attach_ext(&na, sizeof(struct e1000_netmap_adapter), 1))
		netdev_err(na.ifp, "no netmap support on this interface\n");
}

#endif /* _IF_E1000_NETMAP_H_ */
