// SPDX-License-Identifier: BSD-2-Clause
/*
 * Netmap mode of passthrough devices. Results go to the guest's result file.
 *
 *   ptnet A B V W: A and B on one cable, without headers, A with two rings each way and host rings; V and W on
 *   one wire, with virtio-net headers
 *   ptnet host A: the host rings of A, which is up as 10.9.3.1
 */
#include "nmtest.h"
#include <pthread.h>
#include <time.h>
#include "../../../lab/nic-models/ptnet/pt_window.h"

#define TX_RINGS 2

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/*
 * The model's window
 */

static volatile uint32_t *window_of(const char *ifname)
{
	char path[128];
	void *at;
	int fd;

	snprintf(path, sizeof(path), "/sys/class/net/%s/device/resource5", ifname);
	fd = open(path, O_RDWR);
	at = fd < 0 ? MAP_FAILED : mmap(NULL, PT_WINDOW_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED) {
		nt_result(false, "the window of %s: %s", ifname, strerror(errno));
		exit(1);
	}
	close(fd);
	return at;
}

static void host(volatile uint32_t *window, uint32_t command, uint32_t a, uint32_t b, uint32_t c)
{
	window[PT_WINDOW_ARG(0) / 4] = a;
	window[PT_WINDOW_ARG(1) / 4] = b;
	window[PT_WINDOW_ARG(2) / 4] = c;
	window[PT_WINDOW_COMMAND / 4] = command;
}

static uint32_t stat_of(volatile uint32_t *window, enum pt_stat stat)
{
	return window[PT_WINDOW_STAT(stat) / 4];
}

/*
 * Frames: destination, source (its last byte chooses the ring of the receiver), type, number, a pattern
 */

static void put_frame(struct nt_port *port, uint32_t ring, uint8_t source, uint32_t number, uint32_t len)
{
	struct netmap_ring *tx = nt_tx(port, ring);
	struct netmap_slot *slot = &tx->slot[tx->head];
	unsigned char *frame = (void *)nt_buf(tx, slot->buf_idx);

	memset(frame, 0xff, 6);
	memcpy(frame + 6, (unsigned char[]){ 2, 0, 0, 0, 0, source, 0x88, 0xb5 }, 8);
	memcpy(frame + 14, &number, 4);
	for (uint32_t i = 18; i < len; i++)
		frame[i] = number + i;
	slot->len = len;
	slot->flags = 0;
	tx->head = tx->cur = nt_next(tx, tx->head);
}

static bool is_frame(const unsigned char *frame, uint32_t len, uint32_t number, uint32_t want)
{
	if (len != want || memcmp(frame + 14, &number, 4))
		return false;
	for (uint32_t i = 18; i < len; i++)
		if (frame[i] != (unsigned char)(number + i))
			return false;
	return true;
}

static uint32_t length_of(uint32_t number)
{
	return 60 + number * 7 % 1400;
}

/* count frames from ring s of one port to ring d of another, in order, with their content. */
static void stream(const char *what, struct nt_port *from, uint32_t s, struct nt_port *to, uint32_t d, uint32_t count)
{
	struct netmap_ring *rx = nt_rx(to, d), *tx = nt_tx(from, s);
	struct pollfd fds[2] = { { from->fd, POLLOUT, 0 }, { to->fd, POLLIN, 0 } };
	uint32_t sent = 0, got = 0, wrong = 0;
	double limit = now() + 150;

	while (got < count && now() < limit) {
		while (sent < count && tx->head != tx->tail)
			put_frame(from, s, d, sent, length_of(sent)), sent++;
		fds[0].events = sent < count ? POLLOUT : 0;
		poll(fds, 2, 1000);
		for (; rx->head != rx->tail; rx->head = rx->cur = nt_next(rx, rx->head), got++) {
			struct netmap_slot *slot = &rx->slot[rx->head];

			wrong += !is_frame((void *)nt_buf(rx, slot->buf_idx), slot->len, got, length_of(got));
		}
	}
	ioctl(to->fd, NIOCRXSYNC);
	nt_result(got == count && !wrong && !((fds[0].revents | fds[1].revents) & POLLERR),
		  "%s: %u of %u frames, %u wrong", what, got, count, wrong);
}

