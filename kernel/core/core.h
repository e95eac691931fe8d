/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * What the files of the core share, and what it is to the other rooms. Drivers
 * include <dev/netmap/...> only.
 *
 * Locks, outermost first; docs/kernel.md has the same table:
 *
 *   nm_global_lock   mutex. Every change of configuration: bind and unbind,
 *                    detach, lookup of ports.
 *   rtnl             around the register callback of native drivers, which
 *                    therefore never take nm_global_lock themselves. netdev
 *                    notifiers run under rtnl, so they only try
 *                    nm_global_lock.
 *   nm_krings_lock   mutex: the arrays of rings while they appear, disappear,
 *                    or are walked by drivers and notifiers.
 *   np_kloop_lock    mutex, one per descriptor: the queue of a running loop.
 *   kring->nr_busy   bit lock of a ring, held by its one sync. A sync only
 *                    tries to take it. nm_krings_stop() waits for its end,
 *                    under the mutexes above. A sync of a switch port may
 *                    sleep: NAF_BDG_MAYSLEEP. A sync may try the lock of
 *                    another ring.
 *   nm_switch.lock   per-CPU rw semaphore, one per switch. A sync takes it for
 *                    reading, and only tries where it cannot sleep. A change
 *                    takes it for writing inside nm_global_lock, and waits for
 *                    no ring meanwhile.
 *   nm_mem.lock      mutex, one per region: its pools and users. Page faults
 *                    of programs take it.
 *   nm_mem_list_lock mutex: the list of regions and their references.
 *   nm_na_lock       spinlock: interface -> adapter. Readers use RCU.
 *   HARD_TX_LOCK     of an interface: emulated TX.
 *   kring->q_lock    irq-safe spinlock: reservations of senders.
 *   rx_queue.lock    irq-safe spinlock: packets that the stack left.
 *
 * Rings: who writes what. head, cur and slots before the tail belong to the
 * program, tail and the other slots to the kernel. A letter is a barrier; at
 * each one in the code stands "A, matches B".
 *
 *   program                              sync of the ring
 *
 *   writes slots                         reads head, cur
 *   A  store-release                     B  smp_rmb()
 *   writes cur, head                     reads slots up to head
 *                                        writes slots up to nr_hwtail
 *   D  load-acquire                      C  store-release
 *   reads tail                           writes tail
 *   reads slots up to tail
 *
 * Busy and missed: a sync that finds the ring busy leaves a mark and goes. The
 * sync that has the ring sees the mark when it ends, or the second try of the
 * other one succeeds.
 *
 *   sync that has the ring               sync that finds it busy
 *
 *   works                                sees NM_BUSY_SYNC set
 *   clears NM_BUSY_SYNC                  sets NM_BUSY_MISSED
 *   E  smp_mb__after_atomic()            F  smp_mb__after_atomic()
 *   reads NM_BUSY_MISSED                 tries NM_BUSY_SYNC once more
 *
 * Stop: a new sync sees the stop, or the thread that stops sees the sync.
 *
 *   sync                                 nm_krings_stop()
 *
 *   sets NM_BUSY_SYNC                    sets a bit of nr_stop
 *   G  smp_mb__after_atomic()            H  smp_mb__after_atomic()
 *   reads nr_stop                        waits until NM_BUSY_SYNC is clear
 *
 * Sleep: a thread that goes to sleep sees what a sync did, or is woken.
 *
 *   sync, notification                   poll()
 *
 *   moves positions                      becomes a sleeper of the ring
 *   I  wq_has_sleeper()                  J  smp_mb()
 *   looks for sleepers                   reads positions
 */
#ifndef _NM_CORE_H_
#define _NM_CORE_H_

#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/skbuff.h>
#include <linux/types.h>

#include <dev/netmap/netmap_kern.h>
#include <dev/netmap/netmap_mem2.h>
#include <dev/netmap/netmap_shared.h>

#include "compat.h"
#include "mem/pin.h"

/* not KBUILD_MODNAME: that is the name of a unit where several files are one */
#undef pr_fmt
#define pr_fmt(fmt) "netmap: " fmt

