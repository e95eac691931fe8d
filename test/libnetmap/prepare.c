// SPDX-License-Identifier: BSD-2-Clause
/*
 * Prints what nmport_prepare() makes of each argument as one JSON object per line. An argument
 * "+name" enables, "!name" disables a port option for those that follow.
 */
#include <errno.h>
#include <string.h>
#include <libnetmap.h>

static char message[1024];

static void
keep_message(struct nmctx *ctx, const char *text)
{
	(void)ctx;
	snprintf(message, sizeof(message), "%s", text);
}

static void
print_port(const struct nmport_d *d)
{
	const struct nmreq_register *r = &d->reg;
	int options = 0;
	struct nmreq_option *o;

	nmreq_foreach_option(&d->hdr, o)
		options++;
	printf("{\"name\":\"%s\",\"mode\":%u,\"ring\":%u,\"flags\":%llu,\"mem\":%u,"
	       "\"rings\":[%u,%u],\"slots\":[%u,%u],\"host\":[%u,%u],\"options\":%d",
	       d->hdr.nr_name, r->nr_mode, r->nr_ringid, (unsigned long long)r->nr_flags,
	       r->nr_mem_id, r->nr_tx_rings, r->nr_rx_rings, r->nr_tx_slots, r->nr_rx_slots,
	       r->nr_host_tx_rings, r->nr_host_rx_rings, options);
	if (d->extmem) {
		const struct nmreq_pools_info *p = &d->extmem->nro_info;

		printf(",\"extmem\":[%llu,%u,%u,%u,%u,%u,%u]", (unsigned long long)p->nr_memsize,
		       p->nr_if_pool_objtotal, p->nr_if_pool_objsize, p->nr_ring_pool_objtotal,
		       p->nr_ring_pool_objsize, p->nr_buf_pool_objtotal, p->nr_buf_pool_objsize);
	}
	puts("}");
}

int
main(int argc, char **argv)
{
	int i;

	nmctx_get()->error = keep_message;
	for (i = 1; i < argc; i++) {
		struct nmport_d *d;

		if (*argv[i] == '+' || *argv[i] == '!') {
			int ret = 0;

			if (*argv[i] == '+')
				ret = nmport_enable_option(argv[i] + 1);
			else
				nmport_disable_option(argv[i] + 1);
			printf("{\"result\":%d,\"errno\":%d}\n", ret, ret ? errno : 0);
			continue;
		}
		errno = 0;
		message[0] = '\0';
		d = nmport_prepare(argv[i]);
		if (d)
			print_port(d);
		else
			printf("{\"errno\":%d,\"message\":%s}\n", errno, *message ? "true" : "false");
		nmport_undo_prepare(d);
	}
	return 0;
}
