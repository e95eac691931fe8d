// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Native adapters: the module's side of patched drivers. Which adapter
 * belongs to an interface, attach and detach, the helpers for a driver's open,
 * reset and interrupt paths, and what the stack may do to the interface while
 * it is in netmap mode.
 */
#include <linux/export.h>
#include <linux/hashtable.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "nm.h"

int netmap_no_pendintr = 1;
module_param_named(no_pendintr, netmap_no_pendintr, int, 0644);
MODULE_PARM_DESC(no_pendintr, "RX sync always looks for packets");
EXPORT_SYMBOL(netmap_no_pendintr);

int netmap_verbose;
module_param_named(verbose, netmap_verbose, int, 0644);
MODULE_PARM_DESC(verbose, "Extra messages");
EXPORT_SYMBOL(netmap_verbose);

/*
 * Interface -> adapter. Struct net_device has no room for a foreign pointer,
 * so there is a small table, read in interrupts under RCU. An interface can
 * have two: that of its driver, and an emulated one in its stead.
 */
struct nm_na_link {
	struct hlist_node node;
	const struct net_device *dev;
	struct netmap_adapter *na;
	struct rcu_head rcu;
};

static DEFINE_HASHTABLE(nm_na_table, 8);
static DEFINE_SPINLOCK(nm_na_lock);

static struct nm_na_link *nm_na_link_find(const struct net_device *dev, u32 native)
{
	struct nm_na_link *link;

	hash_for_each_possible_rcu(nm_na_table, link, node, (unsigned long)dev,
				   lockdep_is_held(&nm_na_lock))
		if (link->dev == dev &&
		    (link->na->na_flags & NAF_NATIVE) == native)
			return link;
	return NULL;
}

/* -EBUSY if the interface has an adapter of that kind. */
int nm_hw_link(const struct net_device *dev, struct netmap_adapter *na)
{
	struct nm_na_link *link = kzalloc(sizeof(*link), GFP_KERNEL);
	int error = 0;

	if (!link)
		return -ENOMEM;
	link->dev = dev;
	link->na = na;
	spin_lock(&nm_na_lock);
	if (nm_na_link_find(dev, na->na_flags & NAF_NATIVE))
		error = -EBUSY;
	else
		hash_add_rcu(nm_na_table, &link->node, (unsigned long)dev);
	spin_unlock(&nm_na_lock);
	if (error)
		kfree(link);
	return error;
}

void nm_hw_unlink(const struct net_device *dev, const struct netmap_adapter *na)
{
	struct nm_na_link *link;

	spin_lock(&nm_na_lock);
	link = nm_na_link_find(dev, na->na_flags & NAF_NATIVE);
	if (link)
		hash_del_rcu(&link->node);
	spin_unlock(&nm_na_lock);
	if (link)
		kfree_rcu(link, rcu);
}

static struct netmap_adapter *nm_na_find(const struct net_device *dev, u32 native)
{
	struct netmap_adapter *na = NULL;
	struct nm_na_link *link;

	rcu_read_lock();
	link = nm_na_link_find(dev, native);
	if (link)
		na = link->na;
	rcu_read_unlock();
	return na;
}

struct netmap_adapter *netmap_na_get(const struct net_device *dev)
{
	return nm_na_find(dev, NAF_NATIVE);
}
EXPORT_SYMBOL(netmap_na_get);

/* Calls @fn for the adapters of all interfaces. nm_global_lock held. */
void nm_hw_for_each(void (*fn)(struct netmap_adapter *na, void *arg), void *arg)
{
	struct nm_na_link *link;
	int i;

	rcu_read_lock();
	hash_for_each_rcu(nm_na_table, i, link, node)
		fn(link->na, arg);
	rcu_read_unlock();
}

/* The emulated adapter of an interface, or NULL. Any context. */
struct netmap_adapter *nm_generic_find(const struct net_device *dev)
{
	return nm_na_find(dev, 0);
}

