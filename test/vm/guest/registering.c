/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * REGISTER and VALE_ATTACH rule by rule: the order of checks, what a failed one leaves behind, who owns what, which
 * ports have offsets. One row, one case. Run as: registering NATIVE EMULATED, where NATIVE is a sink.
 */
#include "requests.h"

static const char *nic, *emulated;

/*
 * VALE_ATTACH
 */

enum { IDLE, OPEN, ATTACHED, EPHEMERAL, EIGHT }; /* what there is before the request */

static const struct attach_row {
	const char *what;
	int before;
	const char *name;
	struct nmreq_register reg;
	uint32_t option; /* 0 = none */
	int error;
} attach_rows[] = {
	{ "attach, mode SW", IDLE, "vale7:%", { MODE(SW) }, 0, EINVAL },
	{ "attach, mode ONE_NIC", IDLE, "vale7:%", { MODE(ONE_NIC) }, 0, EINVAL },
	{ "attach, mode 0", IDLE, "vale7:%", { .nr_mode = 0 }, 0, EINVAL },
	{ "attach, nr_ringid 1", IDLE, "vale7:%", { MODE(ALL_NIC), .nr_ringid = 1 }, 0, EINVAL },
	{ "attach, unknown region", IDLE, "vale7:%", { MODE(ALL_NIC), .nr_mem_id = 999 }, 0, EINVAL },
	{ "attach, unknown region before a malformed name", IDLE, "vale7", { MODE(ALL_NIC), .nr_mem_id = 999 }, 0, EINVAL },
	{ "attach, offsets", IDLE, "vale7:%", { MODE(ALL_NIC) }, NETMAP_REQ_OPT_OFFSETS, EOPNOTSUPP },
	{ "attach, mode before offsets", IDLE, "vale7:%", { MODE(SW) }, NETMAP_REQ_OPT_OFFSETS, EINVAL },
	{ "attach, open NIC", OPEN, "vale7:%", { MODE(ALL_NIC) }, 0, EBUSY },
	{ "attach, open NIC before mode", OPEN, "vale7:%", { MODE(SW) }, 0, EBUSY },
	{ "attach, open NIC before offsets", OPEN, "vale7:%", { MODE(ALL_NIC) }, NETMAP_REQ_OPT_OFFSETS, EBUSY },
	{ "attach, unknown region before open NIC", OPEN, "vale7:%", { MODE(ALL_NIC), .nr_mem_id = 999 }, 0, EINVAL },
	{ "attach twice", ATTACHED, "vale8:%", { MODE(ALL_NIC) }, 0, EBUSY },
	{ "attach to a second switch", ATTACHED, "vale7:%", { MODE(ALL_NIC) }, 0, EBUSY },
	{ "attach twice, unknown region", ATTACHED, "vale8:%", { MODE(ALL_NIC), .nr_mem_id = 999 }, 0, EINVAL },
	{ "attach, a port of a program", EPHEMERAL, "vale8:a", { MODE(ALL_NIC) }, 0, EBUSY },
	{ "attach, no interface of that name", EPHEMERAL, "vale8:b", { MODE(ALL_NIC) }, 0, EINVAL },
	{ "attach, a ninth switch", EIGHT, "vale7:%", { MODE(ALL_NIC) }, 0, ENOMEM },
	{ "attach, a ninth switch before no interface", EIGHT, "vale7:b", { MODE(ALL_NIC) }, 0, ENOMEM },
	{ "attach, unknown option", IDLE, "vale7:%", { MODE(ALL_NIC) }, UNKNOWN, 0 },
	{ "attach, region 1, host stack", IDLE, "vale7:%", { MODE(NIC_SW), .nr_mem_id = 1 }, 0, 0 },
};

static int attach_as(const char *name, struct nmreq_register reg)
{
	struct nmreq_vale_attach body = { .reg = reg };

	return ask(REQ(VALE_ATTACH), name, &body, NULL);
}

static int detach(const char *name)
{
	struct nmreq_vale_detach body = { 0 };

	return ask(REQ(VALE_DETACH), name, &body, NULL);
}

/* Returns how many descriptors hold what there is. */
static int attach_before(int before, const char *interface, int *fds)
{
	int n = before == OPEN || before == EPHEMERAL ? 1 : before == EIGHT ? 8 : 0, error = 0;
	char name[32];

	for (int i = 0; i < n && !error; i++) {
		struct nmreq_register reg = { .nr_tx_slots = 16, .nr_rx_slots = 16 };

		snprintf(name, sizeof(name), before == EIGHT ? "valeX%d:a" : "vale8:a", i);
		fds[i] = nt_open();
		error = nt_register(fds[i], before == OPEN ? interface : name, &reg);
	}
	if (before == ATTACHED)
		error = attach_as(name_of("vale8:%", interface), (struct nmreq_register){ MODE(ALL_NIC) });
	if (error)
		nt_errno_is("  what there is before", 0, error);
	return n;
}

