// SPDX-License-Identifier: BSD-2-Clause
/*
 * Whether a sleeper always hears of what he waits for. Everybody sleeps whenever there is nothing to do, with a time-out
 * that nobody reaches: who does has missed a wake-up. Results go to the guest's result file.
 *
 *     wakeup ROUNDS [SEED]
 *
 *     turns    two ends send each other batches of random size in turns; each sleeps while the other has its turn
 *     stream   one end sends, the other receives; each sleeps when the small ring between them is full or empty
 *     shared   each end has a thread that sends, one that receives, and one that only looks, on one descriptor
 */
#include "nmtest.h"
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/select.h>

#define STUCK_MS 60000
#define BATCH 24 /* packets between two looks at the window */
#define SWITCH_SLOTS 1024
/*
 * A switch drops what does not fit. As many as are on their way can lie in the receiver's ring taken but not given back,
 * because he only syncs when he finds nothing more.
 */
#define WINDOW ((SWITCH_SLOTS - 1) / 2 - BATCH)

enum method { POLL, SELECT, EPOLL_LEVEL, EPOLL_EDGE, METHODS };
static const char *const method_name[] = { "poll", "select", "epoll", "edge-triggered epoll" };

struct link {
	const char *what;
	const char *name[2];
	bool drops; /* a switch */
	uint16_t slots;
};

static const struct link links[] = {
	{ "pipe", { "vale9:p{1", "vale9:p}1" }, false, 32 },
	{ "switch", { "vale9:a", "vale9:b" }, true, SWITCH_SLOTS },
};

/* One thread's use of one end: it waits for one direction only. */
struct side {
	struct nt_port *port;
	enum method method;
	enum txrx { TX, RX } dir;
	int ep;
	uint32_t seed, number, rounds, sleeps;
	bool drops;
	volatile uint32_t *done; /* what the receiver of these packets has released */
};

static char what[64]; /* runs: link, kind and method */
static volatile bool failed;
static volatile int receivers; /* at work */

static uint32_t pick(struct side *s, uint32_t n)
{
	s->seed ^= s->seed << 13;
	s->seed ^= s->seed >> 17;
	s->seed ^= s->seed << 5;
	return s->seed % n;
}

static struct netmap_ring *ring_of(struct side *s)
{
	return s->dir == TX ? nt_tx(s->port, 0) : nt_rx(s->port, 0);
}

/* Other threads sync the ring meanwhile: the tail is read once, before the slots; head is written after them. */
static uint32_t tail_of(struct netmap_ring *ring)
{
	return __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE);
}

static void move_to(struct netmap_ring *ring, uint32_t head)
{
	__atomic_store_n(&ring->cur, head, __ATOMIC_RELEASE);
	__atomic_store_n(&ring->head, head, __ATOMIC_RELEASE);
}

static void side_init(struct side *s, struct nt_port *port, enum txrx dir, enum method method, uint32_t seed)
{
	*s = (struct side){ .port = port, .method = method, .dir = dir, .ep = -1, .seed = seed };
	if (method >= EPOLL_LEVEL) {
		struct epoll_event event = { .events = dir == TX ? EPOLLOUT : EPOLLIN };

		if (method == EPOLL_EDGE)
			event.events |= EPOLLET;
		s->ep = epoll_create1(0);
		epoll_ctl(s->ep, EPOLL_CTL_ADD, port->fd, &event);
	}
}

static void side_exit(struct side *s)
{
	if (s->ep >= 0)
		close(s->ep);
}

static void sync_now(struct side *s, enum txrx dir)
{
	ioctl(s->port->fd, dir == TX ? NIOCTXSYNC : NIOCRXSYNC);
}

/* As poll() returns: 0 is the end of the time. */
static int sleep_once(struct side *s)
{
	struct pollfd pfd = { .fd = s->port->fd, .events = s->dir == TX ? POLLOUT : POLLIN };
	struct timeval time = { .tv_sec = STUCK_MS / 1000 };
	struct epoll_event event;
	fd_set set;

	s->sleeps++;
	switch (s->method) {
	case POLL:
		return poll(&pfd, 1, STUCK_MS) == 1 && pfd.revents == pfd.events;
	case SELECT:
		FD_ZERO(&set);
		FD_SET(s->port->fd, &set);
		return select(s->port->fd + 1, s->dir == RX ? &set : NULL, s->dir == TX ? &set : NULL, NULL, &time);
	default:
		return epoll_wait(s->ep, &event, 1, STUCK_MS);
	}
}

