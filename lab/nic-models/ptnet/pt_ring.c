// SPDX-License-Identifier: MIT
/*
 * Rings: the work of a host that syncs the rings of its guest whenever it is kicked, by the CSB protocol. What the guest
 * writes is believed only after a look.
 */
#include <string.h>
#include "pt_port.h"

#define ROUNDS	16	/* of one kick; then other devices have their turn */

static uint32_t next(const struct pt_ring *r, uint32_t i)
{
	return i + 1 == r->slots ? 0 : i + 1;
}

static uint32_t prev(const struct pt_ring *r, uint32_t i)
{
	return i ? i - 1 : r->slots - 1;
}

static uint32_t distance(const struct pt_ring *r, uint32_t a, uint32_t b)
{
	return b >= a ? b - a : b + r->slots - a;
}

static void violation(struct pt_port *port)
{
	port->stats[PT_STAT_violations]++;
}

/*
 * CSB: 64 bytes a ring in each direction
 */

static uint32_t csb_read(struct pt_port *port, uint32_t k, size_t field)
{
	uint32_t value = 0;

	port->ops->dma_read(port->host, port->csb_gh + k * sizeof(struct nm_csb_atok) + field, &value, 4);
	return value;
}

static void csb_write(struct pt_port *port, uint64_t base, uint32_t k, size_t field, uint32_t value)
{
	port->ops->dma_write(port->host, base + k * sizeof(struct nm_csb_ktoa) + field, &value, 4);
}

#define ATOK(port, k, field)		csb_read(port, k, offsetof(struct nm_csb_atok, field))
#define KTOA(port, k, field, value)	csb_write(port, (port)->csb_hg, k, offsetof(struct nm_csb_ktoa, field), value)

static void positions(struct pt_port *port, uint32_t k, uint32_t hwcur, uint32_t hwtail)
{
	__sync_synchronize();	/* slots, then hwcur, then hwtail */
	KTOA(port, k, hwcur, hwcur);
	__sync_synchronize();
	KTOA(port, k, hwtail, hwtail);
}

static void notify(struct pt_port *port, uint32_t k)
{
	__sync_synchronize();	/* pairs with the guest, which looks again after asking */
	if (!ATOK(port, k, appl_need_kick))
		return;
	port->stats[PT_STAT_irqs]++;
	port->ops->irq(port->host, k);
}

void pt_ring_publish(struct pt_port *port, uint32_t k)
{
	struct pt_ring *r = &port->rings[k];

	positions(port, k, r->hwcur, r->hwtail);
	notify(port, k);
}

/* Positions that are not those of the ring, and an interrupt whether wanted or not. */
void pt_ring_lie(struct pt_port *port, uint32_t k, uint32_t hwcur, uint32_t hwtail)
{
	positions(port, k, hwcur, hwtail);
	port->stats[PT_STAT_irqs]++;
	port->ops->irq(port->host, k);
}

/* As the host allocated it: everything free for the guest to send, nothing received. */
void pt_ring_lay_out(struct pt_port *port, struct pt_ring *r)
{
	for (uint32_t s = 0; s < r->slots; s++)
		r->ring->slot[s] = (struct netmap_slot){ .buf_idx = r->own[s], .len = PT_BUF_SIZE };
	r->head = r->cur = r->hwcur = 0;
	r->hwtail = r->tx ? r->slots - 1 : 0;
	r->start_at.on = false;
	(void)port;
}

/* A ring keeps its positions from one backend to the next: they begin where the last one ended. */
void pt_ring_start(struct pt_port *port, uint32_t k)
{
	struct pt_ring *r = &port->rings[k];
	const struct nm_csb_atok atok = { .head = r->head, .cur = r->cur, .appl_need_kick = 1, .sync_flags = 1 };

	port->ops->dma_write(port->host, port->csb_gh + k * sizeof(atok), &atok, sizeof(atok));
	positions(port, k, r->start_at.on ? r->start_at.hwcur : r->hwcur,
		  r->start_at.on ? r->start_at.hwtail : r->hwtail);
	r->start_at.on = false;
	KTOA(port, k, kern_need_kick, 1);
}

