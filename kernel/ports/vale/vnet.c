// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Between ports with different virtio-net headers. A header is added,
 * shortened or lengthened; where it is removed the work that it asks for is
 * done here: checksums, and segmentation of large packets.
 *
 * struct virtio_net_hdr: linux/virtio_net.h. Nothing in a header of user
 * space is trusted; packets that contradict theirs are dropped.
 */
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <linux/virtio_net.h>
#include <net/ip6_checksum.h>

#include "batch.h"

#define NM_VNET_HDR_MAX 12
#define NM_VNET_PACKET_MAX (65535 + ETH_HLEN + NM_VNET_HDR_MAX)
/* headers of the longest packet that is segmented: see nm_vnet_room() */
#define NM_VNET_HEADERS_MAX 114
/* what is segmented at all: Ethernet, 30 VLAN tags, IP, TCP with options */
#define NM_VNET_HEADERS_LONGEST 256

/*
 * Slots that so many slots of the source may become. Segments can be shorter
 * than the destination allows; what is too much goes back.
 */
u32 nm_vnet_room(const struct netmap_vp_adapter *src,
		 const struct netmap_vp_adapter *dst, u32 slots)
{
	if (src->mfs <= dst->mfs || dst->mfs <= NM_VNET_HEADERS_MAX)
		return 2 * slots;
	return 4 * (slots * src->mfs / (dst->mfs - NM_VNET_HEADERS_MAX) + 1);
}

/*
 * Reading: the whole packet in one piece
 */

static void *nm_vnet_buffer(struct nm_copy *copy)
{
	struct nm_batch *batch = copy->batch;

	if (!batch->linear)
		batch->linear = kmalloc(NM_VNET_PACKET_MAX, GFP_ATOMIC | __GFP_NOWARN);
	return batch->linear;
}

/* Bytes of the packet, 0 if it is too long or cannot be read. */
static u32 nm_vnet_gather(struct nm_copy *copy, u8 *to, const struct nm_packet *packet)
{
	u32 total = 0, len, i;

	for (i = 0; i < packet->frags; i++) {
		len = nm_slot_len(copy->src, packet->slot[i]);
		if (total + len > NM_VNET_PACKET_MAX ||
		    nm_slot_fetch(to + total, len, copy->src, packet->slot[i]) != len)
			return 0;
		total += len;
	}
	return total;
}

/*
 * Writing
 */

/* Two pieces, one after the other, into a slot that has room for them. */
static void nm_vnet_put(struct nm_copy *copy, const void *head, u32 head_len,
			const void *data, u32 len, u16 flags)
{
	struct netmap_kring *dst = copy->dst;
	struct netmap_slot __nmshared *slot = nm_kring_slot(dst, copy->pos);
	struct nm_room room = nm_slot_room(dst, nm_slot_read(slot));

	/* offsets that came into effect just now: the receiver's own loss */
	if (unlikely(head_len + len > room.size)) {
		head_len = 0;
		len = 0;
	}
	nm_shared_write(room.at, head, head_len);
	nm_shared_write(room.at + head_len, data, len);
	nm_slot_fill(slot, head_len + len, flags);
	copy->pos = nm_next(copy->pos, dst->nkr_num_slots - 1);
	copy->room--;
}

/* The same, into as many slots as it takes. */
static void nm_vnet_scatter(struct nm_copy *copy, const void *head, u32 head_len,
			    const void *data, u32 len)
{
	u32 size = NETMAP_BUF_SIZE(copy->dst->na) - copy->dst->offset_max;
	u32 frags, i;

	if (size <= head_len)
		return;
	frags = DIV_ROUND_UP(head_len + len, size);
	if (frags > copy->room || frags > NETMAP_MAX_FRAGS ||
	    (frags > 1 && !(copy->dvp->up.na_flags & NAF_MOREFRAG)))
		return;
	for (i = 0; i < frags; i++) {
		u32 part = min(len, size - head_len);

		nm_vnet_put(copy, head, head_len, data, part,
			    NM_SLOT_FRAGS(frags) |
			    (i + 1 < frags ? NS_MOREFRAG : 0));
		data += part;
		len -= part;
		head_len = 0;
	}
}

/*
 * What a removed header asks for
 */

struct nm_vnet_packet {
	u8 *data;
	u32 len;
	u32 l3, l4, payload; /* where they begin */
	bool ipv6, tcp;
};

