/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * What a native driver sees of the module: adapters, kernel rings, the
 * helpers that a driver calls and the callbacks that it provides.
 *
 * A driver fills a struct netmap_adapter, passes it to netmap_attach() and
 * then calls netmap_reset() whenever it programs a ring, netmap_rx_irq() and
 * netmap_tx_irq() from its NAPI poll, and netmap_detach() when it goes away.
 * docs/kernel.md tells who may call what, in which context.
 */
#ifndef _NETMAP_KERN_H_
#define _NETMAP_KERN_H_

#include <linux/types.h>
#include <linux/cache.h>
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/if.h>
#include <linux/netdevice.h>
#include <linux/ethtool.h>
#include <linux/lockdep.h>
#include <linux/skbuff.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/jiffies.h>
#include <linux/printk.h>
#include <linux/irq_work.h>
#include <linux/refcount.h>

#include "netmap_linux_config.h"

#include <nm_timeval.h>
#include <net/netmap.h>

#ifndef DEV_NETMAP
#define DEV_NETMAP
#endif

#ifdef CONFIG_NETMAP_VALE
#define WITH_VALE
#endif
#ifdef CONFIG_NETMAP_PIPE
#define WITH_PIPES
#endif
#ifdef CONFIG_NETMAP_MONITOR
#define WITH_MONITOR
#endif
#ifdef CONFIG_NETMAP_GENERIC
#define WITH_GENERIC
#endif
#ifdef CONFIG_NETMAP_PTNETMAP
#define WITH_PTNETMAP
#endif
#ifdef CONFIG_NETMAP_SINK
#define WITH_SINK
#endif
#ifdef CONFIG_NETMAP_EXTMEM
#define WITH_EXTMEM
#endif
#ifdef CONFIG_NETMAP_NULL
#define WITH_NMNULL
#endif

enum txrx { NR_RX = 0, NR_TX = 1, NR_TXRX = 2 };

#define for_rx_tx(t) for ((t) = 0; (t) < NR_TXRX; (t)++)

static inline const char *nm_txrx2str(enum txrx t)
{
	return t == NR_RX ? "RX" : "TX";
}

static inline enum txrx nm_txrx_swap(enum txrx t)
{
	return t == NR_RX ? NR_TX : NR_RX;
}

struct netmap_adapter;
struct netmap_kring;
struct netmap_mem_d;
struct netmap_priv_d;
struct netmap_vp_adapter;

/* nr_mode, nr_pending_mode */
#define NKR_NETMAP_OFF 0
#define NKR_NETMAP_ON 1

/* nr_kflags */
#define NKR_PENDINTR 0x1 /* an interrupt came since the last sync */
#define NKR_EXCLUSIVE 0x2 /* one descriptor owns the ring */
#define NKR_FORWARD 0x4 /* released packets are to be forwarded */
#define NKR_NEEDRING 0x8 /* the ring must exist without users */
#define NKR_NOINTR 0x10 /* the ring is polled */
#define NKR_FAKERING 0x20 /* the ring owns no buffers */

/* results of the ring try-lock */
#define NM_KR_BUSY 1 /* another thread syncs the ring */
#define NM_KR_STOPPED 2 /* the interface is gone */
#define NM_KR_LOCKED 3 /* the kernel reconfigures the ring */

/* results of the interrupt helpers */
#define NM_IRQ_PASS 0 /* not for netmap: the driver does its work */
#define NM_IRQ_COMPLETED -1 /* done, interrupts may be enabled */
#define NM_IRQ_RESCHED -2 /* more work: poll again */

/* flags of the sync callbacks */
#define NAF_FORCE_READ 1
#define NAF_FORCE_RECLAIM 2
#define NAF_CAN_FORWARD_DOWN 4

/* na_flags */
#define NAF_SKIP_INTR BIT(0)
#define NAF_SW_ONLY BIT(1)
#define NAF_BDG_MAYSLEEP BIT(2)
#define NAF_MEM_OWNER BIT(3)
#define NAF_NATIVE BIT(4)
#define NAF_NETMAP_ON BIT(5)
#define NAF_HOST_RINGS BIT(6)
#define NAF_FORCE_NATIVE BIT(7)
#define NAF_MOREFRAG BIT(9)
#define NAF_OFFSETS BIT(10)
#define NAF_HOST_ALL BIT(11)
#define NAF_ZOMBIE BIT(30)
#define NAF_BUSY BIT(31)

