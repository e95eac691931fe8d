// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Monitors: ports that see what another port sends and receives. A monitor
 * has a tap on each selected ring of its parent: see tap.c.
 *
 * Taps come and go while the rings of the parent, and of all its monitors,
 * are stopped.
 */
#include <linux/slab.h>

#include "ports/ports.h"
#include "mem/mem.h"
#include "monitor.h"

#define NM_MONITOR_SLOTS_MAX 4096
#define NM_MONITOR_FLAGS (NR_MONITOR_TX | NR_MONITOR_RX | NR_ZCOPY_MON)

static int nm_monitor_krings_create(struct netmap_adapter *na)
{
	int error = netmap_krings_create(na, 0);
	u32 i;

	if (error)
		return error;
	/* host rings too are filled by taps */
	for (i = 0; i < netmap_all_rings(na, NR_TX); i++)
		na->tx_rings[i]->nm_sync = nm_monitor_txsync;
	for (i = 0; i < netmap_all_rings(na, NR_RX); i++)
		na->rx_rings[i]->nm_sync = nm_monitor_rxsync;
	return 0;
}

/*
 * Watching
 */

/* The parent and its monitors pause while chains change, but for self. */
static void nm_monitor_pause(struct netmap_adapter *parent, struct nm_monitor *self,
			     bool pause)
{
	struct nm_monitor *mon;

	hlist_for_each_entry(mon, &parent->na_monitors, node) {
		if (mon == self)
			continue;
		if (pause)
			nm_krings_stop(&mon->up, NM_STOP_MONITOR);
		else
			nm_krings_start(&mon->up, NM_STOP_MONITOR);
	}
	if (pause)
		nm_krings_stop(parent, NM_STOP_MONITOR);
	else
		nm_krings_start(parent, NM_STOP_MONITOR);
}

static void nm_monitor_tap_rings(struct nm_monitor *mon, enum txrx t)
{
	struct netmap_adapter *parent = mon->parent;
	u32 i, nics = nma_get_nrings(parent, t);

	for (i = mon->rings.np_qfirst[t]; i < mon->rings.np_qlast[t]; i++) {
		struct nm_tap *tap = &mon->taps[mon->num_taps++];

		tap->tapped = NMR(parent, t)[i];
		/* host rings come after the monitor's own number of rings */
		tap->mkring = mon->up.rx_rings[i < nics ? i :
			      i - nics + mon->up.num_rx_rings];
		nm_tap_add(tap, mon->flags & NR_ZCOPY_MON);
	}
}

static int nm_monitor_attach(struct nm_monitor *mon)
{
	struct netmap_adapter *parent = mon->parent;

	if (!nm_netmap_on(parent) || !parent->tx_rings)
		return -ENXIO;
	mon->taps = kcalloc(netmap_all_rings(parent, NR_TX) +
			    netmap_all_rings(parent, NR_RX), sizeof(*mon->taps),
			    GFP_KERNEL);
	if (!mon->taps)
		return -ENOMEM;
	nm_monitor_pause(parent, mon, true);
	if (mon->flags & NR_MONITOR_TX)
		nm_monitor_tap_rings(mon, NR_TX);
	if (mon->flags & NR_MONITOR_RX)
		nm_monitor_tap_rings(mon, NR_RX);
	WRITE_ONCE(mon->attached, true);
	nm_monitor_pause(parent, mon, false);
	return 0;
}

/* The caller has stopped the rings of the parent and its monitors. */
static void nm_monitor_detach(struct nm_monitor *mon)
{
	WRITE_ONCE(mon->attached, false);
	while (mon->num_taps)
		nm_tap_del(&mon->taps[--mon->num_taps]);
	kfree(mon->taps);
	mon->taps = NULL;
}

static int nm_monitor_register(struct netmap_adapter *na, int onoff)
{
	struct nm_monitor *mon = nm_monitor_of(na);
	int error;

	if (onoff) {
		error = na->active_fds ? 0 : nm_monitor_attach(mon);
		if (error)
			return error;
		netmap_krings_mode_commit(na, 1);
		na->na_flags |= NAF_NETMAP_ON;
		return 0;
	}
	if (!na->active_fds && mon->attached) {
		nm_monitor_pause(mon->parent, mon, true);
		nm_monitor_detach(mon);
		nm_monitor_pause(mon->parent, mon, false);
	}
	if (!na->active_fds)
		na->na_flags &= ~NAF_NETMAP_ON;
	netmap_krings_mode_commit(na, 0);
	return 0;
}

/**
 * nm_monitors_detach() - a port leaves netmap mode: its monitors see no more
 * @na: the port, with kernel rings
 *
 * Context: nm_global_lock held.
 */
void nm_monitors_detach(struct netmap_adapter *na)
{
	struct nm_monitor *mon;

	na->monitor_id = 0;
	if (hlist_empty(&na->na_monitors))
		return;
	nm_monitor_pause(na, NULL, true);
	hlist_for_each_entry(mon, &na->na_monitors, node)
		if (mon->attached)
			nm_monitor_detach(mon);
	/* wakes those who wait for packets: they get an error */
	nm_monitor_pause(na, NULL, false);
}

