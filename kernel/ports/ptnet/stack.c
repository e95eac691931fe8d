// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * A passthrough device as an interface of the network stack. Packets are
 * copied to and from the buffers of the host; with virtio-net headers the
 * host fills in checksums and cuts segments.
 */
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/module.h>
#include <linux/rtnetlink.h>
#include <linux/virtio_net.h>

#include "ptnet.h"

#define NM_PTNET_COPY_LINEAR 2048 /* longer packets get pages */
#define NM_PTNET_HEADERS 256 /* of them, contiguous */
#define NM_PTNET_PACKET_MAX (SZ_64K + ETH_HLEN)

static bool ptnet_gso = true;
module_param(ptnet_gso, bool, 0644);
MODULE_PARM_DESC(ptnet_gso, "Let hosts with virtio-net headers segment packets");

/* A buffer of the host, or NULL for an index that is none. */
static void __nmshared *nm_ptnet_buf(struct nm_ptnet *pn, u32 i)
{
	return i > 1 && i < pn->lut.objtotal ? nm_shared_of(pn->lut.lut[i]) : NULL;
}

/*
 * Transmission: under the lock of the queue
 */

static u32 nm_ptnet_tx_slots(struct nm_ptnet *pn, u32 len)
{
	return DIV_ROUND_UP(pn->vnet_len + len, pn->lut.objsize);
}

static u32 nm_ptnet_tx_room(struct nm_ptnet_ring *r)
{
	return nm_ptnet_distance(r->head, r->hwtail, r->lim);
}

/* False if there is no room, and then an interrupt will come. */
static bool nm_ptnet_tx_wait(struct nm_ptnet_ring *r, u32 slots)
{
	if (nm_ptnet_tx_room(r) >= slots)
		return true;
	nm_ptnet_look(r, r->head, &r->hwcur, &r->hwtail);
	if (nm_ptnet_tx_room(r) >= slots)
		return true;
	nm_ptnet_want_irq(r, true);
	nm_ptnet_look(r, r->head, &r->hwcur, &r->hwtail);
	if (nm_ptnet_tx_room(r) < slots)
		return false;
	nm_ptnet_want_irq(r, false);
	return true;
}

/* Copies a packet behind its header, slot after slot. False: a bad buffer. */
static bool nm_ptnet_tx_copy(struct nm_ptnet_ring *r, struct sk_buff *skb,
			     const struct virtio_net_hdr_mrg_rxbuf *hdr)
{
	struct nm_ptnet *pn = r->pn;
	u32 head = r->head, done = 0, at = pn->vnet_len;

	while (done < skb->len) {
		struct netmap_slot __nmshared *slot = &r->ring->slot[head];
		u32 n = min(skb->len - done, pn->lut.objsize - at);
		void __nmshared *buf = nm_ptnet_buf(pn, nm_load(&slot->buf_idx));

		if (!buf)
			return false;
		if (at)
			nm_shared_write(buf, hdr, at);
		skb_copy_bits(skb, done, nm_shared_bytes(buf + at), n);
		done += n;
		nm_slot_fill(slot, at + n, done < skb->len ? NS_MOREFRAG : 0);
		head = nm_next(head, r->lim);
		at = 0;
	}
	r->head = head;
	return true;
}

static netdev_tx_t nm_ptnet_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct nm_ptnet *pn = netdev_priv(dev);
	u16 q = skb_get_queue_mapping(skb);
	struct netdev_queue *txq = netdev_get_tx_queue(dev, q);
	struct nm_ptnet_ring *r = nm_ptnet_ring_of(pn, NR_TX, q);
	struct virtio_net_hdr_mrg_rxbuf hdr = {};
	u32 slots = nm_ptnet_tx_slots(pn, skb->len);

	if (slots > r->lim ||
	    (pn->vnet_len && virtio_net_hdr_from_skb(skb, &hdr.hdr, true, false, 0)))
		goto drop;
	if (!nm_ptnet_tx_wait(r, slots)) {
		netif_tx_stop_queue(txq);
		/* the interrupt may have come before the stop */
		nm_ptnet_look(r, r->head, &r->hwcur, &r->hwtail);
		if (nm_ptnet_tx_room(r) < slots) {
			nm_ptnet_kick(r, false);
			return NETDEV_TX_BUSY;
		}
		netif_tx_start_queue(txq);
	}
	if (!nm_ptnet_tx_copy(r, skb, &hdr))
		goto drop;
	r->packets++;
	r->bytes += skb->len;
	nm_ptnet_push(r, r->head, r->head);
	if (!netdev_xmit_more() || netif_xmit_stopped(txq))
		nm_ptnet_kick(r, false);
	dev_consume_skb_any(skb);
	return NETDEV_TX_OK;
