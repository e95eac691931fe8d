// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Forwarding of released RX slots (NS_FORWARD in a ring with NR_FORWARD): from
 * the NIC to the stack by copy, from the stack to the NIC by exchanging
 * buffers with free TX slots.
 */
#include <linux/module.h>
#include <linux/skbuff.h>

#include "core.h"
#include "ports/host/host.h"

static int fwd;
module_param(fwd, int, 0644);
MODULE_PARM_DESC(fwd, "Forward all released packets between NIC and stack");

static bool nm_forward_enabled(const struct netmap_kring *kring)
{
	return (READ_ONCE(fwd) ||
		nm_load(&nm_kring_shared(kring)->flags) & NR_FORWARD) &&
	       kring->na->na_flags & NAF_HOST_RINGS && kring->na->ifp;
}

/* Whether this slot, as it is now, is to be forwarded; the mark is taken off. */
static bool nm_forward_wanted(struct netmap_slot __nmshared *shared,
			      struct netmap_slot slot)
{
	if (!(slot.flags & NS_FORWARD) && !READ_ONCE(fwd))
		return false;
	nm_slot_clear(shared, slot, NS_FORWARD);
	return true;
}

/* Copies the packets that a NIC ring releases with this sync. */
static void nm_forward_up(struct netmap_kring *kring, struct sk_buff_head *up)
{
	u32 lim = kring->nkr_num_slots - 1, nm_i;

	for (nm_i = kring->nr_hwcur; nm_i != kring->rhead; nm_i = nm_next(nm_i, lim)) {
		struct netmap_slot __nmshared *shared = nm_kring_slot(kring, nm_i);
		struct netmap_slot slot = nm_slot_read(shared);
		struct sk_buff *skb;

		if (!nm_forward_wanted(shared, slot))
			continue;
		skb = nm_host_build(kring, slot);
		if (IS_ERR(skb))
			break;
		if (skb)
			__skb_queue_tail(up, skb);
	}
}

/*
 * Puts a packet, the slot as it was read, into a free slot of a TX ring. False
 * if there is none.
 */
static bool nm_forward_to_ring(struct netmap_kring *tx, struct netmap_slot slot,
			       struct netmap_slot __nmshared *from)
{
	struct netmap_ring __nmshared *ring = nm_kring_shared(tx);
	struct netmap_slot __nmshared *to;
	u32 n = tx->nkr_num_slots, head, idx;

	if (!ring || tx->nr_mode != NKR_NETMAP_ON)
		return false;
	head = nm_load(&ring->head);
	/* a position that the next sync would refuse gets no packets */
	if (head >= n || head == tx->rtail ||
	    (head + n - tx->rhead) % n > (tx->rtail + n - tx->rhead) % n)
		return false;
	to = nm_kring_slot(tx, head);
	idx = nm_load(&to->buf_idx);
	nm_store(&to->buf_idx, slot.buf_idx);
	nm_slot_fill(to, slot.len, NS_BUF_CHANGED);
	nm_store(&from->buf_idx, idx);
	nm_store(&from->flags, NS_BUF_CHANGED);
	head = nm_next(head, n - 1);
	nm_store(&ring->cur, head);
	nm_store(&ring->head, head);
	return true;
}

/*
 * Moves the packets that the first host ring releases with this sync to the
 * TX rings of the NIC, which the descriptor owns all. What finds no room is
 * lost. Returns whether something was moved.
 */
static bool nm_forward_down(struct netmap_kring *kring)
{
	struct netmap_adapter *na = kring->na;
	u32 lim = kring->nkr_num_slots - 1, nm_i, q = 0;
	bool moved = false;

	for (nm_i = kring->nr_hwcur; nm_i != kring->rhead; nm_i = nm_next(nm_i, lim)) {
		struct netmap_slot __nmshared *shared = nm_kring_slot(kring, nm_i);
		struct netmap_slot slot = nm_slot_read(shared);

		if (!nm_forward_wanted(shared, slot))
			continue;
		while (q < na->num_tx_rings &&
		       !nm_forward_to_ring(na->tx_rings[q], slot, shared))
			q++;
		if (q == na->num_tx_rings)
			break;
		moved = true;
	}
	return moved;
}

/**
 * nm_forward_collect() - take what is to be forwarded before an RX sync
 * @kring: the ring, locked, its positions valid
 * @flags: NAF_* of the sync
 * @up: collects packets for the stack
 *
 * Context: process.
 *
 * Return: whether TX rings of the NIC got packets, for their next sync
 */
bool nm_forward_collect(struct netmap_kring *kring, int flags,
			struct sk_buff_head *up)
{
	if (likely(!nm_forward_enabled(kring)))
		return false;
	if (kring->ring_id < kring->na->num_rx_rings)
		nm_forward_up(kring, up);
	else if (kring->ring_id == kring->na->num_rx_rings &&
		 flags & NAF_CAN_FORWARD_DOWN)
		return nm_forward_down(kring);
	return false;
}

/* Gives collected packets to the stack. The ring they came from is locked. */
void nm_forward_deliver(struct sk_buff_head *up)
{
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(up)))
		nm_netif_rx(skb);
}