static void nm_monitor_dtor(struct netmap_adapter *na)
{
	struct nm_monitor *mon = nm_monitor_of(na);

	hlist_del(&mon->node);
	netmap_adapter_put(mon->parent);
}

/*
 * Creation
 */

static struct netmap_mem_d *nm_monitor_mem(const struct nm_monitor *mon)
{
	const struct netmap_adapter *na = &mon->up;

	if (mon->flags & NR_ZCOPY_MON)
		return netmap_mem_get(mon->parent->nm_mem);
	return nm_mem_private_new(&(struct nm_mem_need){
		.tx_rings = na->num_tx_rings + na->num_host_tx_rings,
		.rx_rings = na->num_rx_rings + na->num_host_rx_rings,
		.tx_slots = na->num_tx_desc, .rx_slots = na->num_rx_desc });
}

static void nm_monitor_describe(struct nm_monitor *mon,
				const struct nmreq_register *reg)
{
	struct netmap_adapter *na = &mon->up, *parent = mon->parent;
	bool zcopy = mon->flags & NR_ZCOPY_MON;

	snprintf(na->name, sizeof(na->name), "%.50s/%s%s%s#%u", parent->name,
		 zcopy ? "z" : "", mon->flags & NR_MONITOR_RX ? "r" : "",
		 mon->flags & NR_MONITOR_TX ? "t" : "", parent->monitor_id++);
	na->na_flags = NAF_MEM_OWNER | (zcopy ? 0 : NAF_OFFSETS) |
		       (parent->na_flags & NAF_HOST_RINGS);
	na->num_tx_rings = 1;
	na->num_rx_rings = max(parent->num_tx_rings, parent->num_rx_rings);
	if (na->na_flags & NAF_HOST_RINGS) {
		na->num_host_tx_rings = parent->num_host_tx_rings;
		na->num_host_rx_rings = max(parent->num_host_tx_rings,
					    parent->num_host_rx_rings);
	}
	na->num_tx_desc = clamp(reg->nr_tx_slots ?: parent->num_tx_desc, 1U,
				NM_MONITOR_SLOTS_MAX);
	na->num_rx_desc = clamp(reg->nr_rx_slots ?: parent->num_rx_desc, 1U,
				NM_MONITOR_SLOTS_MAX);
	na->nm_register = nm_monitor_register;
	na->nm_txsync = nm_monitor_txsync;
	na->nm_rxsync = nm_monitor_rxsync;
	na->nm_krings_create = nm_monitor_krings_create;
	na->nm_krings_delete = netmap_krings_delete;
	na->nm_dtor = nm_monitor_dtor;
}

/* Takes over the reference on the parent, if it succeeds. */
static int nm_monitor_new(struct nm_lookup *lookup, struct netmap_adapter *parent,
			  struct netmap_adapter **pna)
{
	struct nmreq_register *reg = lookup->reg;
	struct netmap_mem_d *mem;
	struct nm_monitor *mon = kzalloc(sizeof(*mon), GFP_KERNEL);
	int error;

	if (!mon)
		return -ENOMEM;
	/* exchanged buffers cannot be told apart by direction */
	if (reg->nr_flags & NR_ZCOPY_MON)
		reg->nr_flags |= NR_MONITOR_TX | NR_MONITOR_RX;
	mon->flags = reg->nr_flags & NM_MONITOR_FLAGS;
	mon->parent = parent;
	error = nm_rings_select(&mon->rings, parent, reg);
	if (error)
		goto fail;
	nm_monitor_describe(mon, reg);
	mem = nm_monitor_mem(mon);
	if (IS_ERR(mem)) {
		error = PTR_ERR(mem);
		goto fail;
	}
	nm_adapter_init(&mon->up, mem);
	netmap_mem_put(mem);
	hlist_add_head(&mon->node, &parent->na_monitors);
	*pna = &mon->up;
	return 0;
fail:
	kfree(mon);
	return error;
}

/**
 * nm_monitor_get() - a new monitor, if the request asks for one
 * @lookup: NR_MONITOR_TX, NR_MONITOR_RX, NR_ZCOPY_MON; the name and the rings
 *	are those of the port to watch
 * @pna: set on success
 *
 * Context: nm_global_lock held.
 *
 * Return: 0; errors of the other port; -EINVAL if it is not in netmap mode or
 * has no such rings; -EBUSY if it is attached to a switch; -ENOMEM
 */
int nm_monitor_get(struct nm_lookup *lookup, struct netmap_adapter **pna)
{
	struct nmreq_register reg = *lookup->reg;
	struct nm_lookup watched = *lookup;
	struct netmap_adapter *parent;
	int error;

	if (!(reg.nr_flags & NM_MONITOR_FLAGS))
		return 0;
	reg.nr_flags &= ~(u64)NM_MONITOR_FLAGS;
	watched.reg = &reg;
	error = nm_port_get(&watched, &parent);
	if (error)
		return error;
	if (parent->na_flags & NAF_BUSY)
		error = -EBUSY;
	else if (!nm_netmap_on(parent))
		error = -EINVAL;
	else
		error = nm_monitor_new(lookup, parent, pna);
	if (error)
		netmap_adapter_put(parent);
	return error;
}
