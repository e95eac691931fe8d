// SPDX-License-Identifier: BSD-2-Clause
/* -f tx: fill the slots of the transmit rings. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include "pkt-gen.h"

#define POLL_TIMEOUT_MS 2000

/* How a packet spreads over slots. */
struct layout {
	int slots;
	int fragment; /* bytes of all but the last slot */
};

/* What sending one batch needs; constant during the batch. */
struct batch {
	struct frame *frame;
	struct layout layout;
	int size; /* bytes of a packet, virtio-net header included */
	uint32_t options;
	int copy; /* always write the buffers */
	int same; /* packets never change: see put_same() */
};

/*
 * size bytes in the wanted number of slots of at most limit bytes each. The last slot also takes
 * the remainder of the division, unless that makes it too long.
 */
static struct layout
plan_layout(int size, int wanted, int limit)
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
		nm_pkt_copy(data, buffer, len);
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
		} else if (batch->copy || changed) {
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
 * The common case, packets of one slot that never change: once every buffer is written, a slot
 * needs nothing unless the kernel changed it, so it is looked at and, as a rule, not touched.
 */
static uint32_t
put_same(const struct batch *batch, struct netmap_ring *ring, uint32_t head, uint32_t count)
{
	const struct netmap_slot wanted = { .len = (uint16_t)batch->size };
	uint32_t want, have;

	/* length and flags are neighbours */
	memcpy(&want, &wanted.len, sizeof(want));
	while (count--) {
		memcpy(&have, &ring->slot[head].len, sizeof(have));
		if (unlikely(have != want))
			put_packet(batch, ring, &head);
		else
			head = nm_ring_next(ring, head);
	}
	return head;
}

/* Puts up to count packets into a ring and passes them to the kernel. Returns how many. */
static uint32_t
send_packets(const struct batch *batch, struct netmap_ring *ring, uint32_t count)
{
	uint32_t room = nm_ring_space(ring) / (uint32_t)batch->layout.slots;
	uint32_t sent, head = ring->head;
	int wait_for_all = room < count;

	if (room < count)
		count = room;
	if (batch->same) {
		head = put_same(batch, ring, head, count);
	} else {
		for (sent = 0; sent < count; sent++) {
			put_packet(batch, ring, &head);
			if (batch->frame->varies)
				frame_next(batch->frame);
		}
	}
	if (count)
		ring->slot[head ? head - 1 : ring->num_slots - 1].flags |= NS_REPORT;
	ring->head = head;
	/* with less room than wanted, wake up when something was sent, not before */
	ring->cur = wait_for_all ? ring->tail : head;
	return count;
}

static void
mark_buffers_changed(struct nmport_d *port)
{
	uint32_t r, i;

	for (r = port->first_tx_ring; r <= port->last_tx_ring; r++) {
		struct netmap_ring *ring = NETMAP_TXRING(port->nifp, r);

		for (i = 0; i < ring->num_slots; i++)
			ring->slot[i].flags = NS_BUF_CHANGED;
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
	batch->layout = plan_layout(batch->size, config->frags, limit);
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

	if (worker->device->kind == DEVICE_TAP) {
		tap_send(worker);
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
	batch.layout = plan_layout(batch.size, config->frags, limit);
	batch.copy = worker->frame.varies || (config->options & (OPT_COPY | OPT_MEMCPY)) ||
		     config->size_min > 0;
	batch.same = !batch.copy && batch.layout.slots == 1 &&
		     !(config->options & (OPT_DUMP | OPT_INDIRECT | OPT_RUBBISH));
	if (batch.layout.slots > NETMAP_MAX_FRAGS) {
		D("%d slots per packet are too many, the kernel takes %d", batch.layout.slots,
		  NETMAP_MAX_FRAGS);
		worker->failed = 1;
		return NULL;
	}
	mark_buffers_changed(worker->port);
	pacer_init(&pacer, config->burst, worker->rate);
	pacer_start(&pacer, &worker->start);
	worker->used = 1;
	D("frags %u frag_size %u", batch.layout.slots, batch.layout.fragment);
	if (send_all(worker, &batch, &pacer, limit) < 0)
		worker->failed = 1;
	else
		flush_rings(worker);
	return NULL;
}
