// SPDX-License-Identifier: MIT
/*
 * Frames that a guest left unfinished: the virtio-net header says which checksum to fill in, and how to cut a long TCP
 * segment. Source: OASIS virtio 1.1, 5.1.6.2, and linux/virtio_net.h for the numbers.
 */
#include <string.h>
#include "pt_port.h"

#define NEEDS_CSUM	1
#define GSO_TCPV4	1
#define GSO_TCPV6	4
#define GSO_ECN		0x80
#define ETH_IP		0x0800
#define ETH_IP6		0x86dd
#define FIN_PSH		0x09

static uint16_t be16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static void put16(uint8_t *p, uint32_t value)
{
	p[0] = value >> 8;
	p[1] = value;
}

static uint16_t le16(const uint8_t *p)
{
	return p[0] | p[1] << 8;
}

static uint32_t sum(const uint8_t *p, uint32_t len, uint32_t start)
{
	uint64_t total = start;

	for (; len > 1; len -= 2, p += 2)
		total += be16(p);
	if (len)
		total += *p << 8;
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return total;
}

/* The sum of everything from start on goes to start + at; there the pseudo header's waits. */
static bool fill_checksum(uint8_t *frame, uint32_t len, uint32_t start, uint32_t at)
{
	uint16_t value;

	if (start + at + 2 > len)
		return false;
	value = ~sum(frame + start, len - start, 0);
	put16(frame + start + at, value ? value : 0xffff);
	return true;
}

struct cut {
	uint32_t l3, l4, payload;	/* offsets */
	uint32_t mss;
	bool v6;
};

/* Where the headers of a TCP frame are. False if it is none that can be cut. */
static bool measure(const uint8_t *frame, uint32_t len, uint8_t type, struct cut *cut)
{
	uint32_t proto;

	cut->l3 = 14;
	while (cut->l3 + 4 <= len && be16(frame + cut->l3 - 2) == 0x8100)
		cut->l3 += 4;
	cut->v6 = type == GSO_TCPV6;
	if (be16(frame + cut->l3 - 2) != (cut->v6 ? ETH_IP6 : ETH_IP) || cut->l3 + 40 > len)
		return false;
	proto = cut->v6 ? frame[cut->l3 + 6] : frame[cut->l3 + 9];
	cut->l4 = cut->l3 + (cut->v6 ? 40 : 4 * (frame[cut->l3] & 15));
	if (proto != 6 || cut->l4 + 20 > len)
		return false;
	cut->payload = cut->l4 + 4 * (frame[cut->l4 + 12] >> 4);
	return cut->payload >= cut->l4 + 20 && cut->payload < len;
}

/* Lengths, numbers and checksums of one segment whose headers are a copy of the whole frame's. */
static void mend(uint8_t *frame, uint32_t len, const struct cut *cut, uint32_t number, uint32_t done, bool last)
{
	uint8_t *ip = frame + cut->l3, *tcp = frame + cut->l4;
	uint32_t seq = (uint32_t)be16(tcp + 4) << 16 | be16(tcp + 6);
	uint32_t l4len = len - cut->l4, pseudo;

	if (cut->v6) {
		put16(ip + 4, l4len);
		pseudo = sum(ip + 8, 32, 6 + l4len);
	} else {
		put16(ip + 2, len - cut->l3);
		put16(ip + 4, be16(ip + 4) + number);
		put16(ip + 10, 0);
		put16(ip + 10, ~sum(ip, cut->l4 - cut->l3, 0));
		pseudo = sum(ip + 12, 8, 6 + l4len);
	}
	put16(tcp + 4, (seq + done) >> 16);
	put16(tcp + 6, seq + done);
	if (!last)
		tcp[13] &= ~FIN_PSH;
	put16(tcp + 16, 0);
	put16(tcp + 16, ~sum(tcp, l4len, pseudo));
}

static bool cut_frame(const uint8_t *frame, uint32_t len, uint8_t type, uint32_t mss, pt_emit emit, void *arg)
{
	uint8_t segment[PT_BUF_SIZE * 4];
	struct cut cut;
	uint32_t done, number = 0;

	if (!mss || !measure(frame, len, type, &cut) || cut.payload + mss > sizeof(segment))
		return false;
	for (done = 0; done < len - cut.payload; done += mss, number++) {
		uint32_t left = len - cut.payload - done, n = left < mss ? left : mss;

		memcpy(segment, frame, cut.payload);
		memcpy(segment + cut.payload, frame + cut.payload + done, n);
		mend(segment, cut.payload + n, &cut, number, done, n == left);
		emit(arg, segment, cut.payload + n);
	}
	return true;
}

/*
 * Emits the frames that a frame of the guest stands for, complete and without its header. False, and nothing is emitted,
 * if the header asks for something impossible.
 */
bool pt_frame_finish(struct pt_port *port, uint8_t *frame, uint32_t len, pt_emit emit, void *arg)
{
	const uint8_t *header = frame;
	uint8_t flags = header[0], type = header[1] & ~GSO_ECN;

	frame += port->vnet_len;
	len -= port->vnet_len;
	if (!port->vnet_len) {
		emit(arg, frame, len);
		return true;
	}
	if (type) {
		if (!(flags & NEEDS_CSUM) || (type != GSO_TCPV4 && type != GSO_TCPV6) ||
		    !cut_frame(frame, len, type, le16(header + 4), emit, arg))
			return false;
		port->stats[PT_STAT_tx_gso]++;
		return true;
	}
	if (flags & NEEDS_CSUM) {
		if (!fill_checksum(frame, len, le16(header + 6), le16(header + 8)))
			return false;
		port->stats[PT_STAT_tx_csum]++;
	}
	emit(arg, frame, len);
	return true;
}
