/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lb: reads one port and spreads packets over groups of netmap pipes by flow.
 *
 * Every packet goes to a pipe of group 0. When that pipe's consumer has released it, it moves on to
 * the pipe of its flow in group 1, and so on. All is zero copy: buffers are exchanged between slots.
 * A slot of a pipe's ring that the program owns holds either a packet that was released (len > 0) or
 * nothing (len 0).
 */
#ifndef LB_H_
#define LB_H_

#include <signal.h>
#include <stdint.h>
#include <time.h>
#include <libnetmap.h>
#include "log.h"
#include "queue.h"

#define MAX_GROUPS 64

struct counters {
	uint64_t packets, bytes, dropped, dropped_bytes;
};

/* The sending end of a pipe. */
struct pipe {
	char name[300]; /* the name of a group, and what makes it a port's */
	struct nmport_d *port;
	struct netmap_ring *ring;
	uint32_t seen_tail; /* slots before it were looked at since they were released */
	struct queue overflow;
	struct counters now, last, rate; /* last, rate: as of the last update of the statistics */
};

struct group {
	char name[256];
	int pipes;
	int first_id; /* of the pipe names */
	struct pipe *pipe;
};

struct balancer {
	/* options */
	char port_name[256];
	struct group groups[MAX_GROUPS];
	int group_count;
	uint32_t extra_wanted;
	uint16_t batch;
	int wait, busy_wait, json;
	int stdout_period, syslog_period;

	/* running */
	struct nmport_d *port;
	struct queue free_buffers; /* extra buffers that hold no packet */
	uint32_t extra;		   /* extra buffers granted */
	uint64_t received, received_bytes, not_ip;
};

extern volatile sig_atomic_t do_abort;

/* options.c */
void options_read(struct balancer *lb, int argc, char **argv);

/* pipes.c: the ports; both end the program on failure */
void pipes_open(struct balancer *lb);
void pipes_close(struct balancer *lb);

/* forward.c */
/* Takes packets from the receive rings, up to batch. Returns how many. */
uint32_t forward_received(struct balancer *lb);
/* Moves on what consumers released, and what waits in overflow queues. */
void forward_released(struct balancer *lb);

/* stats.c */
void stats_init(struct balancer *lb);
/* Called often: refreshes rates every second, prints when a period is over. */
void stats_tick(struct balancer *lb);

#endif
