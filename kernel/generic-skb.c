// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Packets for emulated TX: made of slots, and used again where the driver
 * allows it.
 */
#include <linux/etherdevice.h>
#include <linux/ip.h>
#include <net/checksum.h>
#include <net/ip.h>

#include "generic.h"

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

/*
 * The packet of a slot if the driver has it no more, with a reference for the
 * next transmission, else NULL.
 */
static struct sk_buff *nm_generic_skb_reuse(struct nm_generic_tx *tx, u32 i,
					    u32 size)
{
	struct sk_buff *skb = tx->pool[i];

	if (!skb || refcount_read(&skb->users) != 1)
		return NULL;
	/* the driver's writes to it are over: pairs with its release */
	smp_rmb();
	if (unlikely(skb_is_nonlinear(skb) || skb_cloned(skb) ||
		     skb_end_offset(skb) < tx->headroom + size)) {
		tx->pool[i] = NULL;
		kfree_skb(skb);
		return NULL;
	}
	skb_get(skb);
	skb->data = skb->head + tx->headroom;
	skb_reset_tail_pointer(skb);
	skb->len = 0;
	skb->ip_summed = CHECKSUM_NONE;
	return skb;
}

/* A new packet for a slot, for all its transmissions. */
static struct sk_buff *nm_generic_skb_pool(struct nm_generic_tx *tx, u32 i,
					   u32 size)
{
	struct sk_buff *skb;

	if (tx->pool[i])
		return NULL; /* still with the driver */
	skb = alloc_skb(tx->headroom + size, GFP_ATOMIC | __GFP_NOWARN);
	if (skb) {
		skb_reserve(skb, tx->headroom);
		tx->pool[i] = skb_get(skb);
	}
	return skb;
}

static struct sk_buff *nm_generic_skb(struct nm_generic_tx *tx,
				      struct net_device *dev, u32 i, u32 len)
{
	u32 size = NETMAP_BUF_SIZE(tx->kring->na) + dev->needed_tailroom;
	struct sk_buff *skb = NULL;

	if (tx->pool) {
		skb = nm_generic_skb_reuse(tx, i, size);
		if (!skb)
			skb = nm_generic_skb_pool(tx, i, size);
	}
	return skb ?: nm_generic_skb_alloc(LL_RESERVED_SPACE(dev),
					   len + dev->needed_tailroom);
}

/* A packet of the data of slot i, or NULL. BH are off. */
struct sk_buff *nm_generic_build(struct nm_generic_tx *tx, struct net_device *dev,
				 u32 queue, u32 i, const void *data, u32 len)
{
	struct sk_buff *skb = nm_generic_skb(tx, dev, i, len);

	if (unlikely(!skb))
		return NULL;
	skb_put_data(skb, data, len);
	skb->dev = dev;
	skb_reset_mac_header(skb);
	skb->protocol = eth_hdr(skb)->h_proto;
	skb_set_network_header(skb, ETH_HLEN);
	skb_set_queue_mapping(skb, queue);
	if (unlikely(nm_generic_hwcsum))
		nm_generic_csum(skb);
	return skb;
}

/* The packets of all n slots; the driver may still hold references. */
void nm_generic_pool_free(struct nm_generic_tx *tx, u32 n)
{
	u32 i;

	for (i = 0; tx->pool && i < n; i++)
		kfree_skb(tx->pool[i]);
	kvfree(tx->pool);
}