static void test_open(const char *a, const char *v)
{
	struct nt_port p = { 0 }, host_rings = { .reg.nr_mode = NR_REG_NIC_SW }, one = { .reg = { .nr_mode = NR_REG_ONE_NIC } };
	struct nmreq_pools_info pools = { 0 };
	uint64_t wanted_mem;
	int fd;

	nt_errno_is("a passthrough port opens", 0, nt_port_open(&p, a, NULL));
	nt_equal("TX rings of the host", TX_RINGS, p.reg.nr_tx_rings);
	nt_equal("RX rings of the host", TX_RINGS, p.reg.nr_rx_rings);
	nt_equal("slots of the host", 256, p.reg.nr_tx_slots);
	nt_equal("the whole region", 16 << 20, p.reg.nr_memsize);
	nt_result(p.reg.nr_mem_id > 1, "in a region of its own");
	nt_result(!strncmp(p.nifp->ni_name, "host:port", 9), "with the host's description");
	nt_equal("the host's buffers", 2048, nt_tx(&p, 0)->nr_buf_size);
	fd = nt_open();
	nt_errno_is("pools", 0, nt_ctrl(fd, NETMAP_REQ_POOLS_INFO_GET, a, &pools, NULL));
	wanted_mem = (char *)nt_tx(&p, 0) + nt_tx(&p, 0)->buf_ofs - p.mem;
	nt_equal("are where the rings say", wanted_mem, pools.nr_buf_pool_offset);
	close(fd);
	nt_port_close(&p);
	nt_errno_is("headers that the program does not expect", EIO, nt_port_open(&p, v, NULL));
	nt_errno_is("host rings that the host's port has", 0, nt_port_open(&host_rings, a, NULL));
	nt_port_close(&host_rings);
	host_rings.reg = (struct nmreq_register){ .nr_mode = NR_REG_NIC_SW, .nr_flags = NR_ACCEPT_VNET_HDR };
	nt_errno_is("and that it has not", ENOMEM, nt_port_open(&host_rings, v, NULL));
	one.reg.nr_ringid = 1;
	nt_errno_is("one ring", 0, nt_port_open(&one, a, NULL));
	nt_port_close(&one);
	p.reg = (struct nmreq_register){ .nr_extra_bufs = 10 };
	nt_errno_is("with extra buffers", 0, nt_port_open(&p, a, NULL));
	nt_equal("that only the host could give", 0, p.reg.nr_extra_bufs);
	nt_port_close(&p);
}

static void test_pipe(const char *a)
{
	struct nt_port p = { 0 };
	char name[32];

	snprintf(name, sizeof(name), "%s{1", a);
	nt_errno_is("no room for pipes in the host's region", ENOMEM, nt_port_open(&p, name, NULL));
}

struct waiter {
	pthread_t id;
	int fd, events, result;
	short revents;
};

static void *wait_main(void *arg)
{
	struct waiter *w = arg;
	struct pollfd p = { w->fd, w->events, 0 };

	w->result = poll(&p, 1, 60000);
	w->revents = p.revents;
	return NULL;
}

/* A host that takes nothing: the ring fills, poll sleeps, and wakes when it goes on. */
static void test_full(struct nt_port *a, volatile uint32_t *window)
{
	struct netmap_ring *tx = nt_tx(a, 0);
	struct waiter w = { .fd = a->fd, .events = POLLOUT };
	struct pollfd p = { a->fd, POLLOUT, 0 };
	uint32_t n = 0;

	host(window, PT_CMD_HOLD, 1, 0, 0);
	for (uint32_t r = 0; r < TX_RINGS; r++)
		while (nt_tx(a, r)->head != nt_tx(a, r)->tail)
			put_frame(a, r, 0, n++, 60);
	nt_equal("a host that stands still: slots", TX_RINGS * 255, n);
	nt_equal("no room", 0, poll(&p, 1, 100));
	pthread_create(&w.id, NULL, wait_main, &w);
	usleep(100000);
	host(window, PT_CMD_HOLD, 0, 0, 0);
	pthread_join(w.id, NULL);
	nt_result(w.result == 1 && w.revents == POLLOUT, "it goes on, and wakes the program");
	ioctl(a->fd, NIOCTXSYNC);
	nt_equal("everything is free again", 255, (tx->tail + tx->num_slots - tx->head) % tx->num_slots);
}

