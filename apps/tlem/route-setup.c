// SPDX-License-Identifier: BSD-2-Clause
/* The router's addresses: from the interfaces of the OS. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "route.h"

/* The interface of a port name: letters and digits behind "netmap:". */
static void
interface_name(const char *port, char name[IFNAMSIZ])
{
	size_t n = 0;

	if (strncmp(port, "netmap:", 7)) {
		FAIL("route mode needs netmap: ports, not %s", port);
		usage();
	}
	port += 7;
	while (isalnum((unsigned char)port[n]) && n < IFNAMSIZ - 1)
		n++;
	memcpy(name, port, n);
	name[n] = '\0';
	if (!n || port[n] == '{' || port[n] == '}') {
		FAIL("route mode needs an interface, not netmap:%s", port);
		usage();
	}
}

/* One address of an interface, host byte order. */
static uint32_t
get_address(int fd, const char *name, unsigned long request, const char *what)
{
	struct sockaddr_in address;
	struct ifreq ifr = { 0 };

	memcpy(ifr.ifr_name, name, strlen(name) + 1);
	if (ioctl(fd, request, &ifr) < 0) {
		FAIL("failed to get %s for %s: %s", what, name, strerror(errno));
		usage();
	}
	memcpy(&address, &ifr.ifr_addr, sizeof(address));
	return ntohl(address.sin_addr.s_addr);
}

static void
read_interface(struct route_port *port, const char *name)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq ifr = { 0 };

	if (fd < 0) {
		FAIL("cannot open a socket: %s", strerror(errno));
		exit(1);
	}
	LOG("trying to get configuration for %s", name);
	port->ip = get_address(fd, name, SIOCGIFADDR, "IPv4 address");
	port->mask = get_address(fd, name, SIOCGIFNETMASK, "netmask");
	port->broadcast = get_address(fd, name, SIOCGIFBRDADDR, "broadcast address");
	memcpy(ifr.ifr_name, name, strlen(name) + 1);
	if (ioctl(fd, SIOCGIFHWADDR, &ifr) < 0) {
		FAIL("failed to get MAC address for %s: %s", name, strerror(errno));
		usage();
	}
	memcpy(port->mac, ifr.ifr_hwaddr.sa_data, 6);
	close(fd);
}

static void
read_gateway(struct route_port *port, const char *text, const char *name)
{
	struct in_addr address;

	if (!text || !strcmp(text, "none"))
		return;
	inet_pton(AF_INET, text, &address); /* checked when the options were read */
	port->gateway = ntohl(address.s_addr);
	if ((port->gateway & port->mask) != (port->ip & port->mask)) {
		FAIL("gateway %s is not in the network of %s", text, name);
		usage();
	}
}

static void
print_ip(char *text, uint32_t ip)
{
	struct in_addr address = { .s_addr = htonl(ip) };

	inet_ntop(AF_INET, &address, text, INET_ADDRSTRLEN);
}

struct router *
router_create(const struct options *o)
{
	struct router *router = calloc(1, sizeof(*router));
	int i;

	if (!router) {
		FAIL("cannot allocate the router");
		exit(1);
	}
	for (i = 0; i < 2; i++) {
		char ip[16], mask[16], broadcast[16], gateway[16], name[IFNAMSIZ];
		struct route_port *p = &router->port[i];

		pthread_mutex_init(&p->lock, NULL);
		interface_name(o->ports.value[i], name);
		read_interface(p, name);
		read_gateway(p, o->gateway.value[i], name);
		print_ip(ip, p->ip);
		print_ip(mask, p->mask);
		print_ip(broadcast, p->broadcast);
		print_ip(gateway, p->gateway);
		LOG("%s: ip %s/%s bcast %s gw %s mac %02x:%02x:%02x:%02x:%02x:%02x", name, ip, mask,
		    broadcast, gateway, p->mac[0], p->mac[1], p->mac[2], p->mac[3], p->mac[4],
		    p->mac[5]);
	}
	return router;
}

/* Packets of direction d leave by port !d. */
void
router_attach(struct router *router, struct direction directions[2])
{
	int d, producer;

	for (d = 0; d < 2; d++) {
		directions[d].router = router;
		for (producer = 0; producer < 2; producer++)
			router->to[!d][producer] = &directions[d].mail[producer];
	}
}

void
router_free(struct router *router)
{
	free(router);
}
