/* SPDX-License-Identifier: BSD-2-Clause */
/* The text of -C: up to four numbers, comma separated. */
#ifndef APPS_RINGCONFIG_H_
#define APPS_RINGCONFIG_H_

struct ring_config {
	int given;
	int count;
	unsigned int number[4];
};

/* 0, or -1 when the text is no list of numbers. *rest = what was not taken. */
int ringconfig_parse(const char *text, struct ring_config *config, const char **rest);
/*
 * tx_slots, rx_slots, tx_rings, rx_rings, completed: one number sets both slots, the third alone both
 * ring counts.
 */
void ringconfig_rings(const struct ring_config *config, unsigned int rings[4]);

#endif
