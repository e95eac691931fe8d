// SPDX-License-Identifier: MIT
/* The model without QEMU: guest memory is an array, the wire remembers. TAP on stdout. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "pt_port.h"

#define REGION		(4u << 20)
#define GH		0x1000	/* where the CSB arrays are in the guest */
#define HG		0x2000

static uint8_t guest[0x4000];
static uint8_t *region;
static struct pt_memory mem;
static struct pt_port *port;
static uint8_t wire[PT_FRAME_MAX];
static uint32_t wire_len, wire_count, segments, segment_bytes, irqs[PT_MAX_RINGS], rooms, laters;
static uint8_t segment[64][9000];
static uint32_t segment_len[64];
static int tests, failed;

static void ok(int good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++tests, what);
	failed += !good;
}

static int dma_read(void *host, uint64_t addr, void *buf, uint32_t len)
{
	(void)host;
	if (addr + len > sizeof(guest))
		return 1;
	memcpy(buf, guest + addr, len);
	return 0;
}

static int dma_write(void *host, uint64_t addr, const void *buf, uint32_t len)
{
	(void)host;
	if (addr + len > sizeof(guest))
		return 1;
	memcpy(guest + addr, buf, len);
	return 0;
}

static void irq(void *host, uint32_t vector)
{
	(void)host;
	irqs[vector]++;
}

static void transmit(void *host, uint8_t *frame, uint32_t len)
{
	(void)host;
	memcpy(wire, frame, len);
	wire_len = len;
	wire_count++;
}

static void room(void *host)
{
	(void)host;
	rooms++;
}

static void later(void *host)
{
	(void)host;
	laters++;
}

static const struct pt_ops ops = { dma_read, dma_write, irq, transmit, room, later };

static struct nm_csb_atok *atok(uint32_t k)
{
	return (struct nm_csb_atok *)(guest + GH) + k;
}

static struct nm_csb_ktoa *ktoa(uint32_t k)
{
	return (struct nm_csb_ktoa *)(guest + HG) + k;
}

static void fresh(bool vnet)
{
	const struct pt_config config = { .tx_rings = 2, .rx_rings = 2, .slots = 8, .vnet = vnet, .host_rings = true,
					  .mac = { 2, 0x11, 0x22, 0x33, 0x44, 0x55 } };

	if (port->mem)
		pt_port_exit(port);
	memset(guest, 0, sizeof(guest));
	memset(irqs, 0, sizeof(irqs));
	wire_count = 0;
	assert(pt_memory_init(&mem, region, REGION, 7));
	assert(pt_port_init(port, &mem, &ops, NULL, &config));
}

static void csb_tell(void)
{
	pt_port_write(port, PTNET_IO_CSB_GH_BAL, GH);
	pt_port_write(port, PTNET_IO_CSB_HG_BAL, HG);
}

static uint32_t command(uint32_t value)
{
	pt_port_write(port, PTNET_IO_PTCTL, value);
	return pt_port_read(port, PTNET_IO_PTCTL);
}

static void start(bool vnet)
{
	fresh(vnet);
	pt_port_write(port, PTNET_IO_PTFEAT, 1);
	pt_port_write(port, PTNET_IO_VNET_HDR_LEN, vnet ? 12 : 0);
	csb_tell();
	command(PTNETMAP_PTCTL_CREATE);
}

static void kick(uint32_t k)
{
	pt_port_write(port, PTNET_IO_KICK_BASE + 4 * k, 0);
}

static uint64_t violations(void)
{
	return port->stats[PT_STAT_violations];
}

static void put(uint32_t k, uint32_t i, const void *data, uint32_t len, uint16_t flags)
{
	struct netmap_slot *slot = &port->rings[k].ring->slot[i];

	memcpy(pt_memory_buf(&mem, slot->buf_idx), data, len);
	slot->len = len;
	slot->flags = flags;
}

static void push(uint32_t k, uint32_t head)
{
	atok(k)->cur = atok(k)->head = head;
	kick(k);
}