static void attach_expect(const struct attach_row *row, const char *name, struct nmreq_vale_attach *body)
{
	struct nmreq_vale_detach gone = { .port_index = 99 };

	nt_result(body->port_index == 0 && !memcmp(&body->reg, &row->reg, sizeof(row->reg)),
		  "%s: the index of the port comes back, all else as it was", row->what);
	nt_errno_is("  and it leaves", 0, ask(REQ(VALE_DETACH), name, &gone, NULL));
	nt_equal("  from this place", 0, gone.port_index);
	nt_errno_is("  once", ENXIO, ask(REQ(VALE_DETACH), name, &gone, NULL));
}

static void test_attach(const char *interface)
{
	for (size_t i = 0; i < sizeof(attach_rows) / sizeof(*attach_rows); i++) {
		const struct attach_row *row = &attach_rows[i];
		struct nmreq_vale_attach body = { .reg = row->reg, .port_index = 99 }, before = body;
		struct nmreq_opt_offsets option = { .nro_opt = { .nro_reqtype = row->option, .nro_status = UNTOUCHED } };
		const char *name = name_of(row->name, interface);
		int fds[8], n = attach_before(row->before, interface, fds);

		nt_errno_is(row->what, row->error, ask(REQ(VALE_ATTACH), name, &body, row->option ? &option : NULL));
		if (row->option)
			nt_equal("  status of the option", EOPNOTSUPP, option.nro_opt.nro_status);
		if (row->error)
			nt_result(!memcmp(&body, &before, sizeof(body)), "%s: nothing comes back", row->what);
		else
			attach_expect(row, name, &body);
		while (n--)
			close(fds[n]);
		if (row->before == ATTACHED)
			nt_errno_is("  the first attachment is still there", 0,
				    detach(name_of("vale8:%", interface)));
		expect_untouched(row->what, interface);
	}
}

/* What an attached interface says to the others. */
static const struct busy_row {
	const char *what, *name;
	int type;
	struct nmreq_register reg;
	int error;
} busy_rows[] = {
	{ "attached: REGISTER", "%", REQ(REGISTER), { MODE(ALL_NIC) }, EBUSY },
	{ "attached: REGISTER of the host rings", "%", REQ(REGISTER), { MODE(SW) }, EBUSY },
	{ "attached: REGISTER of the port", "vale8:%", REQ(REGISTER), { MODE(ALL_NIC) }, EBUSY },
	{ "attached: a pipe", "%{1", REQ(REGISTER), { MODE(ALL_NIC) }, EBUSY },
	{ "attached: a monitor", "%", REQ(REGISTER), { MODE(ALL_NIC), .nr_flags = NR_MONITOR_RX }, EBUSY },
	{ "attached: a monitor of the port", "vale8:%", REQ(REGISTER), { MODE(ALL_NIC), .nr_flags = NR_MONITOR_TX }, EBUSY },
	{ "attached: PORT_INFO_GET", "%", REQ(PORT_INFO_GET), { 0 }, 0 },
	{ "attached: PORT_INFO_GET of the port", "vale8:%", REQ(PORT_INFO_GET), { 0 }, 0 },
	{ "attached: POOLS_INFO_GET", "%", REQ(POOLS_INFO_GET), { 0 }, 0 },
	{ "attached: DELIF", "%", REQ(VALE_DELIF), { 0 }, EINVAL },
	{ "attached: DETACH of its host stack, which is not there", "vale8:%^", REQ(VALE_DETACH), { 0 }, ENXIO },
};

static void test_busy(const char *interface)
{
	nt_errno_is("attached", 0, attach_as(name_of("vale8:%", interface), (struct nmreq_register){ MODE(ALL_NIC) }));
	for (size_t i = 0; i < sizeof(busy_rows) / sizeof(*busy_rows); i++) {
		const struct busy_row *row = &busy_rows[i];
		struct nmreq_register body[2] = { row->reg }; /* long enough for all */

		nt_errno_is(row->what, row->error, ask(row->type, name_of(row->name, interface),
						       row->type == REQ(VALE_DELIF) ? NULL : body, NULL));
	}
	nt_errno_is("attached: it is still there", 0, detach(name_of("vale8:%", interface)));
	expect_untouched("attached", interface);
}

