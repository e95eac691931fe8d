/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Regions in memory of the program: extmem NATIVE A B, where A and B are
 * emulated ports connected to each other.
 */
#include "nmtest.h"
#include <signal.h>
#include <sys/wait.h>

#define MB (1UL << 20)

struct row {
	const char *what;
	uint64_t size; /* bytes; the memory is 16 MB */
	struct nmreq_pools_info pools;
	int status, error;
	struct nmreq_pools_info want; /* geometry that comes back */
};

#define POOLS(in, is, rn, rs, bn, bs)					\
	{ .nr_if_pool_objtotal = in, .nr_if_pool_objsize = is,		\
	  .nr_ring_pool_objtotal = rn, .nr_ring_pool_objsize = rs,	\
	  .nr_buf_pool_objtotal = bn, .nr_buf_pool_objsize = bs }

static const struct row rows[] = {
	{ "extmem: 16 MB", 16 * MB, POOLS(4, 1024, 16, 20480, 4096, 2048), 0, 0,
	  POOLS(4, 1024, 16, 20480, 4096, 2048) },
	{ "extmem: default pools", 16 * MB, {}, 0, 0,
	  POOLS(2, 1024, 4, 20480, 4098, 2048) },
	{ "extmem: nothing", 0, {}, ENOMEM, ENOMEM, {} },
	{ "extmem: 1 MB does not hold the default pools", MB, {}, ENOMEM, ENOMEM, {} },
	{ "extmem: too many rings", 16 * MB, POOLS(0, 0, 4000, 20480, 0, 0),
	  ENOMEM, ENOMEM, {} },
	{ "extmem: more than there is", 64 * MB, {}, EFAULT, EFAULT, {} },
	{ "extmem: rings too small for the port", 16 * MB,
	  POOLS(4, 1024, 16, 4096, 4096, 2048), 0, ENOMEM, {} },
	{ "extmem: too few buffers for the port", 16 * MB,
	  POOLS(4, 1024, 15, 1048064, 4, 2048), 0, ENOMEM, {} },
	{ "extmem: rings that split words", 16 * MB,
	  POOLS(4, 1024, 16, 20484, 4096, 2048), EINVAL, EINVAL, {} },
	{ "extmem: descriptions that split words", 16 * MB,
	  POOLS(4, 1025, 16, 20480, 4096, 2048), EINVAL, EINVAL, {} },
};

static struct nmreq_opt_extmem option(void *mem, uint64_t size)
{
	return (struct nmreq_opt_extmem){
		.nro_opt = { .nro_reqtype = NETMAP_REQ_OPT_EXTMEM, .nro_status = 99 },
		.nro_usrptr = (uintptr_t)mem, .nro_info.nr_memsize = size,
	};
}

static void *memory(size_t size, int flags)
{
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	if (mem == MAP_FAILED)
		nt_result(false, "%zu bytes of memory: %s", size, strerror(errno));
	return mem;
}

/* Whatever kind of port it is: the memory is looked at before. */
static void test_rows(const char *nic)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *mem = memory(16 * MB, 0), what[200];
		struct nmreq_opt_extmem opt = option(mem, rows[i].size);
		struct nmreq_register reg = {};
		int fd = nt_open();

		/* nothing lies behind it */
		munmap(mmap(mem + 16 * MB, 4096, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 4096);
		opt.nro_info = rows[i].pools;
		opt.nro_info.nr_memsize = rows[i].size;
		reg.nr_mode = NR_REG_ALL_NIC;
		snprintf(what, sizeof(what), "%s, %s", rows[i].what, nic);
		nt_errno_is(what, rows[i].error,
			    nt_ctrl(fd, NETMAP_REQ_REGISTER, nic, &reg, &opt));
		nt_equal("  its status", rows[i].status, opt.nro_opt.nro_status);
		if (!rows[i].error) {
			opt.nro_info.nr_memsize = 0;
			nt_result(!memcmp(&opt.nro_info, &rows[i].want,
					  sizeof(opt.nro_info)),
				  "%s: the geometry that comes back", what);
			nt_result(reg.nr_mem_id > 1, "%s: has an id", what);
			nt_equal("  size", 16 * MB, reg.nr_memsize);
		} else {
			nt_errno_is("  and the descriptor can be used", 0,
				    nt_register(fd, nic, &(struct nmreq_register){}));
		}
		close(fd);
		munmap(mem, 16 * MB);
	}
}

