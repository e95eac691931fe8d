// SPDX-License-Identifier: BSD-2-Clause
/*
 * Ports with different virtio-net headers: what arrives is compared with what
 * a NIC would have made of it. Results go to the guest's result file.
 *
 *     [v: header of 12] --- vale0 --- [w: header of 10] [p: no header]
 */
#include "nmtest.h"
#include <arpa/inet.h>
#include <linux/virtio_net.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>

static uint32_t add(uint32_t sum, const void *data, uint32_t len)
{
	const uint8_t *b = data;

	for (; len > 1; len -= 2, b += 2)
		sum += (uint32_t)(b[0] << 8 | b[1]);
	return len ? sum + (uint32_t)(b[0] << 8) : sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* Sum of the pseudo header of a packet at ip with len bytes behind its header. */
static uint32_t pseudo(const uint8_t *ip, uint32_t len)
{
	if (*ip >> 4 == 4)
		return add(ip[9] + len, ip + 12, 8);
	return add(ip[6] + len, ip + 8, 32);
}

static uint32_t avail(struct netmap_ring *ring)
{
	return (ring->tail + ring->num_slots - ring->head) % ring->num_slots;
}

static uint32_t rx(struct nt_port *port)
{
	nt_rx(port, 0)->head = nt_rx(port, 0)->cur = nt_rx(port, 0)->tail;
	ioctl(port->fd, NIOCRXSYNC);
	return avail(nt_rx(port, 0));
}

static uint8_t *frame(struct nt_port *port, uint32_t k, uint32_t *len)
{
	struct netmap_ring *ring = nt_rx(port, 0);
	struct netmap_slot *slot = &ring->slot[(ring->head + k) % ring->num_slots];

	*len = slot->len;
	return (uint8_t *)nt_buf(ring, slot->buf_idx);
}

/* Sends bytes in slots of at most 2048. */
static void send_bytes(struct nt_port *port, const uint8_t *data, uint32_t len)
{
	struct netmap_ring *ring = nt_tx(port, 0);

	while (len) {
		struct netmap_slot *slot = &ring->slot[ring->head];
		uint32_t part = len > 2048 ? 2048 : len;

		memcpy(nt_buf(ring, slot->buf_idx), data, part);
		slot->len = (uint16_t)part;
		len -= part;
		data += part;
		slot->flags = len ? NS_MOREFRAG : 0;
		ring->head = ring->cur = nt_next(ring, ring->head);
	}
	ioctl(port->fd, NIOCTXSYNC);
}

#define CWR 0x80 /* of the TCP flags: RFC 3168 */

/* Ethernet (with VLAN tags), IP, TCP or UDP, payload; its length. l3, l4: where they begin. */
static uint32_t build(uint8_t *p, int ipv6, int tcp, int vlans, uint32_t payload, uint32_t *l3, uint32_t *l4)
{
	uint32_t i, at = 12, l4_len = (tcp ? 20 : 8) + payload;

	memset(p, 0, 200);
	memset(p, 0xff, 6);
	p[6] = 2;
	while (vlans--) {
		memcpy(p + at, "\x81\0\0\7", 4);
		at += 4;
	}
	memcpy(p + at, ipv6 ? "\x86\xdd" : "\x08\0", 2);
	*l3 = at + 2;
	*l4 = *l3 + (ipv6 ? 40 : 20);
	if (ipv6) {
		p[*l3] = 0x60;
		*(uint16_t *)(p + *l3 + 4) = htons((uint16_t)l4_len);
		p[*l3 + 6] = tcp ? 6 : 17;
		p[*l3 + 23] = 1;
		p[*l3 + 39] = 2;
	} else {
		p[*l3] = 0x45;
		*(uint16_t *)(p + *l3 + 2) = htons((uint16_t)(20 + l4_len));
		*(uint16_t *)(p + *l3 + 4) = htons(0xfffe);
		p[*l3 + 8] = 64;
		p[*l3 + 9] = tcp ? 6 : 17;
		memcpy(p + *l3 + 12, "\x0a\0\0\1\x0a\0\0\2", 8);
		*(uint16_t *)(p + *l3 + 10) = htons((uint16_t)~fold(add(0, p + *l3, 20)));
	}
	*(uint16_t *)(p + *l4 + 2) = htons(80);
	if (tcp) {
		*(uint32_t *)(p + *l4 + 4) = htonl(0xfffffff0);
		p[*l4 + 12] = 0x50;
		p[*l4 + 13] = CWR | TH_ACK | TH_PUSH | TH_FIN;
		*(uint16_t *)(p + *l4 + 16) = htons(fold(pseudo(p + *l3, l4_len)));
	} else {
		*(uint16_t *)(p + *l4 + 4) = htons((uint16_t)l4_len);
		*(uint16_t *)(p + *l4 + 6) = htons(fold(pseudo(p + *l3, l4_len)));
	}
	at = *l4 + (tcp ? 20 : 8);
	for (i = 0; i < payload; i++)
		p[at + i] = (uint8_t)(i * 7 + i / 251);
	return at + payload;
}

static uint8_t packet[70000];
#define P (packet + 12)

static struct virtio_net_hdr *header(void)
{
	memset(packet, 0, 12);
	return (struct virtio_net_hdr *)packet;
}

static void check_segments(struct nt_port *p, int ipv6, int tcp, int vlans, uint32_t payload, uint32_t mss)
{
	uint32_t l3, l4, len, i, ofs = 0, bad = 0, n = (payload + mss - 1) / mss, hlen;
	static uint8_t want[70000];

	build(want, ipv6, tcp, vlans, payload, &l3, &l4);
	hlen = l4 + (tcp ? 20 : 8);
	nt_equal("segments", n, rx(p));
	for (i = 0; i < avail(nt_rx(p, 0)); i++) {
		uint8_t *f = frame(p, i, &len);
		uint32_t part = len - hlen, last = i + 1 == n;

		bad += part != (last ? payload - ofs : mss);
		bad += memcmp(f + hlen, want + hlen + ofs, part) != 0;
		bad += memcmp(f, want, l3) != 0;
		if (!ipv6) {
			bad += fold(add(0, f + l3, 20)) != 0xffff;
			bad += ntohs(*(uint16_t *)(f + l3 + 2)) != len - l3;
			bad += ntohs(*(uint16_t *)(f + l3 + 4)) != (uint16_t)(0xfffe + i);
		} else {
			bad += ntohs(*(uint16_t *)(f + l3 + 4)) != len - l4;
		}
		bad += fold(add(pseudo(f + l3, len - l4), f + l4, len - l4)) != 0xffff;
		if (tcp) {
			bad += ntohl(*(uint32_t *)(f + l4 + 4)) != (uint32_t)(0xfffffff0 + ofs);
			bad += (f[l4 + 13] & (TH_PUSH | TH_FIN)) != (last ? TH_PUSH | TH_FIN : 0);
			bad += (f[l4 + 13] & CWR) != (i ? 0 : CWR);
		} else {
			bad += ntohs(*(uint16_t *)(f + l4 + 4)) != len - l4;
		}
		ofs += part;
	}
	nt_equal("all fields of all segments", 0, bad);
	nt_equal("all bytes", payload, ofs);
}

/* A header of 10 bytes at its other lengths. */
static void test_ten(struct nt_port *w, struct nt_port *v, struct nt_port *p)
{
	uint32_t l3, l4, got, len = build(P, 0, 0, 0, 100, &l3, &l4);
	struct virtio_net_hdr hdr = { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = (uint16_t)l4,
				      .csum_offset = 6 };
	uint8_t *f;

	rx(v), rx(p);
	memset(packet, 0x55, 12);
	memcpy(packet + 2, &hdr, 10);
	send_bytes(w, packet + 2, len + 10);
	nt_equal("10 to 12: one packet", 1, rx(v));
	f = frame(v, 0, &got);
	nt_result(got == len + 12 && !memcmp(f, &hdr, 10) && !memcmp(f + 12, P, len), "10 to 12: the same 10 bytes");
	nt_equal("10 to 12: then zeros", 0, f[10] | f[11]);
	nt_equal("10 to none: one packet", 1, rx(p));
	f = frame(p, 0, &got);
	nt_equal("10 to none: its length", len, got);
	nt_equal("10 to none: its checksum", 0xffff, fold(add(pseudo(f + l3, got - l4), f + l4, got - l4)));
}

/* Segments that do not all fit: none comes. */
static void test_full(struct nt_port *v, struct nt_port *p)
{
	uint32_t l3, l4, len, i;
	struct virtio_net_hdr *hdr;

	rx(p), rx(p);
	hdr = header();
	len = build(P, 0, 1, 0, 100, &l3, &l4);
	for (i = 0; i < 1000; i++)
		send_bytes(v, packet, len + 12);
	ioctl(p->fd, NIOCRXSYNC);
	nt_equal("1000 of 1023 slots are taken", 1000, avail(nt_rx(p, 0)));
	len = build(P, 0, 1, 0, 50000, &l3, &l4);
	*hdr = (struct virtio_net_hdr){ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
					.gso_size = 1000, .csum_start = (uint16_t)l4, .csum_offset = 16 };
	send_bytes(v, packet, len + 12);
	ioctl(p->fd, NIOCRXSYNC);
	nt_equal("50 segments do not fit: none of them comes", 1000, avail(nt_rx(p, 0)));
	header();
	len = build(P, 0, 1, 0, 100, &l3, &l4);
	send_bytes(v, packet, len + 12);
	ioctl(p->fd, NIOCRXSYNC);
	nt_equal("but what fits does", 1001, avail(nt_rx(p, 0)));
}

int main(void)
{
	struct nt_port v = { .reg.nr_flags = NR_ACCEPT_VNET_HDR }, w = v, p = { 0 };
	struct nmreq_port_hdr twelve = { .nr_hdr_len = 12 }, ten = { .nr_hdr_len = 10 };
	static const struct {
		int ipv6, tcp, vlans, gso;
		uint32_t payload;
	} big[] = {
		{ 0, 1, 0, VIRTIO_NET_HDR_GSO_TCPV4, 50000 }, { 1, 1, 0, VIRTIO_NET_HDR_GSO_TCPV6, 20001 },
		{ 0, 1, 2, VIRTIO_NET_HDR_GSO_TCPV4 | VIRTIO_NET_HDR_GSO_ECN, 3000 },
		{ 0, 0, 0, VIRTIO_NET_HDR_GSO_UDP, 9999 }, { 1, 0, 1, VIRTIO_NET_HDR_GSO_UDP, 1001 },
	};
	uint32_t len, got, l3, l4, i;
	struct virtio_net_hdr *hdr;
	char what[64];

	nt_port_open(&v, "vale0:v", NULL);
	nt_port_open(&w, "vale0:w", NULL);
	nt_port_open(&p, "vale0:p", NULL);
	nt_errno_is("header of 12", 0, nt_ctrl(p.fd, NETMAP_REQ_PORT_HDR_SET, "vale0:v", &twelve, NULL));
	nt_errno_is("header of 10", 0, nt_ctrl(p.fd, NETMAP_REQ_PORT_HDR_SET, "vale0:w", &ten, NULL));
	/* none to some */
	len = build(P, 0, 1, 0, 100, &l3, &l4);
	send_bytes(&p, P, len);
	nt_equal("none to 12: one packet", 1, rx(&v));
	memset(packet, 0, 12);
	nt_result(!memcmp(frame(&v, 0, &got), packet, len + 12) && got == len + 12, "none to 12: zeros before it");
	nt_equal("none to 10: one packet", 1, rx(&w));
	nt_result(!memcmp(frame(&w, 0, &got), packet + 2, len + 10) && got == len + 10, "none to 10: zeros before it");
	/* 12 to others */
	hdr = header();
	*hdr = (struct virtio_net_hdr){ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = (uint16_t)l4,
					.csum_offset = 16 };
	packet[11] = 77;
	send_bytes(&v, packet, len + 12);
	nt_equal("12 to 10: one packet", 1, rx(&w));
	nt_result(!memcmp(frame(&w, 0, &got), packet, 10) && !memcmp(frame(&w, 0, &got) + 10, P, len) &&
		  got == len + 10, "12 to 10: the first 10 bytes");
	nt_equal("12 to none: one packet", 1, rx(&p));
	nt_equal("12 to none: its length", len, (frame(&p, 0, &got), got));
	nt_equal("12 to none: its checksum", 0xffff, fold(add(pseudo(frame(&p, 0, &got) + l3, got - l4),
							       frame(&p, 0, &got) + l4, got - l4)));
	/* bad headers */
	for (i = 0; i < 4; i++) {
		hdr = header();
		hdr->flags = i == 0 ? 4 : VIRTIO_NET_HDR_F_NEEDS_CSUM;
		hdr->gso_type = i == 1 ? 2 : i == 2 ? VIRTIO_NET_HDR_GSO_TCPV6 : 0;
		hdr->csum_start = i == 3 ? (uint16_t)(len - 1) : (uint16_t)l4;
		send_bytes(&v, packet, len + 12);
		snprintf(what, sizeof(what), "bad header %u: dropped", i);
		nt_equal(what, 0, rx(&p));
	}
	header();
	send_bytes(&v, packet, 20);
	nt_equal("too short for a header: dropped", 0, rx(&p));
	/* segmentation */
	for (i = 0; i < sizeof(big) / sizeof(big[0]); i++) {
		hdr = header();
		len = build(P, big[i].ipv6, big[i].tcp, big[i].vlans, big[i].payload, &l3, &l4);
		*hdr = (struct virtio_net_hdr){ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
						.gso_type = (uint8_t)big[i].gso, .gso_size = 1000,
						.csum_start = (uint16_t)l4,
						.csum_offset = big[i].tcp ? 16 : 6 };
		send_bytes(&v, packet, len + 12);
		check_segments(&p, big[i].ipv6, big[i].tcp, big[i].vlans, big[i].payload, 1000);
	}
	test_ten(&w, &v, &p);
	test_full(&v, &p);
	nt_port_close(&v);
	nt_port_close(&w);
	nt_port_close(&p);
	return nt_failed != 0;
}
