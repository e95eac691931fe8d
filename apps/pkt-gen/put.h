/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKT_GEN_PUT_H_
#define PKT_GEN_PUT_H_

#include "pkt-gen.h"

/* How a packet spreads over slots. */
struct layout {
	int slots;
	int fragment; /* bytes of all but the last slot */
};

/* What sending one batch needs; constant during the batch. */
struct batch {
	struct frame *frame;
	struct layout layout;
	int size; /* bytes of a packet, virtio-net header included */
	uint32_t options;
	int copy; /* always write the buffers */
	int padding; /* a buffer has room for the copied bytes up to the next 64 */
	/* the quickest of the put_... functions that fits; returns the slot after the last packet */
	uint32_t (*put)(const struct batch *batch, struct netmap_ring *ring, uint32_t head,
			uint32_t count);
};

struct layout layout_plan(int size, int wanted, int limit);
void batch_choose(struct batch *batch, const struct config *config, uint32_t ring_slots, int limit);

#endif
