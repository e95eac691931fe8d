// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Use of a region by an adapter: memory is allocated for the first user, and
 * mapped for the device of each. Every adapter has bus addresses of its own,
 * so devices of different IOMMU groups can share a region.
 */
#include <linux/dma-mapping.h>
#include <linux/mm.h>

#include "mem.h"

/* The bus addresses of an adapter's buffers. */
struct nm_dma {
	size_t max; /* bytes of a mapping, if a cluster is not larger */
	u32 mappings;
	dma_addr_t addr[]; /* na_lut.plut */
};

static struct nm_dma *nm_dma_of(const struct netmap_adapter *na)
{
	return (void *)na->na_lut.plut - offsetof(struct nm_dma, addr);
}

/* Buffers from @i on that follow each other in memory: one mapping is enough. */
static u32 nm_dma_run(const struct nm_pool *pool, u32 i, size_t max)
{
	u32 step = pool->cluster_objs, n = step;

	while (i + n < pool->num_objs &&
	       (size_t)(n + step) * pool->objsize <= max &&
	       pool->lut[i + n] == pool->lut[i] + (size_t)n * pool->objsize)
		n += step;
	return n;
}

static void nm_mem_unmap_upto(struct netmap_adapter *na, u32 num)
{
	const struct nm_pool *pool = &na->nm_mem->pools[NM_POOL_BUF];
	struct nm_dma *dma = nm_dma_of(na);
	u32 i, n;

	for (i = 0; i < num; i += n) {
		n = nm_dma_run(pool, i, dma->max);
		if (!nm_pool_is_bad(pool, i))
			dma_unmap_page(na->pdev, dma->addr[i],
				       (size_t)n * pool->objsize,
				       DMA_BIDIRECTIONAL);
	}
	kvfree(dma);
	na->na_lut.plut = NULL;
}

/*
 * Memory that a device does not reach goes through bounce buffers of the
 * kernel, which are small.
 */
static size_t nm_dma_max(const struct netmap_adapter *na)
{
	if (na->nm_mem->low)
		return NM_RUN_MAX;
	return min_t(size_t, NM_RUN_MAX, dma_max_mapping_size(na->pdev));
}

static void nm_dma_failed(const struct netmap_adapter *na, u32 num)
{
	const struct netmap_mem_d *mem = na->nm_mem;
	struct device *dev = na->pdev;
	u64 mask = min_not_zero(dma_get_mask(dev), dev->bus_dma_limit);

	if (dma_addressing_limited(dev) && !mem->low)
		nm_prlim(1, "%s: the NIC reaches addresses of %d bits, region %u goes beyond: register without a region id",
			 na->name, fls64(mask), mem->id);
	else
		nm_prlim(1, "%s: DMA mappings for %u of %u buffers of region %u only: lower buf_num",
			 na->name, num, mem->pools[NM_POOL_BUF].num_objs, mem->id);
}

/* Maps all buffers for the device of the adapter. */
static int nm_mem_map(struct netmap_adapter *na)
{
	const struct nm_pool *pool = &na->nm_mem->pools[NM_POOL_BUF];
	struct nm_dma *dma;
	u32 i, j, n;

	if (!na->pdev)
		return 0;
	/* a device writes whole cache lines, and many want aligned addresses */
	if (pool->objsize % NM_OBJ_ALIGN) {
		pr_err("%s: buffers of %u bytes, a NIC needs a multiple of %u\n",
		       na->name, pool->objsize, NM_OBJ_ALIGN);
		return -EINVAL;
	}
	dma = kvzalloc(struct_size(dma, addr, pool->objtotal), NM_GFP);
	if (!dma)
		return -ENOMEM;
	dma->max = nm_dma_max(na);
	na->na_lut.plut = dma->addr;
	for (i = 0; i < pool->num_objs; i += n) {
		void *at = pool->lut[i];
		dma_addr_t addr;

		n = nm_dma_run(pool, i, dma->max);
		if (nm_pool_is_bad(pool, i)) {
			dma->addr[i] = dma->addr[0];
			continue;
		}
		addr = dma_map_page_attrs(na->pdev, virt_to_page(at),
					  offset_in_page(at),
					  (size_t)n * pool->objsize,
					  DMA_BIDIRECTIONAL, DMA_ATTR_NO_WARN);
		if (dma_mapping_error(na->pdev, addr)) {
			nm_dma_failed(na, i);
			nm_mem_unmap_upto(na, i);
			return -ENOMEM;
		}
		dma->mappings++;
		for (j = 0; j < n; j++)
			dma->addr[i + j] = addr + (size_t)j * pool->objsize;
	}
	for (i = pool->num_objs; i < pool->objtotal; i++)
		dma->addr[i] = dma->addr[0];
	return 0;
}

