// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Packets for emulated TX: made of slots, and used again where the driver
 * allows it.
 */
#include <linux/etherdevice.h>
#include <linux/ip.h>
#include <net/checksum.h>
#include <net/ip.h>

#include "ports/host/host.h"
#include "core/copy.h"
#include "emulated.h"

/* larger packets come from the page allocator */
#define NM_TX_FRAG_MAX 8192

/* An empty packet; BH are off. Page fragments are what the stack frees best. */
static struct sk_buff *nm_generic_skb_alloc(u32 headroom, u32 size)
{
	u32 truesize = SKB_DATA_ALIGN(headroom + size) +
		       SKB_DATA_ALIGN(sizeof(struct skb_shared_info));
	struct sk_buff *skb;
	void *data;

	if (truesize > NM_TX_FRAG_MAX) {
		skb = alloc_skb(headroom + size, GFP_ATOMIC | __GFP_NOWARN);
	} else {
		data = napi_alloc_frag(truesize);
		if (unlikely(!data))
			return NULL;
		skb = nm_napi_build_skb(data, truesize);
		if (unlikely(!skb))
			skb_free_frag(data);
	}
	if (likely(skb))
		skb_reserve(skb, headroom);
	return skb;
}

/* Leaves the checksum of TCP and UDP over IPv4 to the NIC (generic_hwcsum). */
static void nm_generic_csum(struct sk_buff *skb)
{
	struct iphdr *ip = ip_hdr(skb);
	u32 hlen, off;
	__sum16 *sum;

	if (skb->protocol != htons(ETH_P_IP) ||
	    skb->len < ETH_HLEN + sizeof(*ip) || ip_is_fragment(ip))
		return;
	hlen = ip->ihl * 4;
	off = ip->protocol == IPPROTO_TCP ? 16 : ip->protocol == IPPROTO_UDP ? 6 : 0;
	if (!off || hlen < sizeof(*ip) ||
	    !skb_partial_csum_set(skb, ETH_HLEN + hlen, off))
		return;
	sum = (__sum16 *)(skb->data + ETH_HLEN + hlen + off);
	*sum = ~csum_tcpudp_magic(ip->saddr, ip->daddr,
				  skb->len - ETH_HLEN - hlen, ip->protocol, 0);
	if (!(skb->dev->features & (NETIF_F_HW_CSUM | NETIF_F_IP_CSUM)))
		skb_checksum_help(skb);
}

/* A packet that RX is done with, if one is large enough. BH are off. */
static struct sk_buff *nm_generic_skb_spare(struct nm_generic_tx *tx,
					    u32 headroom, u32 size)
{
	struct sk_buff *skb;

	if (!tx->num_spare)
		nm_spare_take(tx);
	if (!tx->num_spare)
		return NULL;
	skb = tx->spare[--tx->num_spare];
	if (unlikely(skb_end_offset(skb) < headroom + size)) {
		napi_consume_skb(skb, NM_GENERIC_BATCH);
		return NULL;
	}
	skb_reserve(skb, headroom);
	return skb;
}

/* The packet of a slot goes; the driver may still hold references. */
static void nm_tx_packet_free(struct nm_tx_packet *p)
{
	struct sk_buff *skb = p->skb;

	if (!skb)
		return;
	p->skb = NULL;
	/* give back all references but one; the last one frees it */
	if (p->refs > 1)
		WARN_ON_ONCE(refcount_sub_and_test(p->refs - 1, &skb->users));
	dev_kfree_skb_any(skb);
}

/* references that a packet gets at once; an atomic operation saved each time */
#define NM_TX_REFS 65536

/*
 * The packet of a slot if the driver has it no more, with a reference for the
 * next transmission, else NULL.
 */
static struct sk_buff *nm_generic_skb_reuse(struct nm_generic_tx *tx,
					    struct nm_tx_packet *p, u32 size)
{
	struct sk_buff *skb = p->skb;

	if (!skb || refcount_read(&skb->users) != p->refs)
		return NULL;
	/* the driver's writes to it are over: pairs with its release */
	smp_rmb();
	if (unlikely(skb_is_nonlinear(skb) || skb_cloned(skb) ||
		     skb_end_offset(skb) < size)) {
		nm_tx_packet_free(p);
		return NULL;
	}
	if (unlikely(p->refs == 1)) {
		refcount_add(NM_TX_REFS, &skb->users);
		p->refs += NM_TX_REFS;
	}
	p->refs--;
	skb->data = skb->head + tx->headroom;
	skb->ip_summed = CHECKSUM_NONE;
	return skb;
}

/* A new packet for a slot, for all its transmissions. */
static struct sk_buff *nm_generic_skb_pool(struct nm_generic_tx *tx,
					   struct nm_tx_packet *p, u32 size)
{
	struct sk_buff *skb;

