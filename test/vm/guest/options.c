/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Options of requests: which request understands which, limits of the list,
 * and what comes back when something is wrong. Run as: options NATIVE EMULATED,
 * where only the second supports offsets.
 */
#include "nmtest.h"

static const char *nic, *emulated;
static struct nmreq_port_info_get info;
static struct nmreq_option many[200];

/*
 * Which request understands which option
 */

#define UNKNOWN 77

static const struct understood_row {
	const char *what, *name; /* NULL = the emulated port */
	int request, option;
	int error, status;
} understood_rows[] = {
	{ "REGISTER, OFFSETS", NULL, NETMAP_REQ_REGISTER, NETMAP_REQ_OPT_OFFSETS, 0, 0 },
	{ "REGISTER, EVENTFDS", NULL, NETMAP_REQ_REGISTER,
	  NETMAP_REQ_OPT_SYNC_KLOOP_EVENTFDS, EOPNOTSUPP, EOPNOTSUPP },
	{ "REGISTER, MODE", NULL, NETMAP_REQ_REGISTER,
	  NETMAP_REQ_OPT_SYNC_KLOOP_MODE, EOPNOTSUPP, EOPNOTSUPP },
	{ "REGISTER, unknown", NULL, NETMAP_REQ_REGISTER, UNKNOWN, EOPNOTSUPP, EOPNOTSUPP },
	{ "REGISTER, CSB without exclusive rings", NULL, NETMAP_REQ_REGISTER,
	  NETMAP_REQ_OPT_CSB, EINVAL, EINVAL },
	{ "REGISTER of no interface, OFFSETS", "nope0", NETMAP_REQ_REGISTER,
	  NETMAP_REQ_OPT_OFFSETS, ENXIO, EOPNOTSUPP },
	{ "PORT_INFO_GET, EXTMEM", NULL, NETMAP_REQ_PORT_INFO_GET,
	  NETMAP_REQ_OPT_EXTMEM, 0, EOPNOTSUPP },
	{ "PORT_INFO_GET, OFFSETS", NULL, NETMAP_REQ_PORT_INFO_GET,
	  NETMAP_REQ_OPT_OFFSETS, 0, EOPNOTSUPP },
	{ "PORT_INFO_GET, CSB", NULL, NETMAP_REQ_PORT_INFO_GET, NETMAP_REQ_OPT_CSB,
	  0, EOPNOTSUPP },
	{ "PORT_INFO_GET, EVENTFDS", NULL, NETMAP_REQ_PORT_INFO_GET,
	  NETMAP_REQ_OPT_SYNC_KLOOP_EVENTFDS, 0, EOPNOTSUPP },
	{ "PORT_INFO_GET, MODE", NULL, NETMAP_REQ_PORT_INFO_GET,
	  NETMAP_REQ_OPT_SYNC_KLOOP_MODE, 0, EOPNOTSUPP },
	{ "POOLS_INFO_GET, OFFSETS", NULL, NETMAP_REQ_POOLS_INFO_GET,
	  NETMAP_REQ_OPT_OFFSETS, 0, EOPNOTSUPP },
	{ "POOLS_INFO_GET, unknown", NULL, NETMAP_REQ_POOLS_INFO_GET, UNKNOWN, 0,
	  EOPNOTSUPP },
	{ "CSB_ENABLE without CSB", NULL, NETMAP_REQ_CSB_ENABLE,
	  NETMAP_REQ_OPT_OFFSETS, EINVAL, EOPNOTSUPP },
	{ "CSB_ENABLE unbound", NULL, NETMAP_REQ_CSB_ENABLE, NETMAP_REQ_OPT_CSB, 0, 0 },
	{ "SYNC_KLOOP_STOP unbound, MODE", NULL, NETMAP_REQ_SYNC_KLOOP_STOP,
	  NETMAP_REQ_OPT_SYNC_KLOOP_MODE, ENXIO, EOPNOTSUPP },
};

static void *body_of(int request)
{
	static struct nmreq_pools_info pools;
	static struct nmreq_register reg;

	memset(&info, 0, sizeof(info));
	memset(&pools, 0, sizeof(pools));
	reg = (struct nmreq_register){ .nr_mode = NR_REG_ALL_NIC };
	switch (request) {
	case NETMAP_REQ_REGISTER:
		return &reg;
	case NETMAP_REQ_PORT_INFO_GET:
		return &info;
	case NETMAP_REQ_POOLS_INFO_GET:
		return &pools;
	}
	return NULL;
}

