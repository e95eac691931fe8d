/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets stay in their buffers: bounds SECONDS
 *
 *     [vale8:tx] --- vale8 --- [vale8:rx]
 *
 * The memory of one port is a huge page of this program, so that the program sees what lies behind each buffer and
 * behind the region. Either buffers have odd sizes, or another thread changes slots while the kernel looks at them:
 * every outcome is good in which each packet is one that some state of its slot describes.
 */
#include "nmtest.h"
#include <arpa/inet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <pthread.h>

#define HUGE (2UL << 20)
#define REGION (1UL << 20) /* the rest of the page is behind it */
#define SLOTS 64
#define BEHIND 4096 /* bytes that are looked at behind the region */
#define CANARY 0xaa
#define DATA 0x55
#define USER 0x77 /* of packets in memory of the program */

static int seconds = 2;

/*
 * The region
 */

static char *huge_page(void)
{
	char *mem = mmap(NULL, HUGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);

	if (mem == MAP_FAILED) {
		nt_result(false, "a huge page: %s", strerror(errno));
		exit(1);
	}
	memset(mem, 0, HUGE);
	memset(mem + REGION, CANARY, BEHIND);
	return mem;
}

static struct nmreq_opt_extmem extmem(char *mem, uint32_t buf_size)
{
	return (struct nmreq_opt_extmem){
		.nro_opt.nro_reqtype = NETMAP_REQ_OPT_EXTMEM,
		.nro_usrptr = (uintptr_t)mem,
		.nro_info = {
			.nr_memsize = REGION,
			.nr_if_pool_objtotal = 4, .nr_if_pool_objsize = 1024,
			.nr_ring_pool_objtotal = 8, .nr_ring_pool_objsize = 16384,
			/* the rest of the region makes more buffers */
			.nr_buf_pool_objtotal = 200, .nr_buf_pool_objsize = buf_size,
		},
	};
}

static struct nmreq_opt_offsets offsets(uint64_t max)
{
	return (struct nmreq_opt_offsets){
		.nro_opt.nro_reqtype = NETMAP_REQ_OPT_OFFSETS,
		.nro_max_offset = max, .nro_offset_bits = 16,
	};
}

static void port_open(struct nt_port *port, const char *name, void *options)
{
	port->reg.nr_tx_slots = SLOTS;
	port->reg.nr_rx_slots = SLOTS;
	nt_errno_is(name, 0, nt_port_open(port, name, options));
	if (port->fd < 0)
		exit(1);
}

/* The last buffer of the port's extra ones; they are not given back. */
static uint32_t last_buffer(struct nt_port *port, struct netmap_ring *ring)
{
	uint32_t i = port->nifp->ni_bufs_head, last = 0;

	for (; i; i = *(uint32_t *)nt_buf(ring, i))
		if (i > last)
			last = i;
	port->nifp->ni_bufs_head = 0;
	return last;
}

static unsigned long changed(const char *from, size_t len)
{
	unsigned long n = 0;

	for (size_t i = 0; i < len; i++)
		n += (unsigned char)from[i] != CANARY;
	return n;
}

/*
 * Traffic
 */

static void frame_fill(char *buf, size_t len)
{
	memset(buf, DATA, len);
	memset(buf, 0xff, 2 * ETH_ALEN); /* a source that is never learned */
}

static void frames_fill(struct netmap_ring *t, size_t len)
{
	for (unsigned int i = 0; i < t->num_slots; i++)
		frame_fill(nt_buf(t, t->slot[i].buf_idx), len);
}

static uint32_t send_all(struct nt_port *tx, uint16_t len)
{
	struct netmap_ring *t = nt_tx(tx, 0);
	uint32_t n = 0;

	for (; t->head != t->tail; t->head = nt_next(t, t->head), n++)
		((volatile struct netmap_slot *)&t->slot[t->head])->len = len;
	t->cur = t->head;
	ioctl(tx->fd, NIOCTXSYNC);
	return n;
}

/* What changes slots meanwhile. */
struct flipper {
	pthread_t thread;
	struct netmap_ring *ring;
	void (*flip)(struct netmap_ring *ring, bool odd);
	bool stop;
};

