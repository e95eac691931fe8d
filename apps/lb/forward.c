// SPDX-License-Identifier: BSD-2-Clause
/* Where packets go. */
#include <string.h>
#include "flow-hash.h"
#include "lb.h"

#define DROP_BATCH 150 /* overflow buffers freed at once, when none is left */

/* A packet: its slots in a ring, consecutive; count is at most NETMAP_MAX_FRAGS. */
struct packet {
	struct netmap_slot *slots[NETMAP_MAX_FRAGS];
	uint32_t count;
	uint32_t hash;
	uint64_t bytes;
};

static struct pipe *
pipe_of(struct group *group, uint32_t hash)
{
	return &group->pipe[hash % (uint32_t)group->pipes];
}

/* Slots that may be filled: ours, and looked at since they were released. */
static uint32_t
room(const struct pipe *pipe)
{
	uint32_t n = pipe->ring->num_slots;

	return (pipe->seen_tail + n - pipe->ring->head) % n;
}

static void
count_dropped(struct pipe *pipe, uint64_t packets, uint64_t bytes)
{
	pipe->now.dropped += packets;
	pipe->now.dropped_bytes += bytes;
}

/*
 * Puts a packet into the ring of a pipe with room for it. The buffers found there come back in the
 * packet's slots, without content.
 */
static void
put_into_ring(struct pipe *pipe, struct packet *packet)
{
	struct netmap_ring *ring = pipe->ring;
	uint32_t i, head = ring->head;

	for (i = 0; i < packet->count; i++, head = nm_ring_next(ring, head)) {
		struct netmap_slot *from = packet->slots[i], *to = &ring->slot[head];
		uint32_t buffer = to->buf_idx;

		to->buf_idx = from->buf_idx;
		to->len = from->len;
		to->flags = (uint16_t)((from->flags & NS_MOREFRAG) | NS_BUF_CHANGED);
		to->ptr = packet->hash; /* for the next group; pipes carry it along */
		from->buf_idx = buffer;
		from->len = 0;
		from->flags |= NS_BUF_CHANGED;
	}
	ring->head = ring->cur = head;
	pipe->now.packets++;
	pipe->now.bytes += packet->bytes;
}

/* The pipe with the longest overflow queue of all groups. */
static struct pipe *
longest_queue(struct balancer *lb)
{
	struct pipe *longest = &lb->groups[0].pipe[0];
	int g, i;

	for (g = 0; g < lb->group_count; g++)
		for (i = 0; i < lb->groups[g].pipes; i++)
			if (lb->groups[g].pipe[i].overflow.count > longest->overflow.count)
				longest = &lb->groups[g].pipe[i];
	return longest;
}

/* Drops whole packets from the longest queue, oldest first, so that buffers become free. */
static void
free_some_buffers(struct balancer *lb)
{
	struct pipe *pipe = longest_queue(lb);
	uint32_t freed = 0;

	while (freed < DROP_BATCH && pipe->overflow.count > NETMAP_MAX_FRAGS) {
		struct netmap_slot slot;
		uint64_t bytes = 0;

		do {
			if (queue_pop(&pipe->overflow, &slot) < 0)
				break;
			bytes += slot.len;
			freed++;
			queue_push(&lb->free_buffers, &slot);
		} while (slot.flags & NS_MOREFRAG);
		count_dropped(pipe, 1, bytes);
	}
}

/* Keeps a packet in an overflow queue; its slots get free buffers instead. -1: no buffers left. */
static int
put_into_queue(struct balancer *lb, struct pipe *pipe, struct packet *packet)
{
	uint32_t i;

	if (lb->free_buffers.count < packet->count)
		free_some_buffers(lb);
	if (lb->free_buffers.count < packet->count)
		return -1;
	for (i = 0; i < packet->count; i++) {
		struct netmap_slot *from = packet->slots[i], kept = *from, empty;

		kept.ptr = packet->hash;
		queue_push(&pipe->overflow, &kept);
		queue_pop(&lb->free_buffers, &empty);
		from->buf_idx = empty.buf_idx;
		from->len = 0;
		from->flags |= NS_BUF_CHANGED;
	}
	return 0;
}

/* A packet for the pipe of its flow in a group: into the ring, into the queue, or dropped. */
static void
forward_packet(struct balancer *lb, struct group *group, struct packet *packet)
{
	struct pipe *pipe = pipe_of(group, packet->hash);

	if (pipe->overflow.count == 0 && room(pipe) >= packet->count)
		put_into_ring(pipe, packet);
	else if (put_into_queue(lb, pipe, packet) < 0)
		count_dropped(pipe, 1, packet->bytes);
}

