/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rings rule by rule: positions, poll, timestamps, forwarding. One row, one case. Run as: rings NATIVE EMULATED PEER,
 * where NATIVE is a sink, and EMULATED and PEER are connected to each other.
 */
#include "nmtest.h"
#include <arpa/inet.h>
#include <linux/if_packet.h>

static const char *nic, *emulated, *peer;

static uint32_t avail(const struct netmap_ring *ring)
{
	return (ring->tail + ring->num_slots - ring->head) % ring->num_slots;
}

static int sync_tx(struct nt_port *port)
{
	return ioctl(port->fd, NIOCTXSYNC) ? errno : 0;
}

static int sync_rx(struct nt_port *port)
{
	return ioctl(port->fd, NIOCRXSYNC) ? errno : 0;
}

static short polled(struct nt_port *port, short events)
{
	struct pollfd p = { .fd = port->fd, .events = events };

	return poll(&p, 1, 0) < 0 ? -1 : p.revents;
}

/* Frames of 60 bytes; the last one is numbered. */
static void send_frames(struct nt_port *port, uint32_t count, uint8_t number)
{
	struct netmap_ring *ring = nt_tx(port, 0);

	while (count--) {
		struct netmap_slot *slot = &ring->slot[ring->head];
		char *frame = nt_buf(ring, slot->buf_idx);

		memset(frame, 0, 60);
		memset(frame, 0xff, 6);
		memcpy(frame + 12, "\x88\xb5", 2);
		frame[20] = number;
		slot->len = 60;
		slot->flags = 0;
		ring->head = ring->cur = nt_next(ring, ring->head);
	}
	sync_tx(port);
}

/* Waits until so many frames are there; they stay. */
static bool arrive(struct nt_port *port, uint32_t count)
{
	for (uint64_t end = nt_now_ms() + NT_PATIENCE_MS; avail(nt_rx(port, 0)) < count && nt_now_ms() < end;)
		if (sync_rx(port))
			break;
	return avail(nt_rx(port, 0)) == count;
}

static void take_all(struct nt_port *port)
{
	struct netmap_ring *ring = nt_rx(port, 0);

	ring->head = ring->cur = ring->tail;
	sync_rx(port);
}

/*
 * Positions
 */

static const struct position_row {
	const char *what;
	uint32_t head, cur;
	bool ok;
} tx_rows[] = {
	/* all of 1023 slots are free: [0, 1023] */
	{ "nothing moves", 0, 0, true },
	{ "cur alone moves", 0, 1023, true },
	{ "head behind cur", 5, 4, false },
	{ "cur beyond the ring", 5, 1024, false },
	{ "head beyond the ring", 1024, 1024, false },
	{ "both far beyond", 0xffffffff, 0xffffffff, false },
	{ "some", 500, 600, true },
	/* now [500, 499] */
	{ "head goes back to the end of what is free", 499, 500, false },
	{ "head and cur in order, cur beyond tail", 400, 600, false },
	{ "cur before head", 700, 600, false },
	{ "cur beyond the ring, wrapped", 600, 1024, false },
	{ "head beyond the ring, wrapped", 1024, 100, false },
	{ "around the end", 100, 200, true },
	/* [100, 99] */
	{ "all", 99, 99, true },
}, rx_rows[] = {
	/* ten frames: [0, 10] */
	{ "nothing moves", 0, 0, true },
	{ "cur alone moves", 0, 10, true },
	{ "head behind cur", 5, 4, false },
	{ "cur beyond tail", 3, 11, false },
	{ "head beyond tail", 11, 11, false },
	{ "cur beyond the ring", 5, 1024, false },
	{ "head beyond the ring", 1024, 1024, false },
	{ "far beyond", 0x80000000, 0x80000000, false },
	{ "head before the first", 1023, 1023, false },
	{ "one", 1, 1, true },
	/* [1, 10] */
	{ "one that was released", 0, 0, false },
	{ "some, and cur at the end", 4, 10, true },
	{ "all", 10, 10, true },
};