static bool nm_vnet_sane(const struct nm_vnet_hdr *hdr)
{
	switch (hdr->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_NONE:
	case VIRTIO_NET_HDR_GSO_TCPV4:
	case VIRTIO_NET_HDR_GSO_UDP:
	case VIRTIO_NET_HDR_GSO_TCPV6:
		return !(hdr->flags & ~(VIRTIO_NET_HDR_F_NEEDS_CSUM |
					VIRTIO_NET_HDR_F_DATA_VALID));
	}
	return false;
}

/* The field holds the sum of the pseudo header. False if it is not there. */
static bool nm_vnet_checksum(u8 *data, u32 len, const struct nm_vnet_hdr *hdr)
{
	u32 start = le16_to_cpu((__force __le16)hdr->csum_start);
	u32 field = start + le16_to_cpu((__force __le16)hdr->csum_offset);
	__sum16 sum;

	if (start >= len || field + sizeof(sum) > len)
		return false;
	sum = csum_fold(csum_partial(data + start, len - start, 0));
	/* for UDP 0 means no checksum, and for the others it is the same */
	if (!sum)
		sum = CSUM_MANGLED_0;
	memcpy(data + field, &sum, sizeof(sum));
	return true;
}

static bool nm_vnet_parse_ip(struct nm_vnet_packet *p, __be16 proto, u8 *next)
{
	if (proto == htons(ETH_P_IP) && p->len >= p->l3 + sizeof(struct iphdr)) {
		const struct iphdr *ip = (void *)(p->data + p->l3);

		if (ip->version != 4 || ip->ihl < 5)
			return false;
		p->l4 = p->l3 + ip->ihl * 4;
		*next = ip->protocol;
		return true;
	}
	if (proto == htons(ETH_P_IPV6) && p->len >= p->l3 + sizeof(struct ipv6hdr)) {
		const struct ipv6hdr *ip = (void *)(p->data + p->l3);

		p->ipv6 = true;
		p->l4 = p->l3 + sizeof(*ip);
		*next = ip->nexthdr;
		return ip->version == 6;
	}
	return false;
}

static bool nm_vnet_parse(struct nm_vnet_packet *p, u8 gso_type)
{
	bool tcp = gso_type != VIRTIO_NET_HDR_GSO_UDP;
	__be16 proto;
	u8 next;

	p->l3 = ETH_HLEN;
	if (p->len < p->l3)
		return false;
	memcpy(&proto, p->data + p->l3 - 2, sizeof(proto));
	while (proto == htons(ETH_P_8021Q)) {
		p->l3 += VLAN_HLEN;
		if (p->len < p->l3)
			return false;
		memcpy(&proto, p->data + p->l3 - 2, sizeof(proto));
	}
	if (!nm_vnet_parse_ip(p, proto, &next) ||
	    next != (tcp ? IPPROTO_TCP : IPPROTO_UDP) ||
	    (gso_type == VIRTIO_NET_HDR_GSO_TCPV4 && p->ipv6) ||
	    (gso_type == VIRTIO_NET_HDR_GSO_TCPV6 && !p->ipv6))
		return false;
	p->tcp = tcp;
	p->payload = p->l4 + sizeof(struct udphdr);
	if (tcp) {
		if (p->len < p->l4 + sizeof(struct tcphdr))
			return false;
		p->payload = p->l4 + ((struct tcphdr *)(p->data + p->l4))->doff * 4;
		if (p->payload < p->l4 + sizeof(struct tcphdr))
			return false;
	}
	return p->len > p->payload;
}

