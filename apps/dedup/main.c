// SPDX-License-Identifier: BSD-2-Clause
#define NETMAP_WITH_LIBS
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include "dedup.h"
#include "json.h"
#include "log.h"
#include "units.h"

#define DEFAULT_WINDOW_US 50
#define DEFAULT_FIFO 10
#define DEFAULT_WAIT 2
#define POLL_TIMEOUT_MS 1000

struct options {
	const char *names[2];
	int64_t window_us;
	int fifo, hold, wait, copy, verbose, json;
};

static volatile sig_atomic_t do_abort;

static void
sigint_h(int number)
{
	do_abort = 1;
	signal(number, SIG_DFL);
}

static void __attribute__((noreturn))
usage(const char *program)
{
	fprintf(stderr,
		"%s\n"
		"usage: dedup -i input -i output [-W window in us] [-F packets] [-H] [-c] [-w s] [-v] "
		"[--json]\n",
		program);
	exit(1);
}

static int64_t
number(int option, const char *text, int64_t min, int64_t max)
{
	int64_t value;

	if (units_parse(text, min, max, &value) < 0)
		DIE(1, "invalid value '%s' for -%c: need a number from %lld to %lld", text, option,
		    (long long)min, (long long)max);
	return value;
}

static void
read_options(struct options *o, int argc, char **argv)
{
	static const struct option words[] = { { "json", no_argument, NULL, 'J' },
					       { NULL, 0, NULL, 0 } };
	int option;

	while ((option = getopt_long(argc, argv, "hci:vw:W:F:H", words, NULL)) != -1) {
		switch (option) {
		case 'i':
			if (o->names[0] && o->names[1])
				D("%s ignored, already have 2 interfaces", optarg);
			else
				o->names[o->names[0] != NULL] = optarg;
			break;
		case 'c':
			o->copy = 1;
			break;
		case 'v':
			o->verbose++;
			break;
		case 'w':
			o->wait = (int)number(option, optarg, 0, INT32_MAX);
			break;
		case 'W':
			o->window_us = number(option, optarg, 0, INT32_MAX);
			break;
		case 'F':
			o->fifo = (int)number(option, optarg, 0, INT32_MAX);
			break;
		case 'H':
			o->hold = 1;
			break;
		case 'J':
			o->json = 1;
			break;
		default:
			if (option != 'h')
				D("bad option ? (null)");
			usage(argv[0]);
		}
	}
	log_surplus(argc, argv, optind);
	if (!o->names[1]) {
		D("missing interface");
		usage(argv[0]);
	}
}

/* nm_open() has said what failed, but for a name that is not netmap's: that sets no errno. */
static const char *
open_hint(int error)
{
	switch (error) {
	case 0:
		return ": need netmap:NAME or valeX:NAME";
	case ENOENT:
	case ENODEV:
		return " (is netmap.ko loaded?)";
	case ENXIO:
		return " (is there such an interface? see: ip link)";
	case EBUSY:
		return " (another program has it: see netmap-configure status)";
	case EACCES:
	case EPERM:
		return " (run as root, or give this user access to " NETMAP_DEVICE_NAME ")";
	default:
		return "";
	}
}

static struct nm_desc *
open_port(const char *name, uint32_t extra)
{
	struct nmreq req = { .nr_arg3 = extra };
	struct nm_desc *port = nm_open(name, &req, 0, NULL);

	if (!port)
		DIE(1, "cannot open %s%s", name, open_hint(errno));
	return port;
}

/* Takes the extra buffers from the port's list. */
static void
take_extra(struct dedup *d, struct nm_desc *port, int count)
{
	uint32_t index = port->nifp->ni_bufs_head;
	int i;

	if ((int)port->req.nr_arg3 < count)
		DIE(1, "got only %u of %d extra buffers", port->req.nr_arg3, count);
	d->extra = calloc((size_t)count, sizeof(*d->extra));
	if (!d->extra)
		DIE(1, "out of memory");
	for (i = 0; i < count && index; i++) {
		d->extra[i] = index;
		memcpy(&index, NETMAP_BUF(d->in, index), sizeof(index));
	}
	if (i < count)
		DIE(1, "the list of extra buffers ends after %d of %d", i, count);
	port->nifp->ni_bufs_head = 0;
}

static void
give_back_extra(struct dedup *d, struct nm_desc *port, int count)
{
	int i;

	for (i = 0; d->extra && i < count; i++) {
		memcpy(NETMAP_BUF(d->in, d->extra[i]), &port->nifp->ni_bufs_head, sizeof(uint32_t));
		port->nifp->ni_bufs_head = d->extra[i];
	}
	free(d->extra);
}

