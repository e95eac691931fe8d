// SPDX-License-Identifier: BSD-2-Clause
/* The options of a port name, and the list of options of a request. */
#define LIBNETMAP_NOTHREADSAFE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "libnetmap.h"

static int
invalid(struct nmctx *ctx, const char *option, const char *wrong)
{
	nmctx_ferror(ctx, "option '%s': %s", option, wrong);
	errno = EINVAL;
	return -1;
}

/* Names are equal when they differ in '-' and '_' only. */
static int
same_name(const char *a, const char *b)
{
	for (; *a && *b; a++, b++) {
		char ca = *a == '_' ? '-' : *a;
		char cb = *b == '_' ? '-' : *b;

		if (ca != cb)
			return 0;
	}
	return *a == *b;
}

static const struct nmreq_opt_key *
find_key(const struct nmreq_opt_parser *parser, const char *name)
{
	int i;

	for (i = 0; i < parser->nr_keys; i++)
		if (same_name(parser->keys[i].key, name))
			return &parser->keys[i];
	return NULL;
}

/* One "key=value" of a list; the text is cut in place. */
static int
assign_key(const struct nmreq_opt_parser *parser, struct nmreq_parse_ctx *pctx, char *assignment)
{
	char *value = strchr(assignment, '=');
	const struct nmreq_opt_key *key;

	if (value)
		*value++ = '\0';
	key = find_key(parser, assignment);
	if (!key)
		return invalid(pctx->ctx, parser->prefix, "unknown key");
	if (!value && !(key->flags & NMREQ_OPTK_ALLOWEMPTY))
		return invalid(pctx->ctx, parser->prefix, "missing '=value' after a key");
	if (pctx->keys[key->id])
		return invalid(pctx->ctx, parser->prefix, "duplicate key");
	if (!value)
		pctx->keys[key->id] = key->key;
	else if (*value)
		pctx->keys[key->id] = value;
	return 0;
}

/* "k=v,k=v"; an empty list assigns nothing, an empty element is an unknown key. */
static int
assign_list(const struct nmreq_opt_parser *parser, struct nmreq_parse_ctx *pctx, char *list)
{
	while (list && *list) {
		char *comma = strchr(list, ',');

		if (comma)
			*comma++ = '\0';
		if (assign_key(parser, pctx, list) < 0)
			return -1;
		if (comma && !*comma)
			return invalid(pctx->ctx, parser->prefix, "empty key");
		list = comma;
	}
	return 0;
}

static int
assign_default(const struct nmreq_opt_parser *parser, struct nmreq_parse_ctx *pctx,
	       const char *value)
{
	if (parser->default_key < 0)
		return invalid(pctx->ctx, parser->prefix, "has no default key, use ':key=value'");
	if (!*value)
		return invalid(pctx->ctx, parser->prefix, "missing value");
	pctx->keys[parser->keys[parser->default_key].id] = value;
	return 0;
}

static int
check_mandatory(const struct nmreq_opt_parser *parser, struct nmreq_parse_ctx *pctx)
{
	int i;

	for (i = 0; i < parser->nr_keys; i++) {
		const struct nmreq_opt_key *key = &parser->keys[i];

		if ((key->flags & NMREQ_OPTK_MUSTSET) && !pctx->keys[key->id]) {
			nmctx_ferror(pctx->ctx, "option '%s': mandatory key '%s' is not set",
				     parser->prefix, key->key);
			errno = EINVAL;
			return -1;
		}
	}
	return 0;
}

/* One option: its text without the '@', cut in place. */
static int
decode_option(char *option, struct nmreq_opt_parser *parsers, void *token, struct nmctx *ctx)
{
	struct nmreq_parse_ctx pctx = { .ctx = ctx, .token = token };
	char *body = option + strcspn(option, ":=");
	char separator = *body;
	struct nmreq_opt_parser *parser;
	int ret = 0;

	if (separator)
		*body++ = '\0';
	for (parser = parsers; parser; parser = parser->next)
		if (same_name(parser->prefix, option))
			break;
	if (!parser)
		return invalid(ctx, option, "unknown option");
	if (parser->flags & NMREQ_OPTF_DISABLED) {
		nmctx_ferror(ctx, "option '%s': not supported here", option);
		errno = EOPNOTSUPP;
		return -1;
	}
	if (separator == ':')
		ret = assign_list(parser, &pctx, body);
	else if (separator == '=')
		ret = assign_default(parser, &pctx, body);
	else if (!(parser->flags & NMREQ_OPTF_ALLOWEMPTY))
		return invalid(ctx, option, "missing body ('=value' or ':key=value,...')");
	if (ret < 0 || check_mandatory(parser, &pctx) < 0)
		return -1;
	return parser->parse(&pctx);
}

int
nmreq_options_decode(const char *opt, struct nmreq_opt_parser *parsers, void *token,
		     struct nmctx *ctx)
{
	char *copy, *option, *next;
	int ret = 0;

	if (!*opt)
		return 0;
	if (*opt != '@')
		return invalid(ctx, opt, "does not start with '@'");
	copy = nmctx_malloc(ctx, strlen(opt));
	if (!copy) {
		nmctx_ferror(ctx, "out of memory while reading the options");
		errno = ENOMEM;
		return -1;
	}
	memcpy(copy, opt + 1, strlen(opt));
	for (option = copy; ret == 0 && option; option = next) {
		next = strchr(option, '@');
		if (next)
			*next++ = '\0';
		ret = decode_option(option, parsers, token, ctx);
	}
	if (ret < 0) {
		int error = errno;

		nmctx_free(ctx, copy);
		errno = error;
		return -1;
	}
	nmctx_free(ctx, copy);
	return 0;
}

void
nmreq_push_option(struct nmreq_header *hdr, struct nmreq_option *option)
{
	option->nro_next = hdr->nr_options;
	hdr->nr_options = (uintptr_t)option;
}

void
nmreq_remove_option(struct nmreq_header *hdr, struct nmreq_option *option)
{
	uint64_t *link = &hdr->nr_options;

	while (*link) {
		struct nmreq_option *current = (struct nmreq_option *)(uintptr_t)*link;

		if (current == option) {
			*link = option->nro_next;
			option->nro_next = 0;
			return;
		}
		link = &current->nro_next;
	}
}

struct nmreq_option *
nmreq_find_option(struct nmreq_header *hdr, uint32_t reqtype)
{
	struct nmreq_option *option;

	nmreq_foreach_option(hdr, option)
		if (option->nro_reqtype == reqtype)
			break;
	return option;
}

void
nmreq_free_options(struct nmreq_header *hdr)
{
	while (hdr->nr_options) {
		struct nmreq_option *option = (struct nmreq_option *)(uintptr_t)hdr->nr_options;

		hdr->nr_options = option->nro_next;
		free(option);
	}
}

const char *
nmreq_option_name(uint32_t reqtype)
{
	switch (reqtype) {
	case NETMAP_REQ_OPT_EXTMEM:
		return "extmem";
	case NETMAP_REQ_OPT_SYNC_KLOOP_EVENTFDS:
		return "sync-kloop-eventfds";
	case NETMAP_REQ_OPT_CSB:
		return "csb";
	case NETMAP_REQ_OPT_SYNC_KLOOP_MODE:
		return "sync-kloop-mode";
	case NETMAP_REQ_OPT_OFFSETS:
		return "offsets";
	default:
		return "unknown";
	}
}
