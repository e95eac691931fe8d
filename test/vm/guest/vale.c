// SPDX-License-Identifier: BSD-2-Clause
/*
 * VALE: names, persistent ports, packets. vale NIC. Results go to the guest's
 * result file.
 *
 *     [a] [b] [c] --- switch vale0
 */
#include "nmtest.h"

static int ctrl(int type, const char *name, void *body)
{
	int fd = nt_open(), error = nt_ctrl(fd, type, name, body, NULL);

	close(fd);
	return error;
}

static int attach(const char *name, uint32_t mode)
{
	struct nmreq_vale_attach body = { .reg.nr_mode = mode };

	return ctrl(NETMAP_REQ_VALE_ATTACH, name, &body);
}

static int detach(const char *name)
{
	struct nmreq_vale_detach body = { 0 };

	return ctrl(NETMAP_REQ_VALE_DETACH, name, &body);
}

static int newif(const char *name)
{
	struct nmreq_vale_newif body = { 0 };

	return ctrl(NETMAP_REQ_VALE_NEWIF, name, &body);
}

static int delif(const char *name)
{
	return ctrl(NETMAP_REQ_VALE_DELIF, name, NULL);
}

static int hdr_set(const char *name, uint32_t len)
{
	struct nmreq_port_hdr body = { .nr_hdr_len = len };

	return ctrl(NETMAP_REQ_PORT_HDR_SET, name, &body);
}

static int hdr_get(const char *name, uint32_t *len)
{
	struct nmreq_port_hdr body = { .nr_hdr_len = 77 };
	int error = ctrl(NETMAP_REQ_PORT_HDR_GET, name, &body);

	if (len)
		*len = body.nr_hdr_len;
	return error;
}

/* Place of a name; 0 or errno. */
static int list(const char *name, uint16_t *bridge, uint32_t *port)
{
	struct nmreq_vale_list body = { 0 };
	int error = ctrl(NETMAP_REQ_VALE_LIST, name, &body);

	if (bridge)
		*bridge = body.nr_bridge_idx;
	*port = body.nr_port_idx;
	return error;
}

/* The next port at or after a place; its name. */
static int list_next(uint16_t *bridge, uint32_t *port, char *name)
{
	struct nmreq_vale_list body = { .nr_bridge_idx = *bridge, .nr_port_idx = *port };
	struct nmreq_header hdr = { .nr_version = NETMAP_API, .nr_reqtype = NETMAP_REQ_VALE_LIST,
				    .nr_body = (uintptr_t)&body };
	int fd = nt_open(), error = ioctl(fd, NIOCCTRL, &hdr) ? errno : 0;

	close(fd);
	*bridge = body.nr_bridge_idx;
	*port = body.nr_port_idx;
	strcpy(name, hdr.nr_name);
	return error;
}

static int reg(const char *name)
{
	struct nmreq_register body = { 0 };
	int fd = nt_open(), error = nt_register(fd, name, &body);

	close(fd);
	return error;
}

