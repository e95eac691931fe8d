// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Pools of objects of one size. They come from clusters: the smallest groups
 * of objects that fill whole pages, each contiguous in memory, so that no
 * object is ever split. The lock of the region protects its pools.
 */
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "mem.h"

static const struct nm_pool_limits {
	const char *name;
	u32 minsize, maxsize; /* bytes */
	struct { u32 min, max; } num[2]; /* of the global region, of private ones */
} nm_pool_limits[NM_POOLS] = {
	[NM_POOL_IF] = { "interface", sizeof(struct netmap_if), 4096,
			 { { 10, 10000 }, { 1, 100 } } },
	[NM_POOL_RING] = { "ring", sizeof(struct netmap_ring), 32 * PAGE_SIZE,
			   { { 2, 1024 }, { 2, 1024 } } },
	[NM_POOL_BUF] = { "buffer", 64, 65536,
			  { { 4, 1000000 }, { 4, 1000000 } } },
};

/**
 * nm_pool_layout() - what a pool will look like, without any memory yet
 * @pool: with its params
 * @i: which pool it is, for the limits
 * @private: of a region that one port has for itself
 *
 * Return: 0, or -EINVAL if the params are out of range
 */
int nm_pool_layout(struct nm_pool *pool, int i, bool private)
{
	const struct nm_pool_limits *limits = &nm_pool_limits[i];
	u32 size = pool->params.size, num = pool->params.num, objs;
	u32 min = limits->num[private].min, max = limits->num[private].max;

	if (size < limits->minsize || size > limits->maxsize || num < min ||
	    num > max) {
		pr_err("%s pool of %u objects of %u bytes: allowed are %u..%u objects of %u..%u bytes\n",
		       limits->name, num, size, min, max, limits->minsize,
		       limits->maxsize);
		return -EINVAL;
	}
	size = ALIGN(size, NM_OBJ_ALIGN);
	for (objs = 1; objs * size % PAGE_SIZE; objs++)
		if (objs * size > NM_CLUSTER_MAX)
			return -EINVAL;
	if (objs * size > NM_CLUSTER_MAX)
		return -EINVAL;
	pool->objsize = size;
	pool->cluster_objs = objs;
	pool->cluster_size = objs * size;
	pool->num_clusters = DIV_ROUND_UP(num, objs);
	pool->bytes = (u64)pool->num_clusters * pool->cluster_size;
	pool->objtotal = pool->num_clusters * objs;
	return 0;
}

void nm_pool_free(struct nm_pool *pool)
{
	u32 i;

	for (i = 0; !pool->bad && i < pool->num_objs; i += pool->cluster_objs)
		free_pages_exact(pool->lut[i], pool->cluster_size);
	kvfree(pool->lut);
	bitmap_free(pool->free);
	bitmap_free(pool->bad);
	pool->lut = NULL;
	pool->free = NULL;
	pool->bad = NULL;
	pool->num_objs = 0;
	pool->num_free = 0;
}

/* Makes all objects of a pool free, but the first ones. */
void nm_pool_reset(struct nm_pool *pool, u32 reserved)
{
	bitmap_zero(pool->free, pool->objtotal);
	bitmap_set(pool->free, reserved, pool->num_objs - reserved);
	if (pool->bad)
		bitmap_andnot(pool->free, pool->free, pool->bad, pool->objtotal);
	pool->num_free = bitmap_weight(pool->free, pool->objtotal);
	pool->hint = reserved;
}

/*
 * When memory is short the pool gives half of it back and goes on with the
 * rest, so that the machine survives a request that is too large.
 */
static void nm_pool_halve(struct nm_pool *pool)
{
	u32 keep = pool->num_objs / pool->cluster_objs / 2 * pool->cluster_objs;

	while (pool->num_objs > keep) {
		pool->num_objs -= pool->cluster_objs;
		free_pages_exact(pool->lut[pool->num_objs], pool->cluster_size);
	}
}

/*
 * Memory for *clusters clusters in one piece, or for fewer if there is no such
 * piece: then *clusters says how many. A device needs a mapping for each
 * piece. Pages are split, so that each cluster can be freed by itself.
 */
