/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processors for the threads of a program that moves packets both ways.
 */
#ifndef CPUS_H
#define CPUS_H

#define CPUS_COUNT 4

/*
 * Reads 1 number, which stands for that processor and the three after it; 2, for the first of two pairs; or all 4.
 * Returns 0, or -1 if the text is something else. Whether there are such processors is the caller's question.
 */
int cpus_parse(const char *text, int cpus[CPUS_COUNT]);

#endif
