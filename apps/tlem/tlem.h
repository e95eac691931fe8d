/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tlem: a link emulator between two ports. For each direction a producer thread reads packets and
 * decides when they leave, a consumer thread sends them when that time has come:
 *   port[d] rx -> producer(d) -> buffer -> consumer(d) -> port[!d] tx
 * What they do to packets is in struct config, in memory that other processes may share (session.c).
 */
#ifndef TLEM_H_
#define TLEM_H_

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/time.h>
#include <libnetmap.h>
#include "buffer.h"
#include "cpus.h"
#include "shape.h"

extern int verbose;

/* Log lines: sss.mmm, line in 5 columns. */
#define FAIL(fmt, ...)                                                                        \
	do {                                                                                  \
		struct timeval _t;                                                            \
		gettimeofday(&_t, NULL);                                                      \
		fprintf(stderr, "%03d.%03d [%5d] \t" fmt "\n", (int)(_t.tv_sec % 1000),       \
			(int)(_t.tv_usec / 1000), __LINE__, ##__VA_ARGS__);                   \
	} while (0)

/* What -q silences: everything but what ends the program. */
#define LOG(fmt, ...)                             \
	do {                                      \
		if (verbose > 0)                  \
			FAIL(fmt, ##__VA_ARGS__); \
	} while (0)

#define SPEC_SIZE 64
#define MAX_PACKET 65535

/* One direction's parameters. */
struct config {
	struct bandwidth bandwidth;
	struct delay delay;
	struct loss loss;
	struct reorder reorder;
	uint64_t queue; /* bytes; UINT64_MAX: unlimited */
	uint64_t offset; /* ns subtracted from every delay */
	int drop_reordered; /* -P 1: drop instead of delaying what would overtake */
	char delay_spec[SPEC_SIZE], loss_spec[SPEC_SIZE], reorder_spec[SPEC_SIZE];
};

/* Statistics of one side of one direction. */
struct counters {
	uint64_t packets, bytes, dropped, dropped_bytes, reordered, reordered_bytes;
};

#define SESSION_VERSION 1
#define CONFIG_STOP 2 /* as active index: the server is to stop */

/* What a server shares with its clients. */
struct session {
	uint32_t version;
	uint32_t spare;
	struct counters stats[4]; /* tx, rx of direction 0; tx, rx of direction 1 */
	/* from here on: the process that writes holds the lock */
	struct {
		uint32_t active; /* index into config; CONFIG_STOP */
		double max_bps;	 /* 0: no limit */
		uint64_t max_delay, max_hold; /* ns */
		struct config config[2];
	} direction[2];
};

/* Options as text: [0] for a -> b, [1] for b -> a. */
struct pair {
	const char *value[2];
	int count;
};

struct options {
	struct pair ports, bandwidth, delay, loss, reorder, queue, gateway, maxima, drop, offset, late;
	const char *session_file;
	int burst, wait, cpus[CPUS_COUNT], cpus_given, route, huge, ask_to_stop, json;
};

/* A frame made by route mode, for a consumer to send before its next packet. */
#define MAIL_SLOTS 64
#define MAIL_SIZE 60
struct mailbox {
	uint8_t frame[MAIL_SLOTS][MAIL_SIZE];
	uint32_t head, tail; /* modulo 2^32; the producer writes tail, the consumer head */
};

struct router;

struct direction {
	int id;
	const struct options *options;
	struct session *session;
	struct nmport_d *in, *out;
	struct buffer buffer, hold;
	struct router *router;	  /* NULL without -r */
	struct mailbox mail[2];	  /* for this direction's consumer, from producer 0 and 1 */
	uint64_t max_late;
	int producer_cpu, consumer_cpu;
	pthread_t producer, consumer;
	uint64_t max_queue, max_round; /* since the last report */
};

extern volatile sig_atomic_t do_abort;

/* options.c */
void options_read(struct options *o, int argc, char **argv);
/* Fills the configuration of a direction from the options; returns the number of errors logged. */
int options_config(const struct options *o, int direction, struct config *config,
		   const struct config *previous);
void usage(void) __attribute__((noreturn));

/* session.c: the shared memory; server 1, or 0 when another process is the server */
struct session *session_open(const char *file, int *server);
void session_ready(const struct session *session); /* clients may change things from now on */
int session_client(struct session *session, const struct options *o); /* returns the exit status */
const struct config *session_config(const struct session *session, int direction); /* NULL: stop */

/* producer.c, consumer.c: bodies of the threads; argument: struct direction */
void *prod(void *argument);
void *cons(void *argument);

/* route.c */
enum route_verdict { ROUTE_FORWARD, ROUTE_DROP, ROUTE_DROP_SILENTLY };
/* Looks at a frame (writable, len bytes) that came in by direction d; rewrites its addresses. */
enum route_verdict route_packet(struct direction *d, uint8_t *frame, uint32_t len);
struct router *router_create(const struct options *o); /* ends the program when it is impossible */
void router_free(struct router *router);
void router_attach(struct router *router, struct direction directions[2]);

/* system.c */
uint64_t now_ns(void);
void set_scheduling(int cpu);
int latency_reduction_start(void); /* descriptor to keep open, or -1 */
uint64_t memory_available(void);
void choose_cpus(struct options *o);

#endif
