// SPDX-License-Identifier: BSD-2-Clause
/* What the options do: each is one request to the control device. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "json.h"
#include "vale-ctl.h"

static const char *
device_hint(int error)
{
	if (error == ENOENT || error == ENXIO || error == ENODEV)
		return " (is netmap.ko loaded?)";
	if (error == EACCES || error == EPERM)
		return " (run as root, or give this user access to " NETMAP_DEVICE_NAME ")";
	return "";
}

/* Sends a request for a name. 0, or -1 with errno; *hdr holds what came back. */
static int
control(struct nmreq_header *hdr, uint16_t type, const char *name, void *body)
{
	int fd, ret, error;

	nmreq_header_init(hdr, type, body);
	if (name) {
		if (strlen(name) >= sizeof(hdr->nr_name)) {
			errno = ENAMETOOLONG;
			return -1;
		}
		strcpy(hdr->nr_name, name);
	}
	fd = open(NETMAP_DEVICE_NAME, O_RDWR);
	if (fd < 0) {
		fprintf(stderr, NETMAP_DEVICE_NAME ": %s%s\n", strerror(errno), device_hint(errno));
		exit(1);
	}
	ret = ioctl(fd, NIOCCTRL, hdr);
	error = errno;
	close(fd);
	errno = error;
	return ret;
}

static int
failed(const struct action *action, const struct request *request)
{
	fprintf(stderr, "failed to %s %s: %s\n", action->what, request->name, strerror(errno));
	return 1;
}

static int
run_list_all(const struct action *action, const struct request *request)
{
	struct nmreq_vale_list list = { 0 };
	struct nmreq_header hdr;

	(void)action;
	while (control(&hdr, NETMAP_REQ_VALE_LIST, NULL, &list) == 0) {
		if (request->json) {
			struct json j;

			json_begin(&j, stdout);
			json_string(&j, "name", hdr.nr_name);
			json_unsigned(&j, "bridge", list.nr_bridge_idx);
			json_unsigned(&j, "port", list.nr_port_idx);
			json_end(&j);
		} else {
			printf("%s bridge_idx %u port_idx %u\n", hdr.nr_name, list.nr_bridge_idx,
			       list.nr_port_idx);
		}
		list.nr_port_idx++;
	}
	if (errno != ENOENT) { /* what ends the list */
		fprintf(stderr, "failed to list VALE ports: %s\n", strerror(errno));
		return 1;
	}
	return 0;
}

static int
run_list(const struct action *action, const struct request *request)
{
	struct nmreq_vale_list list = { 0 };
	struct nmreq_header hdr;

	if (strncmp(request->name, NM_BDG_NAME, strlen(NM_BDG_NAME))) {
		fprintf(stderr, "invalid vale port name: '%s'\n", request->name);
		usage(1);
	}
	if (control(&hdr, NETMAP_REQ_VALE_LIST, request->name, &list) < 0)
		return failed(action, request);
	if (request->json) {
		struct json j;

		json_begin(&j, stdout);
		json_string(&j, "name", request->name);
		json_unsigned(&j, "bridge", list.nr_bridge_idx);
		json_unsigned(&j, "port", list.nr_port_idx);
		json_end(&j);
		return 0;
	}
	printf("bridge_idx: %u\nport_idx:   %u\n", list.nr_bridge_idx, list.nr_port_idx);
	return 0;
}

static void
fill_register(const struct request *request, struct nmreq_register *reg)
{
	unsigned int rings[4];

	ringconfig_rings(&request->config, rings);
	reg->nr_tx_slots = rings[0];
	reg->nr_rx_slots = rings[1];
	reg->nr_tx_rings = (uint16_t)rings[2];
	reg->nr_rx_rings = (uint16_t)rings[3];
	reg->nr_mem_id = request->mem_id;
}

static void
print_port_index(const struct request *request, unsigned int index)
{
	struct json j;

	if (request->json) {
		json_begin(&j, stdout);
		json_string(&j, "name", request->name);
		json_unsigned(&j, "port", index);
		json_end(&j);
	} else if (request->verbose) {
		printf("port_index: %u\n", index);
	}
}

static int
run_attach(const struct action *action, const struct request *request)
{
	struct nmreq_vale_attach attach = { 0 };
	struct nmreq_header hdr;

	fill_register(request, &attach.reg);
	attach.reg.nr_mode = action->option == 'h' ? NR_REG_NIC_SW : NR_REG_ALL_NIC;
	if (control(&hdr, NETMAP_REQ_VALE_ATTACH, request->name, &attach) < 0)
		return failed(action, request);
	print_port_index(request, attach.port_index);
	return 0;
}

