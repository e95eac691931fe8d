// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Taps of monitors: how packets get from the rings of a port to those of its
 * monitors. The sync callback of a tapped ring is replaced by
 * nm_monitor_sync(). A copy monitor copies packets as they pass. A zero-copy
 * monitor takes the buffers of finished packets and leaves its own; several
 * of them form a chain, each takes what the previous one releases.
 *
 * The taps of a ring are looked at while it is locked. RX rings of monitors
 * are filled under their q_lock.
 */
#include "monitor.h"

static u32 nm_span(struct netmap_kring *kring, u32 first, u32 last)
{
	return last >= first ? last - first : last + kring->nkr_num_slots - first;
}

/*
 * Packets
 */

/* Slots of the monitor that may be filled; the oldest of a batch are skipped. */
static bool nm_tap_begin(struct nm_tap *tap, struct netmap_kring *from,
			 u32 *first, u32 last)
{
	struct netmap_kring *m = tap->mkring;
	u32 room, count = nm_span(from, *first, last);

	if (READ_ONCE(m->nr_mode) != NKR_NETMAP_ON || !nm_kring_shared(m))
		return false;
	room = m->nkr_num_slots - 1 - nm_span(m, m->nr_hwcur, m->nr_hwtail);
	if (count > room) {
		*first += count - room;
		if (*first >= from->nkr_num_slots)
			*first -= from->nkr_num_slots;
	}
	return *first != last;
}

static u16 nm_tap_flags(struct netmap_kring *tapped, u16 flags)
{
	return (flags & ~NS_TXMON) | (tapped->tx == NR_TX ? NS_TXMON : 0);
}

static void nm_tap_copy_slot(struct nm_tap *tap, struct netmap_slot slot,
			     struct netmap_slot __nmshared *mslot)
{
	struct netmap_kring *m = tap->mkring, *k = tap->tapped;
	struct nm_room from = nm_slot_room(k, slot);
	struct nm_room to = nm_slot_room(m, nm_slot_read(mslot));
	u32 len = min_t(u32, slot.len, from.size);

	if (len > to.size) {
		nm_prlim(2, "%s: cut a packet of %u bytes", m->name, len);
		len = to.size;
	}
	nm_shared_copy(to.at, from.at, len);
	nm_slot_fill(mslot, len, nm_tap_flags(k, slot.flags));
}

static void nm_tap_copy(struct nm_tap *tap, u32 first, u32 last)
{
	struct netmap_kring *m = tap->mkring, *k = tap->tapped;
	unsigned long flags;
	u32 tail;

	spin_lock_irqsave(&m->q_lock, flags);
	if (nm_tap_begin(tap, k, &first, last)) {
		tail = m->nr_hwtail;
		for (; first != last; first = nm_next(first, k->nkr_num_slots - 1)) {
			nm_tap_copy_slot(tap, nm_slot_read(nm_kring_slot(k, first)),
					 nm_kring_slot(m, tail));
			tail = nm_next(tail, m->nkr_num_slots - 1);
		}
		/* the slots before the position that announces them */
		smp_store_release(&m->nr_hwtail, tail);
	}
	spin_unlock_irqrestore(&m->q_lock, flags);
	m->nm_notify(m, 0);
}

/* The monitor takes the buffer of the slot, and leaves its own. */
static void nm_tap_swap_slot(struct nm_tap *tap, struct netmap_slot __nmshared *shared,
			     struct netmap_slot __nmshared *mshared)
{
	struct netmap_slot slot = nm_slot_read(shared);

	nm_store(&shared->buf_idx, nm_load(&mshared->buf_idx));
	nm_store(&shared->flags, slot.flags | NS_BUF_CHANGED);
	nm_store(&mshared->buf_idx, slot.buf_idx);
	nm_slot_fill(mshared, slot.len,
		     nm_tap_flags(tap->tapped, slot.flags & ~NS_BUF_CHANGED));
}

/* from: the tapped ring, or that of the previous monitor of the chain. */
static void nm_tap_swap(struct nm_tap *tap, struct netmap_kring *from, u32 first,
			u32 last)
{
	struct netmap_kring *m = tap->mkring;
	unsigned long flags;
	u32 tail;

	spin_lock_irqsave(&m->q_lock, flags);
	if (nm_tap_begin(tap, from, &first, last)) {
		tail = m->nr_hwtail;
		for (; first != last; first = nm_next(first, from->nkr_num_slots - 1)) {
			nm_tap_swap_slot(tap, nm_kring_slot(from, first),
					 nm_kring_slot(m, tail));
			tail = nm_next(tail, m->nkr_num_slots - 1);
		}
		/* the slots before the position that announces them */
		smp_store_release(&m->nr_hwtail, tail);
	}
	spin_unlock_irqrestore(&m->q_lock, flags);
	m->nm_notify(m, 0);
}

static void nm_taps_copy(struct netmap_kring *kring, u32 last)
{
	struct nm_tap *tap;

	if (kring->mon_tail == last)
		return;
	hlist_for_each_entry(tap, &kring->mon_copy, node)
		nm_tap_copy(tap, kring->mon_tail, last);
	kring->mon_tail = last;
}