static void test_layout(const char *nic)
{
	char *mem = memory(16 * MB, 0), *map;
	struct nmreq_opt_extmem opt = option(mem, 16 * MB), twin = opt, null;
	struct nmreq_register reg = { .nr_mode = NR_REG_ALL_NIC }, other = reg;
	struct nmreq_pools_info pools = {};
	int fd = nt_open(), second = nt_open();

	opt.nro_info = rows[0].pools;
	opt.nro_info.nr_memsize = 16 * MB;
	nt_errno_is("layout: register", 0,
		    nt_ctrl(fd, NETMAP_REQ_REGISTER, nic, &reg, &opt));
	nt_errno_is("layout: pools", 0,
		    nt_ctrl(fd, NETMAP_REQ_POOLS_INFO_GET, nic, &pools, NULL));
	nt_equal("layout: rings start at", 4096, pools.nr_ring_pool_offset);
	nt_equal("layout: buffers start at", 331776, pools.nr_buf_pool_offset);
	nt_equal("layout: buffers", 8030, pools.nr_buf_pool_objtotal);
	nt_equal("layout: all", 16777216, pools.nr_memsize);
	nt_result(!strcmp(((struct netmap_if *)(mem + reg.nr_offset))->ni_name, nic),
		  "layout: the program finds its netmap_if in its own memory");
	map = mmap(NULL, 16 * MB, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	nt_result(map != MAP_FAILED, "layout: mmap of the descriptor");
	strcpy(mem + 331776 + 5 * 2048, "seen");
	nt_result(map != MAP_FAILED && !strcmp(map + 331776 + 5 * 2048, "seen"),
		  "layout: and it shows the same memory");
	nt_result(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0) ==
		  MAP_FAILED, "layout: no private mapping of it");
	twin = opt;
	nt_errno_is("layout: a null port in the same memory", 0,
		    nt_ctrl(second, NETMAP_REQ_REGISTER, "n",
			    (other.nr_mode = NR_REG_NULL, &other), &twin));
	nt_equal("layout: it is the same region", reg.nr_mem_id, other.nr_mem_id);
	null = option(NULL, 16 * MB);
	nt_errno_is("layout: address 0", EFAULT,
		    nt_ctrl(nt_open(), NETMAP_REQ_REGISTER, nic,
			    &(struct nmreq_register){ .nr_mode = NR_REG_ALL_NIC },
			    &null));
	munmap(map, 16 * MB);
	close(fd);
	close(second);
	munmap(mem, 16 * MB);
}

/* Requests that say more, or something else, than where the memory is. */
static void test_requests(const char *nic)
{
	char *mem = memory(16 * MB, 0);
	struct nmreq_opt_extmem opt = option(mem, 16 * MB), twin = opt;
	struct nmreq_register reg = { .nr_mode = NR_REG_ALL_NIC };
	int fd = nt_open();

	strcpy(mem, "mine");
	opt.nro_opt.nro_next = (uintptr_t)&twin;
	nt_errno_is("extmem twice", EINVAL,
		    nt_ctrl(fd, NETMAP_REQ_REGISTER, nic, &reg, &opt));
	nt_equal("extmem twice: status of the first", EINVAL, opt.nro_opt.nro_status);
	nt_equal("extmem twice: status of the second", EINVAL, twin.nro_opt.nro_status);
	nt_result(!strcmp(mem, "mine"), "extmem twice: the memory is untouched");

	opt = option(mem, 16 * MB);
	reg.nr_mem_id = 999;
	nt_errno_is("extmem and a region id: the id is ignored", 0,
		    nt_ctrl(fd, NETMAP_REQ_REGISTER, nic, &reg, &opt));
	nt_result(reg.nr_mem_id > 1 && reg.nr_mem_id != 999,
		  "extmem and a region id: it has its own (%u)", reg.nr_mem_id);
	close(fd);

	fd = nt_open();
	opt = option(mem + 100, 12 * MB + 1);
	reg = (struct nmreq_register){ .nr_mode = NR_REG_ALL_NIC };
	nt_errno_is("extmem from the middle of a page", 0,
		    nt_ctrl(fd, NETMAP_REQ_REGISTER, nic, &reg, &opt));
	nt_equal("extmem from the middle of a page: whole pages", 12 * MB + 4096,
		 reg.nr_memsize);
	nt_result(!strcmp(((struct netmap_if *)(mem + reg.nr_offset))->ni_name, nic),
		  "extmem from the middle of a page: it starts with the page");
	close(fd);

	fd = nt_open();
	opt = option(mem, 16 * MB);
	reg = (struct nmreq_register){ .nr_mode = NR_REG_ALL_NIC };
	nt_errno_is("extmem for a port that does not exist", ENXIO,
		    nt_ctrl(fd, NETMAP_REQ_REGISTER, "nope0", &reg, &opt));
	nt_equal("extmem for a port that does not exist: its status", 0,
		 opt.nro_opt.nro_status);
	close(fd);
	munmap(mem, 16 * MB);
}

