// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Emulated adapters: made when a program asks for an interface without native
 * support, gone with the last reference.
 */
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "ports/ports.h"
#include "ports/native/native.h"
#include "mem/mem.h"
#include "emulated.h"

#define NM_GENERIC_RX_MAX 32768 /* largest MTU */

static int generic_ringsize = 1024;
module_param(generic_ringsize, int, 0644);
MODULE_PARM_DESC(generic_ringsize,
		 "Slots of emulated rings of interfaces that do not tell theirs");
static int generic_rings = 1;
module_param(generic_rings, int, 0644);
MODULE_PARM_DESC(generic_rings, "Without effect: there are as many rings as queues");
static int generic_txqdisc = 1;
module_param(generic_txqdisc, int, 0644);
MODULE_PARM_DESC(generic_txqdisc,
		 "Let a queueing discipline tell when the driver has room");

static int nm_generic_start(struct nm_generic *g)
{
	struct netmap_adapter *na = &g->hw.up;
	int error = nm_generic_rx_start(g);

	if (error) {
		nm_prlim(2, "%s: %s", na->name, error == -EBUSY ?
			 "is in a bridge, bond or the like" : "no RX handler");
		return error;
	}
	nm_generic_qdisc_attach(g);
	nm_set_native_flags(na);
	nm_prinf("%s: emulated adapter activated", na->name);
	return 0;
}

static void nm_generic_stop(struct nm_generic *g)
{
	struct netmap_adapter *na = &g->hw.up;

	nm_clear_native_flags(na);
	nm_generic_qdisc_detach(g);
	/* also waits for the transmit path and for dequeues that look at us */
	nm_generic_rx_stop(g);
	nm_prinf("%s: emulated adapter deactivated", na->name);
}

/* rtnl held, no syncs. */
static int nm_generic_register(struct netmap_adapter *na, int onoff)
{
	struct nm_generic *g = nm_generic_of(na);
	int error;

	if (onoff && !na->active_fds) {
		error = nm_generic_start(g);
		if (error)
			return error;
	}
	netmap_krings_mode_commit(na, onoff);
	if (!onoff) {
		nm_generic_tx_drain(g);
		if (!na->active_fds)
			nm_generic_stop(g);
	}
	return 0;
}

static int nm_generic_krings_create(struct netmap_adapter *na)
{
	struct nm_generic *g = nm_generic_of(na);
	int error;

	error = netmap_krings_create(na, 0);
	if (error)
		return error;
	error = nm_spare_get();
	if (error)
		goto err_krings;
	error = nm_generic_tx_init(g);
	if (error)
		goto err_spare;
	error = nm_generic_rx_init(g);
	if (error)
		goto err_tx;
	return 0;

err_tx:
	nm_generic_tx_exit(g);
err_spare:
	nm_spare_put();
err_krings:
	netmap_krings_delete(na);
	return error;
}

static void nm_generic_krings_delete(struct netmap_adapter *na)
{
	struct nm_generic *g = nm_generic_of(na);

	nm_generic_rx_exit(g);
	nm_generic_tx_exit(g);
	nm_spare_put();
	netmap_krings_delete(na);
}

/* The interface goes away; nothing of it is used after this. */
void nm_generic_gone(struct netmap_adapter *na)
{
	struct net_device *dev = na->ifp;

	nm_hw_unlink(dev, na);
	na->ifp = NULL;
	dev_put(dev);
}

static void nm_generic_dtor(struct netmap_adapter *na)
{
	if (na->ifp)
		nm_generic_gone(na);
	nm_prinf("%s: emulated adapter destroyed", na->name);
}

static int nm_generic_create(struct net_device *dev, struct netmap_adapter **pna)
{
	struct netmap_mem_d *mem = nm_mem_initial(NULL);
	struct nm_generic *g = kzalloc(sizeof(*g), GFP_KERNEL);
	struct netmap_adapter *na;
	int error = -ENOMEM;

	if (!g)
		goto out;
	na = &g->hw.up;
	na->ifp = dev;
	na->na_flags = NAF_SKIP_INTR | NAF_HOST_RINGS | NAF_OFFSETS;
	na->num_tx_desc = generic_ringsize;
	na->num_rx_desc = generic_ringsize;
	na->num_tx_rings = dev->real_num_tx_queues;
	na->num_rx_rings = dev->real_num_rx_queues;
	na->num_host_tx_rings = 1;
	na->num_host_rx_rings = 1;
	na->rx_buf_maxsize = NM_GENERIC_RX_MAX;
	na->nm_txsync = nm_generic_txsync;
	na->nm_rxsync = nm_generic_rxsync;
	na->nm_config = nm_os_config;
	na->nm_krings_create = nm_generic_krings_create;
	na->nm_krings_delete = nm_generic_krings_delete;
	na->nm_dtor = nm_generic_dtor;
	strscpy(na->name, dev->name, sizeof(na->name));
	g->txqdisc = generic_txqdisc != 0;
	nm_hw_init(&g->hw, nm_generic_register);
	nm_adapter_init(na, mem);
	nm_port_refresh(na);
	error = -EINVAL;
	if (!na->num_tx_desc || !na->num_rx_desc)
		goto err_mem;
	/* an interface that is going has no queues */
	error = -ENXIO;
	if (!na->num_tx_rings || !na->num_rx_rings)
		goto err_mem;
	error = nm_hw_link(dev, na);
	if (error)
		goto err_mem;
	dev_hold(dev);
	nm_prinf("%s: emulated adapter created", na->name);
	*pna = na;
	goto out;

err_mem:
	netmap_mem_put(na->nm_mem);
	kfree(g);
out:
	netmap_mem_put(mem);
	return error;
}

/**
 * nm_generic_get() - the emulated adapter of an interface
 * @dev: the interface, which the caller holds
 * @pna: set on success; the caller has a reference
 *
 * Context: nm_global_lock held.
 *
 * Return: 0, -EINVAL if its rings would have no slots, -ENXIO if the interface
 * is going, -ENOMEM
 */
int nm_generic_get(struct net_device *dev, struct netmap_adapter **pna)
{
	struct netmap_adapter *na = nm_na_lookup(dev, 0);

	if (!na)
		return nm_generic_create(dev, pna);
	*pna = na;
	return 0;
}

int nm_generic_init(void)
{
	return nm_generic_qdisc_init();
}

void nm_generic_exit(void)
{
	nm_generic_qdisc_exit();
}
