// SPDX-License-Identifier: BSD-2-Clause
/* What changes a register request before it is made: memory of the program, packet offsets. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "nmport-internal.h"

void
nmport_push_cleanup(struct nmport_d *d, struct nmport_cleanup_d *cleanup)
{
	cleanup->next = d->clist;
	d->clist = cleanup;
}

void
nmport_do_cleanup(struct nmport_d *d)
{
	while (d->clist) {
		struct nmport_cleanup_d *cleanup = d->clist;

		d->clist = cleanup->next;
		cleanup->cleanup(cleanup, d);
		nmctx_free(d->ctx, cleanup);
	}
}

static void *
allocate(struct nmport_d *d, size_t size)
{
	void *memory = nmctx_malloc(d->ctx, size);

	if (!memory) {
		nmctx_ferror(d->ctx, "%s: out of memory", d->hdr.nr_name);
		errno = ENOMEM;
		return NULL;
	}
	return memset(memory, 0, size);
}

struct extmem_cleanup {
	struct nmport_cleanup_d up;
	struct nmreq_opt_extmem option;
};

static void
extmem_cleanup(struct nmport_cleanup_d *cleanup, struct nmport_d *d)
{
	struct extmem_cleanup *extmem = (struct extmem_cleanup *)cleanup;

	nmreq_remove_option(&d->hdr, &extmem->option.nro_opt);
	d->extmem = NULL;
}

int
nmport_extmem(struct nmport_d *d, void *base, size_t size)
{
	struct extmem_cleanup *extmem;

	if (d->register_done || d->extmem) {
		nmctx_ferror(d->ctx, "%s: %s", d->hdr.nr_name,
			     d->extmem ? "extmem already in use" :
					 "extmem must be given before registration");
		errno = EINVAL;
		return -1;
	}
	extmem = allocate(d, sizeof(*extmem));
	if (!extmem)
		return -1;
	extmem->up.cleanup = extmem_cleanup;
	extmem->option.nro_opt.nro_reqtype = NETMAP_REQ_OPT_EXTMEM;
	extmem->option.nro_usrptr = (uintptr_t)base;
	extmem->option.nro_info.nr_memsize = size;
	d->extmem = &extmem->option;
	nmreq_push_option(&d->hdr, &extmem->option.nro_opt);
	nmport_push_cleanup(d, &extmem->up);
	return 0;
}

struct file_cleanup {
	struct nmport_cleanup_d up;
	void *base;
	size_t size;
};

static void
file_cleanup(struct nmport_cleanup_d *cleanup, struct nmport_d *d)
{
	struct file_cleanup *file = (struct file_cleanup *)cleanup;

	(void)d;
	munmap(file->base, file->size);
}

/* Maps a whole file shared, read/write. */
static void *
map_file(const char *fname, size_t *size)
{
	int error, fd = open(fname, O_RDWR);
	void *base = MAP_FAILED;
	off_t length;

	if (fd < 0)
		return MAP_FAILED;
	length = lseek(fd, 0, SEEK_END);
	if (length >= 0) {
		*size = (size_t)length;
		base = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	}
	error = errno;
	close(fd);
	errno = error;
	return base;
}

int
nmport_extmem_from_file(struct nmport_d *d, const char *fname)
{
	struct file_cleanup *file = allocate(d, sizeof(*file));
	int error;

	if (!file)
		return -1;
	file->up.cleanup = file_cleanup;
	file->base = map_file(fname, &file->size);
	if (file->base == MAP_FAILED) {
		error = errno;
		nmctx_ferror(d->ctx, "cannot map '%s': %s", fname, strerror(error));
		nmctx_free(d->ctx, file);
		errno = error;
		return -1;
	}
	/* Below the option in the list: unmapped after the option is gone. */
	nmport_push_cleanup(d, &file->up);
	if (nmport_extmem(d, file->base, file->size) < 0) {
		error = errno;
		d->clist = file->up.next;
		munmap(file->base, file->size);
		nmctx_free(d->ctx, file);
		errno = error;
		return -1;
	}
	return 0;
}

struct nmreq_pools_info *
nmport_extmem_getinfo(struct nmport_d *d)
{
	return d->extmem ? &d->extmem->nro_info : NULL;
}

struct offset_cleanup {
	struct nmport_cleanup_d up;
	struct nmreq_opt_offsets option;
};

static void
offset_cleanup(struct nmport_cleanup_d *cleanup, struct nmport_d *d)
{
	struct offset_cleanup *offset = (struct offset_cleanup *)cleanup;

	nmreq_remove_option(&d->hdr, &offset->option.nro_opt);
}

int
nmport_offset(struct nmport_d *d, uint64_t initial, uint64_t maxoff, uint64_t bits, uint64_t mingap)
{
	struct offset_cleanup *offset = allocate(d, sizeof(*offset));

	if (!offset)
		return -1;
	offset->up.cleanup = offset_cleanup;
	offset->option.nro_opt.nro_reqtype = NETMAP_REQ_OPT_OFFSETS;
	offset->option.nro_offset_bits = (uint32_t)bits;
	offset->option.nro_initial_offset = initial;
	offset->option.nro_max_offset = maxoff;
	offset->option.nro_min_gap = mingap;
	nmreq_push_option(&d->hdr, &offset->option.nro_opt);
	nmport_push_cleanup(d, &offset->up);
	return 0;
}