/* Positions that the host cannot mean. */
static void test_hostile(struct nt_port *a, struct nt_port *b, volatile uint32_t *window)
{
	static const struct { const char *what; uint32_t ring, hwcur, hwtail; } lies[] = {
		{ "TX hwcur outside the ring", 0, 256, 255 },
		{ "TX hwtail outside the ring", 0, 0, 0xffffffff },
		{ "TX hwcur beyond head", 0, 0x1000, 0x1000 },
		{ "RX hwtail outside the ring", TX_RINGS, 0, 100000 },
		{ "RX hwcur outside the ring", TX_RINGS, 0x80000000, 0 },
	};
	struct netmap_ring *ring;

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		bool tx = lies[i].ring < TX_RINGS;
		struct pollfd p = { a->fd, tx ? POLLOUT : POLLIN, 0 };
		uint32_t tail;

		ring = tx ? nt_tx(a, 0) : nt_rx(a, 0);
		tail = ring->tail;
		host(window, PT_CMD_POSITIONS, lies[i].ring, lies[i].hwcur, lies[i].hwtail);
		poll(&p, 1, 200);
		nt_result(p.revents & POLLERR, "%s: an error", lies[i].what);
		nt_equal("and the ring stays as it was", tail, ring->tail);
		host(window, PT_CMD_RESTORE, lies[i].ring, 0, 0);
		p.events = POLLOUT;
		poll(&p, 1, 60000);
		nt_equal("the truth is taken again", POLLOUT, p.revents);
	}
	/* one slot backwards: inside the ring, and still impossible */
	ring = nt_rx(a, 0);
	put_frame(b, 0, 0, 0, 60);
	put_frame(b, 0, 0, 1, 60);
	ioctl(b->fd, NIOCTXSYNC);
	for (double limit = now() + 60; (ring->tail + 256 - ring->head) % 256 < 2 && now() < limit;)
		ioctl(a->fd, NIOCRXSYNC);
	host(window, PT_CMD_POSITIONS, TX_RINGS, ring->head, (ring->tail + 255) % 256);
	nt_equal("RX hwtail backwards", POLLERR,
		 ({ struct pollfd p = { a->fd, POLLIN, 0 }; poll(&p, 1, 200); p.revents & POLLERR; }));
	host(window, PT_CMD_RESTORE, TX_RINGS, 0, 0);
	ring->head = ring->cur = ring->tail;
	nt_equal("the truth again", 0, ioctl(a->fd, NIOCRXSYNC));
}

/* What the stack sends on a port with host rings goes to the program; what that sends there, to the stack. */
static void test_host_rings(const char *name)
{
	struct nt_port p = { .reg.nr_mode = NR_REG_SW };
	struct netmap_ring *rx;
	struct pollfd fd;
	bool arp = false;
	double limit = now() + 60;

	if (nt_port_open(&p, name, NULL)) {
		nt_result(false, "open the host rings of %s", name);
		return;
	}
	rx = nt_rx(&p, p.nifp->ni_rx_rings);
	fd = (struct pollfd){ p.fd, POLLIN, 0 };
	nt_equal("a free host TX ring", 255, nt_tx(&p, p.nifp->ni_tx_rings)->tail);
	/* one ring in netmap mode brings the stack's packets here */
	struct nt_port nic = { 0 };

	nt_errno_is("and the rings of the host", 0, nt_port_open(&nic, name, NULL));
	(void)!system("ping -c 1 -W 1 10.9.3.2 > /dev/null");
	while (!arp && now() < limit) {
		poll(&fd, 1, 100);
		for (; rx->head != rx->tail; rx->head = rx->cur = nt_next(rx, rx->head)) {
			unsigned char *frame = (void *)nt_buf(rx, rx->slot[rx->head].buf_idx);

			arp |= frame[12] == 8 && frame[13] == 6;
		}
	}
	nt_result(arp, "the stack's packets are in the host RX ring");
	nt_port_close(&nic);
	nt_port_close(&p);
}