static void test_understood(void)
{
	for (size_t i = 0; i < sizeof(understood_rows) / sizeof(*understood_rows); i++) {
		const struct understood_row *row = &understood_rows[i];
		struct { struct nmreq_option hdr; uint64_t body[16]; } opt = {
			.hdr = { .nro_reqtype = row->option, .nro_status = 55,
				 .nro_size = row->option ==
					     NETMAP_REQ_OPT_SYNC_KLOOP_EVENTFDS ? 32 : 0 },
		}, before = opt;
		int fd = nt_open();
		bool bound = row->request == NETMAP_REQ_REGISTER && !row->error;

		nt_errno_is(row->what, row->error,
			    nt_ctrl(fd, row->request, row->name ?: emulated,
				    body_of(row->request), &opt));
		nt_equal("  its status", row->status, opt.hdr.nro_status);
		opt.hdr.nro_status = before.hdr.nro_status;
		nt_result(!memcmp(&before, &opt, sizeof(opt)),
			  "%s: all else of the option is as it was", row->what);
		nt_errno_is("  bound or not", bound ? 0 : ENXIO,
			    ioctl(fd, NIOCTXSYNC) ? errno : 0);
		if (!bound)
			nt_errno_is("  and the descriptor can be used", 0,
				    nt_register(fd, nic, &(struct nmreq_register){}));
		close(fd);
	}
}

/* Errors that come before, or after, an option was looked at. */
static void test_order(void)
{
	struct nmreq_opt_csb csb = { .nro_opt.nro_reqtype = NETMAP_REQ_OPT_CSB };
	struct nmreq_opt_offsets offsets = {
		.nro_opt.nro_reqtype = NETMAP_REQ_OPT_OFFSETS, .nro_max_offset = 7,
	};
	struct nmreq_option unknown = { .nro_reqtype = UNKNOWN };
	struct nmreq_register mine = { .nr_flags = NR_EXCLUSIVE };
	struct nmreq_register wish = { .nr_flags = NR_EXCLUSIVE,
				       .nr_mode = NR_REG_ALL_NIC };
	struct nt_port port = {};
	int owner = nt_open(), fd = nt_open();

	nt_errno_is("CSB on rings of somebody else: the owner", 0,
		    nt_register(owner, emulated, &mine));
	nt_errno_is("CSB on rings of somebody else", EBUSY,
		    nt_ctrl(fd, NETMAP_REQ_REGISTER, emulated, &wish, &csb));
	nt_equal("CSB on rings of somebody else: its status", EOPNOTSUPP,
		 csb.nro_opt.nro_status);
	close(owner);
	offsets.nro_opt.nro_next = (uintptr_t)&unknown;
	nt_errno_is("OFFSETS and an unknown option", EOPNOTSUPP,
		    nt_ctrl(fd, NETMAP_REQ_REGISTER, emulated, &wish, &offsets));
	nt_equal("OFFSETS and an unknown option: status of OFFSETS", 0,
		 offsets.nro_opt.nro_status);
	nt_equal("OFFSETS and an unknown option: status of the other", EOPNOTSUPP,
		 unknown.nro_status);
	nt_errno_is("OFFSETS and an unknown option: not bound", ENXIO,
		    ioctl(fd, NIOCRXSYNC) ? errno : 0);
	close(fd);
	nt_errno_is("and nobody owns the rings", 0, nt_port_open(&port, emulated, NULL));
	nt_equal("nor do they have offsets", 0, nt_tx(&port, 0)->offset_mask);
	nt_port_close(&port);
}

/*
 * The list
 */

static int with_options(int fd, uint64_t first)
{
	struct nmreq_header hdr = {
		.nr_version = 14, .nr_reqtype = NETMAP_REQ_PORT_INFO_GET,
		.nr_options = first, .nr_body = (uintptr_t)&info,
	};

	memset(&info, 0, sizeof(info));
	return ioctl(fd, NIOCCTRL, &hdr) ? errno : 0;
}

