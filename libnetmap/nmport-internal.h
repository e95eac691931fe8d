/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of nmport share. */
#ifndef NMPORT_INTERNAL_H_
#define NMPORT_INTERNAL_H_

#define LIBNETMAP_NOTHREADSAFE
#include "libnetmap.h"

/* An action that undoes a step; run last in, first out. Embedded first in what it needs. */
struct nmport_cleanup_d {
	struct nmport_cleanup_d *next;
	void (*cleanup)(struct nmport_cleanup_d *, struct nmport_d *);
};

void nmport_push_cleanup(struct nmport_d *d, struct nmport_cleanup_d *cleanup);
void nmport_do_cleanup(struct nmport_d *d);

/* Opens the control device. Returns the descriptor, or -1 with errno set and a message given. */
int nmctx_open_device(struct nmctx *ctx);

/* The options of port names; the token of their parsers is the struct nmport_d. */
struct nmreq_opt_parser *nmport_option_parsers(void);

#endif
