/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control interface, case by case: errno, what comes back, and the state
 * afterwards. Run as: control INTERFACE EMULATED, where INTERFACE is a sink
 * (native, one ring pair) and EMULATED any interface without native support.
 */
#include "nmtest.h"

static const char *nic, *emulated;

/*
 * Header
 */

struct header_row {
	const char *what;
	struct nmreq_header hdr;
	int error;
};

static struct nmreq_port_info_get info;
#define INFO .nr_reqtype = NETMAP_REQ_PORT_INFO_GET, .nr_body = 1
#define BAD_POINTER 8

static const struct header_row header_rows[] = {
	{ "version 13", { .nr_version = 13, INFO }, EINVAL },
	{ "version 14", { .nr_version = 14, INFO }, 0 },
	{ "version 15", { .nr_version = 15, INFO }, 0 },
	{ "version 16", { .nr_version = 16, INFO }, EINVAL },
	{ "nr_reserved set", { .nr_version = 14, .nr_reserved = 1, INFO }, EINVAL },
	{ "request 0", { .nr_version = 14 }, EINVAL },
	{ "request 999", { .nr_version = 14, .nr_reqtype = 999 }, EINVAL },
	{ "request 999 with a body",
	  { .nr_version = 14, .nr_reqtype = 999, .nr_body = 1 }, EINVAL },
	{ "no body where there must be one",
	  { .nr_version = 14, .nr_reqtype = NETMAP_REQ_PORT_INFO_GET }, EINVAL },
	{ "a body where there must be none",
	  { .nr_version = 14, .nr_reqtype = NETMAP_REQ_SYNC_KLOOP_STOP,
	    .nr_body = 1 }, EINVAL },
	{ "unreadable body",
	  { .nr_version = 14, .nr_reqtype = NETMAP_REQ_PORT_INFO_GET,
	    .nr_body = BAD_POINTER }, EFAULT },
	{ "unreadable option",
	  { .nr_version = 14, INFO, .nr_options = BAD_POINTER }, EFAULT },
};

static void test_headers(void)
{
	int fd = nt_open();

	for (size_t i = 0; i < sizeof(header_rows) / sizeof(*header_rows); i++) {
		struct nmreq_header hdr = header_rows[i].hdr, before;
		int error;

		memset(&info, 0, sizeof(info));
		strcpy(hdr.nr_name, nic);
		if (hdr.nr_body == 1)
			hdr.nr_body = (uintptr_t)&info;
		before = hdr;
		error = ioctl(fd, NIOCCTRL, &hdr) ? errno : 0;
		nt_errno_is(header_rows[i].what, header_rows[i].error, error);
		nt_result(!memcmp(&before, &hdr, sizeof(hdr)),
			  "%s: the header comes back unchanged", header_rows[i].what);
	}
	nt_errno_is("NIOCCTRL without argument", EINVAL,
		    ioctl(fd, NIOCCTRL, NULL) ? errno : 0);
	nt_errno_is("NIOCCTRL with an unreadable argument", EFAULT,
		    ioctl(fd, NIOCCTRL, (void *)BAD_POINTER) ? errno : 0);
	nt_errno_is("unknown ioctl", EOPNOTSUPP,
		    ioctl(fd, _IO('i', 147)) ? errno : 0);
	nt_errno_is("NIOCTXSYNC unbound", ENXIO, ioctl(fd, NIOCTXSYNC) ? errno : 0);
	nt_errno_is("NIOCRXSYNC unbound", ENXIO, ioctl(fd, NIOCRXSYNC) ? errno : 0);
	nt_errno_is("mmap unbound", EINVAL,
		    mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED ?
			    errno : 0);
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };

	poll(&p, 1, 0);
	nt_equal("poll unbound: POLLERR", POLLERR, p.revents);
	close(fd);
}

/*
 * REGISTER
 */

struct register_row {
	const char *what;
	const char *name; /* NULL = the sink */
	struct nmreq_register reg;
	int error;
	int tx, rx; /* entries of ring_ofs that must be set: bit masks */
};

#define MODE(m) .nr_mode = NR_REG_##m

