// SPDX-License-Identifier: BSD-2-Clause
/* What pkt-gen says: the banner, a line per interval, the final report; classic text or JSON. */
#include <math.h>
#include <string.h>
#include <unistd.h>
#include "json.h"
#include "pkt-gen.h"
#include "units.h"

#define WINDOW 15	      /* reports that -A looks back */
#define SHORTEST_US 10000     /* intervals below are not reported */

static const char *
direction_word(const struct config *config, const char *tx, const char *rx, const char *both)
{
	switch (config->function->direction) {
	case DIR_TX:
		return tx;
	case DIR_RX:
		return rx;
	default:
		return both;
	}
}

void
report_start(const struct config *config, const struct device *device)
{
	int rings = device_rings(device,
				 config->function->direction == DIR_RX ? DIR_RX : DIR_TX);

	if (config->json) {
		struct json j;

		json_begin(&j, stdout);
		json_string(&j, "event", "start");
		json_string(&j, "function", config->function->name);
		json_string(&j, "port", config->port);
		json_signed(&j, "queues", rings);
		json_signed(&j, "threads", config->threads);
		json_end(&j);
		return;
	}
	printf("%s %s: %d queues, %d threads and %d cpus.\n",
	       direction_word(config, "Sending on", "Receiving from", "Working on"), config->port,
	       rings, config->threads, config->cpus);
	if (config->function->direction == DIR_TX)
		printf("%s -> %s (%s -> %s)\n", config->source.text, config->destination.text,
		       config->mac_source_text, config->mac_destination_text);
	fflush(stdout);
}

/* Sum of the workers' counters; min_space is the sum of the smallest values, reset afterwards. */
static struct counters
collect(struct worker *workers, int threads)
{
	struct counters sum = { 0 };
	int i;

	for (i = 0; i < threads; i++) {
		struct counters *c = &workers[i].counters;

		sum.packets += __atomic_load_n(&c->packets, __ATOMIC_RELAXED);
		sum.bytes += __atomic_load_n(&c->bytes, __ATOMIC_RELAXED);
		sum.events += __atomic_load_n(&c->events, __ATOMIC_RELAXED);
		sum.min_space += __atomic_exchange_n(&c->min_space, MIN_SPACE_UNKNOWN,
						     __ATOMIC_RELAXED);
	}
	return sum;
}

/* Mean and deviation of the last rates for -A; zero samples do not count. */
struct window {
	double samples[WINDOW];
	int next, filled;
};

static void
window_format(struct window *window, double pps, int normalize, char *text, size_t size)
{
	char mean_text[UNITS_SIZE], deviation_text[UNITS_SIZE];
	double sum = 0, squares = 0, mean, deviation;
	int i;

	if (pps > 0) {
		window->samples[window->next] = pps;
		window->next = (window->next + 1) % WINDOW;
		if (window->filled < WINDOW)
			window->filled++;
	}
	for (i = 0; i < window->filled; i++)
		sum += window->samples[i];
	mean = window->filled ? sum / window->filled : 0;
	for (i = 0; i < window->filled; i++)
		squares += (window->samples[i] - mean) * (window->samples[i] - mean);
	deviation = window->filled ? sqrt(squares / window->filled) : 0;
	snprintf(text, size, "[avg/std %s/%s pps]", units_format(mean_text, mean, normalize),
		 units_format(deviation_text, deviation, normalize));
}

static double
bits(const struct config *config, const struct counters *c)
{
	return 8.0 * (double)c->bytes + (double)config->framing_bits * (double)c->packets;
}

static void
interval_json(const struct config *config, const struct counters *c, int64_t usec, double pps)
{
	struct json j;

	json_begin(&j, stdout);
	json_string(&j, "event", "report");
	json_number(&j, "pps", pps);
	json_unsigned(&j, "packets", c->packets);
	json_number(&j, "bps", bits(config, c) * 1e6 / (double)usec);
	json_signed(&j, "microseconds", usec);
	json_number(&j, "averageBatch", c->events ? (double)c->packets / (double)c->events : 0);
	json_unsigned(&j, "minSpace", c->min_space);
	json_end(&j);
}

static int
all_done(struct worker *workers, int threads)
{
	int i;

	for (i = 0; i < threads; i++)
		if (!__atomic_load_n(&workers[i].done, __ATOMIC_ACQUIRE))
			return 0;
	return 1;
}

static double
max_time(double a, const struct timespec *t)
{
	double b = (double)t->tv_sec + (double)t->tv_nsec / 1e9;

	return a > b ? a : b;
}

/* From the latest start to the latest end of a worker, in seconds. */
static double
duration(const struct worker *workers, int threads)
{
	double start = 0, end = 0;
	int i;

	for (i = 0; i < threads; i++) {
		if (!workers[i].used)
			continue;
		start = max_time(start, &workers[i].start);
		end = max_time(end, &workers[i].end);
	}
	return end > start ? end - start : 0;
}

