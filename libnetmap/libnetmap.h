/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libnetmap: open netmap ports, share their memory, talk to the netmap control device.
 *
 * Port names:  subsystem ":" name [mode] ["/" flags] { "@" memid | "@" option }
 *   subsystem  netmap, or vale followed by the name of the switch (may be empty)
 *   name       interface, or port of a switch; name{id and name}id are the ends of a pipe
 *   mode       (none) all NIC rings, ^ host rings, ^N host ring N, * NIC and host, -N NIC ring N
 *   flags      x exclusive, z zero-copy monitor, t/r monitor tx/rx, R/T only rx/tx rings
 *   memid      number of a memory region, 1..65535
 *   option     share=port | conf:key=n,... | extmem=file | extmem:file=f,key=n,... |
 *              offset=n | offset:initial=n,bits=n    (see libnetmap(3))
 *
 * Conventions: pointers are NULL and ints -1 on failure, errno is set, and one message goes to the
 * error callback of the context (by default: stderr).
 *
 * Threads: a descriptor belongs to one thread at a time; different descriptors may be used by
 * different threads. Define LIBNETMAP_NOTHREADSAFE before inclusion in programs without threads
 * that do not want to link with pthread.
 */
#ifndef LIBNETMAP_H_
#define LIBNETMAP_H_

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <net/if.h>
#include <net/netmap_user.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct nmctx;
struct nmport_d;
struct nmem_d;

/* ---- contexts ---- */

typedef void (*nmctx_error_cb)(struct nmctx *, const char *);
typedef void *(*nmctx_malloc_cb)(struct nmctx *, size_t);
typedef void (*nmctx_free_cb)(struct nmctx *, void *);
typedef void (*nmctx_lock_cb)(struct nmctx *, int);

/* What the library needs from its surroundings. A user's context must provide error, malloc and
 * free; it has its own list of mappings. */
struct nmctx {
	int verbose;		  /* 0: error() is never called */
	nmctx_error_cb error;
	nmctx_malloc_cb malloc;
	nmctx_free_cb free;
	nmctx_lock_cb lock;	  /* 1 lock, 0 unlock; protects mem_descs; may be NULL */
	struct nmem_d *mem_descs; /* head of the list of mapped regions */
};