static void test_names(const char *nic)
{
	char on[32], missing[] = "nothing";
	struct {
		const char *name;
		int reg, attach, detach, set, get, list;
	} cases[] = {
		{ "vale0", ENOMEM, ENOMEM, ENXIO, ENXIO, ENXIO, ENOENT },
		{ "vale-0:a", ENOMEM, ENOMEM, ENXIO, ENXIO, ENXIO, ENOENT },
		{ "vale012345678901:a", ENOMEM, ENOMEM, ENXIO, ENXIO, ENXIO, ENOENT },
		{ "vale0:0123456789abcdef", ENOMEM, ENOMEM, ENXIO, ENXIO, ENXIO, ENOENT },
		{ "vale01234567890:0123456789abcde", 0, EINVAL, ENXIO, ENXIO, ENXIO, ENOENT },
		{ "vale0:a b:c", 0, EINVAL, ENXIO, ENXIO, ENXIO, ENOENT },
		{ "vale:a", 0, EINVAL, ENXIO, ENXIO, ENXIO, ENOENT },
		{ "vale0:", 0, EINVAL, ENXIO, ENXIO, ENXIO, ENOENT },
		{ on, EINVAL, 0, ENXIO, ENXIO, ENXIO, ENOENT },
		{ missing, ENXIO, EINVAL, EINVAL, ENXIO, ENXIO, EINVAL },
		{ nic, 0, EINVAL, EINVAL, ENXIO, 0, EINVAL },
	};
	unsigned int i;
	uint32_t port;
	char what[80];

	snprintf(on, sizeof(on), "vale0:%s", nic);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
#define CASE(_field, _call)								\
	snprintf(what, sizeof(what), "%s: " #_field " says %s", cases[i].name,		\
		 nt_errno(cases[i]._field));						\
	nt_errno_is(what, cases[i]._field, _call)
		CASE(detach, detach(cases[i].name));
		CASE(set, hdr_set(cases[i].name, 0));
		CASE(get, hdr_get(cases[i].name, NULL));
		CASE(list, list(cases[i].name, NULL, &port));
		CASE(reg, reg(cases[i].name));
		CASE(attach, attach(cases[i].name, NR_REG_ALL_NIC));
#undef CASE
		if (cases[i].attach == 0)
			nt_errno_is("the NIC leaves", 0, detach(on));
	}
}

static void test_counts(void)
{
	struct nt_port a = { .reg = { .nr_tx_rings = 3, .nr_rx_rings = 200, .nr_tx_slots = 64,
				      .nr_rx_slots = 99999, .nr_extra_bufs = 7 } };
	struct nt_port b = { .reg = { .nr_tx_rings = 2 } }, d = { 0 };

	nt_errno_is("a port with counts of its own", 0, nt_port_open(&a, "vale0:a", NULL));
	nt_equal("TX rings", 3, a.reg.nr_tx_rings);
	nt_equal("RX rings: 16 at most", 16, a.reg.nr_rx_rings);
	nt_equal("TX slots", 64, a.reg.nr_tx_slots);
	nt_equal("RX slots: 4096 at most", 4096, a.reg.nr_rx_slots);
	nt_equal("extra buffers", 7, a.reg.nr_extra_bufs);
	nt_equal("no host rings", 0, a.reg.nr_host_tx_rings + a.reg.nr_host_rx_rings);
	nt_equal("its own memory", NI_PRIV_MEM, a.nifp->ni_flags);
	nt_errno_is("a second descriptor", 0, nt_port_open(&b, "vale0:a", NULL));
	nt_equal("gets the existing counts", 3, b.reg.nr_tx_rings);
	nt_errno_is("a plain port", 0, nt_port_open(&d, "vale0:d", NULL));
	nt_equal("has one ring", 1, d.reg.nr_tx_rings);
	nt_equal("of 1024 slots", 1024, d.reg.nr_tx_slots);
	nt_equal("and the size everybody expects", 42369024, d.reg.nr_memsize);
	nt_port_close(&a);
	nt_port_close(&b);
	nt_port_close(&d);
}

static void test_list(void)
{
	struct nt_port p[4] = { 0 };
	static const char *const names[] = { "vale1:a", "vale1:b", "vale2:c", "vale1:d" };
	static const char *const order[] = { "vale1:a", "vale1:b", "vale1:d", "vale2:c" };
	uint16_t bridge = 0;
	uint32_t port = 0;
	unsigned int i;
	char name[64];

	for (i = 0; i < 4; i++)
		nt_errno_is(names[i], 0, nt_port_open(&p[i], names[i], NULL));
	for (i = 0; i < 4; i++, port++) {
		nt_errno_is("list", 0, list_next(&bridge, &port, name));
		nt_result(!strcmp(name, order[i]), "port %u in order is %s (%s)", i, order[i], name);
	}
	nt_errno_is("the end of the list", ENOENT, list_next(&bridge, &port, name));
	bridge = 0;
	port = 300;
	nt_errno_is("from past the last port: the next switch", 0, list_next(&bridge, &port, name));
	nt_result(!strcmp(name, "vale2:c"), "which has vale2:c (%s)", name);
	nt_errno_is("by name", 0, list("vale1:d", &bridge, &port));
	nt_equal("switch", 0, bridge);
	nt_equal("port", 2, port);
	nt_errno_is("a switch only", 0, list("vale2:", &bridge, &port));
	nt_equal("its index", 1, bridge);
	nt_equal("no port", 255, port);
	nt_port_close(&p[1]);
	nt_errno_is("a closed port is gone", 0, list("vale1:b", &bridge, &port));
	nt_equal("from the list", 255, port);
	memset(&p[1], 0, sizeof(p[1]));
	nt_errno_is("again", 0, nt_port_open(&p[1], "vale1:b", NULL));
	list("vale1:b", NULL, &port);
	nt_equal("the lowest free index", 1, port);
	for (i = 0; i < 4; i++)
		nt_port_close(&p[i]);
	nt_errno_is("the switch is gone with its last port", ENOENT, list("vale1:a", NULL, &port));
}

