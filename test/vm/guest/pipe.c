// SPDX-License-Identifier: BSD-2-Clause
/*
 * Pipes, to the slot: pipe PARENT. Results go to the guest's result file.
 *
 *     [descriptor m] --- parent{x  ===  parent}x --- [descriptor s]
 */
#include "nmtest.h"
#include <sys/epoll.h>

static const char *parent;

static char *name_of(const char *suffix)
{
	static char name[4][64];
	static unsigned int turn;
	char *text = name[turn++ % 4];

	snprintf(text, 64, "%s%s", parent, suffix);
	return text;
}

static int open_end(struct nt_port *port, const char *suffix)
{
	return nt_port_open(port, name_of(suffix), NULL);
}

/* Puts count packets of one slot; the first 4 bytes number them from first. */
static void put(struct netmap_ring *ring, uint32_t count, uint32_t first, uint16_t flags)
{
	while (count--) {
		struct netmap_slot *slot = &ring->slot[ring->head];

		*(uint32_t *)nt_buf(ring, slot->buf_idx) = first++;
		slot->len = 60;
		slot->flags = flags;
		ring->head = ring->cur = nt_next(ring, ring->head);
	}
}

static uint32_t avail(struct netmap_ring *ring)
{
	return (ring->tail + ring->num_slots - ring->head) % ring->num_slots;
}

static void release(struct netmap_ring *ring, uint32_t count)
{
	ring->head = ring->cur = (ring->head + count) % ring->num_slots;
}

static void txsync(struct nt_port *port)
{
	ioctl(port->fd, NIOCTXSYNC);
}

static void rxsync(struct nt_port *port)
{
	ioctl(port->fd, NIOCRXSYNC);
}

static void test_names(void)
{
	static const struct {
		const char *suffix;
		uint32_t mode;
		int error;
	} cases[] = {
		{ "{", NR_REG_ALL_NIC, EINVAL },	 { "}", NR_REG_ALL_NIC, EINVAL },
		{ "{x", NR_REG_SW, EINVAL },		 { "{x", NR_REG_NIC_SW, EINVAL },
		{ "{x", NR_REG_ONE_SW, EINVAL },	 { "{x", NR_REG_PIPE_MASTER, EINVAL },
		{ "{x", NR_REG_PIPE_SLAVE, EINVAL },	 { "{x", NR_REG_ONE_NIC, 0 },
		{ "{any text will do", NR_REG_ALL_NIC, 0 }, { "}}{", NR_REG_ALL_NIC, EINVAL },
	};
	struct nmreq_register reg;
	char what[100];
	unsigned int i;
	int fd;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&reg, 0, sizeof(reg));
		reg.nr_mode = cases[i].mode;
		fd = nt_open();
		snprintf(what, sizeof(what), "name %s in mode %u: %s", cases[i].suffix,
			 cases[i].mode, nt_errno(cases[i].error));
		nt_errno_is(what, cases[i].error, nt_register(fd, name_of(cases[i].suffix), &reg));
		close(fd);
	}
	memset(&reg, 0, sizeof(reg));
	fd = nt_open();
	nt_errno_is("a pipe without a parent's name", EINVAL, nt_register(fd, "{x", &reg));
	nt_errno_is("the refused descriptor is usable", 0, nt_register(fd, name_of("{x"), &reg));
	nt_errno_is("and then bound", EBUSY, nt_register(fd, name_of("{y"), &reg));
	close(fd);
}

