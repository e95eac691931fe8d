/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * What the parts of the module share. Drivers include <dev/netmap/...> only.
 *
 * Locks, outermost first:
 *
 *   nm_global_lock   mutex. Every change of configuration: bind and unbind,
 *                    detach, lookup of ports.
 *   rtnl             around the register callback of native drivers, which
 *                    therefore never take nm_global_lock themselves. netdev
 *                    notifiers run under rtnl, so they must not take
 *                    nm_global_lock either.
 *   nm_krings_lock   mutex: the arrays of rings while they appear, disappear,
 *                    or are walked by drivers and notifiers.
 *   nm_mem.lock      mutex, one per region: its pools and users.
 *   nm_mem_list_lock mutex: the list of regions and their references.
 *   nm_na_lock       spinlock: interface -> adapter. Readers use RCU.
 *   kring->nr_busy   bit lock held by the one sync of a ring. Taken with
 *                    nm_kring_tryget() only; never held across a sleep.
 *   kring->q_lock    irq-safe spinlock.
 *   rx_queue.lock    irq-safe spinlock: packets that the stack left.
 */
#ifndef _NM_H_
#define _NM_H_

#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/skbuff.h>
#include <linux/types.h>

#include <dev/netmap/netmap_kern.h>
#include <dev/netmap/netmap_mem2.h>
#include <dev/netmap/netmap_shared.h>

#include "compat.h"

/* not KBUILD_MODNAME: that is the name of a unit where several files are one */
#undef pr_fmt
#define pr_fmt(fmt) "netmap: " fmt

extern struct mutex nm_global_lock;

#define NM_MAGIC 0x6e6d6e61 /* "nmna" */

/* skb->priority of packets that netmap gives to the stack or to a driver */
#define NM_SKB_HOST 0xad86d30f

/* bits of nr_busy */
enum {
	NM_BUSY_SYNC, /* the lock */
	NM_BUSY_MISSED, /* another sync came since: see nm_sync_missed() */
};

/* why a ring is stopped: bits of nr_stop */
enum {
	NM_STOP_CORE, /* the core changes its mode */
	NM_STOP_DRIVER, /* the driver reprograms the NIC */
	NM_STOP_IFDOWN, /* the interface is down */
	NM_STOP_MONITOR, /* taps of monitors come or go */
};

/* How long poll() watches a ring before it sleeps: see core/poll.c. */
struct nm_watch {
	u64 budget; /* nanoseconds; 0 = not at all */
	u64 since; /* when the caller began to wait */
	const void *table; /* poll_table of that caller */
};

/*
 * One open file of /dev/netmap. A registration that fails late is undone
 * after nm_bind(), so others learn of the port only when np_ready is set, with
 * release semantics; from then on np_na stays until the file is released.
 */
struct netmap_priv_d {
	struct netmap_adapter *np_na; /* nm_global_lock until np_ready */
	bool np_ready; /* readers without the lock: nm_priv_na() */
	struct netmap_if *np_nifp;
	u32 np_flags; /* NR_* of the register request */
	u32 np_qfirst[NR_TXRX]; /* bound rings: [first, last) */
	u32 np_qlast[NR_TXRX];
	struct nm_watch np_watch;
	u32 np_sync_flags; /* NAF_* for every sync of this descriptor */
	struct list_head np_list; /* bound descriptors: nm_global_lock */
	pid_t np_pid; /* who bound it */
	char np_comm[TASK_COMM_LEN];
	struct nm_csb *np_csb; /* set with release semantics, see core/csb.c */
	unsigned long np_kloop; /* bits of enum nm_kloop_bits */
	struct mutex np_kloop_lock; /* np_kloop_wqh */
	wait_queue_head_t *np_kloop_wqh; /* of the running loop */
};

enum nm_kloop_bits { NM_KLOOP_RUNNING, NM_KLOOP_STOP };

/* The port of a descriptor, or NULL, for those without nm_global_lock. */
static inline struct netmap_adapter *nm_priv_na(struct netmap_priv_d *priv)
{
	/* pairs with the release in nm_port_register() */
	return smp_load_acquire(&priv->np_ready) ? priv->np_na : NULL;
}

static inline u32 nm_priv_nrings(const struct netmap_priv_d *priv, enum txrx t)
{
	return priv->np_qlast[t] - priv->np_qfirst[t];
}

/* A control request while the kernel works on it: see core/ctrl.c. */
struct nm_option;

struct nm_request {
	struct nmreq_header hdr; /* as the user sent it, name terminated */
	void *body; /* kernel copy, size by hdr.nr_reqtype, or NULL */
	size_t body_size;
	struct list_head options; /* struct nm_option */
	size_t room; /* left of the limit on all copies */
	size_t total; /* bytes of body and options so far */
};