/* One of them with a reference, for those whom detach does not wait for. */
static struct netmap_adapter *nm_na_lookup(const struct net_device *dev, u32 native)
{
	struct netmap_adapter *na = NULL;
	struct nm_na_link *link;

	rcu_read_lock();
	link = nm_na_link_find(dev, native);
	if (link && refcount_inc_not_zero(&link->na->na_refcount))
		na = link->na;
	rcu_read_unlock();
	return na;
}

/*
 * References
 */

/**
 * netmap_adapter_get() - take a reference on an adapter
 * @na: the adapter, on which the caller has one already
 */
void netmap_adapter_get(struct netmap_adapter *na)
{
	refcount_inc(&(na->na_owner ?: na)->na_refcount);
}
EXPORT_SYMBOL(netmap_adapter_get);

/**
 * netmap_adapter_put() - drop a reference on an adapter
 * @na: the adapter, or NULL
 *
 * The last reference destroys it. Context: process, may sleep.
 *
 * Return: 1 if the adapter was destroyed, else 0
 */
int netmap_adapter_put(struct netmap_adapter *na)
{
	if (!na)
		return 0;
	if (na->na_owner)
		na = na->na_owner;
	if (!refcount_dec_and_test(&na->na_refcount))
		return 0;
	if (na->nm_dtor)
		na->nm_dtor(na);
	netmap_krings_delete(na);
	netmap_mem_put(na->nm_mem);
	/* interrupts and the transmit path may hold the pointer under RCU */
	synchronize_rcu_expedited();
	kfree(na);
	return 1;
}
EXPORT_SYMBOL(netmap_adapter_put);

/*
 * What the stack may do while the interface is in netmap mode
 */

static struct netmap_hw_adapter *nm_hwna(struct netmap_adapter *na)
{
	return container_of(na, struct netmap_hw_adapter, up);
}

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

/*
 * Driver helpers
 */

/**
 * netmap_reset() - start a NIC ring from index 0
 * @na: the adapter, or NULL
 * @tx: direction
 * @n: NIC ring
 * @new_cur: ignored
 *
 * TX: what was queued before counts as sent. RX: packets that the user has
 * not released stay with him; NIC index 0 becomes the first free slot. The
 * caller then programs the ring from the slots, with netmap_idx_n2k(). The
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
	if (kring->nr_pending_mode == NKR_NETMAP_OFF || !kring->ring) {
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
	return kring->ring->slot;
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
		kring->nr_kflags |= NKR_PENDINTR;
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
	struct nm_na_link *link;
	int result = NM_IRQ_PASS;

	rcu_read_lock();
	link = nm_na_link_find(dev, NAF_NATIVE);
	if (link && nm_netmap_on(link->na) &&
	    !(link->na->na_flags & NAF_SKIP_INTR))
		result = netmap_common_irq(link->na, q, work_done);
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
 * Return: 0, or -ENXIO if the interface is gone
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

/*
 * Attach and detach
 */

