/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Log lines of the applications, in the format scripts know:
 *   sss.uuuuuu function [line] message
 * D() and RD() come from netmap_user.h; what is here adds fatal errors.
 */
#ifndef APPS_LOG_H_
#define APPS_LOG_H_

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <net/netmap_user.h>

/* Ends the program with one line on stderr. */
#define DIE(status, fmt, ...)                \
	do {                                 \
		D(fmt, ##__VA_ARGS__);       \
		exit(status);                \
	} while (0)

/* Arguments that a program does not know what to do with: no error, as ever, but a word. */
static inline void
log_surplus(int argc, char **argv, int first)
{
	for (; first < argc; first++)
		D("'%s' ignored: not an option", argv[first]);
}

#endif
