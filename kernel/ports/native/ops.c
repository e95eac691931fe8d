// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * What the stack may do to an interface while it is in netmap mode: the
 * operations that replace those of its driver.
 */
#include <linux/ethtool.h>
#include <linux/export.h>
#include <linux/rtnetlink.h>

#include "core/core.h"
#include "ports/host/host.h"
#include "native.h"

/**
 * linux_netmap_start_xmit() - ndo_start_xmit of an interface in netmap mode
 * @skb: packet of the stack
 * @dev: interface with an adapter in netmap mode
 *
 * A queue that netmap does not use stays with the driver, all else goes to
 * the host rings.
 */
netdev_tx_t linux_netmap_start_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct netmap_adapter *na = NA(dev);
	struct netmap_kring **rings;
	u32 q;

	if (!nm_netmap_on(na))
		na = nm_generic_find(dev);
	if (!nm_netmap_on(na)) {
		/* raced with the end of netmap mode */
		dev_kfree_skb_any(skb);
		return NETDEV_TX_OK;
	}
	q = skb_get_queue_mapping(skb) % na->num_tx_rings;
	rings = READ_ONCE(na->tx_rings);
	if (!rings || READ_ONCE(rings[q]->nr_mode) != NKR_NETMAP_ON)
		return nm_hwna(na)->nm_ndo_orig->ndo_start_xmit(skb, dev);
	return nm_host_queue(na, skb);
}
EXPORT_SYMBOL(linux_netmap_start_xmit);

/**
 * linux_netmap_change_mtu() - ndo_change_mtu of an interface in netmap mode
 * @dev: the interface
 * @mtu: bytes
 *
 * Return: -EINVAL if frames would not fit in the buffers, else what the
 * driver says.
 */
int linux_netmap_change_mtu(struct net_device *dev, int mtu)
{
	struct netmap_adapter *na = NA(dev);
	int (*change_mtu)(struct net_device *dev, int mtu);
	int error = nm_native_check_mtu(na, mtu);

	if (error) {
		netdev_err(dev, "netmap: mtu %d does not fit in buffers of %u bytes\n",
			   mtu, NETMAP_BUF_SIZE(na));
		return -EINVAL;
	}
	change_mtu = nm_hwna(na)->nm_ndo_orig->ndo_change_mtu;
	if (change_mtu)
		return change_mtu(dev, mtu);
	WRITE_ONCE(dev->mtu, mtu);
	return 0;
}
EXPORT_SYMBOL(linux_netmap_change_mtu);

/* The number of slots and rings must not change under the programs. */
int linux_netmap_set_ringparam(NM_RINGPARAM_ARGS)
{
	return -EBUSY;
}
EXPORT_SYMBOL(linux_netmap_set_ringparam);

static int linux_netmap_set_channels(struct net_device *dev,
				     struct ethtool_channels *channels)
{
	return -EBUSY;
}

/**
 * nm_native_check_mtu() - can the interface receive frames of this MTU?
 * @na: adapter with a region
 * @mtu: bytes, without the Ethernet header
 *
 * Return: 0; -EIO if the driver told no maximum; -EINVAL if frames do not
 * fit in the buffers of the region.
 */
int nm_native_check_mtu(struct netmap_adapter *na, unsigned int mtu)
{
	unsigned int bufsize = NETMAP_BUF_SIZE(na), max = na->rx_buf_maxsize;

	if (!max)
		return -EIO;
	if (mtu <= max)
		return bufsize < mtu ? -EINVAL : 0;
	if (!(na->na_flags & NAF_MOREFRAG) || bufsize < max)
		return -EINVAL;
	nm_prinf("%s: packets of mtu %u take several slots (NS_MOREFRAG)",
		 na->name, mtu);
	return 0;
}

/**
 * nm_set_native_flags() - enter netmap mode
 * @na: the adapter
 *
 * From the register callback, before the NIC is programmed. Does nothing if
 * another descriptor is bound already. Context: rtnl held.
 */
void nm_set_native_flags(struct netmap_adapter *na)
{
	struct netmap_hw_adapter *hwna = nm_hwna(na);

	if (na->active_fds > 0)
		return;
	na->na_flags |= NAF_NETMAP_ON;
	na->ifp->netdev_ops = &hwna->nm_ndo;
	na->ifp->ethtool_ops = &hwna->nm_eto;
}
EXPORT_SYMBOL(nm_set_native_flags);

/**
 * nm_clear_native_flags() - leave netmap mode
 * @na: the adapter
 *
 * The counterpart of nm_set_native_flags(), same context. Does nothing while
 * a descriptor is bound.
 */
void nm_clear_native_flags(struct netmap_adapter *na)
{
	struct netmap_hw_adapter *hwna = nm_hwna(na);

	if (na->active_fds > 0)
		return;
	na->ifp->netdev_ops = hwna->nm_ndo_orig;
	na->ifp->ethtool_ops = hwna->nm_eto_orig;
	na->na_flags &= ~NAF_NETMAP_ON;
}
EXPORT_SYMBOL(nm_clear_native_flags);

/*
 * The driver's register callback under rtnl, and never once it is gone. An
 * interface that is going enters netmap mode no more.
 */
static int nm_hw_register(struct netmap_adapter *na, int onoff)
{
	int error;

	rtnl_lock();
	if (na->na_flags & NAF_ZOMBIE)
		error = onoff ? -ENXIO : 0;
	else if (onoff && na->ifp->reg_state >= NETREG_UNREGISTERING)
		error = -ENXIO;
	else
		error = nm_hwna(na)->nm_hw_register(na, onoff);
	rtnl_unlock();
	return error;
}

/**
 * nm_hw_init() - what adapters of interfaces have in common
 * @hwna: adapter with interface and flags
 * @reg: register callback, to be called under rtnl until the interface goes
 */
void nm_hw_init(struct netmap_hw_adapter *hwna,
		int (*reg)(struct netmap_adapter *na, int onoff))
{
	struct net_device *dev = hwna->up.ifp;

	hwna->nm_hw_register = reg;
	hwna->up.nm_register = nm_hw_register;
	hwna->attach_time = jiffies;
	hwna->nm_ndo_orig = dev->netdev_ops;
	hwna->nm_ndo = *dev->netdev_ops;
	hwna->nm_ndo.ndo_start_xmit = linux_netmap_start_xmit;
	if (hwna->up.na_flags & NAF_NATIVE)
		hwna->nm_ndo.ndo_change_mtu = linux_netmap_change_mtu;
	hwna->nm_eto_orig = dev->ethtool_ops;
	if (dev->ethtool_ops)
		hwna->nm_eto = *dev->ethtool_ops;
	if (hwna->nm_eto.set_ringparam)
		hwna->nm_eto.set_ringparam = linux_netmap_set_ringparam;
	if (hwna->nm_eto.set_channels && hwna->up.na_flags & NAF_NATIVE)
		hwna->nm_eto.set_channels = linux_netmap_set_channels;
}
