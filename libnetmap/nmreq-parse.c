// SPDX-License-Identifier: BSD-2-Clause
/* Port names: the header part (subsystem and name) and the mode part (rings, flags, region). */
#define LIBNETMAP_NOTHREADSAFE
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "libnetmap.h"

#define NETMAP_PREFIX "netmap"
#define MAX_MEM_ID UINT16_MAX

void
nmreq_header_init(struct nmreq_header *hdr, uint16_t reqtype, void *body)
{
	memset(hdr, 0, sizeof(*hdr));
	hdr->nr_version = NETMAP_API;
	hdr->nr_reqtype = reqtype;
	hdr->nr_body = (uintptr_t)body;
}

static int
is_identifier(const char *start, const char *end)
{
	for (; start < end; start++)
		if (!isalnum((unsigned char)*start) && *start != '_')
			return 0;
	return 1;
}

/* The characters start..end-1 as pipe suffix; NULL or what is wrong with them. */
static const char *
check_pipe(const char *start, const char *end)
{
	const char *separator = start + strcspn(start, "{}");

	if (separator >= end)
		return NULL;
	if (separator + 1 == end)
		return "invalid empty pipe name";
	if (!is_identifier(separator + 1, end))
		return "invalid pipe name (only letters, digits and underscores)";
	return NULL;
}

/* Finds the kernel's name of the port in a spec; NULL or what is wrong. */
static const char *
find_name(const char *spec, const char **name, const char **end)
{
	const char *colon = strchr(spec, ':');

	if (!strncmp(spec, NETMAP_PREFIX, strlen(NETMAP_PREFIX))) {
		if (!colon)
			return "missing ':'";
		if (colon != spec + strlen(NETMAP_PREFIX))
			return "no identifier allowed between 'netmap' and ':'";
		*name = colon + 1;
	} else if (!strncmp(spec, NM_BDG_NAME, strlen(NM_BDG_NAME))) {
		if (!colon)
			return "missing ':'";
		if (!is_identifier(spec + strlen(NM_BDG_NAME), colon))
			return "invalid identifier between 'vale' and ':'";
		*name = spec; /* the kernel wants the switch in the name */
	} else {
		return "prefix unknown or missing (need netmap:NAME or valeX:NAME)";
	}
	*end = colon + 1 + strcspn(colon + 1, "-*^/@");
	return check_pipe(colon + 1, *end);
}

int
nmreq_header_decode(const char **ppspec, struct nmreq_header *hdr, struct nmctx *ctx)
{
	const char *name, *end, *wrong;

	wrong = find_name(*ppspec, &name, &end);
	if (!wrong && name == end)
		wrong = "invalid empty port name";
	if (!wrong && (size_t)(end - name) >= sizeof(hdr->nr_name))
		wrong = "name too long";
	if (wrong) {
		nmctx_ferror(ctx, "%s: invalid request, %s", *ppspec, wrong);
		errno = EINVAL;
		return -1;
	}
	memset(hdr->nr_name, 0, sizeof(hdr->nr_name));
	memcpy(hdr->nr_name, name, (size_t)(end - name));
	*ppspec = end;
	return 0;
}

/* Reads decimal digits (no sign, no blanks) up to max at *p; -1 if there are none or too many. */
static long
read_number(const char **p, long max)
{
	long value = 0;

	if (!isdigit((unsigned char)**p))
		return -1;
	for (; isdigit((unsigned char)**p); (*p)++) {
		value = value * 10 + (**p - '0');
		if (value > max)
			return -1;
	}
	return value;
}

/* The ring selection at *p. */
static const char *
read_rings(const char **p, struct nmreq_register *reg)
{
	char mode = **p;
	long number;

	reg->nr_mode = NR_REG_ALL_NIC;
	reg->nr_ringid = 0;
	if (mode != '^' && mode != '*' && mode != '-')
		return NULL;
	(*p)++;
	reg->nr_mode = mode == '^' ? NR_REG_SW : NR_REG_NIC_SW;
	if (mode == '*' || (mode == '^' && !isdigit((unsigned char)**p)))
		return NULL;
	number = read_number(p, NETMAP_RING_MASK - 1);
	if (number < 0)
		return "invalid ring number";
	reg->nr_mode = mode == '^' ? NR_REG_ONE_SW : NR_REG_ONE_NIC;
	reg->nr_ringid = (uint16_t)number;
	return NULL;
}

/* The letters behind '/'. */
static const char *
read_flags(const char **p, struct nmreq_register *reg)
{
	static const struct {
		char letter;
		uint64_t flag;
	} letters[] = {
		{ 'x', NR_EXCLUSIVE },	{ 'z', NR_ZCOPY_MON },	   { 't', NR_MONITOR_TX },
		{ 'r', NR_MONITOR_RX }, { 'R', NR_RX_RINGS_ONLY }, { 'T', NR_TX_RINGS_ONLY },
	};
	const char *start = *p;
	size_t i;

	for (; **p && **p != '@'; (*p)++) {
		for (i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
			if (letters[i].letter == **p)
				break;
		if (i == sizeof(letters) / sizeof(letters[0]))
			return "unrecognized flag (flags are x, z, t, r, R, T)";
		reg->nr_flags |= letters[i].flag;
	}
	return *p == start ? "missing flags after '/'" : NULL;
}

/* The number behind '@'. */
static const char *
read_mem_id(const char **p, struct nmreq_register *reg)
{
	long number = read_number(p, MAX_MEM_ID);

	if (number <= 0)
		return "invalid memory id (1 to 65535)";
	if (reg->nr_mem_id && reg->nr_mem_id != number)
		return "conflicting memory ids";
	reg->nr_mem_id = (uint16_t)number;
	return NULL;
}

/* Everything up to the options; *p is left at the end or at the first option's '@'. */
static const char *
read_mode(const char **p, struct nmreq_register *reg)
{
	const char *wrong = read_rings(p, reg);
	int have_flags = 0;

	reg->nr_flags = 0;
	while (!wrong && **p) {
		char separator = **p;

		if (separator == '@' && (*p)[1] && !isdigit((unsigned char)(*p)[1]))
			return NULL;
		(*p)++;
		if (separator == '@') {
			wrong = **p ? read_mem_id(p, reg) : "empty memory id";
		} else if (separator == '/' && !have_flags) {
			wrong = read_flags(p, reg);
			have_flags = 1;
		} else {
			wrong = "unexpected characters after the port name";
		}
	}
	return wrong;
}

int
nmreq_register_decode(const char **pmode, struct nmreq_register *reg, struct nmctx *ctx)
{
	struct nmreq_register decoded = *reg;
	const char *p = *pmode, *wrong;

	wrong = read_mode(&p, &decoded);
	if (wrong) {
		nmctx_ferror(ctx, "%s: invalid request, %s", *pmode, wrong);
		errno = EINVAL;
		return -1;
	}
	*reg = decoded;
	*pmode = p;
	return 0;
}