static void *flipper_run(void *arg)
{
	struct flipper *f = arg;
	bool odd = false;

	while (!__atomic_load_n(&f->stop, __ATOMIC_RELAXED))
		f->flip(f->ring, odd = !odd);
	return NULL;
}

static void flipper_start(struct flipper *f)
{
	f->stop = false;
	pthread_create(&f->thread, NULL, flipper_run, f);
}

static void flipper_stop(struct flipper *f)
{
	__atomic_store_n(&f->stop, true, __ATOMIC_RELAXED);
	pthread_join(f->thread, NULL);
}

static void flip_offset(struct netmap_ring *ring, bool odd)
{
	for (unsigned int i = 0; i < SLOTS; i++)
		((volatile struct netmap_slot *)&ring->slot[i])->ptr = odd ? 2048 : 0;
}

static void flip_indirect(struct netmap_ring *ring, bool odd)
{
	for (unsigned int i = 0; i < SLOTS; i++)
		((volatile struct netmap_slot *)&ring->slot[i])->flags =
			odd ? NS_INDIRECT : 0;
}

/* Where segments get their IP header: its length, as the receiver writes it. */
static void flip_ihl(struct netmap_ring *ring, bool odd)
{
	for (unsigned int i = 0; i < SLOTS; i++)
		((volatile char *)nt_buf(ring, ring->slot[i].buf_idx))[ETH_HLEN] =
			odd ? 0x4f : 0x45;
}

/* Sends and receives for some seconds; bad() looks at each packet. Returns how many packets came. */
static unsigned long traffic(struct nt_port *tx, struct nt_port *rx, uint16_t len,
			     struct flipper *f, bool (*bad)(struct netmap_ring *, uint32_t),
			     unsigned long *bads)
{
	uint64_t end = nt_now_ms() + seconds * 1000;
	struct netmap_ring *r = nt_rx(rx, 0);
	unsigned long got = 0;

	*bads = 0;
	flipper_start(f);
	/* a machine that stands still sees nothing */
	while (nt_now_ms() < end || (got < 1000 && nt_now_ms() < end + NT_PATIENCE_MS)) {
		send_all(tx, len);
		ioctl(rx->fd, NIOCRXSYNC);
		for (; r->head != r->tail; r->head = nt_next(r, r->head)) {
			got++;
			*bads += bad(r, r->head);
		}
		r->cur = r->head;
	}
	flipper_stop(f);
	return got;
}

/*
 * Tests
 */

static bool none_is_bad(struct netmap_ring *r, uint32_t i)
{
	(void)r, (void)i;
	return false;
}

/* Where a packet is written to: the offsets of the receiver change. */
static void test_offset_of_receiver(void)
{
	char *mem = huge_page();
	struct nmreq_opt_extmem ext = extmem(mem, 2048);
	struct nmreq_opt_offsets off = offsets(2048);
	struct nt_port tx = {}, rx = { .reg.nr_extra_bufs = 100000 };
	struct flipper f = { .flip = flip_offset };
	unsigned long got, bads;
	uint32_t last, inner;

	ext.nro_opt.nro_next = (uintptr_t)&off;
	port_open(&rx, "vale8:rx", &ext);
	port_open(&tx, "vale8:tx", NULL);
	f.ring = nt_rx(&rx, 0);
	last = last_buffer(&rx, f.ring);
	inner = last - 2;
	/* two buffers for all slots: the last one of the region, and one that has a neighbour */
	for (unsigned int i = 0; i < SLOTS; i++)
		f.ring->slot[i].buf_idx = i % 2 ? last : inner;
	memset(nt_buf(f.ring, inner + 1), CANARY, 2048);
	frames_fill(nt_tx(&tx, 0), 2048);
	got = traffic(&tx, &rx, 2048, &f, none_is_bad, &bads);
	nt_result(got >= 1000, "offsets of the receiver change: %lu packets", got);
	nt_equal("bytes written to the next buffer", 0,
		 changed(nt_buf(f.ring, inner + 1), 2048));
	nt_equal("bytes written behind the region", 0, changed(mem + REGION, BEHIND));
	nt_port_close(&tx);
	nt_port_close(&rx);
	munmap(mem, HUGE);
}

