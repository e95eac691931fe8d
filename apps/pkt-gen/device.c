// SPDX-License-Identifier: BSD-2-Clause
/* What packets go through: a netmap port, or the null device (rings in private memory). */
#include <errno.h>
#include <fcntl.h>
#include <net/if_arp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include "pkt-gen.h"
#include "null-device.h"
#include "ringconfig.h"

static void
abort_open(void)
{
	D("aborting");
	usage(EXIT_USAGE);
}

/* -C tx_slots[,rx_slots[,tx_rings[,rx_rings]]]: overwrites the four fields of the request. */
static void
parse_ring_config(const char *text, struct nmreq_register *reg)
{
	struct ring_config config;
	unsigned int rings[4];
	const char *rest;

	if (ringconfig_parse(text, &config, &rest) < 0) {
		D("invalid ring configuration '%s', need slots[,slots[,rings[,rings]]]", text);
		usage(EXIT_USAGE);
	}
	if (*rest)
		D("ignored config: %s", rest);
	ringconfig_rings(&config, rings);
	reg->nr_tx_slots = rings[0];
	reg->nr_rx_slots = rings[1];
	reg->nr_tx_rings = (uint16_t)rings[2];
	reg->nr_rx_rings = (uint16_t)rings[3];
	D("txr %d txd %d rxr %d rxd %d", reg->nr_tx_rings, reg->nr_tx_slots, reg->nr_rx_rings,
	  reg->nr_rx_slots);
}

/* An ioctl that takes a struct ifreq of the OS interface. */
static int
interface_ioctl(const char *name, unsigned long request, struct ifreq *ifr)
{
	int ret, fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0)
		return -1;
	memset(ifr, 0, sizeof(*ifr));
	snprintf(ifr->ifr_name, sizeof(ifr->ifr_name), "%.*s", IFNAMSIZ - 1, name);
	ret = ioctl(fd, request, ifr);
	close(fd);
	return ret;
}

/* The interface's MAC address as default source; zeros for ports that are no interface. */
static void
default_source_mac(const struct device *device, struct config *config)
{
	static char text[sizeof("00:00:00:00:00:00")];
	struct ifreq ifr;

	if (config->mac_source_text)
		return;
	if (device->host_name[0] && interface_ioctl(device->host_name, SIOCGIFHWADDR, &ifr) == 0 &&
	    ifr.ifr_hwaddr.sa_family == ARPHRD_ETHER)
		memcpy(config->mac_source, ifr.ifr_hwaddr.sa_data, 6);
	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", config->mac_source[0],
		 config->mac_source[1], config->mac_source[2], config->mac_source[3],
		 config->mac_source[4], config->mac_source[5]);
	config->mac_source_text = text;
}

/* Frames longer than the interface's MTU allows are refused before anything is sent. */
static void
check_mtu(const struct device *device, const struct config *config)
{
	struct ifreq ifr;

	if (config->function->direction != DIR_TX || !device->host_name[0])
		return;
	if (interface_ioctl(device->host_name, SIOCGIFMTU, &ifr) < 0) {
		D("cannot get the mtu of %s: %s", device->host_name, strerror(errno));
		return;
	}
	if (config->size > ifr.ifr_mtu + 14)
		DIE(EXIT_USAGE, "pkt_size (%d) must be <= mtu (%d) plus the 14 bytes of Ethernet",
		    config->size, ifr.ifr_mtu);
}

/* Sets (-H) or asks for the length of the port's virtio-net header. */
static void
negotiate_vnet_header(const struct device *device, struct config *config)
{
	int set = config->vnet_header >= 0;
	struct nmreq_port_hdr body = { .nr_hdr_len = set ? (uint32_t)config->vnet_header : 0 };
	struct nmreq_header hdr;
	int fd, ret;

	nmreq_header_init(&hdr, set ? NETMAP_REQ_PORT_HDR_SET : NETMAP_REQ_PORT_HDR_GET, &body);
	memcpy(hdr.nr_name, device->main_port->hdr.nr_name, sizeof(hdr.nr_name));
	fd = open(NETMAP_DEVICE_NAME, O_RDWR);
	ret = fd < 0 ? -1 : ioctl(fd, NIOCCTRL, &hdr);
	if (set) {
		if (ret < 0 && config->vnet_header)
			D("cannot set the virtio-net header length of %s: %s", hdr.nr_name,
			  strerror(errno));
	} else {
		config->vnet_header = ret < 0 ? 0 : (int)body.nr_hdr_len;
		if (config->vnet_header > VNET_HDR_MAX)
			config->vnet_header = VNET_HDR_MAX;
		if (config->vnet_header)
			D("Port requires virtio-net header, length = %d", config->vnet_header);
	}
	if (fd >= 0)
		close(fd);
}

static void
open_netmap(struct device *device, struct config *config)
{
	struct nmport_d *d;
	int is_interface;

	/* frames are put and looked for where the slots say */
	nmport_enable_option("offset");
	d = nmport_prepare(config->port);
	if (!d)
		abort_open();
	d->reg.nr_flags |= NR_ACCEPT_VNET_HDR;
	if (config->ring_config)
		parse_ring_config(config->ring_config, &d->reg);
	if (config->threads > 1) {
		int host = d->reg.nr_mode == NR_REG_SW;

		/* each thread gets one ring of its own; this is the first one's */
		d->reg.nr_mode = host ? NR_REG_ONE_SW : NR_REG_ONE_NIC;
		d->reg.nr_ringid = 0;
	}
	if (nmport_open_desc(d) < 0)
		abort_open();
	device->main_port = d;
	device->main_fd = d->fd;
	is_interface = !strncmp(config->port, "netmap:", 7) && !strpbrk(d->hdr.nr_name, "{}");
	if (is_interface && strlen(d->hdr.nr_name) < IFNAMSIZ)
		memcpy(device->host_name, d->hdr.nr_name, IFNAMSIZ);
	negotiate_vnet_header(device, config);
	if (config->verbose)
		D("nifp at offset %llu, %d tx %d rx rings, %d tx %d rx slots, region %d, %llu bytes",
		  (unsigned long long)d->reg.nr_offset, d->reg.nr_tx_rings, d->reg.nr_rx_rings,
		  d->reg.nr_tx_slots, d->reg.nr_rx_slots, d->reg.nr_mem_id,
		  (unsigned long long)d->reg.nr_memsize);
}