static void test_registers(void)
{
	struct netmap_if *nifp;

	fresh(false);
	ok(pt_memory_read(&mem, PTNET_MDEV_IO_MEMSIZE_LO) == REGION && pt_memory_read(&mem, PTNET_MDEV_IO_MEMID) == 7,
	   "size and id of the region");
	ok(pt_memory_read(&mem, PTNET_MDEV_IO_BUF_POOL_OFS) + 2048ull * pt_memory_read(&mem, PTNET_MDEV_IO_BUF_POOL_OBJNUM)
	   <= REGION && pt_memory_read(&mem, PTNET_MDEV_IO_BUF_POOL_OBJSZ) == 2048, "buffers within it");
	ok(pt_port_read(port, PTNET_IO_MAC_HI) == 0x0211 && pt_port_read(port, PTNET_IO_MAC_LO) == 0x22334455, "address");
	ok(pt_port_read(port, PTNET_IO_NUM_TX_RINGS) == 2 && pt_port_read(port, PTNET_IO_NUM_RX_SLOTS) == 8, "rings");
	nifp = (void *)(region + pt_port_read(port, PTNET_IO_NIFP_OFS));
	ok(nifp->ni_tx_rings == 2 && nifp->ring_ofs[0] && nifp->ring_ofs[2] && nifp->ring_ofs[3] && nifp->ring_ofs[5],
	   "a description with host rings");
	ok(((struct netmap_ring *)((char *)nifp + nifp->ring_ofs[3]))->num_slots == 8, "that leads to the rings");
	pt_port_write(port, PTNET_IO_PTFEAT, 0xffffffff);
	ok(pt_port_read(port, PTNET_IO_PTFEAT) == 0, "no features that were not configured");
	pt_port_write(port, PTNET_IO_VNET_HDR_LEN, 12);
	ok(pt_port_read(port, PTNET_IO_VNET_HDR_LEN) == 0 && violations() == 1, "no header without the feature");
	pt_port_write(port, PTNET_IO_NUM_TX_RINGS, 5);
	ok(violations() == 2 && pt_port_read(port, PTNET_IO_NUM_TX_RINGS) == 2, "read-only registers");
	ok(command(PTNETMAP_PTCTL_CREATE) != 0 && violations() == 3, "no start without CSB");
	csb_tell();
	ok(command(PTNETMAP_PTCTL_CREATE) == 0, "start");
	ok(command(PTNETMAP_PTCTL_CREATE) != 0, "not twice");
	ok(atok(0)->appl_need_kick == 1 && ktoa(0)->hwtail == 7 && ktoa(2)->hwtail == 0 && ktoa(3)->kern_need_kick == 1,
	   "positions to begin with");
	ok(command(PTNETMAP_PTCTL_DELETE) == 0 && command(PTNETMAP_PTCTL_DELETE) != 0, "stop, once");
	pt_window_write(port, PT_WINDOW_ARG(0), PTNET_IO_NUM_RX_RINGS);
	pt_window_write(port, PT_WINDOW_ARG(1), 999);
	pt_window_write(port, PT_WINDOW_COMMAND, PT_CMD_LIE);
	ok(pt_port_read(port, PTNET_IO_NUM_RX_RINGS) == 999, "a lie");
	pt_window_write(port, PT_WINDOW_COMMAND, PT_CMD_HONEST);
	ok(pt_port_read(port, PTNET_IO_NUM_RX_RINGS) == 2, "the truth");
}

static void test_transmit(void)
{
	uint8_t data[2048];

	memset(data, 0x5a, sizeof(data));
	start(false);
	put(0, 0, data, 60, 0);
	push(0, 1);
	ok(wire_count == 1 && wire_len == 60 && !memcmp(wire, data, 60), "a frame");
	ok(ktoa(0)->hwcur == 1 && ktoa(0)->hwtail == 0 && irqs[0] == 1, "its slot is free, with an interrupt");
	atok(0)->appl_need_kick = 0;
	put(0, 1, data, 2048, NS_MOREFRAG);
	push(0, 2);
	ok(wire_count == 1 && ktoa(0)->hwcur == 1, "half a frame waits");
	put(0, 2, data, 100, 0);
	push(0, 3);
	ok(wire_count == 2 && wire_len == 2148 && irqs[0] == 1, "for its other half; no interrupt unless wanted");
	ok(ktoa(0)->kern_need_kick == 1, "then the host rests");
	port->rings[0].ring->slot[3].buf_idx = 1;
	push(0, 4);
	ok(wire_count == 2 && violations() == 1 && ktoa(0)->hwcur == 4, "a buffer that is none");
	port->rings[0].ring->slot[3].buf_idx = port->rings[0].own[3];
	push(0, 1000);
	ok(violations() == 2 && ktoa(0)->hwcur == 4, "a head outside the ring");
	pt_window_write(port, PT_WINDOW_ARG(0), 1);
	pt_window_write(port, PT_WINDOW_COMMAND, PT_CMD_HOLD);
	put(0, 4, data, 60, 0);
	push(0, 5);
	ok(wire_count == 2, "held");
	push(0, 4);
	ok(violations() == 3 && ktoa(0)->hwcur == 4, "a head that goes back");
	atok(0)->head = atok(0)->cur = 5;
	pt_window_write(port, PT_WINDOW_ARG(0), 0);
	pt_window_write(port, PT_WINDOW_COMMAND, PT_CMD_HOLD);
	ok(wire_count == 3, "and let go");
	command(PTNETMAP_PTCTL_DELETE);
	command(PTNETMAP_PTCTL_CREATE);
	ok(atok(0)->head == 5 && ktoa(0)->hwcur == 5, "the next backend goes on there");
	pt_port_reset(port);
	csb_tell();
	command(PTNETMAP_PTCTL_CREATE);
	ok(atok(0)->head == 0 && ktoa(0)->hwtail == 7, "after a reset all is new");
}

