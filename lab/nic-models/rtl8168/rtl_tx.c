// SPDX-License-Identifier: MIT
/* Transmit ring, TCP segmentation, checksum and VLAN insertion. */
#include <string.h>
#include "rtl_bytes.h"
#include "rtl_checksum.h"
#include "rtl_nic.h"

#define ETH_HEADER	14
#define ETH_MIN		60
#define ETHERTYPE_VLAN	0x8100
#define VLAN_TAG	4
#define IPV6_HEADER	40
#define TCP_FIN_PSH	0x09
#define TCP_CWR		0x80
/* Descriptors in one go: a guest that refills the ring as fast as it empties must not hold the host. */
#define TX_BUDGET	512
/* How soon to try again when the link partner asked to wait. */
#define PAUSE_NS	20000

/* One frame out. The buffer has room for padding. */
static void transmit(struct rtl_nic *nic, uint8_t *frame, uint32_t len)
{
	if (len < ETH_MIN) {
		memset(frame + len, 0, ETH_MIN - len);
		len = ETH_MIN;
	}
	nic->tally.tx_packets++;
	if (!nic->link) {
		nic->stats[RTL_STAT_tx_no_link]++;
		return;
	}
	nic->stats[RTL_STAT_tx]++;
	nic->ops->transmit(nic->host, frame, len);
}

static void bad_frame(struct rtl_nic *nic)
{
	nic->tally.tx_errors++;
	nic->stats[RTL_STAT_tx_bad]++;
}

/* The headers of one TCP segment: lengths, sequence number, flags, checksums. */
static void segment_headers(uint8_t *seg, uint32_t l3, uint32_t l4, uint32_t header, uint32_t payload, uint16_t id)
{
	if ((seg[l3] >> 4) == 4) {
		put_be16(seg + l3 + 2, header - l3 + payload);
		put_be16(seg + l3 + 4, id);
		put_be16(seg + l3 + 10, 0);
		put_be16(seg + l3 + 10, rtl_sum_fold(rtl_sum(seg + l3, l4 - l3, 0)));
	} else {
		put_be16(seg + l3 + 4, header - l3 - IPV6_HEADER + payload);
	}
	put_be16(seg + l4 + 16, 0);
	put_be16(seg + l4 + 16, rtl_sum_transport(seg + l3, PROTO_TCP, seg + l4, header - l4 + payload));
}

static void transmit_segments(struct rtl_nic *nic, const uint8_t *frame, uint32_t len, uint32_t l3, uint32_t l4,
			      uint32_t mss)
{
	uint8_t *seg = nic->tx_segment;
	uint32_t header, seq;
	uint16_t id;

	if (!mss || l4 + 20 > len || l3 + 20 > l4) {
		bad_frame(nic);
		return;
	}
	header = l4 + (frame[l4 + 12] >> 4) * 4;
	if (header < l4 + 20 || header > len) {
		bad_frame(nic);
		return;
	}
	seq = get_be32(frame + l4 + 4);
	id = get_be16(frame + l3 + 4);
	for (uint32_t at = header;; at += mss) {
		uint32_t payload = len - at < mss ? len - at : mss;
		bool last = len - at <= mss;

		memcpy(seg, frame, header);
		memcpy(seg + header, frame + at, payload);
		put_be32(seg + l4 + 4, seq);
		if (!last)
			seg[l4 + 13] &= ~TCP_FIN_PSH;
		if (at != header)
			seg[l4 + 13] &= ~TCP_CWR;
		segment_headers(seg, l3, l4, header, payload, id);
		transmit(nic, seg, header + payload);
		if (last)
			break;
		seq += payload;
		id++;
	}
}

static void insert_checksums(uint8_t *frame, uint32_t len, uint32_t l3, uint32_t l4, uint32_t opts2)
{
	unsigned int proto = opts2 & TX2_CSUM_TCP ? PROTO_TCP : opts2 & TX2_CSUM_UDP ? PROTO_UDP : 0;
	uint32_t offset = proto == PROTO_TCP ? 16 : 6;
	uint32_t transport;
	uint16_t sum;

	if ((opts2 & TX2_CSUM_V4) && l3 + 20 <= len) {
		uint32_t header = (frame[l3] & 15) * 4;

		if (l3 + header <= len) {
			put_be16(frame + l3 + 10, 0);
			put_be16(frame + l3 + 10, rtl_sum_fold(rtl_sum(frame + l3, header, 0)));
		}
	}
	if (!proto || l4 < l3 + 20 || l4 + offset + 2 > len)
		return;
	/* The length that the IP header tells: padding of a short frame does not count. */
	if ((frame[l3] >> 4) == 4)
		transport = get_be16(frame + l3 + 2) - (l4 - l3);
	else
		transport = get_be16(frame + l3 + 4) - (l4 - l3 - IPV6_HEADER);
	if (transport > len - l4)
		transport = len - l4;
	put_be16(frame + l4 + offset, 0);
	sum = rtl_sum_transport(frame + l3, proto, frame + l4, transport);
	put_be16(frame + l4 + offset, proto == PROTO_UDP && !sum ? 0xffff : sum);
}

