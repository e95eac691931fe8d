// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Packets between a NIC and the switch that it is a port of: notifications of
 * the NIC's RX rings forward, senders on the switch push its TX rings.
 */
#include "nic.h"

/* Rounds of an interrupt before the driver gets a turn. */
#define NM_BWRAP_ROUNDS 4

/* Rounds of sending what others leave behind, and the same again. */
#define NM_BWRAP_PUSHES 16

/*
 * Ports that are wrapped on a second switch forward within the forwarding of
 * the first, and each of its rounds within each of the first. Nothing forbids a
 * tangle of switches, so the depth is limited, and so are the rounds of all of
 * them together: what is left then waits for the next packet. Preemption is off
 * meanwhile: no wrapper sleeps.
 */
#define NM_BWRAP_DEPTH 6
#define NM_BWRAP_BUDGET 512

struct nm_bwrap_nest {
	u32 depth;
	u32 budget; /* rounds that are left to the outermost and all within */
};

static DEFINE_PER_CPU(struct nm_bwrap_nest, nm_bwrap_nest);

static void nm_bwrap_exit(void)
{
	__this_cpu_dec(nm_bwrap_nest.depth);
	preempt_enable();
}

static bool nm_bwrap_enter(void)
{
	u32 depth;

	preempt_disable();
	depth = __this_cpu_inc_return(nm_bwrap_nest.depth);
	if (depth == 1)
		__this_cpu_write(nm_bwrap_nest.budget, NM_BWRAP_BUDGET);
	if (likely(depth <= NM_BWRAP_DEPTH && __this_cpu_read(nm_bwrap_nest.budget)))
		return true;
	nm_bwrap_exit();
	return false;
}

/* Takes one round off the budget. False: that was the last. */
static bool nm_bwrap_round(void)
{
	u32 budget = __this_cpu_read(nm_bwrap_nest.budget);

	if (budget)
		__this_cpu_write(nm_bwrap_nest.budget, budget - 1);
	return budget > 1;
}

/* Ring of the NIC that a ring of the wrapper stands for. */
struct netmap_kring *nm_bwrap_hwring(struct netmap_kring *kring)
{
	struct nm_bwrap *b = nm_bwrap_of(kring->na);
	enum txrx t = nm_txrx_swap(kring->tx);
	u32 first = kring->na == &b->host.up ? nma_get_nrings(b->hwna, t) : 0;

	return NMR(b->hwna, t)[first + kring->ring_id];
}

/*
 * Sends what is in the TX ring of the NIC. A thread that finds the ring busy
 * leaves its packets to the holder, which looks again after it unlocks.
 */
int nm_bwrap_push(struct netmap_kring *kring, int flags)
{
	struct netmap_kring *hw = nm_bwrap_hwring(kring);
	u32 tail, lim = hw->nkr_num_slots - 1, rounds = NM_BWRAP_PUSHES;

	if (!nm_bwrap_enter())
		return NM_IRQ_COMPLETED;
	do {
		if (nm_kring_tryget(hw, false))
			break;
		/* pairs with nm_lease_publish(): the slots are filled */
		tail = smp_load_acquire(&kring->nr_hwtail);
		hw->rhead = tail;
		hw->rcur = tail;
		hw->nm_sync(hw, flags);
		hw->rtail = hw->nr_hwtail;
		/* what the NIC has sent may be filled again */
		smp_store_release(&kring->nr_hwcur, nm_next(hw->nr_hwtail, lim));
		nm_kring_put(hw);
		/* unlock, then look: a thread that found it locked has published */
		smp_mb();
	} while (nm_bwrap_round() && READ_ONCE(kring->nr_hwtail) != tail && --rounds);
	nm_bwrap_exit();
	return NM_IRQ_COMPLETED;
}

/* One round: takes packets from the locked ring. True if there are more. */
static bool nm_bwrap_pull(struct netmap_vp_adapter *vp, struct netmap_kring *kring,
			  struct nm_batch *batch)
{
	kring->nm_sync(kring, NAF_FORCE_READ);
	if (kring->rhead != kring->nr_hwtail) {
		kring->rhead = nm_vale_forward(vp, kring, batch, kring->rhead,
					       kring->nr_hwtail,
					       NM_SYNC_ATOMIC);
		kring->rcur = kring->rhead;
		/* gives the buffers back, and looks for more */
		kring->nm_sync(kring, NAF_FORCE_READ);
	}
	kring->rtail = kring->nr_hwtail;
	return kring->rhead != kring->nr_hwtail;
}

/**
 * nm_bwrap_intr() - notification of an RX ring of an attached NIC
 * @kring: ring of the NIC, or a host ring
 * @flags: unused
 *
 * Context: any that the driver notifies in, RCU read lock held.
 *
 * Return: NM_IRQ_RESCHED if packets are left, else NM_IRQ_COMPLETED
 */
int nm_bwrap_intr(struct netmap_kring *kring, int flags)
{
	struct netmap_vp_adapter *vp = READ_ONCE(kring->na->na_vp);
	u32 i = kring->ring_id, rounds = NM_BWRAP_ROUNDS;
	struct netmap_kring *mine;
	bool more = false;

	if (!vp)
		return NM_IRQ_COMPLETED;
	if (i >= kring->na->num_rx_rings) {
		i -= kring->na->num_rx_rings;
		vp = &nm_bwrap_of(&vp->up)->host;
	}
	if (!nm_bwrap_enter())
		return NM_IRQ_COMPLETED;
	if (!nm_kring_tryget(kring, false)) {
		mine = vp->up.tx_rings[i];
		do {
			more = nm_bwrap_pull(vp, kring, mine->nkr_batch);
		} while (nm_bwrap_round() && more && --rounds);
		nm_kring_put(kring);
	}
	nm_bwrap_exit();
	return more ? NM_IRQ_RESCHED : NM_IRQ_COMPLETED;
}
