// SPDX-License-Identifier: BSD-2-Clause
/*
 * The part with the lock. Its own object file: programs that define LIBNETMAP_NOTHREADSAFE do not
 * link it, hence need no pthread.
 */
#include <pthread.h>
#include "libnetmap.h"

struct threadsafe_context {
	struct nmctx up; /* first: the callback gets a pointer to it */
	pthread_mutex_t mutex;
};

static struct threadsafe_context threadsafe_context = {
	.mutex = PTHREAD_MUTEX_INITIALIZER,
};

int nmctx_threadsafe;

static void
nmctx_pthread_lock(struct nmctx *ctx, int lock)
{
	struct threadsafe_context *context = (struct threadsafe_context *)ctx;

	if (lock)
		pthread_mutex_lock(&context->mutex);
	else
		pthread_mutex_unlock(&context->mutex);
}

void __attribute__((constructor))
nmctx_set_threadsafe(void)
{
	struct nmctx *old = nmctx_get();

	/* Called again: open ports hang on the list of the context, do not copy over it. */
	if (old == &threadsafe_context.up)
		return;
	threadsafe_context.up = *old;
	threadsafe_context.up.lock = nmctx_pthread_lock;
	nmctx_set_default(&threadsafe_context.up);
	nmctx_threadsafe = 1;
}
