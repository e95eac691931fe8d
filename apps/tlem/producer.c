// SPDX-License-Identifier: BSD-2-Clause
/* The thread that reads a port and decides what happens to each packet, and when. */
#include <string.h>
#include <unistd.h>
#include "log.h"
#include "tlem.h"

#define MIN_FRAME 60
#define IDLE_US 5
#define MAX_FRAGS 1000
#define TOKEN_PERIOD (1 << 20) /* ns between refills of the token bucket */

struct producer {
	struct direction *d;
	struct counters *stats;
	uint64_t random;
	uint64_t line_free; /* ns: end of the last packet's transmission */
	uint64_t last_at;   /* ns: when the last packet leaves */
	double carry;
	double tokens;	    /* bytes, BW_AVG */
	uint64_t refilled;  /* ns: time of the last refill */
	uint8_t *linear;    /* a packet of several slots, put together */
};

static void
count_drop(struct counters *stats, uint32_t len)
{
	stats->dropped++;
	stats->dropped_bytes += len;
}

/* Depth of the bucket: four refills, but at least two of the longest frames. */
static double
bucket_depth(const struct bandwidth *b)
{
	double depth = 4 * b->bps / 8 * TOKEN_PERIOD / 1e9;

	return depth > 2 * SHAPE_MAX_FRAME ? depth : 2 * SHAPE_MAX_FRAME;
}

/* Whether the token bucket lets a packet pass. */
static int
take_tokens(struct producer *p, const struct bandwidth *b, uint32_t len, uint64_t now)
{
	uint64_t periods = (now - p->refilled) / TOKEN_PERIOD;
	double depth = bucket_depth(b);

	if (periods) {
		p->tokens += (double)periods * b->bps / 8 * TOKEN_PERIOD / 1e9;
		if (p->tokens > depth)
			p->tokens = depth;
		p->refilled += periods * TOKEN_PERIOD;
	}
	if (p->tokens < len + SHAPE_ETHER_OVERHEAD)
		return 0;
	p->tokens -= len + SHAPE_ETHER_OVERHEAD;
	return 1;
}

/* Whether the queue in front of the line has room; it may overshoot by one packet. */
static int
queue_has_room(const struct producer *p, const struct config *c, uint64_t now)
{
	if (c->queue == UINT64_MAX || p->line_free <= now || c->bandwidth.bps == 0)
		return 1;
	return (double)(p->line_free - now) * c->bandwidth.bps / 8e9 <= (double)c->queue;
}

/* When a packet leaves, if its transmission ends at line_free. */
static uint64_t
departure(struct producer *p, const struct config *c, uint64_t now)
{
	uint64_t delay = delay_ns(&c->delay, &p->random);

	if (c->delay.kind == DELAY_GAP) {
		/* a gap after the packet before, or a delay when the line is idle */
		if (p->last_at > now)
			return p->last_at + delay;
		delay = c->delay.value;
	}
	return p->line_free + (delay > c->offset ? delay - c->offset : 0);
}

/* Puts a packet on the emulated line. */
static void
schedule_packet(struct producer *p, const struct config *c, const uint8_t *data, uint32_t len,
		uint64_t now)
{
	struct buffer *buffer = &p->d->buffer;
	struct record *record;
	uint64_t at;

	if (c->bandwidth.kind == BW_AVG ? !take_tokens(p, &c->bandwidth, len, now) :
					  !queue_has_room(p, c, now)) {
		count_drop(p->stats, len);
		return;
	}
	record = buffer_reserve(buffer, len);
	if (!record) {
		usleep(1);
		record = buffer_reserve(buffer, len);
	}
	if (!record) {
		count_drop(p->stats, len);
		return;
	}
	if (p->line_free < now)
		p->line_free = now;
	if (c->bandwidth.kind != BW_AVG)
		p->line_free += bandwidth_ns(&c->bandwidth, len, 0, &p->carry);
	at = departure(p, c, now);
	if (at < p->last_at) {
		if (c->drop_reordered) {
			count_drop(p->stats, len); /* the reserved room is simply not published */
			return;
		}
		at = p->last_at;
	}
	p->last_at = at;
	record->at = at;
	memcpy(record->data, data, len);
	buffer_publish(buffer, record);
	p->stats->packets++;
	p->stats->bytes += len;
}

/* Keeps a packet back for a while. 0, or -1 when there is no room for it. */
static int
hold_packet(struct producer *p, const struct config *c, const uint8_t *data, uint32_t len,
	    uint64_t now)
{
	struct record *record = buffer_reserve(&p->d->hold, len);

	if (!record)
		return -1;
	record->at = now + c->reorder.hold;
	memcpy(record->data, data, len);
	buffer_publish(&p->d->hold, record);
	p->stats->reordered++;
	p->stats->reordered_bytes += len;
	return 0;
}

