// SPDX-License-Identifier: BSD-2-Clause
/*
 * nmhold: keeps received buffers and tells the model of the NIC which ones, so that the model can say
 * whether the NIC ever gets one of them. Prints one JSON object.
 *
 *   nmhold -i eth1 -p 0000:02:00.0 -u /tmp/stop [-f /tmp/full] [-R] [-s seed]
 *     -i name   interface with a native driver
 *     -p pci    its PCI address, for the guard window (rtl_guard.h)
 *     -f file   first fill the ring and keep all of it until the file exists
 *     -R        bind the RX ring only: the TX ring stays with the driver
 *     -u file   then take and give back a random number of slots until the file exists
 *
 * Every buffer is announced to the model when the kernel hands it out and taken back before its slot
 * is released. Needs root (pagemap) and iomem=relaxed. Exit status: 0; 1 if a kept buffer changed or
 * the model saw a violation; 2 usage and errors.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <net/netmap_user.h>
#include "../../../lab/nic-models/rtl8168/rtl_guard.h"
#include "../../../apps/common/checkframe.h"

struct held {
	uint64_t phys; /* 0 = not held */
	uint32_t crc;
	uint16_t len;
};

static struct netmap_ring *ring;
static volatile uint8_t *guard;
static int port, pagemap;
static struct held *held; /* one for each slot */
static unsigned long long frames, changed, announced;

static void
die(const char *what)
{
	fprintf(stderr, "nmhold: %s: %s\n", what, strerror(errno));
	exit(2);
}

static uint32_t
guard_read(unsigned int reg)
{
	return *(volatile uint32_t *)(guard + reg);
}

static void
guard_write(unsigned int reg, uint32_t value)
{
	*(volatile uint32_t *)(guard + reg) = value;
}

static void
guard_command(uint32_t command)
{
	guard_write(RTL_GUARD_COMMAND, command);
	if (guard_read(RTL_GUARD_RESULT) != RTL_GUARD_OK) {
		fprintf(stderr, "nmhold: guard command %u: result %u\n", command,
			guard_read(RTL_GUARD_RESULT));
		exit(2);
	}
}

static void
guard_range(uint32_t command, uint64_t phys)
{
	guard_write(RTL_GUARD_ADDR_LO, (uint32_t)phys);
	guard_write(RTL_GUARD_ADDR_HI, (uint32_t)(phys >> 32));
	guard_write(RTL_GUARD_LENGTH, ring->nr_buf_size);
	guard_command(command);
}

/* Physical address of mapped memory: Documentation/admin-guide/mm/pagemap.rst */
static uint64_t
physical(const volatile void *addr)
{
	uint64_t entry, virt = (uintptr_t)addr, page = (uint64_t)getpagesize();

	(void)*(const volatile char *)addr; /* mapped on first use */
	if (pread(pagemap, &entry, sizeof(entry), (off_t)(virt / page * 8)) != sizeof(entry))
		die("pagemap");
	if (!(entry >> 63) || !(entry & ((1ULL << 55) - 1))) {
		errno = EFAULT;
		die("no physical address");
	}
	return (entry & ((1ULL << 55) - 1)) * page + virt % page;
}

static void
open_port(const char *name, uint64_t flags)
{
	struct nmreq_register reg = { .nr_mode = NR_REG_ALL_NIC, .nr_flags = flags };
	struct nmreq_header hdr = {
		.nr_version = NETMAP_API,
		.nr_reqtype = NETMAP_REQ_REGISTER,
		.nr_body = (uintptr_t)&reg,
	};
	void *mem;

	strncpy(hdr.nr_name, name, sizeof(hdr.nr_name) - 1);
	port = open("/dev/netmap", O_RDWR);
	if (port < 0 || ioctl(port, NIOCCTRL, &hdr) < 0)
		die(name);
	mem = mmap(NULL, reg.nr_memsize, PROT_READ | PROT_WRITE, MAP_SHARED, port, 0);
	if (mem == MAP_FAILED)
		die("mmap");
	ring = NETMAP_RXRING(NETMAP_IF(mem, reg.nr_offset), 0);
	held = calloc(ring->num_slots, sizeof(*held));
}

