// SPDX-License-Identifier: BSD-2-Clause
#include "cpus.h"

#include <stdio.h>
#include <string.h>

int
cpus_parse(const char *text, int cpus[CPUS_COUNT])
{
	int v[CPUS_COUNT] = { 0 }, end = 0, i;
	int n = sscanf(text, "%d%n,%d%n,%d%n,%d%n", &v[0], &end, &v[1], &end, &v[2], &end, &v[3],
		       &end);

	if ((n != 1 && n != 2 && n != 4) || text[end] ||
	    strspn(text, "0123456789,") != strlen(text))
		return -1;
	for (i = 1; i < CPUS_COUNT && n == 1; i++)
		v[i] = v[0] + i;
	if (n == 2) {
		v[2] = v[1];
		v[3] = v[1] + 1;
		v[1] = v[0] + 1;
	}
	memcpy(cpus, v, sizeof(v));
	return 0;
}
