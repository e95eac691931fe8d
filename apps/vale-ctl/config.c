// SPDX-License-Identifier: BSD-2-Clause
#include <ctype.h>
#include <string.h>
#include "vale-ctl.h"

int
config_parse(const char *text, struct ring_config *config, const char **rest)
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
config_rings(const struct ring_config *config, unsigned int rings[4])
{
	rings[0] = config->number[0];
	rings[1] = config->count > 1 ? config->number[1] : config->number[0];
	rings[2] = config->number[2];
	rings[3] = config->count > 3 ? config->number[3] : config->number[2];
}

int
config_polling(const struct request *request, struct nmreq_vale_polling *polling)
{
	const struct ring_config *config = &request->config;
	unsigned int mode = config->number[0];

	if (!config->given) {
		fprintf(stderr, "invalid null/empty config\n");
		return -1;
	}
	if (mode > 1) {
		fprintf(stderr, "invalid mode %u in '%s' (0: one cpu, 1: one cpu per ring)\n", mode,
			request->config_text);
		return -1;
	}
	if (config->count > (mode == 0 ? 2 : 3)) {
		fprintf(stderr, "too many numbers in '%s'\n", request->config_text);
		return -1;
	}
	polling->nr_mode = mode == 0 ? NETMAP_POLLING_MODE_SINGLE_CPU :
				       NETMAP_POLLING_MODE_MULTI_CPU;
	polling->nr_first_cpu_id = config->number[1];
	/* the kernel wants at least one, also when only one makes sense */
	polling->nr_num_polling_cpus = config->count > 2 ? config->number[2] : 1;
	return 0;
}
