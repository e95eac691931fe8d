// SPDX-License-Identifier: BSD-2-Clause
/*
 * Switches and ports in numbers. Results go to the guest's result file.
 *
 *   valemany SWITCHES         as many switches as the module allows, one more is refused; 254 ports on one
 *   valemany hold NAME FILE   keeps a port open, makes FILE, ends with a signal
 *   valemany config NAME      prints the first 8 bytes that NIOCCONFIG returns
 */
#include "nmtest.h"
#include <signal.h>

#define PORTS 254

static struct nt_port ports[PORTS + 1];

static int open_small(struct nt_port *port, const char *name)
{
	memset(port, 0, sizeof(*port));
	port->reg.nr_tx_slots = port->reg.nr_rx_slots = 16;
	return nt_port_open(port, name, NULL);
}

static void test_switches(int max)
{
	char name[32];
	int i, error = 0;

	for (i = 0; i < max && !error; i++) {
		snprintf(name, sizeof(name), "valem%d:a", i);
		error = open_small(&ports[i], name);
	}
	nt_errno_is("as many switches as max_bridges", 0, error);
	nt_errno_is("not one more", ENOMEM, open_small(&ports[max], "valex:a"));
	nt_port_close(&ports[max / 2]);
	nt_errno_is("unless one goes", 0, open_small(&ports[max / 2], "valex:a"));
	for (i = 0; i < max; i++)
		nt_port_close(&ports[i]);
}

static void send_one(struct nt_port *port, uint8_t to, uint8_t from)
{
	struct netmap_ring *tx = nt_tx(port, 0);
	unsigned char *frame = (void *)nt_buf(tx, tx->slot[tx->head].buf_idx);

	memset(frame, 0, 60);
	memset(frame, to == 255 ? 255 : 0, 6);
	frame[0] = to == 255 ? 255 : 2;
	frame[5] = to;
	frame[6] = 2;
	frame[11] = from;
	tx->slot[tx->head].len = 60;
	tx->slot[tx->head].flags = 0;
	tx->head = tx->cur = nt_next(tx, tx->head);
	ioctl(port->fd, NIOCTXSYNC);
}

/* Packets that wait at a port, from that sender; all are released. */
static uint32_t waiting(struct nt_port *port, uint8_t from)
{
	struct netmap_ring *rx = nt_rx(port, 0);
	uint32_t n = 0;

	ioctl(port->fd, NIOCRXSYNC);
	for (; rx->head != rx->tail; rx->head = rx->cur = nt_next(rx, rx->head))
		n += ((unsigned char *)nt_buf(rx, rx->slot[rx->head].buf_idx))[11] == from;
	ioctl(port->fd, NIOCRXSYNC);
	return n;
}

static void test_ports(void)
{
	uint32_t got = 0, right = 0;
	char name[32];
	int i, error = 0;

	for (i = 0; i < PORTS && !error; i++) {
		snprintf(name, sizeof(name), "valep:%d", i);
		error = open_small(&ports[i], name);
	}
	nt_result(!error, "254 ports: %s at number %d", nt_errno(error), i);
	if (error)
		return;
	nt_errno_is("not 255", ENOMEM, open_small(&ports[PORTS], "valep:one-more"));
	send_one(&ports[0], 255, 0);
	for (i = 1; i < PORTS; i++)
		got += waiting(&ports[i], 0);
	nt_equal("a broadcast reaches the other 253", PORTS - 1, got);
	nt_equal("and not its sender", 0, waiting(&ports[0], 0));
	/* everybody is learned, then everybody writes to the one before */
	for (i = 0; i < PORTS; i++) {
		send_one(&ports[i], 255, i);
		for (int k = 0; k < PORTS; k++)
			waiting(&ports[k], i);
	}
	for (i = 0; i < PORTS; i++)
		send_one(&ports[i], (i + PORTS - 1) % PORTS, i);
	got = 0;
	for (i = 0; i < PORTS; i++) {
		struct netmap_ring *rx = nt_rx(&ports[i], 0);

		ioctl(ports[i].fd, NIOCRXSYNC);
		got += (rx->tail + rx->num_slots - rx->head) % rx->num_slots;
		right += waiting(&ports[i], (i + 1) % PORTS);
	}
	nt_equal("254 unicasts, each to its port", PORTS, right);
	nt_equal("and to no other", PORTS, got);
	for (i = 0; i < PORTS; i++)
		nt_port_close(&ports[i]);
}

static int hold(const char *name, const char *file)
{
	struct nt_port port;
	int error = open_small(&port, name);

	if (error) {
		fprintf(stderr, "valemany: %s: %s\n", name, strerror(error));
		return 1;
	}
	close(open(file, O_CREAT | O_WRONLY, 0600));
	pause();
	return 0;
}

static int config(const char *name)
{
	struct nm_ifreq ifreq = { 0 };
	unsigned long long value;
	int fd = nt_open();

	strncpy(ifreq.nifr_name, name, sizeof(ifreq.nifr_name) - 1);
	if (ioctl(fd, NIOCCONFIG, &ifreq))
		return perror(name), 1;
	memcpy(&value, ifreq.data, sizeof(value));
	printf("%llu\n", value);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4)
		return hold(argv[2], argv[3]);
	if (argc == 3)
		return config(argv[2]);
	if (argc < 2 || atoi(argv[1]) > PORTS)
		return 2;
	test_switches(atoi(argv[1]));
	test_ports();
	return nt_failed != 0;
}