static void
setup(struct dedup *d, const struct options *o, struct nm_desc *ports[2])
{
	int memid[2], max;

	/* the capacity is checked before anything is opened */
	if (memory_init(&d->memory, o->fifo) < 0)
		exit(1);
	ports[0] = open_port(o->names[0], o->hold ? 0 : (uint32_t)o->fifo);
	if (ports[0]->first_rx_ring != ports[0]->last_rx_ring)
		DIE(1, "%s: too many RX rings (%d)", o->names[0], ports[0]->req.nr_rx_rings);
	ports[1] = open_port(o->names[1], 0);
	if (ports[1]->first_tx_ring != ports[1]->last_tx_ring)
		DIE(1, "%s: too many TX rings (%d)", o->names[1], ports[1]->req.nr_tx_rings);
	d->in = NETMAP_RXRING(ports[0]->nifp, ports[0]->first_rx_ring);
	d->out = NETMAP_TXRING(ports[1]->nifp, ports[1]->first_tx_ring);
	d->window_us = (uint64_t)o->window_us;
	d->hold = o->hold;
	memid[0] = ports[0]->req.nr_arg2;
	memid[1] = o->copy ? -1 : ports[1]->req.nr_arg2;
	d->zerocopy = memid[0] == memid[1];
	D("memids: in %d out %d fifo %d", memid[0], memid[1], o->hold ? memid[1] : memid[0]);
	max = (int)d->out->num_slots - 1;
	if (o->fifo >= max)
		DIE(1, "fifo_size %d too large (max %d)", o->fifo, max);
	D("win_size %lld+%lld", (long long)(o->window_us / 1000000),
	  (long long)(o->window_us % 1000000));
	if (!o->hold)
		take_extra(d, ports[0], o->fifo);
}

static uint64_t
wall_clock_us(void)
{
	struct timeval now;

	gettimeofday(&now, NULL);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_usec;
}

/* Held packets must leave when their window ends, not at the next packet. */
static int
timeout_ms(const struct dedup *d)
{
	const struct remembered *oldest = memory_oldest(&d->memory);
	uint64_t end, now = wall_clock_us();

	if (!d->hold || !oldest)
		return POLL_TIMEOUT_MS;
	end = oldest->time_us + d->window_us;
	if (end <= now)
		return 1;
	return (end - now) / 1000 + 1 < POLL_TIMEOUT_MS ? (int)((end - now) / 1000) + 1 :
							   POLL_TIMEOUT_MS;
}

static void
run(struct dedup *d, const struct options *o, struct nm_desc *ports[2])
{
	while (!do_abort) {
		struct pollfd p[2] = { { .fd = ports[0]->fd }, { .fd = ports[1]->fd } };
		int ret, timeout;

		dedup_expire(d, wall_clock_us());
		timeout = timeout_ms(d);
		/* packets that wait need room, otherwise packets are waited for */
		if (!nm_ring_empty(d->in))
			p[1].events = POLLOUT;
		else
			p[0].events = POLLIN;
		ret = poll(p, 2, timeout);
		if ((ret <= 0 && timeout == POLL_TIMEOUT_MS) || o->verbose)
			D("poll %s [0] ev %x %x [1] ev %x %x", ret <= 0 ? "timeout" : "ok",
			  p[0].events, p[0].revents, p[1].events, p[1].revents);
		if (ret < 0)
			continue;
		if ((p[0].revents | p[1].revents) & POLLERR)
			RD(1, "error on fd, rx [%d,%d,%d)", d->in->head, d->in->cur, d->in->tail);
		if (dedup_move(d))
			ioctl(ports[1]->fd, NIOCTXSYNC, NULL);
	}
	dedup_flush(d);
	ioctl(ports[1]->fd, NIOCTXSYNC, NULL);
}

static void
print_summary(const struct dedup *d)
{
	struct json j;

	json_begin(&j, stdout);
	json_string(&j, "event", "end");
	json_unsigned(&j, "received", d->received);
	json_unsigned(&j, "forwarded", d->forwarded);
	json_unsigned(&j, "duplicates", d->duplicates);
	json_end(&j);
}

int
main(int argc, char **argv)
{
	struct options o = { .window_us = DEFAULT_WINDOW_US,
			     .fifo = DEFAULT_FIFO,
			     .wait = DEFAULT_WAIT };
	static struct dedup dedup;
	struct nm_desc *ports[2];

	read_options(&o, argc, argv);
	setup(&dedup, &o, ports);
	D("Wait %d secs for link to come up...", o.wait);
	sleep((unsigned int)o.wait);
	/* ages are measured from the input ring's time stamps, whatever the module's setting */
	dedup.in->flags |= NR_TIMESTAMP;
	signal(SIGINT, sigint_h);
	D("Ready to go, %s -> %s", ports[0]->req.nr_name, ports[1]->req.nr_name);
	run(&dedup, &o, ports);
	if (o.json)
		print_summary(&dedup);
	give_back_extra(&dedup, ports[0], o.fifo);
	memory_free(&dedup.memory);
	nm_close(ports[1]);
	nm_close(ports[0]);
	return 0;
}
