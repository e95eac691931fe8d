// SPDX-License-Identifier: MIT
/* Receive: address filter, checksum flags, the descriptor ring. */
#include <string.h>
#include "rtl_bytes.h"
#include "rtl_checksum.h"
#include "rtl_nic.h"

#define ETH_HEADER	14
#define ETH_MIN		60
#define FCS		4
#define ETHERTYPE_IPV4	0x0800
#define ETHERTYPE_IPV6	0x86dd
#define ETHERTYPE_VLAN	0x8100
/* No driver spreads a frame over more. */
#define MAX_PARTS	32

struct rx_part {
	uint64_t where;		/* of the descriptor */
	uint64_t buf;
	uint32_t index, opts1, capacity;
};

enum rx_collected { RX_READY, RX_WAIT, RX_LOST };

bool rtl_rx_enabled(const struct rtl_nic *nic)
{
	if (!nic->link || !(nic->regs[REG_CHIP_CMD] & CMD_RX_ENABLE))
		return false;
	return nic->chip->family == RTL_FAMILY_8168E || !(rtl_reg_get(nic, REG_MISC) & MISC_RXDV_GATED);
}

/* The kind of destination address, as the descriptor shows it. */
static uint32_t address_kind(const uint8_t *frame)
{
	static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	if (!(frame[0] & 1))
		return RX_UNICAST;
	return memcmp(frame, broadcast, 6) ? RX_MULTICAST : RX_BROADCAST;
}

static bool address_accepted(const struct rtl_nic *nic, const uint8_t *frame)
{
	uint32_t config = rtl_reg_get(nic, REG_RX_CONFIG);
	unsigned int hash;

	if (config & RXCFG_ALL)
		return true;
	switch (address_kind(frame)) {
	case RX_BROADCAST:
		return config & RXCFG_BROADCAST;
	case RX_UNICAST:
		return (config & RXCFG_MY_ADDRESS) && !memcmp(frame, nic->regs + REG_MAC0, 6);
	default:
		/* PCIe chips keep the table byte-reversed (rtl_set_rx_mode) */
		hash = rtl_multicast_hash(frame);
		return (config & RXCFG_MULTICAST) && (nic->regs[REG_MAR0 + 7 - (hash >> 3)] >> (hash & 7) & 1);
	}
}

/* What the chip found out about checksums: protocol and failure bits of the first descriptor word. */
static uint32_t checksum_flags(struct rtl_nic *nic, const uint8_t *frame, uint32_t len)
{
	uint32_t l3 = ETH_HEADER, flags = RX_PROTO_IP, l4, transport;
	unsigned int type = get_be16(frame + 12), proto;

	if (!(rtl_reg_get(nic, REG_CPLUS_DW) & CPLUS_CSUM))
		return 0;
	if (type == ETHERTYPE_VLAN && len > 18) {
		type = get_be16(frame + 16);
		l3 += 4;
	}
	if (type == ETHERTYPE_IPV4 && len >= l3 + 20) {
		uint32_t header = (frame[l3] & 15) * 4;

		if (header < 20 || l3 + header > len)
			return 0;
		if (rtl_sum_fold(rtl_sum(frame + l3, header, 0)))
			flags |= RX_IP_FAIL;
		if (get_be16(frame + l3 + 6) & 0x3fff)	/* a fragment */
			return flags;
		proto = frame[l3 + 9];
		l4 = l3 + header;
		transport = get_be16(frame + l3 + 2) - header;
	} else if (type == ETHERTYPE_IPV6 && len >= l3 + 40) {
		proto = frame[l3 + 6];
		l4 = l3 + 40;
		transport = get_be16(frame + l3 + 4);
	} else {
		return 0;
	}
	if (transport > len - l4)
		return flags;
	if (proto == PROTO_TCP && transport >= 20) {
		flags = (flags & ~RX_PROTO_IP) | RX_PROTO_TCP;
		if (rtl_sum_transport(frame + l3, proto, frame + l4, transport))
			flags |= RX_TCP_FAIL;
	} else if (proto == PROTO_UDP && transport >= 8) {
		flags = (flags & ~RX_PROTO_IP) | RX_PROTO_UDP;
		if (get_be16(frame + l4 + 6) && rtl_sum_transport(frame + l3, proto, frame + l4, transport))
			flags |= RX_UDP_FAIL;
	}
	if (rtl_fault_hit(nic, RTL_FAULT_rx_csum_bad))
		flags |= RX_IP_FAIL | RX_UDP_FAIL | RX_TCP_FAIL;
	return flags;
}

