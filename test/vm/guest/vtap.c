// SPDX-License-Identifier: BSD-2-Clause
/*
 * vtap: a network stack on a port of a switch, the way virtual machines are: a tap device in a namespace of its own, and a
 * program that moves frames between it and the port. With headers the stack leaves checksums and segments to others.
 *
 *   vtap PORT NAMESPACE TAP 0|12     runs until SIGTERM, then prints what passed as JSON
 */
#include "nmtest.h"
#include <linux/if_tun.h>
#include <sched.h>
#include <signal.h>

#define FRAME_MAX (65536 + 64)

static volatile sig_atomic_t over;
static struct { unsigned long long sent, received, segments, checksums, longest, lost; } count;

static void end(int signal)
{
	(void)signal;
	over = 1;
}

static int tap_open(const char *ns, const char *name, int header)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | (header ? IFF_VNET_HDR : 0) };
	char path[64];
	int fd;

	/* where iproute2 keeps them depends on how it was built */
	snprintf(path, sizeof(path), "/run/netns/%s", ns);
	fd = open(path, O_RDONLY);
	if (fd < 0) {
		snprintf(path, sizeof(path), "/var/run/netns/%s", ns);
		fd = open(path, O_RDONLY);
	}
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		return -1;
	close(fd);
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
	strncpy(ifr.ifr_name, name, sizeof(ifr.ifr_name) - 1);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr))
		return -1;
	if (header && (ioctl(fd, TUNSETVNETHDRSZ, &header) || ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4)))
		return -1;
	return fd;
}

static uint32_t room(const struct netmap_ring *ring)
{
	return (ring->tail + ring->num_slots - ring->head) % ring->num_slots;
}

/* One frame of the stack into slots of the port. */
static void send_frame(struct nt_port *port, const char *frame, size_t len, int header)
{
	struct netmap_ring *tx = nt_tx(port, 0);
	size_t done = 0;

	while (room(tx) < FRAME_MAX / 2048 + 1)
		ioctl(port->fd, NIOCTXSYNC);
	count.sent++;
	count.segments += header && frame[1];
	count.checksums += header && frame[0] & 1;
	while (done < len) {
		struct netmap_slot *slot = &tx->slot[tx->head];
		size_t n = len - done < tx->nr_buf_size ? len - done : tx->nr_buf_size;

		memcpy(nt_buf(tx, slot->buf_idx), frame + done, n);
		done += n;
		slot->len = n;
		slot->flags = done < len ? NS_MOREFRAG : 0;
		tx->head = tx->cur = nt_next(tx, tx->head);
	}
}

/* Whole frames of the port to the stack. */
static void receive(struct nt_port *port, int tap)
{
	struct netmap_ring *rx = nt_rx(port, 0);
	static char frame[FRAME_MAX];
	static size_t len;

	while (rx->head != rx->tail) {
		struct netmap_slot *slot = &rx->slot[rx->head];

		if (len + slot->len <= sizeof(frame))
			memcpy(frame + len, nt_buf(rx, slot->buf_idx), slot->len);
		len += slot->len;
		if (!(slot->flags & NS_MOREFRAG)) {
			count.received++;
			count.longest = len > count.longest ? len : count.longest;
			count.lost += len > sizeof(frame) || write(tap, frame, len) != (ssize_t)len;
			len = 0;
		}
		rx->head = rx->cur = nt_next(rx, rx->head);
	}
}

int main(int argc, char **argv)
{
	struct nt_port port = { .reg.nr_flags = NR_ACCEPT_VNET_HDR };
	static char frame[FRAME_MAX];
	struct nmreq_port_hdr hdr;
	int tap, fd, error;

	if (argc < 5)
		return 2;
	hdr.nr_hdr_len = atoi(argv[4]);
	fd = nt_open();
	error = nt_port_open(&port, argv[1], NULL);
	if (!error)
		error = nt_ctrl(fd, NETMAP_REQ_PORT_HDR_SET, argv[1], &hdr, NULL);
	close(fd);
	tap = error ? -1 : tap_open(argv[2], argv[3], hdr.nr_hdr_len);
	if (tap < 0) {
		fprintf(stderr, "vtap: %s: %s\n", argv[1], strerror(error ? error : errno));
		return 1;
	}
	signal(SIGTERM, end);
	while (!over) {
		struct pollfd fds[2] = { { port.fd, POLLIN, 0 }, { tap, POLLIN, 0 } };
		ssize_t n;

		poll(fds, 2, 500);
		for (int i = 0; i < 64 && (n = read(tap, frame, sizeof(frame))) > 0; i++)
			send_frame(&port, frame, n, hdr.nr_hdr_len);
		ioctl(port.fd, NIOCTXSYNC);
		receive(&port, tap);
	}
	printf("{\"sent\":%llu,\"segments\":%llu,\"checksums\":%llu,\"received\":%llu,\"longest\":%llu,\"lost\":%llu}\n",
	       count.sent, count.segments, count.checksums, count.received, count.longest, count.lost);
	return 0;
}
