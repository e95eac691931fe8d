// SPDX-License-Identifier: MIT
/* The region that the hypervisor shares with the guest: three pools, and the registers that describe them. */
#include <string.h>
#include "pt_port.h"

#define IFS		64
#define RINGS		64
#define RING_SIZE	20480	/* 1024 slots and more */

/* False if the size leaves no room for buffers. */
bool pt_memory_init(struct pt_memory *mem, uint8_t *base, uint64_t size, uint32_t id)
{
	uint32_t bufs = IFS * PT_IF_SIZE + RINGS * RING_SIZE;

	if (size < bufs + 16 * PT_BUF_SIZE || size > 1u << 30)
		return false;
	memset(mem, 0, sizeof(*mem));
	mem->base = base;
	mem->size = size;
	mem->id = id;
	mem->pools[PT_POOL_IF] = (struct pt_pool){ 0, IFS, PT_IF_SIZE, 0 };
	mem->pools[PT_POOL_RING] = (struct pt_pool){ IFS * PT_IF_SIZE, RINGS, RING_SIZE, 0 };
	/* no ring has buffers 0 and 1 */
	mem->pools[PT_POOL_BUF] = (struct pt_pool){ bufs, (size - bufs) / PT_BUF_SIZE, PT_BUF_SIZE, 2 };
	return true;
}

/* Index of an object, or -1 when all are taken. */
int64_t pt_pool_take(struct pt_memory *mem, int pool)
{
	struct pt_pool *p = &mem->pools[pool];

	return p->used < p->num ? p->used++ : -1;
}

/* NULL for an index that no slot may hold. */
uint8_t *pt_memory_buf(struct pt_memory *mem, uint32_t idx)
{
	const struct pt_pool *p = &mem->pools[PT_POOL_BUF];

	return idx < 2 || idx >= p->num ? NULL : mem->base + p->ofs + (uint64_t)idx * p->size;
}

uint32_t pt_memory_read(const struct pt_memory *mem, uint32_t addr)
{
	uint32_t value;

	if (pt_lies_tell(&mem->lies, addr, &value))
		return value;
	if (addr >= PTNET_MDEV_IO_IF_POOL_OFS && addr < PTNET_MDEV_IO_END) {
		const struct pt_pool *p = &mem->pools[(addr - PTNET_MDEV_IO_IF_POOL_OFS) / 12];

		switch ((addr - PTNET_MDEV_IO_IF_POOL_OFS) % 12) {
		case 0:
			return p->ofs;
		case 4:
			return p->num;
		case 8:
			return p->size;
		}
		return 0;
	}
	switch (addr) {
	case PTNET_MDEV_IO_MEMSIZE_LO:
		return mem->size;
	case PTNET_MDEV_IO_MEMSIZE_HI:
		return mem->size >> 32;
	case PTNET_MDEV_IO_MEMID:
		return mem->id;
	}
	return 0;
}

bool pt_lies_tell(const struct pt_lies *lies, uint32_t addr, uint32_t *value)
{
	if (addr / 4 >= 64 || !lies->on[addr / 4])
		return false;
	*value = lies->value[addr / 4];
	return true;
}

void pt_lies_add(struct pt_lies *lies, uint32_t addr, uint32_t value)
{
	if (addr / 4 >= 64)
		return;
	lies->on[addr / 4] = true;
	lies->value[addr / 4] = value;
}
