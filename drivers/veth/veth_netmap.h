/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * netmap for veth, Linux 5.10 and newer. Included by veth.c below struct
 * veth_priv; manifest.json lists the places that call these functions.
 *
 * The two ends of a cable are the two ends of a netmap pipe: TX ring i of one
 * is connected to RX ring i of the other, and buffers travel without a copy.
 * Rings of both exist as soon as one is in netmap mode. What the stack sends
 * goes to the stack of the other end, as ever, unless its own end is in
 * netmap mode: then to the host rings.
 */
#ifndef _VETH_NETMAP_H_
#define _VETH_NETMAP_H_

#include <bsd_glue.h>
#include <net/netmap.h>
#include <netmap/netmap_kern.h>

#define NM_NIC_PRIV struct veth_priv
#include <netmap/nic_adapter.h>

#ifndef WITH_PIPES
#error "netmap on veth needs pipes: configure with --enable-pipe"
#endif

#define VETH_NETMAP_SLOTS 512

/* Rings that connect the ends: as many as the sender and the receiver have. */
static int veth_netmap_config(struct netmap_adapter *na,
			      struct nm_config_info *info)
{
	struct veth_priv *priv = netdev_priv(na->ifp);
	struct net_device *dev = na->ifp, *peer;

	/* the other end uses them: they stay */
	if (na->na_pair)
		return -EBUSY;
	rcu_read_lock();
	peer = rcu_dereference(priv->peer);
	if (peer) {
		info->num_tx_rings = min(dev->real_num_tx_queues,
					 peer->real_num_rx_queues);
		info->num_rx_rings = min(dev->real_num_rx_queues,
					 peer->real_num_tx_queues);
	}
	rcu_read_unlock();
	return 0;
}

static int veth_netmap_krings_create(struct netmap_adapter *na)
{
	struct veth_priv *priv = netdev_priv(na->ifp);
	struct netmap_adapter *other = NULL;
	struct net_device *peer;

	rcu_read_lock();
	peer = rcu_dereference(priv->peer);
	if (peer)
		other = NA(peer);
	rcu_read_unlock();
	/* the caller's lock keeps it attached */
	return other ? netmap_pair_krings_create(na, other) : -ENXIO;
}

static int veth_netmap_reg(struct netmap_adapter *na, int onoff)
{
	return onoff ? netmap_pipe_reg_both(na, na->na_pair) : 0;
}

static const struct nm_nic_driver nm_nic_driver = {
	.change = veth_netmap_reg,
};

static void veth_netmap_attach(struct net_device *dev)
{
	nm_nic_attach(&(struct netmap_adapter){
		.ifp = dev,
		/* the ends share a region */
		.na_flags = NAF_MEM_OWNER,
		.num_tx_rings = dev->real_num_tx_queues,
		.num_rx_rings = dev->real_num_rx_queues,
		.num_tx_desc = VETH_NETMAP_SLOTS,
		.num_rx_desc = VETH_NETMAP_SLOTS,
		.nm_config = veth_netmap_config,
		.nm_txsync = netmap_pipe_txsync,
		.nm_rxsync = netmap_pipe_rxsync,
		.nm_krings_create = veth_netmap_krings_create,
		.nm_krings_delete = netmap_pair_krings_delete,
	});
}

#endif /* _VETH_NETMAP_H_ */
