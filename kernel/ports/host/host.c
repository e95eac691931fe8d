// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Host rings: between the programs and the network stack of the machine.
 * Host RX carries what the stack sends on the interface, host TX is what the
 * stack receives.
 */
#include <linux/etherdevice.h>
#include <linux/log2.h>
#include <linux/skbuff.h>

#include "core/core.h"
#include "host.h"

int nm_generic_hwcsum;
module_param_named(generic_hwcsum, nm_generic_hwcsum, int, 0644);
MODULE_PARM_DESC(generic_hwcsum, "Take packets whose checksum is not filled in");

static u32 nm_kring_space(struct netmap_kring *kring)
{
	/* one slot always stays empty */
	return kring->nkr_num_slots - 1 - nm_kr_rxspace(kring);
}

static const char *nm_host_refuses(struct netmap_adapter *na, struct sk_buff *skb)
{
	if (skb->len > NETMAP_BUF_SIZE(na))
		return "longer than a buffer (turn off tso and gso)";
	if (skb->ip_summed == CHECKSUM_PARTIAL && !nm_generic_hwcsum)
		return "without a checksum (turn off tx-checksumming)";
	if (skb_is_gso(skb))
		return "to be segmented (turn off tso and gso)";
	return NULL;
}

/**
 * nm_host_queue() - take a packet that the stack sends on an interface
 * @na: adapter of the interface, in netmap mode
 * @skb: the packet, consumed
 *
 * The packet waits for the next sync of the host RX ring, or is dropped.
 * Context: softirq or process, RCU read lock held.
 *
 * Return: NETDEV_TX_OK, always: the stack cannot do better by trying again.
 */
netdev_tx_t nm_host_queue(struct netmap_adapter *na, struct sk_buff *skb)
{
	struct netmap_kring **rings = READ_ONCE(na->rx_rings);
	struct netmap_kring *kring;
	const char *why = NULL;
	unsigned long flags;
	long dropped;
	bool queued;

	if (!rings || !na->num_host_rx_rings)
		goto drop;
	kring = rings[na->num_rx_rings +
		      skb_get_queue_mapping(skb) % na->num_host_rx_rings];
	if (!na->na_lut.lut)
		goto drop;
	why = nm_host_refuses(na, skb);
	if (why)
		goto drop;
	spin_lock_irqsave(&kring->rx_queue.lock, flags);
	queued = skb_queue_len(&kring->rx_queue) < nm_kring_space(kring);
	if (queued)
		__skb_queue_tail(&kring->rx_queue, skb);
	spin_unlock_irqrestore(&kring->rx_queue.lock, flags);
	kring->nm_notify(kring, 0);
	if (queued)
		return NETDEV_TX_OK;
	why = "the program does not take them";
drop:
	dropped = atomic_long_inc_return(&na->host_dropped);
	/* it may go on for years: each message counts twice as many */
	if (why && is_power_of_2(dropped))
		nm_prlim(2, "%s: %ld packets of the stack dropped; this one of %u bytes: %s",
			 na->name, dropped, skb->len, why);
	nm_tx_dropped_inc(na->ifp);
	dev_kfree_skb_any(skb);
	return NETDEV_TX_OK;
}

/* Copies waiting packets into free slots; returns those done with. */
static void nm_host_import(struct netmap_kring *kring, struct sk_buff_head *done)
{
	u32 lim = kring->nkr_num_slots - 1, nm_i = kring->nr_hwtail;
	u32 space = nm_kring_space(kring);
	struct sk_buff *skb;

	while (space-- && (skb = __skb_dequeue(&kring->rx_queue))) {
		struct netmap_slot __nmshared *slot = nm_kring_slot(kring, nm_i);
		struct nm_room room = nm_slot_room(kring, nm_slot_read(slot));
		u32 len = min(skb->len, room.size);

		skb_copy_bits(skb, 0, nm_shared_bytes(room.at), len);
		nm_slot_fill(slot, len, 0);
		nm_i = nm_next(nm_i, lim);
		__skb_queue_tail(done, skb);
	}
	kring->nr_hwtail = nm_i;
}

/**
 * nm_host_rxsync() - sync callback of host RX rings
 * @kring: the ring, locked
 * @flags: NAF_*
 *
 * Return: 0
 */
int nm_host_rxsync(struct netmap_kring *kring, int flags)
{
	struct sk_buff_head done;
	unsigned long irqflags;

	__skb_queue_head_init(&done);
	spin_lock_irqsave(&kring->rx_queue.lock, irqflags);
	/* released slots first: they make room for what waits */
	kring->nr_hwcur = kring->rhead;
	nm_host_import(kring, &done);
	spin_unlock_irqrestore(&kring->rx_queue.lock, irqflags);
	__skb_queue_purge(&done);
	return 0;
}

/**
 * nm_host_build() - the packet of a slot, for the stack
 * @kring: ring of an adapter with an interface
 * @slot: a slot of it as it was read
 *
 * Return: the packet; NULL if its length makes none; -ENOMEM
 */
struct sk_buff *nm_host_build(struct netmap_kring *kring, struct netmap_slot slot)
{
	struct nm_room room = nm_slot_room(kring, slot);
	struct netmap_adapter *na = kring->na;
	struct sk_buff *skb;

	if (slot.len < ETH_HLEN || slot.len > room.size) {
		nm_prlim(2, "%s: skipped a packet of %u bytes for the stack",
			 kring->name, slot.len);
		return NULL;
	}
	skb = netdev_alloc_skb_ip_align(na->ifp, slot.len);
	if (!skb)
		return ERR_PTR(-ENOMEM);
	skb_put_data(skb, nm_shared_bytes(room.at), slot.len);
	skb->protocol = eth_type_trans(skb, na->ifp);
	/* the mark lets it pass where packets for netmap are picked up */
	skb->priority = NM_SKB_HOST;
	return skb;
}

/*
 * Packets that the stack gets before its softirq may run: less than its queue
 * holds (net.core.netdev_max_backlog). After each single one it could take the
 * time of all that is pending, NICs included, a thousand times a sync.
 */
#define NM_HOST_BATCH 64

/* Not for the loop in the wake-up of an eventfd: interrupts are off there. */
static void nm_host_softirq(bool on)
{
	if (irqs_disabled())
		return;
	if (on)
		local_bh_enable();
	else
		local_bh_disable();
}

/**
 * nm_host_txsync() - sync callback of host TX rings
 * @kring: the ring, locked
 * @flags: NAF_*
 *
 * Gives all new slots to the stack. When memory is short the rest of the
 * batch is lost, as it would be on a wire. Context: process.
 *
 * Return: 0
 */
int nm_host_txsync(struct netmap_kring *kring, int flags)
{
	u32 lim = kring->nkr_num_slots - 1, head = kring->rhead, nm_i;
	u32 count = 0;
	struct sk_buff *skb;

	nm_host_softirq(false);
	for (nm_i = kring->nr_hwcur; nm_i != head; nm_i = nm_next(nm_i, lim)) {
		struct netmap_slot __nmshared *shared = nm_kring_slot(kring, nm_i);
		struct netmap_slot slot = nm_slot_read(shared);

		nm_slot_clear(shared, slot, NS_BUF_CHANGED);
		skb = nm_host_build(kring, slot);
		if (IS_ERR(skb))
			break;
		if (skb)
			nm_netif_rx(skb);
		if (++count % NM_HOST_BATCH == 0) {
			nm_host_softirq(true);
			nm_host_softirq(false);
		}
	}
	nm_host_softirq(true);
	kring->nr_hwcur = head;
	kring->nr_hwtail = nm_prev(head, lim);
	return 0;
}
