/* SPDX-License-Identifier: BSD-2-Clause */
/* nmreplay: sends the packets of a pcap file, over and over, with recorded or shaped timing. */
#ifndef NMREPLAY_H_
#define NMREPLAY_H_

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <libnetmap.h>
#include "cpus.h"
#include "pcapfile.h"
#include "shape.h"

/* Log lines: sss.mmm, function in 10 columns, line in 5. */
#define LOG(prefix, fmt, ...)                                                                      \
	do {                                                                                       \
		struct timeval _t;                                                                 \
		gettimeofday(&_t, NULL);                                                           \
		fprintf(stderr, "%03d.%03d %-10.10s [%5d] \t" prefix fmt "\n",                     \
			(int)(_t.tv_sec % 1000), (int)(_t.tv_usec / 1000), __func__, __LINE__,     \
			##__VA_ARGS__);                                                            \
	} while (0)
#define ED(fmt, ...) LOG("", fmt, ##__VA_ARGS__)
#define WWW(fmt, ...) LOG("--WWW-- ", fmt, ##__VA_ARGS__)
#define EEE(fmt, ...) LOG("--EEE-- ", fmt, ##__VA_ARGS__)

struct options {
	const char *file, *port;
	const char *bandwidth_spec, *delay_spec, *loss_spec;
	struct bandwidth bandwidth;
	struct delay delay;
	struct loss loss;
	int burst, cpus[CPUS_COUNT], verbose, json;
};

/* A packet to be sent. */
struct entry {
	uint64_t at; /* ns since the start of the round */
	const uint8_t *data;
	uint32_t captured; /* bytes at data */
	uint32_t length;   /* bytes to send: the rest is zeros */
};

/* One round, after which everything repeats, period ns later. */
struct schedule {
	struct entry *entries;
	size_t count;
	uint64_t period;
	uint64_t considered, lost; /* packets, for the actual loss rate */
};

/* Counters of the sender, read once a second by the main thread. */
struct sender {
	const struct options *options;
	const struct schedule *schedule;
	struct nmport_d *port;
	uint64_t sent, bytes;
	uint64_t max_queue; /* largest number of packets that were due at once */
	int failed, done;
};

extern volatile sig_atomic_t do_abort;

/* Reads the file and lays out the schedule. 0, or -1 with a message logged. */
int schedule_build(struct schedule *schedule, const struct options *options,
		   const struct pcapfile *file);
void schedule_free(struct schedule *schedule);

/* The thread that sends; argument: struct sender. */
void *nmreplay_main(void *argument);

#endif