/* The counts of a request are the master's, whichever end is opened first. */
static void test_counts(void)
{
	struct nt_port s = { .reg = { .nr_tx_rings = 2, .nr_tx_slots = 64, .nr_rx_rings = 3,
				      .nr_rx_slots = 32 } };
	struct nt_port m = { .reg = { .nr_tx_rings = 7 } };
	struct nt_port big = { .reg = { .nr_tx_slots = 100000, .nr_rx_slots = 1 } };

	if (!nt_errno_is("open a slave with 2x64, 3x32", 0, open_end(&s, "}c")))
		return;
	nt_equal("slave TX rings", 3, s.reg.nr_tx_rings);
	nt_equal("slave TX slots", 32, s.reg.nr_tx_slots);
	nt_equal("slave RX rings", 2, s.reg.nr_rx_rings);
	nt_equal("slave RX slots", 64, s.reg.nr_rx_slots);
	nt_equal("slave host rings", 0, s.reg.nr_host_tx_rings + s.reg.nr_host_rx_rings);
	nt_errno_is("open its master", 0, open_end(&m, "{c"));
	nt_equal("master TX rings", 2, m.reg.nr_tx_rings);
	nt_equal("master TX slots", 64, m.reg.nr_tx_slots);
	nt_equal("master RX rings", 3, m.reg.nr_rx_rings);
	nt_equal("one region", s.reg.nr_mem_id, m.reg.nr_mem_id);
	nt_equal("same buffers", nt_tx(&m, 1)->slot[7].buf_idx, nt_rx(&s, 1)->slot[7].buf_idx);
	nt_equal("same buffers the other way", nt_tx(&s, 2)->slot[7].buf_idx,
		 nt_rx(&m, 2)->slot[7].buf_idx);
	nt_port_close(&m);
	nt_port_close(&s);
	/* a ring of 100000 slots is clamped to 4096, too many for the region's objects or not */
	big.reg.nr_mode = NR_REG_ALL_NIC;
	if (open_end(&big, "{d") == 0) {
		nt_equal("slots are clamped", 4096, big.reg.nr_tx_slots);
		nt_equal("one slot is a ring", 1, big.reg.nr_rx_slots);
		nt_port_close(&big);
	}
}

static void test_accounting(void)
{
	struct nt_port m = { .reg = { .nr_tx_slots = 64, .nr_rx_slots = 64 } }, s = m;
	struct netmap_ring *tx, *rx;
	uint32_t i, good = 0;

	if (!nt_errno_is("open the master alone", 0, open_end(&m, "{a")))
		return;
	tx = nt_tx(&m, 0);
	nt_equal("63 free", 63, avail(tx));
	put(tx, 63, 0, 0);
	txsync(&m);
	nt_equal("full: packets wait for the peer to open", 0, avail(tx));
	nt_errno_is("open the slave", 0, open_end(&s, "}a"));
	rx = nt_rx(&s, 0);
	rxsync(&s);
	nt_equal("63 waiting", 63, avail(rx));
	for (i = 0; i < 63; i++)
		good += *(uint32_t *)nt_buf(rx, rx->slot[i].buf_idx) == i && rx->slot[i].len == 60;
	nt_equal("in order and complete", 63, good);
	release(rx, 10);
	nt_equal("nothing is free before the receiver syncs", 0, (txsync(&m), avail(tx)));
	rxsync(&s);
	nt_equal("nothing is free before the sender syncs", 0, avail(tx));
	txsync(&m);
	nt_equal("then exactly what was released", 10, avail(tx));
	nt_equal("the rest stays with the receiver", 53, avail(rx));
	nt_port_close(&m);
	rxsync(&s);
	nt_equal("the peer may go", 53, avail(rx));
	memset(&m.reg, 0, sizeof(m.reg));
	nt_errno_is("and come back", 0, open_end(&m, "{a"));
	tx = nt_tx(&m, 0);
	nt_equal("to the same ring", 10, avail(tx));
	nt_equal("at the same place", 63, tx->head);
	nt_port_close(&s);
	nt_port_close(&m);
}

