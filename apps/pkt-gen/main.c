// SPDX-License-Identifier: BSD-2-Clause
/* pkt-gen: a packet generator and receiver for netmap ports. */
#include <string.h>
#include "pkt-gen.h"

volatile sig_atomic_t stop_requested;

static void
on_interrupt(int signal_number)
{
	(void)signal_number;
	stop_requested = 1;
}

static void
log_special_options(uint32_t options)
{
	if (!options)
		return;
	fprintf(stderr, "--- SPECIAL OPTIONS:%s%s%s%s%s%s\n\n",
		options & OPT_PREFETCH ? " prefetch" : "", options & OPT_ACCESS ? " access" : "",
		options & OPT_MEMCPY ? " memcpy" : "", options & OPT_INDIRECT ? " indirect" : "",
		options & OPT_COPY ? " copy" : "", options & OPT_RUBBISH ? " rubbish " : "");
}

static void
log_pace(const struct config *config)
{
	struct pacer pacer;

	if (config->function->direction != DIR_TX)
		return;
	pacer_init(&pacer, config->burst,
		   config->rate ? (config->rate + config->threads - 1) / config->threads : 0);
	D("Sending %d packets every  %lld.%09lld s", pacer.burst,
	  (long long)(pacer.period / 1000000000), (long long)(pacer.period % 1000000000));
}

static void
check_threads(const struct config *config, const struct device *device)
{
	enum direction direction = config->function->direction == DIR_RX ? DIR_RX : DIR_TX;
	int rings = device_rings(device, direction);

	if (config->threads > rings)
		D("bad nthreads %d, have %d queues", config->threads, rings);
	if (config->threads > 1 &&
	    (config->function->single_thread || !device_has_rings(device)))
		DIE(1, "can only %s with 1 thread", config->function->name);
}

int
main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_interrupt };
	struct worker *workers;
	struct device device;
	struct config config;
	int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	options_read(&config, argc, argv);
	device_open(&device, &config);
	check_threads(&config, &device);
	if (device_has_rings(&device))
		report_start(&config, &device);
	else if (config.function->single_thread || config.function->direction == DIR_BOTH)
		DIE(1, "%s only does tx and rx", config.port);
	log_special_options(config.options);
	log_pace(&config);
	/* the counters want their own cache line */
	workers = aligned_alloc(64, (size_t)config.threads * sizeof(*workers));
	if (!workers)
		DIE(1, "cannot allocate %d threads", config.threads);
	memset(workers, 0, (size_t)config.threads * sizeof(*workers));
	sigaction(SIGINT, &action, NULL);
	start_threads(workers, &config, &device);
	main_thread(workers, &config, &device);
	for (i = 0; i < config.threads; i++) {
		frame_free(&workers[i].frame);
		free(workers[i].queues);
		if (i > 0 && device.kind == DEVICE_NULL)
			free(workers[i].port);
		else if (i > 0)
			nmport_close(workers[i].port);
	}
	device_close(&device);
	free(config.file_frame);
	free(workers);
	return 0;
}
