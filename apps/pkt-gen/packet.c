// SPDX-License-Identifier: BSD-2-Clause
/* pcap:NAME, an interface without netmap: what libpcap captures with, a packet socket (packet(7)). */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>
#include <unistd.h>
#include "pkt-gen.h"

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23 /* since Linux 4.20 */
#endif

/* A socket for all frames of an interface, promiscuous; what it sends it does not receive. -1 on failure. */
int
packet_open(const char *name)
{
	int one = 1, fd = socket(AF_PACKET, SOCK_RAW, 0);
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_protocol = htons(ETH_P_ALL),
				       .sll_ifindex = (int)if_nametoindex(name) };
	struct packet_mreq promiscuous = { .mr_ifindex = address.sll_ifindex,
					   .mr_type = PACKET_MR_PROMISC };

	if (fd < 0 || !address.sll_ifindex) {
		D("cannot capture on %s: %s", name, strerror(errno));
	} else if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous,
			      sizeof(promiscuous)) < 0 ||
		   setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) < 0 ||
		   bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		D("cannot capture on %s: %s", name, strerror(errno));
	} else {
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}