/* Takes over what the guest has written. False if it is impossible: then nothing moves. */
static bool take_over(struct pt_port *port, uint32_t k)
{
	struct pt_ring *r = &port->rings[k];
	uint32_t head = ATOK(port, k, head), cur;

	__sync_synchronize();	/* head before cur, cur before the slots */
	cur = ATOK(port, k, cur);
	__sync_synchronize();
	if (head < r->slots && cur < r->slots &&
	    distance(r, r->hwcur, r->head) <= distance(r, r->hwcur, head) &&
	    distance(r, r->hwcur, head) <= distance(r, r->hwcur, cur) &&
	    distance(r, r->hwcur, cur) <= distance(r, r->hwcur, r->hwtail)) {
		r->head = head;
		r->cur = cur;
		return true;
	}
	violation(port);
	KTOA(port, k, kern_need_kick, 1);
	return false;
}

/*
 * Asks for a kick. True if the guest went on in between, and then the kick is not wanted any more.
 */
static bool rest(struct pt_port *port, uint32_t k)
{
	KTOA(port, k, kern_need_kick, 1);
	__sync_synchronize();	/* pairs with the guest, which looks at it after moving head */
	if (ATOK(port, k, head) == port->rings[k].head)
		return false;
	KTOA(port, k, kern_need_kick, 0);
	return true;
}

/*
 * From the guest
 */

/* Gathers one frame from r->hwcur on; the slot behind it, or -1 if its end is not there yet. */
static int64_t gather(struct pt_port *port, struct pt_ring *r, uint32_t *len, bool *bad)
{
	uint32_t i = r->hwcur, frags = 0;

	*len = 0;
	*bad = false;
	while (i != r->head) {
		struct netmap_slot *slot = &r->ring->slot[i];
		uint16_t flags = *(volatile uint16_t *)&slot->flags, n = *(volatile uint16_t *)&slot->len;
		const uint8_t *buf = pt_memory_buf(port->mem, *(volatile uint32_t *)&slot->buf_idx);

		i = next(r, i);
		slot->flags = flags & ~(NS_BUF_CHANGED | NS_REPORT);
		if (!buf || n > PT_BUF_SIZE || flags & NS_INDIRECT) {
			violation(port);
			*bad = true;
		} else if (++frags > NETMAP_MAX_FRAGS || *len + n > PT_FRAME_MAX) {
			*bad = true;
		} else {
			memcpy(port->frame + *len, buf, n);
			*len += n;
		}
		if (!(flags & NS_MOREFRAG))
			return i;
	}
	return -1;
}

static void transmit(struct pt_port *port, uint32_t k)
{
	struct pt_ring *r = &port->rings[k];

	for (;;) {
		uint32_t len;
		bool bad;
		int64_t end = gather(port, r, &len, &bad);

		if (end < 0)
			break;
		r->hwcur = end;
		r->hwtail = prev(r, end);
		if (bad || len < port->vnet_len + 14) {
			port->stats[PT_STAT_tx_bad]++;
			continue;
		}
		port->stats[PT_STAT_tx]++;
		port->ops->transmit(port->host, port->frame, len);
	}
}

static void kicked_tx(struct pt_port *port, uint32_t k)
{
	struct pt_ring *r = &port->rings[k];

	KTOA(port, k, kern_need_kick, 0);
	for (int round = 0; round < ROUNDS; round++) {
		uint32_t tail = r->hwtail;

		if (!take_over(port, k))
			return;
		if (port->hold) {
			KTOA(port, k, kern_need_kick, 1);
			return;
		}
		transmit(port, k);
		if (tail != r->hwtail)
			pt_ring_publish(port, k);
		if (ATOK(port, k, head) == r->head && !rest(port, k))
			return;
	}
	port->ops->later(port->host);
}

/*
 * To the guest
 */

static uint32_t room(const struct pt_ring *r)
{
	return distance(r, r->hwtail, prev(r, r->hwcur));
}

