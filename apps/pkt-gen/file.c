// SPDX-License-Identifier: BSD-2-Clause
/* TAP devices and packet sockets: the same frames through read() and write(). */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include "pkt-gen.h"

#define SILENCE_MS 1000

/* The descriptor of a TAP interface, created if need be; -1 on failure. */
int
tap_open(const char *name)
{
	struct ifreq ifr;
	int fd;

	D("want to use tap %s", name);
	fd = open("/dev/net/tun", O_RDWR);
	if (fd < 0) {
		D("/dev/net/tun: %s", strerror(errno));
		return -1;
	}
	D("/dev/net/tun open successful");
	memset(&ifr, 0, sizeof(ifr));
	ifr.ifr_flags = IFF_TAP | IFF_NO_PI;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%.*s", IFNAMSIZ - 1, name);
	if (strlen(name) >= IFNAMSIZ || ioctl(fd, TUNSETIFF, &ifr) < 0) {
		D("failed to set up %s: %s", name,
		  strlen(name) >= IFNAMSIZ ? "name too long" : strerror(errno));
		close(fd);
		return -1;
	}
	D("new name is %s", ifr.ifr_name);
	return fd;
}

/* A write fails while the interface is down: tried again, not counted. */
void
file_send(struct worker *worker)
{
	uint64_t count = worker->count < 0 ? UINT64_MAX : (uint64_t)worker->count;
	struct frame *frame = &worker->frame;
	size_t size = (size_t)(frame->ether_size + frame->vnet_header);
	uint64_t sent = 0, batches = 0;
	struct pacer pacer;

	D("writing to file desc %d", worker->fd);
	pacer_init(&pacer, worker->config->burst, worker->rate);
	pacer_start(&pacer, &worker->start);
	worker->used = 1;
	while (!stop_requested && sent < count) {
		int i;

		pacer_wait(&pacer);
		for (i = 0; i < pacer.burst && sent < count && !stop_requested; i++) {
			if (write(worker->fd, frame->start, size) < 0) {
				poll(NULL, 0, 1);
				break;
			}
			sent++;
			pacer.credit--;
			if (frame->varies)
				frame_next(frame);
		}
		batches += i > 0;
		worker_queue(worker, 0, (uint64_t)i);
		worker_publish(worker, sent, sent * size, batches);
	}
	pacer_end(&pacer);
}

void
file_receive(struct worker *worker)
{
	uint64_t count = worker->count < 0 ? UINT64_MAX : (uint64_t)worker->count;
	struct pollfd pfd = { .fd = worker->fd, .events = POLLIN };
	static char packet[FRAME_MAX + VNET_HDR_MAX];
	uint64_t received = 0, bytes = 0;

	while (!stop_requested && received < count) {
		ssize_t n;

		if (poll(&pfd, 1, SILENCE_MS) <= 0) {
			if (received && worker->config->stop_on_silence)
				break;
			continue;
		}
		n = read(worker->fd, packet, sizeof(packet));
		if (n <= 0)
			continue;
		if (!worker->used) {
			clock_gettime(CLOCK_MONOTONIC, &worker->start);
			worker->used = 1;
		}
		received++;
		bytes += (uint64_t)n;
		worker_queue(worker, 0, 1);
		worker_publish(worker, received, bytes, received);
	}
}
