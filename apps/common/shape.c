// SPDX-License-Identifier: BSD-2-Clause
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "shape.h"
#include "units.h"

#define MAX_WORDS 4
#define RANDOM_RANGE (1 << 24)
#define NS_PER_SECOND 1000000000.0
#define MAX_SECONDS 1e6
#define MAX_NS 1e18 /* that a packet may take */

/* ---- numbers ---- */

/*
 * A fraction with a one-letter suffix out of letters, whose factors are in the same place. More
 * letters may follow ("1ms", "10Mbps"), anything else may not.
 */
static int
parse_with_suffix(const char *text, const char *letters, const double *factors, double *value)
{
	const char *rest, *found;

	if (units_parse_fraction(text, value, &rest) < 0)
		return -1;
	if (!*rest)
		return 0;
	found = strchr(letters, tolower((unsigned char)*rest));
	if (!found)
		return -1;
	*value *= factors[found - letters];
	for (; *rest; rest++)
		if (!isalpha((unsigned char)*rest))
			return -1;
	return 0;
}

int
shape_parse_time(const char *text, uint64_t *ns)
{
	static const double factors[] = { 1, 1e-3, 1e-6, 1e-9 };
	double seconds;

	if (parse_with_suffix(text, "smun", factors, &seconds) < 0 || seconds > MAX_SECONDS)
		return -1;
	*ns = (uint64_t)(seconds * NS_PER_SECOND + 0.5);
	return 0;
}

int
shape_parse_rate(const char *text, double *value)
{
	static const double factors[] = { 1e3, 1e6, 1e9 };

	if (parse_with_suffix(text, "kmg", factors, value) < 0)
		return -1;
	/* below one a packet would take days; 0 is no limit */
	return *value == 0 || *value >= 1 ? 0 : -1;
}

int
shape_parse_size(const char *text, uint64_t *bytes)
{
	static const double factors[] = { 1024.0, 1048576.0, 1073741824.0 };
	double value;

	if (parse_with_suffix(text, "kmg", factors, &value) < 0 || value > 1e12)
		return -1;
	*bytes = (uint64_t)value;
	return 0;
}

/* A number from 0 to 1. */
static int
parse_probability(const char *text, double *value)
{
	const char *rest;

	return units_parse_fraction(text, value, &rest) == 0 && !*rest && *value <= 1 ? 0 : -1;
}

/* ---- words ---- */

struct words {
	char text[256];
	char *word[MAX_WORDS];
	int count; /* MAX_WORDS + 1: too many */
};

static void
split(struct words *words, const char *spec)
{
	char *next, *save = NULL;

	words->count = 0;
	snprintf(words->text, sizeof(words->text), "%s", spec);
	for (next = strtok_r(words->text, ", \t", &save); next && words->count <= MAX_WORDS;
	     next = strtok_r(NULL, ", \t", &save)) {
		if (words->count < MAX_WORDS)
			words->word[words->count] = next;
		words->count++;
	}
}

/* "const" and "constant" name the constant form; a number alone is short for it. */
static int
is_const(struct words *words, int values)
{
	if (words->count == values && (isdigit((unsigned char)*words->word[0]) ||
				       *words->word[0] == '.')) {
		memmove(words->word + 1, words->word, (size_t)values * sizeof(words->word[0]));
		words->count++;
		return 1;
	}
	return words->count > 0 && !strncmp(words->word[0], "const", 5);
}

static int
need(char *error, const char *form, const char *spec)
{
	snprintf(error, SHAPE_ERROR_SIZE, "invalid arguments: need '%s' have '%s'", form, spec);
	return -1;
}

static int
unknown(char *error, const char *spec)
{
	snprintf(error, SHAPE_ERROR_SIZE, "arguments %s not recognised", spec);
	return -1;
}

static int
is_off(const char *spec)
{
	return !spec || !strcmp(spec, "none");
}

/* ---- bandwidth ---- */

