// SPDX-License-Identifier: BSD-2-Clause
/* -f tx: fill the transmit rings, at the rate asked for, until the count is reached. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include "pkt-gen.h"
#include "put.h"

#define POLL_TIMEOUT_MS 2000

/* Puts up to count packets into a ring and passes them to the kernel. Returns how many. */
static uint32_t
send_packets(const struct batch *batch, struct netmap_ring *ring, uint32_t count)
{
	uint32_t room = nm_ring_space(ring) / (uint32_t)batch->layout.slots;
	uint32_t head = ring->head;
	int wait_for_all = room < count;

	if (room < count)
		count = room;
	head = batch->put(batch, ring, head, count);
	if (count)
		ring->slot[head ? head - 1 : ring->num_slots - 1].flags |= NS_REPORT;
	ring->head = head;
	/* with less room than wanted, wake up when something was sent, not before */
	ring->cur = wait_for_all ? ring->tail : head;
	return count;
}

/*
 * No slot of ours is ever empty again: an empty one shows a buffer that was not written yet. The
 * flag NS_BUF_CHANGED would say so too, but the receiver of a pipe gives it back with every slot.
 */
static void
mark_buffers_fresh(struct nmport_d *port)
{
	uint32_t r, i;

	for (r = port->first_tx_ring; r <= port->last_tx_ring; r++) {
		struct netmap_ring *ring = NETMAP_TXRING(port->nifp, r);

		for (i = 0; i < ring->num_slots; i++) {
			ring->slot[i].flags = 0;
			ring->slot[i].len = 0;
		}
	}
}

/* Waits until the kernel has sent everything, unless interrupted. */
static void
flush_rings(struct worker *worker)
{
	struct nmport_d *port = worker->port;
	uint32_t r;

	for (r = port->first_tx_ring; r <= port->last_tx_ring; r++) {
		struct netmap_ring *ring = NETMAP_TXRING(port->nifp, r);

		if (r == port->first_tx_ring) {
			D("flush tail %d head %d on thread %p", ring->tail, ring->head,
			  (void *)worker->thread);
			device_sync(worker, DIR_TX);
		}
		while (!stop_requested && nm_tx_pending(ring)) {
			RD(5, "pending tx tail %d head %d on ring %d", ring->tail, ring->head, r);
			if (device_sync(worker, DIR_TX) < 0)
				return;
			usleep(1);
		}
	}
}

/* A new size for the next batch, uniform in [size_min, size). */
static void
choose_size(struct batch *batch, const struct config *config, int limit)
{
	struct frame *frame = batch->frame;
	int span = config->size - config->size_min;
	int size = config->size_min + (int)(random_next(&frame->random_state) % (uint64_t)span);

	if (config->options & OPT_UPDATE_CSUM)
		frame_set_size(frame, size);
	batch->size = size + frame->vnet_header;
	batch->layout = layout_plan(batch->size, config->frags, limit);
}

/* One round over the rings. Returns packets sent. */
static uint64_t
send_round(struct worker *worker, struct batch *batch, struct pacer *pacer, uint64_t left, int limit,
	   uint64_t *bytes, uint64_t *events)
{
	const struct config *config = worker->config;
	struct nmport_d *port = worker->port;
	uint64_t total = 0;
	uint32_t r;

	for (r = port->first_tx_ring; r <= port->last_tx_ring && total < left; r++) {
		struct netmap_ring *ring = NETMAP_TXRING(port->nifp, r);
		uint64_t wanted = (uint64_t)pacer->burst;
		uint32_t sent;

		if (pacer->period && (uint64_t)pacer->credit < wanted)
			wanted = (uint64_t)pacer->credit;
		if (left - total < wanted)
			wanted = left - total;
		if (wanted == 0)
			break;
		if (nm_ring_empty(ring))
			continue;
		if (config->size_min && config->size > config->size_min)
			choose_size(batch, config, limit);
		sent = send_packets(batch, ring, (uint32_t)wanted);
		total += sent;
		*bytes += (uint64_t)sent * (uint64_t)batch->size;
		*events += sent > 0;
		worker_queue(worker, (int)(r - port->first_tx_ring), sent);
		pacer->credit -= sent;
	}
	return total;
}

/* Sends until the count is reached or the program is stopped. 0, or -1 when the port fails. */
static int
send_all(struct worker *worker, struct batch *batch, struct pacer *pacer, int limit)
{
	uint64_t sent = 0, bytes = 0, events = 0;
	uint64_t count = worker->count < 0 ? UINT64_MAX : (uint64_t)worker->count;
	short revents;
	int ret;

	while (!stop_requested && sent < count) {
		pacer_wait(pacer);
		ret = device_wait(worker, POLLOUT, POLL_TIMEOUT_MS, &revents);
		if (ret <= 0) {
			if (stop_requested)
				break;
			D("poll error on queue %d: %s", worker->id,
			  ret ? strerror(errno) : "timeout");
			if (ret < 0 && errno != EINTR)
				return -1;
			continue;
		}
		if (revents & POLLERR) {
			D("poll error on %d ring %d-%d", worker->fd, worker->port->first_tx_ring,
			  worker->port->last_tx_ring);
			return -1;
		}
		sent += send_round(worker, batch, pacer, count - sent, limit, &bytes, &events);
		worker_publish(worker, sent, bytes, events);
		if (device_push(worker, pacer) < 0)
			return -1;
	}
	return 0;
}

void *
sender_body(struct worker *worker)
{
	const struct config *config = worker->config;
	struct batch batch = { .frame = &worker->frame, .options = config->options };
	struct netmap_ring *ring;
	struct pacer pacer;
	int limit;

	if (!device_has_rings(worker->device)) {
		file_send(worker);
		return NULL;
	}
	ring = NETMAP_TXRING(worker->port->nifp, worker->port->first_tx_ring);
	limit = (int)(ring->nr_buf_size - NETMAP_ROFFSET(ring, &ring->slot[0]));
	D("start, fd %d main_fd %d", worker->fd, worker->device->main_fd);
	if (config->max_frag_size && config->max_frag_size < limit)
		limit = config->max_frag_size;
	if (limit > UINT16_MAX)
		limit = UINT16_MAX;
	batch.size = worker->frame.ether_size + worker->frame.vnet_header;
	batch.layout = layout_plan(batch.size, config->frags, limit);
	batch_choose(&batch, config, ring->num_slots, limit);
	if (batch.layout.slots > NETMAP_MAX_FRAGS) {
		D("%d slots per packet are too many, the kernel takes %d", batch.layout.slots,
		  NETMAP_MAX_FRAGS);
		worker->failed = 1;
		return NULL;
	}
	mark_buffers_fresh(worker->port);
	pacer_init(&pacer, config->burst, worker->rate);
	pacer_start(&pacer, &worker->start);
	worker->used = 1;
	D("frags %u frag_size %u", batch.layout.slots, batch.layout.fragment);
	if (send_all(worker, &batch, &pacer, limit) < 0) {
		worker->failed = 1;
	} else {
		flush_rings(worker);
		pacer_end(&pacer);
	}
	return NULL;
}