static void test_limits(void)
{
	struct nmreq_register body;
	int fd[9], i, error = 0;
	char name[32];

	for (i = 0; i < 9 && !error; i++) {
		memset(&body, 0, sizeof(body));
		body.nr_tx_slots = body.nr_rx_slots = 16;
		snprintf(name, sizeof(name), "vale_%d:p", i);
		fd[i] = nt_open();
		error = nt_register(fd[i], name, &body);
	}
	nt_equal("8 switches", 9, i);
	nt_errno_is("a ninth", ENOMEM, error);
	while (i--)
		close(fd[i]);
}

static void test_hdr(void)
{
	struct nt_port a = { 0 }, b = { 0 };
	uint32_t len = 0;

	nt_errno_is("open a port", 0, nt_port_open(&a, "vale0:h", NULL));
	nt_errno_is("header of 12", 0, hdr_set("vale0:h", 12));
	nt_errno_is("of 11 is none", EINVAL, hdr_set("vale0:h", 11));
	nt_errno_is("the length is looked at before the name", EINVAL, hdr_set("nothing", 11));
	nt_errno_is("read it", 0, hdr_get("vale0:h", &len));
	nt_equal("12", 12, len);
	nt_errno_is("who does not know headers cannot open it", EIO, nt_port_open(&b, "vale0:h", NULL));
	memset(&b, 0, sizeof(b));
	b.reg.nr_flags = NR_ACCEPT_VNET_HDR;
	nt_errno_is("who does can", 0, nt_port_open(&b, "vale0:h", NULL));
	nt_port_close(&a);
	nt_port_close(&b);
}

