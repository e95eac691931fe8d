// SPDX-License-Identifier: BSD-2-Clause
/* Ports: from a name to an open, mapped descriptor, step by step, each with its undo. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "nmport-internal.h"

struct nmport_d *
nmport_new(void)
{
	struct nmctx *ctx = nmctx_get();
	struct nmport_d *d = nmctx_malloc(ctx, sizeof(*d));

	if (!d) {
		nmctx_ferror(ctx, "cannot allocate a port descriptor");
		errno = ENOMEM;
		return NULL;
	}
	memset(d, 0, sizeof(*d));
	nmreq_header_init(&d->hdr, NETMAP_REQ_REGISTER, &d->reg);
	d->ctx = ctx;
	d->fd = -1;
	return d;
}

void
nmport_delete(struct nmport_d *d)
{
	nmctx_free(d->ctx, d);
}

int
nmport_parse(struct nmport_d *d, const char *portspec)
{
	const char *scan = portspec;

	if (nmreq_header_decode(&scan, &d->hdr, d->ctx) == 0 &&
	    nmreq_register_decode(&scan, &d->reg, d->ctx) == 0 &&
	    nmreq_options_decode(scan, nmport_option_parsers(), d, d->ctx) == 0)
		return 0;
	{
		int error = errno;

		nmport_undo_parse(d);
		errno = error;
	}
	return -1;
}

void
nmport_undo_parse(struct nmport_d *d)
{
	nmport_do_cleanup(d);
	memset(&d->reg, 0, sizeof(d->reg));
	memset(&d->hdr, 0, sizeof(d->hdr));
}

struct nmport_d *
nmport_prepare(const char *portspec)
{
	struct nmport_d *d = nmport_new();

	if (d && nmport_parse(d, portspec) < 0) {
		int error = errno;

		nmport_delete(d);
		errno = error;
		return NULL;
	}
	return d;
}

void
nmport_undo_prepare(struct nmport_d *d)
{
	if (!d)
		return;
	nmport_undo_parse(d);
	nmport_delete(d);
}

/* What to do about a refused request; empty when the error alone says all there is to say. */
static const char *
request_hint(const struct nmport_d *d, int error)
{
	switch (error) {
	case ENXIO:
		return strncmp(d->hdr.nr_name, "vale", 4) ?
			       " (is there such an interface? see: ip link)" :
			       "";
	case EBUSY:
		return " (another program has it: see netmap-configure status)";
	case ENOMEM:
		return " (the memory region is too small or used up: see the module's parameters)";
	default:
		return "";
	}
}

static const char *
option_hint(const struct nmreq_option *option)
{
	if (option->nro_reqtype == NETMAP_REQ_OPT_EXTMEM && option->nro_status == EOPNOTSUPP)
		return " (needs a netmap.ko that was configured with --enable-extmem)";
	return "";
}

/* One message for each option the kernel refused, else one for the request. */
static void
report_refusal(struct nmport_d *d, int error)
{
	struct nmreq_option *option;
	int reported = 0;

	nmreq_foreach_option(&d->hdr, option) {
		if (!option->nro_status)
			continue;
		nmctx_ferror(d->ctx, "%s: option %s: %s%s", d->hdr.nr_name,
			     nmreq_option_name(option->nro_reqtype),
			     strerror((int)option->nro_status), option_hint(option));
		reported = 1;
	}
	if (!reported)
		nmctx_ferror(d->ctx, "%s: %s%s", d->hdr.nr_name, strerror(error),
			     request_hint(d, error));
}

int
nmport_register(struct nmport_d *d)
{
	int error;

	if (d->register_done) {
		nmctx_ferror(d->ctx, "%s: already registered", d->hdr.nr_name);
		errno = EINVAL;
		return -1;
	}
	d->fd = nmctx_open_device(d->ctx);
	if (d->fd < 0)
		return -1;
	if (ioctl(d->fd, NIOCCTRL, &d->hdr) < 0) {
		error = errno;
		report_refusal(d, error);
		nmport_undo_register(d);
		errno = error;
		return -1;
	}
	d->register_done = 1;
	return 0;
}

void
nmport_undo_register(struct nmport_d *d)
{
	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
	d->register_done = 0;
}

int
nmport_open_desc(struct nmport_d *d)
{
	if (nmport_register(d) < 0)
		return -1;
	if (nmport_mmap(d) < 0) {
		int error = errno;

		nmport_undo_register(d);
		errno = error;
		return -1;
	}
	return 0;
}

void
nmport_undo_open_desc(struct nmport_d *d)
{
	nmport_undo_mmap(d);
	nmport_undo_register(d);
}

struct nmport_d *
nmport_open(const char *portspec)
{
	struct nmport_d *d = nmport_prepare(portspec);

	if (d && nmport_open_desc(d) < 0) {
		int error = errno;

		nmport_undo_prepare(d);
		errno = error;
		return NULL;
	}
	return d;
}

void
nmport_close(struct nmport_d *d)
{
	if (!d)
		return;
	nmport_undo_open_desc(d);
	nmport_undo_prepare(d);
}

struct nmport_d *
nmport_clone(struct nmport_d *d)
{
	struct nmport_d *clone;

	if (d->extmem && !d->register_done) {
		nmctx_ferror(d->ctx, "%s: cannot clone an unregistered port that uses extmem",
			     d->hdr.nr_name);
		errno = EINVAL;
		return NULL;
	}
	clone = nmctx_malloc(d->ctx, sizeof(*clone));
	if (!clone) {
		nmctx_ferror(d->ctx, "cannot allocate a port descriptor");
		errno = ENOMEM;
		return NULL;
	}
	memset(clone, 0, sizeof(*clone));
	clone->hdr = d->hdr;
	clone->hdr.nr_body = (uintptr_t)&clone->reg;
	/* The options belong to the original and may go away with it. */
	clone->hdr.nr_options = 0;
	clone->reg = d->reg;
	clone->ctx = d->ctx;
	clone->fd = -1;
	return clone;
}