static void test_flags(void)
{
	struct nt_port m = { .reg = { .nr_extra_bufs = 2 } }, s = { 0 };
	struct netmap_ring *tx, *rx;
	uint32_t mine, theirs;

	if (open_end(&m, "{f") || open_end(&s, "}f")) {
		nt_result(false, "open both ends");
		return;
	}
	tx = nt_tx(&m, 0);
	rx = nt_rx(&s, 0);
	put(tx, 2, 1, NS_MOREFRAG);
	txsync(&m);
	rxsync(&s);
	nt_equal("a packet without its end is not shown", 0, avail(rx));
	put(tx, 1, 3, NS_REPORT);
	txsync(&m);
	rxsync(&s);
	nt_equal("the end brings all of it", 3, avail(rx));
	nt_equal("flags come along", NS_MOREFRAG, rx->slot[1].flags);
	nt_equal("all of them", NS_REPORT, rx->slot[2].flags);
	/* the sender gives another buffer, the receiver gives one back */
	mine = m.nifp->ni_bufs_head;
	theirs = tx->slot[3].buf_idx;
	m.nifp->ni_bufs_head = theirs;
	*(uint32_t *)nt_buf(tx, theirs) = *(uint32_t *)nt_buf(tx, mine);
	tx->slot[3].buf_idx = mine;
	put(tx, 1, 4, NS_BUF_CHANGED);
	tx->slot[3].ptr = 0x123456789abc;
	txsync(&m);
	rxsync(&s);
	nt_equal("the receiver sees the new buffer", mine, rx->slot[3].buf_idx);
	nt_equal("and that it is new", NS_BUF_CHANGED, rx->slot[3].flags);
	nt_equal("ptr is copied", 0x123456789abc, rx->slot[3].ptr);
	nt_equal("the flag is gone on the sender's side", 0, tx->slot[3].flags);
	rx->slot[3].flags = NS_BUF_CHANGED;
	rx->slot[3].buf_idx = theirs;
	m.nifp->ni_bufs_head = mine;
	*(uint32_t *)nt_buf(tx, mine) = *(uint32_t *)nt_buf(tx, theirs);
	release(rx, 4);
	rxsync(&s);
	txsync(&m);
	nt_equal("the sender gets the receiver's buffer", theirs, tx->slot[3].buf_idx);
	nt_equal("and is told", NS_BUF_CHANGED, tx->slot[3].flags);
	nt_equal("the flag is gone on the receiver's side", 0, rx->slot[3].flags);
	nt_port_close(&m);
	nt_port_close(&s);
}

static void test_poll(void)
{
	struct nt_port m = { 0 }, s = { 0 };
	struct pollfd pfd;

	if (open_end(&m, "{p") || open_end(&s, "}p"))
		return;
	pfd = (struct pollfd){ .fd = s.fd, .events = POLLIN };
	nt_equal("nothing to read", 0, poll(&pfd, 1, 0));
	put(nt_tx(&m, 0), 5, 0, 0);
	pfd = (struct pollfd){ .fd = m.fd, .events = POLLIN };
	nt_equal("poll for reading sends", 0, poll(&pfd, 1, 0));
	pfd = (struct pollfd){ .fd = s.fd, .events = POLLIN };
	nt_equal("the peer wakes up", 1, poll(&pfd, 1, 1000));
	nt_equal("to read", POLLIN, pfd.revents);
	nt_equal("five packets", 5, avail(nt_rx(&s, 0)));
	nt_port_close(&m);
	nt_equal("no error when the peer closes", 1, poll(&pfd, 1, 0));
	nt_equal("but the same packets", POLLIN, pfd.revents);
	nt_port_close(&s);
}

/* epoll asks a descriptor once, and must hear of all that comes later. */
static void test_epoll(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	struct nt_port m = { .fd = -1 }, s = { .fd = -1 };
	int ep = epoll_create1(0);
	unsigned int i, heard = 0;

	open_end(&m, "{w");
	open_end(&s, "}w");
	put(nt_tx(&m, 0), 1, 0, 0);
	txsync(&m);
	nt_equal("epoll takes an end that is ready", 0, epoll_ctl(ep, EPOLL_CTL_ADD, s.fd, &event));
	nt_equal("and says so", 1, epoll_wait(ep, &event, 1, 1000));
	for (i = 0; i < 5; i++) {
		release(nt_rx(&s, 0), avail(nt_rx(&s, 0)));
		rxsync(&s);
		heard += epoll_wait(ep, &event, 1, 0);
		put(nt_tx(&m, 0), 1, 0, 0);
		txsync(&m);
		heard += 10 * epoll_wait(ep, &event, 1, 1000);
	}
	nt_equal("it hears of each packet, and of nothing else", 50, heard);
	close(ep);
	nt_port_close(&s);
	nt_port_close(&m);
}

/* Buffers that are free in the region of the pipes of a parent. */
static uint32_t free_buffers(void)
{
	struct nt_port n;
	uint32_t count;

	memset(&n, 0, sizeof(n));
	n.reg.nr_extra_bufs = UINT32_MAX;
	if (!nt_errno_is("count the free buffers", 0, open_end(&n, "{count")))
		return 0;
	count = n.reg.nr_extra_bufs;
	nt_port_close(&n);
	return count;
}

