// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Monitors: ports that see what another port sends and receives. A monitor
 * has a tap on each selected ring of its parent; the sync callback of a
 * tapped ring is replaced by nm_monitor_sync(). A copy monitor copies packets
 * as they pass. A zero-copy monitor takes the buffers of finished packets and
 * leaves its own; several of them form a chain, each takes what the previous
 * one releases.
 *
 * Taps come and go while the rings of the parent, and of all its monitors,
 * are stopped. The taps of a ring are looked at while it is locked. RX rings
 * of monitors are filled under their q_lock.
 */
#include <linux/slab.h>

#include "nm.h"

#define NM_MONITOR_SLOTS_MAX 4096
#define NM_MONITOR_FLAGS (NR_MONITOR_TX | NR_MONITOR_RX | NR_ZCOPY_MON)

struct nm_tap {
	struct hlist_node node; /* mon_copy or mon_zcopy of the tapped ring */
	struct netmap_kring *tapped;
	struct netmap_kring *mkring; /* RX ring of the monitor */
};

struct nm_monitor {
	struct netmap_adapter up;
	struct netmap_adapter *parent; /* with a reference */
	struct hlist_node node; /* parent->na_monitors */
	u64 flags; /* NR_MONITOR_*, NR_ZCOPY_MON */
	struct netmap_priv_d rings; /* only the selection of parent's rings */
	bool attached; /* the parent is in netmap mode ever since */
	u32 num_taps;
	struct nm_tap *taps;
};

static struct nm_monitor *nm_monitor_of(struct netmap_adapter *na)
{
	return container_of(na, struct nm_monitor, up);
}

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

	if (READ_ONCE(m->nr_mode) != NKR_NETMAP_ON || !m->ring)
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

static void nm_tap_copy_slot(struct nm_tap *tap, struct netmap_slot *slot,
			     struct netmap_slot *mslot)
{
	struct netmap_kring *m = tap->mkring, *k = tap->tapped;
	u32 len = READ_ONCE(slot->len);
	u32 offset = nm_get_offset(k, slot), moffset = nm_get_offset(m, mslot);

	len = min(len, NETMAP_BUF_SIZE(k->na) - offset);
	if (len > NETMAP_BUF_SIZE(m->na) - moffset) {
		nm_prlim(2, "%s: cut a packet of %u bytes", m->name, len);
		len = NETMAP_BUF_SIZE(m->na) - moffset;
	}
	memcpy(NMB(m->na, mslot) + moffset, NMB(k->na, slot) + offset, len);
	mslot->len = len;
	mslot->flags = nm_tap_flags(k, READ_ONCE(slot->flags));
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
			nm_tap_copy_slot(tap, &k->ring->slot[first],
					 &m->ring->slot[tail]);
			tail = nm_next(tail, m->nkr_num_slots - 1);
		}
		/* the slots before the position that announces them */
		smp_store_release(&m->nr_hwtail, tail);
	}
	spin_unlock_irqrestore(&m->q_lock, flags);
	m->nm_notify(m, 0);
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
			struct netmap_slot *slot = &from->ring->slot[first];
			struct netmap_slot *mslot = &m->ring->slot[tail];

			swap(slot->buf_idx, mslot->buf_idx);
			mslot->len = slot->len;
			mslot->flags = nm_tap_flags(tap->tapped, slot->flags &
						    ~NS_BUF_CHANGED);
			slot->flags |= NS_BUF_CHANGED;
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
	if (kring->tx == NR_RX && kring->ring && !nm_kring_tryget(kring, false)) {
		if (kring->nm_sync == nm_monitor_sync)
			nm_monitor_sync_rx(kring, NAF_FORCE_READ);
		nm_kring_put(kring);
	}
	return kring->mon_notify(kring, flags);
}

/*
 * Rings of the monitor
 */

static int nm_monitor_txsync(struct netmap_kring *kring, int flags)
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
		struct nm_tap *tap = nm_tap_behind(mon, kring,
						   kring->ring->slot[i].flags);

		if (tap)
			nm_tap_swap(tap, kring, i, nm_next(i, lim));
	}
}

static int nm_monitor_rxsync(struct netmap_kring *kring, int flags)
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

static int nm_monitor_krings_create(struct netmap_adapter *na)
{
	int error = netmap_krings_create(na, 0);
	u32 i;

	if (error)
		return error;
	/* host rings too are filled by taps */
	for (i = 0; i < netmap_all_rings(na, NR_TX); i++)
		na->tx_rings[i]->nm_sync = nm_monitor_txsync;
	for (i = 0; i < netmap_all_rings(na, NR_RX); i++)
		na->rx_rings[i]->nm_sync = nm_monitor_rxsync;
	return 0;
}

/*
 * Taps
 */

static void nm_tap_add(struct nm_tap *tap, bool zcopy)
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
	/* whoever sees the new one sees where it leads */
	smp_store_release(&kring->nm_notify, nm_monitor_notify);
}

