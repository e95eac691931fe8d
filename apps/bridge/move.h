/* SPDX-License-Identifier: BSD-2-Clause */
/* Moving packets between the rings of two ports. */
#ifndef BRIDGE_MOVE_H_
#define BRIDGE_MOVE_H_

#include <libnetmap.h>

struct mover {
	int zerocopy; /* exchange buffers instead of copying; both ports in one region */
	int verbose;  /* 1: log every move, 2: every slot */
	uint32_t burst; /* slots per ring and move */
};

/* Slots with packets in the bound receive rings, room in the bound transmit rings. */
uint32_t rx_slots(const struct nmport_d *port);
uint32_t tx_slots(const struct nmport_d *port);

/* Moves what is there and fits from src to dst, rx rings in order to tx rings in order. Returns
 * packets (the slots without NS_MOREFRAG). */
uint64_t ports_move(const struct mover *mover, struct nmport_d *src, struct nmport_d *dst);

#endif
