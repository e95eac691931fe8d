/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interfaces with several queues, each with its own number of frames:
 *
 *   queues tap NAME QUEUES    makes a tap device, sends and receives through every queue
 *   queues send IF QUEUES N   sends (i + 1) * N frames through TX ring i, waiting in poll for room
 */
#include "nmtest.h"
#include <linux/if_tun.h>

#define QUEUES_MAX 8
#define LEN 60 /* bytes of a frame */
#define SHARE 20 /* frames of queue 0; queue i has i + 1 times as many */

static uint32_t room(const struct netmap_ring *ring)
{
	return (ring->tail + ring->num_slots - ring->head) % ring->num_slots;
}

static void frame_put(struct netmap_ring *ring, uint8_t queue)
{
	struct netmap_slot *slot = &ring->slot[ring->head];
	char *frame = nt_buf(ring, slot->buf_idx);

	memset(frame, queue, LEN);
	memset(frame, 0xff, 6);
	slot->len = LEN;
	ring->head = ring->cur = nt_next(ring, ring->head);
}

/* A descriptor a ring: poll then waits for room in this one. */
static bool open_all(struct nt_port *ports, const char *name, unsigned int queues)
{
	for (unsigned int i = 0; i < queues; i++) {
		ports[i].reg = (struct nmreq_register){ .nr_mode = NR_REG_ONE_NIC, .nr_ringid = i };
		if (nt_errno_is("a port with several queues", 0, nt_port_open(&ports[i], name, NULL)))
			continue;
		return false;
	}
	nt_equal("  TX rings", queues, ports[0].reg.nr_tx_rings);
	nt_equal("  RX rings", queues, ports[0].reg.nr_rx_rings);
	return true;
}

static void close_all(struct nt_port *ports, unsigned int queues)
{
	for (unsigned int i = 0; i < queues; i++)
		nt_port_close(&ports[i]);
}

/* Whether the driver has all within a while: its copies last, the slots are free then. */
static bool drained(struct nt_port *port, struct netmap_ring *ring)
{
	for (uint64_t end = nt_now_ms() + NT_PATIENCE_MS; nt_now_ms() < end;) {
		ioctl(port->fd, NIOCTXSYNC);
		if (room(ring) == ring->num_slots - 1)
			return true;
		usleep(10000);
	}
	return false;
}

/* Everything through all rings at once; false after a while without room. */
static bool send_all(struct nt_port *ports, unsigned int queues, uint32_t share)
{
	uint32_t left[QUEUES_MAX], waiting = queues;
	struct pollfd p[QUEUES_MAX];

	for (unsigned int i = 0; i < queues; i++) {
		left[i] = (i + 1) * share;
		p[i] = (struct pollfd){ .fd = ports[i].fd, .events = POLLOUT };
	}
	while (waiting) {
		if (poll(p, queues, NT_PATIENCE_MS) < 1)
			return false;
		for (unsigned int i = 0; i < queues; i++) {
			struct netmap_ring *ring = nt_tx(&ports[i], i);

			if (p[i].revents & POLLERR)
				return false;
			for (; left[i] && room(ring); left[i]--)
				frame_put(ring, i + 1);
			if (left[i] || p[i].fd < 0)
				continue;
			p[i].fd = -1;
			waiting--;
		}
	}
	for (unsigned int i = 0; i < queues; i++)
		if (!drained(&ports[i], nt_tx(&ports[i], i)))
			return false;
	return true;
}

static int tap_queue(const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);

	strncpy(ifr.ifr_name, name, sizeof(ifr.ifr_name) - 1);
	if (fd >= 0 && ioctl(fd, TUNSETIFF, &ifr)) {
		close(fd);
		return -1;
	}
	return fd;
}

static void interface_up(const char *name)
{
	struct ifreq ifr = {};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	strncpy(ifr.ifr_name, name, sizeof(ifr.ifr_name) - 1);
	ioctl(fd, SIOCGIFFLAGS, &ifr);
	ifr.ifr_flags |= IFF_UP;
	nt_errno_is("the tap device comes up", 0, ioctl(fd, SIOCSIFFLAGS, &ifr) ? errno : 0);
	close(fd);
}

