// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a switch does with a packet, rule by rule. Results go to the guest's result file.
 *
 *     [a] [b] [c] --- vale0
 */
#include "nmtest.h"
#include <linux/if_packet.h>
#include <net/netmap_user.h>
#include <sys/socket.h>

static struct nt_port a, b, c;

static int ctrl(int type, const char *name, void *body)
{
	int fd = nt_open(), error = nt_ctrl(fd, type, name, body, NULL);

	close(fd);
	return error;
}

static int hdr_set(const char *name, uint32_t len)
{
	return ctrl(NETMAP_REQ_PORT_HDR_SET, name, &(struct nmreq_port_hdr){ .nr_hdr_len = len });
}

/* Length of the headers of a port, or -errno. */
static int hdr_get(const char *name)
{
	struct nmreq_port_hdr hdr = { 0 };
	int error = ctrl(NETMAP_REQ_PORT_HDR_GET, name, &hdr);

	return error ? -error : (int)hdr.nr_hdr_len;
}

static void open_ports(struct nmreq_register rb, struct nmreq_register rc)
{
	a = (struct nt_port){ .reg = { .nr_tx_rings = 3, .nr_flags = NR_ACCEPT_VNET_HDR } };
	b = (struct nt_port){ .reg = rb };
	c = (struct nt_port){ .reg = rc };
	nt_errno_is("open a", 0, nt_port_open(&a, "vale0:a", NULL));
	nt_errno_is("open b", 0, nt_port_open(&b, "vale0:b", NULL));
	nt_errno_is("open c", 0, nt_port_open(&c, "vale0:c", NULL));
}

static void close_ports(void)
{
	nt_port_close(&a);
	nt_port_close(&b);
	nt_port_close(&c);
}

/* An address: 2 and a number, or one of many receivers. */
static void address(uint8_t *mac, int number)
{
	memset(mac, 0, 6);
	mac[0] = number < 0 ? 3 : 2;
	mac[4] = (uint8_t)(abs(number) >> 8);
	mac[5] = (uint8_t)abs(number);
}

/* A slot with a frame at ofs bytes; byte 14 of the frame tells which it is. */
static struct netmap_slot *put(struct netmap_ring *ring, int to, int from, uint8_t which, uint32_t ofs)
{
	struct netmap_slot *slot = &ring->slot[ring->head];
	uint8_t *frame = (uint8_t *)nt_buf(ring, slot->buf_idx) + ofs;

	memset(frame - ofs, 0xee, ofs + 64);
	address(frame, to);
	address(frame + 6, from);
	frame[14] = which;
	slot->len = (uint16_t)(ofs + 60);
	slot->flags = 0;
	ring->head = ring->cur = nt_next(ring, ring->head);
	return slot;
}

static void send_one(struct nt_port *port, int to, int from)
{
	put(nt_tx(port, 0), to, from, 0, 0);
	ioctl(port->fd, NIOCTXSYNC);
}

static uint32_t avail(struct netmap_ring *ring)
{
	return (ring->tail + ring->num_slots - ring->head) % ring->num_slots;
}

/* Packets that came to a ring since the last look. */
static uint32_t rx_of(struct nt_port *port, unsigned int i)
{
	struct netmap_ring *ring = nt_rx(port, i);
	uint32_t got;

	ioctl(port->fd, NIOCRXSYNC);
	got = avail(ring);
	ring->head = ring->cur = ring->tail;
	ioctl(port->fd, NIOCRXSYNC);
	return got;
}

static uint32_t rx(struct nt_port *port)
{
	return rx_of(port, 0);
}

static void test_learning(void)
{
	int i, wrong = 0;

	open_ports((struct nmreq_register){ 0 }, (struct nmreq_register){ 0 });
	send_one(&a, 900, 1);
	rx(&b), rx(&c);
	send_one(&b, 1, 2);
	nt_equal("a's address is known", 1, rx(&a));
	nt_equal("so c hears nothing", 0, rx(&c));
	send_one(&c, 900, 1);
	rx(&a), rx(&b);
	send_one(&b, 1, 2);
	nt_equal("the address has moved: to c", 1, rx(&c));
	nt_equal("and no more to a", 0, rx(&a));
	send_one(&a, -7, -5);
	nt_equal("one of many receivers: to all, b", 1, rx(&b));
	nt_equal("and c", 1, rx(&c));
	send_one(&b, -5, 2);
	nt_equal("no sender has such an address: to all again", 2, rx(&a) + rx(&c));
	/* collisions in the table flood, they lose nothing */
	for (i = 1; i <= 3000; i++) {
		send_one(&a, 900, 1000 + i);
		rx(&b), rx(&c);
		if (i % 3)
			continue;
		send_one(&b, 1000 + i, 2);
		wrong += rx(&a) != 1 || rx(&c) != 0;
	}
	nt_equal("the newest of 3000 addresses is always known", 0, wrong);
	for (i = wrong = 0; i < 3000; i++) {
		send_one(&b, 1001 + i, 2);
		wrong += rx(&a) != 1;
		rx(&c);
	}
	nt_equal("the others are reached all the same", 0, wrong);
	close_ports();
}

