// SPDX-License-Identifier: BSD-2-Clause
/* Command line -> struct config. Every wrong value ends the program with one line saying so. */
#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>
#include "pcapfile.h"
#include "pkt-gen.h"
#include "units.h"

#define FRAMING_BITS 192 /* preamble 8, inter-frame gap 12, CRC 4 bytes */

static const struct function functions[] = {
	{ "tx", sender_body, DIR_TX, 512, 0 },
	{ "rx", receiver_body, DIR_RX, 512, 0 },
	{ "ping", ping_body, DIR_BOTH, 1, 1 },
	{ "pong", pong_body, DIR_BOTH, 1, 1 },
	{ "txseq", txseq_body, DIR_TX, 512, 1 },
	{ "rxseq", rxseq_body, DIR_RX, 512, 0 },
};

const struct function *
function_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (!strcmp(functions[i].name, name))
			return &functions[i];
	return NULL;
}

/* -h tells all; after an error, which would be lost above so many lines, only where to find it. */
void
usage(int status)
{
	fputs("Usage:\n"
	      "pkt-gen -i interface [-f function] [options]\n",
	      stderr);
	if (status) {
		fputs("\t-h lists the options\n", stderr);
		exit(status);
	}
	fputs("\t-i interface   netmap:..., vale...:..., an interface name, tap:..., pcap:..., null\n"
	      "\t-f function    tx rx ping pong txseq rxseq (default rx)\n"
	      "\t-n count       packets to send or receive (0: no limit)\n"
	      "\t-l size        bytes of a frame without CRC, 16..65536 (default 60);\n"
	      "\t               given twice: random sizes from the second to the first\n"
	      "\t-b burst       packets per ring and wake-up\n"
	      "\t-4 -6          IPv4 (default) or IPv6\n"
	      "\t-d dst[:port][-dst[:port]]   destination address or range (default 10.1.0.1)\n"
	      "\t-s src[:port][-src[:port]]   source address or range (default 10.0.0.1)\n"
	      "\t-D mac -S mac  destination and source MAC address\n"
	      "\t-a cpu         pin thread i to cpu + i\n"
	      "\t-c cpus        cpus to use (0: all)\n"
	      "\t-p threads     one per ring\n"
	      "\t-T ms          report interval (default 1000)\n"
	      "\t-w s           wait before starting (default 2, VALE ports 0)\n"
	      "\t-W             receiver stops after 1 s of silence\n"
	      "\t-R pps         rate (0: unlimited)\n"
	      "\t-X             dump packets\n"
	      "\t-H len         virtio-net header: 0, 10, 12\n"
	      "\t-P file        send the first packet of a pcap file\n"
	      "\t-z -Z          random source, destination\n"
	      "\t-N             no unit prefixes\n"
	      "\t-F n           slots per packet, 1..63\n"
	      "\t-M bytes       largest slot of such packets\n"
	      "\t-I             indirect buffers (VALE)\n"
	      "\t-r             send buffers as they are\n"
	      "\t-A             mean and deviation of the rate in reports\n"
	      "\t-B             count 24 bytes of framing per packet\n"
	      "\t-C slots[,slots[,rings[,rings]]]   deprecated, use @conf: in the port name\n"
	      "\t-o bits        options: 1 prefetch, 4 copy, 8 memcpy, 4096 checksums of random sizes\n"
	      "\t--json         one JSON object per line on stdout instead of text\n"
	      "\t--report       rates of each queue, histogram of round-trip times\n"
	      "\t-v             verbose\n",
	      stderr);
	exit(status);
}

/* The number behind an option; what is out of range ends the program. */
static int64_t
number(char option, const char *text, int64_t min, int64_t max)
{
	int64_t value;

	if (units_parse(text, min, max, &value) < 0)
		DIE(1, "invalid value '%s' for -%c: need a number from %lld to %lld", text, option,
		    (long long)min, (long long)max);
	return value;
}

