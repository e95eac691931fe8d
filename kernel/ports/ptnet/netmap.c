// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/* Netmap mode of passthrough devices: programs fill the host's own rings. */
#include "ptnet.h"
#include "mem/mem.h"

static struct nm_ptnet *nm_ptnet_of(struct netmap_adapter *na)
{
	return netdev_priv(na->ifp);
}

static struct nm_ptnet_ring *nm_ptnet_kring(struct netmap_kring *kring)
{
	return nm_ptnet_ring_of(nm_ptnet_of(kring->na), kring->tx, kring->ring_id);
}

/* Looks; and once more after asking for an interrupt if the caller has to wait. */
static int nm_ptnet_sync_look(struct netmap_kring *kring, struct nm_ptnet_ring *r)
{
	bool wait;

	if (!nm_ptnet_look(r, kring->rhead, &kring->nr_hwcur, &kring->nr_hwtail))
		return -EIO;
	wait = kring->rcur == kring->nr_hwtail &&
	       !(kring->nr_kflags & NKR_NOINTR);
	nm_ptnet_want_irq(r, wait);
	if (wait && !nm_ptnet_look(r, kring->rhead, &kring->nr_hwcur,
				   &kring->nr_hwtail))
		return -EIO;
	return 0;
}

static int nm_ptnet_txsync(struct netmap_kring *kring, int flags)
{
	struct nm_ptnet_ring *r = nm_ptnet_kring(kring);
	bool work = kring->rhead != kring->nr_hwcur || nm_kr_txempty(kring);

	nm_store(&r->atok->sync_flags, flags & NM_SYNC_PUBLIC);
	nm_ptnet_push(r, kring->rcur, kring->rhead);
	if (work || flags & NAF_FORCE_RECLAIM)
		nm_ptnet_kick(r, flags & NAF_FORCE_RECLAIM);
	return nm_ptnet_sync_look(kring, r);
}

static int nm_ptnet_rxsync(struct netmap_kring *kring, int flags)
{
	struct nm_ptnet_ring *r = nm_ptnet_kring(kring);

	kring->nr_kflags &= ~NKR_PENDINTR;
	nm_store(&r->atok->sync_flags, flags & NM_SYNC_PUBLIC);
	nm_ptnet_push(r, kring->rcur, kring->rhead);
	/* the host may wait for the slots that come back */
	if (kring->rhead != kring->nr_hwcur)
		nm_ptnet_kick(r, false);
	return nm_ptnet_sync_look(kring, r);
}

static void nm_ptnet_intr(struct netmap_adapter *na, int onoff)
{
	struct nm_ptnet *pn = nm_ptnet_of(na);
	u32 i;

	for (i = 0; i < nm_ptnet_num_rings(pn); i++) {
		nm_ptnet_want_irq(&pn->rings[i], onoff);
		if (onoff)
			napi_schedule(&pn->rings[i].napi);
	}
}

static int nm_ptnet_config(struct netmap_adapter *na, struct nm_config_info *info)
{
	struct nm_ptnet *pn = nm_ptnet_of(na);
	u32 tx, rx;

	/* known as soon as the memory is in use, before the rings are made */
	if (na->na_lut.lut && nm_ptnet_if(pn, &tx, &rx)) {
		na->num_host_tx_rings = tx - pn->num[NR_TX];
		na->num_host_rx_rings = rx - pn->num[NR_RX];
	}
	info->num_tx_rings = pn->num[NR_TX];
	info->num_rx_rings = pn->num[NR_RX];
	info->num_tx_descs = pn->slots[NR_TX];
	info->num_rx_descs = pn->slots[NR_RX];
	info->rx_buf_maxsize = na->rx_buf_maxsize;
	return 0;
}

static void nm_ptnet_ring_tell(struct netmap_kring *kring)
{
	struct netmap_ring __nmshared *ring = nm_kring_shared(kring);

	nm_store(&ring->head, kring->rhead);
	nm_store(&ring->cur, kring->rcur);
	nm_store(&ring->tail, kring->rtail);
}

/*
 * The kernel rings of the adapter, on rings of the host. Its host rings exist
 * as far as the description of the host's port has rings for them.
 */
