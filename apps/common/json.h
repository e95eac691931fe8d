/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON lines on stdout: one object per line, fields in call order.
 *   json_begin(&j, stdout); json_string(&j, "event", "end"); ... json_end(&j);
 */
#ifndef APPS_JSON_H_
#define APPS_JSON_H_

#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *out;
	int comma; /* the next element needs one */
};

void json_begin(struct json *j, FILE *out); /* other threads wait with their lines until json_end() */
void json_end(struct json *j);		     /* closes the line and flushes it */
void json_string(struct json *j, const char *key, const char *value); /* NULL value: null */
void json_unsigned(struct json *j, const char *key, uint64_t value);
void json_signed(struct json *j, const char *key, int64_t value);
void json_number(struct json *j, const char *key, double value); /* not finite: null */
void json_boolean(struct json *j, const char *key, int value);
void json_array_begin(struct json *j, const char *key);
void json_array_end(struct json *j);
void json_object_begin(struct json *j, const char *key); /* key NULL inside arrays */
void json_object_end(struct json *j);

#endif
