/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Regions: private ones, ids, those that a request chooses, parameters of the
 * global one, and MTU against the size of buffers. Run as: regions NATIVE
 * EMULATED, right after the module was loaded: the ids are those of a fresh
 * one. NATIVE is a sink.
 */
#include "nmtest.h"
#include <sys/stat.h>

static const char *nic, *emulated;

static int region_info(uint16_t id, const char *name, struct nmreq_port_info_get *info)
{
	int fd = nt_open(), error;

	*info = (struct nmreq_port_info_get){ .nr_mem_id = id };
	error = nt_ctrl(fd, NETMAP_REQ_PORT_INFO_GET, name, info, NULL);
	close(fd);
	return error;
}

#define DEFAULT_SIZE 343019520
#define PRIVATE_SIZE 42369024

static void test_private_regions(void)
{
	struct nmreq_register a = {}, b = {}, c = {};
	struct nmreq_port_info_get info;
	struct nmreq_pools_info pools = {};
	int fa = nt_open(), fb = nt_open(), fc = nt_open();

	nt_errno_is("a switch port has a region of its own", 0,
		    nt_register(fa, "vale9:a", &a));
	nt_equal("the first private region: id", 2, a.nr_mem_id);
	nt_equal("the first private region: size", PRIVATE_SIZE, a.nr_memsize);
	nt_errno_is("another switch port", 0, nt_register(fb, "vale9:b", &b));
	nt_equal("the second private region: id", 3, b.nr_mem_id);
	nt_errno_is("POOLS_INFO_GET of a private region", 0,
		    nt_ctrl(fa, NETMAP_REQ_POOLS_INFO_GET, "vale9:a", &pools, NULL));
	struct nmreq_pools_info want = {
		.nr_memsize = PRIVATE_SIZE, .nr_mem_id = 2,
		.nr_if_pool_objtotal = 12, .nr_if_pool_objsize = 1024,
		.nr_ring_pool_offset = 12288, .nr_ring_pool_objtotal = 20,
		.nr_ring_pool_objsize = 20480, .nr_buf_pool_offset = 421888,
		.nr_buf_pool_objtotal = 20482, .nr_buf_pool_objsize = 2048,
	};
	nt_result(!memcmp(&want, &pools, sizeof(want)),
		  "POOLS_INFO_GET of a private region: its geometry");
	close(fa);
	nt_errno_is("a region ends with its port", EINVAL, region_info(2, "", &info));
	nt_errno_is("the other one stays", 0, region_info(3, "", &info));
	nt_errno_is("a third switch port", 0, nt_register(fc, "vale9:c", &c));
	nt_equal("the third private region: the id after the last", 4, c.nr_mem_id);
	close(fb);
	close(fc);
}

/* A NIC in a region that belongs to somebody else. */
static void test_chosen_regions(const char *name)
{
	struct nmreq_register owner = {}, reg;
	struct nmreq_port_info_get info;
	int vale = nt_open(), fd = nt_open(), second = nt_open();
	uint16_t id;

	nt_errno_is("the owner of a region", 0, nt_register(vale, "vale9:o", &owner));
	id = owner.nr_mem_id;
	nt_errno_is("PORT_INFO_GET of an idle NIC with that region", 0,
		    region_info(id, name, &info));
	nt_equal("  region", id, info.nr_mem_id);
	nt_equal("  size", PRIVATE_SIZE, info.nr_memsize);
	nt_errno_is("PORT_INFO_GET of the NIC afterwards", 0, region_info(0, name, &info));
	nt_equal("  region", 1, info.nr_mem_id);
	nt_equal("  size", DEFAULT_SIZE, info.nr_memsize);
	reg = (struct nmreq_register){ .nr_mem_id = id };
	nt_errno_is("REGISTER of a NIC in that region", 0, nt_register(fd, name, &reg));
	nt_equal("  region", id, reg.nr_mem_id);
	nt_equal("  size", PRIVATE_SIZE, reg.nr_memsize);
	nt_errno_is("PORT_INFO_GET of the NIC meanwhile, with region 1", 0,
		    region_info(1, name, &info));
	nt_equal("  region", id, info.nr_mem_id);
	reg = (struct nmreq_register){ .nr_mem_id = 1 };
	nt_errno_is("a second descriptor with region 1", 0, nt_register(second, name, &reg));
	nt_equal("  gets the region in use", id, reg.nr_mem_id);
	close(vale);
	nt_errno_is("the region stays with its last user", 0, region_info(id, "", &info));
	close(fd);
	nt_errno_is("  also with one of two", 0, region_info(id, "", &info));
	close(second);
	nt_errno_is("  and ends with the last", EINVAL, region_info(id, "", &info));
	fd = nt_open();
	reg = (struct nmreq_register){};
	nt_errno_is("REGISTER of the NIC afterwards", 0, nt_register(fd, name, &reg));
	nt_equal("  region", 1, reg.nr_mem_id);
	close(fd);
}

