/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Memory that programs write to while the kernel uses it: rings, slots,
 * buffers, descriptions of interfaces, entries of CSB arrays.
 *
 * A value in it can change between two reads. So it is read once, by one of
 * the functions below, and everything else takes the value. A check holds for
 * the value that was checked, never for the memory.
 *
 * Pointers to such memory are __nmshared: sparse refuses to dereference them.
 * The casts are in this file. Public structures have plain pointers, because
 * drivers dereference them: kring->ring is nm_kring_shared() for us, and a
 * buffer of na->na_lut is nm_buf().
 */
#ifndef _NETMAP_SHARED_H_
#define _NETMAP_SHARED_H_

#include <linux/compiler.h>
#include <linux/string.h>

#include <netmap/netmap_kern.h>

#ifdef __CHECKER__
#define __nmshared __attribute__((noderef, address_space(__nmshared)))
#else
#define __nmshared
#endif

/* For one access, in this file only. */
#define nm_plain(_p) \
	((__force __typeof__((_p)[0]) *)(_p))

/* One value. What a program does to it meanwhile is seen or not. */
#define nm_load(_p) \
	READ_ONCE(*nm_plain(_p))
#define nm_store(_p, _value) \
	WRITE_ONCE(*nm_plain(_p), _value)
#define nm_load_acquire(_p) \
	smp_load_acquire(nm_plain(_p)) /* the caller says what it pairs with */
#define nm_store_release(_p, _value) \
	smp_store_release(nm_plain(_p), _value) /* likewise */

/* Bytes: they may change while they are copied, the copy does not. */
static inline void nm_shared_read(void *to, const void __nmshared *from, size_t len)
{
	memcpy(to, (__force const void *)from, len);
}

static inline void nm_shared_write(void __nmshared *to, const void *from, size_t len)
{
	memcpy((__force void *)to, from, len);
}

static inline void nm_shared_copy(void __nmshared *to, const void __nmshared *from,
				  size_t len)
{
	memcpy((__force void *)to, (__force const void *)from, len);
}

/*
 * Rings and slots
 */

static inline struct netmap_ring __nmshared *
nm_kring_shared(const struct netmap_kring *kring)
{
	return (__force struct netmap_ring __nmshared *)kring->ring;
}

static inline struct netmap_slot __nmshared *
nm_kring_slots(const struct netmap_kring *kring)
{
	return (__force struct netmap_slot __nmshared *)kring->ring->slot;
}

static inline struct netmap_slot __nmshared *
nm_kring_slot(const struct netmap_kring *kring, u32 i)
{
	return &nm_kring_slots(kring)[i];
}

/* The first word of a slot: index, length, flags. */
#define NM_SLOT_FLAG(_flag) ((u64)(_flag) << 48)

static inline u64 nm_slot_word(const struct netmap_slot __nmshared *slot)
{
	BUILD_BUG_ON(sizeof(*slot) != 2 * sizeof(u64));
	return READ_ONCE(*(__force const u64 *)slot);
}

static inline u16 nm_slot_word_len(u64 word)
{
	return word >> 32;
}

/* A slot as it is now: two words, each read once. */
static __always_inline struct netmap_slot
nm_slot_read(const struct netmap_slot __nmshared *slot)
{
	u64 word = nm_slot_word(slot);

	return (struct netmap_slot){
		.buf_idx = word,
		.len = nm_slot_word_len(word),
		.flags = word >> 48,
		.ptr = nm_load(&slot->ptr),
	};
}

/* Length and flags, which are neighbours; the buffer stays. */
static inline void nm_slot_fill(struct netmap_slot __nmshared *slot, u16 len, u16 flags)
{
	WRITE_ONCE(*(__force u32 *)&slot->len, len | (u32)flags << 16);
}

/*
 * Buffers
 */

/* A bad index means buffer 0, which nobody owns. */
static inline void __nmshared *nm_buf(const struct netmap_adapter *na, u32 idx)
{
	const struct netmap_lut *lut = &na->na_lut;

	return (__force void __nmshared *)
		lut->lut[unlikely(idx >= lut->objtotal) ? 0 : idx];
}

/* nm_get_offset() of a value */
static inline u32 nm_slot_offset(const struct netmap_kring *kring, u64 ptr)
{
	u64 offset = ptr & READ_ONCE(kring->offset_mask);
	u64 max = READ_ONCE(kring->offset_max);

	return unlikely(offset > max) ? max : offset;
}

/* Where the packet of a slot begins, and how long it can be. */
struct nm_room {
	void __nmshared *at;
	u32 size;
};

static __always_inline struct nm_room
nm_slot_room(const struct netmap_kring *kring, struct netmap_slot slot)
{
	u32 offset = nm_slot_offset(kring, slot.ptr);

	return (struct nm_room){
		.at = nm_buf(kring->na, slot.buf_idx) + offset,
		.size = NETMAP_BUF_SIZE(kring->na) - offset,
	};
}

#endif /* _NETMAP_SHARED_H_ */
