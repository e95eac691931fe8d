/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Descriptors and their memory rule by rule: the file, mappings, extra buffers, what stays of a ring. One row, one case.
 * Run as: mappings NATIVE EMULATED, where NATIVE is a sink; both are in region 1.
 */
#include "nmtest.h"
#include <sys/stat.h>
#include <sys/sysmacros.h>

static const char *nic, *emulated;

/*
 * The file
 */

static void test_file(void)
{
	struct nmreq_register reg = { 0 };
	struct stat st = { 0 };
	char byte = 0;
	void *map;
	int fd;

	stat("/dev/netmap", &st);
	nt_result(S_ISCHR(st.st_mode) && (st.st_mode & 0777) == 0600 && !st.st_uid && !st.st_gid && major(st.st_rdev) == 10,
		  "/dev/netmap is a character device of major 10, mode 0600 of root (mode %o, major %u)", st.st_mode,
		  major(st.st_rdev));
	fd = open("/dev/netmap", O_RDONLY | O_NONBLOCK);
	nt_errno_is("a descriptor that only reads registers", 0, nt_register(fd, nic, &reg));
	nt_errno_is("and syncs", 0, ioctl(fd, NIOCTXSYNC, 12345) ? errno : 0);
	map = mmap(NULL, reg.nr_memsize, PROT_READ, MAP_SHARED, fd, 0);
	nt_result(map != MAP_FAILED && !strcmp(((struct netmap_if *)((char *)map + reg.nr_offset))->ni_name, nic),
		  "and maps for reading");
	nt_errno_is("but not for writing", EACCES,
		    mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED ? errno : 0);
	nt_errno_is("read()", EINVAL, read(fd, &byte, 1) < 0 ? errno : 0);
	munmap(map, reg.nr_memsize);
	close(fd);
	fd = nt_open();
	nt_errno_is("write()", EINVAL, write(fd, &byte, 1) < 0 ? errno : 0);
	close(fd);
}

/*
 * Mappings
 */

static const struct map_row {
	const char *what;
	int64_t offset, length; /* negative: from the end of the region */
	int prot, flags, error;
} map_rows[] = {
	{ "map: all", 0, -4096, PROT_READ | PROT_WRITE, MAP_SHARED, 0 },
	{ "map: a page of the middle", 1 << 20, 4096, PROT_READ, MAP_SHARED, 0 },
	{ "map: the last page", -4096, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, 0 },
	{ "map: a copy", 0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0 },
	{ "map: a page too many", -4096, 8192, PROT_READ, MAP_SHARED, EINVAL },
	{ "map: behind the end", 0x7fffffff000, 4096, PROT_READ, MAP_SHARED, EINVAL },
	{ "map: nothing", 0, 0, PROT_READ, MAP_SHARED, EINVAL },
	{ "map: from the middle of a page", 100, 4096, PROT_READ, MAP_SHARED, EINVAL },
};

static void test_maps(void)
{
	struct nmreq_register reg = { 0 }, other = { 0 };
	int fd = nt_open(), second = nt_open();
	char *map, *copy;

	nt_errno_is("map: the port", 0, nt_register(fd, nic, &reg));
	for (size_t i = 0; i < sizeof(map_rows) / sizeof(*map_rows); i++) {
		const struct map_row *row = &map_rows[i];
		int64_t size = reg.nr_memsize;
		int64_t offset = row->offset < 0 ? size + row->offset : row->offset;
		int64_t length = row->length < 0 ? size : row->length;

		map = mmap(NULL, length, row->prot, row->flags, fd, offset);
		nt_errno_is(row->what, row->error, map == MAP_FAILED ? errno : 0);
		if (map != MAP_FAILED)
			munmap(map, length);
	}
	map = mmap(NULL, reg.nr_memsize, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	copy = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, reg.nr_memsize - 4096);
	strcpy(copy, "mine alone");
	nt_result(strcmp(map + reg.nr_memsize - 4096, "mine alone"), "map: what is written to a copy stays there");
	munmap(copy, 4096);
	/* one mapping serves all descriptors of a region, also those that come later */
	nt_errno_is("map: another port of the region", 0, nt_register(second, emulated, &other));
	nt_result(other.nr_mem_id == reg.nr_mem_id && other.nr_offset != reg.nr_offset &&
		  !strcmp(((struct netmap_if *)(map + other.nr_offset))->ni_name, emulated),
		  "map: shows in the mapping of the first");
	close(fd);
	nt_result(!strcmp(((struct netmap_if *)(map + other.nr_offset))->ni_name, emulated),
		  "map: and stays when that descriptor is closed");
	munmap(map, reg.nr_memsize);
	close(second);
}

/*
 * Extra buffers
 */

/* Free buffers of region 1, while somebody else keeps it. */
static uint32_t free_buffers(void)
{
	struct nmreq_register all = { .nr_mode = NR_REG_NULL, .nr_mem_id = 1, .nr_extra_bufs = 600000 };
	int fd = nt_open();

	nt_errno_is("  counting", 0, nt_register(fd, "n", &all));
	close(fd);
	return all.nr_extra_bufs;
}