/* "<name>,x" with a rate. */
static int
parse_rate_form(struct bandwidth *b, enum bandwidth_kind kind, const struct words *w,
		const char *form, const char *spec, char *error)
{
	if (w->count != 2 || shape_parse_rate(w->word[1], &b->bps) < 0)
		return need(error, form, spec);
	b->kind = kind;
	return 0;
}

int
bandwidth_parse(struct bandwidth *b, const char *spec, unsigned int allowed, char *error)
{
	struct words w;

	memset(b, 0, sizeof(*b));
	if (is_off(spec))
		return 0;
	split(&w, spec);
	if ((allowed & 1 << BW_CONST) && w.count && is_const(&w, 1))
		return parse_rate_form(b, BW_CONST, &w, "const,bps", spec, error);
	if ((allowed & 1 << BW_ETHER) && w.count && !strcmp(w.word[0], "ether"))
		return parse_rate_form(b, BW_ETHER, &w, "ether,bps", spec, error);
	if ((allowed & 1 << BW_AVG) && w.count && !strcmp(w.word[0], "avg"))
		return parse_rate_form(b, BW_AVG, &w, "avg,bps", spec, error);
	if ((allowed & 1 << BW_REAL) && w.count && !strcmp(w.word[0], "real")) {
		const char *rest = "";

		b->scale = 1;
		if (w.count > 2 ||
		    (w.count == 2 && (units_parse_fraction(w.word[1], &b->scale, &rest) < 0 ||
				      *rest || b->scale <= 0 || b->scale > 1000)))
			return need(error, "real,scale with 0 < scale <= 1000", spec);
		b->kind = BW_REAL;
		return 0;
	}
	return unknown(error, spec);
}

uint64_t
bandwidth_ns(const struct bandwidth *b, uint32_t len, uint64_t recorded, double *carry)
{
	double ns;
	uint64_t whole;

	if (b->kind == BW_NONE || (b->kind != BW_REAL && b->bps == 0))
		return 0;
	if (b->kind == BW_ETHER || b->kind == BW_AVG)
		len += SHAPE_ETHER_OVERHEAD;
	ns = b->kind == BW_REAL ? (double)recorded / b->scale :
				  8.0 * len * NS_PER_SECOND / b->bps;
	ns += *carry;
	/* years, as a tiny scale makes of a long pause */
	if (ns > MAX_NS) {
		*carry = 0;
		return (uint64_t)MAX_NS;
	}
	whole = (uint64_t)ns;
	*carry = ns - (double)whole;
	return whole;
}

/* ---- delay ---- */

static int
parse_two_times(const struct words *w, uint64_t *a, uint64_t *b)
{
	return w->count >= 3 && shape_parse_time(w->word[1], a) == 0 &&
			       shape_parse_time(w->word[2], b) == 0 && *a <= *b ?
		       0 :
		       -1;
}

/* min plus an exponential part, average in all: the quantiles at the middle of each of 512 parts. */
static void
fill_exponential(struct delay *d, uint64_t min, uint64_t average)
{
	int i;

	for (i = 0; i < SHAPE_EXP_ENTRIES; i++) {
		double quantile = -log(1 - (i + 0.5) / SHAPE_EXP_ENTRIES);

		d->table[i] = min + (uint64_t)(quantile * (double)(average - min));
	}
	d->min = min;
	d->max = d->table[SHAPE_EXP_ENTRIES - 1];
}

int
delay_parse(struct delay *d, const char *spec, unsigned int allowed, char *error)
{
	uint64_t a, b;
	struct words w;

	memset(d, 0, sizeof(*d));
	if (is_off(spec))
		return 0;
	split(&w, spec);
	if (w.count && is_const(&w, 1)) {
		if (w.count != 2 || shape_parse_time(w.word[1], &d->value) < 0)
			return need(error, "const,delay", spec);
		d->kind = DELAY_CONST;
		d->min = d->max = d->value;
		return 0;
	}
	if (w.count && !strcmp(w.word[0], "uniform")) {
		if (w.count != 3 || parse_two_times(&w, &d->min, &d->max) < 0)
			return need(error, "uniform,dmin,dmax", spec);
		d->kind = DELAY_UNIFORM;
		return 0;
	}
	if (w.count && !strcmp(w.word[0], "exp")) {
		if (w.count != 3 || parse_two_times(&w, &a, &b) < 0)
			return need(error, "exp,dmin,davg", spec);
		d->kind = DELAY_EXP;
		fill_exponential(d, a, b);
		return 0;
	}
	if ((allowed & 1 << DELAY_GAP) && w.count && !strcmp(w.word[0], "inter-packet")) {
		if (w.count != 4 || parse_two_times(&w, &d->min, &d->max) < 0 ||
		    shape_parse_time(w.word[3], &d->value) < 0)
			return need(error, "inter-packet,min-gap,max-gap,delay", spec);
		d->kind = DELAY_GAP;
		return 0;
	}
	return unknown(error, spec);
}

