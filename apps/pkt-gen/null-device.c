// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include <string.h>
#include "null-device.h"

#define SLOTS 1024
#define BUFFER_SIZE 2048
#define ALIGNMENT 4096

static size_t
align_up(size_t size)
{
	return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* The headers for programs declare these fields const: only the maker of a ring writes them. */
static void
set_field(const void *field, const void *value, size_t size)
{
	memcpy((void *)(uintptr_t)field, value, size);
}

#define SET(field, type, value)                          \
	do {                                             \
		type _value = (type)(value);             \
		set_field(&(field), &_value, sizeof(_value)); \
	} while (0)

static void
make_ring(struct netmap_if *nifp, size_t entry, size_t offset, size_t buffers, uint32_t *next_buf)
{
	struct netmap_ring *ring = (struct netmap_ring *)((char *)nifp + offset);
	uint32_t i;

	SET(nifp->ring_ofs[entry], ssize_t, offset);
	SET(ring->buf_ofs, int64_t, (int64_t)buffers - (int64_t)offset);
	SET(ring->num_slots, uint32_t, SLOTS);
	SET(ring->nr_buf_size, uint32_t, BUFFER_SIZE);
	for (i = 0; i < SLOTS; i++) {
		ring->slot[i].buf_idx = (*next_buf)++;
		ring->slot[i].len = BUFFER_SIZE;
	}
}

struct nmport_d *
null_device_open(int rings)
{
	size_t entries = 2 * ((size_t)rings + 1), i;
	size_t if_size = align_up(sizeof(struct netmap_if) + entries * sizeof(ssize_t));
	size_t ring_size = align_up(sizeof(struct netmap_ring) + SLOTS * sizeof(struct netmap_slot));
	size_t buffers = if_size + 2 * (size_t)rings * ring_size;
	size_t total = align_up(buffers + (2 * (size_t)rings * SLOTS + 2) * BUFFER_SIZE);
	struct nmport_d *port = calloc(1, sizeof(*port));
	struct netmap_if *nifp = aligned_alloc(ALIGNMENT, total);
	uint32_t next_buf = 2; /* 0 and 1 are reserved, as in the kernel */

	if (!port || !nifp) {
		free(port);
		free(nifp);
		return NULL;
	}
	memset(nifp, 0, total);
	SET(nifp->ni_tx_rings, uint32_t, rings);
	SET(nifp->ni_rx_rings, uint32_t, rings);
	SET(nifp->ni_host_tx_rings, uint32_t, 1);
	SET(nifp->ni_host_rx_rings, uint32_t, 1);
	for (i = 0; i < (size_t)rings; i++) {
		make_ring(nifp, i, if_size + i * ring_size, buffers, &next_buf);
		NETMAP_TXRING(nifp, i)->tail = SLOTS - 1;
		make_ring(nifp, (size_t)rings + 1 + i, if_size + ((size_t)rings + i) * ring_size,
			  buffers, &next_buf);
	}
	port->fd = -1;
	port->nifp = nifp;
	port->reg.nr_tx_rings = port->reg.nr_rx_rings = (uint16_t)rings;
	port->reg.nr_tx_slots = port->reg.nr_rx_slots = SLOTS;
	/* with several threads the first one has the first ring only, as on a netmap port */
	null_device_sync(port);
	return port;
}

void
null_device_close(struct nmport_d *port)
{
	free(port->nifp);
	free(port);
}

struct nmport_d *
null_device_clone(const struct nmport_d *port, int id)
{
	struct nmport_d *clone = malloc(sizeof(*clone));

	if (!clone)
		return NULL;
	*clone = *port;
	clone->first_tx_ring = clone->last_tx_ring = clone->cur_tx_ring = (uint16_t)id;
	clone->first_rx_ring = clone->last_rx_ring = clone->cur_rx_ring = (uint16_t)id;
	null_device_sync(clone);
	return clone;
}

int
null_device_sync(struct nmport_d *port)
{
	struct netmap_ring *ring = NETMAP_TXRING(port->nifp, port->first_tx_ring);
	uint32_t i;

	/* as a driver does when it takes a slot */
	for (i = nm_ring_next(ring, ring->tail); i != ring->head; i = nm_ring_next(ring, i))
		if (ring->slot[i].flags & (NS_BUF_CHANGED | NS_REPORT))
			ring->slot[i].flags &= (uint16_t)~(NS_BUF_CHANGED | NS_REPORT);
	ring->tail = ring->head ? ring->head - 1 : ring->num_slots - 1;
	return 0;
}