static void test_batches(void)
{
	static const int sizes[] = { 1, 7, 1024, 5000 };
	struct netmap_ring *from, *to;
	uint32_t i, wrong;
	unsigned int k;
	char what[60];

	open_ports((struct nmreq_register){ 0 }, (struct nmreq_register){ 0 });
	from = nt_tx(&a, 0);
	to = nt_rx(&b, 0);
	nt_parameter_set("bridge_batch", 0);
	send_one(&a, -1, 1);
	nt_equal("batches of 0: taken", 1023, avail(from));
	nt_equal("and not forwarded", 0, rx(&b) + rx(&c));
	for (k = 0; k < sizeof(sizes) / sizeof(*sizes); k++) {
		nt_parameter_set("bridge_batch", sizes[k]);
		/* alternately to b and to all */
		for (i = 0; i < 600; i++)
			put(from, i % 3 ? -1 : 900, 1, (uint8_t)i, 0);
		ioctl(a.fd, NIOCTXSYNC);
		ioctl(b.fd, NIOCRXSYNC);
		snprintf(what, sizeof(what), "batches of %d: all of 600", sizes[k]);
		nt_equal(what, 600, avail(to));
		for (i = wrong = 0; i < avail(to); i++)
			wrong += (uint8_t)nt_buf(to, to->slot[(to->head + i) % to->num_slots].buf_idx)[14] != (uint8_t)i;
		nt_equal("in order", 0, wrong);
		rx(&b), rx(&c);
	}
	nt_equal("more than 1024 is 1024", 1024, nt_parameter("bridge_batch"));
	nt_parameter_set("bridge_batch", 1024);
	close_ports();
}

static void test_rings(void)
{
	uint32_t i;

	open_ports((struct nmreq_register){ .nr_rx_rings = 2 },
		   (struct nmreq_register){ .nr_rx_rings = 2, .nr_mode = NR_REG_ONE_NIC, .nr_ringid = 0 });
	send_one(&b, -1, 2);
	send_one(&c, -1, 3);
	rx(&a), rx(&b), rx(&c);
	for (i = 0; i < 3; i++) {
		put(nt_tx(&a, i), 2, 1, 0, 0);
		put(nt_tx(&a, i), 3, 1, 0, 0);
	}
	ioctl(a.fd, NIOCTXSYNC);
	nt_equal("rings 0 and 2 of three go to ring 0 of two", 2, rx_of(&b, 0));
	nt_equal("ring 1 to ring 1", 1, rx_of(&b, 1));
	nt_equal("who has ring 0 alone gets what is for it", 2, rx_of(&c, 0));
	for (i = 0; i < 3; i++)
		put(nt_tx(&a, i), -1, 1, 0, 0);
	ioctl(a.fd, NIOCTXSYNC);
	nt_equal("what is for all goes to ring 0", 3, rx_of(&b, 0));
	nt_equal("only", 0, rx_of(&b, 1));
	close_ports();
}

