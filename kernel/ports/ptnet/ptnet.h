/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Passthrough devices of a hypervisor: mem.c has the memory device,
 * ptnet.c the network device and its registers, use.c who uses its
 * rings, ring.c the rings, stack.c what the network stack sees,
 * netmap.c netmap mode.
 */
#ifndef _NM_PTNET_H_
#define _NM_PTNET_H_

#include <linux/netdevice.h>
#include <linux/pci.h>

#include <net/netmap_virt.h>

#include "core/core.h"

struct nm_ptnet;

/*
 * A ring that the host offers. While the stack has it, head, hwcur and hwtail
 * are here; while netmap has it, they are in its kring.
 */
struct nm_ptnet_ring {
	struct nm_ptnet *pn;
	enum txrx t;
	u32 i; /* of its direction */
	u32 lim; /* slots - 1 */
	struct netmap_ring __nmshared *ring; /* shared with the host while pn->users */
	struct nm_csb_atok __nmshared *atok;
	struct nm_csb_ktoa __nmshared *ktoa;
	void __iomem *kick;
	u32 head;
	u32 hwcur;
	u32 hwtail;
	struct napi_struct napi;
	u64 packets, bytes, errors, dropped; /* of the stack */
	char name[IFNAMSIZ + 16];
};

struct nm_ptnet {
	struct net_device *dev;
	struct pci_dev *pdev;
	void __iomem *regs;
	struct netmap_mem_d *mem; /* the host's region */
	void *csb; /* two pages: guest to host, host to guest */
	dma_addr_t csb_bus;
	struct netmap_lut lut; /* while users */
	u32 num[NR_TXRX]; /* rings */
	u32 slots[NR_TXRX];
	u32 pairs; /* queues of the stack */
	u32 vnet_len; /* header before each frame, 0 or 12 bytes */
	u32 users; /* stack, netmap: under rtnl */
	bool vectors;
	struct nm_ptnet_ring *rings; /* TX, then RX */
};

static inline struct nm_ptnet_ring *nm_ptnet_ring_of(struct nm_ptnet *pn,
						     enum txrx t, u32 i)
{
	return &pn->rings[t == NR_TX ? i : pn->num[NR_TX] + i];
}

static inline u32 nm_ptnet_num_rings(const struct nm_ptnet *pn)
{
	return pn->num[NR_TX] + pn->num[NR_RX];
}

/* Slots from a to b, going forward in a ring of lim + 1. */
static inline u32 nm_ptnet_distance(u32 a, u32 b, u32 lim)
{
	return b >= a ? b - a : b + lim + 1 - a;
}

/* use.c */
int nm_ptnet_get(struct nm_ptnet *pn);
void nm_ptnet_put(struct nm_ptnet *pn);
void nm_ptnet_quiesce(struct nm_ptnet *pn);
void nm_ptnet_resume(struct nm_ptnet *pn);
void nm_ptnet_napi_add(struct nm_ptnet_ring *r);
int nm_ptnet_irqs_request(struct nm_ptnet *pn);
void nm_ptnet_irqs_free(struct nm_ptnet *pn);

/* ring.c */
struct netmap_if __nmshared *nm_ptnet_if(struct nm_ptnet *pn, u32 *tx, u32 *rx);
struct netmap_ring __nmshared *nm_ptnet_shared_ring(struct nm_ptnet *pn, enum txrx t,
						    u32 i);
bool nm_ptnet_load(struct nm_ptnet_ring *r);
bool nm_ptnet_look(struct nm_ptnet_ring *r, u32 head, u32 *hwcur, u32 *hwtail);
void nm_ptnet_push(struct nm_ptnet_ring *r, u32 cur, u32 head);
void nm_ptnet_kick(struct nm_ptnet_ring *r, bool always);
void nm_ptnet_want_irq(struct nm_ptnet_ring *r, bool on);

/* stack.c */
extern const struct net_device_ops nm_ptnet_ops;
extern const struct ethtool_ops nm_ptnet_ethtool_ops;
void nm_ptnet_features(struct net_device *dev);
int nm_ptnet_stack_rx(struct nm_ptnet_ring *r, int budget);
void nm_ptnet_stack_tx_done(struct nm_ptnet_ring *r);

/* netmap.c */
int nm_ptnet_attach(struct nm_ptnet *pn);

/* mem.c */
struct netmap_mem_d *nm_guest_mem_get(u32 host_id);
int nm_guest_mem_use(struct netmap_mem_d *mem, struct netmap_lut *lut);
void nm_guest_mem_unuse(struct netmap_mem_d *mem);
void __nmshared *nm_guest_mem_at(struct netmap_mem_d *mem, u64 ofs, u64 size);
int nm_guest_mem_probe(struct pci_dev *pdev);
void nm_guest_mem_remove(struct pci_dev *pdev);

#endif /* _NM_PTNET_H_ */
