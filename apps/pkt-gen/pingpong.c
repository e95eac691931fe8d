// SPDX-License-Identifier: BSD-2-Clause
/* -f ping and pong: round-trip times between two programs. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include "latency.h"
#include "pkt-gen.h"

#define PING_TIMEOUT_MS 3000
#define PONG_TIMEOUT_MS 1000
#define SUMMARY_NS 1000000000LL

/* What a ping carries, at frame offset 42; host byte order, because only pkt-gen reads it. */
struct stamp {
	uint32_t sequence;
	uint32_t seconds, nanoseconds; /* CLOCK_REALTIME when it was sent */
};
#define STAMP_OFFSET 42
#define UDP_CHECKSUM_OFFSET 40

struct ping {
	struct worker *worker;
	struct latency all, recent; /* recent: since the last summary */
	struct timespec summary;
	uint64_t sent, bytes, events;
};

/* The powers of two between the first and the last that occurred. */
static void
ping_summary(const struct latency *latency)
{
	char text[64 * 8] = "";
	size_t length = 0;
	unsigned int k, low = 63, high = 0;

	for (k = 0; k < 64; k++) {
		if (!latency_power(latency, k))
			continue;
		low = k < low ? k : low;
		high = k;
	}
	for (k = low; k <= high && length + 24 < sizeof(text); k++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, " %5d",
					   (int)latency_power(latency, k));
	D("k: %llu .. %llu\n\t%s", 1ULL << low, 1ULL << high, text);
}

/* About once a second. The line is known under the name ping_body; scripts look for "RTT". */
static void
ping_report(struct ping *ping)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (timespec_since_ns(&now, &ping->summary) < SUMMARY_NS)
		return;
	ping->summary = now;
	if (!ping->recent.count)
		return;
	D("count %d RTT: min %d av %d ns", (int)ping->recent.count, (int)ping->recent.min,
	  (int)latency_average(&ping->recent));
	ping_summary(&ping->recent);
	latency_reset(&ping->recent);
}

static int
send_ping(struct ping *ping, struct netmap_ring *ring)
{
	struct frame *frame = &ping->worker->frame;
	struct netmap_slot *slot = &ring->slot[ring->head];
	int size = frame->ether_size + frame->vnet_header;
	struct stamp stamp = { .sequence = (uint32_t)ping->sent };
	char *buffer = NETMAP_BUF_OFFSET(ring, slot);
	struct timespec now;

	if (nm_ring_empty(ring))
		return 0;
	nm_pkt_copy(frame->start, buffer, size);
	if (frame->varies)
		frame_next(frame);
	buffer += frame->vnet_header;
	/* the stamp changes the payload: no checksum */
	memset(buffer + UDP_CHECKSUM_OFFSET, 0, 2);
	clock_gettime(CLOCK_REALTIME, &now);
	stamp.seconds = (uint32_t)now.tv_sec;
	stamp.nanoseconds = (uint32_t)now.tv_nsec;
	memcpy(buffer + STAMP_OFFSET, &stamp, sizeof(stamp));
	slot->len = (uint16_t)size;
	slot->flags = (slot->flags & NS_BUF_CHANGED) | NS_REPORT;
	ring->head = ring->cur = nm_ring_next(ring, ring->head);
	ping->sent++;
	ping->bytes += (uint64_t)size;
	return 1;
}

static void
take_reply(struct ping *ping, const char *data, int len)
{
	uint64_t sent_so_far = ping->sent;
	struct timespec now, then;
	struct stamp stamp;
	int64_t rtt;

	data += ping->worker->frame.vnet_header;
	len -= ping->worker->frame.vnet_header;
	if (len < (int)(STAMP_OFFSET + sizeof(stamp)))
		return;
	memcpy(&stamp, data + STAMP_OFFSET, sizeof(stamp));
	if (stamp.sequence >= sent_so_far)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	then.tv_sec = (time_t)(((uint64_t)now.tv_sec & ~0xffffffffULL) | stamp.seconds);
	then.tv_nsec = stamp.nanoseconds;
	rtt = timespec_since_ns(&now, &then);
	if (rtt < 0)
		return; /* the clock was set back */
	latency_add(&ping->all, (uint64_t)rtt);
	latency_add(&ping->recent, (uint64_t)rtt);
}

/* Waits up to 3 s for replies to the burst just sent. 0, or -1 when the port failed. */
static int
collect_replies(struct ping *ping, int expected)
{
	struct worker *worker = ping->worker;
	struct nmport_d *port = worker->port;
	short revents;
	uint32_t r;

	while (expected > 0 && !stop_requested) {
		int ret = device_wait(worker, POLLIN, PING_TIMEOUT_MS, &revents);

		if (stop_requested)
			break;
		if (ret <= 0) {
			D("poll error on queue %d: %s", worker->id,
			  ret ? strerror(errno) : "timeout");
			return ret < 0 && errno != EINTR ? -1 : 0;
		}
		if (revents & POLLERR)
			return -1;
		for (r = port->first_rx_ring; r <= port->last_rx_ring; r++) {
			struct netmap_ring *ring = NETMAP_RXRING(port->nifp, r);

			while (!nm_ring_empty(ring)) {
				struct netmap_slot *slot = &ring->slot[ring->head];

				if (worker->config->options & OPT_DUMP)
					dump_packet(NETMAP_BUF_OFFSET(ring, slot), slot->len, ring,
						    ring->head);
				take_reply(ping, NETMAP_BUF_OFFSET(ring, slot), slot->len);
				ring->head = ring->cur = nm_ring_next(ring, ring->head);
				expected--;
			}
		}
	}
	return 0;
}