static int nm_ptnet_krings_create(struct netmap_adapter *na)
{
	struct nm_ptnet *pn = nm_ptnet_of(na);
	u32 i, tx, rx;
	enum txrx t;
	int error;

	na->na_nifp = nm_shared_bytes(nm_ptnet_if(pn, &tx, &rx));
	if (!na->na_nifp)
		return -EINVAL;
	/* offsets in the description are counted with its own host rings */
	if (na->num_host_tx_rings != tx - pn->num[NR_TX] ||
	    na->num_host_rx_rings != rx - pn->num[NR_RX])
		return -EINVAL;
	error = netmap_hw_krings_create(na);
	if (error)
		return error;
	for_rx_tx(t)
		for (i = 0; i < netmap_all_rings(na, t); i++) {
			struct netmap_ring __nmshared *ring =
				nm_ptnet_shared_ring(pn, t, i);
			struct netmap_kring *kring = NMR(na, t)[i];

			nm_kring_share(kring, ring);
			if (!ring && i < pn->num[t])
				error = -EINVAL;
			/* the positions of the others come with their start */
			if (ring && i >= pn->num[t])
				nm_ptnet_ring_tell(kring);
		}
	if (error)
		netmap_hw_krings_delete(na);
	return error;
}

static void nm_ptnet_krings_delete(struct netmap_adapter *na)
{
	netmap_hw_krings_delete(na);
}

static void nm_ptnet_kring_on(struct netmap_kring *kring, struct nm_ptnet_ring *r)
{
	kring->rhead = r->head;
	kring->rcur = r->head;
	kring->nr_hwcur = r->hwcur;
	kring->nr_hwtail = r->hwtail;
	kring->rtail = r->hwtail;
	nm_ptnet_ring_tell(kring);
	kring->nr_mode = NKR_NETMAP_ON;
}

static void nm_ptnet_kring_off(struct netmap_kring *kring, struct nm_ptnet_ring *r)
{
	r->head = kring->rhead;
	r->hwcur = kring->nr_hwcur;
	r->hwtail = kring->nr_hwtail;
	kring->nr_mode = NKR_NETMAP_OFF;
}

static void nm_ptnet_switch(struct netmap_adapter *na, struct nm_ptnet *pn, int onoff)
{
	enum txrx t;
	u32 i;

	for_rx_tx(t)
		for (i = 0; i < pn->num[t]; i++) {
			struct netmap_kring *kring = NMR(na, t)[i];

			if (onoff && nm_kring_pending_on(kring))
				nm_ptnet_kring_on(kring, nm_ptnet_ring_of(pn, t, i));
			else if (!onoff && nm_kring_pending_off(kring))
				nm_ptnet_kring_off(kring, nm_ptnet_ring_of(pn, t, i));
		}
}

/* rtnl held, syncs kept out */
static int nm_ptnet_register(struct netmap_adapter *na, int onoff)
{
	struct nm_ptnet *pn = nm_ptnet_of(na);
	int error;

	if (onoff && !na->active_fds) {
		error = nm_ptnet_get(pn);
		if (error)
			return error;
	}
	nm_ptnet_quiesce(pn);
	nm_ptnet_switch(na, pn, onoff);
	if (onoff)
		nm_set_native_flags(na);
	else
		nm_clear_native_flags(na);
	nm_ptnet_resume(pn);
	if (!onoff && !na->active_fds)
		nm_ptnet_put(pn);
	return 0;
}

/**
 * nm_ptnet_attach() - give the interface of a device its adapter
 * @pn: the device, complete
 *
 * Return: see netmap_attach()
 */
int nm_ptnet_attach(struct nm_ptnet *pn)
{
	struct netmap_adapter na = {
		.ifp = pn->dev,
		.na_flags = NAF_MEM_OWNER | NAF_MOREFRAG | NAF_FORCE_NATIVE,
		.num_tx_rings = pn->num[NR_TX],
		.num_rx_rings = pn->num[NR_RX],
		.num_tx_desc = pn->slots[NR_TX],
		.num_rx_desc = pn->slots[NR_RX],
		.nm_mem = pn->mem,
		.virt_hdr_len = pn->vnet_len,
		.nm_register = nm_ptnet_register,
		.nm_txsync = nm_ptnet_txsync,
		.nm_rxsync = nm_ptnet_rxsync,
		.nm_intr = nm_ptnet_intr,
		.nm_config = nm_ptnet_config,
		.nm_krings_create = nm_ptnet_krings_create,
		.nm_krings_delete = nm_ptnet_krings_delete,
	};

	return netmap_attach(&na);
}
