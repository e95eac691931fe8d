// SPDX-License-Identifier: BSD-2-Clause
/* The options of port names: share, conf, extmem, offset. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nmport-internal.h"

/*
 * Reads the number of a key into *value. -1 means "as many as possible" and becomes max (the
 * kernel clamps it). Anything else than a decimal number up to max is refused.
 */
static int
read_key(struct nmreq_parse_ctx *pctx, const char *what, int key, uint64_t max, uint64_t *value)
{
	const char *text = pctx->keys[key];
	char *end;

	if (!text)
		return 0;
	if (!strcmp(text, "-1")) {
		*value = max;
		return 1;
	}
	errno = 0;
	*value = strtoull(text, &end, 10);
	if (errno || *end || *text < '0' || *text > '9' || *value > max) {
		nmctx_ferror(pctx->ctx, "option '%s': '%s' is not a number from 0 to %llu", what,
			     text, (unsigned long long)max);
		errno = EINVAL;
		return -1;
	}
	return 1;
}

/* ---- share: use the region of another port ---- */

static int
share_parse(struct nmreq_parse_ctx *pctx)
{
	struct nmport_d *d = pctx->token;
	const char *name = pctx->keys[0];
	int32_t id = nmreq_get_mem_id(&name, pctx->ctx);

	if (id < 0)
		return -1;
	if (*name) {
		nmctx_ferror(pctx->ctx, "option 'share': unexpected characters '%s'", name);
		errno = EINVAL;
		return -1;
	}
	if (d->reg.nr_mem_id && d->reg.nr_mem_id != id) {
		nmctx_ferror(pctx->ctx, "option 'share': memory id %d conflicts with %d", id,
			     d->reg.nr_mem_id);
		errno = EINVAL;
		return -1;
	}
	d->reg.nr_mem_id = (uint16_t)id;
	return 0;
}

/* ---- conf: number and size of rings, for ports that this open creates ---- */

enum conf_key {
	CONF_RINGS,
	CONF_HOST_RINGS,
	CONF_SLOTS,
	CONF_TX_RINGS,
	CONF_RX_RINGS,
	CONF_HOST_TX_RINGS,
	CONF_HOST_RX_RINGS,
	CONF_TX_SLOTS,
	CONF_RX_SLOTS,
};

static int
conf_set16(struct nmreq_parse_ctx *pctx, enum conf_key key, uint16_t *field)
{
	uint64_t value;
	int set = read_key(pctx, "conf", key, UINT16_MAX, &value);

	if (set > 0)
		*field = (uint16_t)value;
	return set;
}

static int
conf_set32(struct nmreq_parse_ctx *pctx, enum conf_key key, uint32_t *field)
{
	uint64_t value;
	int set = read_key(pctx, "conf", key, UINT32_MAX, &value);

	if (set > 0)
		*field = (uint32_t)value;
	return set;
}

static int
conf_parse(struct nmreq_parse_ctx *pctx)
{
	struct nmreq_register *reg = &((struct nmport_d *)pctx->token)->reg;

	/* The specific keys come after the general ones, and win. */
	if (conf_set16(pctx, CONF_RINGS, &reg->nr_tx_rings) < 0 ||
	    conf_set16(pctx, CONF_RINGS, &reg->nr_rx_rings) < 0 ||
	    conf_set16(pctx, CONF_HOST_RINGS, &reg->nr_host_tx_rings) < 0 ||
	    conf_set16(pctx, CONF_HOST_RINGS, &reg->nr_host_rx_rings) < 0 ||
	    conf_set32(pctx, CONF_SLOTS, &reg->nr_tx_slots) < 0 ||
	    conf_set32(pctx, CONF_SLOTS, &reg->nr_rx_slots) < 0 ||
	    conf_set16(pctx, CONF_TX_RINGS, &reg->nr_tx_rings) < 0 ||
	    conf_set16(pctx, CONF_RX_RINGS, &reg->nr_rx_rings) < 0 ||
	    conf_set16(pctx, CONF_HOST_TX_RINGS, &reg->nr_host_tx_rings) < 0 ||
	    conf_set16(pctx, CONF_HOST_RX_RINGS, &reg->nr_host_rx_rings) < 0 ||
	    conf_set32(pctx, CONF_TX_SLOTS, &reg->nr_tx_slots) < 0 ||
	    conf_set32(pctx, CONF_RX_SLOTS, &reg->nr_rx_slots) < 0)
		return -1;
	return 0;
}

/* ---- extmem: a file as memory region ---- */

enum extmem_key {
	EXTMEM_FILE,
	EXTMEM_IF_NUM,
	EXTMEM_IF_SIZE,
	EXTMEM_RING_NUM,
	EXTMEM_RING_SIZE,
	EXTMEM_BUF_NUM,
	EXTMEM_BUF_SIZE,
};

