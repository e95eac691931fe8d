// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>
#include "dedup.h"

/* Forgets the oldest packet; one that was held is released for sending. */
static void
forget_oldest(struct dedup *d)
{
	memory_drop_oldest(&d->memory);
	if (d->hold)
		d->out->head = nm_ring_next(d->out, d->out->head);
}

void
dedup_expire(struct dedup *d, uint64_t now_us)
{
	const struct remembered *oldest;

	while ((oldest = memory_oldest(&d->memory)) && oldest->time_us + d->window_us < now_us)
		forget_oldest(d);
}

void
dedup_flush(struct dedup *d)
{
	while (memory_oldest(&d->memory))
		forget_oldest(d);
}

/* Puts the packet of an input slot into an output slot. */
static void
transfer(struct dedup *d, struct netmap_slot *in, struct netmap_slot *out)
{
	uint32_t index = out->buf_idx;

	out->len = in->len;
	out->flags = (uint16_t)((out->flags & NS_BUF_CHANGED) | (in->flags & NS_MOREFRAG));
	if (d->zerocopy) {
		out->buf_idx = in->buf_idx;
		in->buf_idx = index;
		out->flags |= NS_BUF_CHANGED;
		in->flags |= NS_BUF_CHANGED;
	} else {
		nm_pkt_copy(NETMAP_BUF(d->in, in->buf_idx), NETMAP_BUF(d->out, index), in->len);
	}
}

/* Remembers a packet that was just transferred. */
static void
remember(struct dedup *d, const struct netmap_slot *out, uint32_t hash, uint64_t now_us)
{
	const char *data = NETMAP_BUF(d->out, out->buf_idx);

	if (!d->hold) {
		char *copy = NETMAP_BUF(d->in, d->extra[memory_next(&d->memory)]);

		nm_pkt_copy(data, copy, out->len);
		data = copy;
	}
	memory_add(&d->memory, data, out->len, hash, now_us);
}

static uint64_t
ring_time_us(const struct netmap_ring *ring)
{
	return (uint64_t)ring->ts.tv_sec * 1000000 + (uint64_t)ring->ts.tv_usec;
}

uint32_t
dedup_move(struct dedup *d)
{
	uint32_t head = d->in->head, taken = 0;
	uint64_t now_us = ring_time_us(d->in);

	dedup_expire(d, now_us);
	for (; head != d->in->tail && d->out->cur != d->out->tail; taken++) {
		struct netmap_slot *in = &d->in->slot[head], *out = &d->out->slot[d->out->cur];
		uint16_t len = in->len <= d->in->nr_buf_size ? in->len : 0;
		const char *data = NETMAP_BUF(d->in, in->buf_idx);
		uint32_t hash = memory_hash(data, len);

		head = nm_ring_next(d->in, head);
		d->received++;
		if (len == 0 || len > d->out->nr_buf_size)
			continue;
		if (memory_find(&d->memory, data, len, hash) >= 0) {
			d->duplicates++;
			continue;
		}
		if (d->memory.count == d->memory.capacity)
			forget_oldest(d);
		transfer(d, in, out);
		remember(d, out, hash, now_us);
		d->out->cur = nm_ring_next(d->out, d->out->cur);
		if (!d->hold)
			d->out->head = d->out->cur;
		d->forwarded++;
	}
	d->in->head = d->in->cur = head;
	return taken;
}
