/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ioctls of old programs: legacy SINK EMULATED. Each row is a struct nmreq
 * and what becomes of it.
 */
#include "nmtest.h"

struct row {
	const char *what;
	unsigned long cmd;
	struct nmreq req;
	int error;
	struct nmreq want; /* rings, slots, arg2, arg3 on success */
};

#define V .nr_version = NETMAP_API
#define ANSWER { .nr_tx_rings = 1, .nr_rx_rings = 1, .nr_tx_slots = 1024,	\
		 .nr_rx_slots = 1024, .nr_arg2 = 1 }

static const struct row rows[] = {
	{ "NIOCGINFO", NIOCGINFO, { V }, 0, ANSWER },
	{ "NIOCGINFO, version 13", NIOCGINFO, { .nr_version = 13 }, EINVAL, {} },
	{ "NIOCGINFO, version 0xffffffff", NIOCGINFO, { .nr_version = ~0u }, 0, ANSWER },
	{ "NIOCGINFO, any other command", NIOCGINFO, { V, .nr_cmd = 99 }, 0, ANSWER },
	{ "NIOCGINFO, unknown region", NIOCGINFO, { V, .nr_arg2 = 999 }, EINVAL, {} },
	{ "NIOCREGIF", NIOCREGIF, { V }, 0, ANSWER },
	{ "NIOCREGIF, version 13", NIOCREGIF, { .nr_version = 13 }, EINVAL, {} },
	{ "NIOCREGIF, version 13 before the command", NIOCREGIF,
	  { .nr_version = 13, .nr_cmd = NETMAP_PT_HOST_CREATE }, EINVAL, {} },
	{ "NIOCREGIF, version 0xffffffff", NIOCREGIF, { .nr_version = ~0u }, 0, ANSWER },
	{ "NIOCREGIF, unknown region", NIOCREGIF, { V, .nr_arg2 = 999 }, EINVAL, {} },
	{ "NIOCREGIF, NETMAP_DO_RX_POLL", NIOCREGIF, { V, .nr_ringid = NETMAP_DO_RX_POLL }, 0, ANSWER },
	{ "NIOCREGIF, flags go before ringid", NIOCREGIF,
	  { V, .nr_ringid = NETMAP_HW_RING | 1, .nr_flags = NR_REG_ALL_NIC }, 0, ANSWER },
	{ "NIOCREGIF, flags of today", NIOCREGIF, { V, .nr_flags = NR_REG_ALL_NIC | NR_EXCLUSIVE }, 0, ANSWER },
	{ "NIOCREGIF, nr_arg1 is ignored", NIOCREGIF, { V, .nr_arg1 = 7 }, 0, ANSWER },
	{ "NIOCREGIF, region 1", NIOCREGIF, { V, .nr_arg2 = 1 }, 0, ANSWER },
	{ "NIOCREGIF, host rings by ringid", NIOCREGIF,
	  { V, .nr_ringid = NETMAP_SW_RING }, 0, ANSWER },
	{ "NIOCREGIF, ring 0 by ringid", NIOCREGIF,
	  { V, .nr_ringid = NETMAP_HW_RING | NETMAP_NO_TX_POLL }, 0, ANSWER },
	{ "NIOCREGIF, ring 1 by ringid", NIOCREGIF,
	  { V, .nr_ringid = NETMAP_HW_RING | 1 }, EINVAL, {} },
	{ "NIOCREGIF, NIC_SW", NIOCREGIF, { V, .nr_flags = NR_REG_NIC_SW }, 0, ANSWER },
	{ "NIOCREGIF, ONE_SW", NIOCREGIF, { V, .nr_flags = NR_REG_ONE_SW }, 0, ANSWER },
	{ "NIOCREGIF, null port without a region", NIOCREGIF,
	  { V, .nr_flags = NR_REG_NULL }, EINVAL, {} },
	{ "NIOCREGIF, mode 9", NIOCREGIF, { V, .nr_flags = 9 }, EINVAL, {} },
	{ "NIOCREGIF, mode 15", NIOCREGIF, { V, .nr_flags = 15 }, EINVAL, {} },
	{ "NIOCREGIF, BDG_REGOPS", NIOCREGIF, { V, .nr_cmd = NETMAP_BDG_REGOPS },
	  EINVAL, {} },
	{ "NIOCREGIF, BDG_LIST", NIOCREGIF, { V, .nr_cmd = NETMAP_BDG_LIST }, EINVAL, {} },
	{ "NIOCREGIF, PT_HOST_CREATE", NIOCREGIF,
	  { V, .nr_cmd = NETMAP_PT_HOST_CREATE }, ENOMEM, {} },
	{ "NIOCREGIF, PT_HOST_DELETE", NIOCREGIF,
	  { V, .nr_cmd = NETMAP_PT_HOST_DELETE }, ENOMEM, {} },
	{ "NIOCREGIF, unknown command", NIOCREGIF, { V, .nr_cmd = 99 }, EINVAL, {} },
};