static void *nm_run_alloc(const struct nm_pool *pool, u32 *clusters, gfp_t zone)
{
	void *addr;

	for (; *clusters > 1; *clusters /= 2) {
		addr = alloc_pages_exact((size_t)*clusters * pool->cluster_size,
					 GFP_KERNEL | __GFP_NORETRY |
					 __GFP_NOWARN | __GFP_ZERO | zone);
		if (addr)
			return addr;
	}
	return alloc_pages_exact(pool->cluster_size, NM_GFP | __GFP_ZERO | zone);
}

/* Memory for the objects, as far as there is any. */
static void nm_pool_fill(struct nm_pool *pool, bool low)
{
	u32 run = max(NM_RUN_MAX / pool->cluster_size, 1U), c, n, i;
	u32 look = NM_CLUSTER_MAX / pool->cluster_size, looked = 0;

	for (c = 0; c < pool->num_clusters; c += n) {
		void *addr = NULL;

		n = min(run, pool->num_clusters - c);
		/*
		 * Asking is dear, and one look is good for some megabytes; some
		 * more are for the rings of the port that the region is for.
		 */
		if (c < looked || !nm_mem_is_short(2 * NM_CLUSTER_MAX, low)) {
			looked = max(looked, c + look);
			addr = nm_run_alloc(pool, &n, low ? GFP_DMA32 : 0);
		}
		if (!addr) {
			nm_pool_halve(pool);
			return;
		}
		/* where large pieces have run out, more of them are not looked for */
		if (n < min(run, pool->num_clusters - c))
			run = n;
		for (i = 0; i < n * pool->cluster_objs; i++)
			pool->lut[pool->num_objs++] = addr + (size_t)i * pool->objsize;
		cond_resched();
	}
}

/**
 * nm_pool_alloc() - memory for a pool that is laid out
 * @pool: the pool
 * @reserved: how many of the first objects nobody ever gets
 * @low: only memory that devices with addresses of 32 bits reach
 *
 * Memory that is too short makes the pool smaller than asked for, see
 * num_objs. Context: process, sleeps.
 *
 * Return: 0, or -ENOMEM if not one object is left
 */
int nm_pool_alloc(struct nm_pool *pool, u32 reserved, bool low)
{
	u32 i;

	pool->lut = kvcalloc(pool->objtotal, sizeof(*pool->lut), NM_GFP);
	pool->free = bitmap_zalloc(pool->objtotal, NM_GFP);
	if (!pool->lut || !pool->free)
		goto fail;
	nm_pool_fill(pool, low);
	if (pool->num_objs <= reserved)
		goto fail;
	/* the rest of the table leads to the object that nobody owns */
	for (i = pool->num_objs; i < pool->objtotal; i++)
		pool->lut[i] = pool->lut[0];
	nm_pool_reset(pool, reserved);
	return 0;
fail:
	nm_pool_free(pool);
	return -ENOMEM;
}

/* Takes one object; returns its index or -ENOMEM. */
int nm_pool_get(struct nm_pool *pool)
{
	u32 i;

	if (!pool->num_free)
		return -ENOMEM;
	i = find_next_bit(pool->free, pool->num_objs, pool->hint);
	if (i >= pool->num_objs)
		i = find_first_bit(pool->free, pool->num_objs);
	__clear_bit(i, pool->free);
	pool->num_free--;
	pool->hint = i + 1;
	return i;
}

/* Gives an object back. False if it was not taken. */
bool nm_pool_put(struct nm_pool *pool, u32 i)
{
	if (i >= pool->num_objs || nm_pool_is_bad(pool, i) ||
	    __test_and_set_bit(i, pool->free))
		return false;
	pool->num_free++;
	pool->hint = min(pool->hint, i);
	return true;
}

/* Index of the object at addr, or -EINVAL. Pools of few, large clusters. */
int nm_pool_index(const struct nm_pool *pool, const void __nmshared *shared)
{
	const void *addr = nm_shared_bytes(shared);
	u32 i;

	for (i = 0; i < pool->num_objs; i += pool->cluster_objs) {
		size_t ofs = addr - pool->lut[i];

		if (addr >= pool->lut[i] && ofs < pool->cluster_size)
			return i + ofs / pool->objsize;
	}
	return -EINVAL;
}
