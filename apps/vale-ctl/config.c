// SPDX-License-Identifier: BSD-2-Clause
#include "vale-ctl.h"

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
