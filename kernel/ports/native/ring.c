// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * What drivers call in their open, reset and interrupt paths.
 */
#include <linux/ethtool.h>
#include <linux/export.h>
#include <linux/rtnetlink.h>

#include "core/core.h"

int netmap_no_pendintr = 1;
module_param_named(no_pendintr, netmap_no_pendintr, int, 0644);
MODULE_PARM_DESC(no_pendintr, "RX sync always looks for packets");
EXPORT_SYMBOL(netmap_no_pendintr);

int netmap_verbose;
module_param_named(verbose, netmap_verbose, int, 0644);
MODULE_PARM_DESC(verbose, "Extra messages");
EXPORT_SYMBOL(netmap_verbose);

/**
 * netmap_krings_mode_commit() - make pending modes the current ones
 * @na: the adapter
 * @onoff: 1 = those that wait to be ON, 0 = those that wait to be OFF
 *
 * For drivers that do not go through netmap_reset(). Context: register
 * callback.
 */
void netmap_krings_mode_commit(struct netmap_adapter *na, int onoff)
{
	enum txrx t;
	u32 i;

	for_rx_tx(t)
		for (i = 0; i < netmap_real_rings(na, t); i++) {
			struct netmap_kring *kring = NMR(na, t)[i];

			if (onoff ? nm_kring_pending_on(kring) :
				    nm_kring_pending_off(kring))
				kring->nr_mode = kring->nr_pending_mode;
		}
}
EXPORT_SYMBOL(netmap_krings_mode_commit);

/**
 * netmap_reset() - start a NIC ring from index 0
 * @na: the adapter, or NULL
 * @tx: direction
 * @n: NIC ring
 * @new_cur: ignored
 *
 * TX: what was queued before counts as sent. RX: packets that the program
 * has not released stay in its slots; NIC index 0 becomes the first free slot.
 * The caller then programs the ring from the slots, with netmap_idx_n2k(). The
 * ring must be stopped, or not yet in use. Context: process.
 *
 * Return: the slots, or NULL if the ring is not for netmap and the driver
 * must fill it itself
 */
struct netmap_slot *netmap_reset(struct netmap_adapter *na, enum txrx tx,
				 u_int n, u_int new_cur)
{
	struct netmap_kring *kring;

	if (!nm_native_on(na) || n >= nma_get_nrings(na, tx) || !NMR(na, tx))
		return NULL;
	kring = NMR(na, tx)[n];
	/* a reset of the NIC's own can find a ring that is being bound */
	if (kring->nr_pending_mode == NKR_NETMAP_OFF || !nm_kring_shared(kring)) {
		kring->nr_mode = NKR_NETMAP_OFF;
		return NULL;
	}
	kring->nr_hwcur = kring->rhead;
	if (tx == NR_TX) {
		kring->nkr_hwofs = kring->rhead;
		kring->nr_hwtail = nm_prev(kring->rhead, kring->nkr_num_slots - 1);
	} else {
		kring->nkr_hwofs = kring->nr_hwtail;
	}
	kring->nr_mode = NKR_NETMAP_ON;
	kring->nm_notify(kring, 0);
	return nm_shared_bytes(nm_kring_slots(kring));
}
EXPORT_SYMBOL(netmap_reset);

/**
 * netmap_common_irq() - a ring of an adapter had an interrupt
 * @na: adapter in netmap mode
 * @q: NIC ring
 * @work_done: NULL for TX; RX: set to 1
 *
 * Context: any, RCU read lock held.
 *
 * Return: NM_IRQ_PASS if the ring is not in netmap mode and the driver has to
 * do its work, else NM_IRQ_COMPLETED or NM_IRQ_RESCHED
 */
int netmap_common_irq(struct netmap_adapter *na, u_int q, u_int *work_done)
{
	enum txrx t = work_done ? NR_RX : NR_TX;
	struct netmap_kring **rings = READ_ONCE(*(t == NR_RX ? &na->rx_rings :
							       &na->tx_rings));
	struct netmap_kring *kring;

	q &= NETMAP_RING_MASK;
	if (!rings || q >= nma_get_nrings(na, t))
		return NM_IRQ_PASS;
	kring = rings[q];
	if (READ_ONCE(kring->nr_mode) == NKR_NETMAP_OFF)
		return NM_IRQ_PASS;
	if (t == NR_RX) {
		nm_kflags_change(kring, 0, NKR_PENDINTR);
		*work_done = 1;
	}
	return kring->nm_notify(kring, 0);
}
EXPORT_SYMBOL(netmap_common_irq);

