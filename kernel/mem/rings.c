// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * What programs find in a region: their netmap_if, rings with buffers in the
 * slots, and lists of extra buffers.
 */
#include <linux/export.h>

#include "mem.h"

/* Fills n slots with buffers, all or nothing. */
static int nm_slots_fill(struct nm_pool *pool, struct netmap_slot *slot, u32 n)
{
	u32 i;

	if (pool->num_free < n)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		slot[i].buf_idx = nm_pool_get(pool);
		slot[i].len = pool->objsize;
		slot[i].flags = 0;
		slot[i].ptr = 0;
	}
	return 0;
}

static void nm_slots_free(struct nm_pool *pool, struct netmap_slot *slot, u32 n)
{
	u32 i, idx;

	for (i = 0; i < n; i++) {
		idx = READ_ONCE(slot[i].buf_idx);
		slot[i].buf_idx = 0;
		/* user space can write anything here, also duplicates */
		if (idx >= NM_RESERVED_BUFS)
			nm_pool_put(pool, idx);
	}
}

static int nm_ring_create(struct netmap_mem_d *mem, struct netmap_kring *kring)
{
	struct nm_pool *bufs = &mem->pools[NM_POOL_BUF];
	struct nm_pool *pool = &mem->pools[NM_POOL_RING];
	u32 n = kring->nkr_num_slots;
	struct netmap_ring *ring;
	int i;

	if (struct_size(ring, slot, n) > pool->objsize) {
		pr_err("%s: %u slots do not fit in ring objects of %u bytes\n",
		       kring->name, n, pool->objsize);
		return -ENOMEM;
	}
	if (mem->guest) {
		pr_err("%s: the region belongs to the host, which has no such ring\n",
		       kring->name);
		return -ENOMEM;
	}
	i = nm_pool_get(pool);
	if (i < 0) {
		pr_err("%s: no ring object left\n", kring->name);
		return i;
	}
	ring = pool->lut[i];
	/* nothing of the previous owner may show, nor what he left in flags */
	memset(ring, 0, struct_size(ring, slot, n));
	*(u32 *)&ring->num_slots = n;
	*(s64 *)&ring->buf_ofs = nm_pool_start(mem, NM_POOL_BUF) -
				 nm_pool_offset(mem, NM_POOL_RING, i);
	*(u32 *)&ring->nr_buf_size = bufs->objsize;
	*(u16 *)&ring->ringid = kring->ring_id;
	*(u16 *)&ring->dir = kring->tx;
	ring->head = kring->rhead;
	ring->cur = kring->rcur;
	ring->tail = kring->rtail;
	if (!(kring->nr_kflags & NKR_FAKERING) &&
	    nm_slots_fill(bufs, ring->slot, n)) {
		pr_err("%s: no %u buffers left\n", kring->name, n);
		nm_pool_put(pool, i);
		return -ENOMEM;
	}
	kring->ring = ring;
	return 0;
}

static void nm_ring_delete(struct netmap_mem_d *mem, struct netmap_kring *kring)
{
	struct nm_pool *pool = &mem->pools[NM_POOL_RING];
	struct netmap_ring *ring = kring->ring;

	if (!(kring->nr_kflags & NKR_FAKERING))
		nm_slots_free(&mem->pools[NM_POOL_BUF], ring->slot,
			      kring->nkr_num_slots);
	kring->ring = NULL;
	nm_pool_put(pool, nm_pool_index(pool, ring));
}

static bool nm_kring_wants_ring(const struct netmap_kring *kring)
{
	return kring->users > 0 || kring->nr_kflags & NKR_NEEDRING;
}

/**
 * netmap_mem_rings_create() - allocate the rings that are in use
 * @na: adapter with krings
 *
 * Every kring with users, or with NKR_NEEDRING, gets a shared ring, and
 * buffers unless it is NKR_FAKERING. Context: process, nm_global_lock held.
 *
 * Return: 0 or -ENOMEM; rings made before the failure stay, and
 * netmap_mem_rings_delete() frees those without users.
 */
int netmap_mem_rings_create(struct netmap_adapter *na)
{
	struct netmap_mem_d *mem = na->nm_mem;
	enum txrx t;
	int error = 0;
	u32 i;

	mutex_lock(&mem->lock);
	for_rx_tx(t)
		for (i = 0; i < netmap_all_rings(na, t) && !error; i++) {
			struct netmap_kring *kring = NMR(na, t)[i];

			if (!kring->ring && nm_kring_wants_ring(kring))
				error = nm_ring_create(mem, kring);
		}
	mutex_unlock(&mem->lock);
	return error;
}
EXPORT_SYMBOL(netmap_mem_rings_create);

/**
 * netmap_mem_rings_delete() - free the rings that are not in use
 * @na: adapter with krings
 *
 * The counterpart of netmap_mem_rings_create(), same context.
 */
void netmap_mem_rings_delete(struct netmap_adapter *na)
{
	struct netmap_mem_d *mem = na->nm_mem;
	enum txrx t;
	u32 i;

	if (mem->guest)
		return;
	mutex_lock(&mem->lock);
	for_rx_tx(t)
		for (i = 0; i < netmap_all_rings(na, t); i++) {
			struct netmap_kring *kring = NMR(na, t)[i];

			if (kring->ring && !nm_kring_wants_ring(kring))
				nm_ring_delete(mem, kring);
		}
	mutex_unlock(&mem->lock);
}
EXPORT_SYMBOL(netmap_mem_rings_delete);

