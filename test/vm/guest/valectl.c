// SPDX-License-Identifier: BSD-2-Clause
/*
 * Requests about switches, one a call, for guest scripts:
 *
 *     valectl attach|attach-host|detach|newif|delif NAME
 *     valectl header NAME LENGTH
 *     valectl poll|unpoll NAME MODE FIRST CPUS
 *     valectl list
 *
 * Exit status: 0, or the errno.
 */
#include "nmtest.h"

static int request(int type, const char *name, void *body)
{
	int fd = nt_open(), error = nt_ctrl(fd, type, name, body, NULL);

	close(fd);
	if (error)
		fprintf(stderr, "valectl: %s: %s\n", name, strerror(error));
	return error;
}

static int list(void)
{
	struct nmreq_vale_list body = { 0 };
	struct nmreq_header hdr = { .nr_version = NETMAP_API, .nr_reqtype = NETMAP_REQ_VALE_LIST,
				    .nr_body = (uintptr_t)&body };
	int fd = nt_open();

	while (ioctl(fd, NIOCCTRL, &hdr) == 0) {
		printf("%u %u %s\n", body.nr_bridge_idx, body.nr_port_idx, hdr.nr_name);
		memset(hdr.nr_name, 0, sizeof(hdr.nr_name));
		body.nr_port_idx++;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct nmreq_vale_attach attach = { .reg.nr_mode = NR_REG_ALL_NIC };
	struct nmreq_vale_detach detach = { 0 };
	struct nmreq_vale_newif newif = { 0 };
	const char *verb = argc > 1 ? argv[1] : "", *name = argc > 2 ? argv[2] : "";

	if (!strcmp(verb, "list"))
		return list();
	if (!strcmp(verb, "attach-host"))
		attach.reg.nr_mode = NR_REG_NIC_SW;
	if (!strncmp(verb, "attach", 6))
		return request(NETMAP_REQ_VALE_ATTACH, name, &attach);
	if (!strcmp(verb, "detach"))
		return request(NETMAP_REQ_VALE_DETACH, name, &detach);
	if (!strcmp(verb, "newif"))
		return request(NETMAP_REQ_VALE_NEWIF, name, &newif);
	if (!strcmp(verb, "delif"))
		return request(NETMAP_REQ_VALE_DELIF, name, NULL);
	if (!strcmp(verb, "header") && argc == 4) {
		struct nmreq_port_hdr hdr = { .nr_hdr_len = (uint32_t)atoi(argv[3]) };

		return request(NETMAP_REQ_PORT_HDR_SET, name, &hdr);
	}
	if (strstr(verb, "poll") && argc == 6) {
		struct nmreq_vale_polling poll = { .nr_mode = (uint32_t)atoi(argv[3]),
						   .nr_first_cpu_id = (uint32_t)atoi(argv[4]),
						   .nr_num_polling_cpus = (uint32_t)atoi(argv[5]) };

		return request(*verb == 'u' ? NETMAP_REQ_VALE_POLLING_DISABLE :
					      NETMAP_REQ_VALE_POLLING_ENABLE, name, &poll);
	}
	fputs("usage: see the comment at the head of valectl.c\n", stderr);
	return EINVAL;
}