static void
open_guard(const char *pci)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource%d", pci, RTL_GUARD_BAR);
	fd = open(path, O_RDWR);
	if (fd < 0)
		die(path);
	guard = mmap(NULL, RTL_GUARD_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (guard == MAP_FAILED)
		die(path);
	if (guard_read(RTL_GUARD_MAGIC) != RTL_GUARD_MAGIC_VALUE) {
		errno = ENXIO;
		die("guard window");
	}
}

/* Announces the slots that the last sync handed out. */
static void
take(uint32_t *known)
{
	for (; *known != ring->tail; *known = nm_ring_next(ring, *known)) {
		struct netmap_slot *slot = &ring->slot[*known];
		uint8_t *buf = (uint8_t *)NETMAP_BUF(ring, slot->buf_idx);
		struct held *h = &held[*known];

		h->phys = physical(buf);
		h->len = slot->len;
		h->crc = check_crc(buf, slot->len);
		guard_range(RTL_GUARD_CMD_ADD, h->phys);
		announced++;
		frames++;
	}
}

static void
give(uint32_t count)
{
	uint32_t i = ring->head;

	for (; count && i != ring->tail; count--, i = nm_ring_next(ring, i)) {
		struct held *h = &held[i];

		changed += h->crc !=
			   check_crc((uint8_t *)NETMAP_BUF(ring, ring->slot[i].buf_idx), h->len);
		guard_range(RTL_GUARD_CMD_REMOVE, h->phys);
		h->phys = 0;
	}
	ring->head = ring->cur = i;
}

static uint32_t
have(void)
{
	return (ring->tail + ring->num_slots - ring->head) % ring->num_slots;
}

static int
exists(const char *path)
{
	return access(path, F_OK) == 0;
}

int
main(int argc, char **argv)
{
	const char *name = NULL, *pci = NULL, *full = NULL, *until = NULL;
	uint32_t known, most = 0;
	uint64_t flags = 0;
	int opt;

	while ((opt = getopt(argc, argv, "i:p:f:u:s:R")) != -1) {
		switch (opt) {
		case 'i': name = optarg; break;
		case 'p': pci = optarg; break;
		case 'f': full = optarg; break;
		case 'u': until = optarg; break;
		case 'R': flags = NR_RX_RINGS_ONLY; break;
		case 's': srand((unsigned int)atoi(optarg)); break;
		default: return 2;
		}
	}
	if (!name || !pci || !until) {
		fprintf(stderr, "usage: nmhold -i if -p pci -u file [-f file] [-R] [-s seed]\n");
		return 2;
	}
	check_init();
	pagemap = open("/proc/self/pagemap", O_RDONLY);
	if (pagemap < 0)
		die("pagemap");
	open_port(name, flags);
	open_guard(pci);
	guard_command(RTL_GUARD_CMD_CLEAR);
	guard_command(RTL_GUARD_CMD_FORGET);
	for (known = ring->head; full && !exists(full); usleep(2000)) {
		if (ioctl(port, NIOCRXSYNC) < 0)
			die("sync");
		take(&known);
		guard_command(RTL_GUARD_CMD_SCAN);
		if (have() > most)
			most = have();
	}
	while (!exists(until)) {
		if (ioctl(port, NIOCRXSYNC) < 0)
			die("sync");
		take(&known);
		guard_command(RTL_GUARD_CMD_SCAN);
		give((uint32_t)rand() % ring->num_slots);
	}
	give(ring->num_slots);
	guard_command(RTL_GUARD_CMD_SCAN);
	printf("{\"frames\":%llu,\"announced\":%llu,\"mostHeld\":%u,\"changed\":%llu,\"violations\":%u,"
	       "\"lastKind\":%u,\"lastIndex\":%u}\n",
	       frames, announced, most, changed, guard_read(RTL_GUARD_VIOLATIONS),
	       guard_read(RTL_GUARD_LAST_KIND), guard_read(RTL_GUARD_LAST_INDEX));
	return changed || guard_read(RTL_GUARD_VIOLATIONS) ? 1 : 0;
}