/* core/ctrl.c */
long nm_ctrl_ioctl(struct netmap_priv_d *priv, void __user *arg);
int nm_ctrl_run(struct netmap_priv_d *priv, struct nm_request *req);
void *nm_request_option(struct nm_request *req, u32 type);
void nm_request_option_done(struct nm_request *req, u32 type, int error);
bool nm_request_options_left(struct nm_request *req);

/* core/legacy.c */
long nm_legacy_ioctl(struct netmap_priv_d *priv, unsigned int cmd,
		     void __user *arg);

/* core/port.c */

/*
 * How a request looks for a port. The kinds of ports are asked in order; each
 * leaves *pna alone if the name is not one of its own.
 */
struct nm_lookup {
	const char *name;
	struct nmreq_register *reg; /* mode, flags; counts in and out */
	struct netmap_mem_d *mem; /* region asked for, or NULL */
	bool create; /* ports may come into being */
};

int nm_port_get(struct nm_lookup *lookup, struct netmap_adapter **pna);
void nm_port_refresh(struct netmap_adapter *na);
int nm_port_register(struct netmap_priv_d *priv, struct nm_request *req);
int nm_port_info(struct nm_request *req);
int nm_port_pools_info(struct nm_request *req);

/* core/bind.c */
int nm_bind(struct netmap_priv_d *priv, struct netmap_adapter *na,
	    const struct nmreq_register *reg, struct netmap_mem_d *mem,
	    struct nm_request *req);
void nm_unbind(struct netmap_priv_d *priv);
int nm_rings_select(struct netmap_priv_d *priv, struct netmap_adapter *na,
		    const struct nmreq_register *reg);

/* core/status.c */
void nm_status_bound(struct netmap_priv_d *priv);
void nm_status_unbound(struct netmap_priv_d *priv);
void nm_status_init(void);
void nm_status_exit(void);

/* core/offsets.c */
int nm_offsets_apply(struct netmap_priv_d *priv, struct netmap_adapter *na,
		     struct nmreq_opt_offsets *opt);
void nm_offsets_keep(struct netmap_priv_d *priv);
void nm_offsets_undo(struct netmap_priv_d *priv, struct netmap_adapter *na);
void nm_offsets_clear(struct netmap_kring *kring);
int nm_bufcfg_apply(struct netmap_priv_d *priv, struct netmap_adapter *na);

/* core/ring.c */

/* nr_kflags of a ring that others may change meanwhile: interrupts do. */
static inline void nm_kflags_change(struct netmap_kring *kring, u32 clear, u32 set)
{
	u32 old = READ_ONCE(kring->nr_kflags), new;

	do {
		new = (old & ~clear) | set;
	} while (new != old && !try_cmpxchg(&kring->nr_kflags, &old, new));
}

int nm_kring_tryget(struct netmap_kring *kring, bool can_sleep);
void nm_kring_put(struct netmap_kring *kring);
void nm_krings_stop(struct netmap_adapter *na, int reason);
void nm_krings_start(struct netmap_adapter *na, int reason);
u32 nm_sync_prologue(struct netmap_kring *kring, const struct netmap_ring *ring);
void nm_sync_late_prologue(struct netmap_kring *kring);
void nm_kring_publish(struct netmap_kring *kring);
int nm_kring_notify(struct netmap_kring *kring, int flags);

/* core/csb.c */
int nm_csb_option(struct netmap_priv_d *priv, struct nm_request *req);
int nm_csb_enable(struct netmap_priv_d *priv, struct nm_request *req);
void nm_csb_free(struct netmap_priv_d *priv);

/* core/kloop.c */
int nm_kloop_start(struct netmap_priv_d *priv, struct nm_request *req);
int nm_kloop_stop(struct netmap_priv_d *priv);

/* core/sync.c */
int nm_sync_ioctl(struct netmap_priv_d *priv, enum txrx t);
void nm_sync_make_up(struct netmap_kring *kring, int flags, bool *moved_down);
void nm_sync_missed(struct netmap_kring *kring);
bool nm_kring_sync(struct netmap_kring *kring, int flags, bool *moved_down);

/* core/poll.c */
void nm_poll_init(void);
__poll_t nm_poll_file(struct netmap_priv_d *priv, struct file *file,
		      poll_table *table);

/* core/forward.c */
bool nm_forward_collect(struct netmap_kring *kring, int flags,
			struct sk_buff_head *up);
void nm_forward_deliver(struct sk_buff_head *up);

