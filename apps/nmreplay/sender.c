// SPDX-License-Identifier: BSD-2-Clause
/* The thread that injects packets when they are due. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "nmreplay.h"

#define SLEEP_US 20
#define PRIORITY 10
#define NICE -10
#define MAX_LENGTH 65535

/* Best effort: without privileges the thread keeps its normal priority, and a log line says so. */
static void
set_scheduling(int cpu)
{
	struct sched_param parameter = { .sched_priority = PRIORITY };
	cpu_set_t set;
	int error;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	error = pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
	if (error)
		WWW("cannot run on cpu %d: %s, not pinned", cpu, strerror(error));
	if (setpriority(PRIO_PROCESS, 0, NICE))
		WWW("cannot set priority %d: %s", NICE, strerror(errno));
	error = pthread_setschedparam(pthread_self(), SCHED_RR, &parameter);
	if (error)
		WWW("cannot use round-robin scheduling: %s", strerror(error));
}

static uint64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

/* Injects one packet; 0, or -1 when the rings are full. */
static int
inject(struct nmport_d *port, const struct entry *entry)
{
	static uint8_t padded[MAX_LENGTH];

	if (entry->captured == entry->length)
		return nmport_inject(port, entry->data, entry->length) ? 0 : -1;
	memcpy(padded, entry->data, entry->captured);
	memset(padded + entry->captured, 0, entry->length - entry->captured);
	return nmport_inject(port, padded, entry->length) ? 0 : -1;
}

/* All packets that are due, at most a burst between two syncs. Returns the entry to go on with. */
static size_t
send_due(struct sender *sender, size_t next, uint64_t start)
{
	const struct schedule *schedule = sender->schedule;
	uint64_t now = now_ns(), sent = 0;

	while (next < schedule->count && sent < (uint64_t)sender->options->burst) {
		const struct entry *entry = &schedule->entries[next];

		if (start + entry->at > now || inject(sender->port, entry) < 0)
			break;
		__atomic_store_n(&sender->bytes, sender->bytes + entry->length, __ATOMIC_RELAXED);
		sent++;
		next++;
	}
	if (sent > __atomic_load_n(&sender->max_queue, __ATOMIC_RELAXED))
		__atomic_store_n(&sender->max_queue, sent, __ATOMIC_RELAXED);
	if (ioctl(sender->port->fd, NIOCTXSYNC, NULL) < 0) {
		EEE("cannot send: %s", strerror(errno));
		sender->failed = 1;
		do_abort = 1;
	}
	__atomic_store_n(&sender->sent, sender->sent + sent, __ATOMIC_RELAXED);
	return next;
}

void *
nmreplay_main(void *argument)
{
	struct sender *sender = argument;
	const struct schedule *schedule = sender->schedule;
	uint64_t start;
	size_t next = 0;

	set_scheduling(sender->options->cpus[0]);
	WWW("prepare to send packets");
	start = now_ns();
	while (!do_abort) {
		size_t before = next;

		next = send_due(sender, next, start);
		if (next == schedule->count) {
			next = 0;
			start += schedule->period;
		}
		if (next == before)
			usleep(SLEEP_US);
	}
	EEE("exiting on abort");
	__atomic_store_n(&sender->done, 1, __ATOMIC_RELEASE);
	return NULL;
}
