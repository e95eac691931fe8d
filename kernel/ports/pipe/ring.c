// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Connected rings: TX i of one adapter feeds RX i of the other. Slots travel,
 * packets are never copied. Pipes use it (pipe.c), and drivers whose
 * interfaces come in pairs: they pass the adapters of two interfaces.
 *
 * Buffers belong to the RX side between its nr_hwcur and the nr_hwcur of the
 * TX side, elsewhere to the TX side.
 */
#include <linux/export.h>

#include "core/core.h"

/*
 * Packets
 */

/* Copies slots [first, last). The buffers of the origin count as unchanged. */
static void nm_pipe_copy(struct netmap_slot __nmshared *to,
			 struct netmap_slot __nmshared *from, u32 first, u32 last)
{
	u64 word;
	u32 i;

	for (i = first; i < last; i++) {
		word = nm_slot_copy(&to[i], &from[i]);
		if (unlikely(word & NM_SLOT_FLAG(NS_BUF_CHANGED)))
			nm_store(&from[i].flags,
				 nm_slot_word_flags(word) & ~NS_BUF_CHANGED);
	}
}

/* The same where offsets are in use: those of the receiver only grow. */
static void nm_pipe_copy_offset(struct netmap_kring *to,
				struct netmap_slot __nmshared *from, u32 first,
				u32 last)
{
	u32 i;

	for (i = first; i < last; i++) {
		struct netmap_slot __nmshared *slot = nm_kring_slot(to, i);
		struct netmap_slot now = nm_slot_read(&from[i]);
		u32 offset = nm_slot_offset(to, nm_load(&slot->ptr));

		if (nm_slot_offset(to, now.ptr) < offset)
			now.ptr = nm_slot_ptr(to, now.ptr, offset);
		nm_slot_write(slot, now);
		nm_slot_clear(&from[i], now, NS_BUF_CHANGED);
	}
}

static void nm_pipe_move(struct netmap_kring *to, struct netmap_kring *from,
			 u32 first, u32 last)
{
	if (unlikely(to->offset_mask && to->tx == NR_RX))
		nm_pipe_copy_offset(to, nm_kring_slots(from), first, last);
	else
		nm_pipe_copy(nm_kring_slots(to), nm_kring_slots(from), first, last);
}

/* Circular [first, last) */
static void nm_pipe_move_all(struct netmap_kring *to, struct netmap_kring *from,
			     u32 first, u32 last)
{
	if (last < first) {
		nm_pipe_move(to, from, first, from->nkr_num_slots);
		first = 0;
	}
	nm_pipe_move(to, from, first, last);
}

/* The end of the last whole packet before head. */
static u32 nm_pipe_whole(struct netmap_kring *kring, u32 published, u32 head)
{
	struct netmap_slot __nmshared *slots = nm_kring_slots(kring);
	u32 lim = kring->nkr_num_slots - 1, last;

	while (head != published) {
		last = nm_prev(head, lim);
		if (likely(!(nm_load(&slots[last].flags) & NS_MOREFRAG)))
			break;
		head = last;
	}
	return head;
}

/**
 * netmap_pipe_txsync() - sync callback of the TX rings of a pipe end
 * @txkring: the ring, locked; txkring->pipe is the RX ring that it feeds
 * @flags: NAF_*
 *
 * Slots the peer released become free; new slots go to the peer, which sees
 * whole packets only. Context: any.
 *
 * Return: 0
 */
int netmap_pipe_txsync(struct netmap_kring *txkring, int flags)
{
	struct netmap_kring *rxkring = txkring->pipe;
	u32 published, whole;

	/* pairs with the release of the slots by the peer */
	txkring->nr_hwtail = smp_load_acquire(&txkring->pipe_tail);
	if (txkring->nr_hwcur == txkring->rhead)
		return 0;
	nm_pipe_move_all(rxkring, txkring, txkring->nr_hwcur, txkring->rhead);
	txkring->nr_hwcur = txkring->rhead;
	/* only this ring writes it, and one thread at a time */
	published = rxkring->pipe_tail;
	whole = nm_pipe_whole(txkring, published, txkring->rhead);
	if (whole != published) {
		/* the slots before the position that announces them */
		smp_store_release(&rxkring->pipe_tail, whole);
		rxkring->nm_notify(rxkring, 0);
	}
	return 0;
}
EXPORT_SYMBOL(netmap_pipe_txsync);

/**
 * netmap_pipe_rxsync() - sync callback of the RX rings of a pipe end
 * @rxkring: the ring, locked; rxkring->pipe is the TX ring that feeds it
 * @flags: NAF_*
 *
 * What the peer sent appears; released slots go back to the peer with the
 * buffers that are in them now. Context: any.
 *
 * Return: 0
 */
