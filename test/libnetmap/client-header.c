// SPDX-License-Identifier: BSD-2-Clause
/*
 * A program as it was written for the calls in net/netmap_user.h: all of them, with the fields and
 * constants that it has there. Needs no library. Without a device it says what nm_open() left behind.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#define NETMAP_WITH_LIBS
#include <net/netmap_user.h>

static void
on_packet(u_char *argument, const struct nm_pkthdr *h, const u_char *data)
{
	unsigned int *sum = (void *)argument;

	*sum += h->len + h->caplen + (h->flags & NM_MORE_PKTS) + (h->slot->flags & NS_MOREFRAG) +
		*data + *h->buf + (unsigned int)h->ts.tv_sec + (unsigned int)h->d->fd;
}

static void
use(struct nm_desc *d)
{
	struct pollfd pfd = { .fd = NETMAP_FD(d), .events = POLLIN };
	struct nm_pkthdr h;
	unsigned int sum = 0;
	uint32_t r;

	poll(&pfd, 1, 1000);
	for (r = d->first_rx_ring; r <= d->last_rx_ring; r++) {
		struct netmap_ring *ring = NETMAP_RXRING(d->nifp, r);

		while (!nm_ring_empty(ring)) {
			struct netmap_slot *slot = &ring->slot[ring->cur];

			nm_pkt_copy(NETMAP_BUF(ring, slot->buf_idx), d->msg, 64);
			ring->head = ring->cur = nm_ring_next(ring, ring->cur);
		}
		sum += nm_ring_space(ring) + (unsigned int)nm_tx_pending(NETMAP_TXRING(d->nifp, 0));
	}
	while (nm_nextpkt(d, &h))
		sum += h.len;
	nm_dispatch(d, -1, on_packet, (u_char *)&sum);
	if (nm_inject(d, "frame", 5))
		ioctl(NETMAP_FD(d), NIOCTXSYNC, NULL);
	D("%u, %s, %zu bytes, %d to %d", sum, d->req.nr_name, d->memsize, d->first_tx_ring,
	  d->last_tx_ring);
	RD(1, "%d", IS_NETMAP_DESC(d) && d->done_mmap && d->mem && d->some_ring && d->buf_start < d->buf_end);
}

int
main(int argc, char **argv)
{
	struct nmreq base = { .nr_tx_slots = 256, .nr_arg3 = 4 };
	struct nm_desc *d, *second;

	errno = 1;
	d = nm_open("eth0", NULL, 0, NULL);
	printf("not a name of netmap: %d, errno %d\n", d == NULL, errno);
	printf("nothing to close: %d\n", nm_close(NULL) == EINVAL);
	printf("%x %x %x %x %x %x\n", NM_OPEN_NO_MMAP, NM_OPEN_IFNAME, NM_OPEN_ARG1, NM_OPEN_ARG2,
	       NM_OPEN_ARG3, NM_OPEN_RING_CFG);
	d = nm_open(argc > 1 ? argv[1] : "netmap:eth0", &base, NETMAP_NO_TX_POLL, NULL);
	if (!d) {
		printf("no device: errno %s\n", strerror(errno));
		return 0;
	}
	second = nm_open("netmap:eth0", NULL, NM_OPEN_NO_MMAP | NM_OPEN_IFNAME, d);
	if (second && nm_mmap(second, d) == 0)
		use(second);
	nm_close(second);
	use(d);
	return nm_close(d);
}
