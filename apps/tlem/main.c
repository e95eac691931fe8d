// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "json.h"
#include "log.h"
#include "tlem.h"

#define INFINITE_BPS 200e9 /* for the size of the buffer */
#define SLACK_NS 1000000   /* time the consumer may be behind */
#define MIN_RECORD 80	   /* bytes a 60-byte packet takes in the buffer: 80/60 overhead at most */
#define MIN_PACKET 60
#define MEMORY_SHARE 6	   /* of the free memory, at most one part for a direction */
#define DEFAULT_LATE "100u"

volatile sig_atomic_t do_abort;

static void
sigint_h(int number)
{
	do_abort = 1;
	signal(number, SIG_DFL);
}

/* -M delay[,bandwidth[,hold]]: what clients may ask for; by default what was asked for at start. */
static int
set_maxima(struct session *session, int i, const char *spec, struct config *c)
{
	char text[SPEC_SIZE], *word, *save = NULL;
	int n = 0, wrong = 0;

	session->direction[i].max_bps = c->bandwidth.bps;
	session->direction[i].max_delay = delay_max(&c->delay);
	session->direction[i].max_hold = c->reorder.hold;
	if (!spec)
		return 0;
	snprintf(text, sizeof(text), "%s", spec);
	for (word = strtok_r(text, ",", &save); word; word = strtok_r(NULL, ",", &save), n++) {
		if (n == 0)
			wrong |= shape_parse_time(word, &session->direction[i].max_delay);
		else if (n == 1)
			wrong |= shape_parse_rate(word, &session->direction[i].max_bps);
		else
			wrong |= n > 2 ? -1 : shape_parse_time(word, &session->direction[i].max_hold);
	}
	if (wrong || n == 0) {
		FAIL("invalid arguments: need 'delay[,bandwidth[,hold]]' have '%s'", spec);
		return 1;
	}
	if (c->bandwidth.kind == BW_NONE && n > 1) {
		c->bandwidth.kind = BW_CONST;
		c->bandwidth.bps = session->direction[i].max_bps;
	}
	return 0;
}

/* Bytes for what is under way for that many seconds at a bandwidth, in front of it a queue. */
static double
buffer_bytes(double bps, uint64_t ns, double queue)
{
	return (bps / 8 * (double)ns / 1e9 + queue) * MIN_RECORD / MIN_PACKET +
	       2 * (double)buffer_record_size(MAX_PACKET);
}

/*
 * Memory for what can be under way in a direction. It is going to be locked, so it must not be all
 * there is: an unlimited bandwidth gets what a share of the free memory allows (what does not fit is
 * dropped), a given one is refused.
 */
static int
allocate_buffers(struct direction *d, const struct config *c)
{
	double bps = d->session->direction[d->id].max_bps;
	uint64_t delay = d->session->direction[d->id].max_delay;
	uint64_t hold = d->session->direction[d->id].max_hold;
	double queue = c->queue == UINT64_MAX ? 0 : (double)c->queue;
	double limit = (double)memory_available() / MEMORY_SHARE, size, hold_size;
	int too_much;

	size = buffer_bytes(bps > 0 ? bps : INFINITE_BPS, delay + SLACK_NS, queue);
	hold_size = hold ? buffer_bytes(bps > 0 ? bps : INFINITE_BPS, hold, 0) : 0;
	too_much = limit > 0 && size + hold_size > limit;
	if (too_much && bps == 0) {
		double scale = limit / (size + hold_size);

		LOG("unlimited bandwidth: buffers of %.0f bytes, for %.3f Gbit/s", limit,
		    INFINITE_BPS * scale / 1e9);
		size *= scale;
		hold_size *= scale;
		too_much = 0; /* but for what rounding may add */
	}
	if (too_much ||
	    buffer_init(&d->buffer, (size_t)size, d->options->huge) < 0 ||
	    buffer_init(&d->hold, (size_t)hold_size, d->options->huge) < 0) {
		FAIL("alloc %.0f bytes for queue failed, exiting", size + hold_size);
		return -1;
	}
	return 0;
}

static void
print_size(char *text, size_t size, double bytes)
{
	static const char *const units[] = { "", "K ", "M ", "G " };
	int i = 0;

	for (; bytes >= 1024 && i < 3; i++)
		bytes /= 1024;
	snprintf(text, size, i ? "%.3f %s" : "%.0f %s", bytes, units[i]);
}

static void
log_banner(const struct direction *d, const struct config *c)
{
	char buffer[64], hold[64], queue[64];

	print_size(buffer, sizeof(buffer), (double)d->buffer.size);
	print_size(hold, sizeof(hold), (double)d->hold.size);
	snprintf(queue, sizeof(queue), c->queue == UINT64_MAX ? "unlimited" : "%llu bytes",
		 (unsigned long long)c->queue);
	LOG("----\n\t%s -> %s :  bps %.0f delay %s loss %s reorder %s queue %s\n"
	    "\tbuffer   %sbytes\n\thold-buf %sbytes",
	    d->options->ports.value[d->id], d->options->ports.value[!d->id], c->bandwidth.bps,
	    c->delay_spec, c->loss_spec, c->reorder_spec, queue, buffer, hold);
}

static void
check_ports(const struct options *o)
{
	if (o->ports.count < 2) {
		FAIL("missing interface(s)");
		usage();
	}
	if (!strcmp(o->ports.value[0], o->ports.value[1])) {
		FAIL("must specify two different interfaces %s %s", o->ports.value[0],
		    o->ports.value[1]);
		usage();
	}
}

