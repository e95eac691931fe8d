// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Ports of switches that programs open. RX rings are filled by the senders,
 * see forward.c; TX sync forwards.
 */
#include <linux/etherdevice.h>
#include <linux/nsproxy.h>
#include <linux/slab.h>

#include "ports/ports.h"
#include "mem/mem.h"
#include "vale.h"

/* 0 = 1, at most max */
static void nm_vp_clamp_rings(u16 *rings)
{
	*rings = clamp_t(u16, *rings, 1, NM_VALE_RINGS_MAX);
}

static void nm_vp_clamp_slots(u32 *slots)
{
	*slots = min(*slots ?: NM_VALE_SLOTS, NM_VALE_SLOTS_MAX);
}

/* What a request for a new port may get; written back. */
void nm_vp_counts(u16 *tx_rings, u16 *rx_rings, u32 *tx_slots, u32 *rx_slots)
{
	nm_vp_clamp_rings(tx_rings);
	nm_vp_clamp_rings(rx_rings);
	nm_vp_clamp_slots(tx_slots);
	nm_vp_clamp_slots(rx_slots);
}

/*
 * Kernel rings
 */

/* Room for what forwarding needs: scratch of senders, leases of receivers. */
int nm_vp_krings_extend(struct netmap_adapter *na)
{
	struct netmap_kring *kring;
	u32 i, j;

	for (i = 0; i < na->num_tx_rings; i++) {
		kring = na->tx_rings[i];
		kring->nkr_batch = nm_vale_batch_new();
		if (!kring->nkr_batch)
			goto fail;
	}
	for (i = 0; i < na->num_rx_rings; i++) {
		kring = na->rx_rings[i];
		kring->nkr_leases = kvmalloc_array(kring->nkr_num_slots,
						   sizeof(u32), NM_GFP);
		if (!kring->nkr_leases)
			goto fail;
		for (j = 0; j < kring->nkr_num_slots; j++)
			kring->nkr_leases[j] = NR_NOSLOT;
		kring->nkr_hwlease = kring->nr_hwtail;
		kring->nr_watch = &kring->nr_hwtail;
	}
	return 0;
fail:
	nm_vp_krings_shrink(na);
	return -ENOMEM;
}

void nm_vp_krings_shrink(struct netmap_adapter *na)
{
	u32 i;

	for (i = 0; i < na->num_tx_rings; i++) {
		nm_vale_batch_free(na->tx_rings[i]->nkr_batch);
		na->tx_rings[i]->nkr_batch = NULL;
	}
	for (i = 0; i < na->num_rx_rings; i++) {
		kvfree(na->rx_rings[i]->nkr_leases);
		na->rx_rings[i]->nkr_leases = NULL;
	}
}

static int nm_vp_krings_create(struct netmap_adapter *na)
{
	int error = netmap_krings_create(na, 0);

	if (error)
		return error;
	error = nm_vp_krings_extend(na);
	if (error)
		netmap_krings_delete(na);
	return error;
}

static void nm_vp_krings_delete(struct netmap_adapter *na)
{
	nm_vp_krings_shrink(na);
	netmap_krings_delete(na);
}

/*
 * Callbacks
 */

/* Senders look at the mode of rings under the lock of the switch. */
static int nm_vp_register(struct netmap_adapter *na, int onoff)
{
	struct nm_switch *sw = nm_vp_of(na)->na_bdg;

	nm_switch_lock(sw);
	netmap_krings_mode_commit(na, onoff);
	if (onoff)
		na->na_flags |= NAF_NETMAP_ON;
	else if (na->active_fds == 0)
		na->na_flags &= ~NAF_NETMAP_ON;
	nm_switch_unlock(sw);
	return 0;
}

/**
 * nm_vp_txsync() - sync callback of the TX rings of a switch port
 * @kring: the ring, locked
 * @flags: NAF_*
 *
 * Whatever becomes of the packets, their slots are free again at once.
 *
 * Return: 0
 */