/* Slots that the guest gave back. */
static void reclaim(struct pt_port *port, uint32_t k)
{
	struct pt_ring *r = &port->rings[k];

	if (!take_over(port, k))
		return;
	for (; r->hwcur != r->head; r->hwcur = next(r, r->hwcur)) {
		struct netmap_slot *slot = &r->ring->slot[r->hwcur];

		slot->flags = 0;
		/* what a test broke is mended; what the guest broke is its own fault */
		if (slot->buf_idx == port->bad_buf_idx && port->bad_buf_idx)
			slot->buf_idx = r->own[r->hwcur];
		if (!pt_memory_buf(port->mem, slot->buf_idx)) {
			violation(port);
			slot->buf_idx = r->own[r->hwcur];
		}
	}
}

static bool enough(struct pt_port *port, uint32_t k, uint32_t slots)
{
	struct pt_ring *r = &port->rings[k];

	if (room(r) >= slots)
		return true;
	reclaim(port, k);
	if (room(r) >= slots)
		return true;
	if (rest(port, k))
		reclaim(port, k);
	return room(r) >= slots;
}

static void store(struct pt_port *port, struct pt_ring *r, const uint8_t *data, uint32_t len, bool more)
{
	struct netmap_slot *slot = &r->ring->slot[r->hwtail];

	/* the memory is shared: the guest can write to slots that it does not have */
	if (!pt_memory_buf(port->mem, *(volatile uint32_t *)&slot->buf_idx)) {
		violation(port);
		slot->buf_idx = r->own[r->hwtail];
	}
	memcpy(pt_memory_buf(port->mem, slot->buf_idx), data, len);
	slot->len = len;
	slot->flags = more ? NS_MOREFRAG : 0;
	if (port->bad_len) {
		port->bad_len--;
		slot->len = 65535;
	}
	if (port->bad_buf) {
		port->bad_buf--;
		slot->buf_idx = port->bad_buf_idx;
	}
	r->hwtail = next(r, r->hwtail);
	port->stats[PT_STAT_rx_slots]++;
}

/*
 * A frame for the guest; the first vnet_len bytes are its header, for a port with the same kind. The last byte of the
 * source address decides the ring. 1: taken, or lost because the guest is not there; 0: no room now.
 */
int pt_port_receive(struct pt_port *port, const uint8_t *frame, uint32_t len, uint32_t vnet_len)
{
	/* the checksums of what comes from the network have been looked at: DATA_VALID */
	static const uint8_t plain[PT_VNET_LEN] = { 2 };
	uint32_t total = len - vnet_len + port->vnet_len, done = 0, k;
	const uint8_t *header = vnet_len ? frame : plain;
	uint8_t first[PT_BUF_SIZE];

	if (!port->running) {
		port->stats[PT_STAT_rx_drop_off]++;
		return 1;
	}
	frame += vnet_len;
	len -= vnet_len;
	k = port->config.tx_rings + frame[11] % port->config.rx_rings;
	if (!enough(port, k, (total + PT_BUF_SIZE - 1) / PT_BUF_SIZE)) {
		port->stats[PT_STAT_rx_wait]++;
		return 0;
	}
	while (done < total) {
		uint32_t at = done ? 0 : port->vnet_len, n = total - done < PT_BUF_SIZE ? total - done : PT_BUF_SIZE;

		memcpy(first, header, at);
		memcpy(first + at, frame + (done ? done - port->vnet_len : 0), n - at);
		done += n;
		store(port, &port->rings[k], first, n, done < total);
	}
	port->stats[PT_STAT_rx]++;
	pt_ring_publish(port, k);
	return 1;
}

void pt_ring_kicked(struct pt_port *port, uint32_t k)
{
	if (port->rings[k].tx) {
		kicked_tx(port, k);
		return;
	}
	KTOA(port, k, kern_need_kick, 0);
	reclaim(port, k);
	positions(port, k, port->rings[k].hwcur, port->rings[k].hwtail);
	port->ops->room(port->host);
}