enum { KEPT, FORGOTTEN, CUT, CIRCLE, BEYOND, EXCHANGED };

static const struct extra_row {
	const char *what;
	int change;
	uint32_t lost; /* of ten, until nobody uses the region */
} extra_rows[] = {
	{ "extra buffers: the list as it was", KEPT, 0 },
	{ "extra buffers: the list is lost", FORGOTTEN, 10 },
	{ "extra buffers: ends after three", CUT, 7 },
	{ "extra buffers: goes in a circle of three", CIRCLE, 7 },
	{ "extra buffers: the fourth does not exist", BEYOND, 7 },
	{ "extra buffers: one is in a slot, the slot's in the list", EXCHANGED, 0 },
};

static uint32_t *link_of(struct nt_port *port, uint32_t idx)
{
	return (uint32_t *)nt_buf(nt_tx(port, 0), idx);
}

static void extra_change(struct nt_port *port, int change)
{
	uint32_t first = port->nifp->ni_bufs_head, third = *link_of(port, *link_of(port, first)), mine;
	struct netmap_slot *slot = &nt_tx(port, 0)->slot[9];

	switch (change) {
	case FORGOTTEN:
		port->nifp->ni_bufs_head = 0;
		break;
	case CUT:
		*link_of(port, third) = 0;
		break;
	case CIRCLE:
		*link_of(port, third) = first;
		break;
	case BEYOND:
		*link_of(port, third) = 0x7fffffff;
		break;
	case EXCHANGED:
		mine = slot->buf_idx;
		*link_of(port, mine) = *link_of(port, first);
		slot->buf_idx = first;
		slot->flags = NS_BUF_CHANGED;
		port->nifp->ni_bufs_head = mine;
		break;
	}
}

static void test_extra_buffers(void)
{
	for (size_t i = 0; i < sizeof(extra_rows) / sizeof(*extra_rows); i++) {
		const struct extra_row *row = &extra_rows[i];
		struct nt_port keeper = { 0 }, port = { .reg.nr_extra_bufs = 10 };
		uint32_t before, idx, n = 0;

		nt_errno_is("  who keeps the region", 0, nt_port_open(&keeper, emulated, NULL));
		nt_equal("  without extra buffers no list", 0, keeper.nifp->ni_bufs_head);
		before = free_buffers();
		nt_errno_is("  the port", 0, nt_port_open(&port, nic, NULL));
		for (idx = port.nifp->ni_bufs_head; idx && n < 20; n++)
			idx = *link_of(&port, idx);
		nt_equal("  the list", 10, n);
		extra_change(&port, row->change);
		nt_port_close(&port);
		nt_equal(row->what, before - row->lost, free_buffers());
		nt_port_close(&keeper);
		keeper = (struct nt_port){ 0 };
		nt_errno_is("  again", 0, nt_port_open(&keeper, emulated, NULL));
		nt_equal("  nothing is lost for ever", before, free_buffers());
		nt_port_close(&keeper);
	}
}

/* A ring keeps its place while its port has other users, and gets other buffers. */
static void test_places(void)
{
	struct nt_port host = { .reg = { .nr_mode = NR_REG_SW } }, ring = { 0 }, second = { 0 };

	nt_errno_is("places: the host rings", 0, nt_port_open(&host, nic, NULL));
	nt_errno_is("places: the NIC ring", 0, nt_port_open(&ring, nic, NULL));
	nt_errno_is("places: again", 0, nt_port_open(&second, nic, NULL));
	nt_result(ring.nifp != second.nifp && ring.reg.nr_offset != second.reg.nr_offset &&
		  ring.nifp->ring_ofs[0] + ring.reg.nr_offset == second.nifp->ring_ofs[0] + second.reg.nr_offset,
		  "places: two descriptors, two netmap_if, one ring");
	nt_port_close(&second);
	nt_tx(&ring, 0)->head = nt_tx(&ring, 0)->cur = 123;
	nt_errno_is("places: it moves", 0, ioctl(ring.fd, NIOCTXSYNC) ? errno : 0);
	nt_port_close(&ring);
	ring = (struct nt_port){ 0 };
	nt_errno_is("places: closed and open", 0, nt_port_open(&ring, nic, NULL));
	nt_result(nt_tx(&ring, 0)->head == 123 && nt_tx(&ring, 0)->cur == 123 && nt_tx(&ring, 0)->tail == 122,
		  "places: it goes on where it was (%u)", nt_tx(&ring, 0)->head);
	nt_port_close(&ring);
	nt_port_close(&host);
	ring = (struct nt_port){ 0 };
	nt_errno_is("places: after everybody", 0, nt_port_open(&ring, nic, NULL));
	nt_result(!nt_tx(&ring, 0)->head && nt_tx(&ring, 0)->tail == 1023, "places: from the beginning");
	nt_port_close(&ring);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	nic = argv[1];
	emulated = argv[2];
	test_file();
	test_maps();
	test_extra_buffers();
	test_places();
	return nt_failed != 0;
}
