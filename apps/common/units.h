/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers in and out: strict reading of option values, short writing of rates. */
#ifndef APPS_UNITS_H_
#define APPS_UNITS_H_

#include <stddef.h>
#include <stdint.h>

#define UNITS_SIZE 64

/*
 * Writes value with a unit: divided by 1000 while >= 1000, at most 4 times ("14.881 M", and for no
 * unit "999.000 "). normalize 0: "14881000 ". Returns buffer, of UNITS_SIZE bytes.
 */
char *units_format(char *buffer, double value, int normalize);

/* Reads a whole decimal number min..max. 0, or -1 when text is anything else. */
int units_parse(const char *text, int64_t min, int64_t max, int64_t *value);

/* Reads a non-negative decimal fraction, "0.25"; 0 or -1. *rest = behind it. */
int units_parse_fraction(const char *text, double *value, const char **rest);

#endif