/* Offsets of the rings of one direction that the descriptor is bound to. */
static void nm_if_ring_offsets(struct netmap_mem_d *mem, struct netmap_if *nifp,
			       ssize_t *ofs, struct netmap_adapter *na,
			       struct netmap_priv_d *priv, enum txrx t)
{
	struct nm_pool *pool = &mem->pools[NM_POOL_RING];
	u64 base = nm_pool_offset(mem, NM_POOL_IF,
				  nm_pool_index(&mem->pools[NM_POOL_IF], nifp));
	u32 i;

	for (i = priv->np_qfirst[t]; i < priv->np_qlast[t]; i++) {
		struct netmap_ring *ring = NMR(na, t)[i]->ring;

		if (ring)
			ofs[i] = nm_pool_offset(mem, NM_POOL_RING,
						nm_pool_index(pool, ring)) - base;
	}
}

/*
 * The netmap_if of a descriptor, or NULL if no object (of its size) is left.
 * A region of the host has one for each port, made by the host.
 */
struct netmap_if *nm_mem_if_create(struct netmap_adapter *na,
				   struct netmap_priv_d *priv)
{
	struct netmap_mem_d *mem = na->nm_mem;
	struct nm_pool *pool = &mem->pools[NM_POOL_IF];
	u32 tx = netmap_all_rings(na, NR_TX), rx = netmap_all_rings(na, NR_RX);
	struct netmap_if *nifp = NULL;
	size_t size = struct_size(nifp, ring_ofs, tx + rx);
	int i;

	if (mem->guest)
		return na->na_nifp;
	mutex_lock(&mem->lock);
	if (size > pool->objsize)
		goto out;
	i = nm_pool_get(pool);
	if (i < 0)
		goto out;
	nifp = pool->lut[i];
	memset(nifp, 0, size);
	strscpy(nifp->ni_name, na->name, sizeof(nifp->ni_name));
	*(u32 *)&nifp->ni_tx_rings = na->num_tx_rings;
	*(u32 *)&nifp->ni_rx_rings = na->num_rx_rings;
	*(u32 *)&nifp->ni_host_tx_rings = tx - na->num_tx_rings;
	*(u32 *)&nifp->ni_host_rx_rings = rx - na->num_rx_rings;
	if (mem->flags & NETMAP_MEM_PRIVATE)
		*(u32 *)&nifp->ni_flags = NI_PRIV_MEM;
	nm_if_ring_offsets(mem, nifp, (ssize_t *)nifp->ring_ofs, na, priv, NR_TX);
	nm_if_ring_offsets(mem, nifp, (ssize_t *)nifp->ring_ofs + tx, na, priv,
			   NR_RX);
out:
	mutex_unlock(&mem->lock);
	return nifp;
}

void nm_mem_if_delete(struct netmap_adapter *na, struct netmap_if *nifp)
{
	struct nm_pool *pool = &na->nm_mem->pools[NM_POOL_IF];

	if (na->nm_mem->guest)
		return;
	mutex_lock(&na->nm_mem->lock);
	nm_pool_put(pool, nm_pool_index(pool, nifp));
	mutex_unlock(&na->nm_mem->lock);
}

u64 nm_mem_if_offset(struct netmap_mem_d *mem, struct netmap_if *nifp)
{
	if (mem->guest)
		return nm_guest_mem_offset(mem, nifp);
	return nm_pool_offset(mem, NM_POOL_IF,
			      nm_pool_index(&mem->pools[NM_POOL_IF], nifp));
}

/*
 * Extra buffers: a list through their first 32 bits, built last in first
 * out. Returns how many were granted.
 */
u32 nm_mem_extra_create(struct netmap_adapter *na, struct netmap_if *nifp,
			u32 want)
{
	struct nm_pool *pool = &na->nm_mem->pools[NM_POOL_BUF];
	u32 i, head = 0;

	if (na->nm_mem->guest)
		return 0;
	mutex_lock(&na->nm_mem->lock);
	want = min(want, pool->num_free);
	for (i = 0; i < want; i++) {
		u32 idx = nm_pool_get(pool);

		*(u32 *)pool->lut[idx] = head;
		head = idx;
	}
	nifp->ni_bufs_head = head;
	mutex_unlock(&na->nm_mem->lock);
	return want;
}

/* Walks the list as the user left it; stops at the first buffer not taken. */
void nm_mem_extra_delete(struct netmap_adapter *na, struct netmap_if *nifp)
{
	struct nm_pool *pool = &na->nm_mem->pools[NM_POOL_BUF];
	u32 idx, next;

	if (na->nm_mem->guest)
		return;
	mutex_lock(&na->nm_mem->lock);
	for (idx = READ_ONCE(nifp->ni_bufs_head); idx >= NM_RESERVED_BUFS; idx = next) {
		if (idx >= pool->num_objs || !nm_pool_put(pool, idx)) {
			nm_prlim(5, "%s: extra buffer list has bad index %u",
				 na->name, idx);
			break;
		}
		next = READ_ONCE(*(u32 *)pool->lut[idx]);
		*(u32 *)pool->lut[idx] = 0;
	}
	nifp->ni_bufs_head = 0;
	mutex_unlock(&na->nm_mem->lock);
}