/* The virtio-net header in a slot of its own, and frames too short for theirs. */
static void test_header_places(void)
{
	struct netmap_ring *from, *to;
	struct netmap_slot *slot;

	open_ports((struct nmreq_register){ .nr_flags = NR_ACCEPT_VNET_HDR },
		   (struct nmreq_register){ .nr_flags = NR_ACCEPT_VNET_HDR });
	send_one(&b, -1, 2);
	rx(&a), rx(&c);
	nt_errno_is("a has headers of 12", 0, hdr_set("vale0:a", 12));
	nt_errno_is("b too", 0, hdr_set("vale0:b", 12));
	nt_errno_is("and c", 0, hdr_set("vale0:c", 12));
	from = nt_tx(&a, 0);
	to = nt_rx(&b, 0);
	put(from, 2, 1, 7, 12);
	ioctl(a.fd, NIOCTXSYNC);
	ioctl(b.fd, NIOCRXSYNC);
	nt_equal("equal headers: to b", 1, avail(to));
	nt_equal("with the header", 72, to->slot[to->head].len);
	nt_result(!memcmp(nt_buf(to, to->slot[to->head].buf_idx), nt_buf(from, from->slot[0].buf_idx), 72),
		  "as it was, whatever is in it");
	nt_equal("and not to c", 0, rx(&c));
	rx(&b);
	slot = put(from, 2, 1, 0, 12);
	slot->len = 12;
	slot->flags = NS_MOREFRAG;
	put(from, 2, 1, 8, 0);
	ioctl(a.fd, NIOCTXSYNC);
	ioctl(b.fd, NIOCRXSYNC);
	nt_equal("a header in a slot of its own: two slots for b", 2, avail(to));
	nt_equal("the header", 12, to->slot[to->head].len);
	nt_equal("then the frame", 8, nt_buf(to, to->slot[nt_next(to, to->head)].buf_idx)[14]);
	nt_equal("not for c", 0, rx(&c));
	rx(&b);
	put(from, 2, 1, 0, 12)->len = 12;
	slot = put(from, 2, 1, 0, 12);
	slot->len = 11;
	slot->flags = NS_MOREFRAG;
	put(from, 2, 1, 0, 0);
	put(from, 2, 1, 0, 12)->len = 12 + 13;
	ioctl(a.fd, NIOCTXSYNC);
	nt_equal("nothing behind it, a header cut in two, a frame too short: dropped", 0, rx(&b) + rx(&c));
	close_ports();
}

static void test_header_lengths(const char *nic)
{
	static const int bad[] = { 1, 8, 11, 14, 20, 65535 };
	struct nt_port m = { .reg.nr_flags = NR_MONITOR_RX }, pipe = { 0 };
	char name[64];
	unsigned int i;

	open_ports((struct nmreq_register){ .nr_flags = NR_ACCEPT_VNET_HDR }, (struct nmreq_register){ 0 });
	nt_errno_is("headers of 10", 0, hdr_set("vale0:b", 10));
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		snprintf(name, sizeof(name), "headers of %d", bad[i]);
		nt_errno_is(name, EINVAL, hdr_set("vale0:b", (uint32_t)bad[i]));
	}
	nt_equal("are refused, and nothing changes", 10, hdr_get("vale0:b"));
	nt_errno_is("a monitor need not know headers", 0, nt_port_open(&m, "vale0:b", NULL));
	nt_port_close(&m);
	nt_errno_is("nor a pipe", 0, nt_port_open(&pipe, "vale0:b{1", NULL));
	nt_port_close(&pipe);
	nt_port_close(&b);
	nt_equal("they end with the port", -ENXIO, hdr_get("vale0:b"));
	b = (struct nt_port){ 0 };
	nt_errno_is("a new one", 0, nt_port_open(&b, "vale0:b", NULL));
	nt_equal("has none", 0, hdr_get("vale0:b"));
	nt_equal("an idle interface exists", 0, hdr_get(nic));
	snprintf(name, sizeof(name), "%s{nix", nic);
	nt_equal("an unknown pipe does not", -ENODEV, hdr_get(name));
	nt_equal("nor one of nothing", -ENODEV, hdr_get("nothing{1"));
	nt_equal("and nothing is left of it", 0, if_nametoindex("nothing"));
	nt_equal("a pipe without a name", -EINVAL, hdr_get("{1"));
	snprintf(name, sizeof(name), "%s{", nic);
	nt_equal("or without an end", -EINVAL, hdr_get(name));
	nt_errno_is("only ports of switches are set", ENXIO, hdr_set(nic, 12));
	close_ports();
}

static void test_list(void)
{
	static const struct {
		const char *what;
		uint16_t bridge;
		uint32_t port;
	} ends[] = {
		{ "beyond the last port", 0, 254 }, { "beyond all ports", 0, 300 }, { "beyond all switches", 100, 0 },
		{ "a huge port", 0, 0x80000000 }, { "the last number there is", 0, 0xffffffff },
	};
	struct nmreq_vale_list body;
	unsigned int i;

	open_ports((struct nmreq_register){ 0 }, (struct nmreq_register){ 0 });
	for (i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		body = (struct nmreq_vale_list){ .nr_bridge_idx = ends[i].bridge, .nr_port_idx = ends[i].port };
		nt_errno_is(ends[i].what, ENOENT, ctrl(NETMAP_REQ_VALE_LIST, "", &body));
		nt_result(body.nr_bridge_idx == ends[i].bridge && body.nr_port_idx == ends[i].port,
			  "%s: comes back unchanged", ends[i].what);
	}
	body = (struct nmreq_vale_list){ 0 };
	nt_errno_is("a name without its colon", ENOENT, ctrl(NETMAP_REQ_VALE_LIST, "vale0", &body));
	nt_errno_is("a switch that is not there", ENOENT, ctrl(NETMAP_REQ_VALE_LIST, "vale7:", &body));
	nt_errno_is("a port that is not there", 0, ctrl(NETMAP_REQ_VALE_LIST, "vale0:nix", &body));
	nt_equal("is place 255", 255, body.nr_port_idx);
	nt_errno_is("no name of a switch", EINVAL, ctrl(NETMAP_REQ_VALE_LIST, "val0:a", &body));
	close_ports();
}

