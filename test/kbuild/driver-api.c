// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Every name of the driver API as bridge headers use it, in a module that is built like a driver and linked against
 * netmap.ko: what is missing, has another type or is not exported does not build.
 */
#include <bsd_glue.h>
#include <net/netmap.h>
#include <netmap/netmap_kern.h>
#include <dev/netmap/netmap_mem2.h>

#ifndef WITH_PIPES
#error the flags of the build do not reach drivers
#endif

SYSCTL_DECL(_dev_netmap);
static int api_tunable = 1;
SYSCTL_INT(_dev_netmap, OID_AUTO, api_tunable, CTLFLAG_RW, &api_tunable, 1, "of this driver");
static int api_shown;
SYSCTL_INT(_dev_netmap, OID_AUTO, api_shown, CTLFLAG_RD, &api_shown, 0, "of this driver");

/* as ixgbe and veth have them: the adapter comes first */
struct api_adapter {
	struct netmap_hw_adapter up;
	struct ifnet *peer;
	bus_dma_tag_t tag;
	bus_dmamap_t map;
	vm_paddr_t paddr;
	char line[64] ____cacheline_aligned;
};

struct api_desc {
	__le64 addr;
	__le32 len;
	__le16 status;
};

static const char api_suffix[] = "api" NETMAP_LINUX_DRIVER_SUFFIX;

/* fields whose types drivers rely on, unsigned long long in formats among them */
static void api_show(struct netmap_kring *kring)
{
	struct netmap_adapter *na = kring->na;

	nm_prinf("%s %s %s: %u slots, %llu bytes, %llu aligned, %u to refill, %llu", na->name,
		 kring->name, nm_txrx2str(kring->tx), kring->nkr_num_slots,
		 (unsigned long long)kring->hwbuf_len, (unsigned long long)kring->buf_align,
		 kring->nkr_to_refill, (unsigned long long)kring->last_reclaim);
	nm_prerr("%s %u: %u %u %u", if_name(na->ifp), kring->ring_id, kring->rhead,
		 kring->rcur, kring->rtail);
	nm_prlim(5, "%s %d %d", nm_txrx2str(nm_txrx_swap(kring->tx)), netmap_verbose,
		 na->active_fds);
	nm_prdis("%s", nothing_of_this_is->compiled);
}

static int api_txsync(struct netmap_kring *kring, int flags)
{
	struct netmap_adapter *na = kring->na;
	struct api_adapter *api = (struct api_adapter *)na;
	struct netmap_ring *ring = kring->ring;
	u_int const lim = kring->nkr_num_slots - 1, head = kring->rhead;
	struct api_desc desc = {};
	u_int nm_i, nic_i;

	if (!netif_carrier_ok(na->ifp) || nm_kr_wouldblock(kring))
		return 0;
	nic_i = netmap_idx_k2n(kring, kring->nr_hwcur);
	for (nm_i = kring->nr_hwcur; nm_i != head; nm_i = nm_next(nm_i, lim)) {
		struct netmap_slot *slot = &ring->slot[nm_i];
		uint64_t paddr, offset = nm_get_offset(kring, slot);
		u_int len = slot->len;
		void *addr = PNMB(na, slot, &paddr);

		NM_CHECK_ADDR_LEN(na, addr, len);
		NM_CHECK_ADDR_LEN_OFF(na, len, offset);
		addr = PNMB_O(kring, slot, &paddr);
		desc.addr = htole64(paddr);
		desc.len = htole32(len);
		if (slot->flags & NS_BUF_CHANGED)
			netmap_reload_map(na, api->tag, api->map, addr);
		if (slot->flags & (NS_REPORT | NS_MOREFRAG))
			desc.status = 1;
		slot->flags &= ~(NS_REPORT | NS_BUF_CHANGED | NS_MOREFRAG);
		netmap_sync_map_dev(na, api->tag, &paddr, len, NR_TX);
		nic_i = nm_next(nic_i, lim);
	}
	kring->nr_hwcur = head;
	if (flags & NAF_FORCE_RECLAIM || nm_kr_txempty(kring))
		kring->nr_hwtail = nm_prev(netmap_idx_n2k(kring, nic_i), lim);
	kring->last_reclaim = le64toh(desc.addr) + le32toh(desc.len) + le16toh(desc.status);
	return 0;
}

