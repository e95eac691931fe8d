/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests rule by rule: how long a body is, what is looked at first, what each request says to each kind of name, and
 * what is told of ports that are not there yet. One row, one case. Run as: requests NATIVE EMULATED, where NATIVE is a
 * sink.
 */
#include "requests.h"

/*
 * Bodies
 */

/* A request that gets as far as its command, and fails there. */
static const struct body_row {
	const char *what;
	int type;
	size_t size;
	const char *name;
	int error;
} body_rows[] = {
	{ "REGISTER", REQ(REGISTER), 56, "nope0", ENXIO },
	{ "PORT_INFO_GET", REQ(PORT_INFO_GET), 32, "nope0", ENXIO },
	{ "VALE_ATTACH", REQ(VALE_ATTACH), 64, "vale7", ENOMEM },
	{ "VALE_DETACH", REQ(VALE_DETACH), 8, "vale7:a", ENXIO },
	{ "VALE_LIST", REQ(VALE_LIST), 8, "vale7:a", ENOENT },
	{ "PORT_HDR_SET", REQ(PORT_HDR_SET), 8, "vale7:a", ENXIO },
	{ "PORT_HDR_GET", REQ(PORT_HDR_GET), 8, "nope0", ENXIO },
	{ "VALE_NEWIF", REQ(VALE_NEWIF), 16, "lo", EEXIST },
	{ "VALE_DELIF", REQ(VALE_DELIF), 0, "nope0", ENXIO },
	{ "VALE_POLLING_ENABLE", REQ(VALE_POLLING_ENABLE), 16, "vale7:a", ENXIO },
	{ "VALE_POLLING_DISABLE", REQ(VALE_POLLING_DISABLE), 16, "vale7:a", ENXIO },
	{ "POOLS_INFO_GET", REQ(POOLS_INFO_GET), 64, "nope0", ENXIO },
	{ "SYNC_KLOOP_START", REQ(SYNC_KLOOP_START), 8, "", ENXIO },
	{ "SYNC_KLOOP_STOP", REQ(SYNC_KLOOP_STOP), 0, "", ENXIO },
	{ "CSB_ENABLE", REQ(CSB_ENABLE), 0, "", EINVAL },
	{ "request 0", 0, 0, "", EINVAL },
	{ "request 16", 16, 0, "", EINVAL },
};

/* One try with an option that nobody understands. */
static void body_try(const struct body_row *row, const char *how, void *body, int error, uint32_t status)
{
	struct nmreq_option option = { .nro_reqtype = UNKNOWN, .nro_status = UNTOUCHED };
	char what[80];

	snprintf(what, sizeof(what), "%s, %s", row->what, how);
	nt_errno_is(what, error, ask(row->type, row->name, body, &option));
	nt_equal("  status of an unknown option", status, option.nro_status);
}

static void test_bodies(void)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	static const char zero[64];

	munmap(page + 4096, 4096);
	for (size_t i = 0; i < sizeof(body_rows) / sizeof(*body_rows); i++) {
		const struct body_row *row = &body_rows[i];
		char *body = page + 4096 - row->size;

		if (!row->size) {
			body_try(row, "without a body", NULL, row->error, EOPNOTSUPP);
			body_try(row, "with a body", page, EINVAL, UNTOUCHED);
			continue;
		}
		body_try(row, "a body that ends where memory does", body, row->error, EOPNOTSUPP);
		nt_result(!memcmp(body, zero, row->size), "%s: a body is not written when it fails", row->what);
		body_try(row, "a byte too short", body + 1, EFAULT, UNTOUCHED);
		body_try(row, "without a body", NULL, EINVAL, UNTOUCHED);
	}
	munmap(page, 4096);
}

/* What is looked at first. */
static const struct order_row {
	const char *what;
	uint16_t version;
	uint32_t reserved;
	uint64_t body, options; /* 8 = not readable */
	int error;
} order_rows[] = {
	{ "version before body", 13, 0, 8, 0, EINVAL },
	{ "nr_reserved before body", 14, 1, 8, 0, EINVAL },
	{ "missing body before options", 14, 0, 0, 8, EINVAL },
	{ "unreadable body, unreadable options", 15, 0, 8, 8, EFAULT },
};

static void test_header_order(void)
{
	for (size_t i = 0; i < sizeof(order_rows) / sizeof(*order_rows); i++) {
		const struct order_row *row = &order_rows[i];
		struct nmreq_header hdr = { .nr_version = row->version, .nr_reqtype = REQ(PORT_INFO_GET),
					    .nr_reserved = row->reserved, .nr_body = row->body,
					    .nr_options = row->options }, before = hdr;
		int fd = nt_open();

		nt_errno_is(row->what, row->error, ioctl(fd, NIOCCTRL, &hdr) ? errno : 0);
		nt_result(!memcmp(&hdr, &before, sizeof(hdr)), "%s: the header is as it was", row->what);
		close(fd);
	}
	/* a name without end gets one, and the header shows it also after an error */
	struct nmreq_port_info_get info = { 0 };
	struct nmreq_header hdr = { .nr_version = 14, .nr_reqtype = REQ(PORT_INFO_GET), .nr_body = (uintptr_t)&info };
	int fd = nt_open();

	memset(hdr.nr_name, 'q', sizeof(hdr.nr_name));
	nt_errno_is("a name of 64 characters", ENXIO, ioctl(fd, NIOCCTRL, &hdr) ? errno : 0);
	nt_equal("a name of 64 characters: is cut", 63, strnlen(hdr.nr_name, sizeof(hdr.nr_name)));
	close(fd);
}