static const struct parameter_row {
	const char *name;
	int value;
	int error; /* of REGISTER */
	int objects, size; /* of that pool, when it works */
} parameter_rows[] = {
	{ "if_size", 55, EINVAL, 0, 0 }, { "if_size", 100, 0, 128, 128 },
	{ "if_size", 4096, 0, 100, 4096 }, { "if_size", 4097, EINVAL, 0, 0 },
	{ "if_num", 9, EINVAL, 0, 0 }, { "if_num", 10, 0, 12, 1024 },
	{ "if_num", 10001, EINVAL, 0, 0 }, { "if_num", -1, EINVAL, 0, 0 },
	{ "ring_size", 255, EINVAL, 0, 0 }, { "ring_size", 131073, EINVAL, 0, 0 },
	{ "ring_size", 16640, 0, 208, 16640 }, { "ring_size", 16576, ENOMEM, 0, 0 },
	{ "ring_num", 1, EINVAL, 0, 0 }, { "ring_num", 2, 0, 2, 36864 },
	{ "ring_num", 1025, EINVAL, 0, 0 },
	{ "buf_size", 63, EINVAL, 0, 0 }, { "buf_size", 65537, EINVAL, 0, 0 },
	{ "buf_size", 1984, 0, 163840, 1984 },
	{ "buf_num", 3, EINVAL, 0, 0 }, { "buf_num", 1000001, EINVAL, 0, 0 },
	{ "buf_num", 2050, 0, 2050, 2048 }, { "buf_num", 2048, ENOMEM, 0, 0 },
};

static void pool_of(const char *parameter, const struct nmreq_pools_info *pools,
		    uint32_t *objects, uint32_t *size)
{
	*objects = *parameter == 'i' ? pools->nr_if_pool_objtotal :
		   *parameter == 'r' ? pools->nr_ring_pool_objtotal :
				       pools->nr_buf_pool_objtotal;
	*size = *parameter == 'i' ? pools->nr_if_pool_objsize :
		*parameter == 'r' ? pools->nr_ring_pool_objsize :
				    pools->nr_buf_pool_objsize;
}

/* Every parameter that the module has, as it is after loading. */
static const struct default_row {
	const char *name;
	int value;
	int mode;
} default_rows[] = {
	{ "verbose", 0, 0644 }, { "no_timestamp", 0, 0644 }, { "no_pendintr", 1, 0644 },
	{ "txsync_retry", 2, 0644 }, { "fwd", 0, 0644 }, { "admode", 0, 0644 },
	{ "generic_hwcsum", 0, 0644 }, { "generic_mit", 100000, 0644 },
	{ "generic_ringsize", 1024, 0644 }, { "generic_rings", 1, 0644 },
	{ "generic_txqdisc", 1, 0644 }, { "ptnet_vnet_hdr", 1, 0644 },
	{ "if_size", 1024, 0644 }, { "if_num", 100, 0644 },
	{ "ring_size", 36864, 0644 }, { "ring_num", 200, 0644 },
	{ "buf_size", 2048, 0644 }, { "buf_num", 163840, 0644 },
	{ "if_curr_size", 0, 0444 }, { "if_curr_num", 0, 0444 },
	{ "ring_curr_size", 0, 0444 }, { "ring_curr_num", 0, 0444 },
	{ "buf_curr_size", 0, 0444 }, { "buf_curr_num", 0, 0444 },
	{ "priv_if_size", 1024, 0644 }, { "priv_if_num", 2, 0644 },
	{ "priv_ring_size", 20480, 0644 }, { "priv_ring_num", 4, 0644 },
	{ "priv_buf_size", 2048, 0644 }, { "priv_buf_num", 4098, 0644 },
	{ "open_regions", 0, 0644 }, { "default_pipes", 0, 0644 }, { "bridge_batch", 1024, 0644 },
	{ "poll_watch_us", 200, 0644 },
	{ "max_bridges", 8, 0444 }, { "sink_delay_ns", 100, 0644 },
	{ "sink_num", 1, 0644 },
};

