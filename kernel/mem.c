// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Memory regions. A region is one linear range of offsets made of three
 * pools: interfaces, rings, buffers. User space maps it as a whole.
 *
 * Objects come from clusters: the smallest groups of objects that fill whole
 * pages, each contiguous in memory, so that no object is ever split.
 */
#include <linux/bitmap.h>
#include <linux/dma-mapping.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "mem.h"

static const struct {
	const char *name;
	u32 minsize, maxsize, minnum, maxnum;
} nm_pool_limits[NM_POOLS] = {
	[NM_POOL_IF] = { "interface", sizeof(struct netmap_if), 4096, 1, 10000 },
	[NM_POOL_RING] = { "ring", sizeof(struct netmap_ring), 32 * PAGE_SIZE,
			   2, 1024 },
	[NM_POOL_BUF] = { "buffer", 64, 65536, 4, 1000000 },
};

static DEFINE_MUTEX(nm_mem_list_lock);
static LIST_HEAD(nm_mem_list);
static u16 nm_mem_last_id = NM_MEM_GLOBAL_ID;
static struct netmap_mem_d *nm_mem_region1;

/* parameters of the global region; read again whenever it is idle */
static int if_size = 1024;
static int if_num = 100;
static int ring_size = 9 * PAGE_SIZE;
static int ring_num = 200;
static int buf_size = 2048;
static int buf_num = 163840;
static int priv_if_size = 1024;
static int priv_if_num = 2;
static int priv_ring_size = 5 * PAGE_SIZE;
static int priv_ring_num = 4;
static int priv_buf_size = 2048;
static int priv_buf_num = 4098;
static int if_curr_size, if_curr_num;
static int ring_curr_size, ring_curr_num;
static int buf_curr_size, buf_curr_num;

module_param(if_size, int, 0644);
MODULE_PARM_DESC(if_size, "Bytes of an interface object");
module_param(if_num, int, 0644);
MODULE_PARM_DESC(if_num, "Number of interface objects");
module_param(ring_size, int, 0644);
MODULE_PARM_DESC(ring_size, "Bytes of a ring object");
module_param(ring_num, int, 0644);
MODULE_PARM_DESC(ring_num, "Number of ring objects");
module_param(buf_size, int, 0644);
MODULE_PARM_DESC(buf_size, "Bytes of a packet buffer");
module_param(buf_num, int, 0644);
MODULE_PARM_DESC(buf_num, "Number of packet buffers");
module_param(priv_if_size, int, 0644);
MODULE_PARM_DESC(priv_if_size, "Least bytes of a private interface object");
module_param(priv_if_num, int, 0644);
MODULE_PARM_DESC(priv_if_num, "Least number of private interface objects");
module_param(priv_ring_size, int, 0644);
MODULE_PARM_DESC(priv_ring_size, "Least bytes of a private ring object");
module_param(priv_ring_num, int, 0644);
MODULE_PARM_DESC(priv_ring_num, "Least number of private ring objects");
module_param(priv_buf_size, int, 0644);
MODULE_PARM_DESC(priv_buf_size, "Least bytes of a private packet buffer");
module_param(priv_buf_num, int, 0644);
MODULE_PARM_DESC(priv_buf_num, "Least number of private packet buffers");
module_param(if_curr_size, int, 0444);
MODULE_PARM_DESC(if_curr_size, "Actual bytes of an interface object");
module_param(if_curr_num, int, 0444);
MODULE_PARM_DESC(if_curr_num, "Actual number of interface objects");
module_param(ring_curr_size, int, 0444);
MODULE_PARM_DESC(ring_curr_size, "Actual bytes of a ring object");
module_param(ring_curr_num, int, 0444);
MODULE_PARM_DESC(ring_curr_num, "Actual number of ring objects");
module_param(buf_curr_size, int, 0444);
MODULE_PARM_DESC(buf_curr_size, "Actual bytes of a packet buffer");
module_param(buf_curr_num, int, 0444);
MODULE_PARM_DESC(buf_curr_num, "Actual number of packet buffers");

