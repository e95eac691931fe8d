// SPDX-License-Identifier: BSD-2-Clause
/*
 * Monitors of switch ports and pipes, event by event. Results go to the
 * guest's result file.
 *
 *     [a] [b] --- vale0          [monitors of a or b]
 */
#include "nmtest.h"
#include <linux/if_packet.h>
#include <sys/socket.h>

static void put(struct netmap_ring *ring, uint32_t number, uint16_t flags)
{
	struct netmap_slot *slot = &ring->slot[ring->head];
	uint8_t *frame = (uint8_t *)nt_buf(ring, slot->buf_idx);

	memset(frame, 0xff, 6);
	memset(frame + 6, 2, 6);
	memcpy(frame + 14, &number, 4);
	slot->len = 60;
	slot->flags = flags;
	ring->head = ring->cur = nt_next(ring, ring->head);
}

static uint32_t avail(struct netmap_ring *ring)
{
	return (ring->tail + ring->num_slots - ring->head) % ring->num_slots;
}

static uint32_t rx(struct nt_port *port)
{
	ioctl(port->fd, NIOCRXSYNC);
	return avail(nt_rx(port, 0));
}

static void release(struct nt_port *port)
{
	struct netmap_ring *ring = nt_rx(port, 0);

	ring->head = ring->cur = ring->tail;
}

static void tx(struct nt_port *port)
{
	ioctl(port->fd, NIOCTXSYNC);
}

static struct netmap_slot *head_slot(struct nt_port *port)
{
	return &nt_rx(port, 0)->slot[nt_rx(port, 0)->head];
}

static uint32_t number_of(struct nt_port *port, uint32_t k)
{
	struct netmap_ring *ring = nt_rx(port, 0);
	uint32_t number;

	memcpy(&number, nt_buf(ring, ring->slot[(ring->head + k) % ring->num_slots].buf_idx) + 14, 4);
	return number;
}

static int mon_open(struct nt_port *mon, const char *name, uint64_t flags)
{
	mon->reg.nr_flags = flags;
	return nt_port_open(mon, name, NULL);
}

static void test_requests(void)
{
	struct nt_port a = { .reg.nr_flags = NR_EXCLUSIVE }, m[5] = { 0 };
	static const struct {
		uint64_t flags;
		const char *name;
	} cases[] = {
		{ NR_MONITOR_RX, "vale0:a/r#0" }, { NR_MONITOR_TX, "vale0:a/t#1" },
		{ NR_MONITOR_RX | NR_MONITOR_TX, "vale0:a/rt#2" }, { NR_ZCOPY_MON, "vale0:a/zrt#3" },
		{ NR_ZCOPY_MON | NR_MONITOR_RX | NR_EXCLUSIVE, "vale0:a/zrt#4" },
	};
	unsigned int i;

	nt_errno_is("the parent does not exist", ENXIO, mon_open(&m[0], "nothing", NR_MONITOR_RX));
	nt_errno_is("the parent is not open", EINVAL, mon_open(&m[0], "vale0:a", NR_MONITOR_RX));
	nt_errno_is("open an exclusive parent", 0, nt_port_open(&a, "vale0:a", NULL));
	m[0].reg = (struct nmreq_register){ .nr_mode = NR_REG_SW };
	nt_errno_is("host rings that it has not", EINVAL, mon_open(&m[0], "vale0:a", NR_MONITOR_RX));
	m[0].reg = (struct nmreq_register){ .nr_mode = NR_REG_ONE_NIC, .nr_ringid = 1 };
	nt_errno_is("a ring that it has not", EINVAL, mon_open(&m[0], "vale0:a", NR_MONITOR_RX));
	for (i = 0; i < 5; i++) {
		m[i].reg = (struct nmreq_register){ .nr_tx_slots = 50, .nr_rx_slots = 100 };
		nt_errno_is(cases[i].name, 0, mon_open(&m[i], "vale0:a", cases[i].flags));
		nt_equal("its slots", 100, m[i].reg.nr_rx_slots);
		nt_equal("one TX ring", 1, m[i].reg.nr_tx_rings);
		nt_result(!strcmp(m[i].nifp->ni_name, cases[i].name), "its name is %s (%s)",
			  cases[i].name, m[i].nifp->ni_name);
	}
	nt_equal("zero copy: the parent's region", a.reg.nr_mem_id, m[3].reg.nr_mem_id);
	nt_equal("both directions", NR_ZCOPY_MON | NR_MONITOR_RX | NR_MONITOR_TX, m[3].reg.nr_flags);
	nt_result(a.reg.nr_mem_id != m[0].reg.nr_mem_id, "copy: a region of its own");
	for (i = 0; i < 5; i++)
		nt_port_close(&m[i]);
	nt_port_close(&a);
}

