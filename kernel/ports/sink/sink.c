// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Interfaces nmsink<N> that swallow what is sent, at the pace of an imagined
 * link. For measurements of everything but the NIC.
 */
#include <linux/etherdevice.h>
#include <linux/math64.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "core/core.h"
#include "ports/ports.h"

#define NM_SINK_MAX 100
#define NM_SINK_SLOTS 1024
/* of imagined transmission per packet: a sync stays below a second */
#define NM_SINK_DELAY_MAX 100000

static int sink_delay_ns = 100;
module_param(sink_delay_ns, int, 0644);
MODULE_PARM_DESC(sink_delay_ns,
		 "Time of a packet on the link; negative: the sender waits for its own packets too");
static int sink_num = 1;
module_param(sink_num, int, 0644);
MODULE_PARM_DESC(sink_num, "Number of sink interfaces");

struct nm_sink {
	u64 idle; /* ktime_get_ns() at which the link has sent everything */
};

static struct net_device *nm_sinks[NM_SINK_MAX];

static netdev_tx_t nm_sink_xmit(struct sk_buff *skb, struct net_device *dev)
{
	dev_kfree_skb_any(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops nm_sink_ops = {
	.ndo_start_xmit = nm_sink_xmit,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_validate_addr = eth_validate_addr,
};

static void nm_sink_wait(u64 until)
{
	while (ktime_get_ns() < until && !signal_pending(current))
		cpu_relax();
}

static int nm_sink_txsync(struct netmap_kring *kring, int flags)
{
	struct nm_sink *sink = netdev_priv(kring->na->ifp);
	u32 n = kring->nkr_num_slots, lim = n - 1;
	int delay = clamp(READ_ONCE(sink_delay_ns), -NM_SINK_DELAY_MAX,
			  NM_SINK_DELAY_MAX);
	u32 new = nm_ring_distance(kring->nr_hwcur, kring->rhead, n);
	u64 now;

	if (new) {
		/* the link sends in the background: wait for the last batch only */
		nm_sink_wait(sink->idle);
		now = ktime_get_ns();
		sink->idle = now + (u64)new * abs(delay);
		if (delay < 0)
			nm_sink_wait(sink->idle);
	}
	kring->nr_hwcur = kring->rhead;
	kring->nr_hwtail = nm_prev(kring->nr_hwcur, lim);
	return 0;
}

static int nm_sink_rxsync(struct netmap_kring *kring, int flags)
{
	kring->nr_hwcur = kring->rhead;
	return 0;
}

static int nm_sink_register(struct netmap_adapter *na, int onoff)
{
	if (onoff)
		nm_set_native_flags(na);
	else
		nm_clear_native_flags(na);
	netmap_krings_mode_commit(na, onoff);
	return 0;
}

static int nm_sink_attach(struct net_device *dev)
{
	struct netmap_adapter na = {
		.ifp = dev,
		.num_tx_desc = NM_SINK_SLOTS,
		.num_rx_desc = NM_SINK_SLOTS,
		.num_tx_rings = 1,
		.num_rx_rings = 1,
		.nm_register = nm_sink_register,
		.nm_txsync = nm_sink_txsync,
		.nm_rxsync = nm_sink_rxsync,
	};

	return netmap_attach(&na);
}

static int nm_sink_create(struct net_device **pdev)
{
	struct net_device *dev;
	int error;

	dev = alloc_netdev(sizeof(struct nm_sink), "nmsink%d", NET_NAME_ENUM,
			   ether_setup);
	if (!dev)
		return -ENOMEM;
	dev->netdev_ops = &nm_sink_ops;
	dev->max_mtu = ETH_MAX_MTU;
	eth_hw_addr_random(dev);
	error = register_netdev(dev);
	if (error)
		goto err_free;
	error = nm_sink_attach(dev);
	if (error)
		goto err_unregister;
	*pdev = dev;
	return 0;

err_unregister:
	unregister_netdev(dev);
err_free:
	free_netdev(dev);
	return error;
}

void nm_sink_exit(void)
{
	int i;

	for (i = 0; i < NM_SINK_MAX && nm_sinks[i]; i++) {
		netmap_detach(nm_sinks[i]);
		unregister_netdev(nm_sinks[i]);
		free_netdev(nm_sinks[i]);
		nm_sinks[i] = NULL;
	}
}

int nm_sink_init(void)
{
	int i, error;

	sink_num = clamp(sink_num, 0, NM_SINK_MAX);
	for (i = 0; i < sink_num; i++) {
		error = nm_sink_create(&nm_sinks[i]);
		if (error) {
			nm_sink_exit();
			return error;
		}
	}
	return 0;
}