static const struct register_row register_rows[] = {
	{ "no such interface", "nope0", { MODE(ALL_NIC) }, ENXIO, 0, 0 },
	{ "empty name", "", { MODE(ALL_NIC) }, ENXIO, 0, 0 },
	{ "mode DEFAULT", NULL, { MODE(DEFAULT) }, EINVAL, 0, 0 },
	{ "mode PIPE_MASTER", NULL, { MODE(PIPE_MASTER) }, EINVAL, 0, 0 },
	{ "mode PIPE_SLAVE", NULL, { MODE(PIPE_SLAVE) }, EINVAL, 0, 0 },
	{ "mode 9", NULL, { .nr_mode = 9 }, EINVAL, 0, 0 },
	{ "mode 9 without rings", NULL,
	  { .nr_mode = 9, .nr_flags = NR_TX_RINGS_ONLY | NR_RX_RINGS_ONLY }, 0, 0, 0 },
	{ "unknown region", NULL, { MODE(ALL_NIC), .nr_mem_id = 999 }, EINVAL, 0, 0 },
	{ "region 1", NULL, { MODE(ALL_NIC), .nr_mem_id = 1 }, 0, 1, 1 },
	{ "ALL_NIC", NULL, { MODE(ALL_NIC) }, 0, 1, 1 },
	{ "ALL_NIC, nr_ringid is ignored", NULL, { MODE(ALL_NIC), .nr_ringid = 9 },
	  0, 1, 1 },
	{ "SW", NULL, { MODE(SW) }, 0, 2, 2 },
	{ "NIC_SW", NULL, { MODE(NIC_SW) }, 0, 3, 3 },
	{ "ONE_NIC 0", NULL, { MODE(ONE_NIC) }, 0, 1, 1 },
	{ "ONE_NIC 1", NULL, { MODE(ONE_NIC), .nr_ringid = 1 }, EINVAL, 0, 0 },
	{ "ONE_SW 0", NULL, { MODE(ONE_SW) }, 0, 2, 2 },
	{ "ONE_SW 1", NULL, { MODE(ONE_SW), .nr_ringid = 1 }, EINVAL, 0, 0 },
	{ "ALL_NIC, TX only", NULL, { MODE(ALL_NIC), .nr_flags = NR_TX_RINGS_ONLY },
	  0, 1, 0 },
	{ "NIC_SW, RX only", NULL, { MODE(NIC_SW), .nr_flags = NR_RX_RINGS_ONLY },
	  0, 0, 3 },
	{ "3 and 2 host rings, SW", NULL,
	  { MODE(SW), .nr_host_tx_rings = 3, .nr_host_rx_rings = 2 }, 0, 0xe, 6 },
	{ "3 and 2 host rings, ONE_SW 2: RX falls back to the first", NULL,
	  { MODE(ONE_SW), .nr_ringid = 2, .nr_host_tx_rings = 3,
	    .nr_host_rx_rings = 2 }, 0, 8, 2 },
	{ "3 and 2 host rings, ONE_SW 3", NULL,
	  { MODE(ONE_SW), .nr_ringid = 3, .nr_host_tx_rings = 3,
	    .nr_host_rx_rings = 2 }, EINVAL, 0, 0 },
	{ "more host rings than the region has", NULL,
	  { MODE(SW), .nr_host_tx_rings = 2000 }, ENOMEM, 0, 0 },
	{ "unknown flags", NULL, { MODE(ALL_NIC), .nr_flags = 1ULL << 40 }, 0, 1, 1 },
	{ "loopback: its MTU does not fit", "lo", { MODE(ALL_NIC) }, EINVAL, 0, 0 },
	{ "loopback, TX only", "lo",
	  { MODE(ALL_NIC), .nr_flags = NR_TX_RINGS_ONLY }, 0, 1, 0 },
};

enum direction { RX, TX };

static unsigned int bound_mask(struct nt_port *port, enum direction t)
{
	unsigned int n = port->nifp->ni_tx_rings + port->nifp->ni_host_tx_rings;
	unsigned int first = t == TX ? 0 : n, mask = 0;

	if (t == RX)
		n = port->nifp->ni_rx_rings + port->nifp->ni_host_rx_rings;
	for (unsigned int i = 0; i < n && i < 32; i++)
		mask |= (port->nifp->ring_ofs[first + i] != 0) << i;
	return mask;
}

