/* SPDX-License-Identifier: BSD-2-Clause */
/* dedup: copies packets from one port to another, leaving out those seen a short time ago. */
#ifndef DEDUP_H_
#define DEDUP_H_

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <net/netmap_user.h>
#include "memory.h"

struct dedup {
	struct netmap_ring *in, *out;
	struct memory memory;
	uint64_t window_us;
	int zerocopy;
	/*
	 * 1: packets stay in the output ring while they are remembered, from head to cur, and are sent
	 * when they are forgotten. 0: they are sent at once, copies are remembered in extra buffers.
	 */
	int hold;
	uint32_t *extra; /* buffer indexes by entry of the memory; not with hold */
	uint64_t received, forwarded, duplicates;
};

/* Forgets what is older than the window at time now_us (and sends it, with hold). */
void dedup_expire(struct dedup *dedup, uint64_t now_us);
/* Moves what is there and fits. Returns the number of packets taken. */
uint32_t dedup_move(struct dedup *dedup);
/* Sends everything that is held. */
void dedup_flush(struct dedup *dedup);

#endif