#define NM_BUF_ALIGN 64
#define NM_KRING_ALIGNMENT 64
#define NR_NOSLOT ((uint32_t)~0)
#define NM_NEED_BWRAP (-2)

#define NM_BDG_MAXPORTS 254
#define NM_BDG_BROADCAST NM_BDG_MAXPORTS
#define NM_BDG_NOPORT (NM_BDG_MAXPORTS + 1)
#define NM_BRIDGES 8
#define NM_BDG_HASH 1024

/* Where buffer i of a region is, for the CPU and for one device. */
struct netmap_lut {
	void **lut; /* kernel virtual addresses */
	dma_addr_t *plut; /* bus addresses, NULL without a DMA device */
	uint32_t objtotal; /* number of buffers */
	uint32_t objsize; /* bytes of a buffer */
};

struct nm_config_info {
	unsigned int num_tx_rings;
	unsigned int num_rx_rings;
	unsigned int num_tx_descs;
	unsigned int num_rx_descs;
	unsigned int rx_buf_maxsize; /* bytes one RX descriptor can take */
};

/*
 * The kernel's side of a ring. nr_hwcur and nr_hwtail are the true positions;
 * rhead, rcur, rtail are what the last sync accepted from and published to
 * the user. The sync callbacks own nr_hwcur and nr_hwtail while they run.
 */
struct netmap_kring {
	struct netmap_ring *ring;
	struct netmap_adapter *na;

	uint32_t nr_hwcur;
	uint32_t nr_hwtail;
	uint32_t rhead;
	uint32_t rcur;
	uint32_t rtail;

	uint32_t nr_kflags;
	uint32_t nkr_num_slots;
	int32_t nkr_hwofs; /* slot index = NIC index + nkr_hwofs (mod n) */
	int32_t nkr_to_refill; /* for the driver */
	uint64_t last_reclaim; /* for the driver */

	uint64_t offset_mask;
	uint64_t offset_max;
	uint64_t offset_gap;
	const void *offset_new; /* registration in progress that brought them */
	uint64_t hwbuf_len; /* bytes the NIC may use of a buffer */
	uint64_t buf_align;

	int (*nm_sync)(struct netmap_kring *kring, int flags);
	int (*nm_notify)(struct netmap_kring *kring, int flags);

	uint32_t nr_mode;
	uint32_t nr_pending_mode;
	uint32_t ring_id;
	enum txrx tx;
	uint32_t users; /* descriptors bound to this ring */
	bool nr_csb; /* its positions are in CSB arrays, not in the ring */

	/* a sync holds bit 0; reasons to keep syncs out, NM_STOP_*, in nr_stop */
	unsigned long nr_busy ____cacheline_aligned_in_smp;
	unsigned long nr_stop;
	struct nm_dep {
		struct lockdep_map dep_map;
	} nr_dep; /* bit 0 of nr_busy, for lockdep; empty without it */
	wait_queue_head_t si; /* sleepers of this ring */
	struct irq_work nr_later; /* wakes them: see nm_kring_notify() */
	struct nm_kloop_ring __rcu *nr_loop; /* of the running sync loop */
	const uint32_t *nr_watch; /* moves, unlike rtail, when there is news */

	/*
	 * RX ring of a switch port: senders reserve slots up to nkr_hwlease, and
	 * nkr_leases[start] is the end of a reservation that is filled while an
	 * earlier one is not, else NR_NOSLOT.
	 */
	spinlock_t q_lock ____cacheline_aligned_in_smp; /* irq safe */
	uint32_t nkr_hwlease;
	uint32_t *nkr_leases;
	void *nkr_batch; /* TX ring of a switch port: see ports/vale/forward.c */
	/* memory of the program that its last sync missed: see nm_miss_mend() */
	uint64_t nr_miss_addr;
	uint32_t nr_miss_len; /* 0 = none */
	bool nr_miss_drop; /* it cannot be had */

	/* host RX: packets of the stack that wait for the user */
	struct sk_buff_head rx_queue;

	/* taps of monitors: see kernel/ports/monitor/monitor.c */
	struct hlist_head mon_copy;
	struct hlist_head mon_zcopy;
	uint32_t mon_tail; /* first slot that was not copied yet */
	int (*mon_sync)(struct netmap_kring *kring, int flags);
	int (*mon_notify)(struct netmap_kring *kring, int flags);

