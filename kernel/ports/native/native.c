// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Native adapters, the module's side of patched drivers, from attach to
 * detach, and what becomes of adapters when their interface changes.
 */
#include <linux/export.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "core/core.h"
#include "ports/ports.h"
#include "native.h"
#include "mem/mem.h"

static bool nm_attach_complete(const struct netmap_adapter *arg, size_t size)
{
	return arg && size >= sizeof(struct netmap_hw_adapter) && arg->ifp &&
	       arg->ifp->netdev_ops && arg->num_tx_rings && arg->num_rx_rings &&
	       arg->num_tx_desc && arg->num_rx_desc && arg->nm_register &&
	       arg->nm_txsync && arg->nm_rxsync &&
	       !arg->nm_krings_create == !arg->nm_krings_delete;
}

static int nm_adapter_defaults(struct netmap_adapter *na)
{
	struct netmap_mem_d *mem = na->nm_mem ? netmap_mem_get(na->nm_mem) :
						nm_mem_initial(na->pdev);

	if (IS_ERR(mem))
		return PTR_ERR(mem);
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
	return 0;
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
	error = nm_adapter_defaults(&hwna->up);
	if (error) {
		kfree(hwna);
		return error;
	}
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

/*
 * From here on the driver's code may go away, while descriptors still have the
 * adapter: none of its callbacks is left.
 */
static void nm_native_orphan(struct netmap_adapter *na)
{
	enum txrx t;
	u32 i;

	if (na->nm_dtor)
		na->nm_dtor(na);
	na->nm_dtor = NULL;
	for_rx_tx(t)
		for (i = 0; NMR(na, t) && i < netmap_all_rings(na, t); i++) {
			struct netmap_kring *kring = NMR(na, t)[i];

			if (kring->nm_notify == na->nm_notify)
				kring->nm_notify = nm_kring_notify;
			/* under that of a monitor */
			kring->mon_notify = nm_kring_notify;
		}
	na->nm_notify = nm_kring_notify;
	na->nm_intr = NULL;
	na->nm_config = NULL;
	na->nm_krings_delete = netmap_hw_krings_delete;
#ifdef WITH_PIPES
	if (na->na_pair)
		na->nm_krings_delete = netmap_pair_krings_delete;
#endif
	na->ifp = NULL;
}

/**
 * netmap_detach() - take the adapter from an interface
 * @dev: the interface; nothing happens if it has none
 *
 * Afterwards no callback of the driver is called any more: nm_dtor is called
 * now. Descriptors that are still bound get errors until they are closed.
 * Context: process, rtnl not held, before or after unregister_netdev().
 */
void netmap_detach(struct net_device *dev)
{
	struct netmap_adapter *na;

	nm_lock();
	na = NA(dev);
	if (na) {
		nm_vale_gone(na);
		nm_native_kill(na, false);
		nm_hw_unlink(dev, na);
		synchronize_rcu_expedited();
		nm_native_orphan(na);
		netmap_adapter_put(na);
	}
	nm_unlock();
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
	/* chores would wait for rtnl: there are none of ours */
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
	case NETDEV_CHANGE:
		/* a sync without a link does nothing: programs sleep since then */
		if (!netif_carrier_ok(dev))
			break;
		fallthrough;
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