/* A row by ioctl, and, if it is bad, by poll: the ring is repaired and the next call is clean. */
static void position_try(const struct position_row *row, struct nt_port *port, bool tx)
{
	struct netmap_ring *ring = tx ? nt_tx(port, 0) : nt_rx(port, 0);
	short event = tx ? POLLOUT : POLLIN;
	uint32_t head = ring->head, tail = ring->tail;
	char what[80];

	snprintf(what, sizeof(what), "positions %s: %s", tx ? "TX" : "RX", row->what);
	ring->head = row->head;
	ring->cur = row->cur;
	nt_errno_is(what, 0, tx ? sync_tx(port) : sync_rx(port));
	if (row->ok) {
		nt_result(ring->head == row->head && ring->cur == row->cur &&
			  ring->tail == (tx ? (row->head + 1023) % 1024 : tail), "%s: taken", what);
		return;
	}
	nt_result(ring->head == head && ring->cur == head && ring->tail == tail,
		  "%s: the ring goes back to %u..%u (head %u, cur %u, tail %u)", what, head, tail, ring->head, ring->cur,
		  ring->tail);
	ring->head = row->head;
	ring->cur = row->cur;
	nt_equal("  poll", event | POLLERR, polled(port, event));
	nt_equal("  once", event, polled(port, event));
	nt_result(ring->head == head && ring->tail == tail, "%s: after poll the same", what);
}

static void test_positions(struct nt_port *tx, struct nt_port *rx)
{
	struct nt_port sink = { 0 };
	struct netmap_ring *ring;

	nt_errno_is("positions: the sink", 0, nt_port_open(&sink, nic, NULL));
	for (size_t i = 0; i < sizeof(tx_rows) / sizeof(*tx_rows); i++)
		position_try(&tx_rows[i], &sink, true);
	ring = nt_tx(&sink, 0);
	ring->tail = 77;
	nt_errno_is("positions TX: a tail of the program", 0, sync_tx(&sink));
	nt_equal("  is put right", (ring->head + 1023) % 1024, ring->tail);
	/* a repair looks at the slots, too */
	ring->slot[3].buf_idx = 1;
	ring->slot[4].buf_idx = 0xffffffff;
	ring->slot[5].len = 2049;
	ring->slot[6].len = 2048;
	ring->head = 4000;
	sync_tx(&sink);
	nt_result(!ring->slot[3].buf_idx && !ring->slot[3].len && !ring->slot[4].buf_idx && !ring->slot[4].len &&
		  ring->slot[5].buf_idx && !ring->slot[5].len && ring->slot[6].len == 2048,
		  "positions TX: bad slots lose their buffer, long ones their length");
	nt_port_close(&sink);

	send_frames(tx, 10, 1);
	nt_result(arrive(rx, 10), "positions RX: ten frames");
	if (nt_rx(rx, 0)->head != 0)
		nt_result(false, "positions RX: the ring does not begin at 0");
	for (size_t i = 0; i < sizeof(rx_rows) / sizeof(*rx_rows); i++)
		position_try(&rx_rows[i], rx, false);
}

/*
 * poll
 */

static const struct poll_row {
	const char *what;
	uint64_t flags; /* of the descriptor */
	bool frames; /* there are some to read */
	short events, ready;
} poll_rows[] = {
	{ "nothing", 0, true, 0, 0 },
	{ "POLLPRI", 0, true, POLLPRI, 0 },
	{ "POLLOUT", 0, false, POLLOUT, POLLOUT },
	{ "POLLWRNORM", 0, false, POLLWRNORM, POLLWRNORM },
	{ "POLLOUT and POLLWRNORM", 0, false, POLLOUT | POLLWRNORM, POLLOUT | POLLWRNORM },
	{ "POLLIN, nothing there", 0, false, POLLIN, 0 },
	{ "POLLIN", 0, true, POLLIN, POLLIN },
	{ "POLLRDNORM", 0, true, POLLRDNORM, POLLRDNORM },
	{ "POLLIN and POLLRDNORM", 0, true, POLLIN | POLLRDNORM, POLLIN | POLLRDNORM },
	{ "POLLIN and POLLOUT, nothing there", 0, false, POLLIN | POLLOUT, POLLOUT },
	{ "POLLIN and POLLOUT", 0, true, POLLIN | POLLOUT, POLLIN | POLLOUT },
	{ "POLLIN without RX rings", NR_TX_RINGS_ONLY, true, POLLIN | POLLOUT, POLLOUT },
	{ "POLLOUT without TX rings", NR_RX_RINGS_ONLY, true, POLLIN | POLLOUT, POLLIN },
	{ "both without rings", NR_TX_RINGS_ONLY | NR_RX_RINGS_ONLY, true, POLLIN | POLLOUT, 0 },
	{ "POLLOUT with NR_NO_TX_POLL", NR_NO_TX_POLL, false, POLLOUT, POLLOUT },
	{ "POLLIN with NR_DO_RX_POLL", NR_DO_RX_POLL, true, POLLIN, POLLIN },
};

