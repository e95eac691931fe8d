/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The sync callbacks of NICs whose descriptors correspond one to one to
 * slots. A bridge header says in a struct nm_nic_ops how its chip's
 * descriptors look; what is between them and the slots is here. All functions
 * are inlined into the driver with a constant table, so that no call is
 * indirect.
 *
 * RX: the NIC has the descriptors from nr_hwtail on, up to the one before
 * nr_hwcur, which stays free. A sync runs under the lock of its ring; where a
 * chip can stop meanwhile, the driver keeps it out.
 */
#ifndef _NETMAP_NIC_H_
#define _NETMAP_NIC_H_

#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <netmap/netmap_kern.h>
#include <netmap/netmap_shared.h>

/* What rx_take() returns: a length, or one of the first two */
#define NM_RX_NONE BIT(31) /* the NIC has the descriptor */
#define NM_RX_BAD BIT(30) /* not a good frame, and counted as such */
#define NM_RX_MORE BIT(29) /* the frame goes on in the next descriptor */
#define NM_RX_LEN 0xffff

enum nm_tx_state {
	NM_TX_PENDING, /* the NIC has it */
	NM_TX_DONE,
	NM_TX_SILENT, /* the NIC does not tell: done when a later one is */
};

/* A buffer that becomes a TX descriptor. */
struct nm_tx_buf {
	u64 paddr;
	u32 len; /* bytes */
	bool more; /* NS_MOREFRAG: the frame goes on in the next slot */
	bool report; /* the NIC must tell when the frame is sent */
};

struct nm_nic_ops {
	/* If not 0: the NIC tells of one frame in that many, and of the last. */
	u32 tx_silent;
	/* rx_take() counts the FCS, which is in the buffer. */
	bool rx_fcs;
	/*
	 * Bytes that the chip needs of this whole frame, beyond the shortest of
	 * Ethernet; of the buffer at least 64 bytes are there. May be NULL.
	 */
	u32 (*tx_min)(struct netmap_kring *kring, const void *frame, u32 len);
	/* Writes descriptor nic_i; what hands it over last. */
	void (*tx_put)(struct netmap_kring *kring, u32 nic_i,
		       const struct nm_tx_buf *buf);
	enum nm_tx_state (*tx_state)(struct netmap_kring *kring, u32 nic_i);
	/* Tells the NIC of new descriptors, up to nr_hwcur. */
	void (*tx_kick)(struct netmap_kring *kring);
	/* After a reclaim: nr_hwtail has moved; may be NULL. */
	void (*tx_done)(struct netmap_kring *kring);
	/*
	 * Looks at descriptor nic_i. The frame may have begun in an earlier one;
	 * an unfinished frame is looked at again by the next sync. With rx_fcs,
	 * a frame in one descriptor must be longer than its FCS.
	 */
	u32 (*rx_take)(struct netmap_kring *kring, u32 nic_i, bool begun,
		       u64 *paddr);
	/* Does the NIC no longer have it? For nm_nic_rx_irq(); may be NULL. */
	bool (*rx_waits)(struct netmap_kring *kring, u32 nic_i);
	/* Writes descriptor nic_i, for the NIC if own is set. */
	void (*rx_give)(struct netmap_kring *kring, u32 nic_i, u64 paddr,
			bool own);
	/* Tells the NIC of new descriptors, up to nr_hwcur; may be NULL. */
	void (*rx_kick)(struct netmap_kring *kring);
};

/* Frames that a NIC has sent, to notice one that stopped. */
struct nm_tx_watch {
	u32 sent; /* reclaimed so far */
	u32 seen; /* sent, when nm_nic_tx_stuck() last looked ... */
	bool waited; /* ... and whether it found a frame with the NIC */
};

/*
 * Transmission
 */

/* Must the NIC tell of a frame? last_reclaim counts those of which it does not. */
static __always_inline bool nm_nic_tx_report(struct netmap_kring *kring, bool must,
					     const struct nm_nic_ops *ops)
{
	if (!ops->tx_silent)
		return true;
	if (!must && ++kring->last_reclaim < ops->tx_silent)
		return false;
	kring->last_reclaim = 0;
	return true;
}

/* Fills a frame up to what the NIC sends right, in its buffer. Its new length. */
static __always_inline u32 nm_nic_tx_pad(struct netmap_kring *kring, void *frame,
					 u32 len, u32 offset,
					 const struct nm_nic_ops *ops)
{
	/* many chips send short frames wrong, or as they are */
	u32 min = ETH_ZLEN, size = NETMAP_BUF_SIZE(kring->na);

	if (ops->tx_min && offset + NM_BUF_ALIGN <= size)
		min = max(min, ops->tx_min(kring, frame, len));
	if (likely(len >= min) || offset + min > size)
		return len;
	memset(frame + len, 0, min - len);
	return min;
}