void *
ping_body(struct worker *worker)
{
	uint64_t count = worker->count < 0 ? UINT64_MAX : (uint64_t)worker->count;
	struct netmap_ring *ring = NETMAP_TXRING(worker->port->nifp, worker->port->first_tx_ring);
	static struct ping ping;
	struct pacer pacer;

	if (worker->config->family == AF_INET6)
		D("Warning: ping with IPv6 frames is not understood by other tools");
	ping.worker = worker;
	latency_reset(&ping.all);
	latency_reset(&ping.recent);
	pacer_init(&pacer, worker->config->burst, worker->rate);
	pacer_start(&pacer, &worker->start);
	ping.summary = worker->start;
	worker->used = 1;
	while (!stop_requested && ping.sent < count) {
		int i, burst = pacer.burst;

		pacer_wait(&pacer);
		if (stop_requested)
			break;
		for (i = 0; i < burst && ping.sent < count && send_ping(&ping, ring); i++)
			pacer.credit--;
		ping.events++;
		worker_queue(worker, 0, (uint64_t)i);
		worker_publish(worker, ping.sent, ping.bytes, ping.events);
		/* the first poll also sends */
		if (device_sync(worker, DIR_TX) < 0 || collect_replies(&ping, i) < 0) {
			worker->failed = 1;
			break;
		}
		ping_report(&ping);
	}
	D("RTT over %llu packets: min %lld av %llu ns", (unsigned long long)ping.all.count,
	  ping.all.count ? (long long)ping.all.min : -1,
	  (unsigned long long)latency_average(&ping.all));
	worker->latency = &ping.all;
	return NULL;
}

/* Copies the frame to the transmit slot with addresses exchanged. */
static void
turn_around(const char *in, char *out, int len, int vnet_header)
{
	nm_pkt_copy(in, out, len);
	in += vnet_header;
	out += vnet_header;
	len -= vnet_header;
	if (len < 14)
		return;
	memcpy(out, in + 6, 6);
	memcpy(out + 6, in, 6);
	if (len >= 34 && in[12] == 0x08 && in[13] == 0x00) {
		memcpy(out + 26, in + 30, 4);
		memcpy(out + 30, in + 26, 4);
	}
}

/* Answers everything in one receive ring; what does not fit into the transmit ring is dropped. */
static uint64_t
answer_ring(struct worker *worker, struct netmap_ring *rx, struct netmap_ring *tx, uint64_t left)
{
	uint32_t options = worker->config->options;
	uint64_t answered = 0;

	for (; !nm_ring_empty(rx) && answered < left; rx->head = rx->cur = nm_ring_next(rx, rx->head)) {
		struct netmap_slot *in = &rx->slot[rx->head], *out = &tx->slot[tx->head];

		if (options & OPT_DUMP)
			dump_packet(NETMAP_BUF_OFFSET(rx, in), in->len, rx, rx->head);
		if (nm_ring_empty(tx) || in->len > tx->nr_buf_size)
			continue;
		turn_around(NETMAP_BUF_OFFSET(rx, in), NETMAP_BUF_OFFSET(tx, out), in->len,
			    worker->frame.vnet_header);
		out->len = in->len;
		out->flags = (out->flags & NS_BUF_CHANGED) | NS_REPORT;
		tx->head = tx->cur = nm_ring_next(tx, tx->head);
		answered++;
	}
	return answered;
}

void *
pong_body(struct worker *worker)
{
	uint64_t count = worker->count < 0 ? UINT64_MAX : (uint64_t)worker->count, answered = 0;
	struct nmport_d *port = worker->port;
	struct netmap_ring *tx = NETMAP_TXRING(port->nifp, port->first_tx_ring);
	uint64_t events = 0;
	short revents;
	uint32_t r;

	clock_gettime(CLOCK_MONOTONIC, &worker->start);
	worker->used = 1;
	while (!stop_requested && answered < count) {
		int ret = device_wait(worker, POLLIN, PONG_TIMEOUT_MS, &revents);
		uint64_t before = answered;

		if (stop_requested)
			break;
		if (ret <= 0) {
			D("poll error on queue %d: %s", worker->id,
			  ret ? strerror(errno) : "timeout");
			continue;
		}
		if (revents & POLLERR) {
			worker->failed = 1;
			break;
		}
		for (r = port->first_rx_ring; r <= port->last_rx_ring; r++)
			answered += answer_ring(worker, NETMAP_RXRING(port->nifp, r), tx,
						count - answered);
		/* reclaims transmitted slots too, so that answers do not run out of room */
		device_sync(worker, DIR_TX);
		events += answered > before;
		worker_queue(worker, 0, answered - before);
		worker_publish(worker, answered, 0, events);
	}
	while (!stop_requested && nm_tx_pending(tx) && device_sync(worker, DIR_TX) == 0)
		poll(NULL, 0, 1);
	return NULL;
}
