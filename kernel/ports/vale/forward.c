// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Packets through a switch. The slots of one TX sync are sorted into runs:
 * slots in a row that go to the same port. Then each destination takes room
 * in its RX ring once, copies its runs, publishes them and wakes its reader
 * once (deliver.c). Only the two short steps at the RX ring take a lock.
 *
 * User space can change slots at any time. What was found while sorting is
 * therefore only trusted as a number of slots; delivery reads them again, and
 * checks what it read.
 */
#include <linux/module.h>
#include <linux/prefetch.h>
#include <linux/slab.h>

#include "mem/mem.h"
#include "batch.h"

static int bridge_batch = NM_BATCH_SLOTS;
module_param(bridge_batch, int, 0644);
MODULE_PARM_DESC(bridge_batch, "Slots that are forwarded together");

/* How often to ask a NIC to finish transmissions when its ring is full. */
static int txsync_retry = 2;
module_param(txsync_retry, int, 0644);
MODULE_PARM_DESC(txsync_retry, "Attempts to get room in the ring of a NIC");

/* Slots ahead whose buffers are fetched while one is looked at. */
#define NM_PREFETCH_SLOTS 6

/* Scratch for a TX ring, or NULL. */
void *nm_vale_batch_new(void)
{
	struct nm_batch *batch = kvzalloc(sizeof(*batch), NM_GFP);
	u32 i;

	if (!batch)
		return NULL;
	for (i = 0; i < ARRAY_SIZE(batch->queue); i++)
		batch->queue[i].head = NM_RUN_NONE;
	return batch;
}

void nm_vale_batch_free(struct nm_batch *batch)
{
	if (batch)
		kfree(batch->linear);
	kvfree(batch);
}

/*
 * Sorting
 */

/* Appends slots [first, first + count), circular, to a queue. */
static void nm_batch_add(struct nm_batch *batch, u32 to, u32 first, u32 count)
{
	struct nm_batch_queue *queue;
	struct nm_run *run;

	if (to == NM_QUEUE_DROP || !count)
		return;
	queue = &batch->queue[to];
	run = &batch->run[batch->num_runs];
	run->first = first;
	run->count = count;
	run->next = NM_RUN_NONE;
	if (queue->head == NM_RUN_NONE) {
		queue->head = batch->num_runs;
		queue->slots = 0;
		if (to != NM_QUEUE_BROADCAST)
			batch->touched[batch->num_touched++] = to;
	} else {
		batch->run[queue->tail].next = batch->num_runs;
	}
	queue->tail = batch->num_runs++;
	queue->slots += count;
}

static u32 nm_queue_of(u32 port, u32 ring)
{
	if (port < NM_BDG_BROADCAST)
		return port << NM_QUEUE_RING_BITS |
		       (ring & (NM_VALE_RINGS_MAX - 1));
	return port == NM_BDG_BROADCAST ? NM_QUEUE_BROADCAST : NM_QUEUE_DROP;
}

/* Another module decides. */
static u32 nm_sort_foreign(struct netmap_vp_adapter *vp, struct netmap_kring *kring,
			   struct netmap_slot slot, u32 offset, u32 frags)
{
	struct nm_bdg_fwd ft = {
		.ft_buf = slot.flags & NS_INDIRECT ?
			  (void *)(uintptr_t)slot.ptr :
			  nm_shared_bytes(nm_slot_room(kring, slot).at),
		.ft_frags = frags,
		.ft_offset = offset,
		.ft_flags = slot.flags,
		.ft_len = nm_slot_len(kring, slot),
		.ft_next = NM_RUN_NONE,
	};
	struct nm_switch *sw = vp->na_bdg;
	u8 ring = kring->ring_id;
	u32 port;

	/* it may look at memory of the program */
	pagefault_disable();
	port = sw->lookup(&ft, &ring, vp, sw->private_data);
	pagefault_enable();
	return port == vp->bdg_port ? NM_QUEUE_DROP : nm_queue_of(port, ring);
}

/*
 * Where a packet goes that is not plain: its Ethernet header is behind a
 * virtio-net header or an offset, or in user memory, or somebody else looks.
 */
static u32 nm_sort_slow(struct netmap_vp_adapter *vp, struct netmap_kring *kring,
			const struct nm_packet *packet)
{
	struct netmap_slot slot = packet->slot[0];
	u32 offset = vp->up.virt_hdr_len, len = nm_slot_len(kring, slot);
	u8 head[2 * ETH_ALEN];
	u64 dst, src;

	if (offset && offset >= len) {
		if (offset > len || packet->frags == 1)
			return NM_QUEUE_DROP;
		slot = packet->slot[1];
		len = nm_slot_len(kring, slot);
		offset = 0;
	}
	if (len < offset + ETH_HLEN)
		return NM_QUEUE_DROP;
	if (vp->na_bdg->lookup)
		return nm_sort_foreign(vp, kring, slot, offset, packet->frags);
	if (!(slot.flags & NS_INDIRECT))
		nm_shared_read(head, nm_slot_room(kring, slot).at + offset,
			       sizeof(head));
	else if (!nm_indirect_read(head, slot.ptr + offset, sizeof(head)))
		return NM_QUEUE_DROP;
	nm_mac_read(nm_shared_of(head), &dst, &src);
	return nm_queue_of(nm_table_lookup(vp->na_bdg, vp, dst, src),
			   kring->ring_id);
}