static void test_defaults(void)
{
	for (size_t i = 0; i < sizeof(default_rows) / sizeof(*default_rows); i++) {
		const struct default_row *row = &default_rows[i];
		char path[100];
		struct stat st = {};

		snprintf(path, sizeof(path), "/sys/module/netmap/parameters/%s", row->name);
		stat(path, &st);
		nt_result(nt_parameter(row->name) == row->value &&
			  (st.st_mode & 0777) == (mode_t)row->mode,
			  "parameter %s is %d (%d), mode %o (%o)", row->name, row->value,
			  nt_parameter(row->name), row->mode, st.st_mode & 0777);
	}
}

/* The global region takes parameters on when nobody uses it. */
static void test_parameters(void)
{
	for (size_t i = 0; i < sizeof(parameter_rows) / sizeof(*parameter_rows); i++) {
		const struct parameter_row *row = &parameter_rows[i];
		int before = nt_parameter(row->name), fd = nt_open();
		struct nmreq_pools_info pools = {};
		char what[80], current[20];
		uint32_t objects, size;

		snprintf(what, sizeof(what), "%s = %d", row->name, row->value);
		snprintf(current, sizeof(current), "%.*s_curr_num",
			 (int)strcspn(row->name, "_"), row->name);
		nt_parameter_set(row->name, row->value);
		nt_errno_is(what, row->error,
			    nt_register(fd, nic, &(struct nmreq_register){}));
		if (!row->error) {
			nt_ctrl(fd, NETMAP_REQ_POOLS_INFO_GET, nic, &pools, NULL);
			pool_of(row->name, &pools, &objects, &size);
			snprintf(what, sizeof(what), "%s = %d: objects", row->name,
				 row->value);
			nt_equal(what, row->objects, objects);
			nt_equal("  their size", row->size, size);
			nt_equal("  objects shown", row->objects, nt_parameter(current));
			/* what is in use does not change */
			nt_parameter_set(row->name, before);
			memset(&pools, 0, sizeof(pools));
			nt_ctrl(fd, NETMAP_REQ_POOLS_INFO_GET, nic, &pools, NULL);
			pool_of(row->name, &pools, &objects, &size);
			nt_equal("  objects while in use", row->objects, objects);
		}
		nt_parameter_set(row->name, before);
		close(fd);
		fd = nt_open();
		struct nmreq_register reg = {};

		nt_errno_is("  and with the default", 0, nt_register(fd, nic, &reg));
		nt_equal("  size of the region", DEFAULT_SIZE, reg.nr_memsize);
		close(fd);
	}
}

/* Objects that run out: the one who is late gets ENOMEM, the others lose nothing. */
static void test_exhaustion(void)
{
	struct nmreq_register null = { .nr_mode = NR_REG_NULL, .nr_mem_id = 1 };
	int fds[12], n, late;

	nt_parameter_set("if_num", 12);
	for (n = 0; n < 12; n++) {
		struct nmreq_register reg = null;

		fds[n] = nt_open();
		if (nt_register(fds[n], "n", &reg))
			break;
	}
	nt_equal("12 interface objects: descriptors that can be bound", 12, n);
	late = nt_open();
	nt_errno_is("12 interface objects: the 13th", ENOMEM,
		    nt_register(late, emulated, &(struct nmreq_register){}));
	close(fds[0]);
	nt_errno_is("12 interface objects: one of them closed", 0,
		    nt_register(late, emulated, &(struct nmreq_register){}));
	for (n = 1; n < 12; n++)
		close(fds[n]);
	close(late);
	nt_parameter_set("if_num", 100);

	nt_parameter_set("buf_num", 3000);
	fds[0] = nt_open();
	nt_errno_is("3000 buffers: one port", 0,
		    nt_register(fds[0], nic, &(struct nmreq_register){}));
	late = nt_open();
	nt_errno_is("3000 buffers: a second one", ENOMEM,
		    nt_register(late, emulated, &(struct nmreq_register){}));
	null.nr_extra_bufs = 5000;
	nt_errno_is("3000 buffers: what is left", 0, nt_register(late, "n", &null));
	nt_equal("3000 buffers: what is left", 3000 - 2 - 2048, null.nr_extra_bufs);
	close(late);
	close(fds[0]);
	nt_parameter_set("buf_num", 163840);
}

