// SPDX-License-Identifier: BSD-2-Clause
/*
 * Injecting and receiving, through libnetmap and through the header-only calls, on rings in private
 * memory (apps/pkt-gen/null-device.c). Prints "ok name" or "not ok name" for each check.
 */
#define NETMAP_WITH_LIBS
#include <libnetmap.h>
#include "null-device.h"

#define RINGS 2

static void
check(int passed, const char *name)
{
	printf("%s %s\n", passed ? "ok" : "not ok", name);
}

/* A header-only descriptor of the same rings. */
static struct nm_desc *
as_desc(struct nmport_d *port)
{
	struct nm_desc *d = calloc(1, sizeof(*d));

	d->self = d;
	d->fd = -1;
	nm_set_pointer((void *const *)&d->nifp, port->nifp);
	d->last_tx_ring = d->last_rx_ring = RINGS - 1;
	return d;
}

/* Rings as after opening: transmit rings empty, receive rings empty. */
static void
reset(struct nmport_d *port)
{
	int r;

	for (r = 0; r < RINGS; r++) {
		struct netmap_ring *tx = NETMAP_TXRING(port->nifp, r);
		struct netmap_ring *rx = NETMAP_RXRING(port->nifp, r);

		tx->head = tx->cur = 0;
		tx->tail = tx->num_slots - 1;
		rx->head = rx->cur = rx->tail = 0;
	}
	port->first_tx_ring = port->cur_tx_ring = 0;
	port->last_tx_ring = RINGS - 1;
}

typedef int (*inject_fn)(void *port, const void *data, size_t size);

static int
by_library(void *port, const void *data, size_t size)
{
	return nmport_inject(port, data, size);
}

static int
by_header(void *desc, const void *data, size_t size)
{
	return nm_inject(desc, data, size);
}

static int
slots_are(struct netmap_ring *ring, uint32_t from, int count, const int *len)
{
	int i;

	for (i = 0; i < count; i++) {
		struct netmap_slot *slot = &ring->slot[from + (uint32_t)i];

		if (slot->len != len[i] || slot->flags != (i + 1 < count ? NS_MOREFRAG : 0))
			return 0;
	}
	return ring->head == from + (uint32_t)count && ring->cur == ring->head;
}

static void
test_inject(struct nmport_d *port, void *handle, inject_fn inject)
{
	struct netmap_ring *ring = NETMAP_TXRING(port->nifp, 0), *other = NETMAP_TXRING(port->nifp, 1);
	static char data[8192];
	int i, n;

	for (i = 0; i < (int)sizeof(data); i++)
		data[i] = (char)(i * 7);
	reset(port);
	check(inject(handle, data, 60) == 60 && slots_are(ring, 0, 1, (int[]){ 60 }), "one slot");
	check(!memcmp(NETMAP_BUF(ring, ring->slot[0].buf_idx), data, 60), "its content");
	check(inject(handle, data, 5000) == 5000 &&
		      slots_are(ring, 1, 3, (int[]){ 2048, 2048, 904 }),
	      "three slots");
	check(!memcmp(NETMAP_BUF(ring, ring->slot[3].buf_idx), data + 4096, 904), "the last part");
	check(inject(handle, data, 4096) == 4096 && slots_are(ring, 4, 2, (int[]){ 2048, 2048 }),
	      "no empty slot behind full ones");
	check(inject(handle, data, 0) == 0 && slots_are(ring, 6, 1, (int[]){ 0 }), "an empty packet");
	for (n = 0; inject(handle, data, 100) == 100; n++)
		;
	check(n == 1023 - 7 + 1023, "the second ring when the first is full");
	check(nm_ring_empty(ring) && nm_ring_empty(other), "both are full");
	ring->tail = nm_ring_next(ring, ring->tail);
	check(inject(handle, data, 2049) == 0, "no room for two slots");
	check(inject(handle, data, 2048) == 2048, "room for one");
}

static int calls;
static uint32_t lens[8], caplens[8];
static uint64_t flags[8];

static void
note(u_char *arg, const struct nm_pkthdr *hdr, const u_char *data)
{
	(void)arg;
	(void)data;
	lens[calls & 7] = hdr->len;
	caplens[calls & 7] = hdr->caplen;
	flags[calls++ & 7] = hdr->flags;
}

/* Puts slots of these lengths into a receive ring; negative: the packet continues. */
static void
arrive(struct netmap_ring *ring, int count, const int *len)
{
	int i;

	for (i = 0; i < count; i++) {
		struct netmap_slot *slot = &ring->slot[ring->tail];

		slot->len = (uint16_t)abs(len[i]);
		slot->flags = len[i] < 0 ? NS_MOREFRAG : 0;
		ring->tail = nm_ring_next(ring, ring->tail);
	}
}

