// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * NIOCTXSYNC and NIOCRXSYNC. Every loop is bounded by the rings of the
 * descriptor; the sync callbacks are bounded by the slots of a ring.
 */
#include <linux/ktime.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "core.h"

static int no_timestamp;
module_param(no_timestamp, int, 0644);
MODULE_PARM_DESC(no_timestamp, "Timestamp only rings with NR_TIMESTAMP");

static void nm_ring_stamp(struct netmap_ring __nmshared *ring)
{
	struct timespec64 now;

	if (no_timestamp && !(nm_load(&ring->flags) & NR_TIMESTAMP))
		return;
	ktime_get_real_ts64(&now);
	nm_store(&ring->ts.tv_sec, now.tv_sec);
	nm_store(&ring->ts.tv_usec, now.tv_nsec / NSEC_PER_USEC);
}

/* A locked ring whose positions are taken over: the callback and what goes with it. */
static bool nm_kring_move(struct netmap_kring *kring, int flags, bool *moved_down)
{
	struct sk_buff_head up;
	bool ok;

	__skb_queue_head_init(&up);
	if (kring->tx == NR_RX)
		*moved_down |= nm_forward_collect(kring, flags, &up);
	ok = !kring->nm_sync(kring, flags);
	if (ok)
		nm_kring_publish(kring);
	nm_forward_deliver(&up);
	return ok;
}

/**
 * nm_kring_sync() - one sync of a locked ring
 * @kring: the ring
 * @flags: NAF_*
 * @moved_down: becomes true if packets of the stack went to its TX rings
 *
 * Bad positions are repaired first: TX then sends nothing, RX still imports.
 *
 * Return: false if the ring was repaired or the callback failed
 */
bool nm_kring_sync(struct netmap_kring *kring, int flags, bool *moved_down)
{
	struct netmap_ring __nmshared *ring = nm_kring_shared(kring);
	u32 head = nm_load(&ring->head), cur = nm_load(&ring->cur);
	bool ok = true;

	if (unlikely(nm_sync_prologue(kring, head, cur) >= kring->nkr_num_slots)) {
		netmap_ring_reinit(kring);
		if (kring->tx == NR_TX)
			return false;
		ok = false;
	}
	ok &= nm_kring_move(kring, flags, moved_down);
	if (kring->tx == NR_RX)
		nm_ring_stamp(ring);
	return ok;
}

/* A sync that found the ring busy left a mark: see nm_kring_tryget(). */
static bool nm_sync_is_missed(struct netmap_kring *kring)
{
	/* E, matches F: the ring is free */
	smp_mb__after_atomic();
	return unlikely(READ_ONCE(kring->nr_busy) & BIT(NM_BUSY_MISSED));
}

/**
 * nm_sync_make_up() - make up for syncs that found the ring busy
 * @kring: ring that the caller had locked, and has just put
 * @flags: NAF_*
 * @moved_down: set if TX rings got packets of the stack
 *
 * A thread that finds the ring busy leaves, and may go to sleep in poll(). The
 * holder has perhaps looked at the positions before they moved. So it syncs
 * once more, and wakes sleepers if there is something for them. Programs may be
 * moving head and cur meanwhile: see nm_sync_late_prologue(). Context: as the
 * sync of the ring.
 */
void nm_sync_make_up(struct netmap_kring *kring, int flags, bool *moved_down)
{
	int tries = 16; /* more only meets a program that floods us with syncs */

	while (nm_sync_is_missed(kring) && tries--) {
		clear_bit(NM_BUSY_MISSED, &kring->nr_busy);
		/* the thread that holds the ring now makes up for this try too */
		if (nm_kring_tryget(kring, false))
			return;
		if (kring->nr_mode == NKR_NETMAP_ON && nm_kring_shared(kring)) {
			nm_sync_late_prologue(kring);
			if (!nm_kring_move(kring, flags, moved_down) ||
			    kring->rcur != kring->rtail)
				nm_kring_notify(kring, 0);
		}
		nm_kring_put(kring);
	}
	if (unlikely(tries < 0))
		nm_kring_notify(kring, 0);
}

/* The same after work of the kernel itself. */
void nm_sync_missed(struct netmap_kring *kring)
{
	bool moved_down = false;

	nm_sync_make_up(kring, 0, &moved_down);
}

/* Whether each page of it can be read. May wait for them, if faults are on. */
bool nm_user_touch(u64 addr, u32 len)
{
	u64 at, end = addr + len;
	char __maybe_unused byte; /* only whether it can be read counts */

	if (end < addr)
		return false;
	for (at = addr; at < end; at = (at | ~PAGE_MASK) + 1)
		if (get_user(byte, (char __user *)u64_to_user_ptr(at)))
			return false;
	return true;
}

/**
 * nm_miss_mend() - get the memory that a sync of the program missed
 * @kring: ring that the caller does not hold
 *
 * A sync does not wait for memory of a program (NS_INDIRECT): it may take as
 * long as the program likes, or its file system, and others wait for the ring
 * and for its switch. So the sync ends at that packet and leaves a note. Memory
 * that is not to be had costs its packet. Context: process, without locks.
 *
 * Return: true if there was something: the ring has to be synced again
 */
bool nm_miss_mend(struct netmap_kring *kring)
{
	u64 addr;
	u32 len;

	if (likely(!READ_ONCE(kring->nr_miss_len)) || nm_kring_tryget(kring, false))
		return false;
	addr = kring->nr_miss_addr;
	len = kring->nr_miss_len;
	kring->nr_miss_len = 0;
	nm_kring_put(kring);
	if (!nm_user_touch(addr, len))
		WRITE_ONCE(kring->nr_miss_drop, true);
	return len && !fatal_signal_pending(current);
}

/* Syncs a ring until no memory is missing. Returns what nm_kring_tryget() does. */
static int nm_sync_ring(struct netmap_kring *kring, int flags, bool *moved_down)
{
	u32 tries = 2 * kring->nkr_num_slots;
	int error;

	do {
		error = nm_kring_tryget(kring, true);
		if (error)
			return error;
		nm_kring_sync(kring, flags, moved_down);
		nm_kring_put(kring);
		nm_sync_make_up(kring, flags, moved_down);
	} while (unlikely(nm_miss_mend(kring)) && --tries);
	return 0;
}

/**
 * nm_sync_ioctl() - NIOCTXSYNC and NIOCRXSYNC
 * @priv: a bound descriptor
 * @t: direction
 *
 * Failures of single rings are repaired and not reported.
 *
 * Return: 0; -EIO if the interface of a ring is gone (the other rings are
 * still processed); -EINTR if a signal came while a ring was stopped.
 */
int nm_sync_ioctl(struct netmap_priv_d *priv, enum txrx t)
{
	int flags = priv->np_sync_flags | NM_SYNC_REPEAT |
		    (t == NR_TX ? NAF_FORCE_RECLAIM : NAF_FORCE_READ);
	bool moved_down = false; /* stays in the TX rings until their sync */
	int error = 0;
	u32 i;

	for (i = priv->np_qfirst[t]; i < priv->np_qlast[t]; i++) {
		struct netmap_kring *kring = NMR(priv->np_na, t)[i];

		switch (nm_sync_ring(kring, flags, &moved_down)) {
		case NM_KR_STOPPED:
			error = -EIO;
			break;
		case NM_KR_LOCKED:
			return -EINTR;
		}
	}
	return error;
}
