// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Regions in memory that a program brings (option EXTMEM), from anonymous
 * memory to huge pages.
 */
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "mem.h"

#define NM_EXT_OBJ_MIN 64 /* bytes; smaller objects hold nothing */

/*
 * Interfaces and rings hold words of 64 bits, which must not lie across cache
 * lines: a program and the kernel would see halves of two values. Buffers may
 * begin anywhere.
 */
static int nm_ext_check_size(int p, u32 size)
{
	if (p != NM_POOL_BUF && size % sizeof(u64)) {
		pr_err("memory of a program: %s of %u bytes, it must be a multiple of %zu\n",
		       p == NM_POOL_IF ? "interfaces" : "rings", size, sizeof(u64));
		return -EINVAL;
	}
	if (size > NM_CLUSTER_MAX) {
		pr_err("memory of a program: objects of %u bytes, %u are the limit\n",
		       size, NM_CLUSTER_MAX);
		return -EINVAL;
	}
	return 0;
}

/* Layout of the pools one after the other, each from a page boundary. */
static int nm_ext_layout(struct netmap_mem_d *mem)
{
	u64 left = mem->size;
	int i, error;

	for (i = 0; i < NM_POOLS; i++) {
		struct nm_pool *pool = &mem->pools[i];
		u64 bytes = (u64)pool->params.size * pool->params.num;

		if (pool->params.size < NM_EXT_OBJ_MIN || bytes > left)
			return -ENOMEM;
		error = nm_ext_check_size(i, pool->params.size);
		if (error)
			return error;
		pool->objsize = pool->params.size;
		pool->objtotal = pool->params.num;
		pool->bytes = PAGE_ALIGN(bytes);
		if (i == NM_POOL_BUF) {
			/* the rest makes more buffers, the last perhaps in part */
			pool->bytes = left;
			pool->objtotal = min_t(u64, U32_MAX,
					       DIV_ROUND_UP(left, pool->objsize));
		}
		pool->cluster_objs = 1;
		pool->cluster_size = pool->objsize;
		pool->num_clusters = pool->objtotal;
		left -= pool->bytes;
	}
	return 0;
}

/*
 * Address of an object for the kernel. Interfaces and rings are reached
 * through the mapping of the whole; buffers directly, because devices must
 * reach them too: one that spans pages that do not follow each other is NULL.
 */
static void *nm_ext_address(const struct netmap_mem_d *mem, u64 ofs, u32 size,
			    bool direct)
{
	u32 first = ofs >> PAGE_SHIFT, last = (ofs + size - 1) >> PAGE_SHIFT, i;

	if (ofs + size > mem->size)
		return NULL;
	if (!direct)
		return mem->vmap + ofs;
	for (i = first; i < last; i++)
		if (page_to_pfn(mem->pins.pages[i]) + 1 != page_to_pfn(mem->pins.pages[i + 1]))
			return NULL;
	return page_address(mem->pins.pages[first]) + offset_in_page(ofs);
}

static int nm_ext_pool(struct netmap_mem_d *mem, int p, u64 start)
{
	struct nm_pool *pool = &mem->pools[p];
	u32 i, reserved = nm_pool_reserved(p);

	pool->lut = kvcalloc(pool->objtotal, sizeof(*pool->lut), NM_GFP);
	pool->free = bitmap_zalloc(pool->objtotal, NM_GFP);
	/* also says that the pool does not own its pages */
	pool->bad = bitmap_zalloc(pool->objtotal, NM_GFP);
	if (!pool->lut || !pool->free || !pool->bad)
		return -ENOMEM;
	for (i = 0; i < pool->objtotal; i++) {
		pool->lut[i] = nm_ext_address(mem, start + (u64)i * pool->objsize,
					      pool->objsize, p == NM_POOL_BUF);
		if (pool->lut[i])
			continue;
		/* bad indexes lead to object 0, so it must exist */
		if (!i)
			return -ENOMEM;
		__set_bit(i, pool->bad);
		pool->lut[i] = pool->lut[0];
	}
	pool->num_objs = pool->objtotal;
	if (pool->num_objs <= reserved)
		return -ENOMEM;
	nm_pool_reset(pool, reserved);
	return pool->num_free ? 0 : -ENOMEM;
}

