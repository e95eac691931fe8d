// SPDX-License-Identifier: BSD-2-Clause
/* -f txseq and rxseq: numbered slots, to see losses and reordering. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include "pkt-gen.h"

#define TX_TIMEOUT_MS 2000
#define RX_TIMEOUT_MS 1000
#define SEQUENCE_SIZE 4

/* Puts numbered slots into the ring, in packets of frags slots. Returns slots. */
static uint32_t
put_sequence(struct worker *worker, struct netmap_ring *ring, uint32_t slots, uint32_t *sequence)
{
	struct frame *frame = &worker->frame;
	int frags = worker->config->frags, size = frame->ether_size + frame->vnet_header;
	uint32_t i, head = ring->head;

	for (i = 0; i < slots; i++, head = nm_ring_next(ring, head)) {
		struct netmap_slot *slot = &ring->slot[head];
		int last = (i + 1) % (uint32_t)frags == 0;

		frame_set_sequence(frame, (*sequence)++);
		nm_pkt_copy(frame->start, NETMAP_BUF_OFFSET(ring, slot), size);
		if (frame->varies)
			frame_next(frame);
		slot->len = (uint16_t)size;
		slot->flags = (slot->flags & NS_BUF_CHANGED) | (last ? 0 : NS_MOREFRAG);
		if (worker->config->options & OPT_DUMP)
			dump_packet(NETMAP_BUF_OFFSET(ring, slot), size, ring, head);
		if (i + 1 == slots)
			slot->flags |= NS_REPORT;
	}
	ring->head = ring->cur = head;
	return slots;
}

/* Slots for this round: whole packets only, within room, burst and rate. */
static uint32_t
slots_to_send(const struct pacer *pacer, int frags, uint32_t space)
{
	int64_t packets = space / (uint32_t)frags;
	/* the burst counts slots; at least one packet, or nothing would ever be sent */
	int64_t burst = pacer->burst / frags > 0 ? pacer->burst / frags : 1;

	if (packets > burst)
		packets = burst;
	return (uint32_t)(packets * frags);
}

static void
txseq_loop(struct worker *worker, struct netmap_ring *ring, struct pacer *pacer)
{
	uint64_t slots = 0, bytes = 0, events = 0;
	int size = worker->frame.ether_size + worker->frame.vnet_header;
	uint32_t sequence = 0, n;
	short revents;

	while (!stop_requested) {
		int ret;

		pacer_wait(pacer);
		ret = device_wait(worker, POLLOUT, TX_TIMEOUT_MS, &revents);
		if (stop_requested)
			break;
		if (ret <= 0) {
			D("poll error on queue %d: %s", worker->id,
			  ret ? strerror(errno) : "timeout");
			if (ret < 0 && errno != EINTR) {
				worker->failed = 1;
				break;
			}
			continue;
		}
		if (revents & POLLERR) {
			D("poll error on %d ring %d-%d", worker->fd, worker->port->first_tx_ring,
			  worker->port->first_tx_ring);
			worker->failed = 1;
			break;
		}
		n = slots_to_send(pacer, worker->config->frags, nm_ring_space(ring));
		if (n == 0) {
			ring->cur = ring->tail; /* wait for more room than one slot */
			continue;
		}
		slots += put_sequence(worker, ring, n, &sequence);
		worker_queue(worker, 0, n);
		bytes += (uint64_t)n * (uint64_t)size;
		events++;
		pacer->credit -= n;
		worker_publish(worker, slots, bytes, events);
		if (device_push(worker, pacer) < 0) {
			worker->failed = 1;
			break;
		}
	}
	device_sync(worker, DIR_TX);
}

void *
txseq_body(struct worker *worker)
{
	struct nmport_d *port = worker->port;
	struct netmap_ring *ring = NETMAP_TXRING(port->nifp, port->first_tx_ring);
	int payload = worker->config->family == AF_INET ? FRAME_PAYLOAD4 : FRAME_PAYLOAD6;
	int size = worker->frame.ether_size;
	struct pacer pacer;

	if (worker->config->count)
		D("Ignoring -n argument");
	if (size < payload + SEQUENCE_SIZE ||
	    size + worker->frame.vnet_header > (int)ring->nr_buf_size) {
		D("txseq needs frames of %d to %d bytes", payload + SEQUENCE_SIZE,
		  (int)ring->nr_buf_size - worker->frame.vnet_header);
		worker->failed = 1;
		return NULL;
	}
	D("start, fd %d main_fd %d", worker->fd, worker->device->main_fd);
	pacer_init(&pacer, worker->config->burst, worker->rate);
	pacer_start(&pacer, &worker->start);
	worker->used = 1;
	txseq_loop(worker, ring, &pacer);
	return NULL;
}

/* ---- receiver ---- */

#define FRAGS_TEXT 512

