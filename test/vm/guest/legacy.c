/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ioctls of old programs: legacy SINK. Each row is a struct nmreq and
 * what becomes of it.
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
	{ "NIOCGINFO, unknown region", NIOCGINFO, { V, .nr_arg2 = 999 }, EINVAL, {} },
	{ "NIOCREGIF", NIOCREGIF, { V }, 0, ANSWER },
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

int main(int argc, char **argv)
{
	struct nmreq null_port = { V, .nr_flags = NR_REG_NULL, .nr_arg2 = 1,
				   .nr_arg3 = 9, .nr_name = "x" };
	struct nm_ifreq ifreq = { .nifr_name = "vale0:" };
	char long_name[17] = {};
	int fd;

	if (argc != 2)
		return 2;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		run(&rows[i], argv[1]);
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
