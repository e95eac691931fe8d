// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>
#include "latency.h"

void
latency_reset(struct latency *latency)
{
	memset(latency, 0, sizeof(*latency));
	latency->min = UINT64_MAX;
}

static unsigned int
highest_bit(uint64_t ns)
{
	return ns ? 63 - (unsigned int)__builtin_clzll(ns) : 0;
}

/* Values below 16 have a bucket each; above, the four bits after the highest one choose. */
static unsigned int
bucket_of(uint64_t ns)
{
	unsigned int k = highest_bit(ns);

	if (k < 4)
		return (unsigned int)ns;
	return k * LATENCY_SUB + (unsigned int)((ns >> (k - 4)) & (LATENCY_SUB - 1));
}

/* The largest value of a bucket. */
static uint64_t
bucket_end(unsigned int bucket)
{
	unsigned int k = bucket / LATENCY_SUB, sub = bucket % LATENCY_SUB;

	if (k < 4)
		return bucket;
	return ((uint64_t)(LATENCY_SUB + sub + 1) << (k - 4)) - 1;
}

void
latency_add(struct latency *latency, uint64_t ns)
{
	latency->count++;
	latency->sum += ns;
	if (ns < latency->min)
		latency->min = ns;
	if (ns > latency->max)
		latency->max = ns;
	latency->buckets[bucket_of(ns)]++;
}

uint64_t
latency_average(const struct latency *latency)
{
	return latency->count ? latency->sum / latency->count : 0;
}

uint64_t
latency_percentile(const struct latency *latency, double fraction)
{
	double wanted = fraction * (double)latency->count;
	uint64_t seen = 0;
	unsigned int i;

	for (i = 0; i < LATENCY_BUCKETS; i++) {
		seen += latency->buckets[i];
		if (latency->buckets[i] && (double)seen >= wanted)
			return bucket_end(i) < latency->max ? bucket_end(i) : latency->max;
	}
	return 0;
}

uint64_t
latency_power(const struct latency *latency, unsigned int k)
{
	uint64_t sum = 0;
	unsigned int i;

	if (k < 4) {
		/* the small values sit in the first 16 buckets, one each */
		for (i = k ? 1u << k : 0; i < 2u << k; i++)
			sum += latency->buckets[i];
		return sum;
	}
	for (i = 0; i < LATENCY_SUB; i++)
		sum += latency->buckets[k * LATENCY_SUB + i];
	return sum;
}
