// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Adapters of all kinds: their life, and which of them belong to a network
 * interface.
 */
#include <linux/export.h>
#include <linux/hashtable.h>
#include <linux/slab.h>

#include "core.h"

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
	struct nm_na_link *link = kzalloc(sizeof(*link), GFP_KERNEL), *old;
	int error = 0;

	if (!link)
		return -ENOMEM;
	link->dev = dev;
	link->na = na;
	spin_lock(&nm_na_lock);
	old = nm_na_link_find(dev, na->na_flags & NAF_NATIVE);
	if (old && refcount_read(&old->na->na_refcount)) {
		error = -EBUSY;
		old = link;
	} else {
		/* one without references is on its way out */
		if (old)
			hash_del_rcu(&old->node);
		hash_add_rcu(nm_na_table, &link->node, (unsigned long)dev);
	}
	spin_unlock(&nm_na_lock);
	if (old)
		kfree_rcu(old, rcu);
	return error;
}

void nm_hw_unlink(const struct net_device *dev, const struct netmap_adapter *na)
{
	struct nm_na_link *link;

	spin_lock(&nm_na_lock);
	link = nm_na_link_find(dev, na->na_flags & NAF_NATIVE);
	/* another may have taken its place */
	if (link && link->na == na)
		hash_del_rcu(&link->node);
	else
		link = NULL;
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

/*
 * One of them with a reference, or NULL. An adapter without references is in
 * the table for a while: netdev events may drop the last one at any time.
 */
struct netmap_adapter *nm_na_lookup(const struct net_device *dev, u32 native)
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
 * Life
 */

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