/*
 * Reads the packet at first, which ends before last; circular. NS_BUF_CHANGED
 * is taken off its slots: the switch does not care whose buffers they are.
 */
void nm_packet_read(struct nm_packet *packet, struct netmap_kring *kring,
		    u32 first, u32 last)
{
	struct netmap_slot __nmshared *slots = nm_kring_slots(kring);
	u32 lim = kring->nkr_num_slots - 1, frags = 0;
	struct netmap_slot slot;

	do {
		slot = nm_slot_read(&slots[first]);
		if (slot.flags & NS_BUF_CHANGED)
			nm_store(&slots[first].flags, slot.flags & ~NS_BUF_CHANGED);
		if (likely(frags < NETMAP_MAX_FRAGS))
			packet->slot[frags] = slot;
		frags++;
		first = nm_next(first, lim);
	} while (slot.flags & NS_MOREFRAG && first != last);
	packet->frags = frags;
}

/* Whether the memory of an indirect slot can be read at once. */
static bool nm_indirect_is_there(u64 addr, u32 len)
{
	bool there;

	pagefault_disable();
	there = nm_indirect_is_mine() && nm_user_touch(addr, len);
	pagefault_enable();
	return there;
}

/*
 * Memory of the packet is missing: notes where. What is there now may be gone
 * when it is copied; such a packet is lost.
 */
static bool nm_sort_misses(struct netmap_kring *kring, const struct nm_packet *packet)
{
	u32 i;

	for (i = 0; i < packet->frags; i++) {
		const struct netmap_slot *slot = &packet->slot[i];

		if (likely(!(slot->flags & NS_INDIRECT)) || !slot->ptr ||
		    !slot->len || nm_indirect_is_there(slot->ptr, slot->len))
			continue;
		kring->nr_miss_addr = slot->ptr;
		kring->nr_miss_len = slot->len;
		return true;
	}
	return false;
}

/* Such a packet is left to the next sync, once. */
static u32 nm_sort_missing(struct netmap_kring *kring)
{
	if (!READ_ONCE(kring->nr_miss_drop))
		return NM_QUEUE_LATER;
	WRITE_ONCE(kring->nr_miss_drop, false);
	kring->nr_miss_len = 0;
	return NM_QUEUE_DROP;
}

/* The queue of the packet at first. */
static u32 nm_sort_packet(struct netmap_vp_adapter *vp, struct netmap_kring *kring,
			  struct nm_packet *packet, u32 first, u32 last, int flags)
{
	nm_packet_read(packet, kring, first, last);
	if (packet->frags > NETMAP_MAX_FRAGS) {
		nm_prlim(2, "%s: dropped a packet of %u slots, %u are the limit",
			 kring->name, packet->frags, NETMAP_MAX_FRAGS);
		return NM_QUEUE_DROP;
	}
	if (flags & NM_SYNC_REPEAT && nm_sort_misses(kring, packet))
		return nm_sort_missing(kring);
	return nm_sort_slow(vp, kring, packet);
}

/*
 * Sorts slots from first on, until max of them are in the batch or last is
 * reached, or memory is missing. Returns the first slot that is left. A run
 * grows in registers.
 */
static u32 nm_batch_sort(struct nm_batch *batch, struct netmap_vp_adapter *vp,
			 struct netmap_kring *kring, u32 first, u32 last, int max,
			 int flags)
{
	u32 n = kring->nkr_num_slots, objs = vp->up.na_lut.objtotal;
	struct netmap_slot __nmshared *slots = nm_kring_slots(kring);
	u32 longest = vp->up.na_lut.objsize - ETH_HLEN;
	void **lut = vp->up.na_lut.lut;
	bool plain = !vp->up.virt_hdr_len && !vp->na_bdg->lookup &&
		     !kring->offset_mask;
	u32 run_to = NM_QUEUE_DROP, run_first = first, run_count = 0;
	u64 dst, src, last_dst = ~0ULL, last_src = ~0ULL;
	u32 frags, idx, to, last_to = NM_QUEUE_DROP;

	while (first != last && max > 0) {
		u64 word = nm_slot_word(&slots[first]);

		idx = word;
		frags = 1;
		if (likely(plain && idx < objs &&
			   !(word & NM_SLOT_FLAG(NS_BUF_CHANGED | NS_MOREFRAG |
						 NS_INDIRECT)))) {
			u32 ahead = nm_circular(first + NM_PREFETCH_SLOTS, n);

			ahead = nm_load(&slots[ahead].buf_idx);
			if (likely(ahead < objs))
				prefetch(lut[ahead]);
			nm_mac_read(nm_shared_of(lut[idx]), &dst, &src);
			if (unlikely(dst != last_dst || src != last_src)) {
				last_to = nm_queue_of(nm_table_lookup(vp->na_bdg, vp,
								      dst, src),
						      kring->ring_id);
				last_dst = dst;
				last_src = src;
			}
			to = last_to;
			/* too short, or longer than a buffer */
			if (unlikely(nm_slot_word_len(word) - ETH_HLEN > longest))
				to = NM_QUEUE_DROP;
		} else {
			to = nm_sort_packet(vp, kring, &batch->packet, first, last,
					    flags);
			if (unlikely(to == NM_QUEUE_LATER))
				break;
			frags = batch->packet.frags;
		}
		if (to != run_to) {
			nm_batch_add(batch, run_to, run_first, run_count);
			run_to = to;
			run_first = first;
			run_count = 0;
		}
		run_count += frags;
		max -= frags;
		first = nm_circular(first + frags, n);
	}
	nm_batch_add(batch, run_to, run_first, run_count);
	return first;
}

