// SPDX-License-Identifier: BSD-2-Clause
/*
 * Everything of the applications and the library that reads what others wrote, for libFuzzer: the first
 * byte of the input chooses what reads the rest.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "crc32c.h"
#include "flow-hash.h"
#include "pcapfile.h"
#include "pkt-gen.h"
#include "ringconfig.h"
#include "shape.h"
#include "units.h"

#define ALL_FORMS ~0u

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
void fuzz_route(const uint8_t *data, size_t size);

static void
ignore_message(struct nmctx *ctx, const char *text)
{
	(void)ctx;
	(void)text;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	nmctx_get()->error = ignore_message;
	nmport_enable_option("offset");
	return 0;
}

/* What was understood is used too: a number out of range shows there. */
static void
fuzz_shapes(const char *text)
{
	static struct delay delay;
	char error[SHAPE_ERROR_SIZE];
	uint64_t random = 1, number;
	struct bandwidth bandwidth;
	struct reorder reorder;
	double carry = 0, rate;
	struct loss loss;

	if (bandwidth_parse(&bandwidth, text, ALL_FORMS, error) == 0)
		bandwidth_ns(&bandwidth, 1500, UINT64_MAX, &carry);
	if (delay_parse(&delay, text, ALL_FORMS, error) == 0) {
		uint64_t max = delay_max(&delay);
		int i;

		for (i = 0; i < 16; i++)
			if (delay_ns(&delay, &random) > max)
				abort();
	}
	if (loss_parse(&loss, text, error) == 0)
		loss_decide(&loss, 65536, &random);
	reorder_parse(&reorder, text, error);
	shape_parse_time(text, &number);
	shape_parse_rate(text, &rate);
	shape_parse_size(text, &number);
}

static void
fuzz_numbers(const char *text)
{
	struct ring_config config;
	unsigned int rings[4];
	const char *rest;
	int64_t value;
	double fraction;

	if (units_parse(text, -5, 1000, &value) == 0 && (value < -5 || value > 1000))
		abort();
	units_parse_fraction(text, &fraction, &rest);
	if (ringconfig_parse(text, &config, &rest) == 0)
		ringconfig_rings(&config, rings);
}

static void
fuzz_addresses(const char *text)
{
	struct range range = { .text = text };
	uint8_t mac[6];

	mac_parse(text, mac);
	range_parse(&range, AF_INET);
	range = (struct range){ .text = text };
	if (range_parse(&range, AF_INET6) == 0 && (range.group < 0 || range.group > 7))
		abort();
}

static void
fuzz_port_name(const char *text)
{
	struct nmport_d *port;

	/* these open what they name */
	if (strstr(text, "share") || strstr(text, "extmem"))
		return;
	port = nmport_prepare(text);
	if (port && (!*port->hdr.nr_name || strlen(port->hdr.nr_name) >= sizeof(port->hdr.nr_name)))
		abort();
	nmport_undo_prepare(port);
}

static void
fuzz_capture(const uint8_t *data, size_t size)
{
	struct pcapfile_record record;
	size_t offset = PCAPFILE_HEADER;
	struct pcapfile file;

	if (pcapfile_use(&file, data, size))
		return;
	while (pcapfile_next(&file, &offset, &record) == PCAPFILE_RECORD)
		crc32c(record.data, record.captured);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size == 0)
		return 0;
	/* memory of exactly the size: a terminated text for those that read texts */
	text = malloc(size);
	if (!text)
		return 0;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	switch (*data % 7) {
	case 0:
		fuzz_shapes(text);
		break;
	case 1:
		fuzz_numbers(text);
		break;
	case 2:
		fuzz_addresses(text);
		break;
	case 3:
		fuzz_port_name(text);
		break;
	case 4:
		flow_hash(data + 1, size - 1);
		break;
	case 5:
		fuzz_route(data + 1, size - 1);
		break;
	default:
		fuzz_capture(data + 1, size - 1);
	}
	free(text);
	return 0;
}
