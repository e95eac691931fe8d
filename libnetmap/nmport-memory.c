// SPDX-License-Identifier: BSD-2-Clause
/* The mapping of a port's region, shared by all ports of a context, and what is found in it. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include "nmport-internal.h"

/* The region with this id, or a new one: mapped, in the list, refcount 0. Called with the lock. */
static struct nmem_d *
find_or_map(struct nmport_d *d)
{
	struct nmctx *ctx = d->ctx;
	struct nmem_d *m;

	for (m = ctx->mem_descs; m; m = m->next)
		if (m->mem_id == d->reg.nr_mem_id)
			return m;
	m = nmctx_malloc(ctx, sizeof(*m));
	if (!m) {
		errno = ENOMEM;
		return NULL;
	}
	memset(m, 0, sizeof(*m));
	m->mem_id = d->reg.nr_mem_id;
	if (d->extmem) {
		m->mem = (void *)(uintptr_t)d->extmem->nro_usrptr;
		m->size = d->extmem->nro_info.nr_memsize;
		m->is_extmem = 1;
	} else {
		m->size = d->reg.nr_memsize;
		m->mem = mmap(NULL, m->size, PROT_READ | PROT_WRITE, MAP_SHARED, d->fd, 0);
		if (m->mem == MAP_FAILED) {
			int error = errno;

			nmctx_free(ctx, m);
			errno = error;
			return NULL;
		}
	}
	m->next = ctx->mem_descs;
	if (m->next)
		m->next->prev = m;
	ctx->mem_descs = m;
	return m;
}

/* Drops one user of the region; the last one unmaps it. */
static void
put_region(struct nmctx *ctx, struct nmem_d *m)
{
	nmctx_lock(ctx);
	if (--m->refcount == 0) {
		if (m->prev)
			m->prev->next = m->next;
		else
			ctx->mem_descs = m->next;
		if (m->next)
			m->next->prev = m->prev;
		/* extmem is the user's, or is unmapped with the file it came from */
		if (!m->is_extmem)
			munmap(m->mem, m->size);
		nmctx_free(ctx, m);
	}
	nmctx_unlock(ctx);
}

/*
 * The contiguous run of bound rings (non-zero offset) among total ones. None: first = total,
 * last = total - 1, which is below first (also when total is 0 and last wraps, nothing else has
 * 0xffff).
 */
static void
find_bound(const struct netmap_if *nifp, uint32_t base, uint32_t total, uint16_t *first,
	   uint16_t *last)
{
	uint32_t i = 0;

	while (i < total && !nifp->ring_ofs[base + i])
		i++;
	*first = (uint16_t)i;
	while (i < total && nifp->ring_ofs[base + i])
		i++;
	*last = (uint16_t)(i - 1);
}

int
nmport_mmap(struct nmport_d *d)
{
	struct nmem_d *m;
	uint32_t tx, rx;
	int error;

	if (d->mmap_done || !d->register_done) {
		nmctx_ferror(d->ctx, "%s: %s", d->hdr.nr_name,
			     d->mmap_done ? "already mapped" : "cannot map an unregistered port");
		errno = EINVAL;
		return -1;
	}
	nmctx_lock(d->ctx);
	m = find_or_map(d);
	error = errno;
	if (m)
		m->refcount++;
	nmctx_unlock(d->ctx);
	if (!m) {
		nmctx_ferror(d->ctx, "%s: cannot map memory: %s", d->hdr.nr_name, strerror(error));
		errno = error;
		return -1;
	}
	d->mem = m;
	d->nifp = NETMAP_IF(m->mem, d->reg.nr_offset);
	tx = d->reg.nr_tx_rings + d->nifp->ni_host_tx_rings;
	rx = d->reg.nr_rx_rings + d->nifp->ni_host_rx_rings;
	find_bound(d->nifp, 0, tx, &d->first_tx_ring, &d->last_tx_ring);
	find_bound(d->nifp, tx, rx, &d->first_rx_ring, &d->last_rx_ring);
	d->cur_tx_ring = d->first_tx_ring;
	d->cur_rx_ring = d->first_rx_ring;
	d->mmap_done = 1;
	return 0;
}

void
nmport_undo_mmap(struct nmport_d *d)
{
	if (!d->mem)
		return;
	put_region(d->ctx, d->mem);
	d->mem = NULL;
	d->mmap_done = 0;
	d->nifp = NULL;
	d->first_tx_ring = d->last_tx_ring = d->cur_tx_ring = 0;
	d->first_rx_ring = d->last_rx_ring = d->cur_rx_ring = 0;
}

/* Whether the free slots of the ring hold size bytes; *slots = how many are needed (at least 1). */
static int
has_room(struct netmap_ring *ring, size_t size, uint32_t *slots)
{
	uint32_t i = ring->head;
	size_t room = 0;

	*slots = 0;
	do {
		if (i == ring->tail)
			return 0;
		room += ring->nr_buf_size - NETMAP_ROFFSET(ring, &ring->slot[i]);
		i = nm_ring_next(ring, i);
		(*slots)++;
	} while (room < size);
	return 1;
}

static void
put_packet(struct netmap_ring *ring, const char *data, size_t size, uint32_t slots)
{
	uint32_t i = ring->head;

	for (; slots > 0; slots--, i = nm_ring_next(ring, i)) {
		struct netmap_slot *slot = &ring->slot[i];
		size_t chunk = ring->nr_buf_size - NETMAP_ROFFSET(ring, slot);

		chunk = size < chunk ? size : chunk;
		if (chunk)
			nm_pkt_copy(data, NETMAP_BUF_OFFSET(ring, slot), (int)chunk);
		data += chunk;
		size -= chunk;
		slot->len = (uint16_t)chunk;
		slot->flags = slots > 1 ? NS_MOREFRAG : 0;
	}
	ring->head = ring->cur = i;
}

int
nmport_inject(struct nmport_d *d, const void *buf, size_t size)
{
	unsigned int tried, ri = d->cur_tx_ring;
	unsigned int rings = (uint16_t)(d->last_tx_ring - d->first_tx_ring + 1);

	for (tried = 0; tried < rings; tried++, ri++) {
		struct netmap_ring *ring;
		uint32_t slots;

		if (ri > d->last_tx_ring)
			ri = d->first_tx_ring;
		ring = NETMAP_TXRING(d->nifp, ri);
		if (!has_room(ring, size, &slots))
			continue;
		put_packet(ring, buf, size, slots);
		d->cur_tx_ring = (uint16_t)ri;
		return (int)size;
	}
	return 0;
}