/*
 * Names
 */

enum { REGISTER, INFO, POOLS, ATTACH, DETACH, POLLING, HDR_SET, HDR_GET, LIST, REQUESTS };

static const char *const request_names[REQUESTS] = {
	"REGISTER", "PORT_INFO_GET", "POOLS_INFO_GET", "VALE_ATTACH", "VALE_DETACH", "POLLING_ENABLE", "PORT_HDR_SET",
	"PORT_HDR_GET", "VALE_LIST",
};

static int name_request(int request, const char *name)
{
	static const int types[REQUESTS] = {
		REQ(REGISTER), REQ(PORT_INFO_GET), REQ(POOLS_INFO_GET), REQ(VALE_ATTACH), REQ(VALE_DETACH),
		REQ(VALE_POLLING_ENABLE), REQ(PORT_HDR_SET), REQ(PORT_HDR_GET), REQ(VALE_LIST),
	};
	union {
		struct nmreq_register reg;
		struct nmreq_vale_attach attach;
		struct nmreq_vale_polling polling;
		char room[64];
	} body = { 0 };

	if (request == REGISTER || request == ATTACH)
		body.reg.nr_mode = NR_REG_ALL_NIC;
	if (request == POLLING)
		body.polling = (struct nmreq_vale_polling){ .nr_mode = 1, .nr_num_polling_cpus = 1 };
	return ask(types[request], name, &body, NULL);
}

#define MALFORMED { ENOMEM, ENOMEM, ENOMEM, ENOMEM, ENXIO, ENXIO, ENXIO, ENXIO, ENOENT }
#define NO_PORT_YET { 0, 0, 0, EINVAL, ENXIO, ENXIO, ENXIO, ENXIO, ENOENT }
#define MISSING { ENXIO, ENXIO, ENXIO, EINVAL, EINVAL, EINVAL, ENXIO, ENXIO, EINVAL }
#define BAD_PIPE { EINVAL, EINVAL, EINVAL, EINVAL, EINVAL, EINVAL, ENXIO, EINVAL, EINVAL }

static const struct name_row {
	const char *name;
	int error[REQUESTS];
} name_rows[] = {
	{ "vale7", MALFORMED }, { "vale-7:a", MALFORMED }, { "vale 7:a", MALFORMED },
	{ "vale012345678901:a", MALFORMED }, { "vale7:0123456789abcdef", MALFORMED },
	{ "vale01234567890:0123456789abcde", NO_PORT_YET }, { "vale7:nothing", NO_PORT_YET },
	{ "vale7:a b:c", NO_PORT_YET }, { "vale:a", NO_PORT_YET }, { "vale_:", NO_PORT_YET },
	{ "vale7:%", { EINVAL, EINVAL, EINVAL, 0, ENXIO, ENXIO, ENXIO, ENXIO, ENOENT } },
	{ "nope0", MISSING }, { "val0", MISSING }, { "Vale7:a", MISSING },
	{ "q23456789012345678901234567890123456789012345678901234567890123", MISSING },
	{ "%", { 0, 0, 0, EINVAL, EINVAL, EINVAL, ENXIO, 0, EINVAL } },
	{ "%{1", { 0, 0, 0, EINVAL, EINVAL, EINVAL, ENXIO, ENODEV, EINVAL } },
	{ "%}1", { 0, 0, 0, EINVAL, EINVAL, EINVAL, ENXIO, ENODEV, EINVAL } },
	{ "%}1{2", { 0, 0, 0, EINVAL, EINVAL, EINVAL, ENXIO, ENODEV, EINVAL } },
	{ "nope0{1", { 0, 0, 0, EINVAL, EINVAL, EINVAL, ENXIO, ENODEV, EINVAL } },
	{ "sixteen character{1", { ENXIO, ENXIO, ENXIO, EINVAL, EINVAL, EINVAL, ENXIO, ENODEV, EINVAL } },
	{ "{1", BAD_PIPE }, { "}1", BAD_PIPE }, { "%{", BAD_PIPE }, { "%}", BAD_PIPE }, { "{", BAD_PIPE },
	{ "", { ENXIO, 0, ENXIO, EINVAL, EINVAL, EINVAL, ENXIO, ENXIO, ENOENT } },
};

