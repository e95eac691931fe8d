// SPDX-License-Identifier: BSD-2-Clause
/* The threads: one per ring, each with its own descriptor. */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "pkt-gen.h"

/* Part number id of total in parts, the remainder going to the first ones. */
static int64_t
share(int64_t total, int parts, int id)
{
	return total / parts + (id < total % parts);
}

static double
thread_cpu_seconds(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void
set_affinity(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (pthread_setaffinity_np(pthread_self(), sizeof(set), &set))
		D("unable to set affinity to cpu %d", cpu);
}

static void *
run_worker(void *argument)
{
	struct worker *worker = argument;
	const struct config *config = worker->config;

	if (config->affinity >= 0)
		set_affinity((config->affinity + worker->id) % config->online_cpus);
	config->function->body(worker);
	if (worker->used && !worker->end.tv_sec)
		clock_gettime(CLOCK_MONOTONIC, &worker->end);
	worker->cpu_seconds = thread_cpu_seconds();
	/* after everything the reporting thread reads of a worker that is done */
	__atomic_store_n(&worker->done, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void
make_queues(struct worker *worker, enum direction direction)
{
	int first = 0, last = 0, i;

	if (worker->port) {
		first = direction == DIR_RX ? worker->port->first_rx_ring : worker->port->first_tx_ring;
		last = direction == DIR_RX ? worker->port->last_rx_ring : worker->port->last_tx_ring;
	}
	worker->queue_count = last - first + 1;
	worker->queues = calloc((size_t)worker->queue_count, sizeof(*worker->queues));
	if (!worker->queues)
		DIE(1, "cannot allocate %d queues", worker->queue_count);
	for (i = 0; i < worker->queue_count; i++)
		worker->queues[i].ring = first + i;
}

static void
prepare_worker(struct worker *worker, const struct config *config, const struct device *device,
	       int id)
{
	worker->config = config;
	worker->device = device;
	worker->id = id;
	worker->port = id == 0 ? device->main_port : device_clone(device, config, id);
	worker->fd = worker->port ? worker->port->fd : device->main_fd;
	worker->count = config->count ? share(config->count, config->threads, id) : -1;
	worker->rate = share(config->rate, config->threads, id);
	if (config->rate && !worker->rate)
		worker->rate = 1;
	make_queues(worker, config->function->direction);
	if (config->function->direction != DIR_RX &&
	    frame_init(&worker->frame, config, config->vnet_header) < 0)
		DIE(1, "cannot allocate a frame");
}

void
start_threads(struct worker *workers, const struct config *config, const struct device *device)
{
	struct timespec pause = { .tv_sec = config->wait };
	sigset_t interrupt;
	int i;

	/* a ^C from here on is acted on by main_thread(), once the threads can be told; it ends the wait */
	sigemptyset(&interrupt);
	sigaddset(&interrupt, SIGINT);
	pthread_sigmask(SIG_BLOCK, &interrupt, NULL);
	for (i = 0; i < config->threads; i++)
		prepare_worker(&workers[i], config, device, i);
	D("Wait %d secs for phy reset", config->wait);
	if (sigtimedwait(&interrupt, NULL, &pause) == SIGINT)
		stop_requested = 1;
	D("Ready...");
	for (i = 0; i < config->threads; i++) {
		int error = pthread_create(&workers[i].thread, NULL, run_worker, &workers[i]);

		if (error)
			DIE(1, "cannot create thread %d: %s", i, strerror(error));
	}
	pthread_sigmask(SIG_UNBLOCK, &interrupt, NULL);
}

/* Makes the totals of a worker visible to the reporting thread. */
void
worker_publish(struct worker *worker, uint64_t packets, uint64_t bytes, uint64_t events)
{
	__atomic_store_n(&worker->counters.packets, packets, __ATOMIC_RELAXED);
	__atomic_store_n(&worker->counters.bytes, bytes, __ATOMIC_RELAXED);
	__atomic_store_n(&worker->counters.events, events, __ATOMIC_RELAXED);
}

/* Counts packets of one of the worker's rings, by its place among them. */
void
worker_queue(struct worker *worker, int index, uint64_t packets)
{
	struct queue *queue = &worker->queues[index];

	__atomic_store_n(&queue->packets, queue->packets + packets, __ATOMIC_RELAXED);
}

/* Notes the free slots of a receive ring; the smallest number of a report interval is kept. */
void
worker_space(struct worker *worker, uint32_t space)
{
	if (space < __atomic_load_n(&worker->counters.min_space, __ATOMIC_RELAXED))
		__atomic_store_n(&worker->counters.min_space, space, __ATOMIC_RELAXED);
}
