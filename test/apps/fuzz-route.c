// SPDX-License-Identifier: BSD-2-Clause
/* tlem's router, which reads what hosts send: the part of fuzz.c that needs tlem's headers. */
#include <stdlib.h>
#include <string.h>
#include "route.h"

#define STEP 64 /* bytes of the input that become one frame */

void fuzz_route(const uint8_t *data, size_t size);

/* Time passes quickly, so that requests are repeated. */
uint64_t
now_ns(void)
{
	static uint64_t now;

	return now += ARP_RETRY_NS / 3;
}

static void
set_port(struct route_port *port, uint32_t ip, uint32_t gateway)
{
	memset(port->table, 0, sizeof(port->table));
	pthread_mutex_init(&port->lock, NULL);
	port->ip = ip;
	port->mask = 0xffffff00;
	port->broadcast = ip | 0xff;
	port->gateway = gateway;
}

void
fuzz_route(const uint8_t *data, size_t size)
{
	static struct direction directions[2];
	static struct router router;
	int d, producer;

	set_port(&router.port[0], 0x0a010001, 0);
	set_port(&router.port[1], 0x0a020001, 0x0a020002);
	for (d = 0; d < 2; d++) {
		directions[d].id = d;
		directions[d].router = &router;
		for (producer = 0; producer < 2; producer++) {
			memset(&directions[d].mail[producer], 0, sizeof(struct mailbox));
			router.to[!d][producer] = &directions[d].mail[producer];
		}
	}
	while (size > 1) {
		uint32_t len = *data % STEP;
		uint8_t *frame;

		d = *data >> 7;
		data++;
		size--;
		len = len < size ? len : (uint32_t)size;
		frame = malloc(len ? len : 1);
		if (!frame)
			return;
		memcpy(frame, data, len);
		if (route_packet(&directions[d], frame, len) == ROUTE_FORWARD && len < 34)
			abort();
		free(frame);
		data += len;
		size -= len;
	}
}