static void run(const struct row *row, const char *name)
{
	struct nmreq req = row->req, before;
	int fd = nt_open(), error;

	memcpy(req.nr_name, name, strlen(name));
	before = req;
	error = ioctl(fd, row->cmd, &req) ? errno : 0;
	nt_errno_is(row->what, row->error, error);
	if (error) {
		nt_result(!memcmp(&before, &req, sizeof(req)),
			  "%s: comes back unchanged", row->what);
	} else {
		nt_result(req.nr_tx_rings == row->want.nr_tx_rings &&
			  req.nr_rx_rings == row->want.nr_rx_rings &&
			  req.nr_tx_slots == row->want.nr_tx_slots &&
			  req.nr_rx_slots == row->want.nr_rx_slots &&
			  req.nr_arg2 == row->want.nr_arg2 &&
			  req.nr_memsize == 343019520 &&
			  req.nr_version == before.nr_version &&
			  req.nr_ringid == before.nr_ringid &&
			  req.nr_cmd == before.nr_cmd &&
			  req.nr_flags == before.nr_flags,
			  "%s: what comes back", row->what);
	}
	nt_errno_is("  bound or not", !error && row->cmd == NIOCREGIF ? 0 : ENXIO,
		    ioctl(fd, NIOCTXSYNC) ? errno : 0);
	close(fd);
}

/*
 * Commands about switches and their ports, one after the other: each finds
 * what the earlier ones left.
 */

#define CMD(c) V, .nr_cmd = NETMAP_ ## c
#define POLL(mode, cpus) .nr_flags = NR_REG_##mode, .nr_arg1 = cpus