/* ports/host/host.c */
struct sk_buff *nm_host_build(struct netmap_kring *kring,
			      struct netmap_slot *slot);
extern int nm_generic_hwcsum;
int nm_host_txsync(struct netmap_kring *kring, int flags);
int nm_host_rxsync(struct netmap_kring *kring, int flags);
netdev_tx_t nm_host_queue(struct netmap_adapter *na, struct sk_buff *skb);

/*
 * NIOCCONFIG is for switches of other modules that gave them a configuration
 * callback; without one it fails.
 */
#ifdef WITH_VALE
int nm_vale_config(struct nm_ifreq *ifreq);
#else
static inline int nm_vale_config(struct nm_ifreq *ifreq) { return -EINVAL; }
#endif

/* ports/null/null.c */
#ifdef WITH_NMNULL
int nm_null_get(struct nm_lookup *lookup, struct netmap_adapter **pna);
#else
static inline int nm_null_get(struct nm_lookup *lookup,
			      struct netmap_adapter **pna)
{
	return lookup->reg->nr_mode == NR_REG_NULL ? -EOPNOTSUPP : 0;
}
#endif

/* ports/emulated/emulated.c: emulated adapters */
#ifdef WITH_GENERIC
int nm_generic_get(struct net_device *dev, struct netmap_adapter **pna);
void nm_generic_gone(struct netmap_adapter *na);
int nm_generic_init(void);
void nm_generic_exit(void);
#else
static inline int nm_generic_get(struct net_device *dev,
				 struct netmap_adapter **pna)
{
	return -EOPNOTSUPP;
}

static inline void nm_generic_gone(struct netmap_adapter *na) {}
static inline int nm_generic_init(void) { return 0; }
static inline void nm_generic_exit(void) {}
#endif

/* ports/sink/sink.c */
#ifdef WITH_SINK
int nm_sink_init(void);
void nm_sink_exit(void);
#else
static inline int nm_sink_init(void) { return 0; }
static inline void nm_sink_exit(void) {}
#endif

/* ports/monitor/monitor.c */
#ifdef WITH_MONITOR
int nm_monitor_get(struct nm_lookup *lookup, struct netmap_adapter **pna);
void nm_monitors_detach(struct netmap_adapter *na);
#else
static inline int nm_monitor_get(struct nm_lookup *lookup,
				 struct netmap_adapter **pna)
{
	return lookup->reg->nr_flags &
	       (NR_MONITOR_TX | NR_MONITOR_RX | NR_ZCOPY_MON) ? -EOPNOTSUPP : 0;
}

static inline void nm_monitors_detach(struct netmap_adapter *na) {}
#endif

/* ports/pipe/pipe.c */
#ifdef WITH_PIPES
int nm_pipe_get(struct nm_lookup *lookup, struct netmap_adapter **pna);
#else
static inline int nm_pipe_get(struct nm_lookup *lookup,
			      struct netmap_adapter **pna)
{
	return strpbrk(lookup->name, "{}") ? -EOPNOTSUPP : 0;
}
#endif

/* ports/vale: see vale.h there */
#ifdef WITH_VALE
int nm_vale_init(void);
void nm_vale_exit(void);
int nm_vale_get(struct nm_lookup *lookup, struct netmap_adapter **pna);
int nm_vale_list(struct nm_request *req);
int nm_vale_hdr_set(struct nm_request *req);
int nm_vale_hdr_get(struct nm_request *req);
int nm_vale_attach(struct nm_request *req);
int nm_vale_detach(struct nm_request *req);
int nm_vale_newif(struct nm_request *req);
int nm_vale_delif(struct nm_request *req);
int nm_vale_polling(struct nm_request *req, bool enable);
int nm_vi_create_hidden(struct nm_lookup *lookup, struct netmap_adapter **pna);
bool nm_vi_is(const struct net_device *dev);
void nm_vale_gone(struct netmap_adapter *hwna);
#else
static inline int nm_vale_init(void) { return 0; }
static inline void nm_vale_exit(void) {}
static inline int nm_vale_get(struct nm_lookup *lookup,
			      struct netmap_adapter **pna)
{
	return 0;
}

static inline int nm_vale_list(struct nm_request *req) { return -EOPNOTSUPP; }
static inline int nm_vale_hdr_set(struct nm_request *req) { return -EOPNOTSUPP; }
static inline int nm_vale_hdr_get(struct nm_request *req) { return -EOPNOTSUPP; }
static inline int nm_vale_attach(struct nm_request *req) { return -EOPNOTSUPP; }
static inline int nm_vale_detach(struct nm_request *req) { return -EOPNOTSUPP; }
static inline int nm_vale_newif(struct nm_request *req) { return -EOPNOTSUPP; }
static inline int nm_vale_delif(struct nm_request *req) { return -EOPNOTSUPP; }
static inline int nm_vale_polling(struct nm_request *req, bool enable)
{
	return -EOPNOTSUPP;
}

