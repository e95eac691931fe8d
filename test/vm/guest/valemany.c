// SPDX-License-Identifier: BSD-2-Clause
/*
 * Switches in numbers. Results go to the guest's result file.
 *
 *   valemany SWITCHES         as many switches as the module allows, one more is refused
 *   valemany hold NAME FILE   keeps a port open, makes FILE, ends with a signal
 *   valemany config NAME      prints the first 8 bytes that NIOCCONFIG returns
 */
#include "nmtest.h"
#include <signal.h>

#define SWITCHES 254

static struct nt_port ports[SWITCHES + 1];

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
	if (argc < 2 || atoi(argv[1]) > SWITCHES)
		return 2;
	test_switches(atoi(argv[1]));
	return nt_failed != 0;
}