/* Frames from one port to the other, each with content of its own. */
static void exchange(struct nt_port *tx, struct nt_port *rx)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < 100; i++) {
		struct netmap_ring *ring = nt_tx(tx, 0);
		struct netmap_slot *slot = &ring->slot[ring->head];

		memset(nt_buf(ring, slot->buf_idx), i, 2000);
		memset(nt_buf(ring, slot->buf_idx), 0xff, 6);
		slot->len = 1000 + i;
		ring->head = ring->cur = nt_next(ring, ring->head);
	}
	ioctl(tx->fd, NIOCTXSYNC);
	for (uint64_t end = nt_now_ms() + NT_PATIENCE_MS; n < 100 && nt_now_ms() < end;) {
		struct pollfd p = { .fd = rx->fd, .events = POLLIN };
		struct netmap_ring *ring = nt_rx(rx, 0);

		poll(&p, 1, 100);
		for (; ring->head != ring->tail; n++) {
			struct netmap_slot *slot = &ring->slot[ring->head];
			char *at = nt_buf(ring, slot->buf_idx);

			if (slot->len != 1000 + n || at[500] != (char)n)
				break;
			ring->head = ring->cur = nt_next(ring, ring->head);
		}
	}
	nt_equal("  frames as sent", 100, n);
}

/* Two ports in the same memory; four interfaces and 16 rings. */
static void pair_open(const char *what, struct nt_port *tx, struct nt_port *rx,
		      const char *a, const char *b, void *mem, size_t size)
{
	struct nmreq_opt_extmem opt = option(mem, size), again;

	opt.nro_info.nr_if_pool_objtotal = 4;
	opt.nro_info.nr_ring_pool_objtotal = 16;
	again = opt;
	nt_errno_is(what, 0, nt_port_open(rx, b, &opt));
	nt_errno_is("  and its peer", 0, nt_port_open(tx, a, &again));
	nt_equal("  in one region", rx->reg.nr_mem_id, tx->reg.nr_mem_id);
}

/* Packets through it, and the program's pages survive. */
static void test_traffic(const char *what, const char *a, const char *b, void *mem,
			 size_t size)
{
	struct nt_port tx = {}, rx = {};

	if (mem == MAP_FAILED) {
		nt_result(false, "%s: no memory: %s", what, strerror(errno));
		return;
	}
	pair_open(what, &tx, &rx, a, b, mem, size);
	exchange(&tx, &rx);
	nt_port_close(&tx);
	nt_port_close(&rx);
	memset(mem, 0x5a, size);
	nt_result(((char *)mem)[size - 1] == 0x5a, "  the memory is the program's own");
	munmap(mem, size);
}

/* Pages of a file, as @extmem:file= of the library has them. */
static void *file_memory(unsigned int flags, size_t size)
{
	int fd = memfd_create("extmem", flags);
	void *mem = MAP_FAILED;

	if (fd >= 0 && !ftruncate(fd, size))
		mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd >= 0)
		close(fd);
	return mem;
}

/* The pages stay as long as a port needs them, whoever gives them up first. */
static void test_order(const char *a, const char *b)
{
	struct nt_port tx = {}, rx = {};
	char *mem = memory(16 * MB, 0);
	pid_t child;

	pair_open("extmem: two ports, and the program unmaps", &tx, &rx, a, b, mem,
		  16 * MB);
	munmap(mem, 16 * MB);
	exchange(&tx, &rx);
	nt_port_close(&rx);
	nt_errno_is("  the other port goes on", 0,
		    ioctl(tx.fd, NIOCTXSYNC) ? errno : 0);
	nt_port_close(&tx);

	child = fork();
	if (!child) {
		mem = memory(16 * MB, 0);
		pair_open("extmem: a program that is killed", &tx, &rx, a, b, mem,
			  16 * MB);
		exchange(&tx, &rx);
		kill(getpid(), SIGKILL);
	}
	waitpid(child, NULL, 0);
	tx.fd = nt_open();
	nt_errno_is("  its port can be had at once, in other memory", 0,
		    nt_register(tx.fd, a, &(struct nmreq_register){
						.nr_flags = NR_EXCLUSIVE }));
	close(tx.fd);
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	nt_pin();
	test_rows(argv[1]);
	test_rows(argv[2]);
	test_rows("vale3:a");
	test_layout(argv[1]);
	test_requests(argv[1]);
	for (int i = 0; i < 2; i++) {
		const char *a = i ? "vale3:a" : argv[2], *b = i ? "vale3:b" : argv[3];

		test_traffic("extmem: traffic in anonymous memory", a, b,
			     memory(16 * MB, MAP_POPULATE), 16 * MB);
		test_traffic("extmem: traffic in huge pages", a, b,
			     memory(16 * MB, MAP_HUGETLB), 16 * MB);
		test_traffic("extmem: traffic in a file", a, b,
			     file_memory(0, 16 * MB), 16 * MB);
		test_traffic("extmem: traffic in a file of huge pages", a, b,
			     file_memory(MFD_HUGETLB, 16 * MB), 16 * MB);
		test_order(a, b);
	}
	nt_errno_is("extmem: and without the option", 0,
		    nt_register(nt_open(), argv[1], &(struct nmreq_register){}));
	return nt_failed != 0;
}