uint32_t
shape_random24(uint64_t *random)
{
	uint64_t x = *random;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*random = x;
	return (uint32_t)((x * 0x2545F4914F6CDD1DULL) >> 40);
}

uint64_t
delay_ns(const struct delay *d, uint64_t *random)
{
	switch (d->kind) {
	case DELAY_CONST:
		return d->value;
	case DELAY_UNIFORM:
	case DELAY_GAP: {
		double fraction = (double)shape_random24(random) / RANDOM_RANGE;

		return d->min + (uint64_t)(fraction * (double)(d->max - d->min));
	}
	case DELAY_EXP:
		return d->table[shape_random24(random) % SHAPE_EXP_ENTRIES];
	default:
		return 0;
	}
}

uint64_t
delay_max(const struct delay *d)
{
	return d->kind == DELAY_GAP && d->value > d->max ? d->value : d->max;
}

/* ---- loss ---- */

int
loss_parse(struct loss *l, const char *spec, char *error)
{
	struct words w;
	uint32_t len;

	memset(l, 0, sizeof(*l));
	if (is_off(spec))
		return 0;
	split(&w, spec);
	if (w.count == 1 && (isdigit((unsigned char)*w.word[0]) || *w.word[0] == '.')) {
		w.word[1] = w.word[0];
		w.word[0] = "plr";
		w.count = 2;
	}
	if (w.count && !strcmp(w.word[0], "plr")) {
		if (w.count != 2 || parse_probability(w.word[1], &l->nominal) < 0)
			return need(error, "plr,prob with 0 <= prob <= 1", spec);
		l->kind = LOSS_PLR;
		l->threshold = (uint32_t)(l->nominal * RANDOM_RANGE);
		return 0;
	}
	if (w.count && !strcmp(w.word[0], "ber")) {
		if (w.count != 2 || parse_probability(w.word[1], &l->nominal) < 0)
			return need(error, "ber,prob with 0 <= prob <= 1", spec);
		l->kind = LOSS_BER;
		for (len = 0; len <= SHAPE_MAX_FRAME; len++)
			l->table[len] = (uint32_t)((1 - pow(1 - l->nominal, 8.0 * len)) *
						   RANDOM_RANGE);
		return 0;
	}
	return unknown(error, spec);
}

int
loss_decide(const struct loss *l, uint32_t len, uint64_t *random)
{
	if (l->kind == LOSS_PLR)
		return shape_random24(random) < l->threshold;
	if (l->kind == LOSS_BER)
		return shape_random24(random) <
		       l->table[len < SHAPE_MAX_FRAME ? len : SHAPE_MAX_FRAME];
	return 0;
}

/* ---- reordering ---- */

int
reorder_parse(struct reorder *r, const char *spec, char *error)
{
	double probability;
	struct words w;

	memset(r, 0, sizeof(*r));
	if (is_off(spec))
		return 0;
	split(&w, spec);
	if (!w.count || !is_const(&w, 2))
		return unknown(error, spec);
	if (w.count != 3 || parse_probability(w.word[1], &probability) < 0 ||
	    shape_parse_time(w.word[2], &r->hold) < 0)
		return need(error, "const,prob,delay", spec);
	r->threshold = (uint32_t)(probability * RANDOM_RANGE);
	return 0;
}