	struct netmap_kring *pipe; /* other side of a pipe */
	/* what that side has published; a line of its own, it writes often */
	uint32_t pipe_tail ____cacheline_aligned_in_smp;

	char name[64];
} ____cacheline_aligned_in_smp;

/*
 * A port. Drivers fill the members marked "in" of a zeroed structure.
 */
struct netmap_adapter {
	/* in: description */
	struct net_device *ifp; /* mandatory */
	void *pdev; /* struct device that does DMA, NULL = none */
	uint32_t na_flags;
	u_int num_tx_rings; /* mandatory */
	u_int num_rx_rings;
	u_int num_tx_desc;
	u_int num_rx_desc;
	u_int num_host_tx_rings; /* 0 = 1 */
	u_int num_host_rx_rings;
	unsigned int rx_buf_maxsize; /* 0 = page size */
	struct netmap_mem_d *nm_mem; /* NULL = chosen by attach */

	/* in: callbacks */
	int (*nm_register)(struct netmap_adapter *na, int onoff);
	int (*nm_txsync)(struct netmap_kring *kring, int flags);
	int (*nm_rxsync)(struct netmap_kring *kring, int flags);
	void (*nm_intr)(struct netmap_adapter *na, int onoff);
	int (*nm_config)(struct netmap_adapter *na, struct nm_config_info *info);
	int (*nm_bufcfg)(struct netmap_kring *kring, uint64_t target);
	int (*nm_krings_create)(struct netmap_adapter *na);
	void (*nm_krings_delete)(struct netmap_adapter *na);
	void (*nm_dtor)(struct netmap_adapter *na);
	int (*nm_notify)(struct netmap_kring *kring, int flags);
	int (*nm_bdg_attach)(const char *name, struct netmap_adapter *na,
			     void *bridge);
	int (*nm_bdg_ctl)(void *hdr, struct netmap_adapter *na);

	/* state */
	char name[64];
	int active_fds; /* bound descriptors */
	struct netmap_kring **tx_rings; /* NIC rings, then host rings */
	struct netmap_kring **rx_rings;
	struct netmap_lut na_lut;
	u_int virt_hdr_len;

	/* state of the core, not for drivers */
	uint32_t magic;
	refcount_t na_refcount;
	void *tailroom;
	void *na_private;
	struct netmap_if *na_nifp; /* of a port in the memory of a host */
	struct netmap_mem_d *nm_mem_prev;
	struct netmap_vp_adapter *na_vp;
	struct netmap_vp_adapter *na_hostvp;
	struct netmap_adapter *na_owner; /* has the reference count, NULL = self */
	struct netmap_adapter *na_pair; /* other end of the cable, with rings */
	struct hlist_head na_pipes; /* whose parent this is */
	u_int na_num_pipes;
	struct hlist_head na_monitors; /* that watch it */
	uint32_t monitor_id; /* of the next one */
	wait_queue_head_t si[NR_TXRX]; /* sleepers on several rings */
	int si_users[NR_TXRX];
	atomic_long_t host_dropped; /* packets of the stack that found no place */
};

/*
 * A native adapter. Drivers that need more embed it as the first member of
 * their own structure and pass its size to netmap_attach_ext().
 */
struct netmap_hw_adapter {
	struct netmap_adapter up;
	struct net_device_ops nm_ndo; /* the driver's, with our start_xmit */
	const struct net_device_ops *nm_ndo_orig;
	struct ethtool_ops nm_eto; /* the driver's, with our refusals */
	const struct ethtool_ops *nm_eto_orig;
	int (*nm_hw_register)(struct netmap_adapter *na, int onoff);
	unsigned long attach_time; /* jiffies */
};

/*
 * Switches, for modules that decide where packets go: kernel/ports/vale/api.c
 */
struct nm_switch;

/* A port of a switch. */
struct netmap_vp_adapter {
	struct netmap_adapter up;
	u_int bdg_port; /* its index */
	struct nm_switch *na_bdg; /* NULL while it belongs to none */
	char bdg_name[64]; /* vale0:port, empty likewise */
	u_int mfs; /* longest frame of a segmented packet, bytes */
	uint64_t last_smac; /* learned last */
	bool vi_listed; /* stays until VALE_DELIF */
};