/* Layout of one pool for its params, without allocating anything. */
static int nm_pool_layout(struct nm_pool *pool, int i)
{
	u32 size = pool->params.size, num = pool->params.num, objs;

	if (size < nm_pool_limits[i].minsize || size > nm_pool_limits[i].maxsize ||
	    num < nm_pool_limits[i].minnum || num > nm_pool_limits[i].maxnum) {
		pr_err("%s pool of %u objects of %u bytes: allowed are %u..%u objects of %u..%u bytes\n",
		       nm_pool_limits[i].name, num, size,
		       nm_pool_limits[i].minnum, nm_pool_limits[i].maxnum,
		       nm_pool_limits[i].minsize, nm_pool_limits[i].maxsize);
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

static u64 nm_pool_start(const struct netmap_mem_d *mem, int i)
{
	u64 start = 0;

	while (--i >= 0)
		start += mem->pools[i].bytes;
	return start;
}

static int nm_mem_layout(struct netmap_mem_d *mem)
{
	int i, error;

	for (i = 0; i < NM_POOLS; i++) {
		error = nm_pool_layout(&mem->pools[i], i);
		if (error)
			return error;
	}
	mem->size = nm_pool_start(mem, NM_POOLS);
	return 0;
}

static void nm_pool_free(struct nm_pool *pool)
{
	u32 i;

	for (i = 0; !pool->bad && i < pool->num_objs; i += pool->cluster_objs)
		free_pages_exact(pool->lut[i], pool->cluster_size);
	vfree(pool->lut);
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

static int nm_pool_alloc(struct nm_pool *pool, u32 reserved)
{
	u32 c, i;

	pool->lut = vzalloc(array_size(pool->objtotal, sizeof(*pool->lut)));
	pool->free = bitmap_zalloc(pool->objtotal, GFP_KERNEL);
	if (!pool->lut || !pool->free)
		goto fail;
	for (c = 0; c < pool->num_clusters; c++) {
		void *addr = alloc_pages_exact(pool->cluster_size,
					       GFP_KERNEL | __GFP_ZERO |
					       __GFP_NOWARN |
					       __GFP_RETRY_MAYFAIL);

		if (!addr) {
			nm_pool_halve(pool);
			break;
		}
		for (i = 0; i < pool->cluster_objs; i++)
			pool->lut[pool->num_objs++] = addr + i * pool->objsize;
		cond_resched();
	}
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

static u32 nm_pool_reserved(int i)
{
	return i == NM_POOL_BUF ? NM_RESERVED_BUFS : 0;
}

static void nm_mem_free(struct netmap_mem_d *mem)
{
	int i;

	for (i = 0; i < NM_POOLS; i++)
		nm_pool_free(&mem->pools[i]);
	if (mem->pages)
		nm_mem_ext_free(mem);
	mem->allocated = false;
}

static int nm_mem_alloc(struct netmap_mem_d *mem)
{
	int i, error;

	for (i = 0; i < NM_POOLS; i++) {
		error = nm_pool_alloc(&mem->pools[i], nm_pool_reserved(i));
		if (error) {
			nm_mem_free(mem);
			return error;
		}
	}
	mem->allocated = true;
	return 0;
}

/* Takes one object; returns its index, or 0 < errno as a negative number. */
static int nm_pool_get(struct nm_pool *pool)
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
static bool nm_pool_put(struct nm_pool *pool, u32 i)
{
	if (i >= pool->num_objs || (pool->bad && test_bit(i, pool->bad)) ||
	    __test_and_set_bit(i, pool->free))
		return false;
	pool->num_free++;
	pool->hint = min(pool->hint, i);
	return true;
}

/* Index of the object at addr, or -EINVAL. Pools of few, large clusters. */
static int nm_pool_index(const struct nm_pool *pool, const void *addr)
{
	u32 i;

	for (i = 0; i < pool->num_objs; i += pool->cluster_objs) {
		size_t ofs = addr - pool->lut[i];

		if (addr >= pool->lut[i] && ofs < pool->cluster_size)
			return i + ofs / pool->objsize;
	}
	return -EINVAL;
}

static u64 nm_pool_offset(const struct netmap_mem_d *mem, int p, u32 i)
{
	return nm_pool_start(mem, p) + (u64)i * mem->pools[p].objsize;
}

/*
 * Regions: list, ids, references
 */

static void nm_mem_params_global(struct nm_pool_params *params)
{
	params[NM_POOL_IF] = (struct nm_pool_params){ if_size, if_num };
	params[NM_POOL_RING] = (struct nm_pool_params){ ring_size, ring_num };
	params[NM_POOL_BUF] = (struct nm_pool_params){ buf_size, buf_num };
}

static void nm_mem_show_global(const struct netmap_mem_d *mem)
{
	const struct nm_pool *pool = mem->pools;

	if_curr_size = pool[NM_POOL_IF].objsize;
	if_curr_num = pool[NM_POOL_IF].objtotal;
	ring_curr_size = pool[NM_POOL_RING].objsize;
	ring_curr_num = pool[NM_POOL_RING].objtotal;
	buf_curr_size = pool[NM_POOL_BUF].objsize;
	buf_curr_num = mem->allocated ? pool[NM_POOL_BUF].num_objs :
					pool[NM_POOL_BUF].objtotal;
}

/* Adopts changed parameters while nobody uses the global region. */
static int nm_mem_reconfigure(struct netmap_mem_d *mem)
{
	struct nm_pool_params params[NM_POOLS];
	bool changed = false;
	int i;

	lockdep_assert_held(&mem->lock);
	if (mem->active || mem->id != NM_MEM_GLOBAL_ID)
		return 0;
	nm_mem_params_global(params);
	for (i = 0; i < NM_POOLS; i++)
		changed |= memcmp(&params[i], &mem->pools[i].params,
				  sizeof(params[i])) != 0;
	if (!changed && mem->size)
		return 0;
	nm_mem_free(mem);
	mem->size = 0;
	for (i = 0; i < NM_POOLS; i++)
		mem->pools[i].params = params[i];
	return nm_mem_layout(mem);
}

struct netmap_mem_d *nm_mem_new(u32 flags)
{
	struct netmap_mem_d *mem = kzalloc(sizeof(*mem), GFP_KERNEL);

	if (!mem)
		return NULL;
	INIT_LIST_HEAD(&mem->list);
	mutex_init(&mem->lock);
	refcount_set(&mem->refs, 1);
	mem->flags = flags;
	return mem;
}

static bool nm_mem_id_taken(u16 id)
{
	struct netmap_mem_d *mem;

	list_for_each_entry(mem, &nm_mem_list, list)
		if (mem->id == id)
			return true;
	return false;
}

/* Gives a finished region the id after the last one given, and lists it. */
int nm_mem_publish(struct netmap_mem_d *mem)
{
	u16 id = nm_mem_last_id;
	int error = 0;

	mutex_lock(&nm_mem_list_lock);
	do {
		id++;
	} while ((!id || nm_mem_id_taken(id)) && id != nm_mem_last_id);
	if (id == nm_mem_last_id) {
		error = -ENOMEM;
	} else {
		mem->id = id;
		nm_mem_last_id = id;
		list_add_tail(&mem->list, &nm_mem_list);
	}
	mutex_unlock(&nm_mem_list_lock);
	return error;
}

static u32 nm_at_least(u32 need, int parameter)
{
	return max_t(u32, need, max(parameter, 0));
}

/**
 * nm_mem_private_new() - a region of its own for a port
 * @need: what the port will have
 *
 * Nothing is allocated yet but the description. Context: process.
 *
 * Return: the region with one reference, or an ERR_PTR: -EINVAL if the port
 * needs more than a region can have, -ENOMEM
 */
struct netmap_mem_d *nm_mem_private_new(const struct nm_mem_need *need)
{
	u32 t = need->tx_rings + 1, r = need->rx_rings + 1, p = need->pipes;
	u32 slots = max(need->tx_slots, need->rx_slots);
	struct netmap_mem_d *mem;
	u64 bufs = (u64)(4 * p + r) * need->rx_slots +
		   (u64)(4 * p + t) * need->tx_slots + NM_RESERVED_BUFS +
		   need->extra_bufs;
	int error;

	if (bufs > U32_MAX)
		return ERR_PTR(-EINVAL);
	mem = nm_mem_new(NETMAP_MEM_PRIVATE);
	if (!mem)
		return ERR_PTR(-ENOMEM);
	mem->pools[NM_POOL_IF].params = (struct nm_pool_params){
		nm_at_least(sizeof(struct netmap_if) + sizeof(ssize_t) * (t + r),
			    priv_if_size),
		nm_at_least(2 + 4 * p, priv_if_num) };
	mem->pools[NM_POOL_RING].params = (struct nm_pool_params){
		nm_at_least(sizeof(struct netmap_ring) +
			    sizeof(struct netmap_slot) * slots, priv_ring_size),
		nm_at_least(t + r + 8 * p, priv_ring_num) };
	mem->pools[NM_POOL_BUF].params = (struct nm_pool_params){
		nm_at_least(0, priv_buf_size), nm_at_least(bufs, priv_buf_num) };
	error = nm_mem_layout(mem);
	if (!error)
		error = nm_mem_publish(mem);
	if (error) {
		kfree(mem);
		return ERR_PTR(error);
	}
	return mem;
}

/**
 * netmap_mem_get() - take a reference on a region
 * @mem: the region
 *
 * Return: @mem. Any context; the caller already holds a reference.
 */
struct netmap_mem_d *netmap_mem_get(struct netmap_mem_d *mem)
{
	refcount_inc(&mem->refs);
	return mem;
}

/**
 * netmap_mem_put() - drop a reference on a region
 * @mem: the region, or NULL
 *
 * The last one frees the memory. May sleep.
 */
void netmap_mem_put(struct netmap_mem_d *mem)
{
	if (!mem || !refcount_dec_and_mutex_lock(&mem->refs, &nm_mem_list_lock))
		return;
	list_del(&mem->list);
	mutex_unlock(&nm_mem_list_lock);
	nm_mem_free(mem);
	kfree(mem);
}

struct netmap_mem_d *nm_mem_global(void)
{
	return netmap_mem_get(nm_mem_region1);
}

/* The region with that id with a reference, or NULL. */
struct netmap_mem_d *nm_mem_find(u32 id)
{
	struct netmap_mem_d *mem, *found = NULL;

	mutex_lock(&nm_mem_list_lock);
	list_for_each_entry(mem, &nm_mem_list, list)
		if (mem->id == id && refcount_inc_not_zero(&mem->refs)) {
			found = mem;
			break;
		}
	mutex_unlock(&nm_mem_list_lock);
	return found;
}

/* The region made of exactly these pages with a reference, or NULL. */
struct netmap_mem_d *nm_mem_find_pages(struct page **pages, u32 num)
{
	struct netmap_mem_d *mem, *found = NULL;

	mutex_lock(&nm_mem_list_lock);
	list_for_each_entry(mem, &nm_mem_list, list)
		if (mem->pages && mem->num_pages == num &&
		    !memcmp(mem->pages, pages, num * sizeof(*pages)) &&
		    refcount_inc_not_zero(&mem->refs)) {
			found = mem;
			break;
		}
	mutex_unlock(&nm_mem_list_lock);
	return found;
}

/* The least that private regions have. */
void nm_mem_priv_params(struct nm_pool_params *params)
{
	params[NM_POOL_IF] = (struct nm_pool_params){ priv_if_size, priv_if_num };
	params[NM_POOL_RING] = (struct nm_pool_params){ priv_ring_size,
							priv_ring_num };
	params[NM_POOL_BUF] = (struct nm_pool_params){ priv_buf_size, priv_buf_num };
}

u16 nm_mem_id(struct netmap_mem_d *mem)
{
	return mem->id;
}

/* Whether the memory is that of a program: its pages have other owners too. */
bool nm_mem_is_pinned(struct netmap_mem_d *mem)
{
	return mem->pages;
}

/* Size in bytes, as configured if nothing is allocated yet, and id. */
int nm_mem_info(struct netmap_mem_d *mem, u64 *size, u16 *id)
{
	int error;

	mutex_lock(&mem->lock);
	error = nm_mem_reconfigure(mem);
	*size = mem->size;
	*id = mem->id;
	mutex_unlock(&mem->lock);
	return error;
}

/* Bytes of a buffer, as configured if nothing is allocated yet. */
u32 nm_mem_buf_size(struct netmap_mem_d *mem)
{
	u32 size;

	mutex_lock(&mem->lock);
	nm_mem_reconfigure(mem);
	size = mem->pools[NM_POOL_BUF].objsize;
	mutex_unlock(&mem->lock);
	return size;
}

void nm_mem_pools_info(struct netmap_mem_d *mem, struct nmreq_pools_info *info)
{
	struct nm_pool *pool = mem->pools;

	mutex_lock(&mem->lock);
	info->nr_memsize = mem->size;
	info->nr_mem_id = mem->id;
	info->nr_if_pool_offset = nm_pool_start(mem, NM_POOL_IF);
	info->nr_if_pool_objtotal = pool[NM_POOL_IF].objtotal;
	info->nr_if_pool_objsize = pool[NM_POOL_IF].objsize;
	info->nr_ring_pool_offset = nm_pool_start(mem, NM_POOL_RING);
	info->nr_ring_pool_objtotal = pool[NM_POOL_RING].objtotal;
	info->nr_ring_pool_objsize = pool[NM_POOL_RING].objsize;
	info->nr_buf_pool_offset = nm_pool_start(mem, NM_POOL_BUF);
	info->nr_buf_pool_objtotal = pool[NM_POOL_BUF].objtotal;
	info->nr_buf_pool_objsize = pool[NM_POOL_BUF].objsize;
	mutex_unlock(&mem->lock);
}

/*
 * Page of the region at a page offset, or NULL. The caller is a mapping of a
 * bound descriptor, so the region is allocated and stays so.
 */
struct page *nm_mem_page(struct netmap_mem_d *mem, unsigned long pgoff)
{
	u64 ofs = (u64)pgoff << PAGE_SHIFT;
	int p;

	if (mem->pages)
		return pgoff < mem->size >> PAGE_SHIFT ? mem->pages[pgoff] : NULL;
	for (p = 0; p < NM_POOLS; p++) {
		const struct nm_pool *pool = &mem->pools[p];
		u64 bytes = pool->bytes;
		u32 c, i;

		if (ofs >= bytes) {
			ofs -= bytes;
			continue;
		}
		c = div_u64(ofs, pool->cluster_size);
		i = c * pool->cluster_objs;
		if (i >= pool->num_objs)
			return NULL;
		return virt_to_page(pool->lut[i] + (ofs - (u64)c * pool->cluster_size));
	}
	return NULL;
}

/*
 * Use of a region by an adapter
 */

static void nm_mem_unmap_upto(struct netmap_adapter *na, u32 num)
{
	const struct nm_pool *pool = &na->nm_mem->pools[NM_POOL_BUF];
	u32 i;

	for (i = 0; i < num; i += pool->cluster_objs)
		dma_unmap_page(na->pdev, na->na_lut.plut[i], pool->cluster_size,
			       DMA_BIDIRECTIONAL);
	vfree(na->na_lut.plut);
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
	plut = vzalloc(array_size(pool->objtotal, sizeof(*plut)));
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
	error = nm_mem_reconfigure(mem);
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
	if (--mem->active == 0)
		for (i = 0; i < NM_POOLS; i++)
			nm_pool_reset(&mem->pools[i], nm_pool_reserved(i));
	mutex_unlock(&mem->lock);
}

/*
 * Objects
 */

/* Fills n slots with buffers, all or nothing. */
static int nm_slots_fill(struct nm_pool *pool, struct netmap_slot *slot, u32 n)
{
	u32 i;

	if (pool->num_free < n)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		slot[i].buf_idx = nm_pool_get(pool);
		slot[i].len = pool->objsize;
		slot[i].flags = 0;
		slot[i].ptr = 0;
	}
	return 0;
}

static void nm_slots_free(struct nm_pool *pool, struct netmap_slot *slot, u32 n)
{
	u32 i, idx;

	for (i = 0; i < n; i++) {
		idx = READ_ONCE(slot[i].buf_idx);
		slot[i].buf_idx = 0;
		/* user space can write anything here, also duplicates */
		if (idx >= NM_RESERVED_BUFS)
			nm_pool_put(pool, idx);
	}
}

static int nm_ring_create(struct netmap_mem_d *mem, struct netmap_kring *kring)
{
	struct nm_pool *bufs = &mem->pools[NM_POOL_BUF];
	struct nm_pool *pool = &mem->pools[NM_POOL_RING];
	u32 n = kring->nkr_num_slots;
	struct netmap_ring *ring;
	int i;

	if (struct_size(ring, slot, n) > pool->objsize) {
		pr_err("%s: %u slots do not fit in ring objects of %u bytes\n",
		       kring->name, n, pool->objsize);
		return -ENOMEM;
	}
	i = nm_pool_get(pool);
	if (i < 0) {
		pr_err("%s: no ring object left\n", kring->name);
		return i;
	}
	ring = pool->lut[i];
	/* nothing of the previous owner may show, nor what he left in flags */
	memset(ring, 0, struct_size(ring, slot, n));
	*(u32 *)&ring->num_slots = n;
	*(s64 *)&ring->buf_ofs = nm_pool_start(mem, NM_POOL_BUF) -
				 nm_pool_offset(mem, NM_POOL_RING, i);
	*(u32 *)&ring->nr_buf_size = bufs->objsize;
	*(u16 *)&ring->ringid = kring->ring_id;
	*(u16 *)&ring->dir = kring->tx;
	ring->head = kring->rhead;
	ring->cur = kring->rcur;
	ring->tail = kring->rtail;
	if (!(kring->nr_kflags & NKR_FAKERING) &&
	    nm_slots_fill(bufs, ring->slot, n)) {
		pr_err("%s: no %u buffers left\n", kring->name, n);
		nm_pool_put(pool, i);
		return -ENOMEM;
	}
	kring->ring = ring;
	return 0;
}

static void nm_ring_delete(struct netmap_mem_d *mem, struct netmap_kring *kring)
{
	struct nm_pool *pool = &mem->pools[NM_POOL_RING];
	struct netmap_ring *ring = kring->ring;

	if (!(kring->nr_kflags & NKR_FAKERING))
		nm_slots_free(&mem->pools[NM_POOL_BUF], ring->slot,
			      kring->nkr_num_slots);
	kring->ring = NULL;
	nm_pool_put(pool, nm_pool_index(pool, ring));
}

static bool nm_kring_wants_ring(const struct netmap_kring *kring)
{
	return kring->users > 0 || kring->nr_kflags & NKR_NEEDRING;
}

/**
 * netmap_mem_rings_create() - allocate the rings that are in use
 * @na: adapter with krings
 *
 * Every kring with users, or with NKR_NEEDRING, gets a shared ring, and
 * buffers unless it is NKR_FAKERING. Context: process, nm_global_lock held.
 *
 * Return: 0 or -ENOMEM; rings made before the failure stay, and
 * netmap_mem_rings_delete() frees those without users.
 */
int netmap_mem_rings_create(struct netmap_adapter *na)
{
	struct netmap_mem_d *mem = na->nm_mem;
	enum txrx t;
	int error = 0;
	u32 i;

	mutex_lock(&mem->lock);
	for_rx_tx(t)
		for (i = 0; i < netmap_all_rings(na, t) && !error; i++) {
			struct netmap_kring *kring = NMR(na, t)[i];

			if (!kring->ring && nm_kring_wants_ring(kring))
				error = nm_ring_create(mem, kring);
		}
	mutex_unlock(&mem->lock);
	return error;
}
EXPORT_SYMBOL(netmap_mem_rings_create);

/**
 * netmap_mem_rings_delete() - free the rings that are not in use
 * @na: adapter with krings
 *
 * The counterpart of netmap_mem_rings_create(), same context.
 */
void netmap_mem_rings_delete(struct netmap_adapter *na)
{
	struct netmap_mem_d *mem = na->nm_mem;
	enum txrx t;
	u32 i;

	mutex_lock(&mem->lock);
	for_rx_tx(t)
		for (i = 0; i < netmap_all_rings(na, t); i++) {
			struct netmap_kring *kring = NMR(na, t)[i];

			if (kring->ring && !nm_kring_wants_ring(kring))
				nm_ring_delete(mem, kring);
		}
	mutex_unlock(&mem->lock);
}
EXPORT_SYMBOL(netmap_mem_rings_delete);

/* Offsets of the rings of one direction that the descriptor is bound to. */
static void nm_if_ring_offsets(struct netmap_mem_d *mem, struct netmap_if *nifp,
			       ssize_t *ofs, struct netmap_adapter *na,
			       struct netmap_priv_d *priv, enum txrx t)
{
	struct nm_pool *pool = &mem->pools[NM_POOL_RING];
	u64 base = nm_pool_offset(mem, NM_POOL_IF,
				  nm_pool_index(&mem->pools[NM_POOL_IF], nifp));
	u32 i;

	for (i = priv->np_qfirst[t]; i < priv->np_qlast[t]; i++) {
		struct netmap_ring *ring = NMR(na, t)[i]->ring;

		if (ring)
			ofs[i] = nm_pool_offset(mem, NM_POOL_RING,
						nm_pool_index(pool, ring)) - base;
	}
}

/* The netmap_if of a descriptor, or NULL if no object (of its size) is left. */
struct netmap_if *nm_mem_if_create(struct netmap_adapter *na,
				   struct netmap_priv_d *priv)
{
	struct netmap_mem_d *mem = na->nm_mem;
	struct nm_pool *pool = &mem->pools[NM_POOL_IF];
	u32 tx = netmap_all_rings(na, NR_TX), rx = netmap_all_rings(na, NR_RX);
	struct netmap_if *nifp = NULL;
	size_t size = struct_size(nifp, ring_ofs, tx + rx);
	int i;

	mutex_lock(&mem->lock);
	if (size > pool->objsize)
		goto out;
	i = nm_pool_get(pool);
	if (i < 0)
		goto out;
	nifp = pool->lut[i];
	memset(nifp, 0, size);
	strscpy(nifp->ni_name, na->name, sizeof(nifp->ni_name));
	*(u32 *)&nifp->ni_tx_rings = na->num_tx_rings;
	*(u32 *)&nifp->ni_rx_rings = na->num_rx_rings;
	*(u32 *)&nifp->ni_host_tx_rings = tx - na->num_tx_rings;
	*(u32 *)&nifp->ni_host_rx_rings = rx - na->num_rx_rings;
	if (mem->flags & NETMAP_MEM_PRIVATE)
		*(u32 *)&nifp->ni_flags = NI_PRIV_MEM;
	nm_if_ring_offsets(mem, nifp, (ssize_t *)nifp->ring_ofs, na, priv, NR_TX);
	nm_if_ring_offsets(mem, nifp, (ssize_t *)nifp->ring_ofs + tx, na, priv,
			   NR_RX);
out:
	mutex_unlock(&mem->lock);
	return nifp;
}

void nm_mem_if_delete(struct netmap_adapter *na, struct netmap_if *nifp)
{
	struct nm_pool *pool = &na->nm_mem->pools[NM_POOL_IF];

	mutex_lock(&na->nm_mem->lock);
	nm_pool_put(pool, nm_pool_index(pool, nifp));
	mutex_unlock(&na->nm_mem->lock);
}

u64 nm_mem_if_offset(struct netmap_mem_d *mem, struct netmap_if *nifp)
{
	return nm_pool_offset(mem, NM_POOL_IF,
			      nm_pool_index(&mem->pools[NM_POOL_IF], nifp));
}

/*
 * Extra buffers: a list through their first 32 bits, built last in first
 * out. Returns how many were granted.
 */
u32 nm_mem_extra_create(struct netmap_adapter *na, struct netmap_if *nifp,
			u32 want)
{
	struct nm_pool *pool = &na->nm_mem->pools[NM_POOL_BUF];
	u32 i, head = 0;

	mutex_lock(&na->nm_mem->lock);
	want = min(want, pool->num_free);
	for (i = 0; i < want; i++) {
		u32 idx = nm_pool_get(pool);

		*(u32 *)pool->lut[idx] = head;
		head = idx;
	}
	nifp->ni_bufs_head = head;
	mutex_unlock(&na->nm_mem->lock);
	return want;
}

/* Walks the list as the user left it; stops at the first buffer not taken. */
void nm_mem_extra_delete(struct netmap_adapter *na, struct netmap_if *nifp)
{
	struct nm_pool *pool = &na->nm_mem->pools[NM_POOL_BUF];
	u32 idx, next;

	mutex_lock(&na->nm_mem->lock);
	for (idx = READ_ONCE(nifp->ni_bufs_head); idx >= NM_RESERVED_BUFS; idx = next) {
		if (idx >= pool->num_objs || !nm_pool_put(pool, idx)) {
			nm_prlim(5, "%s: extra buffer list has bad index %u",
				 na->name, idx);
			break;
		}
		next = READ_ONCE(*(u32 *)pool->lut[idx]);
		*(u32 *)pool->lut[idx] = 0;
	}
	nifp->ni_bufs_head = 0;
	mutex_unlock(&na->nm_mem->lock);
}

int nm_mem_init(void)
{
	nm_mem_region1 = nm_mem_new(0);
	if (!nm_mem_region1)
		return -ENOMEM;
	nm_mem_region1->id = NM_MEM_GLOBAL_ID;
	list_add_tail(&nm_mem_region1->list, &nm_mem_list);
	return 0;
}

void nm_mem_exit(void)
{
	netmap_mem_put(nm_mem_region1);
	WARN_ON(!list_empty(&nm_mem_list));
}