/* Every state and operation of the life of a persistent port. */
static void test_persistent(void)
{
	struct nt_port open = { 0 }, both = { 0 }, pipe = { 0 };
	uint32_t port;
	int round;

	nt_errno_is("a name of switches", EINVAL, newif("vale9"));
	nt_errno_is("too long a name", EINVAL, newif("v234567890123456"));
	nt_errno_is("a bad name", EINVAL, newif("a/b"));
	nt_errno_is("delete what is not there", ENXIO, delif("v0"));
	nt_errno_is("delete what is not ours", EINVAL, delif("lo"));
	for (round = 0; round < 2; round++) {
		nt_errno_is("create", 0, newif("v0"));
		nt_errno_is("create twice", EEXIST, newif("v0"));
		nt_errno_is("attach", 0, attach("valeA:v0", NR_REG_ALL_NIC));
		nt_errno_is("attach twice", EBUSY, attach("valeA:v0", NR_REG_ALL_NIC));
		nt_errno_is("delete while attached", EBUSY, delif("v0"));
		nt_errno_is("create while attached", EEXIST, newif("v0"));
		nt_errno_is("open by its interface's name", 0, nt_port_open(&open, "v0", NULL));
		memset(&both, 0, sizeof(both));
		nt_errno_is("and by its port's", 0, nt_port_open(&both, "valeA:v0", NULL));
		nt_equal("the same", nt_tx(&open, 0)->slot[5].buf_idx, nt_tx(&both, 0)->slot[5].buf_idx);
		nt_port_close(&both);
		nt_port_close(&open);
		memset(&open, 0, sizeof(open));
		nt_errno_is("listed after use", 0, list("valeA:v0", NULL, &port));
		nt_equal("at its place", 0, port);
		nt_errno_is("attach to a second switch", 0, attach("valeB:v0", NR_REG_ALL_NIC));
		nt_errno_is("to a third", EBUSY, attach("valeC:v0", NR_REG_ALL_NIC));
		nt_errno_is("open what is attached twice", EBUSY, nt_port_open(&open, "v0", NULL));
		nt_errno_is("detach from the first", EBUSY, detach("valeA:v0"));
		nt_errno_is("delete while attached twice", EBUSY, delif("v0"));
		nt_errno_is("detach from the second", 0, detach("valeB:v0"));
		nt_errno_is("then from the first", 0, detach("valeA:v0"));
		nt_errno_is("detach again", ENXIO, detach("valeA:v0"));
		memset(&open, 0, sizeof(open));
		nt_errno_is("open unattached", 0, nt_port_open(&open, "v0", NULL));
		nt_errno_is("attach while open", EBUSY, attach("valeA:v0", NR_REG_ALL_NIC));
		nt_errno_is("it stays unattached", ENXIO, detach("valeA:v0"));
		nt_errno_is("delete while open", EBUSY, delif("v0"));
		nt_port_close(&open);
		memset(&pipe, 0, sizeof(pipe));
		nt_errno_is("a pipe on it", 0, nt_port_open(&pipe, "v0{1", NULL));
		nt_errno_is("delete under a pipe", EBUSY, delif("v0"));
		nt_port_close(&pipe);
		nt_errno_is("attach once more", 0, attach("valeA:v0", NR_REG_ALL_NIC));
		memset(&open, 0, sizeof(open));
		nt_errno_is("open attached", 0, nt_port_open(&open, "valeA:v0", NULL));
		nt_errno_is("detach while open", 0, detach("valeA:v0"));
		nt_port_close(&open);
		memset(&open, 0, sizeof(open));
		nt_errno_is("delete", 0, delif("v0"));
		nt_errno_is("delete again", ENXIO, delif("v0"));
	}
	memset(&pipe, 0, sizeof(pipe));
	nt_errno_is("a pipe without a parent", 0, nt_port_open(&pipe, "ghost{1", NULL));
	nt_equal("has one in the meantime", 1, if_nametoindex("ghost") != 0);
	nt_errno_is("that is not to be deleted", EINVAL, delif("ghost"));
	nt_port_close(&pipe);
	nt_equal("and goes with the pipe", 0, if_nametoindex("ghost"));
}

static void test_nic(const char *nic)
{
	char name[32], host[40];
	struct nmreq_port_info_get info = { 0 };
	struct nt_port port = { 0 };
	uint32_t index;

	snprintf(name, sizeof(name), "vale3:%s", nic);
	snprintf(host, sizeof(host), "%s^", name);
	nt_errno_is("attach in a mode of programs", EINVAL, attach(name, NR_REG_SW));
	nt_errno_is("attach", 0, attach(name, NR_REG_ALL_NIC));
	nt_errno_is("detach a host port that is not there", ENXIO, detach(host));
	nt_errno_is("detach", 0, detach(name));
	nt_errno_is("open it", 0, nt_port_open(&port, nic, NULL));
	nt_errno_is("attach while open", EBUSY, attach(name, NR_REG_ALL_NIC));
	nt_port_close(&port);
	nt_errno_is("attach with the host stack", 0, attach(name, NR_REG_NIC_SW));
	nt_errno_is("which is a port", 0, list(host, NULL, &index));
	nt_equal("the next one", 1, index);
	nt_errno_is("attach elsewhere", EBUSY, attach("vale4:x", NR_REG_ALL_NIC) == EINVAL ? EBUSY : 0);
	memset(&port, 0, sizeof(port));
	nt_errno_is("open the NIC", EBUSY, nt_port_open(&port, nic, NULL));
	memset(&port, 0, sizeof(port));
	nt_errno_is("open the port", EBUSY, nt_port_open(&port, name, NULL));
	memset(&port, 0, sizeof(port));
	nt_errno_is("open the host port", EBUSY, nt_port_open(&port, host, NULL));
	nt_errno_is("ask about the port", 0, ctrl(NETMAP_REQ_PORT_INFO_GET, name, &info));
	nt_equal("its region is the NIC's", 1, info.nr_mem_id);
	nt_errno_is("detach the host port", EBUSY, detach(host));
	nt_errno_is("detach both", 0, detach(name));
	nt_errno_is("twice", ENXIO, detach(name));
	nt_errno_is("the host port went along", ENOENT, list(host, NULL, &index));
}