static __always_inline void nm_nic_tx_slot(struct netmap_kring *kring, u32 nm_i,
					   bool last, const struct nm_nic_ops *ops)
{
	struct netmap_slot __nmshared *shared = nm_kring_slot(kring, nm_i);
	struct netmap_slot slot = nm_slot_read(shared);
	u32 len = slot.len, offset = nm_slot_offset(kring, slot.ptr);
	struct netmap_adapter *na = kring->na;
	struct nm_tx_buf buf = {
		.more = slot.flags & NS_MOREFRAG && na->na_flags & NAF_MOREFRAG,
	};
	void *addr = nm_shared_bytes(nm_buf_dma(na, slot.buf_idx, &buf.paddr));

	NM_CHECK_ADDR_LEN(na, addr, len);
	NM_CHECK_ADDR_LEN_OFF(na, len, offset);
	if (!buf.more && !kring->nkr_to_refill)
		len = nm_nic_tx_pad(kring, addr + offset, len, offset, ops);
	/* the next slot goes on with this frame */
	kring->nkr_to_refill = buf.more;
	if (!buf.more)
		buf.report = nm_nic_tx_report(kring, last || slot.flags & NS_REPORT, ops);
	buf.paddr += offset;
	buf.len = len;
	netmap_sync_map_dev(na, na->pdev, &buf.paddr, len, NR_TX);
	ops->tx_put(kring, netmap_idx_k2n(kring, nm_i), &buf);
	nm_slot_clear(shared, slot, NS_REPORT | NS_BUF_CHANGED | NS_MOREFRAG);
}

/* Frees what the NIC has sent. */
static __always_inline void nm_nic_tx_reclaim(struct netmap_kring *kring,
					      struct nm_tx_watch *watch,
					      const struct nm_nic_ops *ops)
{
	u32 lim = kring->nkr_num_slots - 1, sent = 0, silent = 0;
	u32 nm_i = nm_next(kring->nr_hwtail, lim), done = nm_i;

	while (nm_i != kring->nr_hwcur) {
		enum nm_tx_state state =
			ops->tx_state(kring, netmap_idx_k2n(kring, nm_i));

		if (state == NM_TX_PENDING)
			break;
		nm_i = nm_next(nm_i, lim);
		silent++;
		if (state == NM_TX_DONE) {
			sent += silent;
			silent = 0;
			done = nm_i;
		}
	}
	/* the descriptor is ours before anything in the buffer is */
	dma_rmb();
	WRITE_ONCE(watch->sent, watch->sent + sent);
	kring->nr_hwtail = nm_prev(done, lim);
	if (ops->tx_done)
		ops->tx_done(kring);
}

/* The body of nm_txsync, between whatever keeps resets out. */
static __always_inline void nm_nic_txsync(struct netmap_kring *kring, int flags,
					  struct nm_tx_watch *watch,
					  const struct nm_nic_ops *ops)
{
	u32 lim = kring->nkr_num_slots - 1, head = kring->rhead;
	u32 nm_i = kring->nr_hwcur, next;

	if (nm_i != head) {
		for (; nm_i != head; nm_i = next) {
			next = nm_next(nm_i, lim);
			nm_nic_tx_slot(kring, nm_i, next == head, ops);
		}
		kring->nr_hwcur = head;
		ops->tx_kick(kring);
	}
	/* a program moves cur on if the room is too small for its next frame */
	if (flags & NAF_FORCE_RECLAIM || nm_kr_wouldblock(kring))
		nm_nic_tx_reclaim(kring, watch, ops);
}

/*
 * What the oldest slot that was not reclaimed is waiting for: NM_TX_SILENT if
 * there is none, or none that will tell. Runs beside the sync: what it reads
 * can be a little old.
 */
static __always_inline enum nm_tx_state
nm_nic_tx_oldest(struct netmap_kring *kring, const struct nm_nic_ops *ops)
{
	u32 lim = kring->nkr_num_slots - 1, last = READ_ONCE(kring->nr_hwcur);
	u32 nm_i = nm_next(READ_ONCE(kring->nr_hwtail), lim), n;
	enum nm_tx_state state = NM_TX_SILENT;

	for (n = 0; n < lim && nm_i != last && state == NM_TX_SILENT; n++) {
		state = ops->tx_state(kring, netmap_idx_k2n(kring, nm_i));
		nm_i = nm_next(nm_i, lim);
	}
	return state;
}

/*
 * Called every few seconds with what the oldest frame is waiting for: true if
 * the NIC has had it since the last call, and has sent none meanwhile.
 */
static inline bool nm_nic_tx_stuck(struct nm_tx_watch *watch, enum nm_tx_state oldest)
{
	u32 sent = READ_ONCE(watch->sent);
	bool waits = oldest == NM_TX_PENDING;
	bool stuck = waits && watch->waited && sent == watch->seen;

	watch->seen = sent;
	watch->waited = waits && !stuck;
	return stuck;
}