/* More buffers than the machine has memory for: it goes on with what it got. */
static void test_short_memory(void)
{
	struct nmreq_register null = { .nr_mode = NR_REG_NULL, .nr_mem_id = 1,
				       .nr_extra_bufs = 2000000 };
	struct nt_port port = {};
	int fd = nt_open(), granted;

	nt_parameter_set("buf_num", 1000000);
	nt_errno_is("1,000,000 buffers in 1 GB: the port opens", 0,
		    nt_port_open(&port, nic, NULL));
	granted = nt_parameter("buf_curr_num");
	nt_result(granted > 100000 && granted < 520000,
		  "1,000,000 buffers in 1 GB: there are %d", granted);
	nt_equal("  the size of the region is what was asked for",
		 102400 + 7372800 + 2048000000ULL, port.reg.nr_memsize);
	nt_errno_is("  a null port takes the rest", 0, nt_register(fd, "n", &null));
	nt_equal("  the rest", granted - 2 - 2048, null.nr_extra_bufs);
	close(fd);
	nt_port_close(&port);
	nt_parameter_set("buf_num", 163840);
	fd = nt_open();
	nt_errno_is("  and with the default", 0,
		    nt_register(fd, nic, &(struct nmreq_register){}));
	nt_equal("  all of them", 163840, nt_parameter("buf_curr_num"));
	close(fd);
}

/* Bytes of a NUMA node; 0 if there is no such node. */
static uint64_t node_size(int node)
{
	char path[100];
	unsigned long kb = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/meminfo", node);
	f = fopen(path, "r");
	if (f) {
		if (fscanf(f, "Node %*d MemTotal: %lu", &kb) != 1)
			kb = 0;
		fclose(f);
	}
	return kb * 1024ULL;
}

/* A region that no node of the machine has memory for takes that of several. */
static void test_nodes(void)
{
	uint64_t largest = node_size(0) > node_size(1) ? node_size(0) : node_size(1);
	int wanted = (int)(largest / 2048 / 100 * 115) & ~1; /* two to a page */
	struct nt_port port = {};

	if (!node_size(1))
		return;
	nt_parameter_set("buf_num", wanted);
	nt_errno_is("a region larger than a NUMA node: the port opens", 0,
		    nt_port_open(&port, nic, NULL));
	nt_equal("a region larger than a NUMA node: all buffers", wanted,
		 nt_parameter("buf_curr_num"));
	nt_port_close(&port);
	nt_parameter_set("buf_num", 163840);
}

/*
 * MTU against buffers: the sink takes up to a page, and no fragments
 */

static int set_mtu(const char *name, int mtu)
{
	struct ifreq ifr = { .ifr_mtu = mtu };
	int s = socket(AF_INET, SOCK_DGRAM, 0), error;

	strcpy(ifr.ifr_name, name);
	error = ioctl(s, SIOCSIFMTU, &ifr) ? errno : 0;
	close(s);
	return error;
}

static const struct mtu_row {
	int mtu, buf_size, error;
} mtu_rows[] = {
	{ 1500, 2048, 0 }, { 2048, 2048, 0 }, { 2049, 2048, EINVAL },
	{ 4096, 2048, EINVAL }, { 4096, 4096, 0 }, { 4097, 8192, EINVAL },
	{ 1500, 1024, EINVAL },
};

static void test_mtu(void)
{
	int open_since;

	for (size_t i = 0; i < sizeof(mtu_rows) / sizeof(*mtu_rows); i++) {
		struct nmreq_register tx_only = { .nr_flags = NR_TX_RINGS_ONLY };
		char what[64];
		int fd = nt_open();

		snprintf(what, sizeof(what), "MTU %d, buffers of %d bytes", mtu_rows[i].mtu,
			 mtu_rows[i].buf_size);
		nt_parameter_set("buf_size", mtu_rows[i].buf_size);
		nt_errno_is("  MTU of the idle NIC", 0, set_mtu(nic, mtu_rows[i].mtu));
		nt_errno_is(what, mtu_rows[i].error,
			    nt_register(fd, nic, &(struct nmreq_register){}));
		close(fd);
		fd = nt_open();
		nt_errno_is("  without RX rings", 0, nt_register(fd, nic, &tx_only));
		close(fd);
		nt_errno_is("  and back", 0, set_mtu(nic, 1500));
		if (mtu_rows[i].buf_size < 1500)
			continue;
		fd = nt_open();
		nt_errno_is("  open at 1500", 0,
			    nt_register(fd, nic, &(struct nmreq_register){}));
		nt_errno_is("  the change in netmap mode", mtu_rows[i].error,
			    set_mtu(nic, mtu_rows[i].mtu));
		close(fd);
		set_mtu(nic, 1500);
	}
	nt_parameter_set("buf_size", 2048);
	open_since = nt_open();
	nt_errno_is("the NIC opens as before", 0,
		    nt_register(open_since, nic, &(struct nmreq_register){}));
	close(open_since);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	nic = argv[1];
	emulated = argv[2];
	test_defaults();
	test_private_regions();
	test_chosen_regions(nic);
	test_chosen_regions(emulated);
	test_parameters();
	test_exhaustion();
	test_mtu();
	test_short_memory();
	test_nodes();
	return nt_failed != 0;
}