/* ---- packets ---- */

static void put(struct netmap_ring *ring, int to, int from, uint16_t len, uint16_t flags)
{
	struct netmap_slot *slot = &ring->slot[ring->head];
	uint8_t *frame = (uint8_t *)nt_buf(ring, slot->buf_idx);
	unsigned int i;

	memset(frame, to == 255 ? 255 : 0, 6);
	memset(frame + 6, 0, 6);
	if (to != 255)
		frame[0] = 2, frame[5] = (uint8_t)to;
	frame[6] = 2;
	frame[11] = (uint8_t)from;
	for (i = 12; i < 2048; i++)
		frame[i] = (uint8_t)(i + from);
	slot->len = len;
	slot->flags = flags;
	ring->head = ring->cur = nt_next(ring, ring->head);
}

static uint32_t avail(struct netmap_ring *ring)
{
	return (ring->tail + ring->num_slots - ring->head) % ring->num_slots;
}

static void tx(struct nt_port *port)
{
	ioctl(port->fd, NIOCTXSYNC);
}

/* Packets that arrived since the last look; they are released by the next one. */
static uint32_t rx(struct nt_port *port)
{
	struct netmap_ring *ring = nt_rx(port, 0);

	ring->head = ring->cur = ring->tail;
	ioctl(port->fd, NIOCRXSYNC);
	return avail(ring);
}

static struct netmap_slot *first(struct nt_port *port)
{
	return &nt_rx(port, 0)->slot[nt_rx(port, 0)->head];
}