/* Headers of segment i, of len bytes of data from ofs on. */
static void nm_vnet_fix(const struct nm_vnet_packet *p, u8 *head, u32 len,
			u32 i, u32 ofs, bool last)
{
	u32 l4_head = p->payload - p->l4, l4_len = l4_head + len;
	u8 *l4 = head + p->l4;
	__sum16 *check;
	__wsum sum;

	if (p->tcp) {
		struct tcphdr *tcp = (void *)l4;

		tcp->seq = htonl(ntohl(tcp->seq) + ofs);
		if (!last) {
			tcp->psh = 0;
			tcp->fin = 0;
		}
		/* one reduction is told once: tcp_gso_segment() */
		if (i)
			tcp->cwr = 0;
		check = &tcp->check;
	} else {
		struct udphdr *udp = (void *)l4;

		udp->len = htons(l4_len);
		check = &udp->check;
	}
	*check = 0;
	/* the header is a whole number of words, as sums have to be that go on */
	sum = csum_partial(l4, l4_head,
			   csum_partial(p->data + p->payload + ofs, len, 0));
	if (p->ipv6) {
		struct ipv6hdr *ip = (void *)(head + p->l3);

		ip->payload_len = htons(l4_len);
		*check = csum_ipv6_magic(&ip->saddr, &ip->daddr, l4_len,
					 p->tcp ? IPPROTO_TCP : IPPROTO_UDP, sum);
	} else {
		struct iphdr *ip = (void *)(head + p->l3);

		ip->tot_len = htons(p->payload + len - p->l3);
		ip->id = htons(ntohs(ip->id) + i);
		ip->check = 0;
		ip->check = ip_fast_csum(ip, ip->ihl);
		*check = csum_tcpudp_magic(ip->saddr, ip->daddr, l4_len,
					   p->tcp ? IPPROTO_TCP : IPPROTO_UDP, sum);
	}
	if (!*check)
		*check = CSUM_MANGLED_0;
}

/*
 * One slot a segment; all of them or none. Headers are made here and not in the
 * buffer, which the receiver may change meanwhile.
 */
static void nm_vnet_segment(struct nm_copy *copy, struct nm_vnet_packet *p,
			    u32 gso_size)
{
	u32 size = NETMAP_BUF_SIZE(copy->dst->na) - copy->dst->offset_max;
	u32 left = p->len - p->payload, i, ofs = 0;
	u8 head[NM_VNET_HEADERS_LONGEST];

	size = min_t(u32, size, copy->dvp->mfs);
	if (size <= p->payload || p->payload > sizeof(head))
		return;
	size -= p->payload;
	if (gso_size)
		size = min(size, gso_size);
	if (DIV_ROUND_UP(left, size) > copy->room)
		return;
	for (i = 0; left; i++) {
		u32 part = min(left, size);

		left -= part;
		memcpy(head, p->data, p->payload);
		nm_vnet_fix(p, head, part, i, ofs, !left);
		nm_vnet_put(copy, head, p->payload, p->data + p->payload + ofs,
			    part, NM_SLOT_FRAGS(1));
		ofs += part;
	}
}

static void nm_vnet_remove(struct nm_copy *copy, const struct nm_vnet_hdr *hdr,
			   u8 *data, u32 len)
{
	struct nm_vnet_packet p = { .data = data, .len = len };
	u8 gso_type = hdr->gso_type & ~VIRTIO_NET_HDR_GSO_ECN;

	if (!nm_vnet_sane(hdr))
		return;
	if (gso_type != VIRTIO_NET_HDR_GSO_NONE) {
		if (nm_vnet_parse(&p, gso_type))
			nm_vnet_segment(copy, &p,
					le16_to_cpu((__force __le16)hdr->gso_size));
		return;
	}
	if (hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM &&
	    !nm_vnet_checksum(data, len, hdr))
		return;
	nm_vnet_scatter(copy, NULL, 0, data, len);
}

/**
 * nm_vnet_copy() - deliver a packet to a port with another header
 * @copy: source and destination
 * @packet: the packet
 *
 * What cannot be converted, or does not fit, is dropped.
 */
void nm_vnet_copy(struct nm_copy *copy, const struct nm_packet *packet)
{
	u32 slen = copy->svp->up.virt_hdr_len, dlen = copy->dvp->up.virt_hdr_len;
	u8 hdr[NM_VNET_HDR_MAX] = {}, *data = nm_vnet_buffer(copy);
	u32 len;

	/* the header must lie in the first slot */
	if (!data || nm_slot_len(copy->src, packet->slot[0]) < slen)
		return;
	len = nm_vnet_gather(copy, data, packet);
	if (len < slen + ETH_HLEN)
		return;
	memcpy(hdr, data, min_t(u32, slen, sizeof(struct nm_vnet_hdr)));
	data += slen;
	len -= slen;
	if (dlen)
		nm_vnet_scatter(copy, hdr, dlen, data, len);
	else
		nm_vnet_remove(copy, (struct nm_vnet_hdr *)hdr, data, len);
}