static bool strips_vlan(const struct rtl_nic *nic)
{
	if (nic->chip->family == RTL_FAMILY_8125)
		return rtl_reg_get(nic, REG_RX_CONFIG) & RXCFG_VLAN_8125;
	return rtl_reg_get(nic, REG_CPLUS_DW) & CPLUS_VLAN;
}

/* Finds descriptors for len bytes from rx_index on, without changing anything. */
static enum rx_collected collect(struct rtl_nic *nic, uint32_t len, struct rx_part *parts, unsigned int *count)
{
	uint64_t base = rtl_reg_get64(nic, REG_RX_RING);
	uint32_t index = nic->rx_index, room = 0;

	for (*count = 0; room < len; (*count)++) {
		struct rx_part *part = &parts[*count];
		uint8_t desc[DESC_SIZE];

		if (*count == MAX_PARTS)
			return RX_LOST;
		part->where = base + (uint64_t)DESC_SIZE * index;
		part->index = index;
		if (nic->ops->dma_read(nic->host, part->where, desc, sizeof(desc))) {
			rtl_irq_raise(nic, INT_SYS_ERR);
			return RX_LOST;
		}
		part->opts1 = get_le32(desc);
		if (!(part->opts1 & DESC_OWN))
			return RX_WAIT;
		part->capacity = part->opts1 & RX_LENGTH_MASK;
		part->buf = get_le64(desc + 8);
		rtl_guard_rx_descriptor(nic, index, part->buf, part->capacity);
		if (!part->capacity) {
			rtl_nic_log(nic, "rx descriptor %u has a buffer of length zero", index);
			return RX_LOST;
		}
		room += part->capacity;
		index = part->opts1 & DESC_RING_END ? 0 : index + 1;
	}
	return RX_READY;
}

/* Marks of a bad frame: too long for RxMaxSize, or a fault. */
static uint32_t error_flags(struct rtl_nic *nic, uint32_t len)
{
	uint32_t max = rtl_reg_get(nic, REG_RX_MAX_DW) >> 16 & RX_LENGTH_MASK, flags = 0;

	if (max && len > max)
		flags |= RX_RES | RX_RWT;
	if (rtl_fault_hit(nic, RTL_FAULT_rx_crc))
		flags |= RX_RES | RX_CRC;
	if (rtl_fault_hit(nic, RTL_FAULT_rx_rwt))
		flags |= RX_RES | RX_RWT;
	if (rtl_fault_hit(nic, RTL_FAULT_rx_runt))
		flags |= RX_RES | RX_RUNT;
	return flags;
}

/* Fills the descriptors: FirstFrag on the first; LastFrag and the total length on the last. */
static bool fill(struct rtl_nic *nic, const struct rx_part *parts, unsigned int count, const uint8_t *data,
		 uint32_t len, uint32_t flags, uint32_t opts2)
{
	bool no_last = rtl_fault_hit(nic, RTL_FAULT_rx_nols), bad_length = rtl_fault_hit(nic, RTL_FAULT_rx_bad_len);
	uint32_t total = bad_length ? RX_LENGTH_MASK : len;

	for (unsigned int i = 0; i < count; i++) {
		const struct rx_part *part = &parts[i];
		bool last = i == count - 1;
		uint32_t now = len < part->capacity ? len : part->capacity;
		uint32_t opts1 = (part->opts1 & DESC_RING_END) | flags | (i == 0 ? DESC_FIRST : 0);
		uint8_t words[8];

		opts1 |= last ? total : part->capacity;
		if (last && !no_last)
			opts1 |= DESC_LAST;
		put_le32(words, opts1);
		put_le32(words + 4, opts2);
		rtl_guard_rx_write(nic, part->index, part->buf, now, part->capacity);
		if (nic->ops->dma_write(nic->host, part->buf, data, now))
			return false;
		/* one aligned 8-byte store: ownership never shows before the rest */
		if (nic->ops->dma_write(nic->host, part->where, words, sizeof(words)))
			return false;
		data += now;
		len -= now;
		nic->stats[RTL_STAT_rx_desc]++;
		nic->rx_index = part->opts1 & DESC_RING_END ? 0 : part->index + 1;
	}
	return true;
}

