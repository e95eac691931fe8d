// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Packets into one RX ring. Several senders fill a ring at the same time:
 * each takes a lease of consecutive slots, fills them without a lock, and
 * publishes them when all earlier leases are published. nm_switch.lock is
 * held for reading throughout.
 */
#include "core/copy.h"
#include "batch.h"

/*
 * Leases
 */

static u32 nm_lease_room(struct netmap_kring *kring)
{
	/* pairs with nm_vp_rxsync(): what was released may be overwritten */
	int room = smp_load_acquire(&kring->nr_hwcur) - kring->nkr_hwlease - 1;

	return room < 0 ? room + kring->nkr_num_slots : room;
}

/* Takes up to want slots. Returns how many; *start is the first. */
static u32 nm_lease_take(struct netmap_kring *kring, u32 want, u32 *start)
{
	unsigned long flags;
	u32 granted = 0;

	spin_lock_irqsave(&kring->q_lock, flags);
	if (likely(!READ_ONCE(kring->nr_stop))) {
		granted = min(want, nm_lease_room(kring));
		*start = kring->nkr_hwlease;
		kring->nkr_hwlease = nm_circular(*start + granted,
						 kring->nkr_num_slots);
	}
	spin_unlock_irqrestore(&kring->q_lock, flags);
	return granted;
}

/* Later leases wait for this one, so what is left of it becomes empty slots. */
static void nm_lease_void(struct netmap_kring *kring, u32 from, u32 to)
{
	u32 lim = kring->nkr_num_slots - 1;

	for (; from != to; from = nm_next(from, lim))
		nm_slot_fill(nm_kring_slot(kring, from), 0, 0);
}

/*
 * Gives the lease [start, end) back, filled up to used. True if the reader
 * has something new.
 */
static bool nm_lease_publish(struct netmap_kring *kring, u32 start, u32 used,
			     u32 end)
{
	unsigned long flags;
	bool news = false;

	spin_lock_irqsave(&kring->q_lock, flags);
	if (unlikely(used != end)) {
		if (kring->nkr_hwlease == end) {
			kring->nkr_hwlease = used;
			end = used;
		} else {
			nm_lease_void(kring, used, end);
		}
	}
	if (unlikely(start == end))
		goto out;
	if (unlikely(kring->nr_hwtail != start)) {
		kring->nkr_leases[start] = end;
		goto out;
	}
	while (unlikely(kring->nkr_leases[end] != NR_NOSLOT)) {
		start = end;
		end = kring->nkr_leases[start];
		kring->nkr_leases[start] = NR_NOSLOT;
	}
	/* the slots before the position that announces them */
	smp_store_release(&kring->nr_hwtail, end);
	news = true;
out:
	spin_unlock_irqrestore(&kring->q_lock, flags);
	return news;
}

/*
 * Copies
 */

/* One slot to one slot, offsets and user memory included. */
static void nm_copy_slot(struct nm_copy *copy, struct netmap_slot from,
			 struct netmap_slot __nmshared *to, u16 flags)
{
	struct nm_room room = nm_slot_room(copy->dst, nm_slot_read(to));

	nm_slot_fill(to, nm_slot_fetch(nm_shared_bytes(room.at), room.size,
				       copy->src, from),
		     flags);
}

/*
 * A NIC cannot be given half a packet; other ports see that a slot is empty.
 */
static bool nm_packet_fits(struct nm_copy *copy, const struct nm_packet *packet)
{
	u32 i, len;

	if (!nm_bwrap_is(&copy->dvp->up))
		return true;
	if (packet->frags > 1 && !(copy->dvp->up.na_flags & NAF_MOREFRAG))
		return false;
	for (i = 0; i < packet->frags; i++) {
		len = nm_slot_len(copy->src, packet->slot[i]);
		if (!len || len > NETMAP_BUF_SIZE(copy->dst->na))
			return false;
	}
	return true;
}

static void nm_copy_packet(struct nm_copy *copy, const struct nm_packet *packet)
{
	u32 lim = copy->dst->nkr_num_slots - 1, i;
	u16 flags = NM_SLOT_FRAGS(packet->frags) | NS_MOREFRAG;

	if (packet->frags > copy->room || !nm_packet_fits(copy, packet))
		return;
	for (i = 0; i < packet->frags; i++) {
		if (i + 1 == packet->frags)
			flags &= ~NS_MOREFRAG;
		nm_copy_slot(copy, packet->slot[i],
			     nm_kring_slot(copy->dst, copy->pos), flags);
		copy->pos = nm_next(copy->pos, lim);
	}
	copy->room -= packet->frags;
}

/*
 * Plain packets of one slot at the beginning of a run. Returns how many were
 * copied; fewer than count if there is no more room or one is not plain.
 */
