// SPDX-License-Identifier: BSD-2-Clause
/* Pacing: one burst per period, deadlines on an absolute clock so that errors do not add up. */
#include "pkt-gen.h"

#define NS 1000000000LL
#define BURSTS_PER_SECOND 300 /* small enough to be smooth, large enough to be cheap */
#define SPIN_NS 200000	      /* longer than a sleeper takes to wake up */
#define SLEEP_NS 100000000    /* how long a ^C may have to wait for a thread */

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

/* Until deadline: sleeps, and spins at the end. */
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
		if (left <= SPIN_NS)
			continue;
		left -= SPIN_NS;
		timespec_add_ns(&now, left < SLEEP_NS ? left : SLEEP_NS);
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &now, NULL);
	}
}

void
pacer_init(struct pacer *pacer, int burst, int64_t rate)
{
	*pacer = (struct pacer){ .burst = burst, .rate = rate };
	if (rate > 0) {
		int64_t smooth = rate / BURSTS_PER_SECOND;

		if (smooth < 1)
			smooth = 1;
		if (pacer->burst > smooth)
			pacer->burst = (int)smooth;
		/* no overflow: burst <= rate / 300, or 1 */
		pacer->period = pacer->burst * NS / rate;
	}
}

/*
 * Aligns to the whole second of the wall clock that lies 1 to 2 s ahead, so that several senders
 * start together. *start = the planned time: a sender that wakes up late catches up from there.
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

/* The time of that many more packets; what a division leaves over is kept for the next ones. */
static void
pacer_advance(struct pacer *pacer, int64_t packets)
{
	int64_t ns = packets * NS + pacer->rest;

	timespec_add_ns(&pacer->next, ns / pacer->rate);
	pacer->rest = ns % pacer->rate;
}

/*
 * With no credit left: waits for the next period and grants its burst. A packet of several slots is
 * not divided, so a sender can overdraw its credit; it then waits until the debt is paid.
 */
void
pacer_wait(struct pacer *pacer)
{
	while (pacer->period && pacer->credit <= 0) {
		pacer_advance(pacer, pacer->burst);
		wait_until(&pacer->next);
		if (stop_requested)
			return; /* what is not due yet is not sent */
		pacer->credit += pacer->burst;
	}
}

/* After the last packet: its time belongs to the measurement, or few packets would seem to be fast. */
void
pacer_end(struct pacer *pacer)
{
	if (!pacer->period)
		return;
	pacer_advance(pacer, pacer->burst - pacer->credit);
	wait_until(&pacer->next);
}
