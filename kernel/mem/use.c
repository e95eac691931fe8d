// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Use of a region by an adapter: memory is allocated for the first user, and
 * mapped for the device of each. Every adapter has bus addresses of its own,
 * so devices of different IOMMU groups can share a region.
 */
#include <linux/dma-mapping.h>
#include <linux/mm.h>

#include "mem.h"

static void nm_mem_unmap_upto(struct netmap_adapter *na, u32 num)
{
	const struct nm_pool *pool = &na->nm_mem->pools[NM_POOL_BUF];
	u32 i;

	for (i = 0; i < num; i += pool->cluster_objs)
		dma_unmap_page(na->pdev, na->na_lut.plut[i], pool->cluster_size,
			       DMA_BIDIRECTIONAL);
	kvfree(na->na_lut.plut);
	na->na_lut.plut = NULL;
}

/* Maps all buffers for the device of the adapter, cluster by cluster. */
static int nm_mem_map(struct netmap_adapter *na)
{
	const struct nm_pool *pool = &na->nm_mem->pools[NM_POOL_BUF];
	dma_addr_t *plut;
	u32 i, j;

	if (!na->pdev)
		return 0;
	/* a device writes whole cache lines, and many want aligned addresses */
	if (pool->objsize % NM_OBJ_ALIGN) {
		pr_err("%s: buffers of %u bytes, a NIC needs a multiple of %u\n",
		       na->name, pool->objsize, NM_OBJ_ALIGN);
		return -EINVAL;
	}
	plut = kvcalloc(pool->objtotal, sizeof(*plut), NM_GFP);
	if (!plut)
		return -ENOMEM;
	na->na_lut.plut = plut;
	for (i = 0; i < pool->num_objs; i += pool->cluster_objs) {
		void *at = pool->lut[i];
		dma_addr_t addr = dma_map_page(na->pdev, virt_to_page(at),
					       offset_in_page(at),
					       pool->cluster_size,
					       DMA_BIDIRECTIONAL);

		if (dma_mapping_error(na->pdev, addr)) {
			nm_mem_unmap_upto(na, i);
			return -ENOMEM;
		}
		for (j = 0; j < pool->cluster_objs; j++)
			plut[i + j] = addr + j * pool->objsize;
	}
	for (i = pool->num_objs; i < pool->objtotal; i++)
		plut[i] = plut[0];
	return 0;
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
 * recovered. Context: process, nm_global_lock held.
 */
void netmap_mem_deref(struct netmap_mem_d *mem, struct netmap_adapter *na)
{
	int i;

	mutex_lock(&mem->lock);
	if (na->active_fds == 0 && na->na_lut.lut) {
		nm_mem_unmap(na);
		memset(&na->na_lut, 0, sizeof(na->na_lut));
	}
	if (--mem->active == 0 && mem->guest)
		nm_guest_mem_free(mem);
	else if (mem->active == 0)
		for (i = 0; i < NM_POOLS; i++)
			nm_pool_reset(&mem->pools[i], nm_pool_reserved(i));
	mutex_unlock(&mem->lock);
}
