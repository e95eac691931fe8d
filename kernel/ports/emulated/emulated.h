/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The emulated adapter: netmap for interfaces whose driver knows nothing of
 * it. Packets are copied into sk_buffs that go straight to the driver, and
 * out of those that the driver hands to the stack.
 */
#ifndef _NM_GENERIC_H_
#define _NM_GENERIC_H_

#include <linux/hrtimer.h>
#include <linux/ptr_ring.h>

#include "core/core.h"

#define NM_GENERIC_BATCH 64 /* packets a driver gets under one lock */
#define NM_GENERIC_BELL 32 /* and after which the NIC is told of them */

/*
 * The packet of a slot, used again whenever the driver is done with it, for
 * drivers that allow this (IFF_TX_SKB_SHARING). The driver is done when as many
 * references are left as are ours; each transmission gives one away.
 */
struct nm_tx_packet {
	struct sk_buff *skb;
	u32 refs;
};

struct nm_generic_tx {
	struct netmap_kring *kring;
	struct nm_tx_packet *pool; /* one per slot, or NULL */
	u32 headroom; /* of the packets in the pool */
	struct sk_buff *spare[NM_GENERIC_BATCH]; /* see spare.c */
	u32 num_spare;
	/*
	 * Packets made from the slots [nr_hwcur, nr_hwcur + num_held) that
	 * the driver had no room for; NULL for slots that are not sent.
	 */
	struct sk_buff *held[NM_GENERIC_BATCH];
	u32 first_held; /* slot of held[0] */
	u32 num_held;
	bool blocked; /* the driver has stopped its queue */
	bool told; /* a program was woken to go on, and has not yet */
	struct hrtimer retry; /* sends the rest later */
};

struct nm_generic_rx {
	struct netmap_kring *kring;
	struct ptr_ring queue; /* sk_buffs for the next sync */
	unsigned long state; /* NM_RX_* */
	struct hrtimer mitigation;
	struct sk_buff *spare[NM_GENERIC_BATCH]; /* see spare.c */
	u32 num_spare;
	bool keep; /* there is room for spares */
};

enum {
	NM_RX_ARMED, /* the timer runs: packets only leave a mark */
	NM_RX_PENDING, /* the mark */
};

struct nm_generic {
	struct netmap_hw_adapter hw;
	bool txqdisc;
	struct nm_generic_tx *tx; /* one per TX ring */
	struct nm_generic_rx *rx;
	/* what was there before the netmapemu qdiscs, one per queue */
	struct Qdisc **qdisc_before;
	struct Qdisc *qdisc_root_before;
	u32 num_qdiscs;
};

static inline struct nm_generic *nm_generic_of(struct netmap_adapter *na)
{
	return container_of(na, struct nm_generic, hw.up);
}

/* tx.c */
int nm_generic_txsync(struct netmap_kring *kring, int flags);
int nm_generic_tx_init(struct nm_generic *g);
void nm_generic_tx_exit(struct nm_generic *g);
void nm_generic_tx_drain(struct nm_generic *g);
void nm_generic_tx_wake(struct nm_generic_tx *tx);

/* skb.c */
void nm_generic_fill(struct nm_generic_tx *tx, struct net_device *dev, u32 queue);
void nm_generic_pool_free(struct nm_generic_tx *tx, u32 n);

/* spare.c */
int nm_spare_get(void);
void nm_spare_put(void);
void nm_spare_take(struct nm_generic_tx *tx);
void nm_spare_give_tx(struct nm_generic_tx *tx);
void nm_spare_begin(struct nm_generic_rx *rx);
void nm_spare_add(struct nm_generic_rx *rx, struct sk_buff *skb);
void nm_spare_end(struct nm_generic_rx *rx);

/* rx.c */
int nm_generic_rxsync(struct netmap_kring *kring, int flags);
int nm_generic_rx_init(struct nm_generic *g);
void nm_generic_rx_exit(struct nm_generic *g);
int nm_generic_rx_start(struct nm_generic *g);
void nm_generic_rx_stop(struct nm_generic *g);

/* qdisc.c */
void nm_generic_qdisc_attach(struct nm_generic *g);
void nm_generic_qdisc_detach(struct nm_generic *g);
int nm_generic_qdisc_init(void);
void nm_generic_qdisc_exit(void);

#endif /* _NM_GENERIC_H_ */
