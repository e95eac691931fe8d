// SPDX-License-Identifier: BSD-2-Clause
/* -f rx: drain the receive rings. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include "pkt-gen.h"

#define POLL_TIMEOUT_MS 1000

struct received {
	uint64_t packets, bytes, events;
};

/*
 * Takes up to limit packets from a ring; a packet ends with the slot without NS_MOREFRAG. Length
 * and flags of a slot are read as one word.
 */
static uint64_t
drain_ring(struct netmap_ring *ring, uint64_t limit, uint32_t options, struct received *received)
{
	const struct netmap_slot more = { .flags = NS_MOREFRAG };
	uint32_t head = ring->head, tail = ring->tail, last = ring->num_slots - 1;
	int dump = (options & OPT_DUMP) != 0;
	uint64_t packets = 0, bytes = 0;
	uint32_t word, goes_on;

	memcpy(&goes_on, &more.len, sizeof(goes_on));
	while (head != tail && packets < limit) {
		struct netmap_slot *slot = &ring->slot[head];

		memcpy(&word, &slot->len, sizeof(word));
		if (unlikely(dump))
			dump_packet(NETMAP_BUF_OFFSET(ring, slot), slot->len, ring, head);
		bytes += (uint16_t)word;
		packets += !(word & goes_on);
		head = head == last ? 0 : head + 1;
	}
	ring->head = ring->cur = head;
	received->bytes += bytes;
	received->packets += packets;
	return packets;
}

/* One round over the rings: up to burst slots each. Returns packets received. */
static uint64_t
receive_round(struct worker *worker, uint64_t left, struct received *received)
{
	const struct config *config = worker->config;
	struct nmport_d *port = worker->port;
	uint64_t total = 0;
	uint32_t r;

	for (r = port->first_rx_ring; r <= port->last_rx_ring && total < left; r++) {
		struct netmap_ring *ring = NETMAP_RXRING(port->nifp, r);
		uint32_t space = nm_ring_space(ring);
		uint64_t limit = (uint64_t)config->burst, packets;

		worker_space(worker, ring->num_slots - 1 - space);
		if (space == 0)
			continue;
		if (left - total < limit)
			limit = left - total;
		packets = drain_ring(ring, limit, config->options, received);
		total += packets;
		worker_queue(worker, (int)(r - port->first_rx_ring), packets);
		received->events++;
	}
	return total;
}

/* Waits without limit for the first packet. 0, or -1 when stopped or failed. */
static int
wait_for_first(struct worker *worker)
{
	short revents;

	while (!stop_requested) {
		int ret = device_wait(worker, POLLIN, POLL_TIMEOUT_MS, &revents);
		struct nmport_d *port = worker->port;
		uint32_t r;

		if (ret < 0 && errno != EINTR) {
			D("poll error on queue %d: %s", worker->id, strerror(errno));
			worker->failed = 1;
			return -1;
		}
		if (ret > 0 && (revents & POLLERR)) {
			D("poll err");
			worker->failed = 1;
			return -1;
		}
		for (r = port->first_rx_ring; r <= port->last_rx_ring; r++)
			if (!nm_ring_empty(NETMAP_RXRING(port->nifp, r)))
				return 0;
		RD(1, "waiting for initial packets, poll returns %d %d", ret, revents);
	}
	return -1;
}

static void
receive_all(struct worker *worker)
{
	uint64_t count = worker->count < 0 ? UINT64_MAX : (uint64_t)worker->count;
	struct received received = { 0 };
	struct timespec now, last;
	short revents = 0;

	clock_gettime(CLOCK_MONOTONIC, &last);
	while (!stop_requested) {
		int ret;

		if (receive_round(worker, count - received.packets, &received)) {
			worker_publish(worker, received.packets, received.bytes, received.events);
			clock_gettime(CLOCK_MONOTONIC, &last);
			if (received.packets >= count)
				break;
		}
		ret = device_wait(worker, POLLIN, POLL_TIMEOUT_MS, &revents);
		if (ret > 0 && (revents & POLLERR)) {
			D("poll err");
			worker->failed = 1;
			break;
		}
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (worker->config->stop_on_silence &&
		    timespec_since_ns(&now, &last) >= POLL_TIMEOUT_MS * 1000000LL) {
			/* the silence is not part of the measurement */
			worker->end = last;
			break;
		}
	}
}

void *
receiver_body(struct worker *worker)
{
	D("reading from %s fd %d main_fd %d", worker->config->port, worker->fd,
	  worker->device->main_fd);
	if (!device_has_rings(worker->device)) {
		file_receive(worker);
	} else if (wait_for_first(worker) == 0) {
		clock_gettime(CLOCK_MONOTONIC, &worker->start);
		worker->used = 1;
		receive_all(worker);
		/* gives the last slots back: a sender on a pipe waits for that */
		device_sync(worker, DIR_RX);
	}
	return NULL;
}