/* port receives what other sends, and keeps it until everybody had a look. */
static void test_poll(struct nt_port *other, struct nt_port *port)
{
	for (int frames = 0; frames < 2; frames++) {
		if (frames) {
			send_frames(other, 3, 1);
			nt_result(arrive(port, 3), "poll: three frames");
		}
		for (size_t i = 0; i < sizeof(poll_rows) / sizeof(*poll_rows); i++) {
			const struct poll_row *row = &poll_rows[i];
			struct nt_port mine = { .reg.nr_flags = row->flags };
			char what[80];

			if (row->frames != frames)
				continue;
			snprintf(what, sizeof(what), "poll: %s", row->what);
			nt_errno_is("  descriptor", 0, nt_port_open(&mine, peer, NULL));
			nt_equal(what, row->ready, polled(&mine, row->events));
			nt_port_close(&mine);
		}
	}
	take_all(port);
}

/* What sends pending slots. */
static const struct send_row {
	const char *what;
	uint64_t flags;
	short events; /* -1 = NIOCTXSYNC, -2 = NIOCRXSYNC */
	bool sent;
} send_rows[] = {
	{ "NIOCTXSYNC sends", 0, -1, true },
	{ "NIOCRXSYNC does not", 0, -2, false },
	{ "poll for POLLOUT sends", 0, POLLOUT, true },
	{ "poll for POLLIN sends", 0, POLLIN, true },
	{ "poll for nothing sends", 0, 0, true },
	{ "NR_NO_TX_POLL: NIOCTXSYNC sends", NR_NO_TX_POLL, -1, true },
	{ "NR_NO_TX_POLL: poll for POLLOUT sends", NR_NO_TX_POLL, POLLOUT, true },
	{ "NR_NO_TX_POLL: poll for POLLIN does not", NR_NO_TX_POLL, POLLIN, false },
	{ "NR_NO_TX_POLL: poll for nothing does not", NR_NO_TX_POLL, 0, false },
};

static void test_sending(void)
{
	for (size_t i = 0; i < sizeof(send_rows) / sizeof(*send_rows); i++) {
		const struct send_row *row = &send_rows[i];
		struct nt_port sink = { .reg.nr_flags = row->flags };
		struct netmap_ring *ring;

		nt_errno_is("  the sink", 0, nt_port_open(&sink, nic, NULL));
		ring = nt_tx(&sink, 0);
		ring->head = ring->cur = 10;
		if (row->events >= 0)
			polled(&sink, row->events);
		else
			ioctl(sink.fd, row->events == -1 ? NIOCTXSYNC : NIOCRXSYNC);
		/* what is sent is free at once */
		nt_equal(row->what, row->sent ? 9 : 1023, ring->tail);
		nt_port_close(&sink);
	}
}

/* poll without POLLIN leaves RX rings alone, NR_DO_RX_POLL or not. */
static void test_no_receiving(struct nt_port *tx)
{
	static const uint64_t flags[] = { 0, NR_DO_RX_POLL };

	for (int i = 0; i < 2; i++) {
		struct nt_port rx = { .reg.nr_flags = flags[i] };

		nt_errno_is("  who does not ask", 0, nt_port_open(&rx, peer, NULL));
		take_all(&rx);
		nt_rx(&rx, 0)->ts.tv_sec = 7;
		send_frames(tx, 1, 1);
		for (int k = 0; k < 100; k++)
			polled(&rx, POLLOUT);
		nt_result(!avail(nt_rx(&rx, 0)) && nt_rx(&rx, 0)->ts.tv_sec == 7,
			  "poll for POLLOUT receives nothing%s", i ? ", also with NR_DO_RX_POLL" : "");
		nt_result(arrive(&rx, 1), "  but it is there");
		take_all(&rx);
		nt_port_close(&rx);
	}
}

/*
 * Timestamps
 */

static const struct stamp_row {
	const char *what;
	int no_timestamp;
	uint32_t flags; /* of the ring */
	short events; /* -2 = NIOCRXSYNC */
	bool stamped;
} stamp_rows[] = {
	{ "timestamp: NIOCRXSYNC", 0, 0, -2, true },
	{ "timestamp: poll for POLLIN", 0, 0, POLLIN, true },
	{ "timestamp: poll for POLLOUT", 0, 0, POLLOUT, false },
	{ "no_timestamp: NIOCRXSYNC", 1, 0, -2, false },
	{ "no_timestamp: poll for POLLIN", 1, 0, POLLIN, false },
	{ "no_timestamp: NIOCRXSYNC of a ring with NR_TIMESTAMP", 1, NR_TIMESTAMP, -2, true },
	{ "no_timestamp: poll of a ring with NR_TIMESTAMP", 1, NR_TIMESTAMP, POLLIN, true },
};