struct nmctx *nmctx_get(void);
/* Makes a context the default of ports opened from now on; returns the old one. */
struct nmctx *nmctx_set_default(struct nmctx *ctx);
/* Makes a copy of the default context with a mutex the default; runs by itself at load time. */
void nmctx_set_threadsafe(void);
void nmctx_ferror(struct nmctx *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void *nmctx_malloc(struct nmctx *, size_t);
void nmctx_free(struct nmctx *, void *);
void nmctx_lock(struct nmctx *);
void nmctx_unlock(struct nmctx *);

/* ---- ports ---- */

struct nmport_cleanup_d;

struct nmport_d {
	/* May be edited between nmport_prepare() and nmport_open_desc(). */
	struct nmreq_header hdr;
	struct nmreq_register reg;

	/* To be read only. */
	struct nmem_d *mem; /* equal pointers: same region, buffers can be exchanged */
	struct nmctx *ctx;
	int register_done;
	int mmap_done;
	struct nmreq_opt_extmem *extmem; /* NULL if none */
	int fd;				 /* -1 when not open */
	struct netmap_if *nifp;
	uint16_t first_tx_ring; /* bound rings are first..last; last < first: none */
	uint16_t last_tx_ring;
	uint16_t first_rx_ring;
	uint16_t last_rx_ring;
	uint16_t cur_tx_ring; /* where nmport_inject() tries first */
	uint16_t cur_rx_ring;

	struct nmport_cleanup_d *clist; /* internal */
};

/* One mapped region, shared by the ports of a context. */
struct nmem_d {
	uint16_t mem_id;
	int refcount;
	void *mem;
	size_t size;
	int is_extmem;
	struct nmem_d *next;
	struct nmem_d *prev;
};

/* open = prepare + open_desc; prepare = new + parse; open_desc = register + mmap. */
struct nmport_d *nmport_open(const char *portspec);
void nmport_close(struct nmport_d *d); /* NULL is allowed */

/* Copies a packet to the next TX ring with room (over several slots if need be). Returns size, or
 * 0 when no ring has room. Does not sync. */
int nmport_inject(struct nmport_d *d, const void *buf, size_t size);

struct nmport_d *nmport_new(void);
/* On failure hdr and reg are zeroed: begin with a new descriptor then. */
int nmport_parse(struct nmport_d *d, const char *portspec);
int nmport_register(struct nmport_d *d);
int nmport_mmap(struct nmport_d *d);
void nmport_delete(struct nmport_d *d);
void nmport_undo_parse(struct nmport_d *d);
void nmport_undo_register(struct nmport_d *d);
void nmport_undo_mmap(struct nmport_d *d);

struct nmport_d *nmport_prepare(const char *portspec);
int nmport_open_desc(struct nmport_d *d);
void nmport_undo_prepare(struct nmport_d *d); /* NULL is allowed */
void nmport_undo_open_desc(struct nmport_d *d);

/* A closed copy with the same header and register request, without options. */
struct nmport_d *nmport_clone(struct nmport_d *d);

/* Use memory of the program as the port's region; before nmport_register(). */
int nmport_extmem(struct nmport_d *d, void *base, size_t size);
int nmport_extmem_from_file(struct nmport_d *d, const char *fname);
struct nmreq_pools_info *nmport_extmem_getinfo(struct nmport_d *d); /* NULL without extmem */

/* Ask for packet offsets: initial offset of all slots, the largest one the program will use, the
 * number of bits of slot->ptr that hold it (0: all), and the room the kernel keeps free behind it. */
int nmport_offset(struct nmport_d *d, uint64_t initial, uint64_t maxoff, uint64_t bits,
		  uint64_t mingap);

/* Switch port name options on and off by name, at program start. enable fails with EOPNOTSUPP for
 * unknown ones. */
void nmport_disable_option(const char *opt);
int nmport_enable_option(const char *opt);

/* ---- requests to the control device ---- */

void nmreq_header_init(struct nmreq_header *hdr, uint16_t reqtype, void *body);

/* Read the parts of a port name, moving the pointer behind what was read. */
int nmreq_header_decode(const char **ppspec, struct nmreq_header *hdr, struct nmctx *ctx);
int nmreq_register_decode(const char **pmode, struct nmreq_register *reg, struct nmctx *ctx);

/* The id of the memory region of a port (the device is needed); moves the pointer behind the name. */
int32_t nmreq_get_mem_id(const char **portname, struct nmctx *ctx);

#define NMREQ_OPT_MAXKEYS 16

struct nmreq_parse_ctx;
typedef int (*nmreq_opt_parser_cb)(struct nmreq_parse_ctx *);

struct nmreq_opt_key {
	const char *key;
	int id; /* place of the value in nmreq_parse_ctx.keys */
	unsigned int flags;
#define NMREQ_OPTK_ALLOWEMPTY (1U << 0) /* "key" without "=value" is fine */
#define NMREQ_OPTK_MUSTSET (1U << 1)
#define NMREQ_OPTK_DEFAULT (1U << 2)
};

struct nmreq_opt_parser {
	const char *prefix; /* the option's name */
	nmreq_opt_parser_cb parse;
	int default_key; /* the key "option=value" sets; -1: none */
	int nr_keys;
	unsigned int flags;
#define NMREQ_OPTF_DISABLED (1U << 0)
#define NMREQ_OPTF_ALLOWEMPTY (1U << 1) /* "option" alone is fine */
	struct nmreq_opt_parser *next;
	struct nmreq_opt_key keys[NMREQ_OPT_MAXKEYS];
} __attribute__((aligned(16)));

struct nmreq_parse_ctx {
	struct nmctx *ctx;
	void *token;			     /* as given to nmreq_options_decode() */
	const char *keys[NMREQ_OPT_MAXKEYS]; /* values by key id, NULL: not set */
};

/* Reads "@opt@opt..." and calls the parser of each option with its values. */
int nmreq_options_decode(const char *opt, struct nmreq_opt_parser *parsers, void *token,
			 struct nmctx *ctx);

void nmreq_push_option(struct nmreq_header *, struct nmreq_option *);
void nmreq_remove_option(struct nmreq_header *, struct nmreq_option *);
struct nmreq_option *nmreq_find_option(struct nmreq_header *, uint32_t reqtype);
void nmreq_free_options(struct nmreq_header *); /* with free() */
const char *nmreq_option_name(uint32_t reqtype);

/* Not safe against removal of the current element. */
#define nmreq_foreach_option(h_, o_)                                              \
	for ((o_) = (struct nmreq_option *)((uintptr_t)((h_)->nr_options)); (o_); \
	     (o_) = (struct nmreq_option *)((uintptr_t)((o_)->nro_next)))

#ifndef LIBNETMAP_NOTHREADSAFE
extern int nmctx_threadsafe;
/* Never called; the reference makes the linker take the part with the lock from the archive. */
__attribute__((used)) static void
libnetmap_init(void)
{
	nmctx_threadsafe = 1;
}
#endif

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif /* LIBNETMAP_H_ */