static int without_body(int fd, uint64_t first)
{
	struct nmreq_header hdr = {
		.nr_version = 14, .nr_reqtype = NETMAP_REQ_SYNC_KLOOP_STOP,
		.nr_options = first,
	};

	return ioctl(fd, NIOCCTRL, &hdr) ? errno : 0;
}

static void chain(int n, uint32_t type)
{
	memset(many, 0, sizeof(many));
	for (int i = 0; i < n; i++) {
		many[i].nro_reqtype = type;
		many[i].nro_status = 77;
		many[i].nro_next = i + 1 < n ? (uintptr_t)&many[i + 1] : 0;
	}
}

static void test_options(void)
{
	struct nmreq_opt_csb csb = { .nro_opt.nro_reqtype = NETMAP_REQ_OPT_CSB };
	struct nmreq_opt_csb twin = csb;
	int fd = nt_open();

	chain(1, 100);
	nt_errno_is("unknown option on an info request", 0,
		    with_options(fd, (uintptr_t)many));
	nt_equal("unknown option: its status", EOPNOTSUPP, many[0].nro_status);
	chain(1, 0);
	nt_errno_is("option type 0", EINVAL, with_options(fd, (uintptr_t)many));
	nt_equal("option type 0: its status", EINVAL, many[0].nro_status);
	csb.nro_opt.nro_next = (uintptr_t)&twin;
	nt_errno_is("the same option twice", EINVAL,
		    with_options(fd, (uintptr_t)&csb));
	nt_equal("the same option twice: status of the first", EINVAL,
		 csb.nro_opt.nro_status);
	nt_equal("the same option twice: status of the second", EINVAL,
		 twin.nro_opt.nro_status);
	nt_equal("the same option twice: nro_next stays", (uintptr_t)&twin,
		 csb.nro_opt.nro_next);
	csb.nro_opt.nro_next = (uintptr_t)&csb;
	nt_errno_is("a cycle of a known option", EINVAL,
		    with_options(fd, (uintptr_t)&csb));
	chain(2, 100);
	many[1].nro_next = (uintptr_t)many;
	nt_errno_is("a cycle of unknown options", EMSGSIZE,
		    with_options(fd, (uintptr_t)many));
	nt_equal("a cycle of unknown options: no status is written", 77,
		 many[0].nro_status);
	chain(129, 100);
	nt_result(without_body(fd, (uintptr_t)many) != EMSGSIZE,
		  "129 options without a body");
	nt_equal("129 options without a body: understood as far as known",
		 EOPNOTSUPP, many[128].nro_status);
	chain(130, 100);
	nt_errno_is("130 options without a body", EMSGSIZE,
		    without_body(fd, (uintptr_t)many));
	struct nmreq_opt_offsets offsets = {
		.nro_opt = { .nro_reqtype = NETMAP_REQ_OPT_OFFSETS, .nro_size = 5000 },
	};

	nt_errno_is("a known option that claims 5000 bytes", EMSGSIZE,
		    with_options(fd, (uintptr_t)&offsets));
	close(fd);
}