/* From a port to its interface and back: to the port of the NIC, and to that of its stack. */
#define netmap_vp_to_ifp(vp) ((vp)->up.ifp)
struct netmap_vp_adapter *netmap_ifp_to_vp(const struct net_device *ifp);
struct netmap_vp_adapter *netmap_ifp_to_host_vp(const struct net_device *ifp);
#define netmap_bdg_idx(vp) ((vp)->bdg_port)

/* A packet as a lookup function sees it: the fragment with its header. */
struct nm_bdg_fwd {
	void *ft_buf; /* of the user if ft_flags has NS_INDIRECT */
	uint8_t ft_frags;
	uint16_t ft_offset;
	uint16_t ft_flags;
	uint16_t ft_len;
	uint16_t ft_next;
};

/*
 * The header of a virtio network device: see linux/virtio_net.h. The long
 * form has two more bytes.
 */
struct nm_vnet_hdr {
	uint8_t flags;
	uint8_t gso_type;
	uint16_t hdr_len;
	uint16_t gso_size;
	uint16_t csum_start;
	uint16_t csum_offset;
};

typedef uint32_t (*bdg_lookup_fn_t)(struct nm_bdg_fwd *ft, uint8_t *ring_nr,
				    struct netmap_vp_adapter *na,
				    void *private_data);
typedef int (*bdg_config_fn_t)(struct nm_ifreq *ifreq);
typedef void (*bdg_dtor_fn_t)(const struct netmap_vp_adapter *na);
typedef void *(*bdg_update_private_data_fn_t)(void *private_data, void *data,
					      int *error);

struct netmap_bdg_ops {
	bdg_lookup_fn_t lookup;
	bdg_config_fn_t config;
	bdg_dtor_fn_t dtor;
	int (*vp_create)(struct nmreq_header *hdr, struct net_device *dev,
			 struct netmap_mem_d *mem,
			 struct netmap_vp_adapter **pvp);
	int (*bwrap_attach)(const char *name, struct netmap_adapter *na);
	char name[IFNAMSIZ];
};

int netmap_bdg_regops(const char *name, struct netmap_bdg_ops *ops,
		      void *private_data, void *auth_token);
const char *netmap_bdg_name(struct netmap_vp_adapter *vp);
int netmap_bdg_update_private_data(const char *name,
				   bdg_update_private_data_fn_t callback,
				   void *data, void *auth_token);
void *netmap_vale_create(const char *name, int *status);
int netmap_vale_destroy(const char *name, void *auth_token);
int netmap_bdg_attach(struct nmreq_header *hdr, void *auth_token);
int netmap_bdg_detach(struct nmreq_header *hdr, void *auth_token);
int nm_vi_create(struct nmreq_header *hdr);
int nm_vi_destroy(const char *name);

extern int netmap_no_pendintr;
extern int netmap_verbose;

/* Life of an adapter: kernel/core/adapter.c and kernel/ports/native/native.c */
int netmap_attach(struct netmap_adapter *arg);
int netmap_attach_ext(struct netmap_adapter *arg, size_t size, int override_reg);
void netmap_detach(struct net_device *ifp);
void netmap_adapter_get(struct netmap_adapter *na);
int netmap_adapter_put(struct netmap_adapter *na);

/*
 * The adapter attached to an interface, or NULL. Any context. The result is
 * valid until the driver calls netmap_detach().
 */
struct netmap_adapter *netmap_na_get(const struct net_device *ifp);
#define NA(ifp) netmap_na_get(ifp)
#define NM_NA_VALID(ifp) (!!NA(ifp))
#define NM_NA_CLASH(ifp) 0

/* For the driver's open, reset and interrupt paths: kernel/ports/native/ring.c, ops.c */
struct netmap_slot *netmap_reset(struct netmap_adapter *na, enum txrx tx,
				 u_int n, u_int new_cur);
int netmap_common_irq(struct netmap_adapter *na, u_int q, u_int *work_done);
int netmap_rx_irq(struct net_device *ifp, u_int q, u_int *work_done);
#define netmap_tx_irq(ifp, q) netmap_rx_irq(ifp, q, NULL)
void netmap_disable_all_rings(struct net_device *ifp);
void netmap_enable_all_rings(struct net_device *ifp);
void nm_set_native_flags(struct netmap_adapter *na);
void nm_clear_native_flags(struct netmap_adapter *na);
void netmap_krings_mode_commit(struct netmap_adapter *na, int onoff);
int netmap_rings_config_get(struct netmap_adapter *na,
			    struct nm_config_info *info);