/* Rings as they must be when nobody has used them. */
static void check_ring(const char *what, struct nt_port *port,
		       struct netmap_ring *ring, int tx)
{
	uint32_t n = ring->num_slots;
	size_t ring_at = (char *)ring - port->mem;
	bool ok = ring->head == 0 && ring->cur == 0 &&
		  ring->tail == (tx ? n - 1 : 0) && ring->dir == tx &&
		  ring->nr_buf_size == 2048 && ring->flags == 0 &&
		  ring->offset_mask == 0 && ring->buf_align == 0 &&
		  ring_at + ring->buf_ofs == 7475200;

	for (uint32_t i = 0; i < n; i++)
		ok = ok && ring->slot[i].buf_idx >= 2 &&
		     ring->slot[i].buf_idx < 163840 && ring->slot[i].len == 2048 &&
		     ring->slot[i].flags == 0 && ring->slot[i].ptr == 0;
	nt_result(ok, "%s: a fresh %s ring", what, tx ? "TX" : "RX");
}

static void check_bound(const struct register_row *row, struct nt_port *port)
{
	char what[128];

	snprintf(what, sizeof(what), "%s: bound TX rings", row->what);
	nt_equal(what, row->tx, bound_mask(port, TX));
	snprintf(what, sizeof(what), "%s: bound RX rings", row->what);
	nt_equal(what, row->rx, bound_mask(port, RX));
	snprintf(what, sizeof(what), "%s: flags come back", row->what);
	nt_equal(what, row->reg.nr_flags, port->reg.nr_flags);
	if (port->nifp->ring_ofs[0])
		check_ring(row->what, port, nt_tx(port, 0), 1);
	nt_errno_is("  a second REGISTER on the descriptor", EBUSY,
		    nt_register(port->fd, "nope", &(struct nmreq_register){}));
	nt_errno_is("  NIOCTXSYNC", 0, ioctl(port->fd, NIOCTXSYNC) ? errno : 0);
	nt_errno_is("  NIOCRXSYNC", 0, ioctl(port->fd, NIOCRXSYNC) ? errno : 0);
}

static void test_register(void)
{
	for (size_t i = 0; i < sizeof(register_rows) / sizeof(*register_rows); i++) {
		const struct register_row *row = &register_rows[i];
		struct nt_port port = { .reg = row->reg };
		int error;

		/* nt_port_open() would replace mode 0 */
		port.fd = nt_open();
		error = nt_ctrl(port.fd, NETMAP_REQ_REGISTER, row->name ?: nic,
				&port.reg, NULL);
		nt_errno_is(row->what, row->error, error);
		if (error) {
			nt_errno_is("  and the descriptor can be used again", 0,
				    nt_register(port.fd, nic,
						&(struct nmreq_register){}));
			close(port.fd);
			continue;
		}
		port.mem = mmap(NULL, port.reg.nr_memsize, PROT_READ | PROT_WRITE,
				MAP_SHARED, port.fd, 0);
		port.nifp = (void *)(port.mem + port.reg.nr_offset);
		if (port.mem != MAP_FAILED)
			check_bound(row, &port);
		else
			nt_result(false, "%s: mmap: %s", row->what, strerror(errno));
		nt_port_close(&port);
	}
}