static void test_copy(void)
{
	struct nt_port a = { 0 }, b = { 0 }, r = { 0 }, t = { 0 }, both = { 0 };
	struct pollfd pfd;
	uint32_t i;

	nt_port_open(&a, "vale0:a", NULL);
	nt_port_open(&b, "vale0:b", NULL);
	nt_errno_is("monitor what b receives", 0, mon_open(&r, "vale0:b", NR_MONITOR_RX));
	nt_errno_is("what a sends", 0, mon_open(&t, "vale0:a", NR_MONITOR_TX));
	nt_errno_is("both of a", 0, mon_open(&both, "vale0:a", NR_MONITOR_TX | NR_MONITOR_RX));
	for (i = 0; i < 3; i++)
		put(nt_tx(&a, 0), i, 0);
	tx(&a);
	nt_equal("received packets show at once", 3, rx(&r));
	nt_equal("with the slot's flags", 0x100, head_slot(&r)->flags);
	nt_equal("sent packets too", 3, rx(&t));
	nt_equal("marked as sent", NS_TXMON, head_slot(&t)->flags);
	nt_equal("both: the sent ones", 3, rx(&both));
	nt_equal("in order", 2, number_of(&t, 2));
	nt_equal("in order on the other side", 2, number_of(&r, 2));
	nt_equal("the owner gets them as usual", 3, rx(&b));
	release(&b);
	rx(&b);
	nt_equal("nothing comes twice", 3, rx(&r));
	release(&both);
	put(nt_tx(&b, 0), 7, 0);
	tx(&b);
	nt_equal("both: the received one", 1, rx(&both));
	nt_equal("is not marked", 0x100, head_slot(&both)->flags);
	nt_equal("a TX monitor does not see it", 3, rx(&t));
	pfd = (struct pollfd){ .fd = t.fd, .events = POLLOUT };
	poll(&pfd, 1, 0);
	nt_equal("a monitor cannot send", POLLOUT | POLLERR, pfd.revents);
	nt_equal("the ioctl hides it", 0, ioctl(t.fd, NIOCTXSYNC));
	/* more than fits: the newest stay */
	release(&t);
	rx(&t);
	for (i = 0; i < 1000; i++)
		put(nt_tx(&a, 0), 1000 + i, 0);
	tx(&a);
	for (i = 0; i < 1000; i++)
		put(nt_tx(&a, 0), 2000 + i, 0);
	tx(&a);
	nt_equal("a full monitor", 1023, rx(&t));
	nt_equal("has the first", 1000, number_of(&t, 0));
	nt_equal("and the newest of those that did not fit", 2999, number_of(&t, 1022));
	nt_port_close(&a);
	pfd = (struct pollfd){ .fd = both.fd, .events = POLLIN };
	poll(&pfd, 1, 0);
	nt_result(pfd.revents & POLLERR, "the parent closed: an error");
	nt_equal("but not for the ioctl", 0, ioctl(both.fd, NIOCRXSYNC));
	memset(&a, 0, sizeof(a));
	nt_errno_is("the parent is back", 0, nt_port_open(&a, "vale0:a", NULL));
	poll(&pfd, 1, 0);
	nt_result(pfd.revents & POLLERR, "the monitor is not");
	nt_port_close(&a);
	nt_port_close(&t);
	nt_port_close(&both);
	nt_port_close(&r);
	nt_port_close(&b);
}