static void test_receive(void)
{
	uint8_t frame[5000];
	int i, taken = 0;

	memset(frame, 0x33, sizeof(frame));
	frame[11] = 1;
	fresh(false);
	ok(pt_port_receive(port, frame, 60, 0) == 1 && port->stats[PT_STAT_rx_drop_off] == 1, "nobody there: lost");
	start(false);
	ok(pt_port_receive(port, frame, 60, 0) == 1 && ktoa(3)->hwtail == 1 && irqs[3] == 1, "the address chooses the ring");
	ok(pt_port_receive(port, frame, 5000, 0) == 1 && ktoa(3)->hwtail == 4, "a long frame takes three slots");
	ok(port->rings[3].ring->slot[1].flags == NS_MOREFRAG && port->rings[3].ring->slot[3].flags == 0 &&
	   port->rings[3].ring->slot[3].len == 5000 - 4096, "that say so");
	for (i = 0; i < 8; i++)
		taken += pt_port_receive(port, frame, 60, 0);
	ok(taken == 3 && ktoa(3)->kern_need_kick == 1, "a full ring: no more, and a kick is wanted");
	push(3, 4);
	ok(rooms == 1 && ktoa(3)->hwcur == 4 && pt_port_receive(port, frame, 60, 0) == 1, "room again");
	start(true);
	memset(frame, 9, 12);
	ok(pt_port_receive(port, frame, 72, 12) == 1, "a frame with a header");
	ok(!memcmp(pt_memory_buf(&mem, port->rings[2 + frame[23] % 2].ring->slot[0].buf_idx), frame, 72), "as it is");
	pt_port_receive(port, frame, 60, 0);
	ok(port->rings[2 + frame[11] % 2].ring->slot[port->rings[2 + frame[11] % 2].hwtail - 1].len == 72, "one without gets one");
}

static uint32_t be16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static uint32_t sum(const uint8_t *p, uint32_t len, uint32_t total)
{
	for (; len > 1; len -= 2, p += 2)
		total += be16(p);
	total += len ? *p << 8 : 0;
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return total;
}

static void keep(void *arg, const uint8_t *frame, uint32_t len)
{
	(void)arg;
	memcpy(segment[segments], frame, len);
	segment_len[segments++] = len;
	segment_bytes += len;
}

/* A TCP frame of 3000 bytes of payload behind a header that asks for segments of 1000. */
static uint32_t long_frame(uint8_t *frame, bool v6)
{
	uint32_t ip = v6 ? 40 : 20, len = 14 + ip + 20 + 3000;
	uint8_t *eth = frame + 12, *tcp = eth + 14 + ip;

	memset(frame, 0, 12 + len);
	frame[0] = 1;
	frame[1] = v6 ? 4 : 1;
	frame[4] = 1000 & 255;
	frame[5] = 1000 >> 8;
	eth[12] = v6 ? 0x86 : 8;
	eth[13] = v6 ? 0xdd : 0;
	eth[14] = v6 ? 0x60 : 0x45;
	eth[14 + (v6 ? 6 : 9)] = 6;
	memset(eth + 14 + (v6 ? 8 : 12), 0x0a, v6 ? 32 : 8);
	eth[18] = 0xff;	/* v4: id 0xff00, wraps to the next byte */
	tcp[7] = 0xff;
	tcp[12] = 0x50;
	tcp[13] = 0x19;	/* ACK PSH FIN */
	for (uint32_t i = 0; i < 3000; i++)
		tcp[20 + i] = i * 7;
	return 12 + len;
}

