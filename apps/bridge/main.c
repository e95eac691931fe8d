// SPDX-License-Identifier: BSD-2-Clause
/* bridge: forwards packets between two netmap ports, or between a NIC and its host stack. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <libnetmap.h>
#include "json.h"
#include "log.h"
#include "move.h"
#include "units.h"

#define DEFAULT_BURST 1024
#define MAX_BURST 8192
#define DEFAULT_WAIT 4
#define MAX_WAIT 100
#define POLL_TIMEOUT_MS 2500
#define HOST_SUFFIX "^"

struct options {
	const char *names[2];
	int burst, wait, copy, loopback, verbose, json;
};

static volatile sig_atomic_t do_abort;

static void
sigint_h(int number)
{
	do_abort = 1;
	signal(number, SIG_DFL);
}

static void
usage(void)
{
	fputs("bridge: forward packets between two netmap ports\n"
	      "usage: bridge [-v] [-c] [-L] [-b burst] [-w wait] [--json] -i ifa [-i ifb]\n"
	      "       bridge [options] [ifa [ifb [burst]]]\n"
	      "  -i port   netmap:... or vale...:... ; with one port only: bridge it with its host stack\n"
	      "  -b burst  slots per move, 1..8192 (default 1024)\n"
	      "  -w s      wait for the link (default 4)\n"
	      "  -c        copy, even when buffers could be exchanged\n"
	      "  -L        one port: send back what it receives\n"
	      "  --json    a summary on stdout at the end\n"
	      "  -v        log every move; twice: every packet\n",
	      stderr);
	exit(1);
}

static void
add_port(struct options *o, const char *name)
{
	if (!o->names[0])
		o->names[0] = name;
	else if (!o->names[1])
		o->names[1] = name;
	else
		D("%s ignored, already have 2 interfaces", name);
}

static int
parse_number(const char *text, const char *what, int min, int max, int fallback)
{
	int64_t value;

	if (units_parse(text, min, max, &value) == 0)
		return (int)value;
	D("invalid %s %s, set to %d", what, text, fallback);
	return fallback;
}

static void
read_options(struct options *o, int argc, char **argv)
{
	static const struct option words[] = { { "json", no_argument, NULL, 'J' },
					       { NULL, 0, NULL, 0 } };
	int option;

	while ((option = getopt_long(argc, argv, "hb:ci:vw:L", words, NULL)) != -1) {
		switch (option) {
		case 'b':
			o->burst = parse_number(optarg, "burst", 1, MAX_BURST, DEFAULT_BURST);
			break;
		case 'c':
			o->copy = 1;
			break;
		case 'i':
			add_port(o, optarg);
			break;
		case 'v':
			o->verbose++;
			break;
		case 'w':
			o->wait = parse_number(optarg, "wait_link", 0, MAX_WAIT, DEFAULT_WAIT);
			break;
		case 'L':
			o->loopback = 1;
			break;
		case 'J':
			o->json = 1;
			break;
		default:
			if (option != 'h')
				D("bad option ? (null)");
			usage();
		}
	}
	if (optind < argc)
		o->names[0] = argv[optind++];
	if (optind < argc)
		o->names[1] = argv[optind++];
	if (optind < argc)
		o->burst = parse_number(argv[optind++], "burst", 1, MAX_BURST, DEFAULT_BURST);
	log_surplus(argc, argv, optind);
	if (!o->names[0]) {
		D("missing interface");
		usage();
	}
}

/* Opens both ends; with one name, endpoint 0 is the host side of it (or the NIC again, with -L). */
static void
open_ports(const struct options *o, struct nmport_d *ports[2])
{
	const char *second = o->names[1] ? o->names[1] : o->names[0];
	char first[512];
	int same = !strcmp(o->names[0], second);

	snprintf(first, sizeof(first), "%s", o->names[0]);
	if (same && o->loopback) {
		D("same interface, loopbacking traffic");
	} else if (same) {
		snprintf(first, sizeof(first), "%s" HOST_SUFFIX, o->names[0]);
		D("same interface, endpoint 0 goes to host");
	}
	ports[0] = nmport_open(first);
	if (!ports[0])
		DIE(1, "cannot open %s", first);
	ports[1] = nmport_open(second);
	if (!ports[1]) {
		D("cannot open %s", second);
		nmport_close(ports[0]);
		exit(1);
	}
}

