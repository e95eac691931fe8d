/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For tables of requests: names of rows, a request on a descriptor of its own, and what must not be left behind.
 */
#ifndef REQUESTS_H
#define REQUESTS_H

#include "nmtest.h"

#define UNKNOWN 77
#define UNTOUCHED 55 /* status of an option that nobody has looked at */
#define REQ(r) NETMAP_REQ_ ## r
#define MODE(m) .nr_mode = NR_REG_ ## m

/* The name of a row: % stands for the interface. */
static __attribute__((unused)) const char *name_of(const char *name, const char *interface)
{
	static char full[4][NETMAP_REQ_IFNAMSIZ];
	static int next;
	const char *at = strchr(name, '%');
	int len = at ? (int)(at - name) : (int)strlen(name);

	next = (next + 1) % 4;
	snprintf(full[next], sizeof(full[next]), "%.*s%s%s", len, name, at ? interface : "", at ? at + 1 : "");
	return full[next];
}

/* A request on a descriptor of its own. */
static __attribute__((unused)) int ask(int type, const char *name, void *body, void *options)
{
	int fd = nt_open(), error = nt_ctrl(fd, type, name, body, options);

	close(fd);
	return error;
}

/* No switch has a port, and the interface is idle, whole, in its own region. */
static __attribute__((unused)) void expect_untouched(const char *what, const char *interface)
{
	struct nmreq_register all = { MODE(NIC_SW), .nr_flags = NR_EXCLUSIVE };
	struct nmreq_port_info_get info = { 0 };
	struct nmreq_vale_list list = { 0 };
	int error = ask(REQ(VALE_LIST), "", &list, NULL);

	error = error == ENOENT ? ask(REQ(PORT_INFO_GET), interface, &info, NULL) : EEXIST;
	error = error ?: ask(REQ(REGISTER), interface, &all, NULL);
	nt_result(!error && info.nr_mem_id == 1 && info.nr_host_tx_rings == 1 && info.nr_host_rx_rings == 1,
		  "%s: leaves nothing behind (%s, region %u, host rings %u and %u)", what, nt_errno(error), info.nr_mem_id,
		  info.nr_host_tx_rings, info.nr_host_rx_rings);
}

#endif
