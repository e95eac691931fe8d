// SPDX-License-Identifier: BSD-2-Clause
/* The parts of the applications that have no port, each behind a word of the command line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "crc32c.h"
#include "flow-hash.h"
#include "latency.h"
#include "shape.h"
#include "units.h"

#define SAMPLES 200000
#define ALL_FORMS ~0u

static size_t
from_hex(const char *hex, uint8_t *bytes)
{
	size_t n = 0;
	unsigned int byte;

	for (; sscanf(hex, "%2x", &byte) == 1 && strlen(hex) >= 2; hex += 2)
		bytes[n++] = (uint8_t)byte;
	return n;
}

/* The bytes in memory of exactly their size, so that the sanitizer sees every access behind them. */
static uint8_t *
exact(const uint8_t *bytes, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);

	memcpy(copy, bytes, n);
	return copy;
}

static void
hash(const char *hex)
{
	static uint8_t bytes[4096];
	size_t n = from_hex(hex, bytes);
	uint8_t *copy = exact(bytes, n);

	printf("%08x\n", flow_hash(copy, n));
	free(copy);
}

static void
crc(const char *text)
{
	printf("%08x %08x\n", crc32c(text, strlen(text)), crc32c_software(text, strlen(text)));
}

static void
bandwidth(const char *spec)
{
	char error[SHAPE_ERROR_SIZE];
	struct bandwidth b;
	double carry = 0;
	uint64_t total = 0;
	int i;

	if (bandwidth_parse(&b, spec, ALL_FORMS, error) < 0) {
		puts(error);
		return;
	}
	for (i = 0; i < 1000; i++)
		total += bandwidth_ns(&b, 1000, 3000000, &carry);
	printf("%llu\n", (unsigned long long)total);
}

static void
delay(const char *spec)
{
	char error[SHAPE_ERROR_SIZE];
	uint64_t random = 1, min = UINT64_MAX, max = 0;
	struct delay d;
	double sum = 0;
	int i;

	if (delay_parse(&d, spec, ALL_FORMS, error) < 0) {
		puts(error);
		return;
	}
	for (i = 0; i < SAMPLES; i++) {
		uint64_t ns = delay_ns(&d, &random);

		min = ns < min ? ns : min;
		max = ns > max ? ns : max;
		sum += (double)ns;
	}
	printf("%llu %.0f %llu\n", (unsigned long long)min, sum / SAMPLES, (unsigned long long)max);
}

static void
loss(const char *spec)
{
	char error[SHAPE_ERROR_SIZE];
	uint64_t random = 1;
	struct loss l;
	int i, lost = 0;

	if (loss_parse(&l, spec, error) < 0) {
		puts(error);
		return;
	}
	for (i = 0; i < SAMPLES; i++)
		lost += loss_decide(&l, 1000, &random);
	printf("%.4f\n", (double)lost / SAMPLES);
}

static void
reorder(const char *spec)
{
	char error[SHAPE_ERROR_SIZE];
	struct reorder r;

	if (reorder_parse(&r, spec, error) < 0)
		puts(error);
	else
		printf("%u %llu\n", r.threshold, (unsigned long long)r.hold);
}

static void
norm(const char *text)
{
	char a[UNITS_SIZE], b[UNITS_SIZE];

	printf("'%s' '%s'\n", units_format(a, atof(text), 1), units_format(b, atof(text), 0));
}

/* Times 1..n: the percentiles are known. */
static void
latency(const char *text)
{
	static struct latency l;
	uint64_t i, n = strtoull(text, NULL, 10), seen = 0;
	unsigned int k;

	latency_reset(&l);
	for (i = 1; i <= n; i++)
		latency_add(&l, i);
	for (k = 0; k < 64; k++)
		seen += latency_power(&l, k);
	printf("%llu %llu %llu %llu %llu\n", (unsigned long long)latency_percentile(&l, 0.5),
	       (unsigned long long)latency_percentile(&l, 0.99),
	       (unsigned long long)latency_percentile(&l, 1), (unsigned long long)latency_average(&l),
	       (unsigned long long)seen);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *word;
		void (*run)(const char *);
	} table[] = {
		{ "hash", hash },	{ "crc", crc },	    { "bandwidth", bandwidth },
		{ "delay", delay },	{ "loss", loss },   { "reorder", reorder },
		{ "norm", norm },	{ "latency", latency },
	};
	size_t i;
	int a;

	for (i = 0; argc > 1 && i < sizeof(table) / sizeof(table[0]); i++)
		if (!strcmp(table[i].word, argv[1]))
			for (a = 2; a < argc; a++)
				table[i].run(argv[a]);
	return 0;
}
