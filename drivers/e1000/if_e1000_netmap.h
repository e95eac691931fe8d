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
 * resets, which do not all hold rtnl, apart.
 *
 * Descriptors and registers: PCI/PCI-X Family of Gigabit Ethernet Controllers
 * Software Developer's Manual, 3.2 and 3.3 (legacy descriptors), 13.4.22.
 */
#ifndef _IF_E1000_NETMAP_H_
#define _IF_E1000_NETMAP_H_

#include <bsd_glue.h>
#include <net/netmap.h>
#include <netmap/netmap_kern.h>

#define NM_NIC_PRIV struct e1000_adapter
#include <netmap/nic_adapter.h>

#define E1000_NETMAP_BUF_MIN 256
#define E1000_NETMAP_BUF_MAX 2048 /* larger buffers take several descriptors */
#define E1000_NETMAP_TX_MAX 16288 /* bytes of one descriptor */

static bool e1000_check_64k_bound(struct e1000_adapter *adapter, void *start,
				  unsigned long len);

/*
 * Transmission
 */

/* The chip looks at it when the tail register says so. */
static void e1000_netmap_tx_put(struct netmap_kring *kring, u32 nic_i,
				const struct nm_tx_buf *buf)
{
	struct e1000_adapter *adapter = nm_nic_priv(kring);
	struct e1000_tx_desc *desc = E1000_TX_DESC(*adapter->tx_ring, nic_i);
	u32 cmd = adapter->txd_cmd;

	if (buf->more)
		cmd &= ~(E1000_TXD_CMD_EOP | E1000_TXD_CMD_IDE | E1000_TXD_CMD_RS);
	else if (!buf->report)
		cmd &= ~E1000_TXD_CMD_RS;
	desc->buffer_addr = cpu_to_le64(buf->paddr);
	desc->lower.data = cpu_to_le32(cmd | min_t(u32, buf->len, E1000_NETMAP_TX_MAX));
	desc->upper.data = 0;
}

static enum nm_tx_state e1000_netmap_tx_state(struct netmap_kring *kring, u32 nic_i)
{
	struct e1000_adapter *adapter = nm_nic_priv(kring);
	struct e1000_tx_desc *desc = E1000_TX_DESC(*adapter->tx_ring, nic_i);

	if (!(le32_to_cpu(READ_ONCE(desc->lower.data)) & E1000_TXD_CMD_RS))
		return NM_TX_SILENT;
	return le32_to_cpu(READ_ONCE(desc->upper.data)) & E1000_TXD_STAT_DD ?
		       NM_TX_DONE : NM_TX_PENDING;
}

/* e1000_watchdog() resets a chip that lost its link with frames queued. */
static void e1000_netmap_tx_kick(struct netmap_kring *kring)
{
	struct e1000_adapter *adapter = nm_nic_priv(kring);
	u32 tail = netmap_idx_k2n(kring, kring->nr_hwcur);

	WRITE_ONCE(adapter->tx_ring->next_to_use, tail);
	/* descriptors are in memory before the chip looks at them */
	wmb();
	writel(tail, adapter->hw.hw_addr + adapter->tx_ring->tdt);
}

static void e1000_netmap_tx_done(struct netmap_kring *kring)
{
	u32 oldest = nm_next(kring->nr_hwtail, kring->nkr_num_slots - 1);

	WRITE_ONCE(nm_nic_priv(kring)->tx_ring->next_to_clean,
		   netmap_idx_k2n(kring, oldest));
}

/* A transmitter that pause frames hold back does not hang. */
static bool e1000_netmap_tx_paused(struct e1000_adapter *adapter)
{
	struct e1000_hw *hw = &adapter->hw;

	return er32(STATUS) & E1000_STATUS_TXOFF;
}

/*
 * Reception
 */

static u32 e1000_netmap_rx_take(struct netmap_kring *kring, u32 nic_i, bool begun,
				u64 *paddr)
{
	struct e1000_adapter *adapter = nm_nic_priv(kring);
	struct e1000_rx_desc *desc = E1000_RX_DESC(*adapter->rx_ring, nic_i);
	u32 status = READ_ONCE(desc->status), len;

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
	return status & E1000_RXD_STAT_EOP ? len : len | NM_RX_MORE;
}

/* Whose it is the tail register tells. */
static void e1000_netmap_rx_give(struct netmap_kring *kring, u32 nic_i, u64 paddr,
				 bool own)
{
	struct e1000_adapter *adapter = nm_nic_priv(kring);
	struct e1000_rx_desc *desc = E1000_RX_DESC(*adapter->rx_ring, nic_i);

	desc->buffer_addr = cpu_to_le64(paddr);
	WRITE_ONCE(desc->status, 0);
}