/* A frame longer than a buffer, behind its header, from wire to wire. */
static void test_headers(const char *v, const char *w)
{
	struct nt_port from = { .reg.nr_flags = NR_ACCEPT_VNET_HDR }, to = from;
	struct nmreq_port_hdr hdr = { 0 };
	struct netmap_ring *tx, *rx;
	struct pollfd p;
	unsigned char data[5000];
	uint32_t done = 0, slots = 0, flags = 0;
	int fd = nt_open();

	nt_errno_is("header length", 0, nt_ctrl(fd, NETMAP_REQ_PORT_HDR_GET, v, &hdr, NULL));
	nt_equal("is that of the host", 12, hdr.nr_hdr_len);
	close(fd);
	if (nt_port_open(&from, v, NULL) || nt_port_open(&to, w, NULL)) {
		nt_result(false, "open %s and %s with headers", v, w);
		return;
	}
	for (uint32_t i = 0; i < sizeof(data); i++)
		data[i] = i < 12 ? 0 : i * 13;
	memset(data + 12, 0xff, 6);
	memset(data + 18, 2, 6);
	tx = nt_tx(&from, 0);
	rx = nt_rx(&to, 0);
	while (done < sizeof(data)) {
		uint32_t n = sizeof(data) - done < 2048 ? sizeof(data) - done : 2048;

		memcpy(nt_buf(tx, tx->slot[tx->head].buf_idx), data + done, n);
		done += n;
		tx->slot[tx->head].len = n;
		tx->slot[tx->head].flags = done < sizeof(data) ? NS_MOREFRAG : 0;
		tx->head = tx->cur = nt_next(tx, tx->head);
	}
	ioctl(from.fd, NIOCTXSYNC);
	p = (struct pollfd){ to.fd, POLLIN, 0 };
	poll(&p, 1, 60000);
	for (done = 0; rx->head != rx->tail; slots++) {
		struct netmap_slot *slot = &rx->slot[rx->head];

		if (done + slot->len <= sizeof(data) && !memcmp(nt_buf(rx, slot->buf_idx), data + done, slot->len))
			done += slot->len;
		flags = flags << 1 | !!(slot->flags & NS_MOREFRAG);
		rx->head = rx->cur = nt_next(rx, rx->head);
	}
	nt_equal("a long frame: its bytes", sizeof(data), done);
	nt_equal("in slots", 3, slots);
	nt_equal("all but the last with NS_MOREFRAG", 6, flags);
	nt_port_close(&from);
	nt_port_close(&to);
}

int main(int argc, char **argv)
{
	struct nt_port a = { 0 }, b = { 0 };
	volatile uint32_t *window;

	if (argc == 3) {
		test_host_rings(argv[2]);
		return nt_failed != 0;
	}
	if (argc < 5)
		return 2;
	window = window_of(argv[1]);
	nt_equal("the window of the model", PT_WINDOW_MAGIC_VALUE, window[0]);
	test_open(argv[1], argv[3]);
	test_pipe(argv[1]);
	nt_errno_is("open one end", 0, nt_port_open(&a, argv[1], NULL));
	nt_errno_is("open the other", 0, nt_port_open(&b, argv[2], NULL));
	stream("ring 0 to the cable", &a, 0, &b, 0, 3000);
	stream("ring 1 to the cable", &a, 1, &b, 0, 3000);
	stream("the cable to ring 0", &b, 0, &a, 0, 3000);
	stream("the cable to ring 1", &b, 0, &a, 1, 3000);
	test_full(&a, window);
	/* what was held is on its way to b */
	ioctl(b.fd, NIOCRXSYNC);
	nt_rx(&b, 0)->head = nt_rx(&b, 0)->cur = nt_rx(&b, 0)->tail;
	ioctl(b.fd, NIOCRXSYNC);
	nt_rx(&b, 0)->head = nt_rx(&b, 0)->cur = nt_rx(&b, 0)->tail;
	ioctl(b.fd, NIOCRXSYNC);
	nt_rx(&b, 0)->head = nt_rx(&b, 0)->cur = nt_rx(&b, 0)->tail;
	ioctl(b.fd, NIOCRXSYNC);
	test_hostile(&a, &b, window);
	stream("and still: ring 0 to the cable", &a, 0, &b, 0, 1000);
	nt_port_close(&a);
	nt_errno_is("open again", 0, nt_port_open(&a, argv[1], NULL));
	stream("where the last program stopped", &b, 0, &a, 1, 500);
	nt_result(stat_of(window, PT_STAT_kicks) > 0 && stat_of(window, PT_STAT_irqs) > 0, "kicks and interrupts");
	nt_result(stat_of(window, PT_STAT_kicks) < stat_of(window, PT_STAT_tx) + stat_of(window, PT_STAT_rx),
		  "but not one for every frame");
	nt_port_close(&a);
	nt_port_close(&b);
	test_headers(argv[3], argv[4]);
	return nt_failed != 0;
}