	if (p->skb)
		return NULL; /* still with the driver */
	skb = alloc_skb(size, GFP_ATOMIC | __GFP_NOWARN);
	if (skb) {
		skb_reserve(skb, tx->headroom);
		p->skb = skb_get(skb);
		p->refs = 1;
	}
	return skb;
}

/* What the packets of one batch have in common. */
struct nm_tx_batch {
	struct net_device *dev;
	u32 queue;
	u32 pool_size; /* of the packets in the pool, with headroom */
};

static struct sk_buff *nm_generic_skb(struct nm_generic_tx *tx,
				      const struct nm_tx_batch *batch, u32 i,
				      u32 len)
{
	struct sk_buff *skb = NULL;
	u32 headroom, size;

	if (tx->pool) {
		skb = nm_generic_skb_reuse(tx, &tx->pool[i], batch->pool_size);
		if (likely(skb))
			return skb;
		skb = nm_generic_skb_pool(tx, &tx->pool[i], batch->pool_size);
		if (skb)
			return skb;
	}
	headroom = LL_RESERVED_SPACE(batch->dev);
	/* whole lines may be copied into it */
	size = ALIGN(len, NM_COPY_LINE) + batch->dev->needed_tailroom;
	return nm_generic_skb_spare(tx, headroom, size) ?:
	       nm_generic_skb_alloc(headroom, size);
}

/*
 * A packet of the data of slot i, or NULL; lines: whole lines can be read. BH
 * are off.
 */
static struct sk_buff *nm_generic_build(struct nm_generic_tx *tx,
					const struct nm_tx_batch *batch, u32 i,
					const void __nmshared *data, u32 len,
					bool lines)
{
	struct sk_buff *skb = nm_generic_skb(tx, batch, i, len);

	if (unlikely(!skb))
		return NULL;
	if (likely(lines))
		nm_copy_lines(skb->data, nm_shared_bytes(data), len);
	else
		nm_shared_read(skb->data, data, len);
	skb->len = len;
	skb_set_tail_pointer(skb, len);
	skb->dev = batch->dev;
	skb_reset_mac_header(skb);
	skb->protocol = ((struct ethhdr *)skb->data)->h_proto;
	skb_set_network_header(skb, ETH_HLEN);
	skb_set_queue_mapping(skb, batch->queue);
	if (unlikely(nm_generic_hwcsum))
		nm_generic_csum(skb);
	return skb;
}

/*
 * A packet of a slot, which is read once; NULL without an error if the slot is
 * too short for one, -ENOMEM.
 */
static int nm_generic_slot(struct nm_generic_tx *tx,
			   const struct nm_tx_batch *batch, u32 i,
			   struct sk_buff **skb)
{
	struct netmap_kring *kring = tx->kring;
	struct netmap_slot __nmshared *shared = nm_kring_slot(kring, i);
	struct netmap_slot slot = nm_slot_read(shared);
	struct nm_room room = nm_slot_room(kring, slot);
	u32 len = min_t(u32, slot.len, room.size);

	*skb = NULL;
	if (likely(len >= ETH_HLEN)) {
		*skb = nm_generic_build(tx, batch, i, room.at, len,
					ALIGN(len, NM_COPY_LINE) <= room.size);
		if (unlikely(!*skb))
			return -ENOMEM;
	} else {
		nm_prlim(2, "%s: skipped a packet of %u bytes", kring->name,
			 len);
	}
	nm_slot_clear(shared, slot, NS_REPORT | NS_BUF_CHANGED);
	return 0;
}

/* Makes packets of the slots that follow nr_hwcur, up to a batch. BH are off. */
void nm_generic_fill(struct nm_generic_tx *tx, struct net_device *dev, u32 queue)
{
	struct netmap_kring *kring = tx->kring;
	u32 lim = kring->nkr_num_slots - 1, nm_i = kring->nr_hwcur;
	const struct nm_tx_batch batch = {
		.dev = dev,
		.queue = queue,
		/* whole lines may be copied into it */
		.pool_size = tx->headroom +
			     ALIGN(min_t(u32, NETMAP_BUF_SIZE(kring->na), U16_MAX),
				   NM_COPY_LINE) +
			     dev->needed_tailroom,
	};

	tx->first_held = nm_i;
	while (nm_i != kring->rhead && tx->num_held < NM_GENERIC_BATCH) {
		if (unlikely(nm_generic_slot(tx, &batch, nm_i,
					     &tx->held[tx->num_held])))
			break;
		tx->num_held++;
		nm_i = nm_next(nm_i, lim);
	}
}

/* The packets of all n slots; the driver may still hold references. */
void nm_generic_pool_free(struct nm_generic_tx *tx, u32 n)
{
	u32 i;

	for (i = 0; tx->pool && i < n; i++)
		nm_tx_packet_free(&tx->pool[i]);
	kvfree(tx->pool);
}
