// SPDX-License-Identifier: BSD-2-Clause
/* Contexts: where messages go and where memory comes from. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nmport-internal.h"

/* Messages are cut off here in the original's interface; callers may rely on a short line. */
#define MESSAGE_SIZE 1000

static void
nmctx_default_error(struct nmctx *ctx, const char *message)
{
	(void)ctx;
	fprintf(stderr, "%s\n", message);
}

static void *
nmctx_default_malloc(struct nmctx *ctx, size_t size)
{
	(void)ctx;
	return malloc(size);
}

static void
nmctx_default_free(struct nmctx *ctx, void *memory)
{
	(void)ctx;
	free(memory);
}

static struct nmctx default_context = {
	.verbose = 1,
	.error = nmctx_default_error,
	.malloc = nmctx_default_malloc,
	.free = nmctx_default_free,
};

static struct nmctx *current_context = &default_context;

struct nmctx *
nmctx_get(void)
{
	return current_context;
}

struct nmctx *
nmctx_set_default(struct nmctx *ctx)
{
	struct nmctx *old = current_context;

	current_context = ctx;
	return old;
}

void
nmctx_ferror(struct nmctx *ctx, const char *fmt, ...)
{
	char message[MESSAGE_SIZE];
	va_list args;
	int length;

	if (!ctx->verbose)
		return;
	va_start(args, fmt);
	length = vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	if (length < 0)
		ctx->error(ctx, "internal error while formatting an error message");
	else if ((size_t)length >= sizeof(message))
		ctx->error(ctx, "error message too long");
	else
		ctx->error(ctx, message);
}

static const char *
device_hint(int error)
{
	switch (error) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		return " (is netmap.ko loaded?)";
	case EACCES:
	case EPERM:
		return " (run as root, or give this user access to " NETMAP_DEVICE_NAME ")";
	default:
		return "";
	}
}

int
nmctx_open_device(struct nmctx *ctx)
{
	int fd = open(NETMAP_DEVICE_NAME, O_RDWR), error = errno;

	if (fd < 0) {
		nmctx_ferror(ctx, NETMAP_DEVICE_NAME ": %s%s", strerror(error),
			     device_hint(error));
		errno = error;
	}
	return fd;
}

void *
nmctx_malloc(struct nmctx *ctx, size_t size)
{
	return ctx->malloc(ctx, size);
}

void
nmctx_free(struct nmctx *ctx, void *memory)
{
	ctx->free(ctx, memory);
}

void
nmctx_lock(struct nmctx *ctx)
{
	if (ctx->lock)
		ctx->lock(ctx, 1);
}

void
nmctx_unlock(struct nmctx *ctx)
{
	if (ctx->lock)
		ctx->lock(ctx, 0);
}