static u32 nm_copy_plain(struct nm_copy *copy, u32 first, u32 count)
{
	const struct netmap_lut *slut = &copy->src->na->na_lut;
	const struct netmap_lut *dlut = &copy->dst->na->na_lut;
	struct netmap_slot __nmshared *sslot = nm_kring_slots(copy->src);
	struct netmap_slot __nmshared *dslot = nm_kring_slots(copy->dst);
	u32 slim = copy->src->nkr_num_slots - 1, dlim = copy->dst->nkr_num_slots - 1;
	u32 sobjs = slut->objtotal, dobjs = dlut->objtotal;
	/* whole lines are copied: a buffer may end in the middle of one */
	u32 size = round_down(min(slut->objsize, dlut->objsize), NM_COPY_LINE);
	u32 pos = copy->pos, i;
	void **from = slut->lut, **to = dlut->lut;

	count = min(count, copy->room);
	for (i = 0; i < count; i++) {
		u64 word = nm_slot_word(&sslot[first]);
		u32 idx = word, len = nm_slot_word_len(word), didx;

		if (unlikely(word & NM_SLOT_FLAG(NS_MOREFRAG | NS_INDIRECT)))
			break;
		/* empty (by now, it was not when it was sorted), or too long */
		if (unlikely(len - 1 >= size))
			break;
		didx = nm_load(&dslot[pos].buf_idx);
		if (unlikely(idx >= sobjs))
			idx = 0;
		if (unlikely(didx >= dobjs))
			didx = 0;
		nm_copy_lines(to[didx], from[idx], len);
		nm_slot_fill(&dslot[pos], len, NM_SLOT_FRAGS(1));
		first = nm_next(first, slim);
		pos = nm_next(pos, dlim);
	}
	copy->pos = pos;
	copy->room -= i;
	return i;
}

/* The packet at first, which has count slots at most. Returns how many. */
static u32 nm_copy_one(struct nm_copy *copy, u32 first, u32 last, u32 count)
{
	struct nm_packet *packet = &copy->batch->packet;

	nm_packet_read(packet, copy->src, first, last);
	/* it grew since it was sorted */
	if (unlikely(packet->frags > min_t(u32, count, NETMAP_MAX_FRAGS)))
		return min(packet->frags, count);
	if (copy->convert)
		nm_vnet_copy(copy, packet);
	else
		nm_copy_packet(copy, packet);
	return packet->frags;
}

static void nm_copy_run(struct nm_copy *copy, u32 first, u32 count)
{
	u32 n = copy->src->nkr_num_slots, last = nm_circular(first + count, n);
	u32 done;

	while (count && copy->room) {
		done = copy->plain ? nm_copy_plain(copy, first, count) : 0;
		if (!done)
			done = nm_copy_one(copy, first, last, count);
		count -= done;
		first = nm_circular(first + done, n);
	}
}

/* The RX ring, or NULL if the port does not receive now. */
static struct netmap_kring *nm_deliver_ring(struct netmap_vp_adapter *dst, u32 ring)
{
	struct netmap_adapter *na = &dst->up;
	struct netmap_kring *kring;

	if (!nm_netmap_on(na) || na->na_flags & NAF_SW_ONLY)
		return NULL;
	kring = na->rx_rings[ring % na->num_rx_rings];
	return kring->nr_mode == NKR_NETMAP_ON ? kring : NULL;
}

/* Room in the ring of a NIC comes when it has sent something. */
static void nm_deliver_reclaim(struct netmap_kring *kring, u32 want, int retries)
{
	while (retries-- > 0 && nm_lease_room(kring) < want)
		kring->nm_notify(kring, NAF_FORCE_RECLAIM);
}

/**
 * nm_deliver() - packets of a batch into one RX ring
 * @batch: runs and queues
 * @vp: where they come from
 * @kring: the ring of their slots
 * @dst: destination, NULL if the port has gone
 * @ring: RX ring wanted; taken modulo those that exist
 * @queue: packets for this ring
 * @broadcast: packets for all ports, or NULL; the two are merged by arrival
 * @retries: how often to wait for a NIC
 *
 * What does not fit is dropped.
 */
void nm_deliver(struct nm_batch *batch, struct netmap_vp_adapter *vp,
		struct netmap_kring *kring, struct netmap_vp_adapter *dst,
		u32 ring, struct nm_batch_queue *queue,
		struct nm_batch_queue *broadcast, int retries)
{
	u16 q = queue->head, b = broadcast ? broadcast->head : NM_RUN_NONE;
	u32 want = (q != NM_RUN_NONE ? queue->slots : 0) +
		   (b != NM_RUN_NONE ? broadcast->slots : 0);
	struct nm_copy copy = { .batch = batch, .svp = vp, .dvp = dst,
				.src = kring };
	u32 start, granted;

	copy.dst = dst ? nm_deliver_ring(dst, ring) : NULL;
	if (!copy.dst)
		return;
	copy.convert = vp->up.virt_hdr_len != dst->up.virt_hdr_len;
	copy.plain = !copy.convert && !kring->offset_mask &&
		     !copy.dst->offset_mask;
	if (unlikely(copy.convert))
		want = nm_vnet_room(vp, dst, want);
	if (unlikely(nm_lease_room(copy.dst) < want && nm_bwrap_is(&dst->up)))
		nm_deliver_reclaim(copy.dst, want, retries);
	granted = nm_lease_take(copy.dst, want, &start);
	if (!granted)
		return;
	copy.pos = start;
	copy.room = granted;
	while (q != b) {
		/* NM_RUN_NONE is greater than any run */
		u16 next = min(q, b);
		struct nm_run *run = &batch->run[next];

		nm_copy_run(&copy, run->first, run->count);
		if (next == q)
			q = run->next;
		else
			b = run->next;
	}
	if (nm_lease_publish(copy.dst, start, copy.pos,
			     nm_circular(start + granted, copy.dst->nkr_num_slots)))
		copy.dst->nm_notify(copy.dst, 0);
}