int nm_os_config(struct netmap_adapter *na, struct nm_config_info *info);
netdev_tx_t linux_netmap_start_xmit(struct sk_buff *skb, struct net_device *dev);
int linux_netmap_change_mtu(struct net_device *dev, int new_mtu);

/* Kernel rings: kernel/ring.c */
int netmap_krings_create(struct netmap_adapter *na, u_int tailroom);
void netmap_krings_delete(struct netmap_adapter *na);
int netmap_hw_krings_create(struct netmap_adapter *na);
void netmap_hw_krings_delete(struct netmap_adapter *na);
int netmap_ring_reinit(struct netmap_kring *kring);

/* Pairs of adapters whose rings are connected: kernel/ports/pipe/ring.c */
int netmap_pipe_txsync(struct netmap_kring *txkring, int flags);
int netmap_pipe_rxsync(struct netmap_kring *rxkring, int flags);
int netmap_pipe_krings_create_both(struct netmap_adapter *na,
				   struct netmap_adapter *ona);
void netmap_pipe_krings_delete_both(struct netmap_adapter *na,
				    struct netmap_adapter *ona);
int netmap_pipe_reg_both(struct netmap_adapter *na, struct netmap_adapter *ona);
int netmap_pair_krings_create(struct netmap_adapter *na,
			      struct netmap_adapter *peer);
void netmap_pair_krings_delete(struct netmap_adapter *na);

/* Memory: kernel/mem/rings.c */
int netmap_mem_rings_create(struct netmap_adapter *na);
void netmap_mem_rings_delete(struct netmap_adapter *na);

/* Counts of rings and slots by direction */

static inline u_int nma_get_ndesc(struct netmap_adapter *na, enum txrx t)
{
	return t == NR_TX ? na->num_tx_desc : na->num_rx_desc;
}

static inline void nma_set_ndesc(struct netmap_adapter *na, enum txrx t, u_int v)
{
	if (t == NR_TX)
		na->num_tx_desc = v;
	else
		na->num_rx_desc = v;
}

static inline u_int nma_get_nrings(struct netmap_adapter *na, enum txrx t)
{
	return t == NR_TX ? na->num_tx_rings : na->num_rx_rings;
}

static inline void nma_set_nrings(struct netmap_adapter *na, enum txrx t, u_int v)
{
	if (t == NR_TX)
		na->num_tx_rings = v;
	else
		na->num_rx_rings = v;
}

static inline u_int nma_get_host_nrings(struct netmap_adapter *na, enum txrx t)
{
	return t == NR_TX ? na->num_host_tx_rings : na->num_host_rx_rings;
}

static inline void nma_set_host_nrings(struct netmap_adapter *na, enum txrx t,
				       u_int v)
{
	if (t == NR_TX)
		na->num_host_tx_rings = v;
	else
		na->num_host_rx_rings = v;
}

/* NIC rings, and host rings if the adapter has them. */
static inline u_int netmap_real_rings(struct netmap_adapter *na, enum txrx t)
{
	return nma_get_nrings(na, t) +
	       (na->na_flags & NAF_HOST_RINGS ? nma_get_host_nrings(na, t) : 0);
}

/* Entries of the kring arrays: there is always one host entry. */
static inline u_int netmap_all_rings(struct netmap_adapter *na, enum txrx t)
{
	return max(nma_get_nrings(na, t) + 1, netmap_real_rings(na, t));
}

static inline struct netmap_kring **NMR(struct netmap_adapter *na, enum txrx t)
{
	return t == NR_TX ? na->tx_rings : na->rx_rings;
}

static inline int nm_netmap_on(struct netmap_adapter *na)
{
	return na && na->na_flags & NAF_NETMAP_ON;
}

static inline int nm_native_on(struct netmap_adapter *na)
{
	return nm_netmap_on(na) && na->na_flags & NAF_NATIVE;
}

static inline int nm_kring_pending_on(struct netmap_kring *kring)
{
	return kring->nr_pending_mode == NKR_NETMAP_ON &&
	       kring->nr_mode == NKR_NETMAP_OFF;
}

static inline int nm_kring_pending_off(struct netmap_kring *kring)
{
	return kring->nr_pending_mode == NKR_NETMAP_OFF &&
	       kring->nr_mode == NKR_NETMAP_ON;
}