/* A whole packet that is not the one in the buffer. */
static bool not_ours(struct netmap_ring *r, uint32_t i)
{
	volatile struct netmap_slot *slot = &r->slot[i];

	return slot->len == 2048 && nt_buf(r, slot->buf_idx)[100] != DATA;
}

/* Where a packet is read from: the offsets of the sender change. */
static void test_offset_of_sender(void)
{
	struct nmreq_opt_offsets off = offsets(2048);
	struct nt_port tx = { .reg.nr_extra_bufs = 100000 }, rx = {};
	struct flipper f = { .flip = flip_offset };
	char *mem = huge_page();
	struct nmreq_opt_extmem ext = extmem(mem, 2048);
	unsigned long got, bads;
	uint32_t last;

	ext.nro_opt.nro_next = (uintptr_t)&off;
	port_open(&tx, "vale8:tx", &ext);
	port_open(&rx, "vale8:rx", NULL);
	f.ring = nt_tx(&tx, 0);
	last = last_buffer(&tx, f.ring);
	for (unsigned int i = 0; i < SLOTS; i++)
		f.ring->slot[i].buf_idx = last;
	frames_fill(f.ring, 2048);
	got = traffic(&tx, &rx, 2048, &f, not_ours, &bads);
	nt_result(got >= 1000, "offsets of the sender change: %lu packets", got);
	nt_equal("packets made of what is behind the buffer", 0, bads);
	nt_port_close(&tx);
	nt_port_close(&rx);
	munmap(mem, HUGE);
}

/* Longer than a buffer, and not from the memory of the program. */
static bool not_indirect(struct netmap_ring *r, uint32_t i)
{
	volatile struct netmap_slot *slot = &r->slot[i];

	return slot->len > 2048 && nt_buf(r, slot->buf_idx)[2048] != USER;
}

/* Slots are in the memory of the program and in their buffer by turns: only one of them holds so much. */
static void test_indirect(void)
{
	int size = nt_parameter("priv_buf_size");
	struct nt_port tx = { .reg.nr_extra_bufs = 100000 }, rx = {};
	struct flipper f = { .flip = flip_indirect };
	char *mem = huge_page(), *far = huge_page();
	struct nmreq_opt_extmem ext = extmem(mem, 2048);
	unsigned long got, bads;
	uint32_t last;

	port_open(&tx, "vale8:tx", &ext);
	nt_parameter_set("priv_buf_size", 4096);
	port_open(&rx, "vale8:rx", NULL);
	nt_parameter_set("priv_buf_size", size);
	f.ring = nt_tx(&tx, 0);
	last = last_buffer(&tx, f.ring);
	memset(far, USER, HUGE);
	frame_fill(far, 2 * ETH_ALEN);
	for (unsigned int i = 0; i < SLOTS; i++) {
		f.ring->slot[i].buf_idx = last;
		f.ring->slot[i].ptr = (uintptr_t)far;
	}
	frames_fill(f.ring, 2048);
	got = traffic(&tx, &rx, 2100, &f, not_indirect, &bads);
	nt_result(got >= 1000, "NS_INDIRECT comes and goes: %lu packets", got);
	nt_equal("packets longer than the buffer that they are from", 0, bads);
	nt_port_close(&tx);
	nt_port_close(&rx);
	munmap(mem, HUGE);
	munmap(far, HUGE);
}

/* The checksum of the header, whatever the receiver has made of its length by now. */
static bool ip_sum_bad(struct netmap_ring *r, uint32_t i)
{
	const char *at = nt_buf(r, r->slot[i].buf_idx) + ETH_HLEN;
	uint16_t words[10];
	uint32_t sum = 0;

	memcpy(words, at, sizeof(words));
	*(uint8_t *)words = 0x45;
	for (int k = 0; k < 10; k++)
		sum += words[k];
	sum = (sum & 0xffff) + (sum >> 16);
	return sum + (sum >> 16) != 0xffff;
}