static void e1000_netmap_rx_kick(struct netmap_kring *kring)
{
	struct e1000_adapter *adapter = nm_nic_priv(kring);
	u32 free = nm_prev(kring->nr_hwcur, kring->nkr_num_slots - 1);

	/* descriptors are in memory before the chip looks at them */
	wmb();
	writel(netmap_idx_k2n(kring, free),
	       adapter->hw.hw_addr + adapter->rx_ring->rdt);
}

static const struct nm_nic_ops e1000_netmap_ops = {
	.tx_silent = 16,
	.tx_put = e1000_netmap_tx_put,
	.tx_state = e1000_netmap_tx_state,
	.tx_kick = e1000_netmap_tx_kick,
	.tx_done = e1000_netmap_tx_done,
	.rx_fcs = true,
	.rx_take = e1000_netmap_rx_take,
	.rx_give = e1000_netmap_rx_give,
	.rx_kick = e1000_netmap_rx_kick,
};

/*
 * Hooks
 */

/* From e1000_clean_tx_irq(): true if the ring is netmap's. */
static bool e1000_netmap_tx_irq(struct e1000_adapter *adapter)
{
	return nm_nic_tx_irq(adapter->netdev, 0);
}

/* From both functions that take received frames; likewise. */
static bool e1000_netmap_rx_irq(struct e1000_adapter *adapter, int *work_done,
				int budget)
{
	int work = nm_nic_rx_irq(adapter->netdev, 0, budget);

	if (work > 0)
		*work_done = work;
	return work >= 0;
}

/* From e1000_down(). */
static void e1000_netmap_stop(struct e1000_adapter *adapter)
{
	nm_nic_stop(adapter->netdev);
}

/*
 * From e1000_configure(), when the chip knows the rings but has no buffers:
 * true if its receiver got them from netmap.
 */
static bool e1000_netmap_configure(struct e1000_adapter *adapter)
{
	struct net_device *dev = adapter->netdev;
	struct e1000_hw *hw = &adapter->hw;
	u32 rctl = er32(RCTL);
	bool rx;

	nm_nic_tx_start(dev, 0);
	rx = nm_nic_rx_start(dev, 0);
	if (rx) {
		struct netmap_kring *kring = NA(dev)->rx_rings[0];

		ew32(RCTL, rctl & ~E1000_RCTL_EN);
		rctl &= ~(E1000_RCTL_SZ_256 | E1000_RCTL_BSEX);
		/* 2048 bytes are 0, each half of that one more */
		rctl |= E1000_RCTL_SZ_1024 *
			(ilog2(E1000_NETMAP_BUF_MAX) - ilog2(kring->hwbuf_len));
		e1000_netmap_rx_kick(kring);
		ew32(RCTL, rctl | E1000_RCTL_EN);
	}
	nm_nic_start(dev);
	return rx;
}

/*
 * Adapter
 */

static bool e1000_netmap_fits(struct e1000_adapter *adapter,
			      const struct netmap_adapter *na)
{
	return na->num_tx_desc == adapter->tx_ring->count &&
	       na->num_rx_desc == adapter->rx_ring->count;
}

static unsigned long *e1000_netmap_bits(struct e1000_adapter *adapter)
{
	return &adapter->flags;
}

static const struct nm_nic_driver nm_nic_driver = {
	.ops = &e1000_netmap_ops,
	.bits = e1000_netmap_bits,
	.resetting = __E1000_RESETTING,
	.stopped = __E1000_DOWN,
	.fits = e1000_netmap_fits,
	.down = e1000_down,
	.up = e1000_up,
	.tx_paused = e1000_netmap_tx_paused,
};

/* Powers of two; the first chips must not cross 64 KiB: e1000_check_64k_bound() */
static int e1000_netmap_bufcfg(struct netmap_kring *kring, uint64_t target)
{
	u32 size = NETMAP_BUF_SIZE(kring->na);

	if (!(is_power_of_2(size) && size <= PAGE_SIZE) &&
	    !e1000_check_64k_bound(nm_nic_priv(kring), NULL, SZ_64K + 1)) {
		nm_prerr("%s: this chip needs buffers of 2048 or 4096 bytes, not %u",
			 kring->name, size);
		return -EINVAL;
	}
	if (kring->tx == NR_RX && target < E1000_NETMAP_BUF_MIN) {
		nm_prerr("%s: %llu bytes of a buffer are too few for the chip",
			 kring->name, (unsigned long long)target);
		return -EINVAL;
	}
	kring->buf_align = 0;
	kring->hwbuf_len = kring->tx == NR_TX ? target :
		rounddown_pow_of_two(min_t(u64, target, E1000_NETMAP_BUF_MAX));
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
		.nm_bufcfg = e1000_netmap_bufcfg,
	};

	if (e1000_netmap_able(&adapter->hw))
		nm_nic_attach(&na);
	else
		netdev_info(na.ifp, "no native netmap on this chip\n");
}

#endif /* _IF_E1000_NETMAP_H_ */