static int api_rxsync(struct netmap_kring *kring, int flags)
{
	struct netmap_adapter *na = kring->na;
	struct api_adapter *api = (struct api_adapter *)na;
	int force = flags & NAF_FORCE_READ || kring->nr_kflags & NKR_PENDINTR;
	struct netmap_slot *slot = &kring->ring->slot[kring->nr_hwtail];
	uint64_t paddr;

	if (kring->rhead > kring->nkr_num_slots - 1)
		return netmap_ring_reinit(kring);
	if (netmap_no_pendintr || force) {
		dma_rmb();
		netmap_sync_map_cpu(na, api->tag, &api->paddr, slot->len, NR_RX);
		kring->nr_kflags &= ~NKR_PENDINTR;
	}
	if (kring->nr_kflags & NKR_NOINTR || nm_kr_rxempty(kring))
		return 0;
	PNMB(na, slot, &paddr);
	if (NMB(na, slot) == NETMAP_BUF_BASE(na))
		return netmap_ring_reinit(kring);
	nm_write_offset(kring, slot, nm_get_offset(kring, slot));
	bzero(NMB_O(kring, slot), min_t(u_int, slot->len, nm_kr_rxspace(kring)));
	kring->nkr_to_refill = nm_kr_txspace(kring);
	return paddr == NM_ACCESS_ONCE(api->paddr);
}

static int api_register(struct netmap_adapter *na, int onoff)
{
	enum txrx t;
	u_int i;

	if (onoff)
		nm_set_native_flags(na);
	else
		nm_clear_native_flags(na);
	for_rx_tx(t)
		for (i = 0; i < nma_get_nrings(na, t) + nma_get_host_nrings(na, t); i++) {
			struct netmap_kring *kring = NMR(na, t)[i];

			if (i >= netmap_real_rings(na, t) || i >= netmap_all_rings(na, t))
				break;
			if (onoff && nm_kring_pending_on(kring))
				kring->nr_mode = NKR_NETMAP_ON;
			else if (!onoff && nm_kring_pending_off(kring))
				kring->nr_mode = NKR_NETMAP_OFF;
			api_show(kring);
		}
	netmap_krings_mode_commit(na, onoff);
	return 0;
}

static int api_config(struct netmap_adapter *na, struct nm_config_info *info)
{
	int error = netmap_rings_config_get(na, info);

	info->rx_buf_maxsize = NETMAP_BUF_SIZE(na);
	return error ?: nm_os_config(na, info);
}

static int api_bufcfg(struct netmap_kring *kring, uint64_t target)
{
	kring->hwbuf_len = target;
	kring->buf_align = 0;
	return 0;
}

static int api_krings_create(struct netmap_adapter *na)
{
	int error = na->na_lut.objtotal ? netmap_hw_krings_create(na) : -ENOMEM;

	return error ?: netmap_krings_create(na, 0) ?: netmap_mem_rings_create(na);
}

static void api_krings_delete(struct netmap_adapter *na)
{
	netmap_mem_rings_delete(na);
	netmap_krings_delete(na);
	netmap_hw_krings_delete(na);
}

static void api_intr(struct netmap_adapter *na, int onoff) {}
static void api_dtor(struct netmap_adapter *na) {}

/* an adapter is described on the stack */
static int api_attach(struct ifnet *ifp)
{
	struct netmap_adapter na;

	bzero(&na, sizeof(na));
	na.ifp = ifp;
	na.pdev = ifp->dev.parent;
	na.na_flags = NAF_MOREFRAG | NAF_OFFSETS | NAF_FORCE_NATIVE | NAF_HOST_ALL;
	na.num_tx_desc = 256;
	na.num_rx_desc = 256;
	na.num_tx_rings = 1;
	na.num_rx_rings = DEV_NUM_RX_QUEUES(ifp);
	na.num_host_tx_rings = 1;
	na.num_host_rx_rings = 1;
	na.rx_buf_maxsize = 2048;
	na.nm_register = api_register;
	na.nm_txsync = api_txsync;
	na.nm_rxsync = api_rxsync;
	na.nm_intr = api_intr;
	na.nm_config = api_config;
	na.nm_bufcfg = api_bufcfg;
	na.nm_krings_create = api_krings_create;
	na.nm_krings_delete = api_krings_delete;
	na.nm_dtor = api_dtor;
	if (NM_NA_CLASH(ifp) || NM_NA_VALID(ifp))
		return netmap_attach(&na);
	return netmap_attach_ext(&na, sizeof(struct api_adapter), 1);
}

/* the work pointer is an int here and unsigned there */
static int api_irq(struct ifnet *ifp, u_int q)
{
	struct netmap_adapter *na = NA(ifp);
	u_int work;
	int done;

	if (netmap_tx_irq(ifp, q) != NM_IRQ_PASS || !nm_netmap_on(na))
		return 1;
	if (netmap_kring_on(na, q, NR_RX) && nm_native_on(na))
		return netmap_common_irq(na, q, &work) == NM_IRQ_RESCHED;
	return netmap_rx_irq(ifp, q, &done) == NM_IRQ_COMPLETED;
}

static int api_reset(struct ifnet *ifp)
{
	struct netmap_adapter *na = NA(ifp);
	struct netmap_slot *slot;

	netmap_disable_all_rings(ifp);
	slot = netmap_reset(na, NR_RX, 0, 0) ?: netmap_reset(na, NR_TX, 0, 0);
	netmap_enable_all_rings(ifp);
	return slot && slot->buf_idx ? na->tx_rings[0]->nr_mode : na->rx_rings[0]->nr_pending_mode;
}