drop:
	r->dropped++;
	nm_ptnet_kick(r, false);
	dev_kfree_skb_any(skb);
	return NETDEV_TX_OK;
}

/* The host has made room. Context: NAPI. */
void nm_ptnet_stack_tx_done(struct nm_ptnet_ring *r)
{
	struct net_device *dev = r->pn->dev;
	struct netdev_queue *txq;

	if (r->i >= r->pn->pairs || !netif_running(dev))
		return;
	txq = netdev_get_tx_queue(dev, r->i);
	__netif_tx_lock(txq, smp_processor_id());
	nm_ptnet_want_irq(r, false);
	if (netif_tx_queue_stopped(txq))
		netif_tx_wake_queue(txq);
	__netif_tx_unlock(txq);
}

/*
 * Reception: NAPI
 */

static struct sk_buff *nm_ptnet_rx_skb(struct nm_ptnet_ring *r, u32 len)
{
	struct sk_buff *skb;
	int error;

	if (len <= NM_PTNET_COPY_LINEAR) {
		skb = napi_alloc_skb(&r->napi, len);
		if (skb)
			skb_put(skb, len);
		return skb;
	}
	skb = alloc_skb_with_frags(NET_IP_ALIGN + NM_PTNET_HEADERS,
				   len - NM_PTNET_HEADERS, PAGE_ALLOC_COSTLY_ORDER,
				   &error, GFP_ATOMIC);
	if (!skb)
		return NULL;
	skb_reserve(skb, NET_IP_ALIGN);
	skb_put(skb, NM_PTNET_HEADERS);
	skb->data_len = len - NM_PTNET_HEADERS;
	skb->len += skb->data_len;
	return skb;
}

/*
 * Length of the packet that begins at *next, header included, and *next is
 * moved behind it. 0 if there is none yet; more than any packet if it is bad.
 */
static u32 nm_ptnet_rx_length(struct nm_ptnet_ring *r, u32 *next)
{
	u32 i = *next, len = 0;
	bool bad = false;

	while (i != r->hwtail) {
		struct netmap_slot slot = nm_slot_read(&r->ring->slot[i]);

		bad |= slot.len > r->pn->lut.objsize ||
		       !nm_ptnet_buf(r->pn, slot.buf_idx);
		len += slot.len;
		i = nm_next(i, r->lim);
		if (slot.flags & NS_MOREFRAG)
			continue;
		*next = i;
		return bad || len <= r->pn->vnet_len ? U32_MAX : len;
	}
	return 0;
}

/* Copies the packet, of the length found before: slots may change meanwhile. */
static bool nm_ptnet_rx_copy(struct nm_ptnet_ring *r, struct sk_buff *skb,
			     struct virtio_net_hdr_mrg_rxbuf *hdr)
{
	struct nm_ptnet *pn = r->pn;
	u32 i = r->head, done = 0, at = pn->vnet_len;

	while (done < skb->len) {
		struct netmap_slot slot = nm_slot_read(&r->ring->slot[i]);
		void __nmshared *buf = nm_ptnet_buf(pn, slot.buf_idx);
		u32 n = min_t(u32, slot.len, pn->lut.objsize);

		if (!buf || n < at || i == r->hwtail)
			return false;
		nm_shared_read(hdr, buf, at);
		n = min(n - at, skb->len - done);
		skb_store_bits(skb, done, nm_shared_bytes(buf + at), n);
		done += n;
		i = nm_next(i, r->lim);
		at = 0;
	}
	return true;
}

static void nm_ptnet_rx_one(struct nm_ptnet_ring *r, u32 len)
{
	struct virtio_net_hdr_mrg_rxbuf hdr = {};
	struct net_device *dev = r->pn->dev;
	struct sk_buff *skb;

	if (len == U32_MAX || len - r->pn->vnet_len < ETH_HLEN ||
	    len > r->pn->vnet_len + NM_PTNET_PACKET_MAX) {
		r->errors++;
		return;
	}
	skb = nm_ptnet_rx_skb(r, len - r->pn->vnet_len);
	if (!skb) {
		r->dropped++;
		return;
	}
	if (!nm_ptnet_rx_copy(r, skb, &hdr))
		goto bad;
	if (hdr.hdr.flags & VIRTIO_NET_HDR_F_DATA_VALID)
		skb->ip_summed = CHECKSUM_UNNECESSARY;
	if (virtio_net_hdr_to_skb(skb, &hdr.hdr, true))
		goto bad;
	r->packets++;
	r->bytes += skb->len;
	skb_record_rx_queue(skb, r->i % r->pn->pairs);
	skb->protocol = eth_type_trans(skb, dev);
	napi_gro_receive(&r->napi, skb);
	return;
bad:
	r->errors++;
	kfree_skb(skb);
}

