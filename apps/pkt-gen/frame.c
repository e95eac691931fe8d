// SPDX-License-Identifier: BSD-2-Clause
/*
 * The generated frame: Ethernet, IPv4 or IPv6, UDP, text. Addresses and ports may change with every
 * packet; the checksums then come from two sums made once of all the words that stay:
 *   ip_base   IPv4 header without addresses and checksum
 *   udp_base  pseudo header, UDP header and payload without addresses, ports and checksum
 */
#include <arpa/inet.h>
#include <string.h>
#include "pkt-gen.h"

#define ETHER_SIZE 14
#define IP4_SIZE 20
#define IP6_SIZE 40
#define UDP_SIZE 8
#define ETHERTYPE_IP4 0x0800
#define ETHERTYPE_IP6 0x86dd
#define PROTO_UDP 17
#define TOS_LOWDELAY 0x10
#define IP_DF 0x4000
#define TTL 64
#define TRAILER "http://info.iet.unipi.it/~luigi/netmap/ "

static void
put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static uint32_t
get32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Ones' complement sum of bytes as big-endian words; not folded, len below 128 KB. */
static uint32_t
sum(const uint8_t *data, int len, uint32_t start)
{
	int i;

	for (i = 0; i + 1 < len; i += 2)
		start += (uint32_t)(data[i] << 8 | data[i + 1]);
	if (i < len)
		start += (uint32_t)(data[i] << 8);
	return start;
}

static uint16_t
finish(uint32_t total)
{
	total = (total & 0xffff) + (total >> 16);
	total = (total & 0xffff) + (total >> 16);
	return (uint16_t)~total;
}

/* xorshift64*: good enough for addresses and sizes, a few cycles. The state must not be 0. */
uint64_t
random_next(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return x * 0x2545F4914F6CDD1DULL;
}

static uint8_t *
ip_header(const struct frame *frame)
{
	return frame->start + frame->vnet_header + ETHER_SIZE;
}

static int
ip_size(const struct frame *frame)
{
	return frame->family == AF_INET ? IP4_SIZE : IP6_SIZE;
}

static int
not_negative(int value)
{
	return value > 0 ? value : 0;
}

/* Where the UDP header lies, and the addresses in the IP header. */
static uint8_t *
udp_header(const struct frame *frame)
{
	return ip_header(frame) + ip_size(frame);
}

/*
 * Writes the current addresses and ports, and the checksums that follow from them, to where the
 * Ethernet header begins: of the template, or of a buffer that holds the rest of it already. Nothing
 * is read from there: what was just written in small pieces would have to be waited for.
 */
static inline void
write_addresses4(const struct frame *frame, uint8_t *ether)
{
	uint8_t *ip = ether + ETHER_SIZE, *udp = ip + IP4_SIZE;
	uint32_t source = get32(frame->now_source.v4), checksum;
	uint32_t destination = get32(frame->now_destination.v4);
	uint32_t words = (source >> 16) + (source & 0xffff) + (destination >> 16) +
			 (destination & 0xffff);

	put16(ip + 10, finish(frame->ip_base + words));
	memcpy(ip + 12, frame->now_source.v4, 4);
	memcpy(ip + 16, frame->now_destination.v4, 4);
	put16(udp, frame->now_source.port);
	put16(udp + 2, frame->now_destination.port);
	checksum = finish(frame->udp_base + words + frame->now_source.port +
			  frame->now_destination.port);
	put16(udp + 6, checksum ? checksum : 0xffff); /* 0 means "no checksum" */
}

static void
write_addresses6(const struct frame *frame, uint8_t *ether)
{
	uint8_t *ip = ether + ETHER_SIZE, *udp = ip + IP6_SIZE;
	uint32_t words = sum(frame->now_source.v6, 16, sum(frame->now_destination.v6, 16, 0));
	uint32_t checksum;

	memcpy(ip + 8, frame->now_source.v6, 16);
	memcpy(ip + 24, frame->now_destination.v6, 16);
	put16(udp, frame->now_source.port);
	put16(udp + 2, frame->now_destination.port);
	checksum = finish(frame->udp_base + words + frame->now_source.port +
			  frame->now_destination.port);
	put16(udp + 6, checksum ? checksum : 0xffff);
}

static void
write_addresses(struct frame *frame)
{
	frame_write_addresses(frame, frame->start + frame->vnet_header);
}

void
frame_write_addresses(const struct frame *frame, uint8_t *ether)
{
	if (frame->family == AF_INET)
		write_addresses4(frame, ether);
	else
		write_addresses6(frame, ether);
}

/* Lengths for the given size, the sums, and all that depends on them. */
void
frame_set_size(struct frame *frame, int ether_size)
{
	uint8_t *ip = ip_header(frame), *udp = udp_header(frame);
	int udp_len = not_negative(ether_size - ETHER_SIZE - ip_size(frame));

	frame->ether_size = ether_size;
	if (frame->verbatim)
		return;
	if (frame->family == AF_INET) {
		put16(ip + 2, (uint32_t)not_negative(ether_size - ETHER_SIZE));
		frame->ip_base = sum(ip, 10, 0);
	} else {
		put16(ip + 4, (uint32_t)udp_len);
	}
	put16(udp + 4, (uint32_t)udp_len);
	frame->udp_base = PROTO_UDP + 2 * (uint32_t)(udp_len & 0xffff);
	frame->udp_base += sum(udp + UDP_SIZE, not_negative(udp_len - UDP_SIZE), 0);
	write_addresses(frame);
}

