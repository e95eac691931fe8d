// SPDX-License-Identifier: MIT
/* The DMA guard and its register window: see rtl_guard.h. */
#include <stdlib.h>
#include <string.h>
#include "rtl_bytes.h"
#include "rtl_nic.h"

/* Receive rings of these chips have at most 1024 descriptors. */
#define MAX_RING	1024
#define LOGGED		20

#define NAME(name)	#name,
static const char *const violation_names[] = { RTL_VIOLATIONS(NAME) };

const char *rtl_violation_name(unsigned int kind)
{
	return kind < RTL_VIOLATION_MAX ? violation_names[kind] : "none";
}

static void violation(struct rtl_nic *nic, enum rtl_violation kind, uint32_t index, uint64_t addr, uint32_t len)
{
	struct rtl_guard *guard = &nic->guard;

	guard->kinds[kind]++;
	guard->last_kind = kind;
	guard->last_index = index;
	guard->last_addr = addr;
	guard->last_length = len;
	if (++nic->stats[RTL_STAT_violations] <= LOGGED)
		rtl_nic_log(nic, "guard: %s: rx descriptor %u, buffer 0x%llx, length %u", violation_names[kind], index,
			    (unsigned long long)addr, len);
}

/* The first range that ends behind addr: the only one that can hold it. */
static unsigned int range_after(const struct rtl_guard *guard, uint64_t addr)
{
	unsigned int low = 0, high = guard->range_count;

	while (low < high) {
		unsigned int middle = (low + high) / 2;

		if (guard->ranges[middle].end <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool touches_range(const struct rtl_guard *guard, uint64_t addr, uint32_t len)
{
	unsigned int i;

	if (!guard->range_count)
		return false;
	i = range_after(guard, addr);
	return i < guard->range_count && guard->ranges[i].start < addr + len;
}

/* Checks a receive descriptor of the NIC by itself. */
void rtl_guard_rx_descriptor(struct rtl_nic *nic, uint32_t index, uint64_t addr, uint32_t len)
{
	const struct rtl_guard *guard = &nic->guard;
	uint32_t max = guard->rx_buf_max;

	if (max && len > max)
		violation(nic, RTL_VIOLATION_length, index, addr, len);
	else if (max && addr % max + len > max)
		violation(nic, RTL_VIOLATION_boundary, index, addr, len);
	if (touches_range(guard, addr, len))
		violation(nic, RTL_VIOLATION_held, index, addr, len);
}

/* Checks a write of len bytes into a buffer of capacity bytes, before it happens. */
void rtl_guard_rx_write(struct rtl_nic *nic, uint32_t index, uint64_t addr, uint32_t len, uint32_t capacity)
{
	if (len > capacity)
		violation(nic, RTL_VIOLATION_overrun, index, addr, len);
	if (touches_range(&nic->guard, addr, len))
		violation(nic, RTL_VIOLATION_write, index, addr, len);
}

struct owned {
	uint64_t addr;
	uint32_t index, len;
};

static bool read_descriptor(struct rtl_nic *nic, uint32_t index, struct owned *out, bool *last)
{
	uint64_t where = rtl_reg_get64(nic, REG_RX_RING) + (uint64_t)DESC_SIZE * index;
	uint8_t desc[DESC_SIZE];
	uint32_t opts1;

	*last = true;
	if (nic->ops->dma_read(nic->host, where, desc, sizeof(desc)))
		return false;
	opts1 = get_le32(desc);
	*last = opts1 & DESC_RING_END;
	out->index = index;
	out->addr = get_le64(desc + 8);
	out->len = opts1 & RX_LENGTH_MASK;
	return opts1 & DESC_OWN;
}

static int by_address(const void *a, const void *b)
{
	uint64_t x = ((const struct owned *)a)->addr, y = ((const struct owned *)b)->addr;

	return x < y ? -1 : x > y;
}

/*
 * The guest writes descriptors while they are scanned, so what looks wrong is read again: the driver has completed the
 * write of a descriptor when it is seen twice with the same content.
 */
static bool confirmed(struct rtl_nic *nic, const struct owned *seen)
{
	struct owned again;
	bool last;

	return read_descriptor(nic, seen->index, &again, &last) && again.addr == seen->addr && again.len == seen->len;
}

static bool suspicious(const struct rtl_guard *guard, const struct owned *desc)
{
	uint32_t max = guard->rx_buf_max;

	return (max && (desc->len > max || desc->addr % max + desc->len > max)) ||
	       touches_range(guard, desc->addr, desc->len);
}

/* Checks all receive descriptors that the NIC owns. */
static void scan(struct rtl_nic *nic)
{
	static struct owned ring[MAX_RING];
	unsigned int count = 0;
	bool last = false;

	if (!(nic->regs[REG_CHIP_CMD] & CMD_RX_ENABLE))
		return;		/* the ring's address may be stale */
	for (uint32_t index = 0; index < MAX_RING && !last; index++)
		if (read_descriptor(nic, index, &ring[count], &last))
			count++;
	for (unsigned int i = 0; i < count; i++)
		if (suspicious(&nic->guard, &ring[i]) && confirmed(nic, &ring[i]))
			rtl_guard_rx_descriptor(nic, ring[i].index, ring[i].addr, ring[i].len);
	qsort(ring, count, sizeof(ring[0]), by_address);
	for (unsigned int i = 1; i < count; i++)
		if (ring[i].addr == ring[i - 1].addr && confirmed(nic, &ring[i]) && confirmed(nic, &ring[i - 1]))
			violation(nic, RTL_VIOLATION_duplicate, ring[i].index, ring[i].addr, ring[i].len);
}

/* Once a round of the ring, when a test has armed the guard: costs one more look at each descriptor. */
void rtl_guard_rx_wrap(struct rtl_nic *nic)
{
	if (nic->guard.rx_buf_max || nic->guard.range_count)
		scan(nic);
}

static uint32_t range_add(struct rtl_guard *guard, uint64_t addr, uint32_t len)
{
	unsigned int at = range_after(guard, addr);

	if (!len || addr + len < addr || touches_range(guard, addr, len))
		return RTL_GUARD_BAD_ARGUMENT;
	if (guard->range_count == RTL_GUARD_MAX_RANGES)
		return RTL_GUARD_FULL;
	memmove(&guard->ranges[at + 1], &guard->ranges[at], (guard->range_count - at) * sizeof(guard->ranges[0]));
	guard->ranges[at] = (struct rtl_range){ addr, addr + len };
	guard->range_count++;
	return RTL_GUARD_OK;
}

static uint32_t range_remove(struct rtl_guard *guard, uint64_t addr)
{
	unsigned int at = range_after(guard, addr);

	if (at == guard->range_count || guard->ranges[at].start != addr)
		return RTL_GUARD_NOT_FOUND;
	guard->range_count--;
	memmove(&guard->ranges[at], &guard->ranges[at + 1], (guard->range_count - at) * sizeof(guard->ranges[0]));
	return RTL_GUARD_OK;
}

static void forget(struct rtl_nic *nic)
{
	memset(nic->guard.kinds, 0, sizeof(nic->guard.kinds));
	nic->stats[RTL_STAT_violations] = 0;
	nic->guard.last_addr = 0;
	nic->guard.last_kind = 0;
	nic->guard.last_length = 0;
	nic->guard.last_index = 0;
}

static uint32_t command(struct rtl_nic *nic, uint32_t number)
{
	struct rtl_guard *guard = &nic->guard;
	uint64_t addr = guard->arg_addr_lo | (uint64_t)guard->arg_addr_hi << 32;

	switch (number) {
	case RTL_GUARD_CMD_ADD:
		return range_add(guard, addr, guard->arg_length);
	case RTL_GUARD_CMD_REMOVE:
		return range_remove(guard, addr);
	case RTL_GUARD_CMD_CLEAR:
		guard->range_count = 0;
		return RTL_GUARD_OK;
	case RTL_GUARD_CMD_SCAN:
		scan(nic);
		return RTL_GUARD_OK;
	case RTL_GUARD_CMD_FAULT:
		return rtl_fault_set(nic, guard->arg_fault, (int32_t)guard->arg_count) ? RTL_GUARD_BAD_ARGUMENT
										       : RTL_GUARD_OK;
	case RTL_GUARD_CMD_LINK:
		rtl_set_cable(nic, guard->arg_count != 0);
		return RTL_GUARD_OK;
	case RTL_GUARD_CMD_LATCH:
		memcpy(guard->latched, nic->stats, sizeof(guard->latched));
		return RTL_GUARD_OK;
	case RTL_GUARD_CMD_FORGET:
		forget(nic);
		return RTL_GUARD_OK;
	default:
		return RTL_GUARD_BAD_COMMAND;
	}
}

/* An aligned 32-bit access to the window; addr below RTL_GUARD_SIZE. */
uint32_t rtl_guard_read(struct rtl_nic *nic, uint32_t addr)
{
	const struct rtl_guard *guard = &nic->guard;

	if (addr >= RTL_GUARD_STAT(0) && addr < RTL_GUARD_STAT(RTL_STAT_MAX)) {
		uint64_t value = guard->latched[(addr - RTL_GUARD_STAT(0)) / 8];

		return addr & 4 ? value >> 32 : value;
	}
	if (addr >= RTL_GUARD_KIND(0) && addr < RTL_GUARD_KIND(RTL_VIOLATION_MAX))
		return guard->kinds[(addr - RTL_GUARD_KIND(0)) / 4];
	switch (addr) {
	case RTL_GUARD_MAGIC: return RTL_GUARD_MAGIC_VALUE;
	case RTL_GUARD_VERSION: return 1;
	case RTL_GUARD_RESULT: return guard->result;
	case RTL_GUARD_ADDR_LO: return guard->arg_addr_lo;
	case RTL_GUARD_ADDR_HI: return guard->arg_addr_hi;
	case RTL_GUARD_LENGTH: return guard->arg_length;
	case RTL_GUARD_FAULT: return guard->arg_fault;
	case RTL_GUARD_COUNT: return guard->arg_count;
	case RTL_GUARD_RANGES: return guard->range_count;
	case RTL_GUARD_RX_BUF_MAX: return guard->rx_buf_max;
	case RTL_GUARD_VIOLATIONS: return nic->stats[RTL_STAT_violations];
	case RTL_GUARD_LAST_KIND: return guard->last_kind;
	case RTL_GUARD_LAST_ADDR_LO: return guard->last_addr;
	case RTL_GUARD_LAST_ADDR_HI: return guard->last_addr >> 32;
	case RTL_GUARD_LAST_LENGTH: return guard->last_length;
	case RTL_GUARD_LAST_INDEX: return guard->last_index;
	default: return 0;
	}
}

void rtl_guard_write(struct rtl_nic *nic, uint32_t addr, uint32_t value)
{
	struct rtl_guard *guard = &nic->guard;

	switch (addr) {
	case RTL_GUARD_COMMAND: guard->result = command(nic, value); break;
	case RTL_GUARD_ADDR_LO: guard->arg_addr_lo = value; break;
	case RTL_GUARD_ADDR_HI: guard->arg_addr_hi = value; break;
	case RTL_GUARD_LENGTH: guard->arg_length = value; break;
	case RTL_GUARD_FAULT: guard->arg_fault = value; break;
	case RTL_GUARD_COUNT: guard->arg_count = value; break;
	case RTL_GUARD_RX_BUF_MAX: guard->rx_buf_max = value; break;
	}
}