static void nm_taps_swap(struct netmap_kring *kring, u32 first, u32 last)
{
	if (first != last && !hlist_empty(&kring->mon_zcopy))
		nm_tap_swap(hlist_entry(kring->mon_zcopy.first, struct nm_tap, node),
			    kring, first, last);
}

/* TX: copies before the packets go, takes buffers of those that are sent. */
static int nm_monitor_sync_tx(struct netmap_kring *kring, int flags)
{
	u32 lim = kring->nkr_num_slots - 1, sent = nm_next(kring->nr_hwtail, lim);
	int error;

	nm_taps_copy(kring, kring->rhead);
	error = kring->mon_sync(kring, flags);
	nm_taps_swap(kring, sent, nm_next(kring->nr_hwtail, lim));
	return error;
}

/* RX: takes buffers that the user gives back, copies what is new. */
static int nm_monitor_sync_rx(struct netmap_kring *kring, int flags)
{
	int error;

	nm_taps_swap(kring, kring->nr_hwcur, kring->rhead);
	error = kring->mon_sync(kring, flags);
	nm_taps_copy(kring, READ_ONCE(kring->nr_hwtail));
	return error;
}

static int nm_monitor_sync(struct netmap_kring *kring, int flags)
{
	return kring->tx == NR_TX ? nm_monitor_sync_tx(kring, flags) :
				    nm_monitor_sync_rx(kring, flags);
}

/* Packets came: they are copied although the owner of the port may sleep. */
static int nm_monitor_notify(struct netmap_kring *kring, int flags)
{
	if (kring->tx == NR_RX && nm_kring_shared(kring) &&
	    !nm_kring_tryget(kring, false)) {
		if (kring->nm_sync == nm_monitor_sync)
			nm_monitor_sync_rx(kring, NAF_FORCE_READ);
		nm_kring_put(kring);
	}
	return kring->mon_notify(kring, flags);
}

/*
 * Rings of the monitor
 */

int nm_monitor_txsync(struct netmap_kring *kring, int flags)
{
	return -EIO;
}

/* Of a chain: the tap behind the one that filled the slot. */
static struct nm_tap *nm_tap_behind(struct nm_monitor *mon,
				    struct netmap_kring *kring, u16 flags)
{
	enum txrx t = flags & NS_TXMON ? NR_TX : NR_RX;
	struct nm_tap *tap;
	u32 i;

	for (i = 0; i < mon->num_taps; i++) {
		tap = &mon->taps[i];
		if (tap->mkring == kring && tap->tapped->tx == t)
			return hlist_entry_safe(tap->node.next, struct nm_tap, node);
	}
	return NULL;
}

static void nm_monitor_pass_on(struct nm_monitor *mon, struct netmap_kring *kring)
{
	u32 lim = kring->nkr_num_slots - 1, i;

	for (i = kring->nr_hwcur; i != kring->rhead; i = nm_next(i, lim)) {
		u16 slot_flags = nm_load(&nm_kring_slot(kring, i)->flags);
		struct nm_tap *tap = nm_tap_behind(mon, kring, slot_flags);

		if (tap)
			nm_tap_swap(tap, kring, i, nm_next(i, lim));
	}
}

int nm_monitor_rxsync(struct netmap_kring *kring, int flags)
{
	struct nm_monitor *mon = nm_monitor_of(kring->na);
	unsigned long irqflags;

	if (!READ_ONCE(mon->attached))
		return -EIO;
	if (mon->flags & NR_ZCOPY_MON)
		nm_monitor_pass_on(mon, kring);
	spin_lock_irqsave(&kring->q_lock, irqflags);
	kring->nr_hwcur = kring->rhead;
	spin_unlock_irqrestore(&kring->q_lock, irqflags);
	return 0;
}

/*
 * Coming and going, while the tapped ring is stopped
 */

void nm_tap_add(struct nm_tap *tap, bool zcopy)
{
	struct netmap_kring *kring = tap->tapped;
	struct hlist_head *head = zcopy ? &kring->mon_zcopy : &kring->mon_copy;
	struct hlist_node *last = head->first;

	if (hlist_empty(&kring->mon_copy))
		kring->mon_tail = kring->tx == NR_TX ? kring->rhead :
						       kring->nr_hwtail;
	while (last && last->next)
		last = last->next;
	if (last)
		hlist_add_behind(&tap->node, last);
	else
		hlist_add_head(&tap->node, head);
	if (kring->nm_sync == nm_monitor_sync)
		return;
	kring->mon_sync = kring->nm_sync;
	kring->mon_notify = kring->nm_notify;
	kring->nm_sync = nm_monitor_sync;
	/* a thread that calls the new one sees mon_notify */
	smp_store_release(&kring->nm_notify, nm_monitor_notify);
}

void nm_tap_del(struct nm_tap *tap)
{
	struct netmap_kring *kring = tap->tapped;

	hlist_del(&tap->node);
	if (!hlist_empty(&kring->mon_copy) || !hlist_empty(&kring->mon_zcopy))
		return;
	/* a notification under way still finds mon_notify */
	kring->nm_notify = kring->mon_notify;
	kring->nm_sync = kring->mon_sync;
}