static int
extmem_parse(struct nmreq_parse_ctx *pctx)
{
	uint32_t pools[EXTMEM_BUF_SIZE + 1] = { 0 };
	struct nmport_d *d = pctx->token;
	struct nmreq_pools_info *info;
	uint64_t value;
	int key, set;

	for (key = EXTMEM_IF_NUM; key <= EXTMEM_BUF_SIZE; key++) {
		set = read_key(pctx, "extmem", key, UINT32_MAX, &value);
		if (set < 0)
			return -1;
		if (set)
			pools[key] = (uint32_t)value;
	}
	if (nmport_extmem_from_file(d, pctx->keys[EXTMEM_FILE]) < 0)
		return -1;
	info = nmport_extmem_getinfo(d);
	info->nr_if_pool_objtotal = pools[EXTMEM_IF_NUM];
	info->nr_if_pool_objsize = pools[EXTMEM_IF_SIZE];
	info->nr_ring_pool_objtotal = pools[EXTMEM_RING_NUM];
	info->nr_ring_pool_objsize = pools[EXTMEM_RING_SIZE];
	info->nr_buf_pool_objtotal = pools[EXTMEM_BUF_NUM];
	info->nr_buf_pool_objsize = pools[EXTMEM_BUF_SIZE];
	return 0;
}

/* ---- offset: data does not start at the beginning of its buffer ---- */

enum offset_key { OFFSET_INITIAL, OFFSET_BITS };

static int
offset_parse(struct nmreq_parse_ctx *pctx)
{
	uint64_t initial = 0, bits = 0;

	if (read_key(pctx, "offset", OFFSET_INITIAL, UINT32_MAX, &initial) < 0 ||
	    read_key(pctx, "offset", OFFSET_BITS, 64, &bits) < 0)
		return -1;
	return nmport_offset(pctx->token, initial, initial, bits, 0);
}

static struct nmreq_opt_parser parsers[] = {
	{
		.prefix = "share",
		.parse = share_parse,
		.default_key = 0,
		.nr_keys = 1,
		.next = &parsers[1],
		.keys = { { "port", 0, NMREQ_OPTK_MUSTSET | NMREQ_OPTK_DEFAULT } },
	},
	{
		.prefix = "conf",
		.parse = conf_parse,
		.default_key = -1,
		.nr_keys = 9,
		.next = &parsers[2],
		.keys = {
			{ "rings", CONF_RINGS, 0 },
			{ "host-rings", CONF_HOST_RINGS, 0 },
			{ "slots", CONF_SLOTS, 0 },
			{ "tx-rings", CONF_TX_RINGS, 0 },
			{ "rx-rings", CONF_RX_RINGS, 0 },
			{ "host-tx-rings", CONF_HOST_TX_RINGS, 0 },
			{ "host-rx-rings", CONF_HOST_RX_RINGS, 0 },
			{ "tx-slots", CONF_TX_SLOTS, 0 },
			{ "rx-slots", CONF_RX_SLOTS, 0 },
		},
	},
	{
		.prefix = "extmem",
		.parse = extmem_parse,
		.default_key = 0,
		.nr_keys = 7,
		.next = &parsers[3],
		.keys = {
			{ "file", EXTMEM_FILE, NMREQ_OPTK_MUSTSET | NMREQ_OPTK_DEFAULT },
			{ "if-num", EXTMEM_IF_NUM, 0 },
			{ "if-size", EXTMEM_IF_SIZE, 0 },
			{ "ring-num", EXTMEM_RING_NUM, 0 },
			{ "ring-size", EXTMEM_RING_SIZE, 0 },
			{ "buf-num", EXTMEM_BUF_NUM, 0 },
			{ "buf-size", EXTMEM_BUF_SIZE, 0 },
		},
	},
	{
		/* Programs that ignore offsets would use wrong data: they must ask for it. */
		.prefix = "offset",
		.parse = offset_parse,
		.default_key = 0,
		.nr_keys = 2,
		.flags = NMREQ_OPTF_DISABLED,
		.keys = {
			{ "initial", OFFSET_INITIAL, NMREQ_OPTK_MUSTSET | NMREQ_OPTK_DEFAULT },
			{ "bits", OFFSET_BITS, 0 },
		},
	},
};

struct nmreq_opt_parser *
nmport_option_parsers(void)
{
	return parsers;
}

static struct nmreq_opt_parser *
find_parser(const char *name)
{
	struct nmreq_opt_parser *parser;

	for (parser = parsers; parser; parser = parser->next)
		if (!strcmp(parser->prefix, name))
			break;
	return parser;
}

void
nmport_disable_option(const char *opt)
{
	struct nmreq_opt_parser *parser = find_parser(opt);

	if (parser)
		parser->flags |= NMREQ_OPTF_DISABLED;
}

int
nmport_enable_option(const char *opt)
{
	struct nmreq_opt_parser *parser = find_parser(opt);

	if (!parser) {
		errno = EOPNOTSUPP;
		return -1;
	}
	parser->flags &= ~NMREQ_OPTF_DISABLED;
	return 0;
}