static void
test_dispatch(struct nmport_d *port, struct nm_desc *d)
{
	struct netmap_ring *first = NETMAP_RXRING(port->nifp, 0), *second = NETMAP_RXRING(port->nifp, 1);
	struct nm_pkthdr hdr;

	reset(port);
	arrive(first, 5, (int[]){ 60, -2048, -2048, 904, 70 });
	arrive(second, 1, (int[]){ 80 });
	calls = 0;
	check(nm_dispatch(d, -1, note, NULL) == 4 && calls == 4, "all packets of all rings");
	check(lens[1] == 5000 && caplens[1] == 5000, "adjacent fragments are one piece");
	check(lens[3] == 80 && flags[2] == NM_MORE_PKTS && flags[3] == 0, "the last one is marked");
	check(nm_ring_empty(first) && nm_ring_empty(second), "the slots are released");
	arrive(first, 4, (int[]){ -100, 50, 60, 61 });
	d->cur_rx_ring = 0;
	calls = 0;
	check(nm_dispatch(d, 2, note, NULL) == 2 && calls == 2, "as many as asked for");
	check(lens[0] == 150 && caplens[0] == 100, "separate fragments are counted apart");
	check(nm_nextpkt(d, &hdr) && hdr.len == 61 && hdr.slot == &first->slot[8], "the next one");
	check(nm_nextpkt(d, &hdr) == NULL, "no more");
	check(nm_dispatch(d, 0, note, NULL) == 0, "nothing to dispatch");
}

static void
test_names(void)
{
	static const struct {
		const char *name;
		int ok;
		uint32_t flags;
		uint16_t ringid, memid;
		const char *kernel_name;
	} table[] = {
		{ "netmap:v0", 1, NR_REG_ALL_NIC, 0, 0, "v0" },
		{ "netmap:v0^", 1, NR_REG_SW, 0, 0, "v0" },
		{ "netmap:v0*", 1, NR_REG_NIC_SW, 0, 0, "v0" },
		{ "netmap:v0/x", 1, 0x801, 0, 0, "v0" },
		{ "netmap:v0/RT", 1, 0x6001, 0, 0, "v0" },
		{ "netmap:p{1", 1, NR_REG_PIPE_MASTER, 1, 0, "p" },
		{ "netmap:p}1@3", 1, NR_REG_PIPE_SLAVE, 1, 3, "p" },
		{ "vale0:a-0", 1, NR_REG_ONE_NIC, 0, 0, "vale0:a" },
		{ "vale0:", 1, NR_REG_ALL_NIC, 0, 0, "vale0:" },
		{ "netmap:123456789012345", 1, NR_REG_ALL_NIC, 0, 0, "123456789012345" },
		{ "netmap:1234567890123456", 0, 0, 0, 0, NULL },
		{ "vale0:a b", 0, 0, 0, 0, NULL },
		{ "netmap:p{4095", 0, 0, 0, 0, NULL },
		{ "netmap:p{x", 0, 0, 0, 0, NULL },
		{ "netmap:e@3@3", 0, 0, 0, 0, NULL },
		{ "netmap:e@conf:rings=1", 0, 0, 0, 0, NULL },
		{ "netmap:e@0", 0, 0, 0, 0, NULL },
		{ "netmap:e^1", 0, 0, 0, 0, NULL },
		{ "netmap:e/q", 0, 0, 0, 0, NULL },
	};
	char err[NM_PARSE_ERRLEN];
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct nm_desc *d = calloc(1, sizeof(*d));
		int ok = nm_parse(table[i].name, d, err) == 0;

		check(ok == table[i].ok &&
			      (!ok || (d->req.nr_flags == table[i].flags &&
				       d->req.nr_ringid == table[i].ringid &&
				       d->req.nr_arg2 == table[i].memid &&
				       !strcmp(d->req.nr_name, table[i].kernel_name))),
		      table[i].name);
		free(d);
	}
	errno = 1;
	check(nm_open("eth0", NULL, 0, NULL) == NULL && errno == 0, "other names are not ours");
	check(nm_close(NULL) == EINVAL, "nothing to close");
}

int
main(void)
{
	struct nmport_d *port = null_device_open(RINGS);
	struct nm_desc *d = as_desc(port);

	test_inject(port, port, by_library);
	test_inject(port, d, by_header);
	test_dispatch(port, d);
	test_names();
	free(d);
	null_device_close(port);
	return 0;
}
