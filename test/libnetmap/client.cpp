// SPDX-License-Identifier: BSD-2-Clause
/*
 * The header's calls and the library's from C++. Without a device it says what they left behind.
 */
#include <cerrno>
#include <cstdio>
#include <cstring>
#define NETMAP_WITH_LIBS
#include <libnetmap.h>
#include <net/netmap_user.h>

static void on_packet(unsigned char *argument, const struct nm_pkthdr *header, const unsigned char *)
{
	*reinterpret_cast<unsigned int *>(argument) += header->len;
}

/* Never called without a device; what it calls must compile and link. */
static unsigned int use(struct nm_desc *d)
{
	unsigned int sum = 0;

	for (unsigned int r = d->first_rx_ring; r <= d->last_rx_ring; r++) {
		struct netmap_ring *ring = NETMAP_RXRING(d->nifp, r);

		for (; !nm_ring_empty(ring); ring->head = ring->cur = nm_ring_next(ring, ring->cur))
			nm_pkt_copy(NETMAP_BUF(ring, ring->slot[ring->cur].buf_idx), d->msg, 64);
		sum += nm_ring_space(ring);
	}
	nm_dispatch(d, -1, on_packet, reinterpret_cast<unsigned char *>(&sum));
	return sum + static_cast<unsigned int>(nm_inject(d, "frame", 5));
}

int main()
{
	struct nmport_d *port = nmport_prepare("netmap:eth0-2/x");
	struct nm_desc *d;

	if (!port)
		return 1;
	std::printf("%s mode %d ring %d\n", port->hdr.nr_name, static_cast<int>(port->reg.nr_mode),
		    static_cast<int>(port->reg.nr_ringid));
	nmport_undo_prepare(port);
	d = nm_open("netmap:eth0", nullptr, 0, nullptr);
	if (d) {
		use(d);
		return nm_close(d);
	}
	std::printf("no device: %s\n", std::strerror(errno));
	return 0;
}