static inline int nm_vi_create_hidden(struct nm_lookup *lookup,
				      struct netmap_adapter **pna)
{
	return -ENXIO;
}

static inline bool nm_vi_is(const struct net_device *dev) { return false; }
static inline void nm_vale_gone(struct netmap_adapter *hwna) {}
#endif

/* core/adapter.c */
void nm_adapter_init(struct netmap_adapter *na, struct netmap_mem_d *mem);
int nm_hw_link(const struct net_device *dev, struct netmap_adapter *na);
void nm_hw_unlink(const struct net_device *dev, const struct netmap_adapter *na);
struct netmap_adapter *nm_na_lookup(const struct net_device *dev, u32 native);
struct netmap_adapter *nm_generic_find(const struct net_device *dev);
void nm_hw_for_each(void (*fn)(struct netmap_adapter *na, void *arg), void *arg);

/* ports/native */
static inline struct netmap_hw_adapter *nm_hwna(struct netmap_adapter *na)
{
	return container_of(na, struct netmap_hw_adapter, up);
}

void nm_hw_init(struct netmap_hw_adapter *hwna,
		int (*reg)(struct netmap_adapter *na, int onoff));
int nm_native_init(void);
void nm_native_exit(void);
int nm_native_check_mtu(struct netmap_adapter *na, unsigned int mtu);

/* mem: what its files share is in mem.h there */

/* What a port with a region of its own will have. */
struct nm_mem_need {
	u32 tx_rings, rx_rings; /* without host rings */
	u32 tx_slots, rx_slots;
	u32 extra_bufs;
	u32 pipes; /* that are expected on it */
};

struct netmap_mem_d *nm_mem_private_new(const struct nm_mem_need *need);
/*
 * For what a program may ask for in any number: it gets -ENOMEM, and nobody is
 * killed for it.
 */
#define NM_GFP (GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)
bool nm_mem_is_short(u64 bytes, bool low);
int nm_mem_init(void);
void nm_mem_exit(void);
struct netmap_mem_d *nm_mem_find(u32 id);
struct netmap_mem_d *nm_mem_global(struct device *dev);
u16 nm_mem_id(struct netmap_mem_d *mem);
int nm_mem_info(struct netmap_mem_d *mem, u64 *size, u16 *id);
u32 nm_mem_buf_size(struct netmap_mem_d *mem);
void nm_mem_pools_info(struct netmap_mem_d *mem, struct nmreq_pools_info *info);
struct page *nm_mem_page(struct netmap_mem_d *mem, unsigned long pgoff);
struct netmap_if *nm_mem_if_create(struct netmap_adapter *na,
				   struct netmap_priv_d *priv);
void nm_mem_if_delete(struct netmap_adapter *na, struct netmap_if *nifp);
u64 nm_mem_if_offset(struct netmap_mem_d *mem, struct netmap_if *nifp);
u32 nm_mem_extra_create(struct netmap_adapter *na, struct netmap_if *nifp,
			u32 want);
void nm_mem_extra_delete(struct netmap_adapter *na, struct netmap_if *nifp);
void nm_mem_unmap(struct netmap_adapter *na);
u32 nm_mem_mappings(const struct netmap_adapter *na);

bool nm_mem_is_pinned(struct netmap_mem_d *mem);
int nm_mem_mmap(struct netmap_mem_d *mem, struct vm_area_struct *vma);
#ifdef WITH_EXTMEM
#define NM_HAS_EXTMEM 1
struct netmap_mem_d *nm_mem_ext_get(struct nmreq_opt_extmem *opt);
#else
#define NM_HAS_EXTMEM 0
static inline struct netmap_mem_d *nm_mem_ext_get(struct nmreq_opt_extmem *opt)
{
	return ERR_PTR(-EOPNOTSUPP);
}
#endif

/* ports/ptnet/ptnet.c: passthrough devices of a hypervisor */
#ifdef WITH_PTNETMAP
int nm_ptnet_init_driver(void);
void nm_ptnet_exit_driver(void);
#else
static inline int nm_ptnet_init_driver(void) { return 0; }
static inline void nm_ptnet_exit_driver(void) {}
#endif

/* core/dev.c */
int nm_dev_init(void);
void nm_dev_exit(void);

#endif /* _NM_H_ */
