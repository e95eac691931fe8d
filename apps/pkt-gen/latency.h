/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A histogram of round-trip times: 16 buckets per power of two, so that a percentile is right within
 * 1/16 whatever its size.
 */
#ifndef LATENCY_H_
#define LATENCY_H_

#include <stdint.h>

#define LATENCY_SUB 16
#define LATENCY_BUCKETS (64 * LATENCY_SUB)

struct latency {
	uint64_t count, sum, min, max; /* ns; min is UINT64_MAX when count is 0 */
	uint64_t buckets[LATENCY_BUCKETS];
};

void latency_reset(struct latency *latency);
void latency_add(struct latency *latency, uint64_t ns);
uint64_t latency_average(const struct latency *latency);
/* The time below which the fraction (0..1) of all samples lies, in ns; 0 without samples. */
uint64_t latency_percentile(const struct latency *latency, double fraction);
/* How many samples have the highest bit k set. */
uint64_t latency_power(const struct latency *latency, unsigned int k);

#endif