/* What REGISTER tells of a port, native and emulated. */
static void test_register_output(void)
{
	struct nt_port port = { .reg.nr_extra_bufs = 5 };
	uint32_t n = 0, idx;
	void *page;

	nt_errno_is("REGISTER of the sink", 0, nt_port_open(&port, nic, NULL));
	nt_equal("the sink: TX rings", 1, port.reg.nr_tx_rings);
	nt_equal("the sink: RX rings", 1, port.reg.nr_rx_rings);
	nt_equal("the sink: TX slots", 1024, port.reg.nr_tx_slots);
	nt_equal("the sink: RX slots", 1024, port.reg.nr_rx_slots);
	nt_equal("the sink: host TX rings", 1, port.reg.nr_host_tx_rings);
	nt_equal("the sink: host RX rings", 1, port.reg.nr_host_rx_rings);
	nt_equal("the sink: size of region 1", 343019520, port.reg.nr_memsize);
	nt_equal("the sink: region", 1, port.reg.nr_mem_id);
	nt_equal("the sink: extra buffers granted", 5, port.reg.nr_extra_bufs);
	for (idx = port.nifp->ni_bufs_head; idx && n < 10; n++)
		idx = *(uint32_t *)nt_buf(nt_tx(&port, 0), idx);
	nt_equal("the sink: length of the list of extra buffers", 5, n);
	nt_result(!strcmp(port.nifp->ni_name, nic), "the sink: ni_name");
	nt_errno_is("mmap beyond the region", EINVAL,
		    mmap(NULL, 8192, PROT_READ, MAP_SHARED, port.fd,
			 port.reg.nr_memsize - 4096) == MAP_FAILED ? errno : 0);
	page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, port.fd,
		    port.reg.nr_memsize - 4096);
	nt_errno_is("mmap of the last page", 0, page == MAP_FAILED ? errno : 0);
	nt_port_close(&port);
	/* the mapping keeps the port */
	port = (struct nt_port){ .reg.nr_flags = NR_EXCLUSIVE };
	nt_errno_is("the port is in use while it is mapped", EBUSY,
		    nt_port_open(&port, nic, NULL));
	munmap(page, 4096);
	port = (struct nt_port){ .reg.nr_flags = NR_EXCLUSIVE };
	nt_errno_is("and free afterwards", 0, nt_port_open(&port, nic, NULL));
	nt_port_close(&port);
	port = (struct nt_port){};
	nt_errno_is("REGISTER of an emulated port", 0,
		    nt_port_open(&port, emulated, NULL));
	check_ring("an emulated port", &port, nt_tx(&port, 0), 1);
	check_ring("an emulated port", &port, nt_rx(&port, 0), 0);
	nt_port_close(&port);
}

static void test_extra_buffers(void)
{
	struct nt_port port = { .reg = { .nr_extra_bufs = 600000 } };
	struct nt_port null = { .reg = { MODE(NULL), .nr_mem_id = 1,
					 .nr_extra_bufs = 600000 } };

	nt_errno_is("600000 extra buffers on the sink", 0,
		    nt_port_open(&port, nic, NULL));
	nt_equal("600000 extra buffers on the sink: granted", 161790,
		 port.reg.nr_extra_bufs);
	nt_port_close(&port);
	nt_errno_is("600000 extra buffers on a null port", 0,
		    nt_port_open(&null, "x", NULL));
	nt_equal("600000 extra buffers on a null port: granted", 163838,
		 null.reg.nr_extra_bufs);
	nt_port_close(&null);
}

/* Two descriptors on one port. */

struct pair_row {
	const char *what;
	struct nmreq_register first, second;
	int error;
};

static const struct pair_row pair_rows[] = {
	{ "shared and shared", { MODE(ALL_NIC) }, { MODE(ALL_NIC) }, 0 },
	{ "exclusive and shared", { MODE(ALL_NIC), .nr_flags = NR_EXCLUSIVE },
	  { MODE(ALL_NIC) }, EBUSY },
	{ "shared and exclusive", { MODE(ALL_NIC) },
	  { MODE(ALL_NIC), .nr_flags = NR_EXCLUSIVE }, EBUSY },
	{ "exclusive TX and exclusive RX",
	  { MODE(ALL_NIC), .nr_flags = NR_EXCLUSIVE | NR_TX_RINGS_ONLY },
	  { MODE(ALL_NIC), .nr_flags = NR_EXCLUSIVE | NR_RX_RINGS_ONLY }, 0 },
	{ "exclusive NIC rings and host rings",
	  { MODE(ALL_NIC), .nr_flags = NR_EXCLUSIVE }, { MODE(SW) }, 0 },
	{ "exclusive host rings and all rings",
	  { MODE(SW), .nr_flags = NR_EXCLUSIVE }, { MODE(NIC_SW) }, EBUSY },
	{ "host rings of the second are ignored",
	  { MODE(ALL_NIC), .nr_host_tx_rings = 2 },
	  { MODE(ALL_NIC), .nr_host_tx_rings = 4 }, 0 },
};