static int
run_detach(const struct action *action, const struct request *request)
{
	struct nmreq_vale_detach detach = { 0 };
	struct nmreq_header hdr;

	if (control(&hdr, NETMAP_REQ_VALE_DETACH, request->name, &detach) < 0)
		return failed(action, request);
	print_port_index(request, detach.port_index);
	return 0;
}

static void
print_geometry(const struct request *request, const uint64_t *memsize, const uint32_t slots[2],
	       const uint16_t rings[2], uint16_t mem_id, const char *last_ring)
{
	struct json j;

	if (request->json) {
		json_begin(&j, stdout);
		json_string(&j, "name", request->name);
		if (memsize)
			json_unsigned(&j, "memsize", *memsize);
		json_unsigned(&j, "txSlots", slots[0]);
		json_unsigned(&j, "rxSlots", slots[1]);
		json_unsigned(&j, "txRings", rings[0]);
		json_unsigned(&j, "rxRings", rings[1]);
		json_unsigned(&j, "memId", mem_id);
		json_end(&j);
		return;
	}
	if (memsize)
		printf("memsize:    %llu\n", (unsigned long long)*memsize);
	printf("tx_slots:   %u\nrx_slots:   %u\ntx_rings:   %u\n%s%u\nmem_id:     %u\n", slots[0],
	       slots[1], rings[0], last_ring, rings[1], mem_id);
}

static int
run_create(const struct action *action, const struct request *request)
{
	struct nmreq_vale_newif newif = { 0 };
	struct nmreq_register reg = { 0 };
	struct nmreq_header hdr;

	fill_register(request, &reg);
	newif.nr_tx_slots = reg.nr_tx_slots;
	newif.nr_rx_slots = reg.nr_rx_slots;
	newif.nr_tx_rings = reg.nr_tx_rings;
	newif.nr_rx_rings = reg.nr_rx_rings;
	newif.nr_mem_id = reg.nr_mem_id;
	if (control(&hdr, NETMAP_REQ_VALE_NEWIF, request->name, &newif) < 0)
		return failed(action, request);
	if (request->verbose || request->json)
		print_geometry(request, NULL, (uint32_t[]){ newif.nr_tx_slots, newif.nr_rx_slots },
			       (uint16_t[]){ newif.nr_tx_rings, newif.nr_rx_rings },
			       newif.nr_mem_id, "rx_ring:    ");
	return 0;
}

static int
run_remove(const struct action *action, const struct request *request)
{
	struct nmreq_header hdr;

	if (control(&hdr, NETMAP_REQ_VALE_DELIF, request->name, NULL) < 0)
		return failed(action, request);
	return 0;
}

static int
run_info(const struct action *action, const struct request *request)
{
	struct nmreq_port_info_get info = { 0 };
	struct nmreq_header hdr;

	if (control(&hdr, NETMAP_REQ_PORT_INFO_GET, request->name, &info) < 0)
		return failed(action, request);
	/* no colon after the receive rings: scripts know it so */
	print_geometry(request, &info.nr_memsize, (uint32_t[]){ info.nr_tx_slots, info.nr_rx_slots },
		       (uint16_t[]){ info.nr_tx_rings, info.nr_rx_rings }, info.nr_mem_id,
		       "rx_rings    ");
	return 0;
}

static int
run_polling(const struct action *action, const struct request *request)
{
	uint16_t type = action->option == 'p' ? NETMAP_REQ_VALE_POLLING_ENABLE :
						NETMAP_REQ_VALE_POLLING_DISABLE;
	struct nmreq_vale_polling polling = { 0 };
	struct nmreq_header hdr;

	/* stopping needs no numbers, but what is given must make sense */
	if ((action->option == 'p' || request->config.given) &&
	    config_polling(request, &polling) < 0)
		return 1;
	if (control(&hdr, type, request->name, &polling) < 0)
		return failed(action, request);
	return 0;
}

static const struct action actions[] = {
	{ 0, "list", run_list_all },
	{ 'a', "attach", run_attach },
	{ 'h', "attach", run_attach },
	{ 'd', "detach", run_detach },
	{ 'n', "create", run_create },
	{ 'r', "remove", run_remove },
	{ 'g', "obtain info for", run_info },
	{ 'l', "list", run_list },
	{ 'p', "enable polling on", run_polling },
	{ 'P', "disable polling on", run_polling },
};

const struct action *
action_find(int option)
{
	size_t i;

	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (actions[i].option == option)
			return &actions[i];
	return NULL;
}
