// SPDX-License-Identifier: BSD-2-Clause
/*
 * Linked into pkt-gen with --wrap=null_device_sync: what the null device would send is written to the
 * file of SPY_FILE, one line of hex digits a slot, "+" behind those with more to come. So buffers that
 * pkt-gen does not write again are looked at too, which its own dump (-X) would have it write.
 */
#include <stdio.h>
#include <stdlib.h>
#include "null-device.h"

int __real_null_device_sync(struct nmport_d *port);
int __wrap_null_device_sync(struct nmport_d *port);

int
__wrap_null_device_sync(struct nmport_d *port)
{
	static FILE *file;
	struct netmap_ring *ring = NETMAP_TXRING(port->nifp, port->first_tx_ring);
	uint32_t i = nm_ring_next(ring, ring->tail), k;

	if (!file)
		file = fopen(getenv("SPY_FILE"), "w");
	for (; i != ring->head; i = nm_ring_next(ring, i)) {
		const struct netmap_slot *slot = &ring->slot[i];
		const unsigned char *data = (const unsigned char *)NETMAP_BUF_OFFSET(ring, slot);

		for (k = 0; k < slot->len; k++)
			fprintf(file, "%02x", data[k]);
		fputs(slot->flags & NS_MOREFRAG ? "+\n" : "\n", file);
	}
	fflush(file);
	return __real_null_device_sync(port);
}