/* The driver's register callback under rtnl, and never once it is gone. */
static int nm_hw_register(struct netmap_adapter *na, int onoff)
{
	int error;

	rtnl_lock();
	if (!(na->na_flags & NAF_ZOMBIE))
		error = nm_hwna(na)->nm_hw_register(na, onoff);
	else
		error = onoff ? -ENXIO : 0;
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

static bool nm_attach_complete(const struct netmap_adapter *arg, size_t size)
{
	return arg && size >= sizeof(struct netmap_hw_adapter) && arg->ifp &&
	       arg->ifp->netdev_ops && arg->num_tx_rings && arg->num_rx_rings &&
	       arg->num_tx_desc && arg->num_rx_desc && arg->nm_register &&
	       arg->nm_txsync && arg->nm_rxsync &&
	       !arg->nm_krings_create == !arg->nm_krings_delete;
}

/**
 * nm_adapter_init() - what all kinds of adapters have in common
 * @na: zeroed but for its description; callbacks that are missing get their
 *	default
 * @mem: its region; the adapter takes a reference of its own
 *
 * The adapter has one reference, that of the caller.
 */
void nm_adapter_init(struct netmap_adapter *na, struct netmap_mem_d *mem)
{
	na->magic = NM_MAGIC;
	na->active_fds = 0;
	refcount_set(&na->na_refcount, 1);
	if (!na->nm_krings_create) {
		na->nm_krings_create = netmap_hw_krings_create;
		na->nm_krings_delete = netmap_hw_krings_delete;
	}
	if (!na->nm_notify)
		na->nm_notify = nm_kring_notify;
	init_waitqueue_head(&na->si[NR_TX]);
	init_waitqueue_head(&na->si[NR_RX]);
	na->nm_mem = netmap_mem_get(mem);
}

static void nm_adapter_defaults(struct netmap_adapter *na)
{
	struct netmap_mem_d *mem = na->nm_mem ? netmap_mem_get(na->nm_mem) :
						nm_mem_global();

	na->na_flags |= NAF_HOST_RINGS | NAF_NATIVE;
	strscpy(na->name, na->ifp->name, sizeof(na->name));
	if (!na->num_host_tx_rings)
		na->num_host_tx_rings = 1;
	if (!na->num_host_rx_rings)
		na->num_host_rx_rings = 1;
	if (!na->rx_buf_maxsize)
		na->rx_buf_maxsize = PAGE_SIZE;
	if (!na->nm_config)
		na->nm_config = nm_os_config;
	nm_adapter_init(na, mem);
	netmap_mem_put(mem);
}

/**
 * netmap_attach_ext() - give an interface a native adapter
 * @arg: description, copied; see struct netmap_adapter
 * @size: bytes of the adapter to allocate, zeroed beyond the description
 * @override_reg: call nm_register under rtnl and not after the detach
 *
 * The driver's net_device_ops must be set. Context: process; rtnl may be
 * held. Attaching twice without netmap_detach() is a bug of the driver.
 *
 * Return: 0, -EINVAL if the description is not complete, -EBUSY if the
 * interface has an adapter already, -ENOMEM
 */
int netmap_attach_ext(struct netmap_adapter *arg, size_t size, int override_reg)
{
	struct netmap_hw_adapter *hwna;
	int error;

	if (!nm_attach_complete(arg, size)) {
		nm_prerr("%s: incomplete description, not attached",
			 arg && arg->ifp ? arg->ifp->name : "?");
		return -EINVAL;
	}
	/* a power of two is aligned to its size: drivers align members */
	hwna = kzalloc(roundup_pow_of_two(size), GFP_KERNEL);
	if (!hwna)
		return -ENOMEM;
	hwna->up = *arg;
	nm_adapter_defaults(&hwna->up);
	nm_hw_init(hwna, arg->nm_register);
	if (!override_reg)
		hwna->up.nm_register = arg->nm_register;
	error = nm_hw_link(arg->ifp, &hwna->up);
	if (error) {
		netmap_mem_put(hwna->up.nm_mem);
		kfree(hwna);
		return error;
	}
	netdev_info(arg->ifp, "netmap queues/slots: TX %u/%u, RX %u/%u\n",
		    arg->num_tx_rings, arg->num_tx_desc, arg->num_rx_rings,
		    arg->num_rx_desc);
	return 0;
}
EXPORT_SYMBOL(netmap_attach_ext);

/**
 * netmap_attach() - netmap_attach_ext() with a plain adapter
 * @arg: description
 *
 * Return: see netmap_attach_ext()
 */
int netmap_attach(struct netmap_adapter *arg)
{
	return netmap_attach_ext(arg, sizeof(struct netmap_hw_adapter), 1);
}
EXPORT_SYMBOL(netmap_attach);

/*
 * Takes an adapter out of netmap mode for good because its interface goes
 * away. Bound descriptors keep their memory, and errors from every sync.
 * nm_global_lock held; rtnl too if the caller says so.
 */
static void nm_native_kill(struct netmap_adapter *na, bool rtnl)
{
	int fds = na->active_fds;
	enum txrx t;
	u32 i;

	lockdep_assert_held(&nm_global_lock);
	if (na->na_flags & NAF_ZOMBIE)
		return;
	nm_krings_stop(na, NM_STOP_CORE);
	for_rx_tx(t)
		for (i = 0; NMR(na, t) && i < netmap_all_rings(na, t); i++)
			NMR(na, t)[i]->nr_pending_mode = NKR_NETMAP_OFF;
	if (nm_netmap_on(na)) {
		/* the driver must see that this is the end */
		na->active_fds = 0;
		if (rtnl)
			nm_hwna(na)->nm_hw_register(na, 0);
		else
			na->nm_register(na, 0);
		na->active_fds = fds;
	}
	na->na_flags |= NAF_ZOMBIE;
	nm_mem_unmap(na);
	if (fds)
		dev_put(na->ifp);
	nm_krings_start(na, NM_STOP_CORE);
}

/**
 * netmap_detach() - take the adapter from an interface
 * @dev: the interface; nothing happens if it has none
 *
 * Afterwards no callback of the driver is called any more. Descriptors that
 * are still bound get errors until they are closed. Context: process, rtnl
 * not held, before or after unregister_netdev().
 */
void netmap_detach(struct net_device *dev)
{
	struct netmap_adapter *na;

	mutex_lock(&nm_global_lock);
	na = NA(dev);
	if (na) {
		nm_vale_gone(na);
		nm_native_kill(na, false);
		nm_hw_unlink(dev, na);
		synchronize_rcu_expedited();
		/* from here on the driver's code may go away */
		na->ifp = NULL;
		if (!na->na_pair)
			na->nm_krings_delete = netmap_hw_krings_delete;
		netmap_adapter_put(na);
	}
	mutex_unlock(&nm_global_lock);
}
EXPORT_SYMBOL(netmap_detach);

/*
 * Interface events. Called under rtnl.
 */

static void nm_hw_unregister(struct net_device *dev, struct netmap_adapter *na)
{
	/* a move to another namespace announces itself in the same way */
	if (dev->reg_state == NETREG_REGISTERED)
		return;
	/*
	 * The order is nm_global_lock, rtnl. If somebody holds the former the
	 * event comes again a second later: netdev_wait_allrefs_any().
	 */
	if (!mutex_trylock(&nm_global_lock))
		return;
	if (!(na->na_flags & NAF_ZOMBIE)) {
		nm_native_kill(na, true);
		if (!(na->na_flags & NAF_NATIVE))
			nm_generic_gone(na);
	}
	mutex_unlock(&nm_global_lock);
}

static void nm_hw_event(struct net_device *dev, unsigned long event, u32 native)
{
	struct netmap_adapter *na;

	/* the last reference on those must not be dropped here */
	if (nm_vi_is(dev))
		return;
	na = nm_na_lookup(dev, native);
	if (!na)
		return;
	switch (event) {
	case NETDEV_GOING_DOWN:
		nm_krings_stop(na, NM_STOP_IFDOWN);
		break;
	case NETDEV_UP:
		nm_krings_start(na, NM_STOP_IFDOWN);
		break;
	case NETDEV_UNREGISTER:
		nm_hw_unregister(dev, na);
		break;
	}
	netmap_adapter_put(na);
}

static int nm_native_event(struct notifier_block *nb, unsigned long event,
			   void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);

	nm_hw_event(dev, event, NAF_NATIVE);
	nm_hw_event(dev, event, 0);
	return NOTIFY_DONE;
}

static struct notifier_block nm_native_notifier = {
	.notifier_call = nm_native_event,
};

int nm_native_init(void)
{
	return register_netdevice_notifier(&nm_native_notifier);
}

void nm_native_exit(void)
{
	unregister_netdevice_notifier(&nm_native_notifier);
}
