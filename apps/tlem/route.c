// SPDX-License-Identifier: BSD-2-Clause
/* What the router does with a frame. */
#include <string.h>
#include "route.h"

#define ETHERTYPE_IP4 0x0800
#define ETHERTYPE_ARP 0x0806
#define ETHERTYPE_MIN 0x0600 /* below: a length, 802.3 */
#define ARP_REQUEST 1
#define ARP_REPLY 2
#define ARP_FRAME 42
#define ETHER_SIZE 14

static const uint8_t ether_broadcast[6] = { 255, 255, 255, 255, 255, 255 };

static uint32_t
get16(const uint8_t *p)
{
	return (uint32_t)(p[0] << 8 | p[1]);
}

static uint32_t
get32(const uint8_t *p)
{
	return get16(p) << 16 | get16(p + 2);
}

static void
put32(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 24);
	p[1] = (uint8_t)(value >> 16);
	p[2] = (uint8_t)(value >> 8);
	p[3] = (uint8_t)value;
}

/* The place of an address in the table; when all are taken, the oldest of eight is reused. */
static struct arp_entry *
arp_slot(struct route_port *port, uint32_t ip)
{
	uint32_t start = ip * 2654435761u % ARP_ENTRIES, i;
	struct arp_entry *oldest = &port->table[start];

	for (i = 0; i < 8; i++) {
		struct arp_entry *entry = &port->table[(start + i) % ARP_ENTRIES];

		if (entry->ip == ip || entry->ip == 0) {
			entry->ip = ip;
			return entry;
		}
		if (entry->asked < oldest->asked)
			oldest = entry;
	}
	memset(oldest, 0, sizeof(*oldest));
	oldest->ip = ip;
	return oldest;
}

/* Hands an ARP frame to the consumer that sends on port out; lost when its mailbox is full. */
static void
send_arp(struct router *router, int out, int producer, uint32_t operation, const uint8_t to[6],
	 uint32_t target_ip)
{
	static const uint8_t fixed[] = { 0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0 };
	struct mailbox *mail = router->to[out][producer];
	const struct route_port *port = &router->port[out];
	uint8_t *frame;

	if (mail->tail - __atomic_load_n(&mail->head, __ATOMIC_ACQUIRE) == MAIL_SLOTS)
		return;
	frame = mail->frame[mail->tail % MAIL_SLOTS];
	memset(frame, 0, MAIL_SIZE);
	memcpy(frame, to, 6);
	memcpy(frame + 6, port->mac, 6);
	memcpy(frame + 12, fixed, sizeof(fixed));
	frame[21] = (uint8_t)operation;
	memcpy(frame + 22, port->mac, 6);
	put32(frame + 28, port->ip);
	if (operation == ARP_REPLY)
		memcpy(frame + 32, to, 6);
	put32(frame + 38, target_ip);
	__atomic_store_n(&mail->tail, mail->tail + 1, __ATOMIC_RELEASE);
}

/* ARP that arrived by port in: answers requests for our address, learns from replies. */
static void
handle_arp(struct router *router, int in, const uint8_t *frame, uint32_t len)
{
	struct route_port *port = &router->port[in];
	struct arp_entry *entry;

	if (len < ARP_FRAME || get16(frame + 14) != 1 || get16(frame + 16) != ETHERTYPE_IP4 ||
	    get32(frame + 38) != port->ip)
		return;
	if (get16(frame + 20) == ARP_REQUEST) {
		/* the producer of direction in reads port in */
		send_arp(router, in, in, ARP_REPLY, frame + 22, get32(frame + 28));
	} else if (get16(frame + 20) == ARP_REPLY && get32(frame + 28)) {
		pthread_mutex_lock(&port->lock);
		entry = arp_slot(port, get32(frame + 28));
		entry->known = 1;
		memcpy(entry->mac, frame + 22, 6);
		pthread_mutex_unlock(&port->lock);
	}
}

/* The MAC address of a neighbour of port out; broadcast, and a request, while it is not known. */
static void
resolve(struct router *router, int out, int producer, uint32_t ip, uint8_t mac[6])
{
	struct route_port *port = &router->port[out];
	uint64_t now = now_ns();
	struct arp_entry *entry;
	int ask = 0;

	memcpy(mac, ether_broadcast, 6);
	pthread_mutex_lock(&port->lock);
	entry = arp_slot(port, ip);
	if (entry->known) {
		memcpy(mac, entry->mac, 6);
	} else if (!entry->asked || now - entry->asked >= ARP_RETRY_NS) {
		entry->asked = now;
		ask = 1;
	}
	pthread_mutex_unlock(&port->lock);
	if (ask)
		send_arp(router, out, producer, ARP_REQUEST, ether_broadcast, ip);
}

enum route_verdict
route_packet(struct direction *d, uint8_t *frame, uint32_t len)
{
	struct route_port *out = &d->router->port[!d->id];
	const struct route_port *in = &d->router->port[d->id];
	uint32_t type, destination;

	if (len < ETHER_SIZE)
		return ROUTE_DROP_SILENTLY;
	type = get16(frame + 12);
	if (type < ETHERTYPE_MIN)
		return ROUTE_DROP_SILENTLY;
	if (type == ETHERTYPE_ARP) {
		handle_arp(d->router, d->id, frame, len);
		return ROUTE_DROP_SILENTLY;
	}
	if (type != ETHERTYPE_IP4 || len < 34 || !memcmp(frame, ether_broadcast, 6))
		return ROUTE_DROP;
	destination = get32(frame + 30);
	if (destination == 0xffffffff || destination == out->broadcast ||
	    destination == in->broadcast)
		return ROUTE_DROP;
	if ((destination & out->mask) != (out->ip & out->mask)) {
		/* what belongs to the network it came from does not go to a gateway */
		if (!out->gateway || (destination & in->mask) == (in->ip & in->mask))
			return ROUTE_DROP;
		destination = out->gateway;
	}
	resolve(d->router, !d->id, d->id, destination, frame);
	memcpy(frame + 6, out->mac, 6);
	return ROUTE_FORWARD;
}
