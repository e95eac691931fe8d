/* SPDX-License-Identifier: BSD-2-Clause */
/* vale-ctl: one action on VALE switches per call. */
#ifndef VALE_CTL_H_
#define VALE_CTL_H_

#define LIBNETMAP_NOTHREADSAFE
#include <libnetmap.h>

/* -C: up to four numbers; what they mean depends on the action. */
struct ring_config {
	int given;
	int count;
	unsigned int number[4];
};

struct request {
	const char *name; /* of the port, NULL for the list of all */
	const char *config_text, *mem_text;
	struct ring_config config;
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

/* The numbers of -C; 0, or -1 when the text is no list of numbers. *rest = what was not taken. */
int config_parse(const char *text, struct ring_config *config, const char **rest);
/* tx_slots, rx_slots, tx_rings, rx_rings, completed: one number sets both slots, the third alone
 * both ring counts. */
void config_rings(const struct ring_config *config, unsigned int rings[4]);
/* Fills a polling request; 0, or -1 with a message printed when the numbers make no sense. */
int config_polling(const struct request *request, struct nmreq_vale_polling *polling);

void usage(int status) __attribute__((noreturn));

#endif