/*
 * REGISTER
 */

#define HOST_RINGS .nr_host_tx_rings = 3, .nr_host_rx_rings = 2

/* Each fails at another step, and asks for things that must not stay. */
static const struct failed_row {
	const char *what;
	struct nmreq_register reg;
	uint32_t option;
	int error;
	uint32_t status;
} failed_rows[] = {
	{ "failed by its mode", { .nr_mode = 9, HOST_RINGS }, 0, EINVAL, 0 },
	{ "failed by its ring", { MODE(ONE_NIC), .nr_ringid = 9, HOST_RINGS }, 0, EINVAL, 0 },
	{ "failed by its host ring", { MODE(ONE_SW), .nr_ringid = 3, HOST_RINGS }, 0, EINVAL, 0 },
	{ "failed by its region", { MODE(ALL_NIC), .nr_mem_id = 999, HOST_RINGS }, 0, EINVAL, 0 },
	{ "failed by its memory", { MODE(SW), .nr_host_tx_rings = 2000 }, 0, ENOMEM, 0 },
	{ "failed by offsets", { MODE(NIC_SW), HOST_RINGS }, NETMAP_REQ_OPT_OFFSETS, EINVAL, EINVAL },
	{ "failed by CSB", { MODE(ALL_NIC), HOST_RINGS, .nr_extra_bufs = 9 }, NETMAP_REQ_OPT_CSB, EINVAL, EINVAL },
	{ "failed by CSB without memory", { MODE(ALL_NIC), HOST_RINGS, .nr_flags = NR_EXCLUSIVE }, NETMAP_REQ_OPT_CSB,
	  EFAULT, EFAULT },
	{ "failed by an unknown option", { MODE(NIC_SW), HOST_RINGS, .nr_flags = NR_EXCLUSIVE, .nr_extra_bufs = 9 },
	  UNKNOWN, EOPNOTSUPP, EOPNOTSUPP },
};

static void test_failed(const char *interface, bool has_offsets)
{
	for (size_t i = 0; i < sizeof(failed_rows) / sizeof(*failed_rows); i++) {
		const struct failed_row *row = &failed_rows[i];
		/* 3000 bytes of offset do not fit; the arrays of CSB mode are nowhere */
		struct nmreq_opt_offsets option = {
			.nro_opt = { .nro_reqtype = row->option, .nro_status = UNTOUCHED },
			.nro_max_offset = row->option == NETMAP_REQ_OPT_OFFSETS ? 3000 : 0,
		};
		bool never = row->option == NETMAP_REQ_OPT_OFFSETS && !has_offsets;
		struct nmreq_register reg = row->reg;
		int fd = nt_open();

		nt_errno_is(row->what, never ? EOPNOTSUPP : row->error,
			    nt_ctrl(fd, REQ(REGISTER), interface, &reg, row->option ? &option : NULL));
		if (row->option)
			nt_equal("  status", never ? EOPNOTSUPP : row->status, option.nro_opt.nro_status);
		nt_result(!memcmp(&reg, &row->reg, sizeof(reg)), "%s: nothing comes back", row->what);
		nt_errno_is("  not bound", ENXIO, ioctl(fd, NIOCRXSYNC) ? errno : 0);
		expect_untouched(row->what, interface);
		close(fd);
	}
}