int netmap_pipe_rxsync(struct netmap_kring *rxkring, int flags)
{
	struct netmap_kring *txkring = rxkring->pipe;
	u32 lim = rxkring->nkr_num_slots - 1;

	/* pairs with the publication by the peer */
	rxkring->nr_hwtail = smp_load_acquire(&rxkring->pipe_tail);
	if (rxkring->nr_hwcur == rxkring->rhead)
		return 0;
	nm_pipe_move_all(txkring, rxkring, rxkring->nr_hwcur, rxkring->rhead);
	rxkring->nr_hwcur = rxkring->rhead;
	/* likewise: the peer may fill them from now on */
	smp_store_release(&txkring->pipe_tail, nm_prev(rxkring->rhead, lim));
	txkring->nm_notify(txkring, 0);
	return 0;
}
EXPORT_SYMBOL(netmap_pipe_rxsync);

/*
 * Creation and deletion, of both sides at once
 */

#define nm_pipe_for_each(_na, _t, _i, _kring)				\
	for_rx_tx(_t)							\
		for ((_i) = 0; (_i) < nma_get_nrings(_na, _t) &&	\
		     ((_kring) = NMR(_na, _t)[_i]); (_i)++)

/**
 * netmap_pipe_krings_create_both() - kernel rings of two connected adapters
 * @na: adapter about to be used first
 * @ona: the other one, with the same region and mirrored counts
 *
 * Context: process, nm_global_lock held.
 *
 * Return: 0 or -ENOMEM, and then neither has rings
 */
int netmap_pipe_krings_create_both(struct netmap_adapter *na,
				   struct netmap_adapter *ona)
{
	struct netmap_kring *kring, *peer;
	enum txrx t;
	int error;
	u32 i;

	if (na->num_tx_rings != ona->num_rx_rings ||
	    na->num_rx_rings != ona->num_tx_rings ||
	    na->num_tx_desc != ona->num_rx_desc ||
	    na->num_rx_desc != ona->num_tx_desc)
		return -EINVAL;
	error = netmap_krings_create(na, 0);
	if (error)
		return error;
	error = netmap_krings_create(ona, 0);
	if (error) {
		netmap_krings_delete(na);
		return error;
	}
	nm_pipe_for_each(na, t, i, kring) {
		peer = NMR(ona, nm_txrx_swap(t))[i];
		kring->pipe = peer;
		peer->pipe = kring;
		kring->pipe_tail = kring->nr_hwtail;
		kring->nr_watch = &kring->pipe_tail;
		peer->pipe_tail = peer->nr_hwtail;
		peer->nr_watch = &peer->pipe_tail;
	}
	return 0;
}
EXPORT_SYMBOL(netmap_pipe_krings_create_both);

/* Leaves each buffer in one slot of the pair: that of its owner. */
static void nm_pipe_disown(struct netmap_kring *tx, struct netmap_kring *rx)
{
	u32 lim = tx->nkr_num_slots - 1, i;
	struct netmap_kring *loser;

	for (i = 0; i <= lim; i++) {
		u32 ahead = i - rx->nr_hwcur, sent = tx->nr_hwcur - rx->nr_hwcur;

		if (i < rx->nr_hwcur)
			ahead += lim + 1;
		if (tx->nr_hwcur < rx->nr_hwcur)
			sent += lim + 1;
		loser = ahead < sent ? tx : rx;
		nm_store(&nm_kring_slot(loser, i)->buf_idx, 0);
	}
}

/**
 * netmap_pipe_krings_delete_both() - undo netmap_pipe_krings_create_both()
 * @na: an adapter that nobody uses any more
 * @ona: the other one, likewise
 *
 * Frees the shared rings and their buffers too. Context: process,
 * nm_global_lock held.
 */
void netmap_pipe_krings_delete_both(struct netmap_adapter *na,
				    struct netmap_adapter *ona)
{
	struct netmap_kring *kring, *peer;
	enum txrx t;
	u32 i;

	if (!na->tx_rings)
		return;
	nm_pipe_for_each(na, t, i, kring) {
		peer = kring->pipe;
		if (nm_kring_shared(kring) && nm_kring_shared(peer))
			nm_pipe_disown(t == NR_TX ? kring : peer,
				       t == NR_TX ? peer : kring);
		kring->nr_kflags &= ~(NKR_NEEDRING | NKR_FAKERING);
		peer->nr_kflags &= ~(NKR_NEEDRING | NKR_FAKERING);
	}
	netmap_mem_rings_delete(na);
	netmap_mem_rings_delete(ona);
	netmap_krings_delete(na);
	netmap_krings_delete(ona);
}
EXPORT_SYMBOL(netmap_pipe_krings_delete_both);