static const struct switch_row {
	unsigned long cmd;
	const char *what, *name; /* @ = the emulated port */
	struct nmreq req;
	int error;
	const char *name_after; /* NULL = as before */
	uint16_t arg1;
} switch_rows[] = {
	{ NIOCREGIF, "BDG_NEWIF", "lv0",
	  { CMD(BDG_NEWIF), .nr_tx_slots = 64, .nr_rx_slots = 128 }, 0, NULL, 0 },
	{ NIOCREGIF, "BDG_NEWIF again", "lv0", { CMD(BDG_NEWIF) }, EEXIST, NULL, 0 },
	{ NIOCREGIF, "BDG_DELIF of another kind of interface", "@",
	  { CMD(BDG_DELIF) }, EINVAL, NULL, 0 },
	{ NIOCREGIF, "BDG_ATTACH", "vale8:lv0", { CMD(BDG_ATTACH) }, 0, NULL, 0 },
	{ NIOCREGIF, "BDG_ATTACH again", "vale8:lv0", { CMD(BDG_ATTACH) }, EBUSY, NULL, 0 },
	{ NIOCREGIF, "BDG_ATTACH of nothing", "vale8:nope", { CMD(BDG_ATTACH) },
	  EINVAL, NULL, 0 },
	{ NIOCREGIF, "BDG_DELIF of an attached port", "lv0", { CMD(BDG_DELIF) },
	  EBUSY, NULL, 0 },
	{ NIOCGINFO, "BDG_LIST of a port", "vale8:lv0", { CMD(BDG_LIST) }, 0, NULL, 0 },
	{ NIOCGINFO, "BDG_LIST of no switch", "vale7:x", { CMD(BDG_LIST) }, ENOENT, NULL, 0 },
	{ NIOCGINFO, "BDG_LIST of all", "", { CMD(BDG_LIST) }, 0, "vale8:lv0", 0 },
	{ NIOCGINFO, "BDG_LIST of all, behind the last", "",
	  { CMD(BDG_LIST), .nr_arg2 = 1 }, ENOENT, NULL, 0 },
	{ NIOCREGIF, "BDG_VNET_HDR", "vale8:lv0", { CMD(BDG_VNET_HDR), .nr_arg1 = 12 },
	  0, NULL, 12 },
	{ NIOCREGIF, "BDG_VNET_HDR of 11 bytes", "vale8:lv0",
	  { CMD(BDG_VNET_HDR), .nr_arg1 = 11 }, EINVAL, NULL, 11 },
	{ NIOCREGIF, "VNET_HDR_GET", "vale8:lv0", { CMD(VNET_HDR_GET) }, 0, NULL, 12 },
	{ NIOCREGIF, "BDG_POLLING_ON of a port that is no NIC", "vale8:lv0",
	  { CMD(BDG_POLLING_ON), POLL(ALL_NIC, 1) }, EOPNOTSUPP, NULL, 1 },
	{ NIOCREGIF, "BDG_ATTACH with the host stack", "vale8:@",
	  { CMD(BDG_ATTACH), .nr_arg1 = NETMAP_BDG_HOST }, 0, NULL, NETMAP_BDG_HOST },
	{ NIOCGINFO, "BDG_LIST of the host stack", "vale8:@^", { CMD(BDG_LIST) }, 0, NULL, 0 },
	{ NIOCREGIF, "register of an attached NIC", "@", { V }, EBUSY, NULL, 0 },
	{ NIOCREGIF, "BDG_POLLING_ON, no such mode", "vale8:@",
	  { CMD(BDG_POLLING_ON), POLL(SW, 1) }, EINVAL, NULL, 1 },
	{ NIOCREGIF, "BDG_POLLING_ON without CPUs", "vale8:@",
	  { CMD(BDG_POLLING_ON), POLL(ALL_NIC, 0) }, EINVAL, NULL, 0 },
	{ NIOCREGIF, "BDG_POLLING_OFF before", "vale8:@", { CMD(BDG_POLLING_OFF) },
	  EFAULT, NULL, 0 },
	{ NIOCREGIF, "BDG_POLLING_ON", "vale8:@",
	  { CMD(BDG_POLLING_ON), POLL(ALL_NIC, 1) }, 0, NULL, 1 },
	{ NIOCREGIF, "BDG_POLLING_ON again", "vale8:@",
	  { CMD(BDG_POLLING_ON), POLL(ALL_NIC, 1) }, EFAULT, NULL, 1 },
	{ NIOCREGIF, "BDG_DETACH while it is polled", "vale8:@", { CMD(BDG_DETACH) },
	  EBUSY, NULL, 0 },
	{ NIOCREGIF, "BDG_POLLING_OFF", "vale8:@", { CMD(BDG_POLLING_OFF) }, 0, NULL, 0 },
	{ NIOCREGIF, "BDG_DETACH", "vale8:@", { CMD(BDG_DETACH) }, 0, NULL, 0 },
	{ NIOCREGIF, "BDG_DETACH again", "vale8:@", { CMD(BDG_DETACH) }, ENXIO, NULL, 0 },
	{ NIOCREGIF, "register of the NIC then", "@", { V }, 0, NULL, 0 },
	{ NIOCREGIF, "BDG_DETACH of the first", "vale8:lv0", { CMD(BDG_DETACH) }, 0, NULL, 0 },
	{ NIOCGINFO, "BDG_LIST: the switch is gone", "", { CMD(BDG_LIST) }, ENOENT, NULL, 0 },
	{ NIOCREGIF, "BDG_DELIF", "lv0", { CMD(BDG_DELIF) }, 0, NULL, 0 },
	{ NIOCREGIF, "BDG_DELIF again", "lv0", { CMD(BDG_DELIF) }, ENXIO, NULL, 0 },
};

