// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Emulated RX. The rx_handler of the interface takes packets before the stack
 * and queues them; the sync of the ring copies them into slots.
 */
#include <linux/if_vlan.h>

#include "emulated.h"

/* a ptr_ring gives room back in batches: what it may keep */
#define NM_RX_SLACK (2 * SMP_CACHE_BYTES / sizeof(void *))
#define NM_MITIGATION_MIN 32768 /* ns; below, every packet wakes the program */

static int generic_mit = 100 * NSEC_PER_USEC;
module_param(generic_mit, int, 0644);
MODULE_PARM_DESC(generic_mit, "Time between two wakeups of emulated RX in ns");

/*
 * Wakes the program for the first packet; those of the next generic_mit
 * nanoseconds share one wakeup.
 */
static void nm_generic_rx_notify(struct nm_generic_rx *rx)
{
	int delay = READ_ONCE(generic_mit);

	if (delay < NM_MITIGATION_MIN) {
		rx->kring->nm_notify(rx->kring, 0);
		return;
	}
	if (test_bit(NM_RX_ARMED, &rx->state)) {
		set_bit(NM_RX_PENDING, &rx->state);
		/* the timer may have ended in between without seeing the mark */
		smp_mb__after_atomic();
		if (test_bit(NM_RX_ARMED, &rx->state))
			return;
	}
	if (test_and_set_bit(NM_RX_ARMED, &rx->state)) {
		set_bit(NM_RX_PENDING, &rx->state);
		return;
	}
	clear_bit(NM_RX_PENDING, &rx->state);
	hrtimer_start(&rx->mitigation, ns_to_ktime(delay), HRTIMER_MODE_REL_SOFT);
	rx->kring->nm_notify(rx->kring, 0);
}

static enum hrtimer_restart nm_generic_rx_timer(struct hrtimer *timer)
{
	struct nm_generic_rx *rx =
		container_of(timer, struct nm_generic_rx, mitigation);

	if (!test_and_clear_bit(NM_RX_PENDING, &rx->state)) {
		clear_bit(NM_RX_ARMED, &rx->state);
		/* a packet that saw the timer armed has left its mark by now */
		smp_mb__after_atomic();
		if (!test_bit(NM_RX_PENDING, &rx->state) ||
		    test_and_set_bit(NM_RX_ARMED, &rx->state))
			return HRTIMER_NORESTART;
		clear_bit(NM_RX_PENDING, &rx->state);
	}
	rx->kring->nm_notify(rx->kring, 0);
	hrtimer_forward_now(timer, ns_to_ktime(max(READ_ONCE(generic_mit),
						   NM_MITIGATION_MIN)));
	return HRTIMER_RESTART;
}

/*
 * Takes a packet from the stack. Context: softirq, RCU read lock held.
 */
static rx_handler_result_t nm_generic_rx_handler(struct sk_buff **pskb)
{
	struct sk_buff *skb = *pskb;
	struct nm_generic *g = rcu_dereference(skb->dev->rx_handler_data);
	struct netmap_adapter *na = &g->hw.up;
	struct nm_generic_rx *rx;
	u32 ring = 0;

	/* from a host ring: this one is for the stack */
	if (skb->priority == NM_SKB_HOST || skb->pkt_type == PACKET_LOOPBACK)
		return RX_HANDLER_PASS;
	if (skb_rx_queue_recorded(skb))
		ring = skb_get_rx_queue(skb) % na->num_rx_rings;
	rx = &g->rx[ring];
	if (READ_ONCE(rx->kring->nr_mode) != NKR_NETMAP_ON)
		return RX_HANDLER_PASS;
	skb = skb_share_check(skb, GFP_ATOMIC);
	if (unlikely(!skb))
		return RX_HANDLER_CONSUMED;
	/* virtual links leave it to the receiver; a program needs it done */
	if (unlikely(skb->ip_summed == CHECKSUM_PARTIAL && !skb_is_gso(skb) &&
		     skb_checksum_help(skb)))
		goto drop;
	skb_push(skb, skb->data - skb_mac_header(skb));
	if (unlikely(ptr_ring_produce(&rx->queue, skb)))
		goto drop;
	nm_generic_rx_notify(rx);
	return RX_HANDLER_CONSUMED;
drop:
	nm_rx_dropped_inc(na->ifp);
	kfree_skb(skb);
	/* also a program that has just made room must hear of the others */
	nm_generic_rx_notify(rx);
	return RX_HANDLER_CONSUMED;
}

/* Bytes of the frame with its VLAN tag, which may lie beside the data. */
static u32 nm_generic_frame_len(const struct sk_buff *skb)
{
	return skb->len + (skb_vlan_tag_present(skb) ? VLAN_HLEN : 0);
}

/* Copies bytes [from, from + len) of the frame, with the tag in its place. */
static void nm_generic_frame_copy(struct sk_buff *skb, u32 from, void *to, u32 len)
{
	struct vlan_hdr_place {
		__be16 proto;
		__be16 tci;
	} __packed tag;
	u32 n;

	if (likely(!skb_vlan_tag_present(skb))) {
		if (likely(from + len <= skb_headlen(skb)))
			memcpy(to, skb->data + from, len);
		else
			skb_copy_bits(skb, from, to, len);
		return;
	}
	tag.proto = skb->vlan_proto;
	tag.tci = htons(skb_vlan_tag_get(skb));
	if (from < 2 * ETH_ALEN) {
		n = min_t(u32, len, 2 * ETH_ALEN - from);
		skb_copy_bits(skb, from, to, n);
		from += n, to += n, len -= n;
	}
	if (len && from < 2 * ETH_ALEN + VLAN_HLEN) {
		u32 at = from - 2 * ETH_ALEN;

		n = min_t(u32, len, VLAN_HLEN - at);
		memcpy(to, (char *)&tag + at, n);
		from += n, to += n, len -= n;
	}
	if (len)
		skb_copy_bits(skb, from - VLAN_HLEN, to, len);
}

