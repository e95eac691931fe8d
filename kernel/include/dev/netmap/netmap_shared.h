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
 * All casts are in this file. Public structures have plain pointers, because
 * drivers dereference them: kring->ring is nm_kring_shared() for us, and a
 * buffer of na->na_lut is nm_buf().
 */
#ifndef _NETMAP_SHARED_H_
#define _NETMAP_SHARED_H_

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/overflow.h>
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

/* struct_size() */
#define nm_shared_size(_p, _member, _n) \
	struct_size(nm_plain(_p), _member, _n)

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

static inline void nm_shared_zero(void __nmshared *to, size_t len)
{
	memset((__force void *)to, 0, len);
}

/* For functions of the kernel that do nothing but copy to it, or from it. */
static inline void *nm_shared_bytes(const void __nmshared *bytes)
{
	return (__force void *)bytes;
}

/* Memory that programs can write to, where it comes from. */
static inline void __nmshared *nm_shared_of(const void *memory)
{
	return (__force void __nmshared *)memory;
}

/* A member that is constant for programs, which only look at it. */
#define nm_store_fixed(_p, _value)						\
	do {									\
		__typeof__((_p)[0]) __nm_value = _value;			\
										\
		nm_shared_write((void __nmshared *)(_p), &__nm_value,		\
				sizeof(__nm_value));				\
	} while (0)

/*
 * Rings and slots
 */

static inline struct netmap_ring __nmshared *
nm_kring_shared(const struct netmap_kring *kring)
{
	return (__force struct netmap_ring __nmshared *)kring->ring;
}

/* Who allocates rings, or takes them from elsewhere, puts them into the kring. */
static inline void nm_kring_share(struct netmap_kring *kring,
				  struct netmap_ring __nmshared *ring)
{
	kring->ring = (__force struct netmap_ring *)ring;
}

/* What programs only look at: the kernel goes by the members of the kring. */
static inline void nm_kring_show_offsets(struct netmap_kring *kring, u64 mask)
{
	nm_store_fixed(&nm_kring_shared(kring)->offset_mask, mask);
}

static inline void nm_kring_show_align(struct netmap_kring *kring, u64 align)
{
	nm_store_fixed(&nm_kring_shared(kring)->buf_align, align);
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

static inline u16 nm_slot_word_flags(u64 word)
{
	return word >> 48;
}

/* A slot as it is now: two words, each read once. */
static __always_inline struct netmap_slot
nm_slot_read(const struct netmap_slot __nmshared *slot)
{
	u64 word = nm_slot_word(slot);

	return (struct netmap_slot){
		.buf_idx = word,
		.len = nm_slot_word_len(word),
		.flags = nm_slot_word_flags(word),
		.ptr = nm_load(&slot->ptr),
	};
}

static __always_inline void nm_slot_write(struct netmap_slot __nmshared *to,
					  struct netmap_slot slot)
{
	WRITE_ONCE(*(__force u64 *)to, slot.buf_idx | (u64)slot.len << 32 |
				       NM_SLOT_FLAG(slot.flags));
	nm_store(&to->ptr, slot.ptr);
}

/* From one ring to another: what is written is what was read. Returns the first word. */
static __always_inline u64 nm_slot_copy(struct netmap_slot __nmshared *to,
					const struct netmap_slot __nmshared *from)
{
	u64 word = nm_slot_word(from);

	WRITE_ONCE(*(__force u64 *)to, word);
	nm_store(&to->ptr, nm_load(&from->ptr));
	return word;
}

/* Takes a flag off a slot that has been read; most slots do not have it. */
static inline void nm_slot_clear(struct netmap_slot __nmshared *to,
				 struct netmap_slot slot, u16 flags)
{
	if (unlikely(slot.flags & flags))
		nm_store(&to->flags, slot.flags & ~flags);
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

/* The same for a device: *pa is the address on its bus. */
static inline void __nmshared *nm_buf_dma(const struct netmap_adapter *na, u32 idx,
					  u64 *pa)
{
	const struct netmap_lut *lut = &na->na_lut;
	u32 i = unlikely(idx >= lut->objtotal) ? 0 : idx;

	*pa = lut->plut ? lut->plut[i] : virt_to_phys(lut->lut[i]);
	return (__force void __nmshared *)lut->lut[i];
}

/* Is it buffer 0, which bad indexes lead to? */
static inline bool nm_buf_is_none(const struct netmap_adapter *na, u32 idx)
{
	return (__force void *)nm_buf(na, idx) == na->na_lut.lut[0];
}

/* nm_get_offset() of a value */
static inline u32 nm_slot_offset(const struct netmap_kring *kring, u64 ptr)
{
	u64 offset = ptr & READ_ONCE(kring->offset_mask);
	u64 max = READ_ONCE(kring->offset_max);

	return unlikely(offset > max) ? max : offset;
}

/* The pointer with another offset: nm_write_offset() of a value. */
static inline u64 nm_slot_ptr(const struct netmap_kring *kring, u64 ptr, u64 offset)
{
	u64 mask = READ_ONCE(kring->offset_mask);

	return (ptr & ~mask) | (offset & mask);
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