/* A frame given to an interface by its network stack. */
static int stack_sends(const char *name)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(name), .sll_halen = 6 };
	int fd = socket(AF_PACKET, SOCK_RAW, 0);
	uint8_t frame[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2 };
	int sent = (int)sendto(fd, frame, sizeof(frame), 0, (void *)&to, sizeof(to));

	close(fd);
	return sent;
}

static int interface_set(const char *name, int request, int value)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0), error;
	struct ifreq ifr = { 0 };

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (request == SIOCSIFMTU)
		ifr.ifr_mtu = value;
	else
		ifr.ifr_flags = (short)value;
	error = ioctl(fd, (unsigned long)request, &ifr) ? errno : 0;
	close(fd);
	return error;
}

/* Each row fails for the first reason that holds: of the name, an interface of that name, the region. */
static void test_interface_names(void)
{
	static const struct {
		const char *name;
		uint16_t mem_id;
		int error;
	} rows[] = {
		{ "vale", 0, EINVAL },
		{ "vale5:x", 0, EINVAL },
		{ "valency", 0, EINVAL },
		{ "sixteencharacter", 0, EINVAL },
		{ "a/b", 0, EINVAL },
		{ "a b", 0, EINVAL },
		{ "..", 0, EINVAL },
		{ "p%d", 0, EINVAL },
		{ "lo", 999, EEXIST },
		{ "p0", 999, EINVAL },
	};
	struct nt_port port = { 0 };

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct nmreq_vale_newif newif = { .nr_mem_id = rows[i].mem_id };
		char what[64];

		snprintf(what, sizeof(what), "VALE_NEWIF of '%s', region %u", rows[i].name, rows[i].mem_id);
		nt_errno_is(what, rows[i].error, ctrl(NETMAP_REQ_VALE_NEWIF, rows[i].name, &newif));
	}
	nt_equal("neither a pattern nor an unknown region made an interface", 0, if_nametoindex("p0"));
	nt_errno_is("a name that begins like a switch's", 0,
		    ctrl(NETMAP_REQ_VALE_NEWIF, "valu", &(struct nmreq_vale_newif){ 0 }));
	nt_errno_is("can be opened", 0, nt_port_open(&port, "valu", NULL));
	nt_port_close(&port);
	nt_errno_is("and deleted", 0, ctrl(NETMAP_REQ_VALE_DELIF, "valu", NULL));
}

static void test_interface(void)
{
	struct nmreq_vale_newif newif = { .nr_tx_rings = 2, .nr_rx_rings = 40, .nr_tx_slots = 128, .nr_rx_slots = 9000 };
	struct nmreq_vale_attach attach = { .reg.nr_mode = NR_REG_ALL_NIC };
	struct nmreq_vale_detach detach = { 0 };
	struct nt_port own = { 0 };

	nt_errno_is("a persistent port", 0, ctrl(NETMAP_REQ_VALE_NEWIF, "p0", &newif));
	nt_equal("TX rings as asked", 2, newif.nr_tx_rings);
	nt_equal("RX rings: 16 at most", 16, newif.nr_rx_rings);
	nt_equal("TX slots as asked", 128, newif.nr_tx_slots);
	nt_equal("RX slots: 4096 at most", 4096, newif.nr_rx_slots);
	nt_result(newif.nr_mem_id > 1, "a region of its own");
	nt_errno_is("up", 0, interface_set("p0", SIOCSIFFLAGS, IFF_UP));
	nt_errno_is("any MTU is accepted", 0, interface_set("p0", SIOCSIFMTU, 9000));
	nt_errno_is("open it", 0, nt_port_open(&own, "p0", NULL));
	nt_equal("its memory is that", newif.nr_mem_id, own.reg.nr_mem_id);
	nt_equal("it has no host rings", 0, own.reg.nr_host_tx_rings + own.reg.nr_host_rx_rings);
	send_one(&own, -1, 1);
	nt_equal("on no switch: what is sent vanishes", 127, avail(nt_tx(&own, 0)));
	nt_equal("the stack may send", 60, stack_sends("p0"));
	nt_equal("and nobody gets it", 0, rx(&own));
	nt_port_close(&own);
	nt_errno_is("attach", 0, ctrl(NETMAP_REQ_VALE_ATTACH, "vale0:p0", &attach));
	nt_equal("the register part comes back as it was", 0, attach.reg.nr_mem_id + attach.reg.nr_tx_rings +
		 attach.reg.nr_memsize);
	own = (struct nt_port){ 0 };
	nt_errno_is("open it there", 0, nt_port_open(&own, "p0", NULL));
	open_ports((struct nmreq_register){ 0 }, (struct nmreq_register){ 0 });
	send_one(&own, -1, 8);
	nt_equal("now it is heard", 3, rx(&a) + rx(&b) + rx(&c));
	send_one(&a, 8, 1);
	nt_equal("and hears", 1, rx(&own));
	nt_equal("the stack sends", 60, stack_sends("p0"));
	nt_equal("to nobody", 0, rx(&a) + rx(&b) + rx(&c) + rx(&own));
	nt_errno_is("detach while open", 0, ctrl(NETMAP_REQ_VALE_DETACH, "vale0:p0", &detach));
	send_one(&own, -1, 8);
	nt_equal("silence again", 0, rx(&a) + rx(&b) + rx(&c));
	send_one(&a, 8, 1);
	nt_equal("what is for it is dropped", 0, rx(&own) + rx(&b) + rx(&c));
	nt_port_close(&own);
	close_ports();
	nt_errno_is("delete", 0, ctrl(NETMAP_REQ_VALE_DELIF, "p0", NULL));
}

