// SPDX-License-Identifier: BSD-2-Clause
#include <arpa/inet.h>
#include <getopt.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include "log.h"
#include "tlem.h"
#include "units.h"

#define DEFAULT_BURST 1024
#define MAX_BURST 8192
#define MAX_WAIT 100
#define FALLBACK_WAIT 4
#define DEFAULT_QUEUE 50000

int verbose = 1;

void
usage(void)
{
	fputs("usage: tlem -i port1 -i port2 [options]     (each direction: once for both, or twice)\n"
	      "  -B spec   bandwidth: bps | const,bps | ether,bps | avg,bps\n"
	      "  -D spec   delay: t | uniform,tmin,tmax | exp,tmin,tavg | inter-packet,gmin,gmax,t\n"
	      "  -L spec   loss: p | plr,p | ber,p\n"
	      "  -R spec   reordering: p,t | const,p,t\n"
	      "  -Q bytes  queue in front of the line\n"
	      "  -O t      subtracted from every delay\n"
	      "  -P 0|1    1: drop what would have to be reordered\n"
	      "  -d t      drop packets that are later than this (default 100u)\n"
	      "  -M delay[,bw[,hold]]   maxima that clients may ask for\n"
	      "  -r        route between the ports' networks; -G ip: gateway of port 1, port 2\n"
	      "  -s file   session: change the parameters of a running tlem; -a: stop it\n"
	      "  -b n      batch 1..8192;  -w s  wait;  -C cpus  cons1,prod1,cons2,prod2\n"
	      "  -H        huge pages (twice: nothing else);  -v -q  more, less;  --json;  -c  no effect\n"
	      "Rates take suffixes k m g, times s m u n, sizes k m g; none turns a feature off.\n",
	      stderr);
	exit(1);
}

static void
add(struct pair *pair, int option, const char *text)
{
	if (pair->count == 2) {
		FAIL("-%c too many times: %s", option, text);
		exit(1);
	}
	pair->value[pair->count++] = text;
}

/* A single value counts for both directions. */
static void
clone_value(struct pair *pair)
{
	if (pair->count == 1)
		pair->value[1] = pair->value[0];
}

static void
read_cpus(struct options *o, const char *text)
{
	int i;

	if (cpus_parse(text, o->cpus)) {
		FAIL("-C needs 1, 2 or 4 comma-separated cpu numbers, have '%s'", text);
		usage();
	}
	for (i = 0; i < CPUS_COUNT; i++) {
		if (o->cpus[i] < 0 || o->cpus[i] >= CPU_SETSIZE) {
			FAIL("-C %s: cpu %d is not one of 0..%d", text, o->cpus[i], CPU_SETSIZE - 1);
			usage();
		}
	}
	o->cpus_given = 1;
}

/* An IPv4 address; "none" for the first port, to give one of the second only. */
static void
read_gateway(struct options *o, const char *text)
{
	struct in_addr address;

	if (strcmp(text, "none") && inet_pton(AF_INET, text, &address) != 1) {
		FAIL("bad argument %s for -G: need an IPv4 address, or none", text);
		usage();
	}
	add(&o->gateway, 'G', text);
}

static int
read_number(const char *text, const char *what, int min, int max, int fallback)
{
	int64_t value;

	if (text && units_parse(text, min, max, &value) == 0)
		return (int)value;
	LOG("invalid %s %s, set to %d", what, text ? text : "0", fallback);
	return fallback;
}

static void
read_option(struct options *o, int option, const char **burst)
{
	switch (option) {
	case 'i':
		add(&o->ports, option, optarg);
		break;
	case 'B':
		add(&o->bandwidth, option, optarg);
		break;
	case 'D':
		add(&o->delay, option, optarg);
		break;
	case 'L':
		add(&o->loss, option, optarg);
		break;
	case 'R':
		add(&o->reorder, option, optarg);
		break;
	case 'Q':
		add(&o->queue, option, optarg);
		break;
	case 'G':
		read_gateway(o, optarg);
		break;
	case 'M':
		add(&o->maxima, option, optarg);
		break;
	case 'P':
		add(&o->drop, option, optarg);
		break;
	case 'O':
		add(&o->offset, option, optarg);
		break;
	case 'd':
		add(&o->late, option, optarg);
		break;
	case 's':
		if (o->session_file) {
			FAIL("-s too many times: %s", optarg);
			exit(1);
		}
		o->session_file = optarg;
		break;
	case 'b':
		*burst = optarg;
		break;
	case 'w':
		o->wait = read_number(optarg, "wait_link", 0, MAX_WAIT, FALLBACK_WAIT);
		break;
	case 'C':
		read_cpus(o, optarg);
		break;
	case 'r':
		o->route = 1;
		break;
	case 'H':
		o->huge++;
		break;
	case 'a':
		o->ask_to_stop = 1;
		break;
	case 'v':
		verbose++;
		break;
	case 'q':
		verbose--;
		break;
	case 'J':
		o->json = 1;
		break;
	default:
		break;
	}
}