static void nm_tap_del(struct nm_tap *tap)
{
	struct netmap_kring *kring = tap->tapped;

	hlist_del(&tap->node);
	if (!hlist_empty(&kring->mon_copy) || !hlist_empty(&kring->mon_zcopy))
		return;
	/* a notification under way still finds mon_notify */
	kring->nm_notify = kring->mon_notify;
	kring->nm_sync = kring->mon_sync;
}

/* The parent and its monitors pause while chains change, but for self. */
static void nm_monitor_pause(struct netmap_adapter *parent, struct nm_monitor *self,
			     bool pause)
{
	struct nm_monitor *mon;

	hlist_for_each_entry(mon, &parent->na_monitors, node) {
		if (mon == self)
			continue;
		if (pause)
			nm_krings_stop(&mon->up, NM_STOP_MONITOR);
		else
			nm_krings_start(&mon->up, NM_STOP_MONITOR);
	}
	if (pause)
		nm_krings_stop(parent, NM_STOP_MONITOR);
	else
		nm_krings_start(parent, NM_STOP_MONITOR);
}

static void nm_monitor_tap_rings(struct nm_monitor *mon, enum txrx t)
{
	struct netmap_adapter *parent = mon->parent;
	u32 i, nics = nma_get_nrings(parent, t);

	for (i = mon->rings.np_qfirst[t]; i < mon->rings.np_qlast[t]; i++) {
		struct nm_tap *tap = &mon->taps[mon->num_taps++];

		tap->tapped = NMR(parent, t)[i];
		/* host rings come after the monitor's own number of rings */
		tap->mkring = mon->up.rx_rings[i < nics ? i :
			      i - nics + mon->up.num_rx_rings];
		nm_tap_add(tap, mon->flags & NR_ZCOPY_MON);
	}
}

static int nm_monitor_attach(struct nm_monitor *mon)
{
	struct netmap_adapter *parent = mon->parent;

	if (!nm_netmap_on(parent) || !parent->tx_rings)
		return -ENXIO;
	mon->taps = kcalloc(netmap_all_rings(parent, NR_TX) +
			    netmap_all_rings(parent, NR_RX), sizeof(*mon->taps),
			    GFP_KERNEL);
	if (!mon->taps)
		return -ENOMEM;
	nm_monitor_pause(parent, mon, true);
	if (mon->flags & NR_MONITOR_TX)
		nm_monitor_tap_rings(mon, NR_TX);
	if (mon->flags & NR_MONITOR_RX)
		nm_monitor_tap_rings(mon, NR_RX);
	WRITE_ONCE(mon->attached, true);
	nm_monitor_pause(parent, mon, false);
	return 0;
}

/* The caller has stopped the rings of the parent and its monitors. */
static void nm_monitor_detach(struct nm_monitor *mon)
{
	WRITE_ONCE(mon->attached, false);
	while (mon->num_taps)
		nm_tap_del(&mon->taps[--mon->num_taps]);
	kfree(mon->taps);
	mon->taps = NULL;
}

static int nm_monitor_register(struct netmap_adapter *na, int onoff)
{
	struct nm_monitor *mon = nm_monitor_of(na);
	int error;

	if (onoff) {
		error = na->active_fds ? 0 : nm_monitor_attach(mon);
		if (error)
			return error;
		netmap_krings_mode_commit(na, 1);
		na->na_flags |= NAF_NETMAP_ON;
		return 0;
	}
	if (!na->active_fds && mon->attached) {
		nm_monitor_pause(mon->parent, mon, true);
		nm_monitor_detach(mon);
		nm_monitor_pause(mon->parent, mon, false);
	}
	if (!na->active_fds)
		na->na_flags &= ~NAF_NETMAP_ON;
	netmap_krings_mode_commit(na, 0);
	return 0;
}

/**
 * nm_monitors_detach() - a port leaves netmap mode: its monitors see no more
 * @na: the port, with kernel rings
 *
 * Context: nm_global_lock held.
 */
void nm_monitors_detach(struct netmap_adapter *na)
{
	struct nm_monitor *mon;

	na->monitor_id = 0;
	if (hlist_empty(&na->na_monitors))
		return;
	nm_monitor_pause(na, NULL, true);
	hlist_for_each_entry(mon, &na->na_monitors, node)
		if (mon->attached)
			nm_monitor_detach(mon);
	/* wakes those who wait for packets: they get an error */
	nm_monitor_pause(na, NULL, false);
}

static void nm_monitor_dtor(struct netmap_adapter *na)
{
	struct nm_monitor *mon = nm_monitor_of(na);

	hlist_del(&mon->node);
	netmap_adapter_put(mon->parent);
}

/*
 * Creation
 */

static struct netmap_mem_d *nm_monitor_mem(const struct nm_monitor *mon)
{
	const struct netmap_adapter *na = &mon->up;

