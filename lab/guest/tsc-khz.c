// SPDX-License-Identifier: BSD-2-Clause
/*
 * Prints the frequency of this machine's time stamp counter in kHz, measured
 * against CLOCK_MONOTONIC, the clock that QEMU's timers follow. A reading of
 * both is as good as it is quick: of many, the quickest counts, so that other
 * load on the machine does no harm. Off by some parts in a million.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

#define READINGS 1000
#define PAUSE_NS 30000000

struct reading {
	uint64_t ticks, ns;
};

static uint64_t monotonic(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static struct reading both(void)
{
	struct reading best = { 0 };
	uint64_t quickest = UINT64_MAX;
	int i;

	for (i = 0; i < READINGS; i++) {
		uint64_t before = __rdtsc(), ns = monotonic(), took = __rdtsc() - before;

		if (took >= quickest)
			continue;
		quickest = took;
		best = (struct reading){ before + took / 2, ns };
	}
	return best;
}

int main(void)
{
	struct timespec pause = { .tv_nsec = PAUSE_NS };
	struct reading from = both(), to;

	nanosleep(&pause, NULL);
	to = both();
	printf("%.0f\n", (double)(to.ticks - from.ticks) * 1e6 / (double)(to.ns - from.ns));
	return 0;
}
