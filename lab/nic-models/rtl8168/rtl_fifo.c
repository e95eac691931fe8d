// SPDX-License-Identifier: MIT
/*
 * The receive FIFO: frames (two bytes of length, then the frame) that found no descriptor. Nothing tells the chip that
 * the driver gave descriptors back, so it looks again with every frame that arrives, and after a while by itself: soon
 * at first, more and more seldom while nothing changes, because every look takes time from the guest.
 */
#include <string.h>
#include "rtl_nic.h"

#define POLL_FIRST_NS	20000
#define POLL_LAST_NS	320000
#define LENGTH_SIZE	2

static void copy_in(struct rtl_nic *nic, uint32_t at, const uint8_t *from, uint32_t len)
{
	uint32_t first;

	at %= RTL_FIFO_SIZE;
	first = RTL_FIFO_SIZE - at < len ? RTL_FIFO_SIZE - at : len;
	memcpy(nic->fifo + at, from, first);
	memcpy(nic->fifo, from + first, len - first);
}

static void copy_out(const struct rtl_nic *nic, uint32_t at, uint8_t *to, uint32_t len)
{
	uint32_t first;

	at %= RTL_FIFO_SIZE;
	first = RTL_FIFO_SIZE - at < len ? RTL_FIFO_SIZE - at : len;
	memcpy(to, nic->fifo + at, first);
	memcpy(to + first, nic->fifo, len - first);
}

/* An armed timer stays: setting it again would put the look off as long as frames keep coming. */
static void poll_later(struct rtl_nic *nic)
{
	if (nic->fifo_polling)
		return;
	nic->fifo_polling = true;
	nic->ops->timer(nic->host, RTL_TIMER_RX, nic->fifo_poll_ns);
	if (nic->fifo_poll_ns < POLL_LAST_NS)
		nic->fifo_poll_ns *= 2;
}

/* The timer has run out. */
void rtl_fifo_poll(struct rtl_nic *nic)
{
	nic->fifo_polling = false;
	if (rtl_rx_enabled(nic))
		rtl_fifo_drain(nic);
}

/* The receiver can go on: link back, or switched on again. */
void rtl_fifo_wake(struct rtl_nic *nic)
{
	nic->fifo_poll_ns = POLL_FIRST_NS;
	if (nic->fifo_frames)
		poll_later(nic);
}

/* Keeps a frame. Returns false when it is full. */
bool rtl_fifo_put(struct rtl_nic *nic, const uint8_t *frame, uint32_t len)
{
	const uint8_t length[LENGTH_SIZE] = { len, len >> 8 };
	uint32_t at = nic->fifo_head + nic->fifo_used;

	if (nic->fifo_used + LENGTH_SIZE + len > RTL_FIFO_SIZE)
		return false;
	copy_in(nic, at, length, LENGTH_SIZE);
	copy_in(nic, at + LENGTH_SIZE, frame, len);
	nic->fifo_used += LENGTH_SIZE + len;
	if (!nic->fifo_frames++)
		rtl_irq_raise(nic, INT_RX_OVERFLOW);
	poll_later(nic);
	return true;
}

/* Moves frames into the ring as long as there are descriptors. */
void rtl_fifo_drain(struct rtl_nic *nic)
{
	while (nic->fifo_frames) {
		uint8_t length[LENGTH_SIZE];
		uint32_t len;

		copy_out(nic, nic->fifo_head, length, LENGTH_SIZE);
		len = length[0] | length[1] << 8;
		copy_out(nic, nic->fifo_head + LENGTH_SIZE, nic->fifo_frame, len);
		if (!rtl_rx_store(nic, nic->fifo_frame, len)) {
			poll_later(nic);
			return;
		}
		nic->fifo_head = (nic->fifo_head + LENGTH_SIZE + len) % RTL_FIFO_SIZE;
		nic->fifo_used -= LENGTH_SIZE + len;
		nic->fifo_frames--;
		nic->fifo_poll_ns = POLL_FIRST_NS;
	}
}

/*
 * Whether the link partner is asked to wait: pause frames go out above a water mark, and what is on its way must still
 * fit. A receiver that is off asks for nothing.
 */
bool rtl_fifo_pauses(const struct rtl_nic *nic)
{
	return nic->pause && rtl_rx_enabled(nic) && nic->fifo_used > RTL_FIFO_SIZE / 2;
}

void rtl_fifo_reset(struct rtl_nic *nic)
{
	nic->stats[RTL_STAT_rx_drop_reset] += nic->fifo_frames;
	nic->fifo_head = 0;
	nic->fifo_used = 0;
	nic->fifo_frames = 0;
	nic->fifo_poll_ns = POLL_FIRST_NS;
}