/* Two descriptors: who owns what is in nobody's way elsewhere. */
static const struct owner_row {
	const char *what;
	const char *first_name;
	struct nmreq_register first;
	const char *second_name;
	struct nmreq_register second;
	int error;
} owner_rows[] = {
	{ "NIC rings owned, all rings wanted", "%", { MODE(ALL_NIC), .nr_flags = NR_EXCLUSIVE }, "%", { MODE(NIC_SW) }, EBUSY },
	{ "NIC rings owned, one host ring wanted", "%", { MODE(ALL_NIC), .nr_flags = NR_EXCLUSIVE }, "%",
	  { MODE(ONE_SW), .nr_flags = NR_EXCLUSIVE }, 0 },
	{ "TX owned, both wanted", "%", { MODE(ALL_NIC), .nr_flags = NR_EXCLUSIVE | NR_TX_RINGS_ONLY }, "%",
	  { MODE(ALL_NIC) }, EBUSY },
	{ "TX owned, RX shared", "%", { MODE(ALL_NIC), .nr_flags = NR_EXCLUSIVE | NR_TX_RINGS_ONLY }, "%",
	  { MODE(ALL_NIC), .nr_flags = NR_RX_RINGS_ONLY }, 0 },
	{ "nothing owned, everything wanted", "%",
	  { .nr_mode = 9, .nr_flags = NR_EXCLUSIVE | NR_TX_RINGS_ONLY | NR_RX_RINGS_ONLY }, "%",
	  { MODE(NIC_SW), .nr_flags = NR_EXCLUSIVE }, 0 },
	{ "an owner is monitored", "%", { MODE(ALL_NIC), .nr_flags = NR_EXCLUSIVE }, "%",
	  { MODE(ALL_NIC), .nr_flags = NR_MONITOR_RX | NR_MONITOR_TX }, 0 },
	{ "an owner is monitored without copies", "%", { MODE(ALL_NIC), .nr_flags = NR_EXCLUSIVE }, "%",
	  { MODE(ALL_NIC), .nr_flags = NR_ZCOPY_MON }, 0 },
	{ "a monitor of who is not open", "%{9", { MODE(ALL_NIC) }, "%", { MODE(ALL_NIC), .nr_flags = NR_MONITOR_RX }, EINVAL },
	{ "a monitor of a ring that is not there", "%", { MODE(ALL_NIC) }, "%",
	  { MODE(ONE_NIC), .nr_ringid = 1, .nr_flags = NR_MONITOR_RX }, EINVAL },
	{ "an end of a pipe owned, the same wanted", "%{1", { MODE(ALL_NIC), .nr_flags = NR_EXCLUSIVE }, "%{1",
	  { MODE(ALL_NIC) }, EBUSY },
	{ "an end of a pipe owned, the other too", "%{1", { MODE(ALL_NIC), .nr_flags = NR_EXCLUSIVE }, "%}1",
	  { MODE(ALL_NIC), .nr_flags = NR_EXCLUSIVE }, 0 },
	{ "an end of a pipe owned, its parent too", "%{1", { MODE(ALL_NIC), .nr_flags = NR_EXCLUSIVE }, "%",
	  { MODE(ALL_NIC), .nr_flags = NR_EXCLUSIVE }, 0 },
	{ "a parent owned, its pipe too", "%", { MODE(NIC_SW), .nr_flags = NR_EXCLUSIVE }, "%}1",
	  { MODE(ALL_NIC), .nr_flags = NR_EXCLUSIVE }, 0 },
	{ "a port of a switch owned, the same wanted", "vale7:a", { MODE(ALL_NIC), .nr_flags = NR_EXCLUSIVE }, "vale7:a",
	  { MODE(ALL_NIC) }, EBUSY },
	{ "a port of a switch owned, another too", "vale7:a", { MODE(ALL_NIC), .nr_flags = NR_EXCLUSIVE }, "vale7:b",
	  { MODE(ALL_NIC), .nr_flags = NR_EXCLUSIVE }, 0 },
	{ "a null port is nobody else's", "n", { MODE(NULL), .nr_mem_id = 1, .nr_flags = NR_EXCLUSIVE }, "n",
	  { MODE(NULL), .nr_mem_id = 1, .nr_flags = NR_EXCLUSIVE }, 0 },
	{ "nor can it be found", "nul0", { MODE(NULL), .nr_mem_id = 1 }, "nul0", { MODE(ALL_NIC) }, ENXIO },
};

static void test_owners(const char *interface)
{
	for (size_t i = 0; i < sizeof(owner_rows) / sizeof(*owner_rows); i++) {
		const struct owner_row *row = &owner_rows[i];
		struct nmreq_register first = row->first, second = row->second;
		int a = nt_open(), b = nt_open();

		nt_errno_is("  the first", 0, nt_register(a, name_of(row->first_name, interface), &first));
		nt_errno_is(row->what, row->error, nt_register(b, name_of(row->second_name, interface), &second));
		nt_errno_is("  the first has what it had", 0, ioctl(a, NIOCTXSYNC) ? errno : 0);
		nt_errno_is("  the second is bound or not", row->error ? ENXIO : 0, ioctl(b, NIOCTXSYNC) ? errno : 0);
		close(a);
		close(b);
		expect_untouched(row->what, interface);
	}
}

