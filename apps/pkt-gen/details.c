// SPDX-License-Identifier: BSD-2-Clause
/* --report: rates of each queue while it runs (redrawn in place on a terminal), latency at the end. */
#include <string.h>
#include <unistd.h>
#include "json.h"
#include "latency.h"
#include "pkt-gen.h"
#include "units.h"

#define BAR 50
#define PERCENTILES 5

static const struct {
	const char *name;
	double fraction;
} percentiles[PERCENTILES] = {
	{ "p50", 0.5 }, { "p90", 0.9 }, { "p99", 0.99 }, { "p99.9", 0.999 }, { "p99.99", 0.9999 },
};

/* Lines printed last time, to be drawn over. */
static int drawn;

/* Before a periodic report: on a terminal the new one replaces the last one. */
void
details_begin(void)
{
	/* one line more: the report's own */
	if (drawn && isatty(STDERR_FILENO))
		fprintf(stderr, "\033[%dA\033[J", drawn + 1);
}

/* The packets of each queue since the last call, as rates. usec: length of the interval. */
void
details_queues(struct worker *workers, const struct config *config, int64_t usec)
{
	int lines = 0, i, q;
	char text[UNITS_SIZE];

	for (i = 0; i < config->threads; i++) {
		for (q = 0; q < workers[i].queue_count; q++) {
			struct queue *queue = &workers[i].queues[q];
			uint64_t now = __atomic_load_n(&queue->packets, __ATOMIC_RELAXED);
			double pps = (double)(now - queue->reported) * 1e6 / (double)usec;

			queue->reported = now;
			fprintf(stderr, "thread %d queue %d: %spps, %llu packets\n", i,
				queue->ring,
				units_format(text, pps, config->normalize),
				(unsigned long long)now);
			lines++;
		}
	}
	drawn = lines;
}

void
details_latency(const struct latency *latency)
{
	uint64_t most = 1;
	unsigned int k;
	int i;

	if (!latency->count)
		return;
	printf("RTT of %llu replies (ns): min %llu average %llu max %llu\n",
	       (unsigned long long)latency->count, (unsigned long long)latency->min,
	       (unsigned long long)latency_average(latency), (unsigned long long)latency->max);
	for (i = 0; i < PERCENTILES; i++)
		printf("%s%s %llu", i ? "  " : "", percentiles[i].name,
		       (unsigned long long)latency_percentile(latency, percentiles[i].fraction));
	putchar('\n');
	for (k = 0; k < 64; k++)
		if (latency_power(latency, k) > most)
			most = latency_power(latency, k);
	for (k = 0; k < 64; k++) {
		uint64_t n = latency_power(latency, k);

		if (!n)
			continue;
		printf("%12llu..%-12llu %9llu ", 1ULL << k, (2ULL << k) - 1, (unsigned long long)n);
		for (i = 0; i < (int)(n * BAR / most); i++)
			putchar('#');
		putchar('\n');
	}
}

void
details_json(struct json *j, const struct worker *workers, const struct config *config)
{
	const struct latency *latency = workers[0].latency;
	int i, q;

	json_array_begin(j, "queues");
	for (i = 0; i < config->threads; i++) {
		for (q = 0; q < workers[i].queue_count; q++) {
			json_object_begin(j, NULL);
			json_signed(j, "thread", i);
			json_signed(j, "ring", workers[i].queues[q].ring);
			json_unsigned(j, "packets", workers[i].queues[q].packets);
			json_object_end(j);
		}
	}
	json_array_end(j);
	if (!latency)
		return;
	json_object_begin(j, "rtt");
	json_unsigned(j, "count", latency->count);
	if (latency->count) {
		json_unsigned(j, "min", latency->min);
		json_unsigned(j, "average", latency_average(latency));
		json_unsigned(j, "max", latency->max);
		for (i = 0; i < PERCENTILES; i++)
			json_unsigned(j, percentiles[i].name,
				      latency_percentile(latency, percentiles[i].fraction));
	}
	json_object_end(j);
}