static void test_pairs(void)
{
	for (size_t i = 0; i < sizeof(pair_rows) / sizeof(*pair_rows); i++) {
		const struct pair_row *row = &pair_rows[i];
		struct nmreq_register first = row->first, second = row->second;
		int a = nt_open(), b = nt_open();
		char what[100];

		snprintf(what, sizeof(what), "%s: the first", row->what);
		nt_errno_is(what, 0, nt_register(a, nic, &first));
		snprintf(what, sizeof(what), "%s: the second", row->what);
		nt_errno_is(what, row->error, nt_register(b, nic, &second));
		if (!row->error)
			nt_equal("  both see the same host rings",
				 first.nr_host_tx_rings, second.nr_host_tx_rings);
		close(a);
		second = row->second;
		if (row->error)
			nt_errno_is("  and alone it succeeds", 0,
				    nt_register(b, nic, &second));
		close(b);
	}
}

/*
 * Null ports
 */

struct null_row {
	const char *what, *name;
	struct nmreq_register reg;
	int error;
};

#define RINGS(t, r) .nr_tx_rings = t, .nr_rx_rings = r
#define SLOTS(t, r) .nr_tx_slots = t, .nr_rx_slots = r

static const struct null_row null_rows[] = {
	{ "null port without a region", "n", { RINGS(1, 1), SLOTS(8, 8) }, EINVAL },
	{ "null port in an unknown region", "n", { .nr_mem_id = 999 }, EINVAL },
	{ "null port of nothing", "n", { .nr_mem_id = 1 }, 0 },
	{ "null port, empty name", "", { .nr_mem_id = 1 }, 0 },
	{ "null port with a pipe's name", "a{1", { .nr_mem_id = 1 }, 0 },
	{ "null port with a long name", "abcdefghijklmnopqrstuvwxyz0123456789",
	  { .nr_mem_id = 1 }, 0 },
	{ "null port, monitor flags are ignored", "n",
	  { .nr_mem_id = 1, .nr_flags = NR_MONITOR_TX }, 0 },
	{ "null port, 2 and 3 rings", "n",
	  { .nr_mem_id = 1, RINGS(2, 3), SLOTS(64, 32) }, 0 },
	{ "null port, rings without slots", "n",
	  { .nr_mem_id = 1, RINGS(1, 1) }, EINVAL },
	{ "null port, RX rings without slots", "n",
	  { .nr_mem_id = 1, RINGS(1, 1), SLOTS(8, 0) }, EINVAL },
	{ "null port, rings larger than a ring object", "n",
	  { .nr_mem_id = 1, RINGS(1, 1), SLOTS(4000, 8) }, ENOMEM },
	{ "null port, more rings than the region has", "n",
	  { .nr_mem_id = 1, RINGS(300, 1), SLOTS(8, 8) }, ENOMEM },
};

static void test_null(void)
{
	for (size_t i = 0; i < sizeof(null_rows) / sizeof(*null_rows); i++) {
		const struct null_row *row = &null_rows[i];
		struct nt_port port = { .reg = row->reg };
		char name[16];

		port.reg.nr_mode = NR_REG_NULL;
		if (!nt_errno_is(row->what, row->error,
				 nt_port_open(&port, row->name, NULL)) || row->error)
			continue;
		nt_result(port.reg.nr_tx_rings == row->reg.nr_tx_rings &&
			  port.reg.nr_rx_rings == row->reg.nr_rx_rings &&
			  port.reg.nr_tx_slots == row->reg.nr_tx_slots &&
			  port.reg.nr_rx_slots == row->reg.nr_rx_slots &&
			  !port.reg.nr_host_tx_rings && !port.reg.nr_host_rx_rings,
			  "%s: the counts asked for", row->what);
		snprintf(name, sizeof(name), "null:%s", row->name);
		nt_result(!strcmp(name, port.nifp->ni_name) &&
			  port.nifp->ni_host_tx_rings == 1 &&
			  port.nifp->ni_host_rx_rings == 1,
			  "%s: its netmap_if", row->what);
		nt_errno_is("  NIOCTXSYNC", 0, ioctl(port.fd, NIOCTXSYNC) ? errno : 0);
		struct pollfd p = { .fd = port.fd, .events = POLLIN | POLLOUT };

		poll(&p, 1, 0);
		nt_equal("  poll", row->reg.nr_tx_rings ? POLLOUT : 0, p.revents);
		if (row->reg.nr_tx_rings) {
			struct netmap_ring *ring = NULL;

			for (int r = 0; r < row->reg.nr_tx_rings; r++) {
				ring = nt_tx(&port, r);
				ring->head = ring->cur = ring->tail;
			}
			nt_errno_is("  full rings", 0,
				    ioctl(port.fd, NIOCTXSYNC) ? errno : 0);
			nt_equal("  nothing is sent", ring->num_slots - 1, ring->tail);
			poll(&p, 1, 0);
			nt_equal("  poll then", 0, p.revents);
		}
		nt_port_close(&port);
	}
}