static void
read_size(struct config *config, const char *text, int *given)
{
	int64_t size;

	if (units_parse(text, INT32_MIN, INT32_MAX, &size) < 0)
		DIE(1, "invalid value '%s' for -l: need a number of bytes", text);
	if (*given == 0) {
		if (size < FRAME_MIN || size > FRAME_MAX) {
			D("bad pktsize %d [%d..%d]\n", (int)size, FRAME_MIN, FRAME_MAX);
			usage(EXIT_USAGE);
		}
		config->size = (int)size;
	} else {
		if (size < FRAME_MIN || size > config->size) {
			D("bad minimum pktsize %d [%d..%d]", (int)size, FRAME_MIN, config->size);
			usage(EXIT_USAGE);
		}
		config->size_min = (int)size;
	}
	(*given)++;
}

static void
read_port(struct config *config, const char *name)
{
	int has_prefix = !strncmp(name, "netmap:", 7) || !strncmp(name, "vale", 4) ||
			 !strcmp(name, "null") || !strncmp(name, "tap", 3) ||
			 !strncmp(name, "pcap:", 5);

	if (strlen(name) > IFNAME_MAX) {
		D("ifname too long, ignored: %s", name);
		return;
	}
	config->port_as_given = name;
	snprintf(config->port, sizeof(config->port), "%s%s", has_prefix ? "" : "netmap:", name);
	D("interface is %s", name);
}

static void
read_mac(const char *text, uint8_t mac[6], const char **kept)
{
	if (mac_parse(text, mac) < 0) {
		D("invalid MAC address '%s'", text);
		usage(EXIT_USAGE);
	}
	*kept = text;
}

static void
read_vnet_header(struct config *config, const char *text)
{
	int64_t length;

	if (units_parse(text, 0, VNET_HDR_MAX, &length) < 0 ||
	    (length != 0 && length != 10 && length != 12)) {
		D("bad virtio-net header length '%s' (0, 10 or 12)", text);
		usage(EXIT_USAGE);
	}
	config->vnet_header = (int)length;
}

static void
read_frags(struct config *config, const char *text)
{
	int64_t frags;

	if (units_parse(text, 1, FRAGS_MAX, &frags) < 0)
		D("invalid frags %s [1..%d], ignore", text, FRAGS_MAX);
	else
		config->frags = (int)frags;
}

/* -P: the first packet of a pcap file, as it was captured. */
static void
read_file_frame(struct config *config, const char *path)
{
	struct pcapfile_record record;
	size_t offset = PCAPFILE_HEADER;
	struct pcapfile file;
	const char *wrong = pcapfile_open(&file, path);

	if (wrong)
		DIE(1, "cannot use %s: %s", path, wrong);
	if (pcapfile_next(&file, &offset, &record) != PCAPFILE_RECORD)
		DIE(1, "cannot use %s: no complete packet in it", path);
	if (record.captured < 14 || record.captured > FRAME_MAX)
		DIE(1, "cannot use %s: its first packet has %u bytes (14 to %d)", path,
		    record.captured, FRAME_MAX);
	free(config->file_frame);
	config->file_frame = malloc(record.captured);
	if (!config->file_frame)
		DIE(1, "cannot allocate a frame");
	memcpy(config->file_frame, record.data, record.captured);
	config->file_frame_size = (int)record.captured;
	pcapfile_close(&file);
}

