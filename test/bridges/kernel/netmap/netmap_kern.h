/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part of the driver API that the loops of netmap_nic.h need, for a program: no DMA, one ring, buffers in an array.
 */
#ifndef BRIDGES_NETMAP_KERN_H
#define BRIDGES_NETMAP_KERN_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define BIT(n) (1U << (n))
#define __force
#define BUILD_BUG_ON(x) _Static_assert(!(x), #x)
#define virt_to_phys(p) ((uintptr_t)(p))
#undef __always_inline
#define __always_inline inline __attribute__((always_inline))
#define noinline __attribute__((noinline))
#define __maybe_unused __attribute__((unused))
#define likely(x) (x)
#define unlikely(x) (x)
#define READ_ONCE(x) (x)
#define WRITE_ONCE(x, v) ((x) = (v))
#define dma_rmb()
#define swap(a, b)                                                                                                     \
	do {                                                                                                           \
		__typeof__(a) swapped = (a);                                                                           \
		(a) = (b);                                                                                             \
		(b) = swapped;                                                                                         \
	} while (0)
#define max(a, b) ((a) > (b) ? (a) : (b))
#define min_t(type, a, b) ((type)(a) < (type)(b) ? (type)(a) : (type)(b))
#define round_down(x, y) ((x) / (y) * (y))

#define ETH_ZLEN 60
#define ETH_FCS_LEN 4
#define VLAN_ETH_HLEN 18
#define NM_BUF_ALIGN 64
#define NAF_MOREFRAG 1
#define NAF_FORCE_READ 1
#define NAF_FORCE_RECLAIM 2
#define NKR_PENDINTR 1
#define NS_BUF_CHANGED 0x1
#define NS_REPORT 0x2
#define NS_MOREFRAG 0x20

#define SLOTS 16
#define BUFFERS (SLOTS + 2)
#define BUFSIZE 256

enum txrx { NR_RX, NR_TX };

struct netmap_slot {
	u32 buf_idx;
	u16 len;
	u16 flags;
	u64 ptr;
};

struct netmap_ring {
	u64 offset_mask, buf_align;
	struct netmap_slot slot[SLOTS];
};

struct netmap_lut {
	void **lut;
	u64 *plut;
	u32 objtotal, objsize;
};

struct net_device {
	u32 mtu;
};

struct netmap_adapter {
	struct net_device *ifp;
	void *pdev;
	u32 na_flags;
	struct netmap_lut na_lut;
	struct netmap_kring **tx_rings, **rx_rings;
};

struct netmap_kring {
	struct netmap_ring *ring;
	struct netmap_adapter *na;
	u32 nr_hwcur, nr_hwtail, rhead, rcur, nr_kflags, nkr_num_slots;
	int nkr_hwofs, nkr_to_refill, tx;
	u64 last_reclaim, offset_mask, offset_max, hwbuf_len, buf_align;
	const char *name;
};

static int netmap_no_pendintr = 1;
static u8 buffers[BUFFERS][BUFSIZE];

#define NETMAP_BUF_BASE(na) ((void *)buffers[0])
#define NETMAP_BUF_SIZE(na) BUFSIZE
#define NM_CHECK_ADDR_LEN(na, addr, len)
#define NM_CHECK_ADDR_LEN_OFF(na, len, offset)
#define netmap_sync_map_dev(...)
#define netmap_sync_map_cpu(...)
#define nm_prerr(...)
#define netmap_ring_reinit(kring) (abort(), 0)
#define netmap_reset(...) true

static inline u32 nm_next(u32 i, u32 lim)
{
	return i == lim ? 0 : i + 1;
}

static inline u32 nm_prev(u32 i, u32 lim)
{
	return i == 0 ? lim : i - 1;
}

static inline int netmap_idx_n2k(struct netmap_kring *kring, int i)
{
	return (i + kring->nkr_hwofs + SLOTS) % SLOTS;
}

static inline int netmap_idx_k2n(struct netmap_kring *kring, int i)
{
	return (i - kring->nkr_hwofs + SLOTS) % SLOTS;
}

static inline u32 nm_kr_rxspace(struct netmap_kring *kring)
{
	return (kring->nr_hwtail + SLOTS - kring->nr_hwcur) % SLOTS;
}

static inline bool nm_kr_wouldblock(struct netmap_kring *kring)
{
	return kring->rcur == kring->nr_hwtail;
}

static inline void *NMB(struct netmap_adapter *na, struct netmap_slot *slot)
{
	(void)na;
	return buffers[slot->buf_idx];
}

static inline void *PNMB(struct netmap_adapter *na, struct netmap_slot *slot, u64 *pa)
{
	*pa = (uintptr_t)NMB(na, slot);
	return NMB(na, slot);
}

static inline u64 nm_get_offset(struct netmap_kring *kring, struct netmap_slot *slot)
{
	return slot->ptr & kring->offset_mask;
}

static inline void nm_write_offset(struct netmap_kring *kring, struct netmap_slot *slot, u64 offset)
{
	slot->ptr = (slot->ptr & ~kring->offset_mask) | offset;
}

static inline void *PNMB_O(struct netmap_kring *kring, struct netmap_slot *slot, u64 *pa)
{
	u8 *addr = PNMB(kring->na, slot, pa);

	*pa += nm_get_offset(kring, slot);
	return addr + nm_get_offset(kring, slot);
}

#endif