int nm_vp_txsync(struct netmap_kring *kring, int flags)
{
	struct netmap_vp_adapter *vp = nm_vp_of(kring->na);
	u32 done = kring->rhead;

	if (kring->nr_hwcur == done)
		return 0;
	/* na_bdg only changes while the rings are stopped */
	if (vp->na_bdg)
		done = nm_vale_forward(vp, kring, kring->nkr_batch,
				       kring->nr_hwcur, done, flags);
	kring->nr_hwcur = done;
	kring->nr_hwtail = nm_prev(done, kring->nkr_num_slots - 1);
	return 0;
}

static int nm_vp_rxsync(struct netmap_kring *kring, int flags)
{
	u32 lim = kring->nkr_num_slots - 1, nm_i = kring->nr_hwcur;
	struct netmap_slot __nmshared *slots = nm_kring_slots(kring);

	for (; nm_i != kring->rhead; nm_i = nm_next(nm_i, lim)) {
		u16 flags = nm_load(&slots[nm_i].flags);

		if (unlikely(flags & NS_BUF_CHANGED))
			nm_store(&slots[nm_i].flags, flags & ~NS_BUF_CHANGED);
	}
	/* the senders own these slots, as they are now */
	smp_store_release(&kring->nr_hwcur, nm_i);
	return 0;
}

/* The last reference on an ephemeral port. */
static void nm_vp_dtor(struct netmap_adapter *na)
{
	struct netmap_vp_adapter *vp = nm_vp_of(na);

	if (vp->na_bdg)
		nm_switch_detach(vp);
}

struct netmap_vp_adapter *nm_vp_of(struct netmap_adapter *na)
{
	return container_of(na, struct netmap_vp_adapter, up);
}

/* Is it a port that programs open (neither a NIC nor a host stack)? */
bool nm_vp_is(struct netmap_adapter *na)
{
	return na->nm_txsync == nm_vp_txsync;
}

/* Completes a port whose counts are set. */
void nm_vp_init(struct netmap_vp_adapter *vp, struct netmap_mem_d *mem)
{
	struct netmap_adapter *na = &vp->up;

	vp->mfs = NM_VALE_MFS;
	na->na_flags |= NAF_BDG_MAYSLEEP | NAF_OFFSETS | NAF_MOREFRAG;
	na->rx_buf_maxsize = NM_VALE_MFS;
	na->nm_register = nm_vp_register;
	na->nm_txsync = nm_vp_txsync;
	na->nm_rxsync = nm_vp_rxsync;
	na->nm_krings_create = nm_vp_krings_create;
	na->nm_krings_delete = nm_vp_krings_delete;
	na->nm_dtor = nm_vp_dtor;
	nm_adapter_init(na, mem);
}

/*
 * Opening
 */

/* A new port, attached, with the reference of the caller. */
static struct netmap_vp_adapter *nm_vp_new(struct nm_lookup *lookup,
					   struct nm_switch *sw)
{
	struct nmreq_register *reg = lookup->reg;
	struct netmap_vp_adapter *vp;
	struct netmap_mem_d *mem;
	int error;

	nm_vp_counts(&reg->nr_tx_rings, &reg->nr_rx_rings, &reg->nr_tx_slots,
		     &reg->nr_rx_slots);
	reg->nr_extra_bufs = min(reg->nr_extra_bufs, NM_VALE_EXTRA_MAX);
	mem = lookup->mem ? netmap_mem_get(lookup->mem) :
		nm_mem_private_new(&(struct nm_mem_need){
			.tx_rings = reg->nr_tx_rings,
			.rx_rings = reg->nr_rx_rings,
			.tx_slots = reg->nr_tx_slots,
			.rx_slots = reg->nr_rx_slots,
			.extra_bufs = reg->nr_extra_bufs, .pipes = 2 });
	if (IS_ERR(mem))
		return ERR_CAST(mem);
	vp = kzalloc(sizeof(*vp), GFP_KERNEL);
	if (!vp) {
		netmap_mem_put(mem);
		return ERR_PTR(-ENOMEM);
	}
	strscpy(vp->up.name, lookup->name, sizeof(vp->up.name));
	vp->up.num_tx_rings = reg->nr_tx_rings;
	vp->up.num_rx_rings = reg->nr_rx_rings;
	vp->up.num_tx_desc = reg->nr_tx_slots;
	vp->up.num_rx_desc = reg->nr_rx_slots;
	nm_vp_init(vp, mem);
	netmap_mem_put(mem);
	error = nm_switch_attach(sw, vp, lookup->name);
	if (error) {
		netmap_adapter_put(&vp->up);
		return ERR_PTR(error);
	}
	return vp;
}

