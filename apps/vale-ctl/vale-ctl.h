/* SPDX-License-Identifier: BSD-2-Clause */
/* vale-ctl: one action on VALE switches per call. */
#ifndef VALE_CTL_H_
#define VALE_CTL_H_

#define LIBNETMAP_NOTHREADSAFE
#include <libnetmap.h>
#include "ringconfig.h"

struct request {
	const char *name; /* of the port, NULL for the list of all */
	const char *config_text, *mem_text;
	struct ring_config config; /* what the numbers mean depends on the action */
	uint16_t mem_id;
	int verbose, json;
};

/* An action option. run returns the exit status. */
struct action {
	char option;
	const char *what; /* in "failed to <what> <name>" */
	int (*run)(const struct action *action, const struct request *request);
};

const struct action *action_find(int option);

/* Fills a polling request; 0, or -1 with a message printed when the numbers make no sense. */
int config_polling(const struct request *request, struct nmreq_vale_polling *polling);

void usage(int status) __attribute__((noreturn));

#endif