/* All buffers are back however the ends were left. */
static void test_leaks(void)
{
	unsigned int i, failed = 0;
	struct nt_port m, s;
	uint32_t before = free_buffers();

	for (i = 0; i < 200; i++) {
		memset(&m, 0, sizeof(m));
		memset(&s, 0, sizeof(s));
		failed += open_end(&m, "{l") || open_end(&s, "}l");
		put(nt_tx(&m, 0), 100 + i, 0, i & 1 ? NS_MOREFRAG : 0);
		txsync(&m);
		rxsync(&s);
		release(nt_rx(&s, 0), avail(nt_rx(&s, 0)) / 2);
		if (i & 2)
			rxsync(&s);
		nt_port_close(i & 4 ? &s : &m);
		nt_port_close(i & 4 ? &m : &s);
	}
	nt_equal("200 pairs", 0, failed);
	nt_equal("leave all buffers", before, free_buffers());
}

/* Opens small pipes, numbered from 0, until one fails: its errno. */
static int open_many(int *fd, int max, int *count)
{
	struct nmreq_register reg;
	int error = 0;
	char name[16];

	for (*count = 0; *count < max && !error; ++*count) {
		memset(&reg, 0, sizeof(reg));
		reg.nr_tx_slots = reg.nr_rx_slots = 4;
		snprintf(name, sizeof(name), "{%d", *count);
		fd[*count] = nt_open();
		error = nt_register(fd[*count], name_of(name), &reg);
	}
	return error;
}

static void close_many(int *fd, int count)
{
	while (count--)
		close(fd[count]);
}

/*
 * A parent that does not exist gets a region of its own, with room for two pipes at least. Where it
 * ends, nothing stays of the pipe that did not fit.
 */
static void test_room(void)
{
	struct nt_port keep = { .reg = { .nr_tx_slots = 4, .nr_rx_slots = 4 } };
	const char *real = parent;
	int fd[65], i, error;
	uint32_t before;

	parent = "ghost";
	if (nt_errno_is("a pipe of nothing", 0, open_end(&keep, "{keep"))) {
		before = free_buffers();
		error = open_many(fd, 65, &i);
		nt_errno_is("its region ends", ENOMEM, error);
		nt_equal("with more than two pipes", 1, i > 2);
		close_many(fd, i);
		nt_equal("all buffers are back", before, free_buffers());
		nt_port_close(&keep);
	}
	parent = real;
}

static void test_many(void)
{
	int fd[65], i, error = open_many(fd, 65, &i);

	nt_equal("64 pipes of a parent", 65, i);
	nt_errno_is("one more", EINVAL, error);
	close_many(fd, i);
}

static void test_nested(void)
{
	struct nt_port m = { .fd = -1 }, s = { .fd = -1 }, one = { .reg = { .nr_flags = NR_EXCLUSIVE } };
	struct nmreq_port_info_get info = { 0 };
	int fd = nt_open();

	nt_errno_is("a pipe of a pipe", 0, open_end(&m, "}1{2"));
	nt_errno_is("its other end", 0, open_end(&s, "}1}2"));
	nt_equal("is that", nt_tx(&m, 0)->slot[9].buf_idx, nt_rx(&s, 0)->slot[9].buf_idx);
	nt_port_close(&s);
	nt_port_close(&m);
	nt_errno_is("an exclusive end", 0, open_end(&one, "{e"));
	memset(&m, 0, sizeof(m));
	nt_errno_is("nobody else there", EBUSY, open_end(&m, "{e"));
	memset(&s, 0, sizeof(s));
	nt_errno_is("but the other end is free", 0, open_end(&s, "}e"));
	nt_port_close(&s);
	nt_port_close(&one);
	nt_errno_is("information without a pipe", 0,
		    nt_ctrl(fd, NETMAP_REQ_PORT_INFO_GET, name_of("}q"), &info, NULL));
	nt_equal("one ring", 1, info.nr_tx_rings);
	nt_equal("no host rings", 0, info.nr_host_tx_rings + info.nr_host_rx_rings);
	close(fd);
}

int main(int argc, char **argv)
{
	parent = argc > 1 ? argv[1] : "eth0";
	test_names();
	test_counts();
	test_accounting();
	test_flags();
	test_poll();
	test_epoll();
	test_leaks();
	test_room();
	test_many();
	test_nested();
	return nt_failed != 0;
}
