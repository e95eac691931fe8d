/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What nmreplay and tlem do to packets: bandwidth, delay, loss, reordering, from the specifications
 * on their command lines. The structures hold no pointers: tlem keeps them in shared memory.
 * Words of a specification are separated by commas or blanks; "none" and NULL mean off.
 */
#ifndef APPS_SHAPE_H_
#define APPS_SHAPE_H_

#include <stddef.h>
#include <stdint.h>

#define SHAPE_ETHER_OVERHEAD 24 /* preamble, CRC and inter-frame gap, bytes */
#define SHAPE_EXP_ENTRIES 512
#define SHAPE_MAX_FRAME 9200 /* bit error table */
#define SHAPE_ERROR_SIZE 256

enum bandwidth_kind { BW_NONE, BW_CONST, BW_ETHER, BW_REAL, BW_AVG };

struct bandwidth {
	enum bandwidth_kind kind;
	double bps;   /* 0: infinite */
	double scale; /* BW_REAL: recorded times are divided by it */
};

enum delay_kind { DELAY_NONE, DELAY_CONST, DELAY_UNIFORM, DELAY_EXP, DELAY_GAP };

struct delay {
	enum delay_kind kind;
	uint64_t min, max, value; /* ns; DELAY_GAP: value is the delay on an idle line */
	uint64_t table[SHAPE_EXP_ENTRIES];
};

enum loss_kind { LOSS_NONE, LOSS_PLR, LOSS_BER };

struct loss {
	enum loss_kind kind;
	double nominal;
	uint32_t threshold; /* of 2^24; LOSS_PLR */
	uint32_t table[SHAPE_MAX_FRAME + 1]; /* thresholds by length; LOSS_BER */
};

struct reorder {
	uint32_t threshold; /* of 2^24; 0: off */
	uint64_t hold;	    /* ns */
};

/*
 * Read a specification. allowed: bits (1 << kind) of the forms the program has. 0, or -1 with a
 * message in error (SHAPE_ERROR_SIZE bytes).
 */
int bandwidth_parse(struct bandwidth *b, const char *spec, unsigned int allowed, char *error);
int delay_parse(struct delay *d, const char *spec, unsigned int allowed, char *error);
int loss_parse(struct loss *l, const char *spec, char *error);
int reorder_parse(struct reorder *r, const char *spec, char *error);

/* "1.5m" -> ns; suffix s (default), m, u, n. "10M" -> number, 0 or from 1; suffix k, m, g (factor
 * 1000). */
int shape_parse_time(const char *text, uint64_t *ns);
int shape_parse_rate(const char *text, double *value);
/* "64k" -> bytes; suffix k, m, g (factor 1024). */
int shape_parse_size(const char *text, uint64_t *bytes);

/* Time a packet of len bytes takes on the line, ns. *carry keeps the fraction between calls.
 * recorded: for BW_REAL, ns since the packet before. */
uint64_t bandwidth_ns(const struct bandwidth *b, uint32_t len, uint64_t recorded, double *carry);

/* random: state of the generator, not 0. */
uint32_t shape_random24(uint64_t *random);
uint64_t delay_ns(const struct delay *d, uint64_t *random);
uint64_t delay_max(const struct delay *d);
int loss_decide(const struct loss *l, uint32_t len, uint64_t *random);

#endif
