// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * The rings of a passthrough device: where they are in the memory of the
 * host, and the positions that guest and host tell each other in the CSB
 * arrays. The host is believed nothing that would lead out of its region.
 */
#include "ptnet.h"
#include "mem/mem.h"

/**
 * nm_ptnet_if() - the host's description of its port
 * @pn: the device, its region in use
 * @tx: set to the entries of TX rings, host rings included
 * @rx: likewise
 *
 * Programs can write to it: counts are read once and bounded.
 *
 * Return: the description, or NULL if it does not fit in the region, or has
 * fewer rings than the device
 */
struct netmap_if __nmshared *nm_ptnet_if(struct nm_ptnet *pn, u32 *tx, u32 *rx)
{
	u64 ofs = ioread32(pn->regs + PTNET_IO_NIFP_OFS);
	struct netmap_if __nmshared *nifp = nm_guest_mem_at(pn->mem, ofs, sizeof(*nifp));
	u32 rings;

	if (!nifp)
		goto bad;
	*tx = pn->num[NR_TX] + nm_load(&nifp->ni_host_tx_rings);
	*rx = pn->num[NR_RX] + nm_load(&nifp->ni_host_rx_rings);
	rings = pn->mem->pools[NM_POOL_RING].objtotal;
	if (nm_load(&nifp->ni_tx_rings) == pn->num[NR_TX] &&
	    nm_load(&nifp->ni_rx_rings) == pn->num[NR_RX] &&
	    *tx <= rings && *rx <= rings &&
	    *tx > pn->num[NR_TX] && *rx > pn->num[NR_RX] &&
	    nm_guest_mem_at(pn->mem, ofs, nm_shared_size(nifp, ring_ofs, *tx + *rx)))
		return nifp;
bad:
	nm_prlim(2, "%s: the host's description at %llu is not that of its rings",
		 pci_name(pn->pdev), ofs);
	return NULL;
}

/**
 * nm_ptnet_shared_ring() - a ring in the memory of the host
 * @pn: the device, its region in use
 * @t: direction
 * @i: index; host rings follow the others
 *
 * Return: the ring, all its slots in the region; NULL if the host offers none
 */
struct netmap_ring __nmshared *nm_ptnet_shared_ring(struct nm_ptnet *pn, enum txrx t,
						    u32 i)
{
	u32 tx, rx, slots = pn->slots[t];
	struct netmap_ring __nmshared *ring;
	struct netmap_if __nmshared *nifp = nm_ptnet_if(pn, &tx, &rx);
	s64 ofs;

	if (!nifp || i >= (t == NR_TX ? tx : rx))
		return NULL;
	ofs = nm_load(&nifp->ring_ofs[t == NR_TX ? i : tx + i]);
	if (!ofs)
		return NULL;
	ring = nm_guest_mem_at(pn->mem, nm_guest_mem_offset(pn->mem, nifp) + ofs,
			       nm_shared_size(ring, slot, slots));
	if (ring && nm_load(&ring->num_slots) == slots)
		return ring;
	nm_prlim(2, "%s: the host's %s ring %u is not where it says",
		 pci_name(pn->pdev), nm_txrx2str(t), i);
	return NULL;
}

/**
 * nm_ptnet_load() - take over the positions that the host starts with
 * @r: the ring
 *
 * Return: false if they are impossible
 */
bool nm_ptnet_load(struct nm_ptnet_ring *r)
{
	u32 to_head, to_tail;

	r->head = nm_load(&r->atok->head);
	r->hwcur = nm_load(&r->ktoa->hwcur);
	r->hwtail = nm_load(&r->ktoa->hwtail);
	if (r->head > r->lim || r->hwcur > r->lim || r->hwtail > r->lim)
		return false;
	to_head = nm_ptnet_distance(r->hwcur, r->head, r->lim);
	to_tail = nm_ptnet_distance(r->hwcur, r->hwtail, r->lim);
	return to_head <= to_tail;
}

/**
 * nm_ptnet_look() - what has the host done?
 * @r: the ring
 * @head: what was pushed to the host
 * @hwcur: the last known position, and the new one
 * @hwtail: likewise
 *
 * Positions move forward only: hwcur up to head, hwtail up to the slot before
 * hwcur.
 *
 * Return: false, and the positions are left alone, if the host's are others
 */
bool nm_ptnet_look(struct nm_ptnet_ring *r, u32 head, u32 *hwcur, u32 *hwtail)
{
	u32 cur, tail, lim = r->lim;

	nm_sync_kloop_appl_read(nm_shared_bytes(r->ktoa), &tail, &cur);
	if (likely(cur <= lim && tail <= lim &&
		   nm_ptnet_distance(*hwcur, cur, lim) <=
			   nm_ptnet_distance(*hwcur, head, lim) &&
		   nm_ptnet_distance(cur, *hwtail, lim) <=
			   nm_ptnet_distance(cur, tail, lim))) {
		*hwcur = cur;
		*hwtail = tail;
		return true;
	}
	nm_prlim(2, "%s: impossible positions of the host, hwcur %u hwtail %u after %u %u, head %u",
		 r->name, cur, tail, *hwcur, *hwtail, head);
	return false;
}

void nm_ptnet_push(struct nm_ptnet_ring *r, u32 cur, u32 head)
{
	nm_sync_kloop_appl_write(nm_shared_bytes(r->atok), cur, head);
}

/* Wakes the host, if it wants that. */
void nm_ptnet_kick(struct nm_ptnet_ring *r, bool always)
{
	/* pairs with the host, which looks again after asking for a kick */
	smp_mb();
	if (always || nm_load(&r->ktoa->kern_need_kick))
		iowrite32(0, r->kick);
}

/* Asks the host for an interrupt; the caller then looks once more. */
void nm_ptnet_want_irq(struct nm_ptnet_ring *r, bool on)
{
	nm_store(&r->atok->appl_need_kick, on);
	if (on)
		/* pairs with the host, which looks at it after moving */
		smp_mb();
}
