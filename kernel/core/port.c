// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Ports by name: which adapter a request means, and the requests about one.
 */
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <net/net_namespace.h>

#include "core.h"
#include "ports/ports.h"
#include "mem/mem.h"

enum { NM_ADMODE_BEST, NM_ADMODE_NATIVE, NM_ADMODE_EMULATED };

static int admode;
module_param(admode, int, 0644);
MODULE_PARM_DESC(admode,
		 "Adapters of interfaces: 0 = the best, 1 = native only, 2 = emulated only");

static int default_pipes;
module_param(default_pipes, int, 0644);
MODULE_PARM_DESC(default_pipes, "Without effect: pipes take what they need when they are opened");

/*
 * Whether a native adapter is in memory that the calling program may not see.
 * The two ends of a cable, in whatever namespaces, have one region.
 */
static bool nm_native_is_foreign(const struct netmap_adapter *na)
{
	return na->na_flags & NAF_MEM_OWNER && nm_mem_is_global(na->nm_mem) &&
	       !nm_mem_may_share(na->nm_mem);
}

/* Whether a native adapter has to be taken whatever admode says. */
static bool nm_native_is_kept(const struct netmap_adapter *na)
{
	return na->active_fds || na->na_num_pipes ||
	       na->na_flags & (NAF_FORCE_NATIVE | NAF_BUSY);
}

/* Whether an interface is to be emulated. */
static bool nm_device_is_emulated(const struct net_device *dev,
				  const struct netmap_adapter *na)
{
	if (nm_generic_find(dev))
		return true;
	if (!na)
		return admode != NM_ADMODE_NATIVE && !nm_vi_is(dev);
	return !nm_native_is_kept(na) &&
	       (admode == NM_ADMODE_EMULATED ||
		(admode == NM_ADMODE_BEST && nm_native_is_foreign(na)));
}

static int nm_device_get(struct net_device *dev, struct netmap_adapter **pna)
{
	struct netmap_adapter *na = nm_na_lookup(dev, NAF_NATIVE);
	int error;

	if (admode < NM_ADMODE_BEST || admode > NM_ADMODE_EMULATED)
		admode = NM_ADMODE_BEST;
	if (nm_device_is_emulated(dev, na)) {
		error = nm_generic_get(dev, pna);
	} else if (!na) {
		/* a persistent port without one is going */
		error = nm_vi_is(dev) ? -ENXIO : -EOPNOTSUPP;
		if (error == -EOPNOTSUPP)
			nm_prlim(2, "%s: its driver has no native netmap support",
				 dev->name);
	} else if (na->na_flags & NAF_ZOMBIE) {
		error = -ENXIO;
	} else {
		*pna = na;
		return 0;
	}
	netmap_adapter_put(na);
	return error;
}

/* The port of a network interface, in the namespace of the caller. */
static int nm_interface_get(struct nm_lookup *lookup, struct netmap_adapter **pna)
{
	struct net_device *dev;
	int error;

	dev = dev_get_by_name(current->nsproxy->net_ns, lookup->name);
	if (!dev)
		return -ENXIO;
	/* it may be on its way out since */
	if (dev->reg_state == NETREG_REGISTERED)
		error = nm_device_get(dev, pna);
	else
		error = -ENXIO;
	dev_put(dev);
	return error;
}

/**
 * nm_port_get() - the adapter that a request means
 * @lookup: name, mode, flags
 * @pna: set on success; the caller has a reference
 *
 * Context: nm_global_lock held.
 *
 * Return: 0; -EINVAL for modes of the legacy interface; -ENXIO if there is
 * no such interface; -EOPNOTSUPP if the port, or a driver for it, is not
 * part of this build
 */
int nm_port_get(struct nm_lookup *lookup, struct netmap_adapter **pna)
{
	int error;

	lockdep_assert_held(&nm_global_lock);
	*pna = NULL;
	if (lookup->reg->nr_mode == NR_REG_PIPE_MASTER ||
	    lookup->reg->nr_mode == NR_REG_PIPE_SLAVE)
		return -EINVAL;
	error = nm_null_get(lookup, pna);
	if (error || *pna)
		return error;
	error = nm_monitor_get(lookup, pna);
	if (error || *pna)
		return error;
	error = nm_pipe_get(lookup, pna);
	if (error || *pna)
		return error;
	error = nm_vale_get(lookup, pna);
	if (error || *pna)
		return error;
	return nm_interface_get(lookup, pna);
}

