// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Persistent ports: network interfaces whose rings belong to a switch. The
 * stack can see and name them, but what it sends there is dropped.
 *
 * VALE_NEWIF makes one, which the interface's own reference keeps until
 * VALE_DELIF. One that stands in for the missing parent of a pipe has no such
 * reference and goes away with the pipe.
 */
#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/nsproxy.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/net_namespace.h>

#include "ports/ports.h"
#include "mem/mem.h"
#include "vale.h"

static netdev_tx_t nm_vi_xmit(struct sk_buff *skb, struct net_device *dev)
{
	dev_kfree_skb_any(skb);
	return NETDEV_TX_OK;
}

static int nm_vi_change_mtu(struct net_device *dev, int mtu)
{
	return 0;
}

static const struct net_device_ops nm_vi_ops = {
	.ndo_start_xmit = nm_vi_xmit,
	.ndo_change_mtu = nm_vi_change_mtu,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_validate_addr = eth_validate_addr,
};

bool nm_vi_is(const struct net_device *dev)
{
	return dev->netdev_ops == &nm_vi_ops;
}

static void nm_vi_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &nm_vi_ops;
	dev->priv_flags &= ~IFF_TX_SKB_SHARING;
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE | IFF_NO_QUEUE;
	dev->tx_queue_len = 1000;
	/* any is accepted: nothing depends on it */
	dev->max_mtu = ETH_MAX_MTU;
	dev->hw_features = NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_HIGHDMA |
			   NETIF_F_HW_CSUM | NETIF_F_TSO;
	dev->features = dev->hw_features;
	nm_dev_set_lltx(dev);
	eth_hw_addr_random(dev);
}

struct nm_vi {
	struct nm_chore chore; /* its end */
	struct net_device *dev;
};

/* Waits until interfaces on top of it are gone, with the ports on those. */
static void nm_vi_bury(struct nm_chore *chore)
{
	struct net_device *dev = container_of(chore, struct nm_vi, chore)->dev;

	unregister_netdev(dev);
	free_netdev(dev);
	module_put(THIS_MODULE);
}

/*
 * An interface goes. Those on top of it go first, and their ports ask for
 * nm_global_lock: so it has to be released.
 */
static void nm_vi_leave(struct net_device *dev)
{
	struct nm_vi *vi = netdev_priv(dev);

	nm_chore_add(&vi->chore, nm_vi_bury);
}

/* The last reference: the interface goes too. nm_global_lock held. */
static void nm_vi_dtor(struct netmap_adapter *na)
{
	nm_hw_unlink(na->ifp, na);
	nm_vi_leave(na->ifp);
}

static struct netmap_vp_adapter *nm_vi_adapter_new(struct net_device *dev,
						   struct nmreq_vale_newif *req,
						   struct netmap_mem_d *mem,
						   u32 extra_bufs)
{
	struct netmap_vp_adapter *vp;

	mem = mem ? netmap_mem_get(mem) :
		    nm_mem_private_new(&(struct nm_mem_need){
			    .tx_rings = req->nr_tx_rings,
			    .rx_rings = req->nr_rx_rings,
			    .tx_slots = req->nr_tx_slots,
			    .rx_slots = req->nr_rx_slots,
			    .extra_bufs = extra_bufs, .pipes = 2 });
	if (IS_ERR(mem))
		return ERR_CAST(mem);
	vp = kzalloc(sizeof(*vp), GFP_KERNEL);
	if (!vp) {
		netmap_mem_put(mem);
		return ERR_PTR(-ENOMEM);
	}
	vp->up.ifp = dev;
	vp->up.num_tx_rings = req->nr_tx_rings;
	vp->up.num_rx_rings = req->nr_rx_rings;
	vp->up.num_tx_desc = req->nr_tx_slots;
	vp->up.num_rx_desc = req->nr_rx_slots;
	vp->up.na_flags = NAF_NATIVE | NAF_FORCE_NATIVE;
	nm_vp_init(vp, mem);
	vp->up.nm_dtor = nm_vi_dtor;
	req->nr_mem_id = nm_mem_id(mem);
	netmap_mem_put(mem);
	return vp;
}

static bool nm_vi_name_ok(const char *name)
{
	return strlen(name) < IFNAMSIZ &&
	       strncmp(name, NM_BDG_NAME, strlen(NM_BDG_NAME)) &&
	       !strchr(name, '%'); /* register_netdev() would choose another */
}

static int nm_vi_netdev_new(const char *name, struct net_device **pdev)
{
	struct net_device *dev;
	struct nm_vi *vi;
	int error;

	if (!nm_vi_name_ok(name))
		return -EINVAL;
	dev = alloc_netdev(sizeof(*vi), name, NET_NAME_USER, nm_vi_setup);
	if (!dev)
		return -ENOMEM;
	vi = netdev_priv(dev);
	vi->dev = dev;
	dev_net_set(dev, current->nsproxy->net_ns);
	error = register_netdev(dev);
	if (error) {
		free_netdev(dev);
		return error;
	}
	__module_get(THIS_MODULE);
	*pdev = dev;
	return 0;
}

/* Interface and adapter, with one reference. The counts are written back. */
static int nm_vi_new(const char *name, struct nmreq_vale_newif *req,
		     struct netmap_mem_d *mem, u32 extra_bufs,
		     struct netmap_vp_adapter **pvp)
{
	struct netmap_vp_adapter *vp;
	struct net_device *dev;
	int error;

