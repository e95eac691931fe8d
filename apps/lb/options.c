// SPDX-License-Identifier: BSD-2-Clause
#include <getopt.h>
#include <string.h>
#include "lb.h"
#include "units.h"

#define NAME_MAX_LENGTH 56
#define DEFAULT_PIPES 2
#define MAX_PIPES 4096

static void
help(void)
{
	puts("usage: lb -i port [options]");
	puts("  -i port      input port (netmap: is prepended unless it starts with netmap: or vale)");
	puts("  -p [name:]n  add a group of n pipes; default: one group of 2 named after the port");
	puts("  -B n         extra buffers for overflow queues (default 0)");
	puts("  -b n         batch size (default 2048)");
	puts("  -w s         wait for the link (default 2)");
	puts("  -W           busy wait");
	puts("  -o s         print statistics as JSON on stdout every s seconds");
	puts("  -s s         the same to syslog");
	puts("  --json       the summary at the end as JSON");
	puts("  -h           this help");
}

/* A wrong command line is an error; the help follows it. */
static void __attribute__((noreturn))
usage_error(void)
{
	help();
	exit(1);
}

static int64_t
number(char option, const char *text, int64_t min, int64_t max)
{
	int64_t value;

	if (units_parse(text, min, max, &value) == 0)
		return value;
	D("invalid value '%s' for -%c: need a number from %lld to %lld", text, option,
	  (long long)min, (long long)max);
	usage_error();
}

static void
add_group(struct balancer *lb, const char *text)
{
	struct group *group = &lb->groups[lb->group_count];
	const char *colon = strchr(text, ':'), *count = text;
	int64_t pipes = DEFAULT_PIPES;

	if (lb->group_count == MAX_GROUPS) {
		D("too many groups, at most %d", MAX_GROUPS);
		usage_error();
	}
	*group = (struct group){ 0 };
	if (colon) {
		if (colon == text || colon - text > NAME_MAX_LENGTH) {
			D("invalid group name in '%s'", text);
			usage_error();
		}
		memcpy(group->name, text, (size_t)(colon - text));
		count = colon + 1;
	}
	if (*count && units_parse(count, 1, MAX_PIPES, &pipes) < 0) {
		D("invalid number of pipes in '%s'", text);
		usage_error();
	}
	if (!*count && !colon) {
		D("missing number of pipes");
		usage_error();
	}
	group->pipes = (int)pipes;
	lb->group_count++;
}

static void
read_port(struct balancer *lb, const char *name)
{
	int has_prefix = !strncmp(name, "netmap:", 7) || !strncmp(name, "vale", 4);

	if (strlen(name) > NAME_MAX_LENGTH)
		DIE(1, "ifname too long %s", name);
	snprintf(lb->port_name, sizeof(lb->port_name), "%s%s", has_prefix ? "" : "netmap:", name);
	D("interface is %s", name);
}

void
options_read(struct balancer *lb, int argc, char **argv)
{
	static const struct option words[] = { { "json", no_argument, NULL, 'J' },
					       { NULL, 0, NULL, 0 } };
	int option;

	while ((option = getopt_long(argc, argv, "hi:p:B:b:w:Wo:s:", words, NULL)) != -1) {
		switch (option) {
		case 'i':
			read_port(lb, optarg);
			break;
		case 'p':
			add_group(lb, optarg);
			break;
		case 'B':
			lb->extra_wanted = (uint32_t)number('B', optarg, 0, UINT32_MAX);
			D("requested %u extra buffers", lb->extra_wanted);
			break;
		case 'b':
			lb->batch = (uint16_t)number('b', optarg, 1, UINT16_MAX);
			D("batch is %d", lb->batch);
			break;
		case 'w':
			lb->wait = (int)number('w', optarg, 0, INT32_MAX);
			D("link wait for up time is %d", lb->wait);
			break;
		case 'W':
			lb->busy_wait = 1;
			break;
		case 'o':
			lb->stdout_period = (int)number('o', optarg, 0, INT32_MAX);
			break;
		case 's':
			lb->syslog_period = (int)number('s', optarg, 0, INT32_MAX);
			break;
		case 'J':
			lb->json = 1;
			break;
		case 'h':
			help();
			exit(0);
		default:
			D("bad option ? (null)");
			usage_error();
		}
	}
	log_surplus(argc, argv, optind);
	if (!lb->port_name[0]) {
		D("missing interface name");
		usage_error();
	}
	if (lb->group_count == 0)
		lb->groups[lb->group_count++] = (struct group){ .pipes = DEFAULT_PIPES };
}