/*
 * Reception
 */

static __always_inline void nm_nic_rx_give(struct netmap_kring *kring, u32 nm_i,
					   bool own, const struct nm_nic_ops *ops)
{
	struct netmap_slot slot = nm_slot_read(nm_kring_slot(kring, nm_i));
	struct netmap_adapter *na = kring->na;
	u64 paddr;

	nm_buf_dma(na, slot.buf_idx, &paddr);
	paddr += nm_slot_offset(kring, slot.ptr);
	netmap_sync_map_dev(na, na->pdev, &paddr, kring->hwbuf_len, NR_RX);
	ops->rx_give(kring, netmap_idx_k2n(kring, nm_i), paddr, own);
}

/* A slot takes the buffer of another one, and the place of the frame in it. */
static inline void nm_nic_rx_replace(struct netmap_kring *kring,
				     struct netmap_slot __nmshared *slot,
				     struct netmap_slot was, struct netmap_slot now)
{
	u32 offset = nm_slot_offset(kring, now.ptr);

	nm_store(&slot->buf_idx, now.buf_idx);
	nm_store(&slot->flags, was.flags | NS_BUF_CHANGED);
	nm_store(&slot->ptr, nm_slot_ptr(kring, was.ptr, offset));
}

/*
 * Two slots exchange their buffers, with the place of the frames in them. This
 * is seldom: out of the way of what is not.
 */
static noinline __maybe_unused void nm_nic_rx_exchange(struct netmap_kring *kring,
						       u32 a, u32 b)
{
	struct netmap_slot __nmshared *one = nm_kring_slot(kring, a);
	struct netmap_slot __nmshared *other = nm_kring_slot(kring, b);
	struct netmap_slot was_one = nm_slot_read(one), was_other = nm_slot_read(other);

	nm_nic_rx_replace(kring, one, was_one, was_other);
	nm_nic_rx_replace(kring, other, was_other, was_one);
}

/* The buffers of n slots from first on, in the opposite order. */
static noinline __maybe_unused void nm_nic_rx_reverse(struct netmap_kring *kring,
						      u32 first, u32 n)
{
	u32 lim = kring->nkr_num_slots - 1;
	u32 last = (first + n + lim) % kring->nkr_num_slots;

	for (; n > 1; n -= 2) {
		nm_nic_rx_exchange(kring, first, last);
		first = nm_next(first, lim);
		last = nm_prev(last, lim);
	}
}

/*
 * Gives the NIC the buffers of dropped frames again: those of the first bad
 * slots from nm_i on. The NIC goes on with its next descriptor, so the slots
 * up to stop move on by that many descriptors, and the buffers the other way.
 */
static __always_inline void nm_nic_rx_drop(struct netmap_kring *kring, u32 nm_i,
					   u32 stop, u32 bad,
					   const struct nm_nic_ops *ops)
{
	u32 size = kring->nkr_num_slots, n = (stop + size - nm_i) % size;

	/* the order of those that the NIC has stays; that of the bad ones need not */
	nm_nic_rx_reverse(kring, (nm_i + bad) % size, n - bad);
	nm_nic_rx_reverse(kring, nm_i, n);
	kring->nkr_hwofs = (kring->nkr_hwofs + size - bad) % size;
	for (nm_i = (nm_i + n - bad) % size; nm_i != stop; nm_i = nm_next(nm_i, size - 1))
		nm_nic_rx_give(kring, nm_i, true, ops);
}

/* The length of the last part of a frame without FCS, which can begin earlier. */
static __always_inline u32 nm_nic_rx_fcs(struct netmap_kring *kring, u32 nm_i, u32 len)
{
	struct netmap_slot __nmshared *before;

	if (likely(len >= ETH_FCS_LEN))
		return len - ETH_FCS_LEN;
	before = nm_kring_slot(kring, nm_prev(nm_i, kring->nkr_num_slots - 1));
	nm_store(&before->len, nm_load(&before->len) - (ETH_FCS_LEN - len));
	return 0;
}

/*
 * Moves received frames into the slots of the user; a ring's worth at most.
 * True if buffers went back to the NIC, with frames that were dropped: then
 * slots in front of those have taken the buffers of good frames behind.
 */
