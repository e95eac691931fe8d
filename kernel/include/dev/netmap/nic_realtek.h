/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Descriptors of Realtek's "C+ mode": RTL8139C+, and 8169 and all that came
 * after it. They have the same form in both directions; the status of a
 * received frame differs. A bridge header defines, in front of the include:
 *
 *	NM_RTL_TX(priv), NM_RTL_RX(priv)	the arrays of descriptors
 *	NM_RTL_LEN				bits of a received frame's length
 *	NM_RTL_ERRORS				bits of a frame that is not good
 *	NM_RTL_CRC, NM_RTL_FIFO			bits that say why, or 0
 *
 * Netmap mode exchanges the addresses in the RX descriptors. The driver's own
 * buffers stay allocated meanwhile: leaving the mode needs no memory for them.
 */
#ifndef _NETMAP_NIC_REALTEK_H_
#define _NETMAP_NIC_REALTEK_H_

#include <netmap/nic_adapter.h>

#define NM_RTL_OWN BIT(31) /* the NIC has it */
#define NM_RTL_END BIT(30) /* last of the ring */
#define NM_RTL_FIRST BIT(29) /* of a frame */
#define NM_RTL_WHOLE (NM_RTL_FIRST | BIT(28))

static __always_inline __le32 nm_rtl_opts(u32 opts, u32 nic_i, u32 num)
{
	return cpu_to_le32(opts | (nic_i == num - 1 ? NM_RTL_END : 0));
}

/* The owner bit last, when the rest is in memory. */
static void nm_rtl_tx_put(struct netmap_kring *kring, u32 nic_i,
			  const struct nm_tx_buf *buf)
{
	__auto_type desc = &NM_RTL_TX(nm_nic_priv(kring))[nic_i];

	desc->addr = cpu_to_le64(buf->paddr);
	desc->opts2 = 0;
	dma_wmb();
	WRITE_ONCE(desc->opts1, nm_rtl_opts(NM_RTL_OWN | NM_RTL_WHOLE | buf->len,
					    nic_i, kring->nkr_num_slots));
}

static enum nm_tx_state nm_rtl_tx_state(struct netmap_kring *kring, u32 nic_i)
{
	__auto_type desc = &NM_RTL_TX(nm_nic_priv(kring))[nic_i];

	return le32_to_cpu(READ_ONCE(desc->opts1)) & NM_RTL_OWN ? NM_TX_PENDING :
								  NM_TX_DONE;
}

static void nm_rtl_tx_clear(NM_NIC_PRIV *priv, u32 q, u32 num)
{
	u32 i;

	for (i = 0; i < num; i++)
		WRITE_ONCE(NM_RTL_TX(priv)[i].opts1, nm_rtl_opts(0, i, num));
}

static void nm_rtl_rx_count(struct net_device_stats *stats, u32 status)
{
	stats->rx_errors++;
	stats->rx_dropped++;
	if (status & NM_RTL_CRC)
		stats->rx_crc_errors++;
	else if (status & NM_RTL_FIFO)
		stats->rx_fifo_errors++;
	else
		stats->rx_length_errors++;
}

static u32 nm_rtl_rx_take(struct netmap_kring *kring, u32 nic_i, bool begun,
			  u64 *paddr)
{
	__auto_type desc = &NM_RTL_RX(nm_nic_priv(kring))[nic_i];
	u32 status = le32_to_cpu(READ_ONCE(desc->opts1));
	u32 len = status & NM_RTL_LEN;

	if (status & NM_RTL_OWN)
		return NM_RX_NONE;
	/* the rest of the descriptor and the frame after the owner bit */
	dma_rmb();
	if (unlikely((status & (NM_RTL_WHOLE | NM_RTL_ERRORS)) != NM_RTL_WHOLE ||
		     len < ETH_FCS_LEN || len > kring->hwbuf_len + ETH_FCS_LEN)) {
		/* a frame in pieces counts once */
		if (status & NM_RTL_FIRST)
			nm_rtl_rx_count(&kring->na->ifp->stats, status);
		return NM_RX_BAD;
	}
	*paddr = le64_to_cpu(desc->addr);
	return len;
}

static __maybe_unused bool nm_rtl_rx_waits(struct netmap_kring *kring, u32 nic_i)
{
	__auto_type desc = &NM_RTL_RX(nm_nic_priv(kring))[nic_i];

	return !(le32_to_cpu(READ_ONCE(desc->opts1)) & NM_RTL_OWN);
}

static void nm_rtl_rx_give(struct netmap_kring *kring, u32 nic_i, u64 paddr,
			   bool own)
{
	__auto_type desc = &NM_RTL_RX(nm_nic_priv(kring))[nic_i];
	u32 opts = own ? NM_RTL_OWN | (u32)kring->hwbuf_len : 0;

	desc->addr = cpu_to_le64(paddr);
	desc->opts2 = 0;
	dma_wmb();
	WRITE_ONCE(desc->opts1, nm_rtl_opts(opts, nic_i, kring->nkr_num_slots));
}

static __le64 *nm_rtl_rx_addr(NM_NIC_PRIV *priv, u32 q, u32 nic_i)
{
	return &NM_RTL_RX(priv)[nic_i].addr;
}

#endif /* _NETMAP_NIC_REALTEK_H_ */
