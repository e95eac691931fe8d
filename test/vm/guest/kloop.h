/* SPDX-License-Identifier: BSD-2-Clause */
/* The sync loop for tests: its CSB arrays, its two requests, and a thread that runs one. */
#ifndef KLOOP_H
#define KLOOP_H

#include "nmtest.h"
#include <pthread.h>
#include <time.h>

static __attribute__((unused)) struct nm_csb_atok *atok;
static __attribute__((unused)) struct nm_csb_ktoa *ktoa;

/* Seconds of a clock that nobody sets. */
static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Returns when the loop ends: 0 or an errno. */
static int start(int fd, uint32_t sleep_us, void *options)
{
	struct nmreq_sync_kloop_start body = { .sleep_us = sleep_us };

	return nt_ctrl(fd, NETMAP_REQ_SYNC_KLOOP_START, "", &body, options);
}

static int stop(int fd)
{
	return nt_ctrl(fd, NETMAP_REQ_SYNC_KLOOP_STOP, "", NULL, NULL);
}

struct loop {
	pthread_t id;
	volatile pid_t tid;
	int fd, error;
	uint32_t sleep_us;
	void *options;
};

/* Body of a thread with a struct loop. */
static void *run(void *arg)
{
	struct loop *loop = arg;

	loop->tid = gettid();
	loop->error = start(loop->fd, loop->sleep_us, loop->options);
	return NULL;
}

/* Whether the thread of a loop sleeps: its state in /proc, behind its name, is S, or D. */
static __attribute__((unused)) bool asleep(const struct loop *loop)
{
	char path[64], state = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", loop->tid);
	f = loop->tid ? fopen(path, "r") : NULL;
	if (f) {
		if (fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
			state = 0;
		fclose(f);
	}
	return state == 'S' || state == 'D';
}

/* A broadcast frame of 60 bytes with a number in it. */
static void fill(struct netmap_ring *ring, uint32_t at, uint32_t number)
{
	char *frame = nt_buf(ring, ring->slot[at].buf_idx);

	memset(frame, 0xff, 6);
	memset(frame + 6, 2, 6);
	memcpy(frame + 14, &number, 4);
	ring->slot[at].len = 60;
	ring->slot[at].flags = 0;
}

#endif /* KLOOP_H */
