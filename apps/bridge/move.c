// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>
#include "log.h"
#include "move.h"

uint32_t
rx_slots(const struct nmport_d *port)
{
	uint32_t r, total = 0;

	for (r = port->first_rx_ring; r <= port->last_rx_ring; r++)
		total += nm_ring_space(NETMAP_RXRING(port->nifp, r));
	return total;
}

uint32_t
tx_slots(const struct nmport_d *port)
{
	uint32_t r, total = 0;

	for (r = port->first_tx_ring; r <= port->last_tx_ring; r++)
		total += nm_ring_space(NETMAP_TXRING(port->nifp, r));
	return total;
}

/* Which side of a port a ring belongs to: host rings follow the NIC rings. */
static const char *
side(uint32_t ring, uint16_t nic_rings)
{
	return ring >= nic_rings ? "host" : "nic";
}

/* One slot. Kernel memory is shared: indexes and lengths are checked before they are used. */
static void
move_slot(const struct mover *mover, struct netmap_ring *rx, uint32_t j, struct netmap_ring *tx,
	  uint32_t k)
{
	struct netmap_slot *rs = &rx->slot[j], *ts = &tx->slot[k];
	int usable = 1;

	if (rs->buf_idx < 2 || ts->buf_idx < 2) {
		RD(2, "wrong index rxr[%d] = %d -> txr[%d] = %d", j, rs->buf_idx, k, ts->buf_idx);
		usable = 0;
	}
	if (rs->len > rx->nr_buf_size || rs->len > tx->nr_buf_size) {
		RD(2, "wrong len %d rx[%d] -> tx[%d]", rs->len, j, k);
		usable = 0;
	}
	ts->len = usable ? rs->len : 0;
	ts->flags = (uint16_t)((ts->flags & ~NS_MOREFRAG) | (rs->flags & NS_MOREFRAG));
	if (!usable)
		return;
	if (mover->zerocopy) {
		uint32_t index = ts->buf_idx;

		ts->buf_idx = rs->buf_idx;
		rs->buf_idx = index;
		ts->flags |= NS_BUF_CHANGED;
		rs->flags |= NS_BUF_CHANGED;
	} else {
		nm_pkt_copy(NETMAP_BUF_OFFSET(rx, rs), NETMAP_BUF_OFFSET(tx, ts), ts->len);
	}
}

static uint64_t
rings_move(const struct mover *mover, struct netmap_ring *rx, struct netmap_ring *tx,
	   const char *from_to)
{
	uint32_t j = rx->head, k = tx->head, n = mover->burst, i;
	uint64_t packets = 0;

	if (nm_ring_space(rx) < n)
		n = nm_ring_space(rx);
	if (nm_ring_space(tx) < n)
		n = nm_ring_space(tx);
	for (i = 0; i < n; i++) {
		if (mover->verbose > 1)
			D("%s: fwd len %u, rx[%u] -> tx[%u]", from_to, rx->slot[j].len, j, k);
		packets += !(rx->slot[j].flags & NS_MOREFRAG);
		move_slot(mover, rx, j, tx, k);
		j = nm_ring_next(rx, j);
		k = nm_ring_next(tx, k);
	}
	rx->head = rx->cur = j;
	tx->head = tx->cur = k;
	if (mover->verbose && n)
		D("%s fwd %d packets: rxring %u --> txring %u", from_to, (int)n, rx->ringid,
		  tx->ringid);
	return packets;
}

uint64_t
ports_move(const struct mover *mover, struct nmport_d *src, struct nmport_d *dst)
{
	uint32_t si = src->first_rx_ring, di = dst->first_tx_ring;
	char from_to[2 * NETMAP_REQ_IFNAMSIZ + 32];
	uint64_t packets = 0;

	while (si <= src->last_rx_ring && di <= dst->last_tx_ring) {
		struct netmap_ring *rx = NETMAP_RXRING(src->nifp, si);
		struct netmap_ring *tx = NETMAP_TXRING(dst->nifp, di);

		if (nm_ring_empty(rx)) {
			si++;
			continue;
		}
		if (nm_ring_empty(tx)) {
			di++;
			continue;
		}
		if (mover->verbose)
			snprintf(from_to, sizeof(from_to), "%s:%s --> %s:%s", src->hdr.nr_name,
				 side(si, src->reg.nr_rx_rings), dst->hdr.nr_name,
				 side(di, dst->reg.nr_tx_rings));
		packets += rings_move(mover, rx, tx, from_to);
	}
	return packets;
}
