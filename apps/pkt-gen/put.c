// SPDX-License-Identifier: BSD-2-Clause
/*
 * Packets into the slots of a transmit ring, doing as little for each as its content allows: nothing,
 * addresses and checksums only, or the whole frame.
 */
#include <string.h>
#include "pkt-gen.h"
#include "put.h"

#define PREFETCH_DISTANCE 8 /* packets: enough to hide a miss of the caches near the processor */

/*
 * size bytes in the wanted number of slots of at most limit bytes each. The last slot also takes
 * the remainder of the division, unless that makes it too long.
 */
struct layout
layout_plan(int size, int wanted, int limit)
{
	struct layout layout = { wanted, size / wanted };

	if (layout.fragment == 0)
		layout = (struct layout){ 1, size };
	if (size - (layout.slots - 1) * layout.fragment > limit)
		layout = (struct layout){ (size + limit - 1) / limit, limit };
	return layout;
}

static void
write_buffer(const struct batch *batch, struct netmap_ring *ring, struct netmap_slot *slot,
	     const uint8_t *data, int len)
{
	char *buffer = NETMAP_BUF_OFFSET(ring, slot);

	if (batch->options & OPT_MEMCPY)
		memcpy(buffer, data, (size_t)len);
	else
		nm_pkt_copy(data, buffer, batch->padding ? (len + 63) / 64 * 64 : len);
}

/* Puts one packet into the slots from *at on. */
static void
put_packet(const struct batch *batch, struct netmap_ring *ring, uint32_t *at)
{
	const uint8_t *data = batch->frame->start;
	int left = batch->size, i;

	for (i = batch->layout.slots; i > 0; i--) {
		struct netmap_slot *slot = &ring->slot[*at];
		uint16_t changed = slot->flags & NS_BUF_CHANGED;
		int fresh = slot->len == 0; /* see mark_buffers_fresh() */
		int len = i > 1 ? batch->layout.fragment : left;

		/*
		 * A buffer keeps its content, so writing it once is enough; but the kernel may have
		 * put another one into the slot (pipes and monitors do), and says so in the flag,
		 * which a NIC's driver must then see too.
		 */
		slot->flags = changed;
		if (batch->options & OPT_RUBBISH) {
			/* as it is */
		} else if (batch->options & OPT_INDIRECT) {
			slot->flags |= NS_INDIRECT;
			slot->ptr = (uintptr_t)data;
		} else if (batch->copy || changed || fresh) {
			write_buffer(batch, ring, slot, data, len);
		} else if (batch->options & OPT_PREFETCH) {
			__builtin_prefetch(NETMAP_BUF_OFFSET(ring, slot));
		}
		if (batch->options & OPT_DUMP)
			dump_packet(batch->options & OPT_INDIRECT ? (const char *)data :
								    NETMAP_BUF_OFFSET(ring, slot),
				    len, ring, *at);
		slot->len = (uint16_t)len;
		if (i > 1)
			slot->flags |= NS_MOREFRAG;
		data += len;
		left -= len;
		*at = nm_ring_next(ring, *at);
	}
}

/*
 * The slot holds that much of a packet that was put there before, and the kernel has not exchanged its
 * buffer since. Length and flags are neighbours: one comparison.
 */
static inline int
slot_is_ours(const struct netmap_slot *slot, int len, uint16_t flags)
{
	const struct netmap_slot wanted = { .len = (uint16_t)len, .flags = flags };
	uint32_t want, have;

	memcpy(&want, &wanted.len, sizeof(want));
	memcpy(&have, &slot->len, sizeof(have));
	return have == want;
}

/*
 * The common case, packets that never change: once every buffer is written, a slot needs nothing
 * unless the kernel changed it, so it is looked at and, as a rule, not touched.
 */