/* A whole frame is in tx_buf, behind room for a VLAN tag. */
static void frame_complete(struct rtl_nic *nic)
{
	uint8_t *frame = nic->tx_buf + VLAN_TAG;
	uint32_t len = nic->tx_len, opts1 = nic->tx_opts1, opts2 = nic->tx_opts2;
	uint32_t l3 = ETH_HEADER, tag = 0;

	if (len < ETH_HEADER) {
		bad_frame(nic);
		return;
	}
	if (opts2 & TX2_VLAN) {
		memmove(frame - VLAN_TAG, frame, 12);
		frame -= VLAN_TAG;
		len += VLAN_TAG;
		tag = VLAN_TAG;
		put_be16(frame + 12, ETHERTYPE_VLAN);
		frame[14] = opts2;	/* the descriptor holds the tag byte-swapped */
		frame[15] = opts2 >> 8;
	}
	if (get_be16(frame + 12) == ETHERTYPE_VLAN)
		l3 += VLAN_TAG;
	/* Offsets of the transport header count without an inserted tag. */
	if (opts1 & (TX_GIANT_V4 | TX_GIANT_V6)) {
		transmit_segments(nic, frame, len, l3, (opts1 >> 18 & 0x7f) + tag, opts2 >> 18 & 0x7ff);
		return;
	}
	if (opts2 & (TX2_CSUM_V4 | TX2_CSUM_V6))
		insert_checksums(frame, len, l3, (opts2 >> 18 & 0x3ff) + tag, opts2);
	transmit(nic, frame, len);
}

/* Takes one descriptor that the NIC owns. Returns false when DMA failed. */
static bool take_descriptor(struct rtl_nic *nic, uint64_t where, uint8_t desc[DESC_SIZE], uint32_t *events)
{
	uint32_t opts1 = get_le32(desc), len = opts1 & TX_LENGTH_MASK;

	if (opts1 & DESC_FIRST) {
		nic->tx_in_frame = true;
		nic->tx_len = 0;
		nic->tx_opts1 = opts1;
		nic->tx_opts2 = get_le32(desc + 4);
	}
	if (nic->tx_in_frame && len && nic->tx_len + len <= sizeof(nic->tx_buf) - 128) {
		uint8_t *to = nic->tx_buf + VLAN_TAG + nic->tx_len;

		if (nic->ops->dma_read(nic->host, get_le64(desc + 8), to, len)) {
			bad_frame(nic);
			return false;
		}
		nic->tx_len += len;
	}
	if ((opts1 & DESC_LAST) && nic->tx_in_frame) {
		frame_complete(nic);
		nic->tx_in_frame = false;
	}
	if (!rtl_fault_hit(nic, RTL_FAULT_tx_own_stuck)) {
		put_le32(desc, opts1 & ~DESC_OWN);
		if (nic->ops->dma_write(nic->host, where, desc, 4))
			return false;
	}
	nic->stats[RTL_STAT_tx_desc]++;
	if (!(opts1 & DESC_LAST))
		return true;
	if (rtl_fault_hit(nic, RTL_FAULT_tx_err)) {
		*events |= INT_TX_ERR;
		nic->tally.tx_errors++;
	} else {
		*events |= INT_TX_OK;
	}
	return true;
}

/* Sends what the ring holds. */
void rtl_tx_run(struct rtl_nic *nic)
{
	uint64_t base = rtl_reg_get64(nic, REG_TX_RING);
	uint32_t events = 0, budget = TX_BUDGET;

	if (!(nic->regs[REG_CHIP_CMD] & CMD_TX_ENABLE) || rtl_fault_hit(nic, RTL_FAULT_tx_stall))
		return;
	for (;;) {
		uint64_t where = base + (uint64_t)DESC_SIZE * nic->tx_index;
		uint8_t desc[DESC_SIZE];

		if (!budget--) {
			nic->ops->timer(nic->host, RTL_TIMER_TX, 0);
			break;
		}
		if (nic->ops->can_transmit && !nic->ops->can_transmit(nic->host)) {
			nic->ops->timer(nic->host, RTL_TIMER_TX, PAUSE_NS);
			break;
		}
		if (nic->ops->dma_read(nic->host, where, desc, sizeof(desc))) {
			events |= INT_SYS_ERR;
			break;
		}
		if (!(get_le32(desc) & DESC_OWN)) {
			events |= INT_TX_UNAVAIL;
			break;
		}
		if (!take_descriptor(nic, where, desc, &events)) {
			events |= INT_SYS_ERR;
			break;
		}
		nic->tx_index = get_le32(desc) & DESC_RING_END ? 0 : nic->tx_index + 1;
	}
	if (events)
		rtl_irq_raise(nic, events);
}

void rtl_tx_doorbell(struct rtl_nic *nic)
{
	if (nic->tx_sync)
		rtl_tx_run(nic);
	else
		nic->ops->timer(nic->host, RTL_TIMER_TX, nic->tx_delay_ns);
}