/* A large packet whose segments are made for a port without headers, which writes to its buffers meanwhile. */
static void test_segments(void)
{
	struct nmreq_port_hdr hdr_len = { .nr_hdr_len = sizeof(struct virtio_net_hdr_mrg_rxbuf) };
	struct nt_port tx = {}, rx = {};
	struct flipper f = { .flip = flip_ihl };
	struct netmap_ring *t;
	unsigned long got, bads;

	port_open(&tx, "vale8:tx", NULL);
	port_open(&rx, "vale8:rx", NULL);
	nt_errno_is("header of 12", 0,
		    nt_ctrl(tx.fd, NETMAP_REQ_PORT_HDR_SET, "vale8:tx", &hdr_len, NULL));
	f.ring = nt_rx(&rx, 0);
	t = nt_tx(&tx, 0);
	for (unsigned int i = 0; i < SLOTS; i++) {
		char *buf = nt_buf(t, t->slot[i].buf_idx);
		struct virtio_net_hdr *hdr = (void *)buf;
		struct ether_header *eth = (void *)(buf + hdr_len.nr_hdr_len);
		struct iphdr *ip = (void *)(eth + 1);
		struct tcphdr *tcp = (void *)(ip + 1);

		memset(buf, 0, 2048);
		*hdr = (struct virtio_net_hdr){ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
						.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
						.gso_size = 200 };
		memset(eth, 0xff, 2 * ETH_ALEN);
		eth->ether_type = htons(ETHERTYPE_IP);
		*ip = (struct iphdr){ .version = 4, .ihl = 5, .ttl = 64,
				      .protocol = IPPROTO_TCP };
		*tcp = (struct tcphdr){ .doff = 5 };
	}
	got = traffic(&tx, &rx, 2048, &f, ip_sum_bad, &bads);
	nt_result(got >= 1000, "the receiver writes to its buffers: %lu segments", got);
	nt_equal("segments with a sum of something else than their header", 0, bads);
	nt_port_close(&tx);
	nt_port_close(&rx);
}

/* One packet as long as the buffer into every buffer from which another one can be seen, or the end. */
static void test_size(uint32_t size)
{
	char *mem = huge_page();
	struct nmreq_opt_extmem ext = extmem(mem, size);
	struct nt_port tx = {}, rx = { .reg.nr_extra_bufs = 100000 };
	struct netmap_ring *r, *t;
	uint32_t last, len = size < 2048 ? size : 2048;
	char *end;

	port_open(&rx, "vale8:rx", &ext);
	port_open(&tx, "vale8:tx", NULL);
	r = nt_rx(&rx, 0);
	t = nt_tx(&tx, 0);
	last = last_buffer(&rx, r);
	r->slot[0].buf_idx = last;
	r->slot[1].buf_idx = last - 2;
	memset(nt_buf(r, last - 2), 0, size);
	memset(nt_buf(r, last - 1), CANARY, size);
	/* what is left at the end is no buffer */
	end = mem + (nt_buf(r, last) - rx.mem) + size;
	memset(end, CANARY, mem + REGION - end);
	for (int i = 0; i < 2; i++) {
		frame_fill(nt_buf(t, t->slot[i].buf_idx), 2048);
		t->slot[i].len = len;
	}
	t->head = t->cur = 2;
	ioctl(tx.fd, NIOCTXSYNC);
	ioctl(rx.fd, NIOCRXSYNC);
	nt_result(r->tail == 2 && r->slot[0].len == len && r->slot[1].len == len,
		  "buffers of %u bytes: full packets arrive, tail %u, %u and %u bytes", size,
		  r->tail, r->slot[0].len, r->slot[1].len);
	nt_result(!memcmp(nt_buf(r, last - 2) + 12, nt_buf(t, t->slot[1].buf_idx) + 12, len - 12),
		  "buffers of %u bytes: with their data", size);
	nt_equal("bytes written to the next buffer", 0,
		 changed(nt_buf(r, last - 1), size));
	nt_equal("bytes written behind the last buffer and the region", 0,
		 changed(end, mem + REGION + BEHIND - end));
	nt_port_close(&tx);
	nt_port_close(&rx);
	munmap(mem, HUGE);
}

int main(int argc, char **argv)
{
	static const uint32_t sizes[] = { 64, 68, 100, 127, 1000, 1514, 2048, 2050, 4095 };

	if (argc > 1)
		seconds = atoi(argv[1]);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		test_size(sizes[i]);
	test_offset_of_receiver();
	test_offset_of_sender();
	test_indirect();
	test_segments();
	return nt_failed != 0;
}
