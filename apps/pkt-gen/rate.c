// SPDX-License-Identifier: BSD-2-Clause
/* Pacing: one burst per period, deadlines on an absolute clock so that errors do not add up. */
#include <unistd.h>
#include "pkt-gen.h"

#define NS 1000000000LL
#define BURSTS_PER_SECOND 300 /* small enough to be smooth, large enough to be cheap */

int64_t
timespec_since_ns(const struct timespec *now, const struct timespec *then)
{
	return (now->tv_sec - then->tv_sec) * NS + now->tv_nsec - then->tv_nsec;
}

static void
timespec_add_ns(struct timespec *t, int64_t ns)
{
	ns += t->tv_nsec;
	t->tv_sec += ns / NS;
	t->tv_nsec = ns % NS;
}

/* Until deadline: sleep while more than a millisecond remains, then spin. */
static void
wait_until(const struct timespec *deadline)
{
	struct timespec now;
	int64_t left;

	while (!stop_requested) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		left = timespec_since_ns(deadline, &now);
		if (left <= 0)
			return;
		if (left > 1000000)
			usleep(1000);
	}
}

void
pacer_init(struct pacer *pacer, int burst, int64_t rate)
{
	pacer->burst = burst;
	pacer->period = 0;
	pacer->credit = 0;
	if (rate > 0) {
		int64_t smooth = rate / BURSTS_PER_SECOND;

		if (smooth < 1)
			smooth = 1;
		if (pacer->burst > smooth)
			pacer->burst = (int)smooth;
		/* no overflow: burst <= rate / 300 */
		pacer->period = pacer->burst * NS / rate;
	}
}

/*
 * Aligns to the whole second of the wall clock that lies 1 to 2 s ahead, so that several senders
 * start together. *start = when that was planned: who is woken up late catches up from there.
 */
void
pacer_start(struct pacer *pacer, struct timespec *start)
{
	struct timespec wall;

	clock_gettime(CLOCK_MONOTONIC, start);
	if (!pacer->period)
		return;
	clock_gettime(CLOCK_REALTIME, &wall);
	timespec_add_ns(start, 2 * NS - wall.tv_nsec);
	pacer->next = *start;
	wait_until(&pacer->next);
	pacer->credit = pacer->burst;
}

/* With no credit left: waits for the next period and grants its burst. */
void
pacer_wait(struct pacer *pacer)
{
	if (!pacer->period || pacer->credit > 0)
		return;
	timespec_add_ns(&pacer->next, pacer->period);
	wait_until(&pacer->next);
	pacer->credit = pacer->burst;
}