/*
 * Delivery to all destinations of a batch
 */

static void nm_batch_broadcast(struct nm_batch *batch, struct netmap_vp_adapter *vp,
			       struct netmap_kring *kring)
{
	struct nm_switch *sw = vp->na_bdg;
	u32 i;

	for (i = 0; i < sw->num_ports; i++) {
		u32 port = sw->active[i];

		if (port == vp->bdg_port)
			continue;
		nm_deliver(batch, vp, kring, sw->ports[port], 0,
			   &batch->queue[nm_queue_of(port, 0)],
			   &batch->queue[NM_QUEUE_BROADCAST],
			   READ_ONCE(txsync_retry));
	}
}

static void nm_batch_flush(struct nm_batch *batch, struct netmap_vp_adapter *vp,
			   struct netmap_kring *kring)
{
	struct nm_batch_queue *broadcast = &batch->queue[NM_QUEUE_BROADCAST];
	bool flood = broadcast->head != NM_RUN_NONE;
	struct nm_switch *sw = vp->na_bdg;
	u32 i;

	if (flood)
		nm_batch_broadcast(batch, vp, kring);
	for (i = 0; i < batch->num_touched; i++) {
		u32 to = batch->touched[i], ring = to & (NM_VALE_RINGS_MAX - 1);
		struct nm_batch_queue *queue = &batch->queue[to];

		/* ring 0 went along with the broadcast */
		if (!flood || ring)
			nm_deliver(batch, vp, kring,
				   sw->ports[to >> NM_QUEUE_RING_BITS],
				   sw->lookup ? ring : kring->ring_id, queue, NULL,
				   READ_ONCE(txsync_retry));
		queue->head = NM_RUN_NONE;
	}
	broadcast->head = NM_RUN_NONE;
	batch->num_runs = 0;
	batch->num_touched = 0;
}

static bool nm_switch_has_nics(const struct nm_switch *sw)
{
	u32 i;

	for (i = 0; i < sw->num_ports; i++)
		if (nm_bwrap_is(&sw->ports[sw->active[i]]->up))
			return true;
	return false;
}

/**
 * nm_vale_forward() - forward slots of a ring
 * @vp: port that they come from, attached
 * @kring: ring whose slots these are
 * @batch: scratch memory of the ring
 * @first: first slot
 * @last: slot after the last one, circular
 * @flags: of the sync
 *
 * Context: process or softirq; the caller has locked the ring. Ports of
 * processes wait for a change of the switch to end, unless the caller cannot;
 * others do not.
 *
 * Return: the first slot that was not forwarded: @last, @first if the switch
 * is being changed, or one whose memory is missing
 */
u32 nm_vale_forward(struct netmap_vp_adapter *vp, struct netmap_kring *kring,
		    struct nm_batch *batch, u32 first, u32 last, int flags)
{
	int max = READ_ONCE(bridge_batch);
	struct nm_switch *sw = vp->na_bdg;

	if (max <= 0)
		return last;
	if (max > NM_BATCH_SLOTS) {
		max = NM_BATCH_SLOTS;
		bridge_batch = max;
	}
	if (vp->up.na_flags & NAF_BDG_MAYSLEEP && !(flags & NM_SYNC_ATOMIC))
		percpu_down_read(&sw->lock);
	else if (!percpu_down_read_trylock(&sw->lock))
		return first;
	/* a sync loop in the wake-up of an eventfd: not the place for drivers */
	if (unlikely(irqs_disabled() && nm_switch_has_nics(sw))) {
		percpu_up_read(&sw->lock);
		return first;
	}
	kring->nr_miss_len = 0;
	while (first != last && !kring->nr_miss_len) {
		first = nm_batch_sort(batch, vp, kring, first, last, max, flags);
		nm_batch_flush(batch, vp, kring);
	}
	percpu_up_read(&sw->lock);
	return first;
}
