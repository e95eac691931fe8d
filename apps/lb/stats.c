// SPDX-License-Identifier: BSD-2-Clause
/* Statistics: one JSON object per line for each pipe, then the total; to stdout and to syslog. */
#include <stdarg.h>
#include <string.h>
#include <sys/time.h>
#include <syslog.h>
#include "lb.h"

#define MEGA (1024.0 * 1024.0)

static struct timespec last_update;
static double update_seconds; /* length of the last interval */
static int updates;
/* As of the last update; what is printed. */
static struct counters total, total_rate;

static void
add(struct counters *sum, const struct counters *c)
{
	sum->packets += c->packets;
	sum->bytes += c->bytes;
	sum->dropped += c->dropped;
	sum->dropped_bytes += c->dropped_bytes;
}

static struct counters
difference(const struct counters *a, const struct counters *b)
{
	return (struct counters){ a->packets - b->packets, a->bytes - b->bytes,
				  a->dropped - b->dropped, a->dropped_bytes - b->dropped_bytes };
}

static int
format_rates(char *at, size_t size, const struct counters *rate)
{
	return snprintf(at, size,
			"\"data_forward_rate_Mbps\":%.4f,\"data_drop_rate_Mbps\":%.4f,"
			"\"packet_forward_rate_kpps\":%.4f,\"packet_drop_rate_kpps\":%.4f",
			(double)rate->bytes * 8 / update_seconds / MEGA,
			(double)rate->dropped_bytes * 8 / update_seconds / MEGA,
			(double)rate->packets / update_seconds / 1000,
			(double)rate->dropped / update_seconds / 1000);
}

static void
emit(int to_stdout, int to_syslog, const char *line)
{
	if (to_stdout)
		puts(line);
	if (to_syslog)
		syslog(LOG_INFO, "%s", line);
}

static void
print_all(struct balancer *lb, int to_stdout, int to_syslog)
{
	char line[1024], rates[512];
	struct timeval now;
	int g, k, index = 0;

	gettimeofday(&now, NULL);
	for (g = 0; g < lb->group_count; g++) {
		for (k = 0; k < lb->groups[g].pipes; k++, index++) {
			struct pipe *pipe = &lb->groups[g].pipe[k];

			format_rates(rates, sizeof(rates), &pipe->rate);
			snprintf(line, sizeof(line),
				 "{\"ts\":%lld.%06ld,\"interface\":\"%s\",\"output_ring\":%d,"
				 "\"packets_forwarded\":%llu,\"packets_dropped\":%llu,%s,"
				 "\"overflow_queue_size\":%u}",
				 (long long)now.tv_sec, (long)now.tv_usec, pipe->name, index,
				 (unsigned long long)pipe->last.packets,
				 (unsigned long long)pipe->last.dropped, rates,
				 pipe->overflow.count);
			emit(to_stdout, to_syslog, line);
		}
	}
	format_rates(rates, sizeof(rates), &total_rate);
	snprintf(line, sizeof(line),
		 "{\"ts\":%lld.%06ld,\"interface\":\"%s\",\"output_ring\":null,"
		 "\"packets_received\":%llu,\"packets_forwarded\":%llu,\"packets_dropped\":%llu,"
		 "\"non_ip_packets\":%llu,%s,\"free_buffer_slots\":%u}",
		 (long long)now.tv_sec, (long)now.tv_usec, lb->port_name,
		 (unsigned long long)lb->received, (unsigned long long)total.packets,
		 (unsigned long long)total.dropped, (unsigned long long)lb->not_ip, rates,
		 lb->free_buffers.count);
	emit(to_stdout, to_syslog, line);
	fflush(stdout);
}

static void
update(struct balancer *lb)
{
	int g, k;

	total = total_rate = (struct counters){ 0 };
	for (g = 0; g < lb->group_count; g++) {
		for (k = 0; k < lb->groups[g].pipes; k++) {
			struct pipe *pipe = &lb->groups[g].pipe[k];

			pipe->rate = difference(&pipe->now, &pipe->last);
			pipe->last = pipe->now;
			add(&total, &pipe->now);
			add(&total_rate, &pipe->rate);
		}
	}
}

void
stats_init(struct balancer *lb)
{
	if (lb->syslog_period)
		openlog("lb", LOG_PID, LOG_LOCAL1);
	clock_gettime(CLOCK_MONOTONIC, &last_update);
}

void
stats_tick(struct balancer *lb)
{
	struct timespec now;
	int to_stdout, to_syslog;

	if (!lb->stdout_period && !lb->syslog_period)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	update_seconds = (double)(now.tv_sec - last_update.tv_sec) +
			 (double)(now.tv_nsec - last_update.tv_nsec) / 1e9;
	if (update_seconds < 1)
		return;
	last_update = now;
	updates++;
	update(lb);
	to_stdout = lb->stdout_period && updates % lb->stdout_period == 0;
	to_syslog = lb->syslog_period && updates % lb->syslog_period == 0;
	if (to_stdout || to_syslog)
		print_all(lb, to_stdout, to_syslog);
}
