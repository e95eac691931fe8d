// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * What programs find in a region: their netmap_if, rings with buffers in the
 * slots, and lists of extra buffers.
 */
#include <linux/export.h>

#include "mem.h"

/* Fills n slots with buffers, all or nothing. */
static int nm_slots_fill(struct nm_pool *pool, struct netmap_slot __nmshared *slot,
			 u32 n)
{
	u32 i;

	if (pool->num_free < n)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		nm_store(&slot[i].buf_idx, nm_pool_get(pool));
		nm_slot_fill(&slot[i], pool->objsize, 0);
		nm_store(&slot[i].ptr, 0);
	}
	return 0;
}

static void nm_slots_free(struct nm_pool *pool, struct netmap_slot __nmshared *slot,
			  u32 n)
{
	u32 i, idx;

	for (i = 0; i < n; i++) {
		idx = nm_load(&slot[i].buf_idx);
		nm_store(&slot[i].buf_idx, 0);
		/* user space can write anything here, also duplicates */
		if (idx >= NM_RESERVED_BUFS)
			nm_pool_put(pool, idx);
	}
}

static void nm_ring_init(struct netmap_ring __nmshared *ring,
			 const struct netmap_kring *kring, u32 buf_size, s64 buf_ofs)
{
	u32 n = kring->nkr_num_slots;

	/* nothing of the previous owner may show, nor what it left in flags */
	nm_shared_zero(ring, nm_shared_size(ring, slot, n));
	nm_store_fixed(&ring->num_slots, n);
	nm_store_fixed(&ring->buf_ofs, buf_ofs);
	nm_store_fixed(&ring->nr_buf_size, buf_size);
	nm_store_fixed(&ring->ringid, kring->ring_id);
	nm_store_fixed(&ring->dir, kring->tx);
	nm_store(&ring->head, kring->rhead);
	nm_store(&ring->cur, kring->rcur);
	nm_store(&ring->tail, kring->rtail);
}

static int nm_ring_create(struct netmap_mem_d *mem, struct netmap_kring *kring)
{
	struct nm_pool *bufs = &mem->pools[NM_POOL_BUF];
	struct nm_pool *pool = &mem->pools[NM_POOL_RING];
	struct netmap_ring __nmshared *ring;
	u32 n = kring->nkr_num_slots;
	int i;

	if (nm_shared_size(ring, slot, n) > pool->objsize) {
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
	ring = nm_pool_shared(pool, i);
	nm_ring_init(ring, kring, bufs->objsize,
		     nm_pool_start(mem, NM_POOL_BUF) -
		     nm_pool_offset(mem, NM_POOL_RING, i));
	if (!(kring->nr_kflags & NKR_FAKERING) &&
	    nm_slots_fill(bufs, &ring->slot[0], n)) {
		pr_err("%s: no %u buffers left\n", kring->name, n);
		nm_pool_put(pool, i);
		return -ENOMEM;
	}
	nm_kring_share(kring, ring);
	return 0;
}

static void nm_ring_delete(struct netmap_mem_d *mem, struct netmap_kring *kring)
{
	struct nm_pool *pool = &mem->pools[NM_POOL_RING];
	struct netmap_ring __nmshared *ring = nm_kring_shared(kring);

	if (!(kring->nr_kflags & NKR_FAKERING))
		nm_slots_free(&mem->pools[NM_POOL_BUF], nm_kring_slots(kring),
			      kring->nkr_num_slots);
	nm_kring_share(kring, NULL);
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

			if (!nm_kring_shared(kring) && nm_kring_wants_ring(kring))
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

			if (nm_kring_shared(kring) && !nm_kring_wants_ring(kring))
				nm_ring_delete(mem, kring);
		}
	mutex_unlock(&mem->lock);
}
EXPORT_SYMBOL(netmap_mem_rings_delete);

/* Offsets of the rings of one direction that the descriptor is bound to. */
static void nm_if_ring_offsets(struct netmap_mem_d *mem,
			       struct netmap_if __nmshared *nifp, u32 first,
			       struct netmap_adapter *na,
			       struct netmap_priv_d *priv, enum txrx t)
{
	struct nm_pool *pool = &mem->pools[NM_POOL_RING];
	u64 base = nm_pool_offset(mem, NM_POOL_IF,
				  nm_pool_index(&mem->pools[NM_POOL_IF], nifp));
	u32 i;

