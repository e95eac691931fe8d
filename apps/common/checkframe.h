/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames that prove they arrived unharmed. The headers are pkt-gen's (Ethernet, IPv4, UDP from
 * 10.0.0.1:1234 to 10.1.0.1:1234), then
 *   0   4  magic "NMCK"
 *   4   4  sequence number, big endian
 *   8   .. bytes derived from the sequence number
 *   -4  4  CRC-32 (IEEE 802.3) of everything before it, big endian
 * The length is in the IP header: a truncated or padded frame does not pass. Header only, so that
 * test programs are one file each.
 */
#ifndef APPS_CHECKFRAME_H_
#define APPS_CHECKFRAME_H_

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHECK_HEADERS 42
#define CHECK_MIN (CHECK_HEADERS + 12)

enum check_verdict { CHECK_OK, CHECK_FOREIGN, CHECK_BAD };

static uint32_t check_table[256];

static inline void
check_init(void)
{
	uint32_t i, bit;

	for (i = 0; i < 256; i++) {
		uint32_t crc = i;

		for (bit = 0; bit < 8; bit++)
			crc = crc & 1 ? 0xedb88320 ^ crc >> 1 : crc >> 1;
		check_table[i] = crc;
	}
}

static inline uint32_t
check_crc(const uint8_t *data, size_t len)
{
	uint32_t crc = ~0u;

	while (len--)
		crc = check_table[(crc ^ *data++) & 0xff] ^ crc >> 8;
	return ~crc;
}

static inline void
check_put32(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 24);
	at[1] = (uint8_t)(value >> 16);
	at[2] = (uint8_t)(value >> 8);
	at[3] = (uint8_t)value;
}

static inline uint32_t
check_get32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* The parts of a frame of len bytes (at least CHECK_MIN) that are the same for all sequences. */
static inline void
check_headers(uint8_t *frame, size_t len, const uint8_t destination[6], const uint8_t source[6])
{
	static const uint8_t ip[20] = { 0x45, 0x10, 0, 0, 0,  0, 0x40, 0, 64, 17,
					0,    0,    10, 0, 0, 1, 10,   1, 0,  1 };
	uint32_t sum = 0, udp_len = (uint32_t)len - 34, ip_len = (uint32_t)len - 14, i;

	memcpy(frame, destination, 6);
	memcpy(frame + 6, source, 6);
	frame[12] = 0x08;
	frame[13] = 0x00;
	memcpy(frame + 14, ip, sizeof(ip));
	frame[16] = (uint8_t)(ip_len >> 8);
	frame[17] = (uint8_t)ip_len;
	for (i = 14; i < 34; i += 2)
		sum += (uint32_t)(frame[i] << 8 | frame[i + 1]);
	sum = ~((sum & 0xffff) + (sum >> 16));
	frame[24] = (uint8_t)(sum >> 8);
	frame[25] = (uint8_t)sum;
	/* ports 1234; no UDP checksum: the CRC covers more */
	check_put32(frame + 34, 0x04d204d2);
	check_put32(frame + 38, udp_len << 16);
	memcpy(frame + CHECK_HEADERS, "NMCK", 4);
}

/* The bytes between sequence number and CRC. */
static inline void
check_body(uint8_t *at, size_t len, uint32_t sequence)
{
	uint64_t x = ((uint64_t)sequence + 1) * 0x9e3779b97f4a7c15ULL;

	for (; len >= 8; at += 8, len -= 8) {
		x ^= x >> 12;
		x ^= x << 25;
		x ^= x >> 27;
		memcpy(at, &x, 8);
	}
	x ^= x >> 31;
	memcpy(at, &x, len);
}

/* Completes a frame with headers for a sequence number. */
static inline void
check_fill(uint8_t *frame, size_t len, uint32_t sequence)
{
	check_put32(frame + CHECK_HEADERS + 4, sequence);
	check_body(frame + CHECK_HEADERS + 8, len - CHECK_MIN, sequence);
	check_put32(frame + len - 4, check_crc(frame, len - 4));
}

/* Judges a received frame; *sequence is set when it is not foreign. */
static inline enum check_verdict
check_verify(const uint8_t *frame, size_t len, uint32_t *sequence)
{
	uint8_t body[8];
	size_t n = len < CHECK_MIN + sizeof(body) ? len - CHECK_MIN : sizeof(body);

	if (len < CHECK_MIN || memcmp(frame + CHECK_HEADERS, "NMCK", 4))
		return CHECK_FOREIGN;
	*sequence = check_get32(frame + CHECK_HEADERS + 4);
	if ((size_t)(frame[16] << 8 | frame[17]) + 14 != len ||
	    check_get32(frame + len - 4) != check_crc(frame, len - 4))
		return CHECK_BAD;
	/* a frame with a good CRC but another one's content: the body follows from the number */
	check_body(body, n, *sequence);
	return n < 8 || memcmp(body, frame + CHECK_HEADERS + 8, n) == 0 ? CHECK_OK : CHECK_BAD;
}

/* What came in: counts, and one bit per sequence number to tell duplicates from missing ones. */
struct check_tally {
	uint64_t ok, bad, foreign, duplicates, out_of_order, bytes;
	uint64_t count; /* sequence numbers are 0..count-1 */
	uint32_t next;
	uint8_t *seen;
};

/* 0, or -1 when out of memory. */
static inline int
check_tally_init(struct check_tally *tally, uint64_t count)
{
	memset(tally, 0, sizeof(*tally));
	tally->count = count;
	tally->seen = calloc(1, (size_t)(count / 8 + 1));
	return tally->seen ? 0 : -1;
}

static inline void
check_tally_add(struct check_tally *tally, const uint8_t *frame, size_t len)
{
	uint32_t sequence = 0;

	switch (check_verify(frame, len, &sequence)) {
	case CHECK_FOREIGN:
		tally->foreign++;
		return;
	case CHECK_BAD:
		tally->bad++;
		return;
	case CHECK_OK:
		break;
	}
	if (sequence >= tally->count) {
		tally->bad++;
		return;
	}
	tally->bytes += len;
	if (tally->seen[sequence / 8] & 1u << sequence % 8) {
		tally->duplicates++;
		return;
	}
	tally->seen[sequence / 8] |= (uint8_t)(1u << sequence % 8);
	tally->ok++;
	if (sequence < tally->next)
		tally->out_of_order++;
	else
		tally->next = sequence + 1;
}

#endif