static void
release_held(struct producer *p, const struct config *c, uint64_t now)
{
	struct record *record;

	while ((record = buffer_peek(&p->d->hold)) && record->at <= now) {
		schedule_packet(p, c, record->data, record->len, now);
		buffer_pop(&p->d->hold, record);
	}
}

static void
handle_packet(struct producer *p, const struct config *c, uint8_t *data, uint32_t len, uint64_t now)
{
	/* the router takes ARP of any length: virtual links do not pad it */
	if (p->d->router) {
		enum route_verdict verdict = route_packet(p->d, data, len);

		if (verdict == ROUTE_DROP)
			count_drop(p->stats, len);
		if (verdict != ROUTE_FORWARD)
			return;
	}
	if (len < MIN_FRAME) {
		RD(5, "short packet len %d, discarded", len);
		return;
	}
	if (loss_decide(&c->loss, len, &p->random)) {
		count_drop(p->stats, len);
		return;
	}
	if (c->reorder.threshold && shape_random24(&p->random) < c->reorder.threshold &&
	    hold_packet(p, c, data, len, now) == 0)
		return;
	schedule_packet(p, c, data, len, now);
}

/*
 * The packet at *at of the ring in one piece; moves *at behind it. Returns its length, 0 when it is
 * not complete, or UINT32_MAX when it is too long.
 */
static uint32_t
linearise(struct producer *p, struct netmap_ring *ring, uint32_t *at, uint8_t **data)
{
	struct netmap_slot *slot = &ring->slot[*at];
	uint32_t i = *at, len = 0, frags;

	if (!(slot->flags & NS_MOREFRAG)) {
		*data = (uint8_t *)NETMAP_BUF_OFFSET(ring, slot);
		*at = nm_ring_next(ring, i);
		return slot->len;
	}
	for (frags = 0; i != ring->tail && frags < MAX_FRAGS; frags++) {
		slot = &ring->slot[i];
		i = nm_ring_next(ring, i);
		if (len + slot->len <= MAX_PACKET)
			memcpy(p->linear + len, NETMAP_BUF_OFFSET(ring, slot), slot->len);
		len += slot->len;
		if (!(slot->flags & NS_MOREFRAG)) {
			*data = p->linear;
			*at = i;
			return len <= MAX_PACKET ? len : UINT32_MAX;
		}
	}
	return 0;
}

/* Handles up to a burst of packets. Returns how many. */
static uint32_t
drain(struct producer *p, struct netmap_ring *ring, const struct config *c, uint64_t now)
{
	uint32_t head = ring->head, n;

	for (n = 0; head != ring->tail && n < (uint32_t)p->d->options->burst; n++) {
		uint8_t *data = NULL;
		uint32_t len = linearise(p, ring, &head, &data);

		if (len == 0 && !data)
			break;
		if (len == UINT32_MAX)
			RD(5, "packet too long, discarded");
		else
			handle_packet(p, c, data, len, now);
	}
	ring->head = ring->cur = head;
	return n;
}

void *
prod(void *argument)
{
	struct direction *d = argument;
	struct netmap_ring *ring = NETMAP_RXRING(d->in->nifp, d->in->first_rx_ring);
	struct producer p = { .d = d, .stats = &d->session->stats[2 * d->id + 1] };
	const struct config *c;

	p.random = 0x9e3779b97f4a7c15ULL * (uint64_t)(d->id + 1) ^ now_ns();
	p.refilled = now_ns();
	p.linear = malloc(MAX_PACKET + 1);
	if (!p.linear)
		DIE(1, "cannot allocate a packet");
	set_scheduling(d->producer_cpu);
	while (!do_abort && (c = session_config(d->session, d->id))) {
		uint64_t now = now_ns(), spent;
		uint32_t space;

		ioctl(d->in->fd, NIOCRXSYNC, NULL);
		space = nm_ring_space(ring);
		if (space > __atomic_load_n(&d->max_queue, __ATOMIC_RELAXED))
			__atomic_store_n(&d->max_queue, space, __ATOMIC_RELAXED);
		release_held(&p, c, now);
		if (drain(&p, ring, c, now) == 0) {
			usleep(IDLE_US);
			continue;
		}
		spent = now_ns() - now;
		if (spent > __atomic_load_n(&d->max_round, __ATOMIC_RELAXED))
			__atomic_store_n(&d->max_round, spent, __ATOMIC_RELAXED);
	}
	do_abort = 1;
	D("exiting on abort");
	free(p.linear);
	return NULL;
}