static void stuck(struct side *s)
{
	struct netmap_ring *ring = ring_of(s);
	uint32_t head = ring->head, tail = ring->tail;

	if (failed)
		return;
	failed = true;
	sync_now(s, s->dir);
	nt_result(false, "%s: %s, stuck after %u rounds, ring %u..%u, after a sync %u..%u", what,
		  s->dir == TX ? "no room" : "nothing comes", s->number, head, tail, ring->head, ring->tail);
}

/* Sleeps until the ring has a slot for us. poll() and select() sync; with epoll that is left to the program. */
static bool await(struct side *s)
{
	struct netmap_ring *ring = ring_of(s);

	for (;;) {
		if (s->method >= EPOLL_LEVEL)
			sync_now(s, s->dir);
		if (ring->head != tail_of(ring))
			return true;
		if (sleep_once(s) <= 0) {
			stuck(s);
			return false;
		}
		if (failed)
			return false;
	}
}

/* Puts up to n numbered packets into the ring, one on the way for all. */
static uint32_t fill(struct side *s, uint32_t n, uint32_t batch)
{
	struct netmap_ring *ring = nt_tx(s->port, 0);
	uint32_t i, head = ring->head, tail = tail_of(ring);

	for (i = 0; i < n && head != tail; i++, head = nt_next(ring, head)) {
		struct netmap_slot *slot = &ring->slot[head];
		uint32_t *frame = (void *)nt_buf(ring, slot->buf_idx);

		memset(frame, 0xff, 12);
		((uint8_t *)frame)[6] = 2;
		frame[4] = s->number++;
		frame[5] = batch;
		slot->len = 60;
		slot->flags = 0;
	}
	move_to(ring, head);
	return i;
}

/* Takes up to n packets; returns how many, and what the first says of its batch. */
static uint32_t take(struct side *s, uint32_t n, uint32_t *batch, uint32_t *expected)
{
	struct netmap_ring *ring = nt_rx(s->port, 0);
	uint32_t i, head = ring->head, tail = tail_of(ring);

	for (i = 0; i < n && head != tail; i++, head = nt_next(ring, head)) {
		uint32_t *frame = (void *)nt_buf(ring, ring->slot[head].buf_idx);

		if (frame[4] != *expected && !failed) {
			failed = true;
			nt_result(false, "%s: packet %u came where %u was due", what, frame[4], *expected);
		}
		++*expected;
		*batch = frame[5];
	}
	move_to(ring, head);
	return i;
}

/* ---- turns ---- */

static void send_batch(struct side *s, uint32_t batch)
{
	uint32_t left = batch;

	while ((left -= fill(s, left, batch)))
		sync_now(s, TX); /* a pipe's sender hears of room when he asks */
}

static void *take_turns(void *arg)
{
	struct side *s = arg;
	uint32_t got, want, batch, expected = 0, round;

	for (round = 0; round < s->rounds && !failed; round++) {
		for (got = 0, want = 1; got < want; got += take(s, 1 + pick(s, want - got), &want, &expected))
			if (!await(s))
				return NULL;
		batch = 1 + pick(s, 20);
		send_batch(s, batch);
		if (s->method >= EPOLL_LEVEL)
			sync_now(s, TX);
	}
	/* the last batch leaves, whatever the method */
	sync_now(s, RX);
	sync_now(s, TX);
	return NULL;
}

/* ---- stream ---- */

static void *send_stream(void *arg)
{
	struct side *s = arg;

	while (s->number < s->rounds && !failed) {
		while (s->drops && s->number - *s->done >= WINDOW && !failed)
			sched_yield();
		fill(s, 1 + pick(s, BATCH), 1);
		/* sends, and waits for room */
		if (s->method >= EPOLL_LEVEL)
			sync_now(s, TX);
		else if (sleep_once(s) <= 0)
			stuck(s);
		if (!await(s))
			break;
	}
	return NULL;
}