	for (i = priv->np_qfirst[t]; i < priv->np_qlast[t]; i++) {
		struct netmap_ring __nmshared *ring = nm_kring_shared(NMR(na, t)[i]);

		if (ring)
			nm_store_fixed(&nifp->ring_ofs[first + i],
				       nm_pool_offset(mem, NM_POOL_RING,
						      nm_pool_index(pool, ring)) - base);
	}
}

/*
 * The netmap_if of a descriptor, or NULL if no object (of its size) is left.
 * A region of the host has one for each port, made by the host.
 */
struct netmap_if __nmshared *nm_mem_if_create(struct netmap_adapter *na,
					      struct netmap_priv_d *priv)
{
	struct netmap_mem_d *mem = na->nm_mem;
	struct nm_pool *pool = &mem->pools[NM_POOL_IF];
	u32 tx = netmap_all_rings(na, NR_TX), rx = netmap_all_rings(na, NR_RX);
	struct netmap_if __nmshared *nifp = NULL;
	size_t size = nm_shared_size(nifp, ring_ofs, tx + rx);
	char name[sizeof(nifp->ni_name)] = {};
	int i;

	if (mem->guest)
		return nm_shared_of(na->na_nifp);
	mutex_lock(&mem->lock);
	if (size > pool->objsize)
		goto out;
	i = nm_pool_get(pool);
	if (i < 0)
		goto out;
	nifp = nm_pool_shared(pool, i);
	nm_shared_zero(nifp, size);
	strscpy(name, na->name, sizeof(name));
	nm_shared_write(&nifp->ni_name, name, sizeof(name));
	nm_store_fixed(&nifp->ni_tx_rings, na->num_tx_rings);
	nm_store_fixed(&nifp->ni_rx_rings, na->num_rx_rings);
	nm_store_fixed(&nifp->ni_host_tx_rings, tx - na->num_tx_rings);
	nm_store_fixed(&nifp->ni_host_rx_rings, rx - na->num_rx_rings);
	if (mem->flags & NETMAP_MEM_PRIVATE)
		nm_store_fixed(&nifp->ni_flags, NI_PRIV_MEM);
	nm_if_ring_offsets(mem, nifp, 0, na, priv, NR_TX);
	nm_if_ring_offsets(mem, nifp, tx, na, priv, NR_RX);
out:
	mutex_unlock(&mem->lock);
	return nifp;
}

void nm_mem_if_delete(struct netmap_adapter *na, struct netmap_if __nmshared *nifp)
{
	struct nm_pool *pool = &na->nm_mem->pools[NM_POOL_IF];

	if (na->nm_mem->guest)
		return;
	mutex_lock(&na->nm_mem->lock);
	nm_pool_put(pool, nm_pool_index(pool, nifp));
	mutex_unlock(&na->nm_mem->lock);
}

u64 nm_mem_if_offset(struct netmap_mem_d *mem, struct netmap_if __nmshared *nifp)
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
u32 nm_mem_extra_create(struct netmap_adapter *na, struct netmap_if __nmshared *nifp,
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

		nm_store((u32 __nmshared *)nm_pool_shared(pool, idx), head);
		head = idx;
	}
	nm_store(&nifp->ni_bufs_head, head);
	mutex_unlock(&na->nm_mem->lock);
	return want;
}

/* Walks the list as the user left it; stops at the first buffer not taken. */
void nm_mem_extra_delete(struct netmap_adapter *na, struct netmap_if __nmshared *nifp)
{
	struct nm_pool *pool = &na->nm_mem->pools[NM_POOL_BUF];
	u32 __nmshared *link;
	u32 idx, next;

	if (na->nm_mem->guest)
		return;
	mutex_lock(&na->nm_mem->lock);
	for (idx = nm_load(&nifp->ni_bufs_head); idx >= NM_RESERVED_BUFS; idx = next) {
		if (idx >= pool->num_objs || !nm_pool_put(pool, idx)) {
			nm_prlim(5, "%s: extra buffer list has bad index %u",
				 na->name, idx);
			break;
		}
		link = nm_pool_shared(pool, idx);
		next = nm_load(link);
		nm_store(link, 0);
	}
	nm_store(&nifp->ni_bufs_head, 0);
	mutex_unlock(&na->nm_mem->lock);
}