static void test_names(const char *interface)
{
	/* what only looks comes before what makes something */
	static const int order[REQUESTS] = { DETACH, POLLING, HDR_SET, HDR_GET, LIST, INFO, POOLS, REGISTER, ATTACH };

	for (size_t i = 0; i < sizeof(name_rows) / sizeof(*name_rows); i++) {
		const char *name = name_of(name_rows[i].name, interface);
		char what[120];

		for (int k = 0; k < REQUESTS; k++) {
			snprintf(what, sizeof(what), "'%s', %s", name, request_names[order[k]]);
			nt_errno_is(what, name_rows[i].error[order[k]], name_request(order[k], name));
		}
		if (!name_rows[i].error[ATTACH])
			nt_errno_is("  it leaves the switch", 0, name_request(DETACH, name));
		snprintf(what, sizeof(what), "'%s'", name);
		expect_untouched(what, interface);
		nt_equal("  and no interface", 0, if_nametoindex("nope0"));
	}
}

/*
 * What PORT_INFO_GET and POOLS_INFO_GET tell of ports that are not there yet
 */

static const struct info_row {
	const char *what, *name;
	uint16_t id; /* asked for */
	int error;
	struct nmreq_port_info_get want; /* nr_mem_id 0 = one of its own */
} info_rows[] = {
	{ "info: a switch port", "vale7:a", 0, 0,
	  { .nr_memsize = 42369024, .nr_tx_slots = 1024, .nr_rx_slots = 1024, .nr_tx_rings = 1, .nr_rx_rings = 1 } },
	{ "info: a switch port in region 1", "vale7:a", 1, 0,
	  { .nr_memsize = 343019520, .nr_tx_slots = 1024, .nr_rx_slots = 1024, .nr_tx_rings = 1, .nr_rx_rings = 1,
	    .nr_mem_id = 1 } },
	{ "info: a pipe", "%}x", 0, 0,
	  { .nr_memsize = 343019520, .nr_tx_slots = 1024, .nr_rx_slots = 1024, .nr_tx_rings = 1, .nr_rx_rings = 1,
	    .nr_mem_id = 1 } },
	{ "info: an interface", "%", 0, 0,
	  { .nr_memsize = 343019520, .nr_tx_slots = 1024, .nr_rx_slots = 1024, .nr_tx_rings = 1, .nr_rx_rings = 1,
	    .nr_host_tx_rings = 1, .nr_host_rx_rings = 1, .nr_mem_id = 1 } },
	{ "info: a switch port, unknown region", "vale7:a", 999, EINVAL, { 0 } },
	{ "info: an interface, unknown region", "%", 999, EINVAL, { 0 } },
	{ "info: no interface, unknown region", "nope0", 999, EINVAL, { 0 } },
};

static void test_info(const char *interface)
{
	for (size_t i = 0; i < sizeof(info_rows) / sizeof(*info_rows); i++) {
		const struct info_row *row = &info_rows[i];
		struct nmreq_port_info_get info = { .nr_mem_id = row->id }, want = row->want;
		struct nmreq_pools_info pools = { .nr_mem_id = row->id };
		const char *name = name_of(row->name, interface);

		nt_errno_is(row->what, row->error, ask(REQ(PORT_INFO_GET), name, &info, NULL));
		nt_errno_is("  its pools", row->error, ask(REQ(POOLS_INFO_GET), name, &pools, NULL));
		if (row->error)
			continue;
		nt_result(want.nr_mem_id ? info.nr_mem_id == want.nr_mem_id : info.nr_mem_id > 1, "%s: region %u", row->what,
			  info.nr_mem_id);
		want.nr_mem_id = info.nr_mem_id;
		nt_result(!memcmp(&info, &want, sizeof(info)), "%s: the counts", row->what);
		nt_equal("  size, by its pools", want.nr_memsize, pools.nr_memsize);
		nt_equal("  rings begin behind interfaces",
			 (uint64_t)pools.nr_if_pool_objtotal * pools.nr_if_pool_objsize, pools.nr_ring_pool_offset);
		nt_equal("  buffers behind rings", pools.nr_ring_pool_offset +
			 (uint64_t)pools.nr_ring_pool_objtotal * pools.nr_ring_pool_objsize, pools.nr_buf_pool_offset);
		nt_equal("  and nothing behind buffers", pools.nr_memsize, pools.nr_buf_pool_offset +
			 (uint64_t)pools.nr_buf_pool_objtotal * pools.nr_buf_pool_objsize);
		expect_untouched(row->what, interface);
	}
	struct nmreq_port_info_get info = { .nr_tx_slots = 3, .nr_rx_rings = 4, .nr_host_tx_rings = 5 };

	nt_errno_is("info: no name", 0, ask(REQ(PORT_INFO_GET), "", &info, NULL));
	nt_result(info.nr_tx_slots == 3 && info.nr_rx_rings == 4 && info.nr_host_tx_rings == 5,
		  "info: no name: what is about ports comes back as it was");
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	test_bodies();
	test_header_order();
	for (int i = 1; i < argc; i++) {
		test_names(argv[i]);
		test_info(argv[i]);
	}
	return nt_failed != 0;
}