static void test_segments(bool v6)
{
	static uint8_t frame[PT_FRAME_MAX];
	uint32_t ip = v6 ? 40 : 20, len = long_frame(frame, v6), good = 0, i;

	start(true);
	segments = segment_bytes = 0;
	ok(pt_frame_finish(port, frame, len, keep, NULL) && segments == 3, v6 ? "IPv6: cut in three" : "IPv4: cut in three");
	for (i = 0; i < segments; i++) {
		uint8_t *eth = segment[i], *l3 = eth + 14, *tcp = l3 + ip;
		uint32_t l4 = segment_len[i] - 14 - ip, pseudo = v6 ? sum(l3 + 8, 32, 6 + l4) : sum(l3 + 12, 8, 6 + l4);

		good += sum(tcp, l4, pseudo) == 0xffff;
		good += v6 ? be16(l3 + 4) == l4 : sum(l3, 20, 0) == 0xffff && be16(l3 + 2) == 20 + l4;
		good += be16(tcp + 6) == 0xff + 1000 * i && tcp[13] == (i == 2 ? 0x19 : 0x10);
		good += tcp[20] == (uint8_t)(7000 * i);
	}
	ok(good == 12, "lengths, numbers, flags, checksums");
	len = long_frame(frame, v6);
	frame[4] = frame[5] = 0;
	ok(!pt_frame_finish(port, frame, len, keep, NULL), "segments of no bytes are refused");
	len = long_frame(frame, v6);
	frame[1] = 3;
	ok(!pt_frame_finish(port, frame, len, keep, NULL), "UDP is not cut");
	len = long_frame(frame, v6);
	ok(!pt_frame_finish(port, frame, 12 + 14 + ip + 19, keep, NULL), "nor a frame without a whole header");
}

static void test_checksum(void)
{
	uint8_t frame[12 + 64] = { 1, [6] = 14, [8] = 16 };

	start(true);
	for (int i = 26; i < 76; i++)
		frame[i] = i;
	memset(frame + 12 + 14 + 16, 0, 2);
	segments = 0;
	ok(pt_frame_finish(port, frame, sizeof(frame), keep, NULL) && segments == 1 && segment_len[0] == 64 &&
	   sum(segment[0] + 14, 50, 0) == 0xffff, "a checksum is filled in");
	frame[8] = 63;
	ok(!pt_frame_finish(port, frame, sizeof(frame), keep, NULL), "not behind the frame");
}

static void drop(void *arg, const uint8_t *frame, uint32_t len)
{
	(void)arg;
	(void)frame;
	(void)len;
}

/* Whatever the guest writes, the model stays in its memory: the sanitizers watch. */
static void test_garbage(void)
{
	uint32_t i, k;

	srand(4711);
	start(true);
	for (i = 0; i < 200000; i++) {
		k = rand() % 4;
		switch (rand() % 6) {
		case 0:
			atok(k)->head = rand() % 9;
			atok(k)->cur = rand() % 9;
			break;
		case 1:
			port->rings[k].ring->slot[rand() % 8].buf_idx = rand() % 3 ? (uint32_t)rand() : port->rings[k].own[rand() % 8];
			break;
		case 2:
			port->rings[k].ring->slot[rand() % 8].len = rand();
			port->rings[k].ring->slot[rand() % 8].flags = rand();
			break;
		case 3:
			pt_port_receive(port, segment[0], 60 + rand() % 8000, 0);
			break;
		case 4:
			pt_port_write(port, rand() % 256 & ~3, rand() % 4);
			csb_tell();
			break;
		default:
			kick(k);
			if (wire_count)
				pt_frame_finish(port, wire, wire_len > 12 ? wire_len : 60, drop, NULL);
		}
	}
	ok(port->rings[0].hwcur < 8 && port->rings[3].hwtail < 8, "garbage from the guest");
}

int main(void)
{
	region = calloc(1, REGION);
	port = calloc(1, sizeof(*port));
	test_registers();
	test_transmit();
	test_receive();
	test_segments(false);
	test_segments(true);
	test_checksum();
	test_garbage();
	pt_port_exit(port);
	free(port);
	free(region);
	printf("1..%d\n", tests);
	return failed != 0;
}