/* A slot with an offset, and its frame there. */
static void put_at(struct netmap_ring *ring, uint64_t ofs, int to, int from, uint8_t which)
{
	struct netmap_slot *slot = put(ring, to, from, which, (uint32_t)ofs);

	slot->len -= (uint16_t)ofs;
	NETMAP_WOFFSET(ring, slot, ofs);
}

static void test_offsets(void)
{
	struct nmreq_opt_offsets option = { .nro_opt.nro_reqtype = NETMAP_REQ_OPT_OFFSETS, .nro_max_offset = 200,
					    .nro_offset_bits = 16 };
	struct nmreq_opt_offsets more = option;
	struct netmap_ring *from, *to;
	struct netmap_slot *slot;
	uint32_t i;

	more.nro_initial_offset = 100;
	a = b = c = (struct nt_port){ 0 };
	nt_errno_is("a has offsets", 0, nt_port_open(&a, "vale0:a", &option));
	nt_errno_is("b too, of 100 bytes", 0, nt_port_open(&b, "vale0:b", &more));
	nt_errno_is("c has none", 0, nt_port_open(&c, "vale0:c", NULL));
	from = nt_tx(&a, 0);
	to = nt_rx(&b, 0);
	for (i = 0; i < 4; i++)
		put_at(from, i * 50, -1, 1, (uint8_t)(i + 1));
	ioctl(a.fd, NIOCTXSYNC);
	ioctl(b.fd, NIOCRXSYNC);
	nt_equal("with offsets of 0 to 150: to b", 4, avail(to));
	for (i = 0; i < avail(to); i++) {
		slot = &to->slot[(to->head + i) % to->num_slots];
		nt_result(NETMAP_ROFFSET(to, slot) >= 100 && slot->len == 60 &&
			  NETMAP_BUF_OFFSET(to, slot)[14] == (char)(i + 1),
			  "frame %u lies at %llu or behind (%llu)", i, 100ULL,
			  (unsigned long long)NETMAP_ROFFSET(to, slot));
	}
	ioctl(c.fd, NIOCRXSYNC);
	to = nt_rx(&c, 0);
	nt_equal("to c", 4, avail(to));
	for (i = 0; i < avail(to); i++)
		nt_equal("at its beginning", i + 1, nt_buf(to, to->slot[(to->head + i) % to->num_slots].buf_idx)[14]);
	rx(&b), rx(&c);
	put_at(from, 100, -1, 1, 0);
	from->slot[(from->head + 1023) % 1024].len = 2048 - 99;
	ioctl(a.fd, NIOCTXSYNC);
	nt_equal("longer than what the offset leaves: dropped", 0, rx(&b) + rx(&c));
	close_ports();
}

int main(int argc, char **argv)
{
	test_learning();
	test_batches();
	test_rings();
	test_header_places();
	test_header_lengths(argc > 1 ? argv[1] : "eth0");
	test_list();
	test_interface_names();
	test_interface();
	test_offsets();
	return nt_failed != 0;
}