static void test_zcopy(void)
{
	struct nt_port a = { 0 }, b = { 0 }, zb = { 0 }, za = { 0 }, second = { 0 };
	uint32_t sent, i, old;

	nt_port_open(&a, "vale0:a", NULL);
	nt_port_open(&b, "vale0:b", NULL);
	nt_errno_is("zero copy of b", 0, mon_open(&zb, "vale0:b", NR_ZCOPY_MON));
	nt_errno_is("zero copy of a", 0, mon_open(&za, "vale0:a", NR_ZCOPY_MON));
	nt_errno_is("another behind it", 0, mon_open(&second, "vale0:a", NR_ZCOPY_MON));
	sent = nt_tx(&a, 0)->slot[0].buf_idx;
	put(nt_tx(&a, 0), 5, 0);
	tx(&a);
	nt_equal("delivered, not released: not visible", 0, rx(&zb));
	nt_equal("sent: visible", 1, rx(&za));
	nt_equal("marked as sent", NS_TXMON, head_slot(&za)->flags);
	nt_equal("in the sender's buffer", sent, head_slot(&za)->buf_idx);
	nt_result(nt_tx(&a, 0)->slot[0].buf_idx != sent, "who has another one");
	nt_equal("and knows it", NS_BUF_CHANGED, nt_tx(&a, 0)->slot[0].flags);
	nt_equal("the second sees nothing yet", 0, rx(&second));
	release(&za);
	rx(&za);
	nt_equal("but what the first releases", 1, rx(&second));
	nt_equal("in the same buffer", sent, head_slot(&second)->buf_idx);
	nt_equal("with the mark", NS_TXMON, head_slot(&second)->flags & NS_TXMON);
	nt_equal("the owner of b sees the packet", 1, rx(&b));
	nt_equal("still not the monitor", 0, rx(&zb));
	old = head_slot(&b)->buf_idx;
	release(&b);
	rx(&b);
	nt_equal("released: visible", 1, rx(&zb));
	nt_equal("in the same buffer", old, head_slot(&zb)->buf_idx);
	nt_equal("not marked as sent", 0, head_slot(&zb)->flags & NS_TXMON);
	nt_equal("its number", 5, number_of(&zb, 0));
	/* many rounds, and the first of the chain leaves */
	nt_port_close(&za);
	release(&second);
	rx(&second);
	for (i = 0; i < 5000; i++) {
		put(nt_tx(&a, 0), i, 0);
		tx(&a);
		if (rx(&second) != 1 || number_of(&second, 0) != i)
			break;
		release(&second);
		rx(&b);
		release(&b);
		rx(&b);
		rx(&zb);
		release(&zb);
	}
	nt_equal("5000 packets through the chain", 5000, i);
	nt_port_close(&second);
	nt_port_close(&zb);
	nt_port_close(&b);
	nt_port_close(&a);
}

static void test_pipe(void)
{
	struct nt_port m = { 0 }, s = { 0 }, c = { 0 }, z = { 0 };

	nt_errno_is("a pipe", 0, nt_port_open(&m, "ghost{1", NULL));
	nt_errno_is("its other end", 0, nt_port_open(&s, "ghost}1", NULL));
	nt_errno_is("a copy of what the master sends", 0, mon_open(&c, "ghost{1", NR_MONITOR_TX));
	nt_errno_is("zero copy too", 0, mon_open(&z, "ghost{1", NR_ZCOPY_MON));
	put(nt_tx(&m, 0), 3, 0);
	tx(&m);
	nt_equal("sent: the copy is there", 1, rx(&c));
	nt_equal("the other not", 0, rx(&z));
	nt_equal("the peer has it", 1, rx(&s));
	release(&s);
	rx(&s);
	nt_equal("released: the other not yet", 0, rx(&z));
	tx(&m);
	nt_equal("the sender looked: now", 1, rx(&z));
	nt_equal("marked", NS_TXMON, head_slot(&z)->flags & NS_TXMON);
	nt_equal("its number", 3, number_of(&z, 0));
	nt_port_close(&m);
	nt_port_close(&s);
	nt_port_close(&z);
	nt_port_close(&c);
}