/* Counts the frames that came out of a queue: those of one ring, and the others. */
static uint32_t tap_count(int fd, unsigned int queue, uint32_t *others)
{
	uint8_t frame[2000];
	uint32_t own = 0;

	while (read(fd, frame, sizeof(frame)) > 0) {
		/* what the stack has to say of itself is not counted */
		if (frame[20] == queue + 1 && frame[30] == queue + 1)
			own++;
		else if (frame[20] && frame[20] == frame[30] && frame[20] <= QUEUES_MAX)
			++*others;
	}
	return own;
}

static void tap_expect(int fd, unsigned int queue)
{
	uint32_t others = 0, own = tap_count(fd, queue, &others);

	nt_result(own == (queue + 1) * SHARE && !others,
		  "ring %u sends through queue %u: %u of %u frames, %u of other rings",
		  queue, queue, own, (queue + 1) * SHARE, others);
}

static void tap_write(int fd, unsigned int queue)
{
	uint8_t frame[LEN];

	memset(frame, queue + 1, LEN);
	memset(frame, 0xff, 6);
	for (uint32_t n = 0; n < (queue + 1) * SHARE; n++)
		if (write(fd, frame, LEN) != LEN)
			nt_result(false, "write to queue %u: %s", queue, strerror(errno));
}

static void ring_expect(struct nt_port *port, unsigned int i)
{
	struct netmap_ring *ring = nt_rx(port, i);
	uint32_t own = 0, others = 0;

	for (uint64_t end = nt_now_ms() + NT_PATIENCE_MS;
	     own + others < (i + 1) * SHARE && nt_now_ms() < end;) {
		struct pollfd p = { .fd = port->fd, .events = POLLIN };

		poll(&p, 1, 20);
		while (ring->head != ring->tail) {
			struct netmap_slot *slot = &ring->slot[ring->head];

			if ((uint8_t)nt_buf(ring, slot->buf_idx)[30] == i + 1)
				own++;
			else
				others++;
			ring->head = ring->cur = nt_next(ring, ring->head);
		}
	}
	nt_result(own == (i + 1) * SHARE && !others,
		  "queue %u receives in ring %u: %u of %u frames, %u of other queues", i, i,
		  own, (i + 1) * SHARE, others);
}

/* A program closes the last queue: its ring then shares the queue of another one. */
static void tap_close_one(struct nt_port *ports, int *fd, unsigned int queues)
{
	uint32_t got = 0, others = 0;

	close(fd[queues - 1]);
	nt_result(send_all(ports, queues, SHARE), "a queue is closed: all frames are sent");
	for (unsigned int i = 0; i < queues - 1; i++)
		got += tap_count(fd[i], i, &others);
	nt_equal("a queue is closed: they come out of the others",
		 queues * (queues + 1) / 2 * SHARE, got + others);
}

static void test_tap(const char *name, unsigned int queues)
{
	struct nt_port ports[QUEUES_MAX] = {};
	int fd[QUEUES_MAX];

	for (unsigned int i = 0; i < queues; i++) {
		fd[i] = tap_queue(name);
		if (fd[i] < 0) {
			nt_result(false, "queue %u of %s: %s", i, name, strerror(errno));
			return;
		}
	}
	interface_up(name);
	if (!open_all(ports, name, queues))
		return;
	nt_result(send_all(ports, queues, SHARE), "  all frames are sent");
	for (unsigned int i = 0; i < queues; i++)
		tap_expect(fd[i], i);
	for (unsigned int i = 0; i < queues; i++)
		tap_write(fd[i], i);
	for (unsigned int i = 0; i < queues; i++)
		ring_expect(&ports[i], i);
	tap_close_one(ports, fd, queues);
	close_all(ports, queues);
	for (unsigned int i = 0; i < queues - 1; i++)
		close(fd[i]);
}

int main(int argc, char **argv)
{
	struct nt_port ports[QUEUES_MAX] = {};
	unsigned int queues;

	if (argc < 4)
		return 2;
	queues = strtoul(argv[3], NULL, 10);
	if (queues > QUEUES_MAX)
		return 2;
	if (!strcmp(argv[1], "tap")) {
		test_tap(argv[2], queues);
	} else if (argc > 4 && open_all(ports, argv[2], queues)) {
		nt_result(send_all(ports, queues, strtoul(argv[4], NULL, 10)), "  all frames are sent");
		close_all(ports, queues);
	}
	return nt_failed != 0;
}