	if (mon->flags & NR_ZCOPY_MON)
		return netmap_mem_get(mon->parent->nm_mem);
	return nm_mem_private_new(&(struct nm_mem_need){
		.tx_rings = na->num_tx_rings + na->num_host_tx_rings,
		.rx_rings = na->num_rx_rings + na->num_host_rx_rings,
		.tx_slots = na->num_tx_desc, .rx_slots = na->num_rx_desc });
}

static void nm_monitor_describe(struct nm_monitor *mon,
				const struct nmreq_register *reg)
{
	struct netmap_adapter *na = &mon->up, *parent = mon->parent;
	bool zcopy = mon->flags & NR_ZCOPY_MON;

	snprintf(na->name, sizeof(na->name), "%.50s/%s%s%s#%u", parent->name,
		 zcopy ? "z" : "", mon->flags & NR_MONITOR_RX ? "r" : "",
		 mon->flags & NR_MONITOR_TX ? "t" : "", parent->monitor_id++);
	na->na_flags = NAF_MEM_OWNER | (zcopy ? 0 : NAF_OFFSETS) |
		       (parent->na_flags & NAF_HOST_RINGS);
	na->num_tx_rings = 1;
	na->num_rx_rings = max(parent->num_tx_rings, parent->num_rx_rings);
	if (na->na_flags & NAF_HOST_RINGS) {
		na->num_host_tx_rings = parent->num_host_tx_rings;
		na->num_host_rx_rings = max(parent->num_host_tx_rings,
					    parent->num_host_rx_rings);
	}
	na->num_tx_desc = clamp(reg->nr_tx_slots ?: parent->num_tx_desc, 1U,
				NM_MONITOR_SLOTS_MAX);
	na->num_rx_desc = clamp(reg->nr_rx_slots ?: parent->num_rx_desc, 1U,
				NM_MONITOR_SLOTS_MAX);
	na->nm_register = nm_monitor_register;
	na->nm_txsync = nm_monitor_txsync;
	na->nm_rxsync = nm_monitor_rxsync;
	na->nm_krings_create = nm_monitor_krings_create;
	na->nm_krings_delete = netmap_krings_delete;
	na->nm_dtor = nm_monitor_dtor;
}

/* Takes over the reference on the parent, if it succeeds. */
static int nm_monitor_new(struct nm_lookup *lookup, struct netmap_adapter *parent,
			  struct netmap_adapter **pna)
{
	struct nmreq_register *reg = lookup->reg;
	struct netmap_mem_d *mem;
	struct nm_monitor *mon = kzalloc(sizeof(*mon), GFP_KERNEL);
	int error;

	if (!mon)
		return -ENOMEM;
	/* exchanged buffers cannot be told apart by direction */
	if (reg->nr_flags & NR_ZCOPY_MON)
		reg->nr_flags |= NR_MONITOR_TX | NR_MONITOR_RX;
	mon->flags = reg->nr_flags & NM_MONITOR_FLAGS;
	mon->parent = parent;
	error = nm_rings_select(&mon->rings, parent, reg);
	if (error)
		goto fail;
	nm_monitor_describe(mon, reg);
	mem = nm_monitor_mem(mon);
	if (IS_ERR(mem)) {
		error = PTR_ERR(mem);
		goto fail;
	}
	nm_adapter_init(&mon->up, mem);
	netmap_mem_put(mem);
	hlist_add_head(&mon->node, &parent->na_monitors);
	*pna = &mon->up;
	return 0;
fail:
	kfree(mon);
	return error;
}

/**
 * nm_monitor_get() - a new monitor, if the request asks for one
 * @lookup: NR_MONITOR_TX, NR_MONITOR_RX, NR_ZCOPY_MON; the name and the rings
 *	are those of the port to watch
 * @pna: set on success
 *
 * Context: nm_global_lock held.
 *
 * Return: 0; errors of the other port; -EINVAL if it is not in netmap mode or
 * has no such rings; -EBUSY if it is attached to a switch; -ENOMEM
 */
int nm_monitor_get(struct nm_lookup *lookup, struct netmap_adapter **pna)
{
	struct nmreq_register reg = *lookup->reg;
	struct nm_lookup watched = *lookup;
	struct netmap_adapter *parent;
	int error;

	if (!(reg.nr_flags & NM_MONITOR_FLAGS))
		return 0;
	reg.nr_flags &= ~(u64)NM_MONITOR_FLAGS;
	watched.reg = &reg;
	error = nm_port_get(&watched, &parent);
	if (error)
		return error;
	if (parent->na_flags & NAF_BUSY)
		error = -EBUSY;
	else if (!nm_netmap_on(parent))
		error = -EINVAL;
	else
		error = nm_monitor_new(lookup, parent, pna);
	if (error)
		netmap_adapter_put(parent);
	return error;
}
