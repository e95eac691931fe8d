// SPDX-License-Identifier: BSD-2-Clause
/* What keeps the emulated times accurate: clocks, priorities, power management. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include "tlem.h"

#define NICE -10

uint64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

/* Best effort: what needs privileges we do not have is logged. */
void
set_scheduling(int cpu)
{
	struct sched_param parameter = { .sched_priority = sched_get_priority_max(SCHED_RR) };
	cpu_set_t set;
	int error;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	error = pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
	if (error)
		LOG("cannot run on cpu %d: %s", cpu, strerror(error));
	if (setpriority(PRIO_PROCESS, 0, NICE))
		LOG("cannot set priority %d: %s", NICE, strerror(errno));
	error = pthread_setschedparam(pthread_self(), SCHED_RR, &parameter);
	if (error)
		LOG("cannot use round-robin scheduling: %s", strerror(error));
}

/* While the descriptor is open with 0 written to it, processors avoid deep sleep. */
int
latency_reduction_start(void)
{
	int32_t zero = 0;
	int fd = open("/dev/cpu_dma_latency", O_RDWR | O_CLOEXEC);

	if (fd < 0 || write(fd, &zero, sizeof(zero)) != sizeof(zero)) {
		LOG("cannot reduce latency: /dev/cpu_dma_latency: %s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	LOG("latency reduction started");
	return fd;
}

/* cpus: consumer 1, producer 1, consumer 2, producer 2. */
void
choose_cpus(struct options *o)
{
	int n = (int)sysconf(_SC_NPROCESSORS_ONLN), half = n / 2 > 0 ? n / 2 : 1, i;

	if (!o->cpus_given) {
		o->cpus[0] = half / 3;
		o->cpus[1] = half / 3 + half;
		o->cpus[2] = 2 * half / 3;
		o->cpus[3] = 2 * half / 3 + half;
	}
	for (i = 0; i < 4; i++)
		o->cpus[i] %= n;
}

/* Bytes of memory that processes can still get, MemAvailable of /proc/meminfo; 0 when unknown. */
uint64_t
memory_available(void)
{
	unsigned long long kilobytes = 0;
	FILE *file = fopen("/proc/meminfo", "r");
	char line[128];

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %llu kB", &kilobytes) == 1)
			break;
	fclose(file);
	return kilobytes * 1024;
}