static int nm_ext_alloc(struct netmap_mem_d *mem)
{
	u64 start = 0;
	int i, error;

	mem->vmap = vmap(mem->pins.pages, mem->pins.num, VM_MAP, PAGE_KERNEL);
	if (!mem->vmap)
		return -ENOMEM;
	for (i = 0; i < NM_POOLS; i++) {
		error = nm_ext_pool(mem, i, start);
		if (error)
			return error;
		start += mem->pools[i].bytes;
	}
	mem->allocated = true;
	return 0;
}

/* Gives the pages back; the pools are freed already. */
void nm_mem_ext_free(struct netmap_mem_d *mem)
{
	vunmap(mem->vmap);
	nm_pins_put(&mem->pins);
}

/* Zeros mean the least that private regions have; the result goes back. */
static void nm_ext_params(struct nm_pool_params *params, struct nmreq_pools_info *info)
{
	struct nm_pool_params priv[NM_POOLS];
	u32 *wanted[NM_POOLS][2] = {
		[NM_POOL_IF] = { &info->nr_if_pool_objsize,
				 &info->nr_if_pool_objtotal },
		[NM_POOL_RING] = { &info->nr_ring_pool_objsize,
				   &info->nr_ring_pool_objtotal },
		[NM_POOL_BUF] = { &info->nr_buf_pool_objsize,
				  &info->nr_buf_pool_objtotal },
	};
	int i;

	nm_mem_priv_params(priv);
	for (i = 0; i < NM_POOLS; i++) {
		*wanted[i][0] = *wanted[i][0] ?: priv[i].size;
		*wanted[i][1] = *wanted[i][1] ?: priv[i].num;
		params[i] = (struct nm_pool_params){ *wanted[i][0], *wanted[i][1] };
	}
}

/* Takes the pins over, unless there is no memory for their description. */
static struct netmap_mem_d *nm_ext_create(struct nm_pins *pins,
					  struct nmreq_pools_info *info)
{
	struct netmap_mem_d *mem = nm_mem_new(NETMAP_MEM_PRIVATE);
	struct nm_pool_params params[NM_POOLS];
	int i, error;

	if (!mem)
		return ERR_PTR(-ENOMEM);
	mem->pins = *pins;
	memset(pins, 0, sizeof(*pins));
	mem->size = PAGE_ALIGN(info->nr_memsize);
	nm_ext_params(params, info);
	for (i = 0; i < NM_POOLS; i++)
		mem->pools[i].params = params[i];
	error = nm_ext_layout(mem);
	if (!error)
		error = nm_ext_alloc(mem);
	if (!error)
		error = nm_mem_publish(mem);
	if (error) {
		netmap_mem_put(mem);
		return ERR_PTR(error);
	}
	return mem;
}

/**
 * nm_mem_ext_get() - the region in memory of the calling program
 * @pins: its pages
 * @opt: where, how large, and the pools; defaults are filled in
 *
 * The same pages make the same region, whatever pools are asked for. Context:
 * process, nm_global_lock held.
 *
 * Return: the region with a reference, or an ERR_PTR: -EFAULT if the program
 * does not have all of that memory; -ENOMEM if it is too small for the pools
 * or more than the program may pin; -EINVAL for sizes of objects that cannot be
 * used
 */
struct netmap_mem_d *nm_mem_ext_get(struct nm_pins *pins,
				    struct nmreq_opt_extmem *opt)
{
	struct netmap_mem_d *mem = nm_mem_find_pages(pins);

	return mem ?: nm_ext_create(pins, &opt->nro_info);
}