static void
log_poll(int ret, const struct pollfd *p, struct nmport_d *ports[2])
{
	D("poll %s [0] ev %x %x rx %d@%d tx %d, [1] ev %x %x rx %d@%d tx %d",
	  ret <= 0 ? "timeout" : "ok", p[0].events, p[0].revents, rx_slots(ports[0]),
	  NETMAP_RXRING(ports[0]->nifp, ports[0]->first_rx_ring)->cur, tx_slots(ports[0]),
	  p[1].events, p[1].revents, rx_slots(ports[1]),
	  NETMAP_RXRING(ports[1]->nifp, ports[1]->first_rx_ring)->cur, tx_slots(ports[1]));
}

#ifndef BUSYWAIT
static void
log_error(int i, const struct nmport_d *port)
{
	struct netmap_ring *rx = NETMAP_RXRING(port->nifp, port->first_rx_ring);

	RD(5, "error on fd%d, rx [%d,%d,%d)", i, rx->head, rx->cur, rx->tail);
}
#endif

/* Waits until something can be moved: for packets, or for room where packets wait already. */
static int
wait_for_work(struct nmport_d *ports[2], int verbose)
{
	struct pollfd p[2] = { { .fd = ports[0]->fd }, { .fd = ports[1]->fd } };
	int i, ret;

	for (i = 0; i < 2; i++) {
		if (rx_slots(ports[i]))
			p[!i].events |= POLLOUT;
		else
			p[i].events |= POLLIN;
	}
#ifdef BUSYWAIT
	for (i = 0, ret = 1; i < 2; i++) {
		if ((p[i].events & POLLIN) && ioctl(ports[i]->fd, NIOCRXSYNC, NULL) < 0)
			ret = -1;
		if (ioctl(ports[i]->fd, NIOCTXSYNC, NULL) < 0)
			ret = -1;
		p[i].revents = p[i].events;
	}
	if (verbose)
		log_poll(ret, p, ports);
#else
	ret = poll(p, 2, POLL_TIMEOUT_MS);
	if (ret <= 0 || verbose)
		log_poll(ret, p, ports);
	for (i = 0; i < 2; i++)
		if (p[i].revents & POLLERR)
			log_error(i, ports[i]);
#endif
	return ret;
}

static void
print_summary(const struct options *o, struct nmport_d *ports[2], const uint64_t forwarded[2],
	      int zerocopy)
{
	struct json j;

	if (!o->json)
		return;
	json_begin(&j, stdout);
	json_string(&j, "event", "end");
	json_string(&j, "portA", ports[0]->hdr.nr_name);
	json_string(&j, "portB", ports[1]->hdr.nr_name);
	json_unsigned(&j, "forwardedAB", forwarded[0]);
	json_unsigned(&j, "forwardedBA", forwarded[1]);
	json_boolean(&j, "zeroCopy", zerocopy);
	json_end(&j);
}

int
main(int argc, char **argv)
{
	struct options o = { .burst = DEFAULT_BURST, .wait = DEFAULT_WAIT };
	struct mover mover = { 0 };
	uint64_t forwarded[2] = { 0 };
	struct nmport_d *ports[2];

	read_options(&o, argc, argv);
	open_ports(&o, ports);
	mover.zerocopy = !o.copy && ports[0]->mem == ports[1]->mem;
	mover.verbose = o.verbose;
	mover.burst = (uint32_t)o.burst;
	D("------- zerocopy %ssupported", mover.zerocopy ? "" : "NOT ");
	D("Wait %d secs for link to come up...", o.wait);
	sleep((unsigned int)o.wait);
	signal(SIGINT, sigint_h);
	D("Ready to go, %s 0x%x/%d <-> %s 0x%x/%d.", ports[0]->hdr.nr_name,
	  ports[0]->first_rx_ring, ports[0]->reg.nr_rx_rings, ports[1]->hdr.nr_name,
	  ports[1]->first_rx_ring, ports[1]->reg.nr_rx_rings);
	while (!do_abort) {
		if (wait_for_work(ports, o.verbose) < 0)
			continue;
		forwarded[0] += ports_move(&mover, ports[0], ports[1]);
		forwarded[1] += ports_move(&mover, ports[1], ports[0]);
	}
	print_summary(&o, ports, forwarded, mover.zerocopy);
	nmport_close(ports[0]);
	nmport_close(ports[1]);
	return 0;
}