/*
 * Collects the packet that starts at *at in a ring and ends before end; moves *at behind it.
 * Returns 0, or -1 when its last slot is not there yet.
 */
static int
collect_packet(struct netmap_ring *ring, uint32_t *at, uint32_t end, struct packet *packet)
{
	uint32_t i = *at;

	packet->count = 0;
	packet->bytes = 0;
	while (i != end) {
		struct netmap_slot *slot = &ring->slot[i];

		i = nm_ring_next(ring, i);
		if (packet->count < NETMAP_MAX_FRAGS)
			packet->slots[packet->count++] = slot;
		packet->bytes += slot->len;
		if (!(slot->flags & NS_MOREFRAG)) {
			*at = i;
			return 0;
		}
	}
	return -1;
}

/* The slots of a pipe that its consumer released: their packets go to the next group. */
static void
release_pipe(struct balancer *lb, int group, struct pipe *pipe)
{
	struct netmap_ring *ring = pipe->ring;
	int last = group + 1 == lb->group_count;
	struct packet packet;

	while (pipe->seen_tail != ring->tail) {
		uint32_t i;

		if (collect_packet(ring, &pipe->seen_tail, ring->tail, &packet) < 0)
			break;
		packet.hash = (uint32_t)packet.slots[0]->ptr;
		if (!last && packet.bytes)
			forward_packet(lb, &lb->groups[group + 1], &packet);
		for (i = 0; i < packet.count; i++) {
			packet.slots[i]->len = 0;
			packet.slots[i]->flags &= (uint16_t)~NS_MOREFRAG;
		}
	}
}

/* Moves packets from a pipe's overflow queue into its ring, as far as there is room. */
static void
drain_queue(struct balancer *lb, struct pipe *pipe)
{
	while (pipe->overflow.count) {
		struct netmap_slot slots[NETMAP_MAX_FRAGS];
		struct packet packet = { 0 };
		uint32_t i;

		do {
			slots[packet.count] = *queue_at(&pipe->overflow, packet.count);
			packet.slots[packet.count] = &slots[packet.count];
			packet.bytes += slots[packet.count].len;
		} while ((slots[packet.count++].flags & NS_MOREFRAG) &&
			 packet.count < NETMAP_MAX_FRAGS && packet.count < pipe->overflow.count);
		if (room(pipe) < packet.count)
			return;
		packet.hash = (uint32_t)slots[0].ptr;
		put_into_ring(pipe, &packet);
		for (i = 0; i < packet.count; i++) {
			struct netmap_slot gone;

			queue_pop(&pipe->overflow, &gone);
			queue_push(&lb->free_buffers, &slots[i]);
		}
	}
}

void
forward_released(struct balancer *lb)
{
	int g, i;

	/* the last group first: what it releases makes room for the one before */
	for (g = lb->group_count - 1; g >= 0; g--) {
		for (i = 0; i < lb->groups[g].pipes; i++) {
			struct pipe *pipe = &lb->groups[g].pipe[i];

			release_pipe(lb, g, pipe);
			drain_queue(lb, pipe);
		}
	}
}

static uint32_t
receive_ring(struct balancer *lb, struct netmap_ring *ring, uint32_t limit)
{
	uint32_t head = ring->head, packets = 0;
	struct packet packet;

	while (head != ring->tail && packets < limit) {
		if (collect_packet(ring, &head, ring->tail, &packet) < 0) {
			/* a packet as long as the ring will never be complete */
			if (packet.count < NETMAP_MAX_FRAGS)
				break;
			head = ring->tail;
			continue;
		}
		packet.hash = flow_hash((const uint8_t *)NETMAP_BUF_OFFSET(ring, packet.slots[0]),
					packet.slots[0]->len);
		lb->received++;
		lb->received_bytes += packet.bytes;
		lb->not_ip += packet.hash == 0;
		packets++;
		forward_packet(lb, &lb->groups[0], &packet);
	}
	ring->head = ring->cur = head;
	return packets;
}

uint32_t
forward_received(struct balancer *lb)
{
	struct nmport_d *port = lb->port;
	uint32_t r, packets = 0;

	for (r = port->first_rx_ring; r <= port->last_rx_ring; r++)
		packets += receive_ring(lb, NETMAP_RXRING(port->nifp, r), lb->batch);
	return packets;
}