static void count_received(struct rtl_nic *nic, uint32_t kind, bool bad)
{
	nic->tally.rx_packets++;
	if (kind == RX_BROADCAST)
		nic->tally.rx_broadcast++;
	else if (kind == RX_MULTICAST)
		nic->tally.rx_multicast++;
	else
		nic->tally.rx_unicast++;
	nic->stats[RTL_STAT_rx]++;
	if (bad) {
		nic->tally.rx_errors++;
		nic->stats[RTL_STAT_rx_bad]++;
	}
}

/*
 * Puts one frame (without FCS) into the ring. Returns false when the driver has not given back enough descriptors;
 * otherwise the frame is dealt with: in the ring, or lost and counted.
 */
bool rtl_rx_store(struct rtl_nic *nic, const uint8_t *frame, uint32_t len)
{
	uint32_t kind = address_kind(frame), flags, errors, opts2 = 0, total = len + FCS, old = nic->rx_index;
	bool strip = strips_vlan(nic) && len > 18 && get_be16(frame + 12) == ETHERTYPE_VLAN;
	struct rx_part parts[MAX_PARTS];
	unsigned int count;

	if (nic->faults[RTL_FAULT_rx_stall])
		return false;
	if (strip)
		total -= 4;
	switch (collect(nic, total, parts, &count)) {
	case RX_WAIT:
		return false;
	case RX_LOST:
		nic->stats[RTL_STAT_rx_drop_ring]++;
		return true;
	case RX_READY:
		break;
	}
	flags = kind | checksum_flags(nic, frame, len);
	memcpy(nic->rx_buf, frame, len);
	put_le32(nic->rx_buf + len, rtl_frame_check(frame, len));
	if (strip) {
		/* the descriptor holds the tag byte-swapped (rtl8169_rx_vlan_tag) */
		opts2 = RX2_VLAN | frame[14] | frame[15] << 8;
		memmove(nic->rx_buf + 12, nic->rx_buf + 16, total - 12);
	}
	errors = error_flags(nic, total);
	if (!fill(nic, parts, count, nic->rx_buf, total, flags | errors, opts2)) {
		nic->rx_index = old;
		nic->stats[RTL_STAT_rx_drop_ring]++;
		rtl_irq_raise(nic, INT_SYS_ERR);
		return true;
	}
	count_received(nic, kind, errors);
	if (nic->rx_index < old)
		rtl_guard_rx_wrap(nic);
	rtl_irq_raise(nic, INT_RX_OK | (errors ? INT_RX_ERR : 0));
	return true;
}

static bool lost_by_fault(struct rtl_nic *nic)
{
	bool over;

	if (!rtl_fault_hit(nic, RTL_FAULT_rx_drop)) {
		over = rtl_fault_hit(nic, RTL_FAULT_rx_fifo_over);
		if (!over)
			return false;
		rtl_irq_raise(nic, INT_RX_FIFO | INT_RX_OVERFLOW);
	}
	nic->tally.rx_missed++;
	nic->stats[RTL_STAT_rx_drop_fault]++;
	return true;
}

/* A frame from the wire, without FCS. */
void rtl_rx_frame(struct rtl_nic *nic, const uint8_t *frame, uint32_t len)
{
	uint8_t padded[ETH_MIN];

	nic->stats[RTL_STAT_rx_offered]++;
	if (len < ETH_HEADER || len > RTL_MAX_FRAME) {
		nic->stats[RTL_STAT_rx_drop_size]++;
		return;
	}
	if (!rtl_rx_enabled(nic)) {
		nic->stats[RTL_STAT_rx_drop_off]++;
		return;
	}
	if (!address_accepted(nic, frame)) {
		nic->stats[RTL_STAT_rx_drop_filter]++;
		return;
	}
	if (lost_by_fault(nic))
		return;
	if (len < ETH_MIN) {
		memset(padded, 0, sizeof(padded));
		memcpy(padded, frame, len);
		frame = padded;
		len = ETH_MIN;
	}
	if (nic->fifo_frames)
		rtl_fifo_drain(nic);	/* frames stay in order */
	if (!nic->fifo_frames && rtl_rx_store(nic, frame, len))
		return;
	if (!rtl_fifo_put(nic, frame, len)) {
		nic->tally.rx_missed++;
		nic->stats[RTL_STAT_rx_drop_fifo]++;
		rtl_irq_raise(nic, INT_RX_FIFO | INT_RX_OVERFLOW);
	}
}