/* Which ports have offsets. */
static const struct offsets_row {
	const char *what, *name;
	struct nmreq_register reg;
	bool native; /* of the sink, not of the emulated interface */
	int error;
} offsets_rows[] = {
	{ "offsets: emulated", "%", { MODE(ALL_NIC) }, false, 0 },
	{ "offsets: a driver without them", "%", { MODE(ALL_NIC) }, true, EOPNOTSUPP },
	{ "offsets: port of a switch", "vale7:a", { MODE(ALL_NIC) }, false, 0 },
	{ "offsets: pipe", "%{1", { MODE(ALL_NIC) }, false, 0 },
	{ "offsets: pipe on a driver without them", "%{1", { MODE(ALL_NIC) }, true, 0 },
	{ "offsets: null port", "n", { MODE(NULL), .nr_mem_id = 1, .nr_tx_rings = 1, .nr_tx_slots = 8 }, false, 0 },
	{ "offsets: monitor that copies", "%", { MODE(ALL_NIC), .nr_flags = NR_MONITOR_RX }, false, 0 },
	{ "offsets: monitor that does not", "%", { MODE(ALL_NIC), .nr_flags = NR_ZCOPY_MON }, false, EOPNOTSUPP },
};

static void test_offsets(void)
{
	for (size_t i = 0; i < sizeof(offsets_rows) / sizeof(*offsets_rows); i++) {
		const struct offsets_row *row = &offsets_rows[i];
		struct nmreq_opt_offsets option = {
			.nro_opt = { .nro_reqtype = NETMAP_REQ_OPT_OFFSETS, .nro_status = UNTOUCHED },
			.nro_max_offset = 100, .nro_offset_bits = 9, .nro_tx_align = 12345, .nro_min_gap = 1700,
		}, before = option;
		const char *interface = row->native ? nic : emulated;
		struct nt_port port = { .reg = row->reg };
		int parent = nt_open();

		if (row->reg.nr_flags)
			nt_errno_is("  what is monitored", 0, nt_register(parent, interface, &(struct nmreq_register){ 0 }));
		nt_errno_is(row->what, row->error, nt_port_open(&port, name_of(row->name, interface), &option));
		nt_equal("  status", row->error, option.nro_opt.nro_status);
		option.nro_opt.nro_status = before.nro_opt.nro_status;
		nt_result(!memcmp(&option, &before, sizeof(option)), "%s: the option comes back as it was", row->what);
		if (!row->error) {
			nt_equal("  the mask", 0x1ff, nt_tx(&port, 0)->offset_mask);
			nt_port_close(&port);
		}
		close(parent);
	}
}

/* Extra buffers of a switch port: its region is made for them, up to a limit. */
static void test_extra_buffers(void)
{
	struct nmreq_register reg = { .nr_extra_bufs = 600000 };
	int before = nt_parameter("priv_buf_size"), fd = nt_open();

	nt_parameter_set("priv_buf_size", 64);
	nt_errno_is("600000 extra buffers on a switch port", 0, nt_register(fd, "vale7:a", &reg));
	nt_equal("600000 extra buffers on a switch port: granted", 524288, reg.nr_extra_bufs);
	nt_parameter_set("priv_buf_size", before);
	close(fd);
}

/* A descriptor without rings has nothing to do in CSB mode: it does not enter it. */
static void test_csb_without_rings(void)
{
	struct nmreq_opt_csb csb = { .nro_opt = { .nro_reqtype = NETMAP_REQ_OPT_CSB, .nro_status = UNTOUCHED },
				     .csb_atok = 1, .csb_ktoa = 1 };
	struct nmreq_register reg = { .nr_mode = 9, .nr_flags = NR_TX_RINGS_ONLY | NR_RX_RINGS_ONLY };
	struct nmreq_sync_kloop_start start = { 0 };
	int fd = nt_open();

	nt_errno_is("CSB without rings: at REGISTER", 0, nt_ctrl(fd, REQ(REGISTER), nic, &reg, &csb));
	nt_equal("CSB without rings: status", 0, csb.nro_opt.nro_status);
	nt_errno_is("CSB without rings: by CSB_ENABLE", 0, nt_ctrl(fd, REQ(CSB_ENABLE), "", NULL, &csb));
	nt_errno_is("CSB without rings: SYNC_KLOOP_START", EINVAL, nt_ctrl(fd, REQ(SYNC_KLOOP_START), "", &start, NULL));
	nt_errno_is("CSB without rings: NIOCTXSYNC", 0, ioctl(fd, NIOCTXSYNC) ? errno : 0);
	close(fd);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	nic = argv[1];
	emulated = argv[2];
	for (int i = 1; i < argc; i++) {
		test_attach(argv[i]);
		test_busy(argv[i]);
		test_failed(argv[i], i == 2);
		test_owners(argv[i]);
	}
	test_offsets();
	test_extra_buffers();
	test_csb_without_rings();
	return nt_failed != 0;
}