/*
 * Copies a packet into the slots from nm_i on. Returns the slots taken, or 0
 * if it does not fit in the free ones, or -EINVAL if one has no buffer.
 */
static int nm_generic_import(struct netmap_kring *kring, struct sk_buff *skb,
			     u32 nm_i, u32 space)
{
	u32 lim = kring->nkr_num_slots - 1, len = nm_generic_frame_len(skb);
	u32 done = 0, used = 0;

	while (done < len) {
		struct netmap_slot __nmshared *shared = nm_kring_slot(kring, nm_i);
		struct netmap_slot slot = nm_slot_read(shared);
		struct nm_room room = nm_slot_room(kring, slot);
		u32 n = min(len - done, room.size);

		if (used == space)
			return 0;
		if (unlikely(nm_buf_is_none(kring->na, slot.buf_idx)))
			return -EINVAL;
		nm_generic_frame_copy(skb, done, nm_shared_bytes(room.at), n);
		done += n;
		nm_slot_fill(shared, n, done < len ? NS_MOREFRAG : 0);
		nm_i = nm_next(nm_i, lim);
		used++;
	}
	return used;
}

static int nm_generic_rx_release(struct netmap_kring *kring)
{
	u32 lim = kring->nkr_num_slots - 1, nm_i;

	for (nm_i = kring->nr_hwcur; nm_i != kring->rhead; nm_i = nm_next(nm_i, lim)) {
		struct netmap_slot __nmshared *shared = nm_kring_slot(kring, nm_i);
		struct netmap_slot slot = nm_slot_read(shared);

		if (unlikely(nm_buf_is_none(kring->na, slot.buf_idx)))
			return netmap_ring_reinit(kring);
		nm_slot_clear(shared, slot, NS_BUF_CHANGED);
	}
	kring->nr_hwcur = kring->rhead;
	return 0;
}

/**
 * nm_generic_rxsync() - sync callback of emulated RX rings
 * @kring: the ring, locked
 * @flags: NAF_*
 *
 * Released slots first, so that what waits finds room. A packet longer than
 * a buffer takes several slots (NS_MOREFRAG). Context: process, or softirq.
 *
 * Return: 0, or 1 if a slot without a buffer made a reinit necessary
 */
int nm_generic_rxsync(struct netmap_kring *kring, int flags)
{
	struct nm_generic_rx *rx = &nm_generic_of(kring->na)->rx[kring->ring_id];
	u32 n = kring->nkr_num_slots, nm_i = kring->nr_hwtail, space;
	struct sk_buff *skb;
	int used, error;

	error = nm_generic_rx_release(kring);
	if (unlikely(error))
		return error;
	kring->nr_kflags &= ~NKR_PENDINTR;
	space = n - 1 - nm_kr_rxspace(kring);
	local_bh_disable();
	nm_spare_begin(rx);
	while (space && (skb = __ptr_ring_peek(&rx->queue))) {
		used = nm_generic_import(kring, skb, nm_i, space);
		if (!used && space < n - 1)
			break;
		if (unlikely(used <= 0)) {
			/* it never fits, or the slots are broken */
			nm_rx_dropped_inc(kring->na->ifp);
			error = used ? netmap_ring_reinit(kring) : 0;
			used = 0;
		}
		__ptr_ring_discard_one(&rx->queue);
		nm_spare_add(rx, skb);
		if (unlikely(error))
			break;
		nm_i = (nm_i + used) % n;
		space -= used;
	}
	nm_spare_end(rx);
	local_bh_enable();
	if (likely(!error))
		kring->nr_hwtail = nm_i;
	return error;
}

static void nm_generic_skb_destroy(void *skb)
{
	kfree_skb(skb);
}

int nm_generic_rx_init(struct nm_generic *g)
{
	struct netmap_adapter *na = &g->hw.up;
	u32 i;

	g->rx = kvcalloc(na->num_rx_rings, sizeof(*g->rx), GFP_KERNEL);
	if (!g->rx)
		return -ENOMEM;
	for (i = 0; i < na->num_rx_rings; i++) {
		struct nm_generic_rx *rx = &g->rx[i];

		rx->kring = na->rx_rings[i];
		nm_hrtimer_setup(&rx->mitigation, nm_generic_rx_timer,
				 HRTIMER_MODE_REL_SOFT);
		if (ptr_ring_init(&rx->queue, na->num_rx_desc + NM_RX_SLACK,
				  GFP_KERNEL)) {
			while (i--)
				ptr_ring_cleanup(&g->rx[i].queue, NULL);
			kvfree(g->rx);
			g->rx = NULL;
			return -ENOMEM;
		}
	}
	return 0;
}

void nm_generic_rx_exit(struct nm_generic *g)
{
	u32 i;

	for (i = 0; g->rx && i < g->hw.up.num_rx_rings; i++) {
		hrtimer_cancel(&g->rx[i].mitigation);
		ptr_ring_cleanup(&g->rx[i].queue, nm_generic_skb_destroy);
	}
	kvfree(g->rx);
	g->rx = NULL;
}

/* rtnl held. -EBUSY if the interface belongs to a bridge, bond or the like. */
int nm_generic_rx_start(struct nm_generic *g)
{
	return netdev_rx_handler_register(g->hw.up.ifp, nm_generic_rx_handler, g);
}

/* rtnl held. Afterwards no handler runs any more. */
void nm_generic_rx_stop(struct nm_generic *g)
{
	netdev_rx_handler_unregister(g->hw.up.ifp);
	/* that one waits too, but does not promise it */
	synchronize_net();
}
