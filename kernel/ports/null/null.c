// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Null ports: nothing is ever sent or received. Programs use them to get
 * extra buffers of a region.
 */
#include <linux/slab.h>

#include "core/core.h"
#include "ports/ports.h"

static int nm_null_sync(struct netmap_kring *kring, int flags)
{
	return 0;
}

static int nm_null_register(struct netmap_adapter *na, int onoff)
{
	netmap_krings_mode_commit(na, onoff);
	if (na->active_fds)
		return 0;
	if (onoff)
		na->na_flags |= NAF_NETMAP_ON;
	else
		na->na_flags &= ~NAF_NETMAP_ON;
	return 0;
}

/**
 * nm_null_get() - a new null port, if the request means one
 * @lookup: the request; its name is only decoration, its region mandatory
 * @pna: set on success, left alone for requests of other kinds
 *
 * Return: 0; -EINVAL without a region, for requests that do not create
 * ports, and for rings without slots; -ENOMEM
 */
int nm_null_get(struct nm_lookup *lookup, struct netmap_adapter **pna)
{
	const struct nmreq_register *reg = lookup->reg;
	struct netmap_adapter *na;

	if (reg->nr_mode != NR_REG_NULL)
		return 0;
	if (!lookup->create)
		return -EINVAL;
	if (!lookup->mem) {
		nm_prlim(2, "%s: a null port needs a region (nr_mem_id)",
			 lookup->name);
		return -EINVAL;
	}
	if ((reg->nr_tx_rings && !reg->nr_tx_slots) ||
	    (reg->nr_rx_rings && !reg->nr_rx_slots))
		return -EINVAL;
	na = kzalloc(sizeof(*na), GFP_KERNEL);
	if (!na)
		return -ENOMEM;
	snprintf(na->name, sizeof(na->name), "null:%s", lookup->name);
	na->na_flags = NAF_OFFSETS;
	na->num_tx_rings = reg->nr_tx_rings;
	na->num_rx_rings = reg->nr_rx_rings;
	na->num_tx_desc = reg->nr_tx_slots;
	na->num_rx_desc = reg->nr_rx_slots;
	na->nm_register = nm_null_register;
	na->nm_txsync = nm_null_sync;
	na->nm_rxsync = nm_null_sync;
	nm_adapter_init(na, lookup->mem);
	*pna = na;
	return 0;
}