static void run_switch(const struct switch_row *row, const char *emulated)
{
	struct nmreq req = row->req, before;
	const char *at = strchr(row->name, '@');
	int fd = nt_open(), error, len = at ? at - row->name : (int)strlen(row->name);

	snprintf(req.nr_name, sizeof(req.nr_name), "%.*s%s%s", len, row->name,
		 at ? emulated : "", at ? at + 1 : "");
	before = req;
	error = ioctl(fd, row->cmd, &req) ? errno : 0;
	nt_errno_is(row->what, row->error, error);
	if (error)
		nt_result(!memcmp(&before, &req, sizeof(req)),
			  "%s: comes back unchanged", row->what);
	nt_equal("  nr_arg1", row->arg1, req.nr_arg1);
	nt_result(!strcmp(req.nr_name, row->name_after ?: before.nr_name),
		  "%s: the name that comes back is %s", row->what, req.nr_name);
	if (!error && req.nr_cmd == NETMAP_BDG_NEWIF)
		nt_result(req.nr_tx_slots == 64 && req.nr_rx_slots == 128 &&
			  req.nr_tx_rings == 1 && req.nr_rx_rings == 1 &&
			  req.nr_arg2 > 1 && if_nametoindex(req.nr_name),
			  "%s: an interface of these rings", row->what);
	if (!error && req.nr_cmd == NETMAP_BDG_DELIF)
		nt_result(!if_nametoindex(req.nr_name), "%s: it is gone", row->what);
	close(fd);
}

/* Both ends of a pipe by mode and ring id; the name that comes back has no suffix. */
static void test_pipe(const char *name)
{
	static const struct { const char *what; uint32_t mode; const char *pipe; } rows[] = {
		{ "NIOCREGIF, PIPE_MASTER 3", NR_REG_PIPE_MASTER, "{3" },
		{ "NIOCREGIF, PIPE_SLAVE 3", NR_REG_PIPE_SLAVE, "}3" },
	};
	struct nmreq_port_hdr hdr;
	char pipe[40];
	int fd[2];

	for (int i = 0; i < 2; i++) {
		struct nmreq req = { V, .nr_flags = rows[i].mode, .nr_ringid = 3 };

		strcpy(req.nr_name, name);
		fd[i] = nt_open();
		nt_errno_is(rows[i].what, 0, ioctl(fd[i], NIOCREGIF, &req) ? errno : 0);
		nt_result(!strcmp(req.nr_name, name), "%s: the name", rows[i].what);
		snprintf(pipe, sizeof(pipe), "%s%s", name, rows[i].pipe);
		nt_errno_is("  the end exists", 0,
			    nt_ctrl(fd[i], NETMAP_REQ_PORT_HDR_GET, pipe, &hdr, NULL));
	}
	close(fd[0]);
	close(fd[1]);
	fd[0] = nt_open();
	nt_errno_is("the pipe ends with its ends", ENODEV,
		    nt_ctrl(fd[0], NETMAP_REQ_PORT_HDR_GET, pipe, &hdr, NULL));
	close(fd[0]);
}

int main(int argc, char **argv)
{
	struct nmreq null_port = { V, .nr_flags = NR_REG_NULL, .nr_arg2 = 1,
				   .nr_arg3 = 9, .nr_name = "x" };
	struct nm_ifreq ifreq = { .nifr_name = "vale0:" };
	char long_name[17] = {};
	int fd;

	if (argc != 3)
		return 2;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		run(&rows[i], argv[1]);
	for (size_t i = 0; i < sizeof(switch_rows) / sizeof(*switch_rows); i++)
		run_switch(&switch_rows[i], argv[2]);
	test_pipe(argv[1]);
	fd = nt_open();
	nt_errno_is("NIOCREGIF of a null port", 0,
		    ioctl(fd, NIOCREGIF, &null_port) ? errno : 0);
	nt_equal("NIOCREGIF of a null port: extra buffers", 9, null_port.nr_arg3);
	close(fd);
	fd = nt_open();
	nt_errno_is("NIOCREGIF without argument", EINVAL,
		    ioctl(fd, NIOCREGIF, NULL) ? errno : 0);
	nt_errno_is("NIOCGINFO, unreadable", EFAULT,
		    ioctl(fd, NIOCGINFO, (void *)8) ? errno : 0);
	nt_errno_is("NIOCCONFIG without a module that wants it", EINVAL,
		    ioctl(fd, NIOCCONFIG, &ifreq) ? errno : 0);
	/* a name of 16 bytes is cut, not refused */
	memset(long_name, 'q', 16);
	struct nmreq cut = { V };

	memcpy(cut.nr_name, long_name, 16);
	nt_errno_is("NIOCREGIF, a name without end", ENXIO,
		    ioctl(fd, NIOCREGIF, &cut) ? errno : 0);
	nt_equal("NIOCREGIF, a name without end: it is cut", 15, strlen(cut.nr_name));
	close(fd);
	return nt_failed != 0;
}
