// SPDX-License-Identifier: BSD-2-Clause
#include <getopt.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "json.h"
#include "log.h"
#include "nmreplay.h"
#include "units.h"

#define DEFAULT_BURST 128
#define FALLBACK_BURST 1024
#define MAX_BURST 8192
#define MAX_WAIT 100

volatile sig_atomic_t do_abort;

static void
sigint_h(int number)
{
	do_abort = 1;
	signal(number, SIG_DFL);
}

static void __attribute__((noreturn))
usage(void)
{
	fputs("usage: nmreplay -f pcap-file -i port [options]\n"
	      "  -B spec  bandwidth: bps | const,bps | ether,bps | real[,scale]   (default: as recorded)\n"
	      "  -D spec  delay: t | const,t | uniform,tmin,tmax | exp,tmin,tavg  (default: 0)\n"
	      "  -L spec  loss: p | plr,p | ber,p                                 (default: 0)\n"
	      "  -b n     packets between two syncs, 1..8192 (default 128)\n"
	      "  -C n     cpu of the sender\n"
	      "  -w s     no effect\n"
	      "  --json   statistics as JSON on stdout\n"
	      "  -v       verbose\n"
	      "Rates take suffixes k m g, times s m u n.\n",
	      stderr);
	exit(1);
}

/* Only the first one is used. */
static void
read_cpus(struct options *o, const char *text)
{
	if (cpus_parse(text, o->cpus) || o->cpus[0] < 0 || o->cpus[0] >= CPU_SETSIZE) {
		EEE("-C needs 1, 2 or 4 comma-separated cpu numbers, have '%s'", text);
		usage();
	}
}

/* Options that may be given once. */
static void
set_once(const char **where, int option)
{
	if (*where) {
		EEE("-%c too many times %s", option, optarg);
		exit(1);
	}
	*where = optarg;
}

static void
read_options(struct options *o, int argc, char **argv)
{
	static const struct option words[] = { { "json", no_argument, NULL, 'J' },
					       { NULL, 0, NULL, 0 } };
	int64_t value;
	int option;

	while ((option = getopt_long(argc, argv, "B:C:D:L:b:f:i:vw:", words, NULL)) != -1) {
		switch (option) {
		case 'B':
			set_once(&o->bandwidth_spec, option);
			break;
		case 'D':
			set_once(&o->delay_spec, option);
			break;
		case 'L':
			set_once(&o->loss_spec, option);
			break;
		case 'f':
			set_once(&o->file, option);
			break;
		case 'i':
			set_once(&o->port, option);
			break;
		case 'C':
			read_cpus(o, optarg);
			break;
		case 'b':
			o->burst = FALLBACK_BURST;
			if (units_parse(optarg, 1, MAX_BURST, &value) == 0)
				o->burst = (int)value;
			else
				WWW("invalid burst %s, set to %d", optarg, FALLBACK_BURST);
			break;
		case 'w':
			/* accepted for old scripts; the sender starts when the schedule is ready */
			if (units_parse(optarg, 0, MAX_WAIT, &value) < 0)
				WWW("invalid wait_link %s, set to 4", optarg);
			break;
		case 'v':
			o->verbose++;
			break;
		case 'J':
			o->json = 1;
			break;
		default:
			usage();
		}
	}
	log_surplus(argc, argv, optind);
	if (!o->file) {
		EEE("missing pcap file");
		usage();
	}
	if (!o->port) {
		EEE("missing interface");
		usage();
	}
}

static void
parse_specs(struct options *o)
{
	char error[SHAPE_ERROR_SIZE];

	if (bandwidth_parse(&o->bandwidth, o->bandwidth_spec,
			    1 << BW_CONST | 1 << BW_ETHER | 1 << BW_REAL, error) < 0 ||
	    delay_parse(&o->delay, o->delay_spec, 0, error) < 0 ||
	    loss_parse(&o->loss, o->loss_spec, error) < 0) {
		EEE("%s", error);
		exit(1);
	}
	if (o->loss.kind == LOSS_PLR && o->loss.nominal > 0 && o->loss.threshold == 0)
		WWW("loss rate %e is rounded to 0", o->loss.nominal);
}

/* Once a second until the sender ends. */
static void
report(const struct options *o, struct sender *sender, const struct schedule *schedule)
{
	double actual = schedule->considered ?
				(double)schedule->lost / (double)schedule->considered :
				0;
	uint64_t before = 0;
	struct json j;

	while (!__atomic_load_n(&sender->done, __ATOMIC_ACQUIRE)) {
		uint64_t sent, queue;

		sleep(1);
		sent = __atomic_load_n(&sender->sent, __ATOMIC_RELAXED);
		queue = __atomic_exchange_n(&sender->max_queue, 0, __ATOMIC_RELAXED);
		ED("%lld -> %lld maxq %d round %lld", (long long)(sent - before), 0LL, (int)queue,
		   0LL);
		ED("plr nominal %le actual %le", o->loss.nominal, actual);
		if (o->json) {
			json_begin(&j, stdout);
			json_string(&j, "event", "report");
			json_unsigned(&j, "packets", sent - before);
			json_end(&j);
		}
		before = sent;
	}
	if (!o->json)
		return;
	json_begin(&j, stdout);
	json_string(&j, "event", "end");
	json_unsigned(&j, "packets", sender->sent);
	json_unsigned(&j, "bytes", sender->bytes);
	json_number(&j, "lossNominal", o->loss.nominal);
	json_number(&j, "lossActual", actual);
	json_end(&j);
}

/* Opens the port and sends until ^C. The exit status. */
static int
replay(const struct options *o, struct schedule *schedule)
{
	struct sender sender = { .options = o, .schedule = schedule };
	pthread_t thread;
	int error;

	sender.port = nmport_open(o->port);
	if (!sender.port) {
		EEE("cannot open netmap on %s", o->port);
		return 1;
	}
	signal(SIGINT, sigint_h);
	error = pthread_create(&thread, NULL, nmreplay_main, &sender);
	if (error) {
		EEE("cannot create the sender: %s", strerror(error));
		sender.failed = 1;
	} else {
		report(o, &sender, schedule);
		pthread_join(thread, NULL);
	}
	nmport_close(sender.port);
	return sender.failed;
}

int
main(int argc, char **argv)
{
	static struct options o = { .burst = DEFAULT_BURST, .cpus = { 2, 8, 4, 10 } };
	struct schedule schedule;
	struct pcapfile file;
	const char *wrong;
	int failed;

	read_options(&o, argc, argv);
	parse_specs(&o);
	ED("running on cores %d %d %d %d", o.cpus[0], o.cpus[1], o.cpus[2], o.cpus[3]);
	wrong = pcapfile_open(&file, o.file);
	if (wrong) {
		EEE("%s", wrong);
		EEE("unable to read file %s", o.file);
		return 1;
	}
	failed = schedule_build(&schedule, &o, &file) < 0;
	if (!failed) {
		failed = replay(&o, &schedule);
		schedule_free(&schedule);
	}
	pcapfile_close(&file);
	return failed;
}
