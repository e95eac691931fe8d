/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two interfaces that are one cable: cable IF IF [CYCLES]. The first end that is opened makes the rings of both. The
 * second one gets these, whatever counts and region it asks for.
 */
#include "nmtest.h"

#define ASKED 64

static void both_syncs(struct nt_port *port)
{
	for (int i = 0; i < 10; i++) {
		ioctl(port->fd, NIOCTXSYNC);
		ioctl(port->fd, NIOCRXSYNC);
	}
}

static void host_rings_of_second(const char *left, const char *right)
{
	struct nt_port a = { 0 };
	struct nt_port b = { .reg = { .nr_mode = NR_REG_NIC_SW, .nr_host_tx_rings = ASKED, .nr_host_rx_rings = ASKED } };
	struct nmreq_port_info_get info = { .nr_host_tx_rings = ASKED, .nr_host_rx_rings = ASKED };

	nt_errno_is("the first end", 0, nt_port_open(&a, left, NULL));
	nt_errno_is("a question about the second", 0, nt_ctrl(a.fd, NETMAP_REQ_PORT_INFO_GET, right, &info, NULL));
	nt_equal("is answered with the rings it has: TX", 1, info.nr_host_tx_rings);
	nt_equal("RX", 1, info.nr_host_rx_rings);
	nt_errno_is("the second end, with many host rings", 0, nt_port_open(&b, right, NULL));
	nt_equal("it gets those that are there: TX", 1, b.reg.nr_host_tx_rings);
	nt_equal("RX", 1, b.reg.nr_host_rx_rings);
	both_syncs(&b);
	nt_port_close(&a);
	both_syncs(&b);
	nt_port_close(&b);
}

static void region_of_second(const char *left, const char *right)
{
	struct nt_port a = { 0 }, b = { 0 }, other = { .reg = { .nr_tx_slots = 64, .nr_rx_slots = 64 } };

	nt_errno_is("a region beside the global one", 0, nt_port_open(&other, "vale9:x", NULL));
	nt_errno_is("the first end", 0, nt_port_open(&a, left, NULL));
	b.reg.nr_mem_id = other.reg.nr_mem_id;
	nt_errno_is("the second end, with that region", 0, nt_port_open(&b, right, NULL));
	nt_equal("it gets the region of the rings", a.reg.nr_mem_id, b.reg.nr_mem_id);
	both_syncs(&b);
	nt_port_close(&b);
	nt_port_close(&a);
	nt_port_close(&other);
}

/* The end with many host rings is closed first, or last. */
static void cycle(const char *left, const char *right, bool first)
{
	struct nt_port a = { .reg = { .nr_mode = NR_REG_NIC_SW, .nr_host_tx_rings = 16, .nr_host_rx_rings = 16 } };
	struct nt_port b = { 0 };
	int error = nt_port_open(&a, left, NULL);

	if (!error)
		error = nt_port_open(&b, right, NULL);
	if (error || a.reg.nr_host_tx_rings != 16 || b.reg.nr_host_tx_rings != 1)
		nt_result(false, "16 host rings and 1: %s, %u and %u", nt_errno(error), a.reg.nr_host_tx_rings,
			  b.reg.nr_host_tx_rings);
	nt_port_close(first ? &a : &b);
	nt_port_close(first ? &b : &a);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	if (argc == 3) {
		host_rings_of_second(argv[1], argv[2]);
		region_of_second(argv[1], argv[2]);
	}
	for (int i = 0; argc > 3 && i < atoi(argv[3]); i++)
		cycle(argv[1], argv[2], i % 2);
	return nt_failed;
}
