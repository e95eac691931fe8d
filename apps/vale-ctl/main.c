// SPDX-License-Identifier: BSD-2-Clause
/* vale-ctl: controls VALE switches and their ports. */
#include <ctype.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include "vale-ctl.h"

void
usage(int status)
{
	fputs("Usage: vale-ctl [action] [-C config] [-m id] [-v] [--json]\n"
	      "without an action: list all VALE ports\n"
	      "\t-a valeX:if  attach an interface to a switch\n"
	      "\t-h valeX:if  the same with its host rings\n"
	      "\t-d valeX:if  detach\n"
	      "\t-n name      create a persistent VALE port\n"
	      "\t-r name      remove a persistent VALE port\n"
	      "\t-g port      print port info (kernel name: eth0, vale0:x)\n"
	      "\t-l valeX:P   print bridge and port index\n"
	      "\t-p valeX:if  start polling by a kernel thread\n"
	      "\t-P valeX:if  stop polling\n"
	      "\t-C x[,y[,z[,w]]]   with -n, -a, -h: tx_slots,rx_slots,tx_rings,rx_rings\n"
	      "\t                   with -p: 0,cpu or 1,first[,count]\n"
	      "\t-m id        memory region with -n, -a, -h: a number or a port (netmap:eth0)\n"
	      "\t-v           verbose\n"
	      "\t--json       results as JSON, one object per line\n",
	      stderr);
	exit(status);
}

static void
read_config(struct request *request, const struct action *action)
{
	const char *rest = "";

	if (!request->config_text)
		return;
	if (ringconfig_parse(request->config_text, &request->config, &rest) < 0) {
		fprintf(stderr, "invalid config '%s', need up to four numbers\n",
			request->config_text);
		exit(1);
	}
	if (*rest && (action->option == 'p' || action->option == 'P')) {
		fprintf(stderr, "too many numbers in '%s'\n", request->config_text);
		exit(1);
	}
	if (*rest)
		fprintf(stderr, "ignored config: %s\n", rest);
}

/* -m: a number, or a port whose region is looked up. */
static void
read_mem_id(struct request *request)
{
	const char *text = request->mem_text;
	unsigned long id = 0;
	int32_t found;

	if (!text)
		return;
	if (isdigit((unsigned char)*text)) {
		for (; isdigit((unsigned char)*text) && id <= UINT16_MAX; text++)
			id = id * 10 + (unsigned long)(*text - '0');
		if (*text || id > UINT16_MAX) {
			fprintf(stderr, "invalid memory id '%s'\n", request->mem_text);
			exit(1);
		}
		request->mem_id = (uint16_t)id;
		return;
	}
	found = nmreq_get_mem_id(&text, nmctx_get());
	if (found < 0)
		exit(1);
	request->mem_id = (uint16_t)found;
}

int
main(int argc, char **argv)
{
	static const struct option words[] = { { "json", no_argument, NULL, 'J' },
					       { NULL, 0, NULL, 0 } };
	struct request request = { 0 };
	const struct action *action = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "a:h:d:n:r:g:l:p:P:C:m:v", words, NULL)) != -1) {
		switch (option) {
		case 'C':
			request.config_text = optarg;
			break;
		case 'm':
			request.mem_text = optarg;
			break;
		case 'v':
			request.verbose++;
			break;
		case 'J':
			request.json = 1;
			break;
		default:
			/* the last action wins */
			action = action_find(option);
			if (!action)
				usage(1);
			request.name = optarg;
		}
	}
	if (optind < argc ||
	    (!action && (request.config_text || request.mem_text || request.verbose)))
		usage(1);
	if (!action)
		action = action_find(0);
	read_config(&request, action);
	read_mem_id(&request);
	return action->run(action, &request);
}