/*
 * PORT_INFO_GET, POOLS_INFO_GET
 */

static void test_info(void)
{
	struct nmreq_port_info_get i = {};
	struct nmreq_pools_info pools = {};
	struct nmreq_register reg = {};
	int fd = nt_open();

	nt_errno_is("PORT_INFO_GET of no port", 0,
		    nt_ctrl(fd, NETMAP_REQ_PORT_INFO_GET, "", &i, NULL));
	nt_equal("PORT_INFO_GET of no port: size of region 1", 343019520, i.nr_memsize);
	nt_equal("PORT_INFO_GET of no port: its id", 1, i.nr_mem_id);
	i = (struct nmreq_port_info_get){ .nr_mem_id = 999 };
	nt_errno_is("PORT_INFO_GET of an unknown region", EINVAL,
		    nt_ctrl(fd, NETMAP_REQ_PORT_INFO_GET, "", &i, NULL));
	i = (struct nmreq_port_info_get){ .nr_host_tx_rings = 3 };
	nt_errno_is("PORT_INFO_GET of the sink with 3 host TX rings", 0,
		    nt_ctrl(fd, NETMAP_REQ_PORT_INFO_GET, nic, &i, NULL));
	nt_equal("PORT_INFO_GET: TX slots", 1024, i.nr_tx_slots);
	nt_equal("PORT_INFO_GET: RX rings", 1, i.nr_rx_rings);
	nt_equal("PORT_INFO_GET: host TX rings as asked", 3, i.nr_host_tx_rings);
	i = (struct nmreq_port_info_get){};
	nt_errno_is("PORT_INFO_GET again", 0,
		    nt_ctrl(fd, NETMAP_REQ_PORT_INFO_GET, nic, &i, NULL));
	nt_equal("PORT_INFO_GET: and nothing stuck", 1, i.nr_host_tx_rings);
	nt_errno_is("PORT_INFO_GET of no such interface", ENXIO,
		    nt_ctrl(fd, NETMAP_REQ_PORT_INFO_GET, "nope0", &i, NULL));
	nt_errno_is("PORT_INFO_GET of an emulated port", 0,
		    nt_ctrl(fd, NETMAP_REQ_PORT_INFO_GET, emulated, &i, NULL));
	nt_errno_is("POOLS_INFO_GET without a name", ENXIO,
		    nt_ctrl(fd, NETMAP_REQ_POOLS_INFO_GET, "", &pools, NULL));
	nt_errno_is("POOLS_INFO_GET of no such interface", ENXIO,
		    nt_ctrl(fd, NETMAP_REQ_POOLS_INFO_GET, "nope0", &pools, NULL));
	pools.nr_mem_id = 999;
	nt_errno_is("POOLS_INFO_GET of an unknown region", EINVAL,
		    nt_ctrl(fd, NETMAP_REQ_POOLS_INFO_GET, nic, &pools, NULL));
	for (int bound = 0; bound < 2; bound++) {
		struct nmreq_pools_info want = {
			.nr_memsize = 343019520, .nr_mem_id = 1,
			.nr_if_pool_objtotal = 100, .nr_if_pool_objsize = 1024,
			.nr_ring_pool_offset = 102400, .nr_ring_pool_objtotal = 200,
			.nr_ring_pool_objsize = 36864, .nr_buf_pool_offset = 7475200,
			.nr_buf_pool_objtotal = 163840, .nr_buf_pool_objsize = 2048,
		};

		memset(&pools, 0, sizeof(pools));
		nt_errno_is(bound ? "POOLS_INFO_GET, bound" : "POOLS_INFO_GET", 0,
			    nt_ctrl(fd, NETMAP_REQ_POOLS_INFO_GET, nic, &pools, NULL));
		nt_result(!memcmp(&want, &pools, sizeof(want)),
			  "POOLS_INFO_GET: the default geometry");
		if (!bound)
			nt_errno_is("REGISTER", 0, nt_register(fd, nic, &reg));
	}
	close(fd);
}