/* What is expected of one ring. */
struct expectation {
	uint32_t next;
	int known;	  /* the first number seen is accepted */
	int frags;	  /* slots of the current packet so far */
	char text[FRAGS_TEXT]; /* "|len,flags|" of each */
	size_t text_length;
};

static void
check_sequence(struct expectation *expected, uint32_t found)
{
	uint32_t difference = found - expected->next;

	if (expected->known && difference) {
		if (difference & 0x80000000)
			RD(2, "Sequence OUT OF ORDER: exp %u found %u", expected->next, found);
		else
			RD(2, "Sequence GAP: exp %u found %u", expected->next, found);
	}
	expected->next = found + 1;
	expected->known = 1;
}

/* The sequence number of a slot; -1 when it is too short for one. */
static int
read_sequence(const uint8_t *data, int len, int vnet_header, uint32_t *sequence)
{
	const uint8_t *ether = data + vnet_header;
	int offset = FRAME_PAYLOAD4;

	if (len >= vnet_header + 14 && ether[12] == 0x86 && ether[13] == 0xdd)
		offset = FRAME_PAYLOAD6;
	if (len < vnet_header + offset + SEQUENCE_SIZE)
		return -1;
	ether += offset;
	*sequence = (uint32_t)ether[0] << 24 | (uint32_t)ether[1] << 16 | (uint32_t)ether[2] << 8 |
		    ether[3];
	return 0;
}

static void
check_frags(struct expectation *expected, const struct netmap_slot *slot, int wanted)
{
	int n = snprintf(expected->text + expected->text_length,
			 sizeof(expected->text) - expected->text_length, "|%d,%x|", slot->len,
			 slot->flags);

	if (n > 0 && expected->text_length + (size_t)n < sizeof(expected->text))
		expected->text_length += (size_t)n;
	expected->frags++;
	if (slot->flags & NS_MOREFRAG)
		return;
	if (expected->frags != wanted)
		RD(1, "Received packets with %u frags, expected %u, '%s'", expected->frags, wanted,
		   expected->text);
	expected->frags = 0;
	expected->text_length = 0;
	expected->text[0] = '\0';
}

static uint64_t
drain_sequence(struct worker *worker, struct netmap_ring *ring, struct expectation *expected,
	       uint64_t *bytes)
{
	const struct config *config = worker->config;
	uint32_t head = ring->head, slots = nm_ring_space(ring), i, sequence;

	if (slots > (uint32_t)config->burst)
		slots = (uint32_t)config->burst;
	for (i = 0; i < slots; i++, head = nm_ring_next(ring, head)) {
		struct netmap_slot *slot = &ring->slot[head];
		const uint8_t *data = (const uint8_t *)NETMAP_BUF_OFFSET(ring, slot);

		if (config->options & OPT_DUMP)
			dump_packet((const char *)data, slot->len, ring, head);
		if (read_sequence(data, slot->len, config->vnet_header, &sequence) < 0)
			RD(1, "rxseq_body: packet too small (len=%u)", slot->len);
		else
			check_sequence(expected, sequence);
		check_frags(expected, slot, config->frags);
		*bytes += slot->len;
	}
	ring->head = ring->cur = head;
	return slots;
}

void *
rxseq_body(struct worker *worker)
{
	struct nmport_d *port = worker->port;
	struct expectation *expected;
	uint64_t slots = 0, bytes = 0, events = 0;
	short revents;
	uint32_t r;

	D("reading from %s fd %d main_fd %d", worker->config->port, worker->fd,
	  worker->device->main_fd);
	expected = calloc((size_t)(port->last_rx_ring - port->first_rx_ring + 1), sizeof(*expected));
	if (!expected)
		worker->failed = 1;
	while (!stop_requested && !worker->failed) {
		int ret = device_wait(worker, POLLIN, RX_TIMEOUT_MS, &revents);

		if (ret > 0 && (revents & POLLERR)) {
			D("poll err");
			worker->failed = 1;
			break;
		}
		if (ret <= 0) {
			if (!slots)
				RD(1, "waiting for initial packets, poll returns %d %d", ret,
				   revents);
			else if (worker->config->stop_on_silence && ret == 0)
				break;
			continue;
		}
		if (!worker->used) {
			clock_gettime(CLOCK_MONOTONIC, &worker->start);
			worker->used = 1;
		}
		for (r = port->first_rx_ring; r <= port->last_rx_ring; r++) {
			struct netmap_ring *ring = NETMAP_RXRING(port->nifp, r);
			uint64_t n;

			worker_space(worker, ring->num_slots - 1 - nm_ring_space(ring));
			n = drain_sequence(worker, ring, &expected[r - port->first_rx_ring], &bytes);
			slots += n;
			worker_queue(worker, (int)(r - port->first_rx_ring), n);
			events += n > 0;
		}
		worker_publish(worker, slots, bytes, events);
	}
	device_sync(worker, DIR_RX);
	free(expected);
	return NULL;
}