/* The limits of the list parser, with a REGISTER body and one EVENTFDS option. */
static void test_option_sizes(void)
{
	static char space[8192] __attribute__((aligned(8)));
	static const struct { int unknown; size_t size; int error; } rows[] = {
		{ 0, 4017, EOPNOTSUPP }, { 0, 4040, EOPNOTSUPP }, { 0, 4041, EMSGSIZE },
		{ 0, 4096, EMSGSIZE }, { 5, 3920, EOPNOTSUPP }, { 5, 3921, EMSGSIZE },
		{ 6, 3888, EOPNOTSUPP }, { 6, 3889, EMSGSIZE },
		{ 40, 2800, EOPNOTSUPP }, { 40, 2801, EMSGSIZE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct nmreq_option *last = (void *)space;
		struct nmreq_register reg = { .nr_mode = NR_REG_ALL_NIC };
		int fd = nt_open(), n = rows[i].unknown, error;
		char what[80];

		memset(space, 0, sizeof(space));
		last->nro_reqtype = NETMAP_REQ_OPT_SYNC_KLOOP_EVENTFDS;
		last->nro_size = rows[i].size;
		chain(n, 100);
		if (n)
			many[n - 1].nro_next = (uintptr_t)last;
		error = nt_ctrl(fd, NETMAP_REQ_REGISTER, nic, &reg,
				n ? (void *)many : (void *)last);
		snprintf(what, sizeof(what), "%d unknown options, then one of %zu bytes",
			 n, rows[i].size);
		nt_errno_is(what, rows[i].error, error);
		nt_errno_is("  and the descriptor stays unbound", ENXIO,
			    ioctl(fd, NIOCTXSYNC) ? errno : 0);
		close(fd);
	}
}

/* An error in the middle: what was read before has status 0, the rest is untouched. */
static void test_broken_lists(void)
{
	static const struct {
		const char *what;
		uint32_t type, size;
		int error, status;
	} rows[] = {
		{ "type 0 in the middle of a list", 0, 0, EINVAL, EINVAL },
		{ "too long an option in the middle", NETMAP_REQ_OPT_OFFSETS, 5000,
		  EMSGSIZE, 0 },
	};
	int fd = nt_open();

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		chain(3, UNKNOWN);
		many[1].nro_reqtype = rows[i].type;
		many[1].nro_size = rows[i].size;
		nt_errno_is(rows[i].what, rows[i].error, with_options(fd, (uintptr_t)many));
		nt_equal("  status of the one before", 0, many[0].nro_status);
		nt_equal("  its own", rows[i].status, many[1].nro_status);
		nt_equal("  of the one behind", 77, many[2].nro_status);
	}
	chain(127, UNKNOWN);
	nt_errno_is("127 options with a REGISTER", EOPNOTSUPP,
		    nt_ctrl(fd, NETMAP_REQ_REGISTER, nic, body_of(NETMAP_REQ_REGISTER),
			    many));
	nt_equal("127 options with a REGISTER: status of the last", EOPNOTSUPP,
		 many[126].nro_status);
	chain(128, UNKNOWN);
	nt_errno_is("128 options with a REGISTER", EMSGSIZE,
		    nt_ctrl(fd, NETMAP_REQ_REGISTER, nic, body_of(NETMAP_REQ_REGISTER),
			    many));
	nt_equal("128 options with a REGISTER: no status", 77, many[0].nro_status);
	close(fd);
}

/* Memory that ends, or cannot be written, where the kernel wants more of it. */
static void test_memory(void)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct nmreq_option *last = (void *)(page + 4096 - sizeof(*last));
	struct nmreq_register *reg = (void *)page;
	int fd = nt_open();

	munmap(page + 4096, 4096);
	*last = (struct nmreq_option){ .nro_reqtype = NETMAP_REQ_OPT_OFFSETS,
				       .nro_status = 77 };
	nt_errno_is("an option whose body is not there", EFAULT,
		    with_options(fd, (uintptr_t)last));
	nt_equal("an option whose body is not there: its status", 0, last->nro_status);
	*last = (struct nmreq_option){
		.nro_reqtype = NETMAP_REQ_OPT_SYNC_KLOOP_EVENTFDS, .nro_size = 4097,
	};
	nt_errno_is("one that claims too much of it", EMSGSIZE,
		    with_options(fd, (uintptr_t)last));
	reg->nr_mode = NR_REG_ALL_NIC;
	mprotect(page, 4096, PROT_READ);
	nt_errno_is("a body that cannot be written", EFAULT,
		    nt_ctrl(fd, NETMAP_REQ_REGISTER, nic, reg, NULL));
	nt_errno_is("a body that cannot be written: it was done all the same", 0,
		    ioctl(fd, NIOCTXSYNC) ? errno : 0);
	mprotect(page, 4096, PROT_READ | PROT_WRITE);
	*last = (struct nmreq_option){ .nro_reqtype = UNKNOWN };
	mprotect(page, 4096, PROT_READ);
	nt_errno_is("an option that cannot be written", EFAULT,
		    with_options(fd, (uintptr_t)last));
	munmap(page, 4096);
	close(fd);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	nic = argv[1];
	emulated = argv[2];
	test_understood();
	test_order();
	test_options();
	test_option_sizes();
	test_broken_lists();
	test_memory();
	return nt_failed != 0;
}
