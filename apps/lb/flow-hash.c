// SPDX-License-Identifier: BSD-2-Clause
/*
 * Toeplitz (RSS) over source and destination address and port with a key that repeats 0x50 0x6d.
 * The key's period of 16 bits makes the hash symmetric, and means that only the XOR of the input's
 * 16-bit words matters and that both halves of the result are equal.
 */
#include <string.h>
#include "flow-hash.h"

#define KEY 0x506d
#define PORT_SEED 66 /* added to each port value */
/* What stands for the ports of packets without ports: 0xfffd, 0xfffe with their bytes exchanged. */
#define NO_PORT_A 0xfdff
#define NO_PORT_B 0xfeff

#define ETHER_SIZE 14
#define ETHERTYPE_IP4 0x0800
#define ETHERTYPE_IP6 0x86dd
#define ETHERTYPE_VLAN 0x8100
#define ETHERTYPE_TRANSPARENT 0x6558
#define PROTO_IPIP 4
#define PROTO_TCP 6
#define PROTO_UDP 17
#define PROTO_IP6 41
#define PROTO_GRE 47
#define MAX_NESTING 8

static uint32_t hash_ether(const uint8_t *p, size_t len, int depth);
static uint32_t hash_ip4(const uint8_t *p, size_t len, int depth);
static uint32_t hash_ip6(const uint8_t *p, size_t len, int depth);

static uint32_t
get16(const uint8_t *p)
{
	return (uint32_t)(p[0] << 8 | p[1]);
}

static uint32_t
toeplitz(uint32_t words)
{
	uint32_t hash = 0, key = KEY, bit;

	for (bit = 0x8000; bit; bit >>= 1) {
		if (words & bit)
			hash ^= key;
		key = (key << 1 | key >> 15) & 0xffff;
	}
	return hash << 16 | hash;
}

/* addresses: XOR of the words of both addresses. */
static uint32_t
hash_words(uint32_t addresses, uint32_t port_a, uint32_t port_b)
{
	return toeplitz((addresses ^ (port_a + PORT_SEED) ^ (port_b + PORT_SEED)) & 0xffff);
}

static uint32_t
hash_ports(uint32_t addresses, const uint8_t *ports, size_t len)
{
	if (len < 4)
		return hash_words(addresses, NO_PORT_A, NO_PORT_B);
	return hash_words(addresses, get16(ports), get16(ports + 2));
}

/* GRE, RFC 2784 and 2890: optional checksum, key and sequence number of four bytes each. */
static uint32_t
hash_gre(const uint8_t *p, size_t len, int depth)
{
	size_t header = 4;

	if (len < 4 || (p[0] & 0x40)) /* the routing field is obsolete and of any length */
		return 0;
	header += p[0] & 0x80 ? 4 : 0;
	header += p[0] & 0x20 ? 4 : 0;
	header += p[0] & 0x10 ? 4 : 0;
	if (len < header)
		return 0;
	switch (get16(p + 2)) {
	case ETHERTYPE_IP4:
		return hash_ip4(p + header, len - header, depth);
	case ETHERTYPE_IP6:
		return hash_ip6(p + header, len - header, depth);
	case ETHERTYPE_TRANSPARENT:
		return hash_ether(p + header, len - header, depth);
	default:
		return 0;
	}
}

static uint32_t
hash_ip4(const uint8_t *p, size_t len, int depth)
{
	uint32_t addresses;
	size_t header;

	if (len < 20 || depth > MAX_NESTING)
		return 0;
	header = (p[0] & 0xfu) * 4;
	if (header < 20 || header > get16(p + 2) || header > len)
		return 0;
	addresses = get16(p + 12) ^ get16(p + 14) ^ get16(p + 16) ^ get16(p + 18);
	switch (p[9]) {
	case PROTO_TCP:
	case PROTO_UDP:
		return hash_ports(addresses, p + header, len - header);
	case PROTO_IPIP:
		return hash_ip4(p + header, len - header, depth + 1);
	case PROTO_GRE:
		return hash_gre(p + header, len - header, depth + 1);
	default:
		return hash_words(addresses, NO_PORT_A, NO_PORT_B);
	}
}

static uint32_t
hash_ip6(const uint8_t *p, size_t len, int depth)
{
	uint32_t addresses;

	if (len < 40 || depth > MAX_NESTING)
		return 0;
	addresses = get16(p + 8) ^ get16(p + 10) ^ get16(p + 24) ^ get16(p + 26);
	switch (p[6]) {
	case PROTO_TCP:
	case PROTO_UDP:
		return hash_ports(addresses, p + 40, len - 40);
	case PROTO_IPIP:
		return hash_ip4(p + 40, len - 40, depth + 1);
	case PROTO_IP6:
		return hash_ip6(p + 40, len - 40, depth + 1);
	case PROTO_GRE:
		return hash_gre(p + 40, len - 40, depth + 1);
	default:
		return hash_words(addresses, NO_PORT_A, NO_PORT_B);
	}
}

/* Frames that are not IP: the last four bytes of both MAC addresses, last byte first. */
static uint32_t
hash_mac(const uint8_t *p)
{
	uint32_t words = (uint32_t)(p[11] << 8 | p[10]) ^ (uint32_t)(p[9] << 8 | p[8]) ^
			 (uint32_t)(p[5] << 8 | p[4]) ^ (uint32_t)(p[3] << 8 | p[2]);

	return hash_words(words, NO_PORT_A, NO_PORT_B);
}

static uint32_t
hash_ether(const uint8_t *p, size_t len, int depth)
{
	size_t header = ETHER_SIZE;

	if (len < ETHER_SIZE || depth > MAX_NESTING)
		return 0;
	if (get16(p + 12) == ETHERTYPE_VLAN && len >= ETHER_SIZE + 4)
		header += 4;
	switch (get16(p + header - 2)) {
	case ETHERTYPE_IP4:
		return hash_ip4(p + header, len - header, depth);
	case ETHERTYPE_IP6:
		return hash_ip6(p + header, len - header, depth);
	default:
		return hash_mac(p);
	}
}

uint32_t
flow_hash(const uint8_t *frame, size_t len)
{
	return hash_ether(frame, len, 0);
}