static __always_inline bool nm_nic_rx_import(struct netmap_kring *kring,
					     const struct nm_nic_ops *ops)
{
	u32 lim = kring->nkr_num_slots - 1, nm_i = kring->nr_hwtail, from;
	u32 stop = nm_prev(kring->nr_hwcur, lim);
	u32 begun = 0; /* slots of an unfinished frame in front of nm_i */
	u32 bad = 0; /* slots with dropped frames, from nm_i up to from */

	for (from = nm_i; from != stop; from = nm_next(from, lim)) {
		struct netmap_slot __nmshared *slot = nm_kring_slot(kring, nm_i);
		u64 paddr;
		u32 got = ops->rx_take(kring, netmap_idx_k2n(kring, from),
				       begun, &paddr);
		u32 len = got & NM_RX_LEN;

		if (got & NM_RX_NONE)
			break;
		if (unlikely(got & NM_RX_BAD)) {
			bad += begun + 1;
			begun = 0;
			nm_i = kring->nr_hwtail;
			continue;
		}
		if (unlikely(bad))
			nm_nic_rx_exchange(kring, nm_i, from);
		if (ops->rx_fcs && !(got & NM_RX_MORE))
			len = nm_nic_rx_fcs(kring, nm_i, len);
		nm_slot_fill(slot, len, (nm_load(&slot->flags) & NS_BUF_CHANGED) |
					(got & NM_RX_MORE ? NS_MOREFRAG : 0));
		netmap_sync_map_cpu(kring->na, kring->na->pdev, &paddr, len, NR_RX);
		nm_i = nm_next(nm_i, lim);
		begun++;
		if (got & NM_RX_MORE)
			continue;
		begun = 0;
		kring->nr_hwtail = nm_i;
	}
	if (unlikely(bad))
		nm_nic_rx_drop(kring, nm_i, stop, bad, ops);
	return bad;
}

/* The body of nm_rxsync; returns what nm_rxsync does. */
static __always_inline int nm_nic_rxsync(struct netmap_kring *kring, int flags,
					 const struct nm_nic_ops *ops)
{
	u32 lim = kring->nkr_num_slots - 1, head = kring->rhead, nm_i;
	bool given = false, bad = false;

	if (head > lim)
		return netmap_ring_reinit(kring);
	if (netmap_no_pendintr || flags & NAF_FORCE_READ ||
	    kring->nr_kflags & NKR_PENDINTR) {
		kring->nr_kflags &= ~NKR_PENDINTR;
		given = nm_nic_rx_import(kring, ops);
	}
	for (nm_i = kring->nr_hwcur; nm_i != head; nm_i = nm_next(nm_i, lim)) {
		struct netmap_slot __nmshared *shared = nm_kring_slot(kring, nm_i);
		struct netmap_slot slot = nm_slot_read(shared);

		bad = nm_buf_is_none(kring->na, slot.buf_idx);
		if (unlikely(bad))
			break;
		nm_slot_clear(shared, slot, NS_BUF_CHANGED);
		/* the free descriptor is the one before hwcur's */
		nm_nic_rx_give(kring, nm_prev(nm_i, lim), true, ops);
		given = true;
	}
	/* what came before a bad slot is with the NIC already */
	kring->nr_hwcur = nm_i;
	if (given && ops->rx_kick)
		ops->rx_kick(kring);
	return bad ? netmap_ring_reinit(kring) : 0;
}

/*
 * Rings
 */

/* A NIC ring starts anew; false if it is the driver's. See netmap_reset(). */
static inline bool nm_nic_tx_reset(struct netmap_adapter *na, u32 q)
{
	if (!netmap_reset(na, NR_TX, q, 0))
		return false;
	na->tx_rings[q]->nkr_to_refill = 0;
	return true;
}

/* The same; all descriptors get the buffers of their slots. */
static __always_inline bool nm_nic_rx_reset(struct netmap_adapter *na, u32 q,
					    const struct nm_nic_ops *ops)
{
	struct netmap_kring *kring;
	u32 i, nic_owned;

	if (!netmap_reset(na, NR_RX, q, 0))
		return false;
	kring = na->rx_rings[q];
	nic_owned = kring->nkr_num_slots - 1 - nm_kr_rxspace(kring);
	for (i = 0; i < kring->nkr_num_slots; i++)
		nm_nic_rx_give(kring, netmap_idx_n2k(kring, i), i < nic_owned,
			       ops);
	return true;
}

/*
 * nm_bufcfg for chips that put a frame in one buffer of at most max bytes, in
 * units of unit bytes, its FCS included.
 */
static inline int nm_nic_bufcfg(struct netmap_kring *kring, u64 target, u32 max,
				u32 unit)
{
	u32 frame = kring->na->ifp->mtu + VLAN_ETH_HLEN + ETH_FCS_LEN;

	kring->hwbuf_len = round_down(min_t(u64, target, max), unit);
	kring->buf_align = 0;
	if (kring->tx == NR_RX && kring->hwbuf_len < frame) {
		nm_prerr("%s: frames of %u bytes do not fit in buffers of %llu",
			 kring->name, frame, kring->hwbuf_len);
		return -EINVAL;
	}
	return 0;
}

#endif /* _NETMAP_NIC_H_ */