/* Is there an interface of this name in the namespace of the caller? */
bool nm_vale_interface_exists(const char *name)
{
	struct net_device *dev = dev_get_by_name(current->nsproxy->net_ns, name);

	if (dev)
		dev_put(dev);
	return dev;
}

/**
 * nm_vale_get() - the switch port that a request means
 * @lookup: "vale<switch>:<port>"
 * @pna: set if the name begins with "vale"
 *
 * Context: nm_global_lock held.
 *
 * Return: 0; -ENOMEM for a malformed name, too many switches or ports, -ENXIO
 * instead if nothing may be created or the port does not exist then; -EINVAL
 * if <port> is an interface that is not attached
 */
int nm_vale_get(struct nm_lookup *lookup, struct netmap_adapter **pna)
{
	struct netmap_vp_adapter *vp = NULL;
	struct nm_switch *sw;
	size_t len;
	int error = nm_vale_name_split(lookup->name, &len);

	if (error == -ENOENT)
		return 0;
	if (error)
		return lookup->create ? -ENOMEM : -ENXIO;
	sw = nm_switch_find(lookup->name, len);
	if (sw)
		vp = nm_switch_port(sw, lookup->name);
	if (vp) {
		netmap_adapter_get(&vp->up);
		*pna = &vp->up;
		return 0;
	}
	if (!lookup->create)
		return -ENXIO;
	if (sw && sw->num_ports >= NM_BDG_MAXPORTS)
		return -ENOMEM;
	if (nm_vale_interface_exists(lookup->name + len + 1))
		return -EINVAL;
	sw = nm_switch_get(lookup->name, len);
	if (IS_ERR(sw))
		return PTR_ERR(sw);
	vp = nm_vp_new(lookup, sw);
	if (IS_ERR(vp)) {
		nm_switch_put(sw);
		return PTR_ERR(vp);
	}
	*pna = &vp->up;
	return 0;
}

/* The virtio-net header of a port: PORT_HDR_SET, PORT_HDR_GET */

static int nm_vale_existing(struct nm_request *req, struct netmap_adapter **pna)
{
	struct nmreq_register reg = { .nr_mode = NR_REG_ALL_NIC };
	struct nm_lookup lookup = { .name = req->hdr.nr_name, .reg = &reg };

	return nm_port_get(&lookup, pna);
}

/**
 * nm_vale_hdr_set() - NETMAP_REQ_PORT_HDR_SET
 * @req: the request
 *
 * Return: 0, -EINVAL for a length other than 0, 10, 12, -ENXIO if the name is
 * not that of an existing port of a switch
 */
int nm_vale_hdr_set(struct nm_request *req)
{
	u32 len = ((struct nmreq_port_hdr *)req->body)->nr_hdr_len;
	struct netmap_vp_adapter *vp;
	struct netmap_adapter *na;

	if (len != 0 && len != 10 && len != 12)
		return -EINVAL;
	if (strncmp(req->hdr.nr_name, NM_BDG_NAME, strlen(NM_BDG_NAME)) ||
	    strpbrk(req->hdr.nr_name, "{}") || nm_vale_existing(req, &na))
		return -ENXIO;
	vp = nm_vp_of(na);
	nm_switch_lock(vp->na_bdg);
	na->virt_hdr_len = len;
	if (len)
		vp->mfs = nm_mem_buf_size(na->nm_mem);
	nm_switch_unlock(vp->na_bdg);
	netmap_adapter_put(na);
	return 0;
}

/**
 * nm_vale_hdr_get() - NETMAP_REQ_PORT_HDR_GET
 * @req: the request, about any kind of port
 *
 * Return: 0 or an errno of nm_port_get() for a port that exists already
 */
int nm_vale_hdr_get(struct nm_request *req)
{
	struct nmreq_port_hdr *hdr = req->body;
	struct netmap_adapter *na;
	int error = nm_vale_existing(req, &na);

	if (error)
		return error;
	hdr->nr_hdr_len = na->virt_hdr_len;
	netmap_adapter_put(na);
	return 0;
}