void
options_read(struct options *o, int argc, char **argv)
{
	static const struct option words[] = { { "json", no_argument, NULL, 'J' },
					       { NULL, 0, NULL, 0 } };
	const char *burst = NULL;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":i:B:D:L:R:Q:G:M:P:O:d:b:w:C:rHs:acvq", words,
				     NULL)) != -1) {
		if (option == '?') {
			FAIL("unknown option '-%c'", optopt);
			usage();
		} else if (option == ':') {
			FAIL("option '-%c' needs a value", optopt);
			usage();
		}
		read_option(o, option, &burst);
	}
	log_surplus(argc, argv, optind);
	o->burst = read_number(burst, "burst", 1, MAX_BURST, DEFAULT_BURST);
	clone_value(&o->bandwidth);
	clone_value(&o->delay);
	clone_value(&o->loss);
	clone_value(&o->reorder);
	clone_value(&o->queue);
	clone_value(&o->maxima);
	clone_value(&o->drop);
	clone_value(&o->offset);
	clone_value(&o->late);
}

static void
keep_spec(char *kept, const char *spec)
{
	snprintf(kept, SPEC_SIZE, "%s", spec && strcmp(spec, "none") ? spec : "0");
}

/* The queue in front of the line. */
static int
set_queue(struct config *c, const char *text)
{
	if (text) {
		if (shape_parse_size(text, &c->queue) == 0)
			return 0;
		FAIL("bad argument %s for -Q: need bytes, with k m g", text);
		return 1;
	}
	switch (c->bandwidth.kind) {
	case BW_NONE:
		c->queue = UINT64_MAX;
		LOG("using unlimited qsize");
		break;
	case BW_CONST:
	case BW_ETHER:
		c->queue = DEFAULT_QUEUE;
		LOG("setting qsize to %dB", DEFAULT_QUEUE);
		break;
	default:
		c->queue = 0;
	}
	return 0;
}

int
options_config(const struct options *o, int i, struct config *c, const struct config *previous)
{
	char error[SHAPE_ERROR_SIZE];
	int errors = 0;

	memset(c, 0, sizeof(*c));
	if (previous) { /* what a client does not mention of these stays */
		c->offset = previous->offset;
		c->drop_reordered = previous->drop_reordered;
	}
	if (bandwidth_parse(&c->bandwidth, o->bandwidth.value[i],
			    1 << BW_CONST | 1 << BW_ETHER | 1 << BW_AVG, error) < 0) {
		FAIL("%s", error);
		errors++;
	}
	if (delay_parse(&c->delay, o->delay.value[i], 1 << DELAY_GAP, error) < 0) {
		FAIL("%s", error);
		errors++;
	}
	if (loss_parse(&c->loss, o->loss.value[i], error) < 0) {
		FAIL("%s", error);
		errors++;
	}
	if (reorder_parse(&c->reorder, o->reorder.value[i], error) < 0) {
		FAIL("%s", error);
		errors++;
	}
	errors += set_queue(c, o->queue.value[i]);
	if (o->offset.value[i] && shape_parse_time(o->offset.value[i], &c->offset) < 0) {
		FAIL("bad argument %s for -O: need a time, with s m u n", o->offset.value[i]);
		errors++;
	}
	if (o->drop.value[i]) {
		c->drop_reordered = !strcmp(o->drop.value[i], "1");
		if (!c->drop_reordered && strcmp(o->drop.value[i], "0")) {
			FAIL("bad argument %s for -P: need 0 or 1", o->drop.value[i]);
			errors++;
		}
	}
	if (c->bandwidth.kind == BW_AVG)
		LOG("token %.0fB/1.05ms depth %.0f", c->bandwidth.bps / 8 * (1 << 20) / 1e9,
		    4 * c->bandwidth.bps / 8 * (1 << 20) / 1e9 > 2 * SHAPE_MAX_FRAME ?
			    4 * c->bandwidth.bps / 8 * (1 << 20) / 1e9 :
			    2.0 * SHAPE_MAX_FRAME);
	keep_spec(c->delay_spec, o->delay.value[i]);
	keep_spec(c->loss_spec, o->loss.value[i]);
	keep_spec(c->reorder_spec, o->reorder.value[i]);
	return errors;
}