static int nm_ptnet_rx_take(struct nm_ptnet_ring *r, int budget)
{
	bool running = netif_running(r->pn->dev);
	u32 next = r->head, len;
	int done;

	nm_ptnet_look(r, r->head, &r->hwcur, &r->hwtail);
	for (done = 0; done < budget; done++) {
		len = nm_ptnet_rx_length(r, &next);
		if (!len)
			break;
		if (running)
			nm_ptnet_rx_one(r, len);
		r->head = next;
	}
	if (done) {
		nm_ptnet_push(r, r->head, r->head);
		nm_ptnet_kick(r, false);
	}
	return done;
}

/**
 * nm_ptnet_stack_rx() - pass received packets to the stack
 * @r: RX ring that netmap does not use
 * @budget: packets
 *
 * Packets for an interface that is down are thrown away.
 *
 * Return: packets; fewer than @budget if NAPI is done
 */
int nm_ptnet_stack_rx(struct nm_ptnet_ring *r, int budget)
{
	int done;

	nm_ptnet_want_irq(r, false);
	done = nm_ptnet_rx_take(r, budget);
	if (done >= budget || !napi_complete_done(&r->napi, done))
		return done;
	nm_ptnet_want_irq(r, true);
	if (nm_load(&r->ktoa->hwtail) != r->hwtail)
		napi_schedule(&r->napi);
	return done;
}

/*
 * The interface
 */

static int nm_ptnet_open(struct net_device *dev)
{
	int error = nm_ptnet_get(netdev_priv(dev));

	if (error)
		return error;
	netif_carrier_on(dev);
	netif_tx_start_all_queues(dev);
	return 0;
}

static int nm_ptnet_stop(struct net_device *dev)
{
	netif_tx_disable(dev);
	netif_carrier_off(dev);
	nm_ptnet_put(netdev_priv(dev));
	return 0;
}

static void nm_ptnet_stats(struct net_device *dev, struct rtnl_link_stats64 *stats)
{
	struct nm_ptnet *pn = netdev_priv(dev);
	u32 i;

	for (i = 0; i < nm_ptnet_num_rings(pn); i++) {
		const struct nm_ptnet_ring *r = &pn->rings[i];
		bool tx = r->t == NR_TX;

		*(tx ? &stats->tx_packets : &stats->rx_packets) += r->packets;
		*(tx ? &stats->tx_bytes : &stats->rx_bytes) += r->bytes;
		*(tx ? &stats->tx_errors : &stats->rx_errors) += r->errors;
		*(tx ? &stats->tx_dropped : &stats->rx_dropped) += r->dropped;
	}
}

const struct net_device_ops nm_ptnet_ops = {
	.ndo_open = nm_ptnet_open,
	.ndo_stop = nm_ptnet_stop,
	.ndo_start_xmit = nm_ptnet_xmit,
	.ndo_get_stats64 = nm_ptnet_stats,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_validate_addr = eth_validate_addr,
};

static void nm_ptnet_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	struct nm_ptnet *pn = netdev_priv(dev);

	strscpy(info->driver, "ptnet", sizeof(info->driver));
	strscpy(info->bus_info, pci_name(pn->pdev), sizeof(info->bus_info));
}

static void nm_ptnet_channels(struct net_device *dev, struct ethtool_channels *ch)
{
	struct nm_ptnet *pn = netdev_priv(dev);

	ch->max_rx = pn->num[NR_RX];
	ch->max_tx = pn->num[NR_TX];
	ch->rx_count = pn->num[NR_RX];
	ch->tx_count = pn->num[NR_TX];
}

const struct ethtool_ops nm_ptnet_ethtool_ops = {
	.get_link = ethtool_op_get_link,
	.get_drvinfo = nm_ptnet_drvinfo,
	.get_channels = nm_ptnet_channels,
};

/* What the stack may leave to the host. */
void nm_ptnet_features(struct net_device *dev)
{
	struct nm_ptnet *pn = netdev_priv(dev);

	if (!pn->vnet_len)
		return;
	dev->hw_features = NETIF_F_HW_CSUM | NETIF_F_SG | NETIF_F_RXCSUM;
	if (ptnet_gso)
		dev->hw_features |= NETIF_F_TSO | NETIF_F_TSO6 | NETIF_F_TSO_ECN;
	dev->features = dev->hw_features | NETIF_F_GSO_ROBUST;
	dev->vlan_features = dev->hw_features;
}