/*
 * OFFSETS
 */

struct offsets_row {
	const char *what;
	uint64_t max, initial;
	uint32_t bits;
	int error;
};

static const struct offsets_row offsets_rows[] = {
	{ "offsets: all zero", 0, 0, 0, 0 },
	{ "offsets: 128 in 8 bits", 128, 0, 8, 0 },
	{ "offsets: 128 in 7 bits", 128, 0, 7, EINVAL },
	{ "offsets: 127 in 7 bits", 127, 0, 7, 0 },
	{ "offsets: 65 bits", 10, 0, 65, EINVAL },
	{ "offsets: 64 bits", 10, 0, 64, 0 },
	{ "offsets: initial beyond the maximum", 10, 11, 0, EINVAL },
	{ "offsets: 2048 of 2048", 2048, 0, 0, 0 },
	{ "offsets: 2049 of 2048", 2049, 0, 0, EINVAL },
	{ "offsets: initial 64", 128, 64, 16, 0 },
};

static void test_offsets(void)
{
	for (size_t i = 0; i < sizeof(offsets_rows) / sizeof(*offsets_rows); i++) {
		const struct offsets_row *row = &offsets_rows[i];
		struct nmreq_opt_offsets opt = {
			.nro_opt = { .nro_reqtype = NETMAP_REQ_OPT_OFFSETS,
				     .nro_status = 55 },
			.nro_max_offset = row->max, .nro_offset_bits = row->bits,
			.nro_initial_offset = row->initial,
		};
		struct nt_port port = {};
		uint64_t mask = row->bits && row->bits < 64 ?
					(1ULL << row->bits) - 1 : ~0ULL;

		nt_errno_is(row->what, row->error, nt_port_open(&port, emulated, &opt));
		nt_equal("  its status", row->error, opt.nro_opt.nro_status);
		if (row->error)
			continue;
		nt_equal("  the mask in the ring", mask, nt_tx(&port, 0)->offset_mask);
		nt_equal("  the offset in a slot", row->initial,
			 nt_rx(&port, 0)->slot[7].ptr & mask);
		struct nmreq_opt_offsets more = opt;
		struct nt_port second = {};

		more.nro_max_offset = row->max + 1;
		more.nro_initial_offset = 0;
		if (row->max < 2048 && row->max < mask) {
			nt_errno_is("  a second descriptor that wants more", EBUSY,
				    nt_port_open(&second, emulated, &more));
			nt_equal("  its status", EBUSY, more.nro_opt.nro_status);
		}
		more = opt;
		more.nro_max_offset = 0;
		more.nro_initial_offset = 0;
		nt_errno_is("  a second descriptor that wants less", 0,
			    nt_port_open(&second, emulated, &more));
		nt_equal("  gets the maximum in effect", row->max, more.nro_max_offset);
		nt_port_close(&second);
		nt_port_close(&port);
	}
	struct nmreq_opt_offsets opt = {
		.nro_opt.nro_reqtype = NETMAP_REQ_OPT_OFFSETS, .nro_max_offset = 64,
	};
	struct nt_port port = {};

	nt_errno_is("offsets on a driver without", EOPNOTSUPP,
		    nt_port_open(&port, nic, &opt));
	nt_equal("offsets on a driver without: its status", EOPNOTSUPP,
		 opt.nro_opt.nro_status);
	nt_errno_is("and without the option the port opens", 0,
		    nt_port_open(&port, emulated, NULL));
	nt_equal("and shows no trace of offsets", 0, nt_tx(&port, 0)->offset_mask);
	nt_port_close(&port);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	nic = argv[1];
	emulated = argv[2];
	test_headers();
	test_register();
	test_register_output();
	test_extra_buffers();
	test_pairs();
	test_null();
	test_info();
	test_offsets();
	return nt_failed != 0;
}