static uint32_t
put_same(const struct batch *batch, struct netmap_ring *ring, uint32_t head, uint32_t count)
{
	int more = batch->layout.slots - 1, i;
	int last = batch->size - more * batch->layout.fragment;
	uint32_t at = head;

	while (count--) {
		for (i = 0; i < more; i++, at = nm_ring_next(ring, at))
			if (unlikely(!slot_is_ours(&ring->slot[at], batch->layout.fragment,
						   NS_MOREFRAG)))
				break;
		if (unlikely(i < more || !slot_is_ours(&ring->slot[at], last, 0))) {
			put_packet(batch, ring, &head);
			at = head;
		} else {
			head = at = nm_ring_next(ring, at);
		}
	}
	return head;
}

/* The buffer that is written a few packets from now: its cache line is fetched meanwhile. */
static void
prefetch_buffer(const struct netmap_ring *ring, uint32_t head)
{
	uint32_t at = head + PREFETCH_DISTANCE;

	if (at < ring->num_slots)
		__builtin_prefetch(NETMAP_BUF_OFFSET(ring, &ring->slot[at]), 1);
}

/*
 * Packets of one slot that differ in addresses and ports: in a buffer that holds the rest already,
 * only these and the checksums are written.
 */
static uint32_t
put_addresses(const struct batch *batch, struct netmap_ring *ring, uint32_t head, uint32_t count)
{
	struct frame *frame = batch->frame;
	int header = frame->vnet_header;

	while (count--) {
		struct netmap_slot *slot = &ring->slot[head];

		prefetch_buffer(ring, head);
		if (unlikely(!slot_is_ours(slot, batch->size, 0))) {
			frame_write_addresses(frame, frame->start + header);
			put_packet(batch, ring, &head);
		} else {
			frame_write_addresses(frame,
					      (uint8_t *)NETMAP_BUF_OFFSET(ring, slot) + header);
			head = nm_ring_next(ring, head);
		}
		frame_step(frame);
	}
	return head;
}

/* Packets of one slot that are written whole. */
static uint32_t
put_copies(const struct batch *batch, struct netmap_ring *ring, uint32_t head, uint32_t count)
{
	struct frame *frame = batch->frame;

	while (count--) {
		struct netmap_slot *slot = &ring->slot[head];
		uint16_t changed = slot->flags & NS_BUF_CHANGED;

		prefetch_buffer(ring, head);
		write_buffer(batch, ring, slot, frame->start, batch->size);
		slot->len = (uint16_t)batch->size;
		slot->flags = changed;
		head = nm_ring_next(ring, head);
		if (frame->varies)
			frame_next(frame);
	}
	return head;
}

static uint32_t
put_general(const struct batch *batch, struct netmap_ring *ring, uint32_t head, uint32_t count)
{
	while (count--) {
		put_packet(batch, ring, &head);
		if (batch->frame->varies)
			frame_next(batch->frame);
	}
	return head;
}

/* How to put packets; limit: bytes that a buffer takes. */
void
batch_choose(struct batch *batch, const struct config *config, uint32_t ring_slots, int limit)
{
	int headers = config->family == AF_INET ? FRAME_PAYLOAD4 : FRAME_PAYLOAD6;
	/* a slot that holds another part of the packet in the next lap must be written again */
	int shifts = ring_slots % (uint32_t)batch->layout.slots != 0;
	int whole = (config->options & (OPT_COPY | OPT_MEMCPY)) || config->size_min || shifts;

	batch->copy = batch->frame->varies || whole;
	batch->padding = !config->size_min && (batch->size + 63) / 64 * 64 <= limit;
	if (config->options & (OPT_DUMP | OPT_INDIRECT | OPT_RUBBISH | OPT_PREFETCH))
		batch->put = put_general;
	else if (!batch->copy)
		batch->put = put_same;
	else if (batch->layout.slots > 1 || config->size_min)
		batch->put = put_general;
	else if (whole || batch->frame->ether_size < headers)
		batch->put = put_copies; /* a shorter frame has no room for addresses */
	else
		batch->put = put_addresses;
}
