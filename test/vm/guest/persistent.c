// SPDX-License-Identifier: BSD-2-Clause
/*
 * A persistent port in any order: a random walk through its life, each step compared with what has to come of it.
 * Results go to the guest's result file.
 *
 *     persistent STEPS SEED
 *
 *     [a] --- valeA --- p0 --- valeB --- [b]
 */
#include "nmtest.h"

#define OPEN_MAX 3

static const char *const switches[] = { "valeA", "valeB" };

/* What is known of p0. */
static struct {
	bool exists;
	bool on[2]; /* switches */
	int first; /* the switch that it was attached to first, while on both */
	int opened;
	struct nt_port port[OPEN_MAX];
} p0;

static struct nt_port peer[2];
static uint32_t state;

static uint32_t pick(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % n;
}

static int ctrl(int type, const char *name, void *body)
{
	int fd = nt_open(), error = nt_ctrl(fd, type, name, body, NULL);

	close(fd);
	return error;
}

static bool attached(void)
{
	return p0.on[0] || p0.on[1];
}

static bool twice(void)
{
	return p0.on[0] && p0.on[1];
}

static int create(int *want)
{
	struct nmreq_vale_newif newif = { .nr_tx_slots = 64, .nr_rx_slots = 64 };

	*want = p0.exists ? EEXIST : 0;
	p0.exists = true;
	return ctrl(NETMAP_REQ_VALE_NEWIF, "p0", &newif);
}

static int delete(int *want)
{
	*want = !p0.exists ? ENXIO : attached() || p0.opened ? EBUSY : 0;
	if (!*want)
		p0.exists = false;
	return ctrl(NETMAP_REQ_VALE_DELIF, "p0", NULL);
}

static int attach(int sw, int *want)
{
	struct nmreq_vale_attach body = { .reg.nr_mode = NR_REG_ALL_NIC };
	char name[32];

	snprintf(name, sizeof(name), "%s:p0", switches[sw]);
	*want = !p0.exists ? EINVAL : p0.on[sw] || p0.opened ? EBUSY : 0;
	if (!*want) {
		p0.first = attached() ? !sw : sw;
		p0.on[sw] = true;
	}
	return ctrl(NETMAP_REQ_VALE_ATTACH, name, &body);
}

static int detach(int sw, int *want)
{
	struct nmreq_vale_detach body = { 0 };
	char name[32];

	snprintf(name, sizeof(name), "%s:p0", switches[sw]);
	*want = !p0.on[sw] ? ENXIO : twice() && p0.first == sw ? EBUSY : 0;
	if (!*want)
		p0.on[sw] = false;
	return ctrl(NETMAP_REQ_VALE_DETACH, name, &body);
}

/* By the interface's name, or by that of a port. */
static int open_one(int sw, int *want)
{
	struct nt_port port = { 0 };
	char name[32] = "p0";
	int error;

	if (sw < 2) {
		snprintf(name, sizeof(name), "%s:p0", switches[sw]);
		/* without an interface of that name it would be a port of the moment */
		if (!p0.exists)
			return *want = 0;
	}
	*want = !p0.exists ? ENXIO : sw < 2 && !p0.on[sw] ? EINVAL : twice() ? EBUSY : 0;
	error = nt_port_open(&port, name, NULL);
	if (!error && p0.opened < OPEN_MAX)
		p0.port[p0.opened++] = port;
	else if (!error)
		nt_port_close(&port);
	return error;
}

static void close_one(void)
{
	int i = (int)pick(OPEN_MAX);

	while (pick(2) && p0.opened)
		nt_port_close(&p0.port[--p0.opened]);
	if (i >= p0.opened)
		return;
	nt_port_close(&p0.port[i]);
	p0.port[i] = p0.port[--p0.opened];
}