/* Nothing arrives: stamps are those of the sync. */
static void test_stamps(void)
{
	struct nt_port sink = { 0 };
	struct netmap_ring *ring;

	nt_errno_is("timestamps: the sink", 0, nt_port_open(&sink, nic, NULL));
	ring = nt_rx(&sink, 0);
	for (size_t i = 0; i < sizeof(stamp_rows) / sizeof(*stamp_rows); i++) {
		const struct stamp_row *row = &stamp_rows[i];
		struct timeval before, after, *ts = (struct timeval *)&ring->ts;
		bool within;

		nt_parameter_set("no_timestamp", row->no_timestamp);
		ring->flags = row->flags;
		memset(ts, 0, sizeof(*ts));
		gettimeofday(&before, NULL);
		if (row->events == -2)
			sync_rx(&sink);
		else
			polled(&sink, row->events);
		gettimeofday(&after, NULL);
		within = !timercmp(ts, &before, <) && !timercmp(ts, &after, >);
		nt_result(row->stamped ? within : !ts->tv_sec && !ts->tv_usec, "%s: %s (%lld.%06lld)", row->what,
			  row->stamped ? "between before and after" : "none", (long long)ts->tv_sec,
			  (long long)ts->tv_usec);
		sync_tx(&sink);
		nt_equal("  TX rings have none", 0, nt_tx(&sink, 0)->ts.tv_sec);
	}
	nt_parameter_set("no_timestamp", 0);
	nt_port_close(&sink);
}

/*
 * fwd: all released packets go on, without a mark
 */

static void test_fwd(struct nt_port *tx)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(0x88b5),
				  .sll_ifindex = (int)if_nametoindex(peer) };
	struct nt_port rx = { .reg = { .nr_mode = NR_REG_NIC_SW } };
	struct timeval timeout = { .tv_sec = NT_PATIENCE_MS / 1000 };
	int s = socket(AF_PACKET, SOCK_RAW, htons(0x88b5));
	unsigned char got[100] = { 0 };

	if (bind(s, (struct sockaddr *)&to, sizeof(to)))
		nt_result(false, "fwd: socket: %s", strerror(errno));
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	nt_errno_is("fwd: the port", 0, nt_port_open(&rx, peer, NULL));
	send_frames(tx, 1, 41);
	nt_result(arrive(&rx, 1), "fwd 0: a frame");
	take_all(&rx);
	nt_parameter_set("fwd", 1);
	send_frames(tx, 1, 42);
	nt_result(arrive(&rx, 1), "fwd 1: another");
	take_all(&rx);
	nt_result(recv(s, got, sizeof(got), 0) == 60 && got[20] == 42, "fwd 1: goes on to the stack (%u)", got[20]);
	got[20] = 43;
	nt_equal("fwd 1: the stack sends", 60, send(s, got, 60, 0));
	for (uint64_t end = nt_now_ms() + NT_PATIENCE_MS; !avail(nt_rx(&rx, 1)) && nt_now_ms() < end;)
		sync_rx(&rx);
	nt_rx(&rx, 1)->head = nt_rx(&rx, 1)->cur = nt_rx(&rx, 1)->tail;
	polled(&rx, POLLIN);
	nt_result(arrive(tx, 1), "fwd 1: it goes on to the wire");
	nt_equal("fwd 1: as it was", 43, nt_buf(nt_rx(tx, 0), nt_rx(tx, 0)->slot[nt_rx(tx, 0)->head].buf_idx)[20]);
	take_all(tx);
	nt_parameter_set("fwd", 0);
	close(s);
	nt_port_close(&rx);
}

int main(int argc, char **argv)
{
	struct nt_port a = { 0 }, b = { 0 };

	if (argc != 4)
		return 2;
	nic = argv[1];
	emulated = argv[2];
	peer = argv[3];
	nt_pin();
	test_sending();
	test_stamps();
	nt_errno_is("one end", 0, nt_port_open(&a, emulated, NULL));
	nt_errno_is("the other", 0, nt_port_open(&b, peer, NULL));
	test_positions(&a, &b);
	test_poll(&a, &b);
	test_no_receiving(&a);
	nt_port_close(&b);
	test_fwd(&a);
	nt_port_close(&a);
	return nt_failed != 0;
}
