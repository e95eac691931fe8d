/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * VALE switches: what their parts share.
 *
 *   vale.c          switches and their tables, one table per network namespace
 *   port.c          ports that programs open
 *   interface.c     ports that are network interfaces too
 *   nic.c           NICs and host stacks as ports, nic-sync.c their packets
 *   attach.c        how interfaces join and leave
 *   forward.c       packets
 *   table.c         which MAC address is where
 *   vnet.c          ports with virtio-net headers, checksums, segmentation
 *   poll.c          threads that poll a NIC
 *   api.c           other modules
 *
 * nm_global_lock protects everything but packets. Forwarding holds the lock
 * of the switch for reading. A thread that attaches or detaches a port, or
 * changes its mode, holds it for writing (inside nm_global_lock).
 */
#ifndef _NM_VALE_H_
#define _NM_VALE_H_

#include <linux/percpu-rwsem.h>

#include "core/core.h"

#define NM_VALE_RINGS_MAX 16
#define NM_VALE_SLOTS 1024
#define NM_VALE_SLOTS_MAX 4096
#define NM_VALE_EXTRA_MAX 524288
#define NM_VALE_MFS 1514

struct nm_vale_net;

/* defined in batch.h */
struct nm_batch;

struct nm_switch {
	struct percpu_rw_semaphore lock;
	/* fixed while the lock is held for reading */
	u32 num_ports;
	u8 active[NM_BDG_MAXPORTS]; /* the ports in use, in no order */
	struct netmap_vp_adapter *ports[NM_BDG_MAXPORTS];
	bdg_lookup_fn_t lookup; /* NULL: learn */
	void *private_data;

	/* nm_global_lock */
	struct nm_vale_net *net;
	u32 index; /* in the table of its namespace */
	bool exclusive; /* kept by another module, see api.c */
	struct netmap_bdg_ops ops;
	char name[IFNAMSIZ]; /* vale0 */

	/* entries are one word: MAC address, port, in use */
	u64 table[NM_BDG_HASH] ____cacheline_aligned_in_smp;
};

/* vale.c */
int nm_vale_name_split(const char *name, size_t *switch_len);
struct nm_switch *nm_switch_find(const char *name, size_t len);
struct nm_switch *nm_switch_get(const char *name, size_t len);
void nm_switch_put(struct nm_switch *sw);
struct netmap_vp_adapter *nm_switch_port(struct nm_switch *sw, const char *name);
int nm_switch_attach(struct nm_switch *sw, struct netmap_vp_adapter *vp,
		     const char *name);
void nm_switch_detach(struct netmap_vp_adapter *vp);
void nm_switch_lock(struct nm_switch *sw);
void nm_switch_unlock(struct nm_switch *sw);

/* Does another module, or another user of one, keep the switch to itself? */
static inline bool nm_switch_foreign(const struct nm_switch *sw, void *token)
{
	return sw->exclusive && token != sw;
}

/* port.c */
struct netmap_vp_adapter *nm_vp_of(struct netmap_adapter *na);
bool nm_vp_is(struct netmap_adapter *na);
bool nm_vale_interface_exists(const char *name);
void nm_vp_counts(u16 *tx_rings, u16 *rx_rings, u32 *tx_slots, u32 *rx_slots);
void nm_vp_init(struct netmap_vp_adapter *vp, struct netmap_mem_d *mem);
int nm_vp_krings_extend(struct netmap_adapter *na);
void nm_vp_krings_shrink(struct netmap_adapter *na);
int nm_vp_txsync(struct netmap_kring *kring, int flags);

/* nic.c */
struct nm_poller;

bool nm_bwrap_is(struct netmap_adapter *na);
bool nm_bwrap_is_host(struct netmap_adapter *na);
struct nm_poller **nm_bwrap_poller(struct netmap_vp_adapter *vp);
struct netmap_adapter *nm_bwrap_hwna(struct netmap_vp_adapter *vp);
int nm_bwrap_attach(struct nm_switch *sw, struct netmap_adapter *hwna,
		    struct nm_request *req, struct netmap_mem_d *mem);
void nm_bwrap_detach(struct netmap_vp_adapter *vp);

/* nic-sync.c */
int nm_bwrap_intr(struct netmap_kring *kring, int flags);

/* attach.c */
int nm_vale_attach_token(struct nm_request *req, void *token);
int nm_vale_detach_token(struct nm_request *req, void *token);
void nm_vale_detach_all(struct nm_switch **switches, u32 num);

/* poll.c */
void nm_poll_stop(struct netmap_vp_adapter *vp);

/* forward.c */
void *nm_vale_batch_new(void);
void nm_vale_batch_free(struct nm_batch *batch);
u32 nm_vale_forward(struct netmap_vp_adapter *vp, struct netmap_kring *kring,
		    struct nm_batch *batch, u32 first, u32 last, int flags);

/* table.c */
u32 nm_table_lookup(struct nm_switch *sw, struct netmap_vp_adapter *vp, u64 dst,
		    u64 src);

#define NM_MAC_MASK GENMASK_ULL(47, 0)
/* the group bit is the lowest of the first byte */
#define NM_MAC_GROUP 1ULL

#endif /* _NM_VALE_H_ */