extern struct mutex nm_global_lock;

/* What has to wait until nm_global_lock is released: see nm_chore_add(). */
struct nm_chore {
	struct list_head list;
	void (*run)(struct nm_chore *chore);
};

void nm_chore_add(struct nm_chore *chore, void (*run)(struct nm_chore *chore));
void nm_lock(void);
int nm_lock_killable(void);
void nm_unlock(void);

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

/* How long poll() watches a ring before it sleeps: see poll.c. */
struct nm_watch {
	u64 budget; /* nanoseconds; 0 = not at all */
	u64 since; /* when the caller began to wait */
	const void *table; /* of that caller; only compared */
};

/*
 * One open file of /dev/netmap. A registration that fails late is undone
 * after nm_bind(), so others learn of the port only when np_ready is set, with
 * release semantics; from then on np_na stays until the file is released.
 */
struct netmap_priv_d {
	struct netmap_adapter *np_na; /* nm_global_lock until np_ready */
	bool np_ready; /* readers without the lock: nm_priv_na() */
	struct netmap_if __nmshared *np_nifp;
	u32 np_flags; /* NR_* of the register request */
	u32 np_qfirst[NR_TXRX]; /* bound rings: [first, last) */
	u32 np_qlast[NR_TXRX];
	struct nm_watch np_watch;
	u32 np_sync_flags; /* NAF_* for every sync of this descriptor */
	struct list_head np_list; /* bound descriptors: nm_global_lock */
	pid_t np_pid; /* process that bound it */
	char np_comm[TASK_COMM_LEN];
	struct nm_csb *np_csb; /* set with release semantics, see csb.c */
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

/*
 * Whether region and counts of a port can no longer change. Its rings may be
 * there without a descriptor of its own: that of the other end made them.
 */
static inline bool nm_port_is_fixed(const struct netmap_adapter *na)
{
	return na->active_fds || na->tx_rings;
}

static inline u32 nm_priv_nrings(const struct netmap_priv_d *priv, enum txrx t)
{
	return priv->np_qlast[t] - priv->np_qfirst[t];
}

/* A control request while the kernel works on it: see ctrl.c. */
struct nm_option;

struct nm_request {
	struct nmreq_header hdr; /* as the user sent it, name terminated */
	void *body; /* kernel copy, size by hdr.nr_reqtype, or NULL */
	size_t body_size;
	struct list_head options; /* struct nm_option */
	struct nm_pins ext; /* memory of option EXTMEM, until a region has it */
	int ext_error; /* why it has none */
	size_t room; /* left of the limit on all copies */
	size_t total; /* bytes of body and options so far */
};

/* ctrl.c */
long nm_ctrl_ioctl(struct netmap_priv_d *priv, void __user *arg);
int nm_ctrl_run(struct netmap_priv_d *priv, struct nm_request *req);
void *nm_request_option(struct nm_request *req, u32 type);
void nm_request_option_done(struct nm_request *req, u32 type, int error);
bool nm_request_options_left(struct nm_request *req);

/* legacy.c */
long nm_legacy_ioctl(struct netmap_priv_d *priv, unsigned int cmd,
		     void __user *arg);

/* port.c */

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

/* bind.c */
struct netmap_mem_d *nm_bind_region(struct netmap_adapter *na,
				    struct netmap_mem_d *mem);
int nm_bind(struct netmap_priv_d *priv, struct netmap_adapter *na,
	    const struct nmreq_register *reg, struct netmap_mem_d *mem,
	    struct nm_request *req);
void nm_unbind(struct netmap_priv_d *priv);
int nm_rings_select(struct netmap_priv_d *priv, struct netmap_adapter *na,
		    const struct nmreq_register *reg);

/* status.c */
void nm_status_bound(struct netmap_priv_d *priv);
void nm_status_unbound(struct netmap_priv_d *priv);
void nm_status_init(void);
void nm_status_exit(void);

/* offsets.c */
int nm_offsets_apply(struct netmap_priv_d *priv, struct netmap_adapter *na,
		     struct nmreq_opt_offsets *opt);
void nm_offsets_keep(struct netmap_priv_d *priv);
void nm_offsets_undo(struct netmap_priv_d *priv, struct netmap_adapter *na);
void nm_offsets_clear(struct netmap_kring *kring);
int nm_bufcfg_apply(struct netmap_priv_d *priv, struct netmap_adapter *na);

/* ring.c */

/* nr_kflags of a ring that others may change meanwhile: interrupts do. */
static inline void nm_kflags_change(struct netmap_kring *kring, u32 clear, u32 set)
{
	u32 old = READ_ONCE(kring->nr_kflags), new;

	do {
		new = (old & ~clear) | set;
	} while (new != old && !try_cmpxchg(&kring->nr_kflags, &old, new));
}

/* The caller is the one sync of the ring, which a debug kernel checks. */
static inline void nm_kring_assert_busy(const struct netmap_kring *kring)
{
	lockdep_assert_held(&kring->nr_dep);
}

int nm_kring_tryget(struct netmap_kring *kring, bool can_sleep);
void nm_kring_put(struct netmap_kring *kring);
void nm_krings_stop(struct netmap_adapter *na, int reason);
void nm_krings_start(struct netmap_adapter *na, int reason);
u32 nm_sync_prologue(struct netmap_kring *kring, u32 head, u32 cur);
void nm_sync_late_prologue(struct netmap_kring *kring);
void nm_kring_publish(struct netmap_kring *kring);
DECLARE_PER_CPU(u32, nm_wakes);
int nm_kring_notify(struct netmap_kring *kring, int flags);

/* csb.c */
int nm_csb_option(struct netmap_priv_d *priv, struct nm_request *req);
int nm_csb_enable(struct netmap_priv_d *priv, struct nm_request *req);
void nm_csb_free(struct netmap_priv_d *priv);

/* kloop.c */
int nm_kloop_start(struct netmap_priv_d *priv, struct nm_request *req);
int nm_kloop_stop(struct netmap_priv_d *priv);
void nm_kloop_news(struct netmap_kring *kring);

/* sync.c */
bool nm_user_touch(u64 addr, u32 len);
bool nm_miss_mend(struct netmap_kring *kring);
int nm_sync_ioctl(struct netmap_priv_d *priv, enum txrx t);
void nm_sync_make_up(struct netmap_kring *kring, int flags, bool *moved_down);
void nm_sync_missed(struct netmap_kring *kring);
bool nm_kring_sync(struct netmap_kring *kring, int flags, bool *moved_down);

/* poll.c */
void nm_poll_init(void);
__poll_t nm_poll_file(struct netmap_priv_d *priv, struct file *file,
		      poll_table *table);

/* Flags of the sync callbacks that drivers and programs know, and the core's own. */
#define NM_SYNC_PUBLIC (NAF_FORCE_READ | NAF_FORCE_RECLAIM | NAF_CAN_FORWARD_DOWN)
#define NM_SYNC_ATOMIC BIT(8) /* the caller cannot sleep */
#define NM_SYNC_REPEAT BIT(9) /* and calls nm_miss_mend() without the ring */

/* forward.c */
bool nm_forward_collect(struct netmap_kring *kring, int flags,
			struct sk_buff_head *up);
void nm_forward_deliver(struct sk_buff_head *up);

/* adapter.c */
void nm_adapter_init(struct netmap_adapter *na, struct netmap_mem_d *mem);
int nm_hw_link(const struct net_device *dev, struct netmap_adapter *na);
void nm_hw_unlink(const struct net_device *dev, const struct netmap_adapter *na);
struct netmap_adapter *nm_na_lookup(const struct net_device *dev, u32 native);
struct netmap_adapter *nm_generic_find(const struct net_device *dev);
void nm_hw_for_each(void (*fn)(struct netmap_adapter *na, void *arg), void *arg);

/* dev.c */
int nm_dev_init(void);
void nm_dev_exit(void);

#endif /* _NM_CORE_H_ */
