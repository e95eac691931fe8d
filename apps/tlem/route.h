/* SPDX-License-Identifier: BSD-2-Clause */
/* Route mode: an IPv4 router between the networks of the two ports. */
#ifndef TLEM_ROUTE_H_
#define TLEM_ROUTE_H_

#include <pthread.h>
#include <stdint.h>
#include "tlem.h"

#define ARP_ENTRIES 1024
#define ARP_RETRY_NS 5000000000ULL

/* One neighbour; addresses in host byte order. */
struct arp_entry {
	uint32_t ip; /* 0: free */
	int known;
	uint8_t mac[6];
	uint64_t asked; /* when a request was sent last */
};

/* A port as the router sees it. */
struct route_port {
	uint32_t ip, mask, broadcast, gateway;
	uint8_t mac[6];
	pthread_mutex_t lock; /* of the table: one producer writes, the other reads */
	struct arp_entry table[ARP_ENTRIES];
};

struct router {
	struct route_port port[2];
	struct mailbox *to[2][2]; /* [port the frame leaves by][producer] */
};

#endif