	nm_vp_counts(&req->nr_tx_rings, &req->nr_rx_rings, &req->nr_tx_slots,
		     &req->nr_rx_slots);
	error = nm_vi_netdev_new(name, &dev);
	if (error)
		return error;
	vp = nm_vi_adapter_new(dev, req, mem, extra_bufs);
	if (IS_ERR(vp)) {
		error = PTR_ERR(vp);
		goto err_dev;
	}
	strscpy(vp->up.name, dev->name, sizeof(vp->up.name));
	error = nm_hw_link(dev, &vp->up);
	if (error)
		goto err_vp;
	*pvp = vp;
	return 0;

err_vp:
	netmap_mem_put(vp->up.nm_mem);
	kfree(vp);
err_dev:
	nm_vi_leave(dev);
	return error;
}

/**
 * nm_vale_newif() - NETMAP_REQ_VALE_NEWIF
 * @req: the request
 *
 * Return: 0; -EINVAL for a name that interfaces cannot have or that belongs
 * to switches, or an unknown region; -EEXIST; -ENOMEM
 */
int nm_vale_newif(struct nm_request *req)
{
	struct nmreq_vale_newif *newif = req->body;
	struct netmap_vp_adapter *vp;
	struct netmap_mem_d *mem = NULL;
	struct net_device *dev;
	int error;

	if (!nm_vi_name_ok(req->hdr.nr_name))
		return -EINVAL;
	dev = dev_get_by_name(current->nsproxy->net_ns, req->hdr.nr_name);
	if (dev) {
		dev_put(dev);
		return -EEXIST;
	}
	if (newif->nr_mem_id) {
		mem = nm_mem_find(newif->nr_mem_id);
		if (IS_ERR(mem))
			return PTR_ERR(mem);
	}
	error = nm_vi_new(req->hdr.nr_name, newif, mem, 0, &vp);
	netmap_mem_put(mem);
	if (!error)
		vp->vi_listed = true;
	return error;
}

/**
 * nm_vi_create_hidden() - a parent for a pipe whose parent is missing
 * @lookup: its name, and the request for the pipe
 * @pna: set on success; the caller has the only reference
 *
 * Return: 0 or an errno of nm_vale_newif()
 */
int nm_vi_create_hidden(struct nm_lookup *lookup, struct netmap_adapter **pna)
{
	const struct nmreq_register *reg = lookup->reg;
	struct nmreq_vale_newif newif = {
		.nr_tx_rings = reg->nr_tx_rings, .nr_rx_rings = reg->nr_rx_rings,
		.nr_tx_slots = reg->nr_tx_slots, .nr_rx_slots = reg->nr_rx_slots,
	};
	struct netmap_vp_adapter *vp;
	int error = nm_vi_new(lookup->name, &newif, lookup->mem,
			      min(reg->nr_extra_bufs, NM_VALE_EXTRA_MAX), &vp);

	if (!error)
		*pna = &vp->up;
	return error;
}

/* The persistent port of that name that a request made, or an ERR_PTR. */
static struct netmap_vp_adapter *nm_vi_find(const char *name)
{
	struct net_device *dev = dev_get_by_name(current->nsproxy->net_ns, name);
	struct netmap_vp_adapter *vp = ERR_PTR(-EINVAL);
	struct netmap_adapter *na;

	if (!dev)
		return ERR_PTR(-ENXIO);
	na = nm_vi_is(dev) ? NA(dev) : NULL;
	if (na && nm_vp_of(na)->vi_listed)
		vp = nm_vp_of(na);
	else if (nm_vi_is(dev) && !na)
		vp = ERR_PTR(-ENXIO); /* it is going */
	dev_put(dev);
	return vp;
}

static int nm_vi_delete(const char *name)
{
	struct netmap_vp_adapter *vp = nm_vi_find(name);

	if (IS_ERR(vp))
		return PTR_ERR(vp);
	/* besides that of the interface itself */
	if (refcount_read(&vp->up.na_refcount) > 1 || vp->na_bdg)
		return -EBUSY;
	netmap_adapter_put(&vp->up);
	return 0;
}

/**
 * nm_vale_delif() - NETMAP_REQ_VALE_DELIF
 * @req: the request
 *
 * Return: 0; -ENXIO if there is no such interface; -EINVAL if it was not made
 * by VALE_NEWIF; -EBUSY if it is open, attached, or has pipes
 */
int nm_vale_delif(struct nm_request *req)
{
	return nm_vi_delete(req->hdr.nr_name);
}

/**
 * nm_vi_create() - VALE_NEWIF for other modules
 * @hdr: request; nr_body is the address of a struct nmreq_vale_newif in the
 *	kernel
 *
 * Context: process, nm_global_lock not held.
 *
 * Return: see nm_vale_newif()
 */
int nm_vi_create(struct nmreq_header *hdr)
{
	struct nm_request req = { .hdr = *hdr,
				  .body = (void *)(uintptr_t)hdr->nr_body,
				  .options = LIST_HEAD_INIT(req.options) };
	int error;

	nm_lock();
	error = nm_vale_newif(&req);
	nm_unlock();
	return error;
}
EXPORT_SYMBOL(nm_vi_create);

/**
 * nm_vi_destroy() - VALE_DELIF for other modules
 * @name: of the interface
 *
 * Context: process, nm_global_lock not held.
 *
 * Return: see nm_vale_delif()
 */
int nm_vi_destroy(const char *name)
{
	int error;

	nm_lock();
	error = nm_vi_delete(name);
	nm_unlock();
	return error;
}
EXPORT_SYMBOL(nm_vi_destroy);
