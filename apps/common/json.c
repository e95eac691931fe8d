// SPDX-License-Identifier: BSD-2-Clause
#include <inttypes.h>
#include <math.h>
#include "json.h"

static void
put_quoted(FILE *out, const char *text)
{
	const unsigned char *p;

	putc('"', out);
	for (p = (const unsigned char *)text; *p; p++) {
		if (*p == '"' || *p == '\\')
			fprintf(out, "\\%c", *p);
		else if (*p < 0x20 || *p >= 0x7f)
			fprintf(out, "\\u%04x", *p);
		else
			putc(*p, out);
	}
	putc('"', out);
}

static void
put_key(struct json *j, const char *key)
{
	if (j->comma)
		putc(',', j->out);
	j->comma = 1;
	if (key) {
		put_quoted(j->out, key);
		putc(':', j->out);
	}
}

void
json_begin(struct json *j, FILE *out)
{
	j->out = out;
	j->comma = 0;
	/* other threads print lines, too */
	flockfile(out);
	putc('{', out);
}

void
json_end(struct json *j)
{
	fputs("}\n", j->out);
	fflush(j->out);
	funlockfile(j->out);
}

void
json_string(struct json *j, const char *key, const char *value)
{
	put_key(j, key);
	if (value)
		put_quoted(j->out, value);
	else
		fputs("null", j->out);
}

void
json_unsigned(struct json *j, const char *key, uint64_t value)
{
	put_key(j, key);
	fprintf(j->out, "%" PRIu64, value);
}

void
json_signed(struct json *j, const char *key, int64_t value)
{
	put_key(j, key);
	fprintf(j->out, "%" PRId64, value);
}

void
json_number(struct json *j, const char *key, double value)
{
	put_key(j, key);
	if (isfinite(value))
		fprintf(j->out, "%.9g", value);
	else
		fputs("null", j->out);
}

void
json_boolean(struct json *j, const char *key, int value)
{
	put_key(j, key);
	fputs(value ? "true" : "false", j->out);
}

void
json_array_begin(struct json *j, const char *key)
{
	put_key(j, key);
	putc('[', j->out);
	j->comma = 0;
}

void
json_array_end(struct json *j)
{
	putc(']', j->out);
	j->comma = 1;
}

void
json_object_begin(struct json *j, const char *key)
{
	put_key(j, key);
	putc('{', j->out);
	j->comma = 0;
}

void
json_object_end(struct json *j)
{
	putc('}', j->out);
	j->comma = 1;
}