static void *receive_stream(void *arg)
{
	struct side *s = arg;
	uint32_t batch, expected = 0;

	while (expected < s->rounds && await(s)) {
		s->number += take(s, 1 + pick(s, BATCH), &batch, &expected);
		*s->done = expected;
	}
	sync_now(s, RX);
	__sync_fetch_and_sub(&receivers, 1);
	return NULL;
}

/* poll() sends what is in the ring, whoever put it there: others find the ring busy. */
static void *look_on(void *arg)
{
	struct side *s = arg;
	struct pollfd pfd = { .fd = s->port->fd };

	while (receivers > 0) {
		pfd.events = pick(s, 2) ? POLLIN : POLLIN | POLLOUT;
		poll(&pfd, 1, 0);
		if (!pick(s, 4))
			sched_yield();
	}
	return NULL;
}

/* ---- all of it ---- */

static bool open_ends(const struct link *link, struct nt_port port[2])
{
	int i, error = 0;

	for (i = 0; i < 2 && !error; i++) {
		port[i] = (struct nt_port){ .reg = { .nr_tx_slots = link->slots, .nr_rx_slots = link->slots } };
		error = nt_port_open(&port[i], link->name[i], NULL);
	}
	if (error)
		nt_errno_is("open both ends", 0, error);
	return !error;
}

/* Who does what at which end. */
static const struct kind {
	const char *name;
	int n;
	struct {
		int end;
		enum txrx dir;
		void *(*work)(void *);
	} role[6];
} turns = { "turns", 2, { { 0, RX, take_turns }, { 1, RX, take_turns } } },
  stream = { "stream", 2, { { 0, TX, send_stream }, { 1, RX, receive_stream } } },
  shared = { "shared", 6, { { 0, TX, send_stream }, { 1, RX, receive_stream }, { 0, RX, look_on },
			    { 1, TX, send_stream }, { 0, RX, receive_stream }, { 1, RX, look_on } } };

static void run(const struct kind *kind, struct side *s)
{
	pthread_t thread[6];
	int i;

	receivers = kind->n / 2 - (kind == &shared);
	if (kind == &turns) {
		send_batch(&s[0], 1);
		sync_now(&s[0], TX);
	}
	for (i = 0; i < kind->n; i++)
		pthread_create(&thread[i], NULL, kind->role[i].work, &s[i]);
	for (i = 0; i < kind->n; i++)
		pthread_join(thread[i], NULL);
}

static void test(const struct link *link, const struct kind *kind, enum method method, uint32_t rounds, uint32_t seed)
{
	volatile uint32_t done[2] = { 0 };
	uint32_t sleeps = 0;
	struct nt_port port[2];
	struct side s[6];
	int i;

	snprintf(what, sizeof(what), "%s, %s, %s", link->what, kind->name, method_name[method]);
	if (!open_ends(link, port))
		return;
	failed = false;
	for (i = 0; i < kind->n; i++) {
		int end = kind->role[i].end;

		side_init(&s[i], &port[end], kind->role[i].dir, method, seed * 8 + i + 1);
		s[i].rounds = rounds;
		s[i].drops = link->drops;
		/* counts what end 0, or 1, has sent */
		s[i].done = &done[kind->role[i].dir == TX ? end : !end];
	}
	run(kind, s);
	for (i = 0; i < kind->n; i++) {
		sleeps += s[i].sleeps;
		side_exit(&s[i]);
	}
	if (!failed)
		nt_result(true, "%s: %u rounds, asleep %u times", what, rounds, sleeps);
	nt_port_close(&port[0]);
	nt_port_close(&port[1]);
}

int main(int argc, char **argv)
{
	uint32_t rounds = argc > 1 ? (uint32_t)atoi(argv[1]) : 0, seed = argc > 2 ? (uint32_t)atoi(argv[2]) : 1;
	enum method method;
	unsigned int i;

	if (!rounds) {
		fputs("usage: wakeup ROUNDS [SEED]\n", stderr);
		return 2;
	}
	for (method = POLL; method < METHODS; method++)
		for (i = 0; i < sizeof(links) / sizeof(*links); i++) {
			test(&links[i], &turns, method, rounds, seed);
			if (!links[i].drops)
				test(&links[i], &stream, method, 10 * rounds, seed);
			test(&links[i], &shared, method, 10 * rounds, seed);
		}
	return nt_failed != 0;
}
