/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the programs that send and verify check frames share, whatever they send them through: options,
 * the end on a signal, times, and the statistics of a receiver in JSON. Header only, like checkframe.h;
 * one program includes it, after defining CHECK_PROGRAM, its name.
 */
#ifndef APPS_CHECKPROGRAM_H_
#define APPS_CHECKPROGRAM_H_

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include "checkframe.h"

/* Of getopt(), for what check_option() knows. */
#define CHECK_OPTIONS "i:f:n:l:b:t:"

struct check_options {
	const char *port; /* NULL: not given */
	int receive;
	int size, batch, silence_ms;
	int max_size, max_batch; /* what the program can do */
	long long count;
};

#define CHECK_OPTIONS_DEFAULT                                                             \
	.size = 60, .batch = 512, .silence_ms = 1000, .max_size = 65535, .max_batch = 65536, \
	.count = 10000

static volatile sig_atomic_t stop;

static inline void
check_on_signal(int number)
{
	(void)number;
	stop = 1;
}

/* Once, before anything else of this file and of checkframe.h. */
static inline void
check_start(void)
{
	struct sigaction action = { .sa_handler = check_on_signal };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	check_init();
}

static inline void
die(const char *what)
{
	fprintf(stderr, CHECK_PROGRAM ": %s: %s\n", what, strerror(errno));
	exit(2);
}

/* Seconds of a clock that only goes forward. */
static inline double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* User and system time of the process. */
static inline double
cpu_seconds(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static inline long long
number(const char *text, long long min, long long max)
{
	char *end;
	long long value = strtoll(text, &end, 10);

	if (end == text || *end || value < min || value > max) {
		fprintf(stderr, CHECK_PROGRAM ": '%s' is not a number from %lld to %lld\n", text, min,
			max);
		exit(2);
	}
	return value;
}

/* Takes one option of CHECK_OPTIONS; 0, or -1 when it is none, or nonsense. */
static inline int
check_option(struct check_options *o, int option, const char *value)
{
	switch (option) {
	case 'i':
		o->port = value;
		return 0;
	case 'f':
		o->receive = !strcmp(value, "rx");
		return o->receive || !strcmp(value, "tx") ? 0 : -1;
	case 'n':
		o->count = number(value, 1, UINT32_MAX);
		return 0;
	case 'l':
		o->size = (int)number(value, CHECK_MIN, o->max_size);
		return 0;
	case 'b':
		o->batch = (int)number(value, 1, o->max_batch);
		return 0;
	case 't':
		o->silence_ms = (int)number(value, 1, 3600000);
		return 0;
	default:
		return -1;
	}
}

/* The members of a JSON object that say what came of the frames, without commas around. */
static inline void
check_tally_print(const struct check_tally *tally)
{
	printf("\"ok\":%llu,\"bad\":%llu,\"duplicates\":%llu,\"missing\":%llu,\"outOfOrder\":%llu",
	       (unsigned long long)tally->ok, (unsigned long long)tally->bad,
	       (unsigned long long)tally->duplicates, (unsigned long long)(tally->count - tally->ok),
	       (unsigned long long)tally->out_of_order);
}

#endif