void
device_open(struct device *device, struct config *config)
{
	memset(device, 0, sizeof(*device));
	device->main_fd = -1;
	if (!strcmp(config->port_as_given, "null")) {
		device->kind = DEVICE_NULL;
		D("using a dummy send routine");
		device->main_port = null_device_open(config->threads);
		if (!device->main_port)
			DIE(1, "cannot allocate the null device");
		if (config->vnet_header < 0)
			config->vnet_header = 0;
	} else if (!strncmp(config->port_as_given, "tap", 3)) {
		const char *name = config->port_as_given;

		device->kind = DEVICE_TAP;
		device->main_fd = tap_open(strncmp(name, "tap:", 4) ? name : name + 4);
		if (device->main_fd < 0) {
			D("cannot open tap %s", name);
			usage(EXIT_USAGE);
		}
		if (config->vnet_header < 0)
			config->vnet_header = 0;
	} else if (!strncmp(config->port_as_given, "pcap:", 5)) {
		const char *name = config->port_as_given + 5;

		device->kind = DEVICE_PACKET;
		device->main_fd = packet_open(name);
		if (device->main_fd < 0)
			abort_open();
		snprintf(device->host_name, sizeof(device->host_name), "%s", name);
		if (config->vnet_header < 0)
			config->vnet_header = 0;
	} else {
		open_netmap(device, config);
	}
	default_source_mac(device, config);
	check_mtu(device, config);
}

void
device_close(struct device *device)
{
	if (device->kind == DEVICE_NULL)
		null_device_close(device->main_port);
	else if (!device_has_rings(device))
		close(device->main_fd);
	else
		nmport_close(device->main_port);
}

int
device_has_rings(const struct device *device)
{
	return device->kind == DEVICE_NETMAP || device->kind == DEVICE_NULL;
}

/* Rings of the port in a direction, host rings included. */
int
device_rings(const struct device *device, enum direction direction)
{
	const struct nmreq_register *reg;

	if (!device_has_rings(device))
		return 1;
	reg = &device->main_port->reg;
	return direction == DIR_TX ? reg->nr_tx_rings + reg->nr_host_tx_rings :
				     reg->nr_rx_rings + reg->nr_host_rx_rings;
}

/* The port of worker id > 0: ring id of the same device. Ends the program when it cannot be had. */
struct nmport_d *
device_clone(const struct device *device, const struct config *config, int id)
{
	struct nmport_d *d;
	int nic_rings;

	if (device->kind == DEVICE_NULL)
		return null_device_clone(device->main_port, id);
	d = nmport_clone(device->main_port);
	if (!d)
		DIE(1, "cannot clone the port");
	nic_rings = config->function->direction == DIR_TX ? d->reg.nr_tx_rings : d->reg.nr_rx_rings;
	d->reg.nr_ringid = (uint16_t)id;
	if (d->reg.nr_mode == NR_REG_ONE_NIC && config->port[0] && id >= nic_rings &&
	    strchr(config->port, '*')) {
		d->reg.nr_mode = NR_REG_ONE_SW;
		d->reg.nr_ringid = (uint16_t)(id - nic_rings);
	}
	if (config->function->direction == DIR_RX)
		d->reg.nr_flags |= NR_NO_TX_POLL;
	if (nmport_open_desc(d) < 0)
		exit(1);
	return d;
}

int
device_sync(struct worker *worker, enum direction direction)
{
	if (worker->device->kind == DEVICE_NULL)
		return null_device_sync(worker->port);
	return ioctl(worker->fd, direction == DIR_TX ? NIOCTXSYNC : NIOCRXSYNC, NULL);
}

/*
 * Once a burst is complete: sends it now, not with the next one. 0, or -1 when the port failed, which
 * is said.
 */
int
device_push(struct worker *worker, const struct pacer *pacer)
{
	if (!pacer->period || pacer->credit > 0 || device_sync(worker, DIR_TX) == 0 ||
	    errno == EINTR)
		return 0;
	D("sync error on queue %d: %s", worker->id, strerror(errno));
	return -1;
}

/*
 * Syncs and waits up to timeout_ms (negative: for ever) for events. Returns as poll() does; the
 * busy-waiting programs only sync, and return at once.
 */
int
device_wait(struct worker *worker, short events, int timeout_ms, short *revents)
{
	struct pollfd pfd = { .fd = worker->fd, .events = events };
	int ret;

	*revents = 0;
	if (worker->device->kind == DEVICE_NULL) {
		if (events & POLLOUT) {
			null_device_sync(worker->port);
			*revents = POLLOUT;
			return 1;
		}
		return poll(NULL, 0, timeout_ms);
	}
#ifdef BUSYWAIT
	ret = events & POLLIN ? device_sync(worker, DIR_RX) : 0;
	if (ret == 0 && (events & POLLOUT))
		ret = device_sync(worker, DIR_TX);
	(void)pfd;
	if (ret < 0)
		return -1;
	*revents = events;
	return 1;
#else
	ret = poll(&pfd, 1, timeout_ms);
	*revents = pfd.revents;
	return ret;
#endif
}