static void
write_headers(struct frame *frame, const struct config *config)
{
	uint8_t *ether = frame->start + frame->vnet_header, *ip = ip_header(frame);

	memcpy(ether, config->mac_destination, 6);
	memcpy(ether + 6, config->mac_source, 6);
	if (frame->family == AF_INET) {
		put16(ether + 12, ETHERTYPE_IP4);
		ip[0] = 0x45;
		ip[1] = TOS_LOWDELAY;
		put16(ip + 6, IP_DF);
		ip[8] = TTL;
		ip[9] = PROTO_UDP;
	} else {
		put16(ether + 12, ETHERTYPE_IP6);
		ip[0] = 0x60;
		ip[6] = PROTO_UDP;
		ip[7] = TTL;
	}
}

static void
write_text(struct frame *frame, const struct config *config, int ether_size)
{
	const char *text = config->options & OPT_INDIRECT ?
				   "netmap pkt-gen indirect payload\n" TRAILER :
				   "netmap pkt-gen DIRECT payload\n" TRAILER;
	size_t length = strlen(text);
	uint8_t *payload = udp_header(frame) + UDP_SIZE;
	int i, size = ether_size - (int)(payload - (frame->start + frame->vnet_header));

	for (i = 0; i < size; i++)
		payload[i] = (uint8_t)text[(size_t)i % length];
}

int
frame_init(struct frame *frame, const struct config *config, int vnet_header)
{
	memset(frame, 0, sizeof(*frame));
	/* a whole minimal header always fits, however short the frame; 64 for copies in whole cache lines */
	frame->memory = calloc(1, FRAME_MAX + VNET_HDR_MAX + 128);
	if (!frame->memory)
		return -1;
	frame->start = frame->memory;
	frame->vnet_header = vnet_header;
	frame->family = config->family;
	frame->source = &config->source;
	frame->destination = &config->destination;
	frame->now_source = config->source.low;
	frame->now_destination = config->destination.low;
	frame->random_bits = config->options & (OPT_RANDOM_SRC | OPT_RANDOM_DST);
	frame->random_state = ((uint64_t)time(NULL) << 20 ^ (uintptr_t)frame) | 1;
	frame->varies = frame->random_bits ||
			memcmp(&config->source.low, &config->source.high, sizeof(struct endpoint)) ||
			memcmp(&config->destination.low, &config->destination.high,
			       sizeof(struct endpoint));
	if (config->file_frame) {
		frame->verbatim = 1;
		frame->varies = 0;
		memcpy(frame->start + vnet_header, config->file_frame, (size_t)config->size);
		frame->ether_size = config->size;
		return 0;
	}
	write_headers(frame, config);
	write_text(frame, config, config->size);
	frame_set_size(frame, config->size);
	return 0;
}

void
frame_free(struct frame *frame)
{
	free(frame->memory);
	frame->memory = NULL;
}

/* The next address of a range; 1 when it wrapped to the start. */
static int
next_address(struct endpoint *now, const struct range *range, int family)
{
	uint8_t *word = family == AF_INET ? now->v4 : &now->v6[2 * range->group];
	const uint8_t *end = family == AF_INET ? range->high.v4 : &range->high.v6[2 * range->group];
	int i, size = family == AF_INET ? 4 : 2;

	if (!memcmp(word, end, (size_t)size)) {
		memcpy(now->v6, range->low.v6, sizeof(now->v6));
		return 1;
	}
	for (i = size - 1; i >= 0; i--)
		if (++word[i])
			break;
	return 0;
}

/* Ports run fastest, then addresses. 1 when the whole range was gone through. */
static int
next_endpoint(struct endpoint *now, const struct range *range, int family)
{
	if (now->port != range->high.port) {
		now->port++;
		return 0;
	}
	now->port = range->low.port;
	return next_address(now, range, family);
}

static void
random_endpoint(struct frame *frame, struct endpoint *now, const struct range *range)
{
	uint64_t bits = random_next(&frame->random_state);

	now->port = (uint16_t)bits;
	bits >>= 16;
	if (frame->family == AF_INET)
		memcpy(now->v4, &bits, 4);
	else
		memcpy(&now->v6[2 * range->group], &bits, 2);
}

/* Moves on to the addresses of the next packet, without writing them. */
void
frame_step(struct frame *frame)
{
	int carry = 1;

	if (frame->random_bits & OPT_RANDOM_SRC)
		random_endpoint(frame, &frame->now_source, frame->source);
	else
		carry = next_endpoint(&frame->now_source, frame->source, frame->family);
	if (frame->random_bits & OPT_RANDOM_DST)
		random_endpoint(frame, &frame->now_destination, frame->destination);
	else if (carry)
		next_endpoint(&frame->now_destination, frame->destination, frame->family);
}

/* The same, and writes them to the template. */
void
frame_next(struct frame *frame)
{
	if (frame->verbatim)
		return;
	frame_step(frame);
	write_addresses(frame);
}

/* The first four payload bytes: a sequence number, big endian. */
void
frame_set_sequence(struct frame *frame, uint32_t sequence)
{
	uint8_t *payload = udp_header(frame) + UDP_SIZE;

	frame->udp_base -= sum(payload, 4, 0);
	put16(payload, sequence >> 16);
	put16(payload + 2, sequence & 0xffff);
	frame->udp_base += sum(payload, 4, 0);
	write_addresses(frame);
}