/**
 * netmap_rx_irq() - a ring of an interface had an interrupt
 * @dev: the interface, with or without an adapter
 * @q: NIC ring
 * @work_done: see netmap_common_irq()
 *
 * Return: see netmap_common_irq()
 */
int netmap_rx_irq(struct net_device *dev, u_int q, u_int *work_done)
{
	struct netmap_adapter *na;
	int result = NM_IRQ_PASS;

	rcu_read_lock();
	na = NA(dev);
	if (nm_netmap_on(na) && !(na->na_flags & NAF_SKIP_INTR))
		result = netmap_common_irq(na, q, work_done);
	rcu_read_unlock();
	return result;
}
EXPORT_SYMBOL(netmap_rx_irq);

/**
 * netmap_disable_all_rings() - keep syncs out while the NIC is reprogrammed
 * @dev: the interface; nothing happens if it is not in netmap mode
 *
 * Waits for running syncs. Context: process, may sleep.
 */
void netmap_disable_all_rings(struct net_device *dev)
{
	struct netmap_adapter *na = NA(dev);

	if (nm_netmap_on(na))
		nm_krings_stop(na, NM_STOP_DRIVER);
}
EXPORT_SYMBOL(netmap_disable_all_rings);

/**
 * netmap_enable_all_rings() - undo netmap_disable_all_rings()
 * @dev: the interface
 */
void netmap_enable_all_rings(struct net_device *dev)
{
	struct netmap_adapter *na = NA(dev);

	if (nm_netmap_on(na))
		nm_krings_start(na, NM_STOP_DRIVER);
}
EXPORT_SYMBOL(netmap_enable_all_rings);

/**
 * netmap_rings_config_get() - rings and slots as the interface has them now
 * @na: the adapter
 * @info: filled, except rx_buf_maxsize
 *
 * Takes rtnl.
 *
 * Return: 0, or -ENXIO if the interface is gone, or going: it has no queues
 */
int netmap_rings_config_get(struct netmap_adapter *na,
			    struct nm_config_info *info)
{
	struct ethtool_channels channels = {};
	struct ethtool_ringparam param = {};
	struct net_device *dev = na->ifp;
	const struct ethtool_ops *ops;

	if (!dev)
		return -ENXIO;
	rtnl_lock();
	if (dev->reg_state >= NETREG_UNREGISTERING) {
		rtnl_unlock();
		return -ENXIO;
	}
	ops = dev->ethtool_ops;
	info->num_tx_rings = dev->real_num_tx_queues;
	info->num_rx_rings = dev->real_num_rx_queues;
	if (ops && ops->get_channels) {
		ops->get_channels(dev, &channels);
		if (channels.tx_count || channels.combined_count)
			info->num_tx_rings = channels.tx_count ?: channels.combined_count;
		if (channels.rx_count || channels.combined_count)
			info->num_rx_rings = channels.rx_count ?: channels.combined_count;
	}
	info->num_tx_descs = na->num_tx_desc;
	info->num_rx_descs = na->num_rx_desc;
	if (ops && ops->get_ringparam) {
		nm_get_ringparam(dev, &param);
		if (param.tx_pending >= 3)
			info->num_tx_descs = param.tx_pending;
		if (param.rx_pending >= 3)
			info->num_rx_descs = param.rx_pending;
	}
	rtnl_unlock();
	return 0;
}
EXPORT_SYMBOL(netmap_rings_config_get);

/**
 * nm_os_config() - default nm_config callback
 * @na: the adapter
 * @info: filled
 *
 * Return: see netmap_rings_config_get()
 */
int nm_os_config(struct netmap_adapter *na, struct nm_config_info *info)
{
	info->rx_buf_maxsize = na->rx_buf_maxsize;
	return netmap_rings_config_get(na, info);
}
EXPORT_SYMBOL(nm_os_config);