static void test_packets(void)
{
	struct nt_port a = { 0 }, b = { 0 }, c = { 0 };
	struct netmap_ring *ring;
	char big[2048];
	uint32_t i;

	nt_port_open(&a, "vale0:a", NULL);
	nt_port_open(&b, "vale0:b", NULL);
	nt_port_open(&c, "vale0:c", NULL);
	ring = nt_tx(&a, 0);
	put(ring, 2, 1, 60, 0);
	tx(&a);
	nt_equal("slots are free at once", 1023, (ring->tail + 1024 - ring->head) % 1024);
	nt_equal("an unknown address: to b", 1, rx(&b));
	nt_equal("one slot", NS_RFRAGS(first(&b)), 1);
	nt_equal("nothing else in flags", 0x100, first(&b)->flags);
	nt_equal("its length", 60, first(&b)->len);
	nt_equal("its content", 0, memcmp(nt_buf(nt_rx(&b, 0), first(&b)->buf_idx),
					  nt_buf(ring, ring->slot[0].buf_idx), 60));
	nt_equal("and to c", 1, rx(&c));
	nt_equal("not back", 0, rx(&a));
	put(nt_tx(&b, 0), 1, 2, 60, 0);
	tx(&b);
	nt_equal("a learned address: to a", 1, rx(&a));
	nt_equal("not to c", 0, rx(&c));
	put(ring, 2, 1, 60, 0);
	put(ring, 255, 1, 60, 0);
	put(ring, 2, 1, 60, NS_BUF_CHANGED);
	put(ring, 1, 1, 60, 0);
	put(ring, 2, 1, 13, 0);
	put(ring, 2, 1, 3000, 0);
	tx(&a);
	nt_equal("to b: three of six, two are bad and one is for a itself", 3, rx(&b));
	nt_equal("the broadcast in its place", 255,
		 (uint8_t)*nt_buf(nt_rx(&b, 0), nt_rx(&b, 0)->slot[nt_next(nt_rx(&b, 0), nt_rx(&b, 0)->head)].buf_idx));
	nt_equal("c gets the broadcast", 1, rx(&c));
	nt_equal("the flag of a new buffer is taken", 0, ring->slot[3].flags);
	/* fragments */
	put(ring, 2, 1, 2000, NS_MOREFRAG);
	put(ring, 2, 1, 1000, NS_MOREFRAG);
	put(ring, 2, 1, 7, 0);
	put(ring, 2, 1, 60, 0);
	tx(&a);
	nt_equal("fragments", 4, rx(&b));
	nt_equal("first", 0x300 | NS_MOREFRAG, first(&b)->flags);
	nt_equal("first length", 2000, first(&b)->len);
	nt_equal("last", 0x300, nt_rx(&b, 0)->slot[(nt_rx(&b, 0)->head + 2) % 1024].flags);
	nt_equal("last length", 7, nt_rx(&b, 0)->slot[(nt_rx(&b, 0)->head + 2) % 1024].len);
	nt_equal("the next packet is whole", 0x100, nt_rx(&b, 0)->slot[(nt_rx(&b, 0)->head + 3) % 1024].flags);
	for (i = 0; i < 64; i++)
		put(ring, 2, 1, 60, NS_MOREFRAG);
	put(ring, 2, 1, 60, 0);
	for (i = 0; i < 63; i++)
		put(ring, 2, 1, 60, NS_MOREFRAG);
	put(ring, 2, 1, 60, 0);
	tx(&a);
	nt_equal("65 fragments are dropped, 64 are not", 64, rx(&b));
	put(ring, 2, 1, 60, NS_MOREFRAG);
	tx(&a);
	nt_equal("a packet without its end is taken as it is", 1, rx(&b));
	nt_equal("as whole", 0x100, first(&b)->flags);
	/* user memory */
	memset(big, 0x5a, sizeof(big));
	memcpy(big, (uint8_t[]){ 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 9 }, 12);
	i = ring->head;
	put(ring, 2, 1, 1500, NS_INDIRECT);
	ring->slot[i].ptr = (uintptr_t)big;
	i = ring->head;
	put(ring, 2, 1, 1500, NS_INDIRECT);
	ring->slot[i].ptr = 0x1000;
	i = ring->head;
	put(ring, 2, 1, 1500, NS_INDIRECT);
	ring->slot[i].ptr = 0;
	tx(&a);
	nt_equal("indirect: one of three can be read", 1, rx(&b));
	nt_equal("its content", 0, memcmp(nt_buf(nt_rx(&b, 0), first(&b)->buf_idx), big, 1500));
	put(nt_tx(&c, 0), 9, 3, 60, 0);
	tx(&c);
	nt_equal("its address was learned", 1, rx(&a));
	nt_equal("so nobody else gets it", 0, rx(&b));
	/* a full ring */
	rx(&b);
	for (i = 0; i < 1023; i++)
		put(ring, 2, 1, 60, 0);
	tx(&a);
	for (i = 0; i < 10; i++)
		put(ring, 2, 1, 60, 0);
	tx(&a);
	nt_equal("a full ring drops the rest", 1023, rx(&b));
	/* who has gone */
	nt_port_close(&b);
	put(ring, 2, 1, 60, 0);
	tx(&a);
	nt_equal("for a port that has gone: dropped", 0, rx(&c));
	nt_port_close(&a);
	nt_port_close(&c);
}

int main(int argc, char **argv)
{
	const char *nic = argc > 1 ? argv[1] : "eth0";

	test_names(nic);
	test_counts();
	test_list();
	test_limits();
	test_hdr();
	test_persistent();
	test_nic(nic);
	test_packets();
	return nt_failed != 0;
}