/* Adopts what the interface reports now, if nobody is bound. */
void nm_port_refresh(struct netmap_adapter *na)
{
	struct nm_config_info info = {
		.num_tx_rings = na->num_tx_rings,
		.num_rx_rings = na->num_rx_rings,
		.num_tx_descs = na->num_tx_desc,
		.num_rx_descs = na->num_rx_desc,
		.rx_buf_maxsize = na->rx_buf_maxsize,
	};

	/* an attached NIC has its own name, and that of its port */
	if (na->ifp && !(na->na_flags & NAF_BUSY))
		strscpy(na->name, na->ifp->name, sizeof(na->name));
	if (!na->nm_config || na->nm_config(na, &info))
		return;
	if (!nm_port_is_fixed(na)) {
		na->num_tx_rings = info.num_tx_rings;
		na->num_rx_rings = info.num_rx_rings;
		na->num_tx_desc = info.num_tx_descs;
		na->num_rx_desc = info.num_rx_descs;
		na->rx_buf_maxsize = info.rx_buf_maxsize;
	} else if (na->num_tx_rings != info.num_tx_rings ||
		   na->num_rx_rings != info.num_rx_rings ||
		   na->num_tx_desc != info.num_tx_descs ||
		   na->num_rx_desc != info.num_rx_descs) {
		nm_prlim(2, "%s: its rings changed while it is in use", na->name);
	}
}

/* The region that a request names by id: 0 = none. NULL then, and on error. */
static int nm_port_mem(u16 id, struct netmap_mem_d **pmem)
{
	struct netmap_mem_d *mem = id ? nm_mem_find(id) : NULL;

	*pmem = IS_ERR(mem) ? NULL : mem;
	return PTR_ERR_OR_ZERO(mem);
}

/* The region of the request becomes the one that the port has with it. */
static int nm_port_region(struct netmap_adapter *na, struct netmap_mem_d **pmem)
{
	struct netmap_mem_d *used;

	if (*pmem && !nm_port_is_fixed(na))
		return 0;
	used = nm_bind_region(na, NULL);
	if (IS_ERR(used))
		return PTR_ERR(used);
	netmap_mem_put(*pmem);
	*pmem = used;
	return 0;
}

/* The region of a REGISTER: memory of the program goes before an id. */
static int nm_port_register_mem(struct nm_request *req, struct netmap_mem_d **pmem)
{
	struct nmreq_opt_extmem *ext = nm_request_option(req, NETMAP_REQ_OPT_EXTMEM);
	const struct nmreq_register *reg = req->body;
	int error = 0;

	/* without support the option stays one that nobody understood */
	if (!ext || !NM_HAS_EXTMEM)
		return nm_port_mem(reg->nr_mem_id, pmem);
	*pmem = req->ext_error ? ERR_PTR(req->ext_error) :
				 nm_mem_ext_get(&req->ext, ext);
	if (IS_ERR(*pmem)) {
		error = PTR_ERR(*pmem);
		*pmem = NULL;
	}
	nm_request_option_done(req, NETMAP_REQ_OPT_EXTMEM, error);
	return error;
}

/**
 * nm_port_register() - NETMAP_REQ_REGISTER
 * @priv: the descriptor
 * @req: the request
 *
 * Return: 0 and the descriptor is bound, or an errno and nothing changed:
 * -EBUSY if it is bound already or rings are owned by somebody else,
 * -EOPNOTSUPP also for an option that nobody understood.
 */