/* NIC ring q of a native adapter if it is in netmap mode, else NULL. */
static inline struct netmap_kring *netmap_kring_on(struct netmap_adapter *na,
						   u_int q, enum txrx t)
{
	struct netmap_kring *kring;

	if (!nm_native_on(na) || q >= nma_get_nrings(na, t))
		return NULL;
	kring = NMR(na, t)[q];
	return kring->nr_mode == NKR_NETMAP_ON ? kring : NULL;
}

/* Positions in a ring; lim is the number of slots minus one */

static inline uint32_t nm_next(uint32_t i, uint32_t lim)
{
	return unlikely(i == lim) ? 0 : i + 1;
}

static inline uint32_t nm_prev(uint32_t i, uint32_t lim)
{
	return unlikely(i == 0) ? lim : i - 1;
}

/* Slot index of a NIC index, and back: they differ after netmap_reset(). */
static inline int netmap_idx_n2k(struct netmap_kring *kring, int idx)
{
	int n = kring->nkr_num_slots;

	if (likely(kring->nkr_hwofs == 0))
		return idx;
	idx += kring->nkr_hwofs;
	if (idx < 0)
		return idx + n;
	return idx < n ? idx : idx - n;
}

static inline int netmap_idx_k2n(struct netmap_kring *kring, int idx)
{
	int n = kring->nkr_num_slots;

	if (likely(kring->nkr_hwofs == 0))
		return idx;
	idx -= kring->nkr_hwofs;
	if (idx < 0)
		return idx + n;
	return idx < n ? idx : idx - n;
}

/* Slots from one position to another, going forward in a ring of n. */
static inline uint32_t nm_ring_distance(uint32_t from, uint32_t to, uint32_t n)
{
	return to >= from ? to - from : to + n - from;
}

/* Slots between nr_hwcur and nr_hwtail. RX: imported and not yet released. */
static inline uint32_t nm_kr_rxspace(struct netmap_kring *kring)
{
	return nm_ring_distance(kring->nr_hwcur, kring->nr_hwtail,
				kring->nkr_num_slots);
}

#define nm_kr_txspace(kring) nm_kr_rxspace(kring)

static inline int nm_kr_txempty(struct netmap_kring *kring)
{
	return kring->rhead == kring->nr_hwtail;
}

#define nm_kr_rxempty(kring) nm_kr_txempty(kring)

static inline int nm_kr_wouldblock(struct netmap_kring *kring)
{
	return kring->rcur == kring->nr_hwtail;
}

/* Buffers of slots. A bad index means buffer 0, which nobody owns. */

#define NETMAP_BUF_BASE(na) ((na)->na_lut.lut[0])
#define NETMAP_BUF_SIZE(na) ((na)->na_lut.objsize)

static inline uint32_t nm_slot_index(struct netmap_adapter *na,
				     struct netmap_slot *slot)
{
	uint32_t i = READ_ONCE(slot->buf_idx);

	return unlikely(i >= na->na_lut.objtotal) ? 0 : i;
}

static inline void *NMB(struct netmap_adapter *na, struct netmap_slot *slot)
{
	return na->na_lut.lut[nm_slot_index(na, slot)];
}

static inline void *PNMB(struct netmap_adapter *na, struct netmap_slot *slot,
			 uint64_t *pa)
{
	uint32_t i = nm_slot_index(na, slot);

	*pa = na->na_lut.plut ? na->na_lut.plut[i] :
				virt_to_phys(na->na_lut.lut[i]);
	return na->na_lut.lut[i];
}

/* Offset of the packet in the buffer, never more than the agreed maximum. */
static inline uint64_t nm_get_offset(struct netmap_kring *kring,
				     struct netmap_slot *slot)
{
	uint64_t offset = READ_ONCE(slot->ptr) & kring->offset_mask;

	return unlikely(offset > kring->offset_max) ? kring->offset_max : offset;
}

static inline void nm_write_offset(struct netmap_kring *kring,
				   struct netmap_slot *slot, uint64_t offset)
{
	slot->ptr = (slot->ptr & ~kring->offset_mask) |
		    (offset & kring->offset_mask);
}

static inline void *NMB_O(struct netmap_kring *kring, struct netmap_slot *slot)
{
	void *addr = NMB(kring->na, slot);

	return (char *)addr + nm_get_offset(kring, slot);
}

