// SPDX-License-Identifier: BSD-2-Clause
/*
 * A program as it was written for the library: every call with the types and fields that it has there.
 * Prints what one port name becomes; opens nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <libnetmap.h>

static int errors;

static void
on_error(struct nmctx *ctx, const char *text)
{
	(void)ctx;
	(void)text;
	errors++;
}

static void *
on_malloc(struct nmctx *ctx, size_t size)
{
	(void)ctx;
	return malloc(size);
}

static void
on_free(struct nmctx *ctx, void *memory)
{
	(void)ctx;
	free(memory);
}

static void
on_lock(struct nmctx *ctx, int lock)
{
	(void)ctx;
	(void)lock;
}

static int
on_option(struct nmreq_parse_ctx *p)
{
	printf("option colour=%s token=%s\n", p->keys[0], (const char *)p->token);
	return 0;
}

static struct nmreq_opt_parser parser __attribute__((aligned(16))) = {
	.prefix = "paint",
	.parse = on_option,
	.default_key = 0,
	.nr_keys = 1,
	.flags = 0,
	.next = NULL,
	.keys = { { .key = "colour", .id = 0, .flags = NMREQ_OPTK_MUSTSET | NMREQ_OPTK_DEFAULT } },
};

/* The calls that need a device: taken, with their types, not made. */
struct calls {
	struct nmport_d *(*open)(const char *);
	void (*close)(struct nmport_d *);
	int (*inject)(struct nmport_d *, const void *, size_t);
	int (*steps[5])(struct nmport_d *);
	void (*undo[6])(struct nmport_d *);
	struct nmport_d *(*clone)(struct nmport_d *);
	int (*extmem)(struct nmport_d *, void *, size_t);
	int (*extmem_from_file)(struct nmport_d *, const char *);
	struct nmreq_pools_info *(*getinfo)(struct nmport_d *);
	int (*offset)(struct nmport_d *, uint64_t, uint64_t, uint64_t, uint64_t);
	int32_t (*mem_id)(const char **, struct nmctx *);
	int (*decode)(const char **, struct nmreq_register *, struct nmctx *);
	void (*safe)(void);
};

static const struct calls calls = {
	nmport_open,
	nmport_close,
	nmport_inject,
	{ nmport_register, nmport_mmap, nmport_open_desc },
	{ nmport_delete, nmport_undo_parse, nmport_undo_register, nmport_undo_mmap,
	  nmport_undo_prepare, nmport_undo_open_desc },
	nmport_clone,
	nmport_extmem,
	nmport_extmem_from_file,
	nmport_extmem_getinfo,
	nmport_offset,
	nmreq_get_mem_id,
	nmreq_register_decode,
	nmctx_set_threadsafe,
};

static void
show_port(const char *name)
{
	struct nmport_d *d = nmport_prepare(name), *raw = nmport_new();
	struct nmreq_opt_offsets *extra = calloc(1, sizeof(*extra));
	struct nmreq_option *o;
	int options = 0;

	if (!d || !raw || !extra)
		exit(2);
	extra->nro_opt.nro_reqtype = NETMAP_REQ_OPT_OFFSETS;
	nmreq_push_option(&d->hdr, &extra->nro_opt);
	nmreq_foreach_option(&d->hdr, o)
		options++;
	printf("%s mode %u ring %u flags %llx mem %u, %d option %s, fd %d, %d %d %p %p, rings %u %u %u %u %u %u\n",
	       d->hdr.nr_name, d->reg.nr_mode, d->reg.nr_ringid, (unsigned long long)d->reg.nr_flags,
	       d->reg.nr_mem_id, options, nmreq_option_name(extra->nro_opt.nro_reqtype), d->fd,
	       d->register_done, d->mmap_done, (void *)d->mem, (void *)d->nifp, d->first_tx_ring,
	       d->last_tx_ring, d->first_rx_ring, d->last_rx_ring, d->cur_tx_ring, d->cur_rx_ring);
	if (nmreq_find_option(&d->hdr, NETMAP_REQ_OPT_OFFSETS) != &extra->nro_opt)
		exit(2);
	nmreq_remove_option(&d->hdr, &extra->nro_opt);
	free(extra);
	nmreq_free_options(&d->hdr);
	if (nmport_parse(raw, "nonsense") == 0 || errno != EINVAL)
		exit(2);
	nmport_delete(raw);
	nmport_undo_prepare(d);
}

int
main(void)
{
	struct nmctx mine = { .verbose = 1, .error = on_error, .malloc = on_malloc,
			      .free = on_free, .lock = on_lock, .mem_descs = NULL };
	struct nmctx *before = nmctx_set_default(&mine);
	const char *spec = "netmap:eth0-2@3";
	struct nmreq_register reg = { 0 };
	struct nmreq_header hdr;

	show_port("netmap:eth0-2@3/x");
	nmreq_header_init(&hdr, NETMAP_REQ_REGISTER, &reg);
	if (nmreq_header_decode(&spec, &hdr, &mine) || nmreq_register_decode(&spec, &reg, &mine))
		return 2;
	printf("%s %u %u rest '%s'\n", hdr.nr_name, reg.nr_ringid, reg.nr_mem_id, spec);
	if (nmreq_options_decode("@paint=blue", &parser, (void *)"mine", &mine))
		return 2;
	nmctx_ferror(&mine, "%s", "a message of the program");
	nmctx_lock(&mine);
	nmctx_unlock(&mine);
	nmctx_free(&mine, nmctx_malloc(&mine, 16));
	nmport_disable_option("conf");
	if (nmport_enable_option("conf") || nmport_enable_option("nothing") != -1)
		return 2;
	printf("%d messages, %d calls, default context was %s\n", errors, calls.open == nmport_open,
	       before && before != &mine && nmctx_get() == &mine ? "another" : "wrong");
	return 0;
}
