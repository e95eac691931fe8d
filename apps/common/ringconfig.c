// SPDX-License-Identifier: BSD-2-Clause
#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include "ringconfig.h"

int
ringconfig_parse(const char *text, struct ring_config *config, const char **rest)
{
	memset(config, 0, sizeof(*config));
	config->given = 1;
	for (;;) {
		unsigned long value = 0;

		if (!isdigit((unsigned char)*text))
			return -1;
		for (; isdigit((unsigned char)*text); text++) {
			value = value * 10 + (unsigned long)(*text - '0');
			if (value > UINT32_MAX)
				return -1;
		}
		config->number[config->count++] = (unsigned int)value;
		if (*text && *text != ',')
			return -1;
		if (!*text || config->count == 4)
			break;
		text++;
	}
	*rest = *text ? text + 1 : text;
	return 0;
}

void
ringconfig_rings(const struct ring_config *config, unsigned int rings[4])
{
	rings[0] = config->number[0];
	rings[1] = config->count > 1 ? config->number[1] : config->number[0];
	rings[2] = config->number[2];
	rings[3] = config->count > 3 ? config->number[3] : config->number[2];
}