static inline void *PNMB_O(struct netmap_kring *kring, struct netmap_slot *slot,
			   uint64_t *pa)
{
	void *addr = PNMB(kring->na, slot, pa);
	uint64_t offset = nm_get_offset(kring, slot);

	*pa += offset;
	return (char *)addr + offset;
}

/* Logging */

#define nm_prinf(format, ...) \
	pr_info("%s: " format "\n", __func__, ##__VA_ARGS__)
#define nm_prerr(format, ...) \
	pr_err("%s: " format "\n", __func__, ##__VA_ARGS__)
#define nm_prdis(format, ...)
#define nm_prlim(lps, format, ...)					\
	do {								\
		static unsigned long __nm_start;			\
		static unsigned int __nm_lines;				\
									\
		if (time_after(jiffies, __nm_start + HZ)) {		\
			__nm_start = jiffies;				\
			__nm_lines = 0;					\
		}							\
		if (__nm_lines < (lps)) {				\
			__nm_lines++;					\
			nm_prinf(format, ##__VA_ARGS__);		\
		}							\
	} while (0)

#define NM_ACCESS_ONCE(x) (*(volatile __typeof__(x) *)&(x))

/* Clamps l, an lvalue, to the buffer; a bad buffer or length is logged. */
#define NM_CHECK_ADDR_LEN(na, a, l)					\
	do {								\
		if (unlikely((a) == NETMAP_BUF_BASE(na) ||		\
			     (l) > NETMAP_BUF_SIZE(na))) {		\
			nm_prlim(5, "%s: bad buffer or length %u",	\
				 (na)->name, (unsigned int)(l));	\
			if ((l) > NETMAP_BUF_SIZE(na))			\
				(l) = NETMAP_BUF_SIZE(na);		\
		}							\
	} while (0)

#define NM_CHECK_ADDR_LEN_OFF(na, l, o)					\
	do {								\
		if (unlikely((o) > NETMAP_BUF_SIZE(na) ||		\
			     (l) > NETMAP_BUF_SIZE(na) - (o)))		\
			(l) = (o) > NETMAP_BUF_SIZE(na) ?		\
				      0 : NETMAP_BUF_SIZE(na) - (o);	\
	} while (0)

/*
 * DMA mappings of single buffers. The device is na->pdev; the tag argument
 * is kept for source compatibility. *map is 0 while nothing is mapped.
 */

static inline int netmap_load_map(struct netmap_adapter *na, struct device *tag,
				  phys_addr_t *map, void *buf, u_int size)
{
	dma_addr_t addr;

	*map = 0;
	if (!na->pdev)
		return 0;
	addr = dma_map_single(na->pdev, buf, size, DMA_BIDIRECTIONAL);
	if (dma_mapping_error(na->pdev, addr))
		return -ENOMEM;
	*map = addr;
	return 0;
}

static inline void netmap_unload_map(struct netmap_adapter *na,
				     struct device *tag, phys_addr_t *map,
				     u_int size)
{
	if (*map) {
		dma_unmap_single(na->pdev, *map, size, DMA_BIDIRECTIONAL);
		*map = 0;
	}
}

static inline void netmap_reload_map(struct netmap_adapter *na,
				     struct device *tag, phys_addr_t *map,
				     void *buf)
{
	u_int size = na->na_lut.objsize;

	netmap_unload_map(na, tag, map, size);
	netmap_load_map(na, tag, map, buf, size);
}

/* Before the CPU reads what the device wrote. */
static inline void netmap_sync_map_cpu(struct netmap_adapter *na,
				       struct device *tag, phys_addr_t *map,
				       u_int size, enum txrx t)
{
#ifdef NETMAP_LINUX_HAVE_DMASYNC
	if (*map && na->pdev)
		dma_sync_single_for_cpu(na->pdev, *map, size,
					t == NR_TX ? DMA_TO_DEVICE :
						     DMA_FROM_DEVICE);
#endif
}

/* Before the device reads what the CPU wrote, or gets a buffer to fill. */
static inline void netmap_sync_map_dev(struct netmap_adapter *na,
				       struct device *tag, phys_addr_t *map,
				       u_int size, enum txrx t)
{
#ifdef NETMAP_LINUX_HAVE_DMASYNC
	if (*map && na->pdev)
		dma_sync_single_for_device(na->pdev, *map, size,
					   t == NR_TX ? DMA_TO_DEVICE :
							DMA_FROM_DEVICE);
#endif
}

#endif /* _NETMAP_KERN_H_ */
