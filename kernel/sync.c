// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * NIOCTXSYNC and NIOCRXSYNC. Every loop is bounded by the rings of the
 * descriptor; the sync callbacks are bounded by the slots of a ring.
 */
#include <linux/ktime.h>

#include "nm.h"

static int no_timestamp;
module_param(no_timestamp, int, 0644);
MODULE_PARM_DESC(no_timestamp, "Timestamp only rings with NR_TIMESTAMP");

static void nm_ring_stamp(struct netmap_ring *ring)
{
	struct timespec64 now;

	if (no_timestamp && !(READ_ONCE(ring->flags) & NR_TIMESTAMP))
		return;
	ktime_get_real_ts64(&now);
	ring->ts.tv_sec = now.tv_sec;
	ring->ts.tv_usec = now.tv_nsec / NSEC_PER_USEC;
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
	struct sk_buff_head up;
	struct netmap_ring *ring = kring->ring;
	bool ok = true;
	u32 head;

	if (kring->tx == NR_TX)
		head = nm_txsync_prologue(kring, ring);
	else
		head = nm_rxsync_prologue(kring, ring);
	if (unlikely(head >= kring->nkr_num_slots)) {
		netmap_ring_reinit(kring);
		if (kring->tx == NR_TX)
			return false;
		ok = false;
	}
	__skb_queue_head_init(&up);
	if (kring->tx == NR_RX && ok)
		*moved_down |= nm_forward_collect(kring, flags, &up);
	if (kring->nm_sync(kring, flags))
		ok = false;
	else
		nm_kring_publish(kring);
	nm_forward_deliver(&up);
	if (kring->tx == NR_RX)
		nm_ring_stamp(ring);
	return ok;
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
	int flags = priv->np_sync_flags |
		    (t == NR_TX ? NAF_FORCE_RECLAIM : NAF_FORCE_READ);
	bool moved_down = false; /* stays in the TX rings until their sync */
	int error = 0;
	u32 i;

	for (i = priv->np_qfirst[t]; i < priv->np_qlast[t]; i++) {
		struct netmap_kring *kring = NMR(priv->np_na, t)[i];

		switch (nm_kring_tryget(kring, true)) {
		case 0:
			nm_kring_sync(kring, flags, &moved_down);
			nm_kring_put(kring);
			break;
		case NM_KR_STOPPED:
			error = -EIO;
			break;
		case NM_KR_LOCKED:
			return -EINTR;
		}
	}
	return error;
}

/**
 * nm_sync_missed() - make up for a sync that found the ring busy
 * @kring: TX ring that the caller had locked for work of its own
 *
 * A program whose sync is skipped because another thread syncs the ring knows
 * of that thread; of the kernel's own work it does not. Context: softirq.
 */
void nm_sync_missed(struct netmap_kring *kring)
{
	bool moved_down = false;
	int tries = 16; /* more only meets a program that floods us with syncs */

	/* pairs with the atomics of nm_kring_tryget(): the ring is free */
	smp_mb();
	while (tries-- && test_and_clear_bit(NM_BUSY_MISSED, &kring->nr_busy) &&
	       !nm_kring_tryget(kring, false)) {
		if (kring->nr_mode == NKR_NETMAP_ON && kring->ring)
			nm_kring_sync(kring, 0, &moved_down);
		nm_kring_put(kring);
		/* as above, for the next look */
		smp_mb();
	}
}