static struct nmport_d *
open_port(const char *name)
{
	struct nmport_d *port = nmport_open(name);

	if (!port) {
		FAIL("cannot open %s", name);
		exit(1);
	}
	if (port->last_rx_ring != port->first_rx_ring)
		LOG("%s has several receive rings, only the first is used", name);
	return port;
}

static void
start_threads(struct direction directions[2])
{
	int i, error = 0;

	for (i = 0; i < 2 && !error; i++) {
		error = pthread_create(&directions[i].consumer, NULL, cons, &directions[i]);
		if (!error)
			error = pthread_create(&directions[i].producer, NULL, prod, &directions[i]);
	}
	if (error)
		DIE(1, "cannot create a thread: %s", strerror(error));
}

/* What happened in a direction since the last report. */
struct period {
	uint64_t sent, accepted, in_drops, out_drops, queue, round;
};

static struct period
take_period(struct direction *d, struct counters last[2])
{
	const struct counters *out = &d->session->stats[2 * d->id];
	const struct counters *in = &d->session->stats[2 * d->id + 1];
	struct period p = { out->packets - last[0].packets, in->packets - last[1].packets,
			    in->dropped - last[1].dropped,  out->dropped - last[0].dropped,
			    __atomic_exchange_n(&d->max_queue, 0, __ATOMIC_RELAXED),
			    __atomic_exchange_n(&d->max_round, 0, __ATOMIC_RELAXED) };

	last[0] = *out;
	last[1] = *in;
	return p;
}

static void
json_direction(struct json *j, const char *key, const struct counters *out,
	       const struct counters *in)
{
	json_object_begin(j, key);
	json_unsigned(j, "accepted", in->packets);
	json_unsigned(j, "sent", out->packets);
	json_unsigned(j, "bytes", out->bytes);
	json_unsigned(j, "dropped", in->dropped);
	json_unsigned(j, "late", out->dropped);
	json_unsigned(j, "reordered", in->reordered);
	json_object_end(j);
}

static void
report(struct direction directions[2], int json)
{
	struct counters last[2][2];
	struct session *session = directions[0].session;
	struct json j;

	memset(last, 0, sizeof(last));
	while (!do_abort) {
		struct period a, b;

		sleep(1);
		a = take_period(&directions[0], last[0]);
		b = take_period(&directions[1], last[1]);
		LOG("%lld -> %lld maxq %d round %lld drop %lld/%lld, "
		    "%lld <- %lld maxq %d round %lld drop %lld/%lld",
		    (long long)a.sent, (long long)a.accepted, (int)a.queue, (long long)a.round,
		    (long long)a.in_drops, (long long)a.out_drops, (long long)b.sent,
		    (long long)b.accepted, (int)b.queue, (long long)b.round,
		    (long long)b.in_drops, (long long)b.out_drops);
	}
	LOG("exiting on abort");
	if (!json)
		return;
	json_begin(&j, stdout);
	json_string(&j, "event", "end");
	json_direction(&j, "forward", &session->stats[0], &session->stats[1]);
	json_direction(&j, "backward", &session->stats[2], &session->stats[3]);
	json_end(&j);
}

static int
tlem_main(struct options *o, struct session *session)
{
	static struct direction directions[2];
	struct router *router = NULL;
	struct config config[2];
	int i, errors = 0, latency_fd;

	check_ports(o);
	choose_cpus(o);
	LOG("running on cores %d->%d %d->%d", o->cpus[1], o->cpus[0], o->cpus[3], o->cpus[2]);
	for (i = 0; i < 2; i++) {
		struct direction *d = &directions[i];
		const char *late = o->late.value[i] ? o->late.value[i] : DEFAULT_LATE;

		d->id = i;
		d->options = o;
		d->session = session;
		d->consumer_cpu = o->cpus[2 * i];
		d->producer_cpu = o->cpus[2 * i + 1];
		errors += options_config(o, i, &config[i], NULL);
		errors += set_maxima(session, i, o->maxima.value[i], &config[i]);
		if (shape_parse_time(late, &d->max_late) < 0) {
			FAIL("bad argument %s for -d: need a time, with s m u n", late);
			errors++;
		}
		session->direction[i].config[0] = config[i];
	}
	if (errors) {
		FAIL("exiting due to %d error(s)", errors);
		return 1;
	}
	if (o->route)
		router = router_create(o);
	directions[0].in = directions[1].out = open_port(o->ports.value[0]);
	directions[0].out = directions[1].in = open_port(o->ports.value[1]);
	for (i = 0; i < 2; i++)
		if (allocate_buffers(&directions[i], &config[i]) < 0)
			return 1;
	if (router)
		router_attach(router, directions);
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		LOG("cannot lock memory: %s", strerror(errno));
	latency_fd = latency_reduction_start();
	sleep((unsigned int)o->wait);
	signal(SIGINT, sigint_h);
	for (i = 0; i < 2; i++)
		log_banner(&directions[i], &config[i]);
	session_ready(session);
	start_threads(directions);
	report(directions, o->json);
	for (i = 0; i < 2; i++) {
		pthread_join(directions[i].producer, NULL);
		pthread_join(directions[i].consumer, NULL);
		buffer_free(&directions[i].buffer);
		buffer_free(&directions[i].hold);
	}
	D("exiting on abort");
	nmport_close(directions[0].in);
	nmport_close(directions[0].out);
	router_free(router);
	if (latency_fd >= 0)
		close(latency_fd);
	return 0;
}

int
main(int argc, char **argv)
{
	static struct options o;
	struct session *session;
	int server;

	options_read(&o, argc, argv);
	session = session_open(o.session_file, &server);
	if (!session)
		return 1;
	if (!server)
		return session_client(session, &o);
	if (o.ask_to_stop) {
		FAIL("no tlem is running in this session");
		return 1;
	}
	return tlem_main(&o, session);
}
