/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Packets on their way through a switch: between sorting (forward.c),
 * delivery (deliver.c) and conversion of headers (vnet.c).
 */
#ifndef _NM_VALE_BATCH_H_
#define _NM_VALE_BATCH_H_

#include <linux/etherdevice.h>
#include <linux/uaccess.h>

#include "vale.h"

/* A batch ends at the first packet after so many slots. */
#define NM_BATCH_SLOTS 1024
#define NM_BATCH_RUNS (NM_BATCH_SLOTS + 1)

/* Packets in consecutive slots of the source (circular), one destination. */
struct nm_run {
	u16 first;
	u16 count; /* slots */
	u16 next; /* run of the same queue, always a later one */
};

#define NM_RUN_NONE U16_MAX

/* Queues are numbered port, ring; then broadcast. */
#define NM_QUEUE_RING_BITS 4
#define NM_QUEUE_BROADCAST (NM_BDG_MAXPORTS << NM_QUEUE_RING_BITS)
#define NM_QUEUES (NM_QUEUE_BROADCAST + 1)
#define NM_QUEUE_DROP NM_QUEUES
#define NM_QUEUE_LATER (NM_QUEUES + 1) /* the sync ends before the packet */

struct nm_batch_queue {
	u16 head, tail; /* runs */
	u32 slots;
};

/* A packet as its slots described it when it was looked at. */
struct nm_packet {
	u32 frags; /* more than NETMAP_MAX_FRAGS: no packet, and some are missing */
	struct netmap_slot slot[NETMAP_MAX_FRAGS];
};

/* Scratch of one TX ring, used while it is locked. */
struct nm_batch {
	u32 num_runs;
	u32 num_touched;
	u8 *linear; /* a packet in one piece, once it was needed */
	struct nm_packet packet; /* the one that is worked on */
	struct nm_run run[NM_BATCH_RUNS];
	u16 touched[NM_BATCH_RUNS]; /* queues with something in them */
	struct nm_batch_queue queue[NM_QUEUES];
};

/* Copying to one RX ring. */
struct nm_copy {
	struct nm_batch *batch;
	struct netmap_vp_adapter *svp, *dvp;
	struct netmap_kring *src, *dst;
	u32 pos; /* next slot of dst to fill */
	u32 room; /* slots that may be filled */
	bool plain; /* no offsets, same headers */
	bool convert; /* different virtio-net headers */
};

#define NM_SLOT_FRAGS(_frags) ((u16)((_frags) << NS_PORT_SHIFT))

static inline u32 nm_circular(u32 i, u32 n)
{
	return i >= n ? i - n : i;
}

/* Length of the data of a slot, 0 if it does not fit in its buffer. */
static inline u32 nm_slot_len(struct netmap_kring *kring, struct netmap_slot slot)
{
	if (slot.flags & NS_INDIRECT)
		return slot.ptr ? slot.len : 0;
	if (likely(slot.len <= nm_slot_room(kring, slot).size))
		return slot.len;
	nm_prlim(2, "%s: %u bytes do not fit in the buffer", kring->name, slot.len);
	return 0;
}

/*
 * The buffer of an indirect slot. Only in the context of the process that
 * owns the address: others (softirq, kernel threads) cannot read it.
 */
static inline bool nm_indirect_is_mine(void)
{
	return in_task() && !irqs_disabled() && current->mm &&
	       !(current->flags & PF_KTHREAD);
}

/* Nobody waits for pages here: others wait for the switch. See nm_miss_mend(). */
static inline bool nm_indirect_read(void *to, u64 ptr, u32 len)
{
	void __user *from = u64_to_user_ptr(ptr);
	bool ok;

	if (!nm_indirect_is_mine())
		return false;
	pagefault_disable();
	ok = !copy_from_user(to, from, len);
	pagefault_enable();
	return ok;
}

/* The data of a slot, if there are at most size bytes. Returns how many, or 0. */
static inline u32 nm_slot_fetch(void *to, u32 size, struct netmap_kring *kring,
				struct netmap_slot slot)
{
	struct nm_room from = nm_slot_room(kring, slot);

	if (slot.len > size)
		return 0;
	if (slot.flags & NS_INDIRECT)
		return slot.ptr && nm_indirect_read(to, slot.ptr, slot.len) ?
			       slot.len : 0;
	if (unlikely(slot.len > from.size))
		return 0;
	nm_shared_read(to, from.at, slot.len);
	return slot.len;
}

/* 14 bytes at least are there; the addresses with their first byte lowest. */
static inline void nm_mac_read(const void __nmshared *addr, u64 *dst, u64 *src)
{
	__le64 low;
	__le32 high;

	nm_shared_read(&low, addr, sizeof(low));
	nm_shared_read(&high, addr + sizeof(low), sizeof(high));
	*dst = le64_to_cpu(low) & NM_MAC_MASK;
	*src = le64_to_cpu(low) >> 48 | (u64)le32_to_cpu(high) << 16;
}

/* forward.c */
void nm_packet_read(struct nm_packet *packet, struct netmap_kring *kring,
		    u32 first, u32 last);

/* deliver.c */
void nm_deliver(struct nm_batch *batch, struct netmap_vp_adapter *vp,
		struct netmap_kring *kring, struct netmap_vp_adapter *dst,
		u32 ring, struct nm_batch_queue *queue,
		struct nm_batch_queue *broadcast, int retries);

/* vnet.c */
u32 nm_vnet_room(const struct netmap_vp_adapter *src,
		 const struct netmap_vp_adapter *dst, u32 slots);
void nm_vnet_copy(struct nm_copy *copy, const struct nm_packet *packet);

#endif /* _NM_VALE_BATCH_H_ */