/* One option. */
static void
read_option(struct config *config, int option, const char *argument, int *sizes)
{
	switch (option) {
	case 'h':
		usage(0);
	case 'i':
		read_port(config, argument);
		break;
	case 'f':
		config->function = function_find(argument);
		if (!config->function) {
			D("unrecognised function %s", argument);
			usage(EXIT_USAGE);
		}
		break;
	case 'n':
		config->count = number('n', argument, 0, INT64_MAX);
		break;
	case 'l':
		read_size(config, argument, sizes);
		break;
	case 'b':
		config->burst = (int)number('b', argument, 0, INT32_MAX);
		break;
	case '4':
		config->family = AF_INET;
		break;
	case '6':
		config->family = AF_INET6;
		break;
	case 'd':
		config->destination.text = argument;
		break;
	case 's':
		config->source.text = argument;
		break;
	case 'D':
		read_mac(argument, config->mac_destination, &config->mac_destination_text);
		break;
	case 'S':
		read_mac(argument, config->mac_source, &config->mac_source_text);
		break;
	case 'a':
		config->affinity = (int)number('a', argument, -1, config->online_cpus - 1);
		break;
	case 'c':
		config->cpus = (int)number('c', argument, INT32_MIN, INT32_MAX);
		break;
	case 'p':
		config->threads = (int)number('p', argument, 1, UINT16_MAX);
		break;
	case 'T':
		config->report_interval = (int)number('T', argument, 1, INT32_MAX);
		break;
	case 'w':
		config->wait = (int)number('w', argument, 0, INT32_MAX);
		break;
	case 'W':
		config->stop_on_silence = 1;
		break;
	case 'R':
		config->rate = number('R', argument, 0, INT32_MAX);
		break;
	case 'X':
		config->options |= OPT_DUMP;
		break;
	case 'H':
		read_vnet_header(config, argument);
		break;
	case 'P':
		read_file_frame(config, argument);
		break;
	case 'z':
		config->options |= OPT_RANDOM_SRC;
		break;
	case 'Z':
		config->options |= OPT_RANDOM_DST;
		break;
	case 'N':
		config->normalize = 0;
		break;
	case 'F':
		read_frags(config, argument);
		break;
	case 'M':
		config->max_frag_size = (int)number('M', argument, 1, FRAME_MAX);
		break;
	case 'I':
		config->options |= OPT_INDIRECT;
		break;
	case 'r':
		config->options |= OPT_RUBBISH;
		break;
	case 'A':
		config->options |= OPT_PPS_STATS;
		break;
	case 'B':
		config->framing_bits = FRAMING_BITS;
		break;
	case 'C':
		D("WARNING: the -C option is deprecated, use the @conf: option of the port name");
		config->ring_config = argument;
		break;
	case 'o':
		config->options |= (uint32_t)number('o', argument, 0, INT32_MAX);
		break;
	case 'v':
		config->verbose++;
		break;
	default:
		D("bad option ? (null)");
		usage(EXIT_USAGE);
	}
}

static void
check_cpus(struct config *config)
{
	int asked = config->cpus;

	if (asked < 0 || asked > config->online_cpus) {
		D("%d cpus is too high, have only %d cpus", asked, config->online_cpus);
		usage(EXIT_USAGE);
	}
	D("running on %d cpus (have %d)", asked, config->online_cpus);
	if (asked == 0)
		config->cpus = config->online_cpus;
}

static void
check_range(struct config *config, struct range *range, const char *fallback4, const char *fallback6)
{
	if (!range->text)
		range->text = config->family == AF_INET ? fallback4 : fallback6;
	if (range_parse(range, config->family) < 0)
		DIE(1, "invalid %s address or range '%s'",
		    config->family == AF_INET ? "IPv4" : "IPv6", range->text);
	extract_ip_range(range, config->family);
}

enum long_only { LONG_JSON = 256, LONG_REPORT };

void
options_read(struct config *config, int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "json", no_argument, NULL, LONG_JSON },
		{ "report", no_argument, NULL, LONG_REPORT },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option, sizes = 0;

	*config = (struct config){
		.function = function_find("rx"),
		.size = 60,
		.family = AF_INET,
		.mac_destination = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
		.mac_destination_text = "ff:ff:ff:ff:ff:ff",
		.affinity = -1,
		.cpus = 1,
		.online_cpus = (int)sysconf(_SC_NPROCESSORS_ONLN),
		.threads = 1,
		.report_interval = 1000,
		.wait = -1,
		.vnet_header = -1,
		.normalize = 1,
		.frags = 1,
	};
	while ((option = getopt_long(argc, argv, "hi:f:n:l:b:46d:s:D:S:a:c:p:T:w:WR:XH:P:zZNF:M:IrABC:o:v",
				     long_options, NULL)) != -1) {
		if (option == LONG_JSON)
			config->json = 1;
		else if (option == LONG_REPORT)
			config->report = 1;
		else
			read_option(config, option, optarg, &sizes);
	}
	log_surplus(argc, argv, optind);
	if (!config->port_as_given) {
		D("missing ifname");
		usage(EXIT_USAGE);
	}
	if (config->file_frame) {
		config->size = config->file_frame_size;
		config->size_min = 0;
	}
	if (config->burst == 0) {
		config->burst = config->function->default_burst;
		D("using default burst size: %d", config->burst);
	}
	check_cpus(config);
	check_range(config, &config->source, "10.0.0.1", "fd00::1");
	check_range(config, &config->destination, "10.1.0.1", "fd00::2");
	if (config->wait < 0)
		config->wait = strncmp(config->port, "netmap:", 7) ? 0 : 2;
}
