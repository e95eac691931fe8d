// SPDX-License-Identifier: BSD-2-Clause
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "units.h"

char *
units_format(char *buffer, double value, int normalize)
{
	static const char *const units[] = { "", "K", "M", "G", "T" };
	unsigned int i = 0;

	if (!normalize) {
		snprintf(buffer, UNITS_SIZE, "%.0f ", value);
		return buffer;
	}
	while (value >= 1000 && i < sizeof(units) / sizeof(units[0]) - 1) {
		value /= 1000;
		i++;
	}
	snprintf(buffer, UNITS_SIZE, "%.3f %s", value, units[i]);
	return buffer;
}

int
units_parse(const char *text, int64_t min, int64_t max, int64_t *value)
{
	long long number;
	char *end;

	if (!isdigit((unsigned char)*text) && *text != '-')
		return -1;
	errno = 0;
	number = strtoll(text, &end, 10);
	if (errno || *end || end == text || number < min || number > max)
		return -1;
	*value = number;
	return 0;
}

int
units_parse_fraction(const char *text, double *value, const char **rest)
{
	char *end;

	/* strtod() would also take blanks, signs, "inf", "nan" and hexadecimal */
	if (!isdigit((unsigned char)*text) && !(*text == '.' && isdigit((unsigned char)text[1])))
		return -1;
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		return -1;
	errno = 0;
	*value = strtod(text, &end);
	if (errno || !isfinite(*value))
		return -1;
	*rest = end;
	return 0;
}