static int api_map(struct api_adapter *api, void *buf)
{
	struct netmap_adapter *na = &api->up.up;
	int error = netmap_load_map(na, api->tag, api->map, buf, 2048);

	netmap_unload_map(na, api->tag, api->map, 2048);
	return error;
}

/* as veth does */
static int api_pair(struct netmap_adapter *na, struct netmap_adapter *peer)
{
	int error = netmap_pipe_krings_create_both(na, peer) ?: netmap_pipe_reg_both(na, peer);

	netmap_adapter_get(na);
	netmap_pipe_txsync(na->tx_rings[0], 0);
	netmap_pipe_rxsync(na->rx_rings[0]->pipe, 0);
	netmap_pipe_krings_delete_both(na, peer);
	nma_set_nrings(na, NR_TX, nma_get_nrings(peer, NR_RX));
	nma_set_ndesc(na, NR_TX, nma_get_ndesc(peer, NR_RX));
	nma_set_host_nrings(na, NR_TX, 1);
	return netmap_adapter_put(na) ?: error;
}

/* as modules with a switch of their own do */
static uint32_t api_lookup(struct nm_bdg_fwd *ft, uint8_t *ring, struct netmap_vp_adapter *vp,
			   void *private)
{
	*ring = ft->ft_frags + ft->ft_next;
	if (netmap_ifp_to_vp(netmap_vp_to_ifp(vp)) != vp ||
	    netmap_ifp_to_host_vp(netmap_vp_to_ifp(vp)) == vp)
		return netmap_bdg_idx(vp) == NM_BDG_MAXPORTS ? NM_BDG_NOPORT : NM_BDG_BROADCAST;
	return ft->ft_len - sizeof(struct nm_vnet_hdr) + ft->ft_offset + ft->ft_flags;
}

static int api_switch(void)
{
	struct netmap_bdg_ops ops = { .lookup = api_lookup, .name = "api" };
	int error;
	void *token = netmap_vale_create("vale0", &error);

	error = netmap_bdg_regops("vale0", &ops, NULL, token);
	return error ?: netmap_vale_destroy("vale0", token);
}

static int __init api_init(void)
{
	static struct api_adapter api;
	struct ifnet *ifp = api.peer;

	/* nothing is called: there is no interface. That all of it can be linked is the test. */
	if (!ifp)
		return -ENODEV;
	nm_prinf("%s", api_suffix);
	return api_attach(ifp) ?: api_irq(ifp, 0) ?: api_reset(ifp) ?: api_map(&api, api.line) ?:
	       api_pair(NA(ifp), NA(ifp)) ?: api_switch();
}

static void __exit api_exit(void)
{
	netmap_detach(NULL);
}

static_assert(offsetof(struct api_adapter, up.up) == 0);
static_assert(sizeof(struct netmap_adapter) < 1024);
static_assert(NR_RX == 0 && NR_TX == 1 && NR_TXRX == 2);
static_assert(NKR_NETMAP_OFF == 0 && NKR_NETMAP_ON == 1);
static_assert(NKR_PENDINTR == 1 && NKR_EXCLUSIVE == 2 && NKR_FORWARD == 4);
static_assert(NKR_NEEDRING == 8 && NKR_NOINTR == 0x10 && NKR_FAKERING == 0x20);
static_assert(NM_KR_BUSY == 1 && NM_KR_STOPPED == 2 && NM_KR_LOCKED == 3);
static_assert(NM_IRQ_PASS == 0 && NM_IRQ_COMPLETED == -1 && NM_IRQ_RESCHED == -2);
static_assert(NAF_FORCE_READ == 1 && NAF_FORCE_RECLAIM == 2 && NAF_CAN_FORWARD_DOWN == 4);
static_assert(NM_BUF_ALIGN == 64 && NM_KRING_ALIGNMENT == 64 && NM_NEED_BWRAP == -2);
static_assert(NR_NOSLOT == (uint32_t)~0);
static_assert(NAF_SKIP_INTR == 1 && NAF_SW_ONLY == 2 && NAF_BDG_MAYSLEEP == 4);
static_assert(NAF_MEM_OWNER == 8 && NAF_NATIVE == 16 && NAF_NETMAP_ON == 32);
static_assert(NAF_HOST_RINGS == 64 && NAF_FORCE_NATIVE == 128 && NAF_MOREFRAG == 512);
static_assert(NAF_OFFSETS == 1024 && NAF_HOST_ALL == 2048);
static_assert(NAF_ZOMBIE == 1u << 30 && NAF_BUSY == 1u << 31);
static_assert(NM_BDG_MAXPORTS == 254 && NM_BDG_BROADCAST == 254 && NM_BDG_NOPORT == 255);
static_assert(NM_BRIDGES == 8 && NM_BDG_HASH == 1024 && sizeof(struct nm_vnet_hdr) == 10);

module_init(api_init);
module_exit(api_exit);
MODULE_DESCRIPTION("every name of the driver API");
MODULE_LICENSE("GPL");