static void
final_json(const struct config *config, const struct worker *workers, const struct counters *c,
	   double seconds)
{
	double rate_seconds = seconds > 0 ? seconds : 1e-6, cpu = 0;
	struct json j;
	int i;

	for (i = 0; i < config->threads; i++)
		cpu += workers[i].cpu_seconds;
	json_begin(&j, stdout);
	json_string(&j, "event", "end");
	json_string(&j, "function", config->function->name);
	json_string(&j, "port", config->port);
	json_unsigned(&j, "packets", c->packets);
	json_unsigned(&j, "bytes", c->bytes);
	json_unsigned(&j, "events", c->events);
	json_number(&j, "seconds", seconds);
	json_number(&j, "pps", (double)c->packets / rate_seconds);
	json_number(&j, "bps", 8.0 * (double)c->bytes / rate_seconds);
	json_number(&j, "rawBps", bits(config, c) / rate_seconds);
	json_number(&j, "averageBatch", c->events ? (double)c->packets / (double)c->events : 0);
	json_number(&j, "cpuSeconds", cpu);
	json_array_begin(&j, "threads");
	for (i = 0; i < config->threads; i++) {
		json_object_begin(&j, NULL);
		json_unsigned(&j, "packets", workers[i].counters.packets);
		json_unsigned(&j, "bytes", workers[i].counters.bytes);
		json_number(&j, "cpuSeconds", workers[i].cpu_seconds);
		json_boolean(&j, "failed", workers[i].failed);
		json_object_end(&j);
	}
	json_array_end(&j);
	details_json(&j, workers, config);
	json_end(&j);
}

static void
final_report(const struct config *config, const struct worker *workers, const struct counters *c,
	     double seconds)
{
	const char *word = direction_word(config, "Sent", "Received", NULL);
	double rate_seconds = seconds > 0 ? seconds : 1e-6;
	char t1[UNITS_SIZE], t2[UNITS_SIZE], t3[UNITS_SIZE];

	if (config->json) {
		final_json(config, workers, c, seconds);
		return;
	}
	if (config->report && workers[0].latency)
		details_latency(workers[0].latency);
	if (!word)
		return;
	if (c->packets == 0) {
		printf("%s nothing.\n", word);
		return;
	}
	printf("%s %llu packets %llu bytes %llu events %d bytes each in %.2f seconds.\n", word,
	       (unsigned long long)c->packets, (unsigned long long)c->bytes,
	       (unsigned long long)c->events, (int)(c->bytes / c->packets), seconds);
	printf("Speed: %spps Bandwidth: %sbps (raw %sbps). Average batch: %.2f pkts\n",
	       units_format(t1, (double)c->packets / rate_seconds, config->normalize),
	       units_format(t2, 8.0 * (double)c->bytes / rate_seconds, config->normalize),
	       units_format(t3, bits(config, c) / rate_seconds, config->normalize),
	       c->events ? (double)c->packets / (double)c->events : 0);
}

/* Sleeps for an interval; a ^C ends it early. Returns the microseconds since *previous. */
static int64_t
wait_interval(int ms, struct timespec *previous)
{
	struct timespec pause = { ms / 1000, ms % 1000 * 1000000L }, now;
	int64_t usec;

	nanosleep(&pause, NULL);
	clock_gettime(CLOCK_MONOTONIC, &now);
	usec = timespec_since_ns(&now, previous) / 1000;
	if (usec >= SHORTEST_US)
		*previous = now;
	return usec;
}

/* Reports until all workers are done, then sums up. Named after what scripts look for. */
void
main_thread(struct worker *workers, const struct config *config, const struct device *device)
{
	struct counters previous = { 0 }, now, c;
	char t1[UNITS_SIZE], t2[UNITS_SIZE], t3[UNITS_SIZE], average[3 * UNITS_SIZE] = "";
	struct window window = { 0 };
	struct timespec last;
	int announced = 0, done, i;

	(void)device;
	clock_gettime(CLOCK_MONOTONIC, &last);
	do {
		int64_t usec = wait_interval(config->report_interval, &last);
		double pps;

		if (stop_requested && !announced) {
			D("received control-C on thread %p", (void *)pthread_self());
			announced = 1;
		}
		done = all_done(workers, config->threads);
		if (usec < SHORTEST_US)
			continue;
		now = collect(workers, config->threads);
		c = now;
		c.packets -= previous.packets;
		c.bytes -= previous.bytes;
		c.events -= previous.events;
		previous = now;
		pps = floor((double)c.packets * 1e6 / (double)usec + 0.5);
		if (config->options & OPT_PPS_STATS)
			window_format(&window, pps, config->normalize, average, sizeof(average));
		if (config->json)
			interval_json(config, &c, usec, pps);
		if (config->report)
			details_begin();
		D("%spps %s(%spkts %sbps in %llu usec) %.2f avg_batch %d min_space",
		  units_format(t1, pps, config->normalize), average,
		  units_format(t2, (double)c.packets, config->normalize),
		  units_format(t3, bits(config, &c) * 1e6 / (double)usec, config->normalize),
		  (unsigned long long)usec,
		  c.events ? (double)c.packets / (double)c.events : 0, (int)c.min_space);
		if (config->report)
			details_queues(workers, config, usec);
	} while (!done);
	for (i = 0; i < config->threads; i++) {
		pthread_join(workers[i].thread, NULL);
		if (workers[i].failed)
			D("ouch, thread %d exited with error", i);
	}
	now = collect(workers, config->threads);
	final_report(config, workers, &now, duration(workers, config->threads));
}