/**
 * netmap_pair_krings_create() - rings of two interfaces that are one cable
 * @na: adapter whose driver's nm_krings_create this is
 * @peer: adapter of the other end; gets the counts of @na, mirrored
 *
 * The adapters have a reference on each other until
 * netmap_pair_krings_delete(), which has to be their nm_krings_delete.
 * Context: process, nm_global_lock held.
 *
 * Return: 0, -EINVAL if their regions differ, or -ENOMEM
 */
int netmap_pair_krings_create(struct netmap_adapter *na,
			      struct netmap_adapter *peer)
{
	enum txrx t;
	int error;

	if (na->tx_rings)
		return 0;
	if (na->nm_mem != peer->nm_mem)
		return -EINVAL;
	for_rx_tx(t) {
		nma_set_nrings(peer, nm_txrx_swap(t), nma_get_nrings(na, t));
		nma_set_ndesc(peer, nm_txrx_swap(t), nma_get_ndesc(na, t));
	}
	error = netmap_pipe_krings_create_both(na, peer);
	if (error)
		return error;
	netmap_adapter_get(na);
	netmap_adapter_get(peer);
	na->na_pair = peer;
	peer->na_pair = na;
	return 0;
}
EXPORT_SYMBOL(netmap_pair_krings_create);

/**
 * netmap_pair_krings_delete() - undo netmap_pair_krings_create()
 * @na: adapter that nobody uses any more
 *
 * Nothing happens while the other end is in use. Also after both interfaces
 * are gone, with their driver. Context: process, nm_global_lock held.
 */
void netmap_pair_krings_delete(struct netmap_adapter *na)
{
	struct netmap_adapter *peer = na->na_pair;

	if (!peer || peer->active_fds)
		return;
	netmap_pipe_krings_delete_both(na, peer);
	/* counts that were asked for last as long as the rings */
	peer->num_host_tx_rings = 1;
	peer->num_host_rx_rings = 1;
	na->na_pair = NULL;
	peer->na_pair = NULL;
	netmap_adapter_put(peer);
	netmap_adapter_put(na);
}
EXPORT_SYMBOL(netmap_pair_krings_delete);

/* The ring of the peer starts with the buffers of this one. */
static void nm_pipe_share(struct netmap_kring *kring, struct netmap_kring *peer)
{
	size_t size = array_size(kring->nkr_num_slots, sizeof(struct netmap_slot));

	nm_shared_copy(nm_kring_slots(peer), nm_kring_slots(kring), size);
	peer->offset_mask = kring->offset_mask;
	peer->offset_max = kring->offset_max;
	peer->offset_gap = kring->offset_gap;
	nm_kring_show_offsets(peer, kring->offset_mask);
	nm_kring_show_align(peer, kring->buf_align);
	/* from now on both stay until both ends are closed */
	kring->nr_kflags |= NKR_NEEDRING;
	peer->nr_kflags &= ~NKR_FAKERING;
}

/**
 * netmap_pipe_reg_both() - rings of an adapter enter netmap mode
 * @na: adapter with rings that wait to be ON
 * @ona: its peer, which gets the rings that it lacks
 *
 * Context: register callback of @na.
 *
 * Return: 0 or -ENOMEM
 */
int netmap_pipe_reg_both(struct netmap_adapter *na, struct netmap_adapter *ona)
{
	struct netmap_kring *kring;
	enum txrx t;
	int error;
	u32 i;

	nm_pipe_for_each(na, t, i, kring)
		/* fake while it is made: it gets the buffers of this side */
		if (nm_kring_pending_on(kring) && !nm_kring_shared(kring->pipe))
			kring->pipe->nr_kflags |= NKR_NEEDRING | NKR_FAKERING;
	error = netmap_mem_rings_create(ona);
	nm_pipe_for_each(na, t, i, kring) {
		if (!(kring->pipe->nr_kflags & NKR_FAKERING))
			continue;
		if (!error)
			nm_pipe_share(kring, kring->pipe);
		else
			kring->pipe->nr_kflags &= ~(NKR_NEEDRING | NKR_FAKERING);
	}
	if (error) {
		netmap_mem_rings_delete(ona);
		return error;
	}
	nm_pipe_for_each(na, t, i, kring)
		if (nm_kring_pending_on(kring))
			kring->nr_mode = NKR_NETMAP_ON;
	return 0;
}
EXPORT_SYMBOL(netmap_pipe_reg_both);