/* How many mappings an adapter has for its device; 0 without one. */
u32 nm_mem_mappings(const struct netmap_adapter *na)
{
	return na->na_lut.plut ? nm_dma_of(na)->mappings : 0;
}

/* Unmaps the buffers from the device. The NIC must have been stopped. */
void nm_mem_unmap(struct netmap_adapter *na)
{
	if (na->na_lut.plut)
		nm_mem_unmap_upto(na, na->nm_mem->pools[NM_POOL_BUF].num_objs);
}

/**
 * netmap_mem_get_lut() - the buffer table of an allocated region
 * @mem: the region
 * @lut: filled, without bus addresses
 *
 * Return: 0.
 */
int netmap_mem_get_lut(struct netmap_mem_d *mem, struct netmap_lut *lut)
{
	const struct nm_pool *pool = &mem->pools[NM_POOL_BUF];

	lut->lut = pool->lut;
	lut->plut = NULL;
	lut->objtotal = pool->objtotal;
	lut->objsize = pool->objsize;
	return 0;
}

/**
 * netmap_mem_finalize() - make an adapter a user of its region
 * @mem: the region, na->nm_mem
 * @na: the adapter
 *
 * Allocates the memory for the first user of the region and maps the buffers
 * for the device of the adapter. Context: process, nm_global_lock held.
 *
 * Return: 0, -EINVAL if the parameters of the region are out of range,
 * -ENOMEM.
 */
int netmap_mem_finalize(struct netmap_mem_d *mem, struct netmap_adapter *na)
{
	int error;

	mutex_lock(&mem->lock);
	error = mem->guest ? nm_guest_mem_present(mem) : nm_mem_reconfigure(mem);
	if (!error && !mem->allocated)
		error = nm_mem_alloc(mem);
	if (error)
		goto out;
	if (mem->id == NM_MEM_GLOBAL_ID)
		nm_mem_show_global(mem);
	if (!na->na_lut.lut) {
		netmap_mem_get_lut(mem, &na->na_lut);
		error = nm_mem_map(na);
		if (error) {
			memset(&na->na_lut, 0, sizeof(na->na_lut));
			goto out;
		}
	}
	mem->active++;
out:
	mutex_unlock(&mem->lock);
	return error;
}

/**
 * netmap_mem_deref() - undo one netmap_mem_finalize()
 * @mem: the region, na->nm_mem
 * @na: the adapter; its mappings go with its last descriptor
 *
 * With the last user of the region everything that programs lost is
 * recovered. Memory below 4 GB is scarce: it does not wait for the next user.
 * Context: process, nm_global_lock held.
 */
void netmap_mem_deref(struct netmap_mem_d *mem, struct netmap_adapter *na)
{
	int i;

	mutex_lock(&mem->lock);
	if (na->active_fds == 0 && na->na_lut.lut) {
		nm_mem_unmap(na);
		memset(&na->na_lut, 0, sizeof(na->na_lut));
	}
	if (--mem->active == 0 && (mem->guest || mem->low))
		nm_mem_free(mem);
	else if (mem->active == 0)
		for (i = 0; i < NM_POOLS; i++)
			nm_pool_reset(&mem->pools[i], nm_pool_reserved(i));
	mutex_unlock(&mem->lock);
}