int nm_port_register(struct netmap_priv_d *priv, struct nm_request *req)
{
	struct nmreq_register *reg = req->body;
	struct nm_lookup lookup = {
		.name = req->hdr.nr_name, .reg = reg, .create = true,
	};
	struct netmap_adapter *na;
	struct netmap_mem_d *mem;
	int error;

	if (priv->np_na)
		return -EBUSY;
	error = nm_port_register_mem(req, &mem);
	if (error)
		return error;
	lookup.mem = mem;
	error = nm_port_get(&lookup, &na);
	if (error)
		goto out_mem;
	if (na->na_flags & NAF_BUSY)
		error = -EBUSY;
	else if (na->virt_hdr_len && !(reg->nr_flags & NR_ACCEPT_VNET_HDR))
		error = -EIO;
	else
		error = nm_bind(priv, na, reg, mem, req);
	if (error)
		goto out_na;
	reg->nr_tx_rings = na->num_tx_rings;
	reg->nr_rx_rings = na->num_rx_rings;
	reg->nr_tx_slots = na->num_tx_desc;
	reg->nr_rx_slots = na->num_rx_desc;
	reg->nr_host_tx_rings = na->num_host_tx_rings;
	reg->nr_host_rx_rings = na->num_host_rx_rings;
	error = nm_csb_option(priv, req);
	if (!error)
		error = nm_mem_info(na->nm_mem, &reg->nr_memsize, &reg->nr_mem_id);
	if (!error && nm_request_options_left(req))
		error = -EOPNOTSUPP;
	if (error) {
		nm_unbind(priv);
		goto out_na;
	}
	reg->nr_extra_bufs = nm_mem_extra_create(na, priv->np_nifp,
						 reg->nr_extra_bufs);
	reg->nr_offset = nm_mem_if_offset(na->nm_mem, priv->np_nifp);
	nm_offsets_keep(priv);
	/* poll, sync and mmap look without a lock: only now may they see it */
	smp_store_release(&priv->np_ready, true);
out_na:
	netmap_adapter_put(na);
out_mem:
	netmap_mem_put(mem);
	return error;
}

/**
 * nm_port_info() - NETMAP_REQ_PORT_INFO_GET
 * @req: the request; an empty name asks about a region only
 *
 * Changes nothing: the region and the host rings that the request names are
 * those that a registration with the same values would get.
 *
 * Return: 0 or an errno of nm_port_get()
 */
int nm_port_info(struct nm_request *req)
{
	struct nmreq_register reg = { .nr_mode = NR_REG_ALL_NIC };
	struct nm_lookup lookup = {
		.name = req->hdr.nr_name, .reg = &reg, .create = true,
	};
	struct nmreq_port_info_get *info = req->body;
	struct netmap_adapter *na;
	struct netmap_mem_d *mem;
	u16 id;
	int error;

	id = info->nr_mem_id;
	if (!id && !req->hdr.nr_name[0])
		id = NM_MEM_GLOBAL_ID;
	error = nm_port_mem(id, &mem);
	if (error)
		return error;
	if (!req->hdr.nr_name[0]) {
		error = nm_mem_info(mem, &info->nr_memsize, &info->nr_mem_id);
		goto out_mem;
	}
	lookup.mem = mem;
	error = nm_port_get(&lookup, &na);
	if (error)
		goto out_mem;
	nm_port_refresh(na);
	error = nm_port_region(na, &mem);
	if (!error)
		error = nm_mem_info(mem, &info->nr_memsize, &info->nr_mem_id);
	info->nr_tx_rings = na->num_tx_rings;
	info->nr_rx_rings = na->num_rx_rings;
	info->nr_tx_slots = na->num_tx_desc;
	info->nr_rx_slots = na->num_rx_desc;
	if (nm_port_is_fixed(na) || !info->nr_host_tx_rings)
		info->nr_host_tx_rings = na->num_host_tx_rings;
	if (nm_port_is_fixed(na) || !info->nr_host_rx_rings)
		info->nr_host_rx_rings = na->num_host_rx_rings;
	netmap_adapter_put(na);
out_mem:
	netmap_mem_put(mem);
	return error;
}

/**
 * nm_port_pools_info() - NETMAP_REQ_POOLS_INFO_GET
 * @req: the request; its name is mandatory
 *
 * Return: 0, -ENXIO without a name, or an errno of nm_port_get()
 */
int nm_port_pools_info(struct nm_request *req)
{
	struct nmreq_register reg = { .nr_mode = NR_REG_ALL_NIC };
	struct nm_lookup lookup = {
		.name = req->hdr.nr_name, .reg = &reg, .create = true,
	};
	struct nmreq_pools_info *info = req->body;
	struct netmap_mem_d *mem;
	struct netmap_adapter *na;
	u64 size;
	u16 id;
	int error;

	if (!req->hdr.nr_name[0])
		return -ENXIO;
	error = nm_port_mem(info->nr_mem_id, &mem);
	if (error)
		return error;
	lookup.mem = mem;
	error = nm_port_get(&lookup, &na);
	if (error)
		goto out;
	error = nm_port_region(na, &mem);
	/* lays the pools out if nobody has used them yet */
	if (!error)
		error = nm_mem_info(mem, &size, &id);
	if (!error)
		nm_mem_pools_info(mem, info);
	netmap_adapter_put(na);
out:
	netmap_mem_put(mem);
	return error;
}