static uint32_t rx(struct nt_port *port)
{
	struct netmap_ring *ring = nt_rx(port, 0);
	uint32_t got;

	ioctl(port->fd, NIOCRXSYNC);
	got = (ring->tail + ring->num_slots - ring->head) % ring->num_slots;
	ring->head = ring->cur = ring->tail;
	ioctl(port->fd, NIOCRXSYNC);
	return got;
}

static void broadcast(struct nt_port *port)
{
	struct netmap_ring *ring = nt_tx(port, 0);
	struct netmap_slot *slot = &ring->slot[ring->head];

	memset(nt_buf(ring, slot->buf_idx), 0xff, 60);
	nt_buf(ring, slot->buf_idx)[6] = 2;
	slot->len = 60;
	slot->flags = 0;
	ring->head = ring->cur = nt_next(ring, ring->head);
	ioctl(port->fd, NIOCTXSYNC);
}

/* Packets pass exactly where the port is attached: both ways, and from switch to switch when it is on both. */
static const char *traffic(void)
{
	int i;

	for (i = 0; i < 2; i++) {
		rx(&peer[0]), rx(&peer[1]);
		if (p0.opened)
			rx(&p0.port[0]);
		broadcast(&peer[i]);
		if (p0.opened && rx(&p0.port[0]) != p0.on[i])
			return "to the port";
		if (rx(&peer[!i]))
			return "through a port that forwards nothing by itself";
		if (!p0.opened)
			continue;
		broadcast(&p0.port[0]);
		if (rx(&peer[i]) != p0.on[i])
			return "from the port";
	}
	return NULL;
}

static const char *step(uint32_t what, int *want, int *got)
{
	static const char *const names[] = { "create", "delete", "attach", "attach", "detach", "detach", "open",
					     "open by switch", "close" };

	*want = *got = 0;
	switch (what) {
	case 0:
		*got = create(want);
		break;
	case 1:
		*got = delete(want);
		break;
	case 2:
	case 3:
		*got = attach((int)what - 2, want);
		break;
	case 4:
	case 5:
		*got = detach((int)what - 4, want);
		break;
	case 6:
		*got = open_one(2, want);
		break;
	case 7:
		*got = open_one((int)pick(2), want);
		break;
	default:
		close_one();
	}
	return names[what < 8 ? what : 8];
}

int main(int argc, char **argv)
{
	uint32_t i, steps = argc > 1 ? (uint32_t)atoi(argv[1]) : 0, done[12][2] = { 0 }, what, rare = ~0U;
	const char *name = "", *bad = NULL;
	int want = 0, got = 0;

	state = argc > 2 ? (uint32_t)atoi(argv[2]) | 1 : 1;
	if (!steps) {
		fputs("usage: persistent STEPS SEED\n", stderr);
		return 2;
	}
	for (i = 0; i < 2; i++) {
		char port[32];

		snprintf(port, sizeof(port), "%s:x", switches[i]);
		nt_errno_is(port, 0, nt_port_open(&peer[i], port, NULL));
	}
	for (i = 0; i < steps && want == got && !bad; i++) {
		what = pick(12);
		name = step(what, &want, &got);
		done[what][want != 0]++;
		if (p0.exists && !twice() && want == got)
			bad = traffic();
	}
	nt_result(want == got && !bad, "%u steps, seed %s; the last: %s, expected %s, got %s%s%s", i,
		  argc > 2 ? argv[2] : "1", name, nt_errno(want), nt_errno(got), bad ? "; packets " : "", bad ?: "");
	for (what = 0; what < 8; what++)
		rare = done[what][0] < rare ? done[what][0] : rare;
	nt_result(rare > steps / 500, "each step succeeded at least %u times", rare);
	while (p0.opened)
		nt_port_close(&p0.port[--p0.opened]);
	for (i = 0; i < 2; i++)
		nt_port_close(&peer[i]);
	for (i = 0; i < 4; i++)
		detach((int)i & 1, &want);
	delete(&want);
	nt_equal("the interface is gone", 0, if_nametoindex("p0"));
	return nt_failed != 0;
}