/* One ring of several. */
static void test_selection(void)
{
	struct nt_port a = { .reg = { .nr_tx_rings = 2, .nr_rx_rings = 2 } }, b = { 0 };
	struct nt_port m = { .reg = { .nr_mode = NR_REG_ONE_NIC, .nr_ringid = 1 } };
	struct netmap_ring *seen;
	uint32_t i;

	nt_port_open(&a, "vale0:a", NULL);
	nt_port_open(&b, "vale0:b", NULL);
	nt_errno_is("monitor one ring", 0, mon_open(&m, "vale0:a", NR_MONITOR_TX));
	seen = nt_rx(&m, 1);
	for (i = 0; i < 2; i++)
		put(nt_tx(&a, i), 10 + i, 0);
	tx(&a);
	ioctl(m.fd, NIOCRXSYNC);
	nt_equal("only what that ring sends is seen", 1, avail(seen));
	nt_result(nt_buf(seen, seen->slot[seen->head].buf_idx)[14] == 11, "and it is that");
	nt_equal("both arrive", 2, rx(&b));
	nt_port_close(&m);
	nt_port_close(&b);
	nt_port_close(&a);
}

/* A frame that the network stack sends on an interface. */
static int stack_sends(const char *name, uint32_t number)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(name), .sll_halen = 6 };
	uint8_t frame[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2 };
	int fd = socket(AF_PACKET, SOCK_RAW, 0);
	int sent;

	memcpy(frame + 14, &number, 4);
	sent = (int)sendto(fd, frame, sizeof(frame), 0, (void *)&to, sizeof(to));
	close(fd);
	return sent;
}

static void test_host(const char *name)
{
	struct nt_port host = { .reg.nr_mode = NR_REG_NIC_SW }, m = { .reg.nr_mode = NR_REG_SW };
	struct netmap_ring *from_stack, *to_stack, *seen;
	uint32_t k;

	if (!nt_errno_is("the host rings of an interface", 0, nt_port_open(&host, name, NULL)))
		return;
	nt_errno_is("are monitored", 0, mon_open(&m, name, NR_MONITOR_RX | NR_MONITOR_TX));
	from_stack = nt_rx(&host, host.nifp->ni_rx_rings);
	to_stack = nt_tx(&host, host.nifp->ni_tx_rings);
	seen = nt_rx(&m, m.nifp->ni_rx_rings);
	nt_equal("the stack sends", 60, stack_sends(name, 5));
	ioctl(m.fd, NIOCRXSYNC);
	nt_equal("it is seen while the owner sleeps", 1, avail(seen));
	nt_equal("not marked as sent", 0, seen->slot[seen->head].flags & NS_TXMON);
	put(to_stack, 6, 0);
	tx(&host);
	ioctl(m.fd, NIOCRXSYNC);
	nt_equal("what goes to the stack is seen too", 2, avail(seen));
	nt_equal("marked", NS_TXMON, seen->slot[nt_next(seen, seen->head)].flags);
	for (k = 0; k < avail(seen); k++)
		nt_equal("each with its content", 5 + k,
			 nt_buf(seen, seen->slot[(seen->head + k) % seen->num_slots].buf_idx)[14]);
	ioctl(host.fd, NIOCRXSYNC);
	nt_equal("and the owner has what the stack sent", 1, avail(from_stack));
	nt_port_close(&m);
	nt_port_close(&host);
}

int main(int argc, char **argv)
{
	test_requests();
	test_copy();
	test_zcopy();
	test_pipe();
	test_selection();
	if (argc > 1)
		test_host(argv[1]);
	return nt_failed != 0;
}
