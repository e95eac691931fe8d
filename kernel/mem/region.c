// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Memory regions. A region is one linear range of offsets made of three
 * pools: interfaces, rings, buffers. User space maps it as a whole.
 */
#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "mem.h"

static DEFINE_MUTEX(nm_mem_list_lock);
static LIST_HEAD(nm_mem_list);
static u16 nm_mem_last_id = NM_MEM_GLOBAL_ID;
static struct netmap_mem_d *nm_mem_region1;

/* Pages below 4 GB that an allocation can have, and how many there are in all. */
static s64 nm_mem_low_available(u64 *total)
{
	s64 pages = 0;
	int node;

	*total = 0;
	for_each_online_node(node) {
#ifdef CONFIG_ZONE_DMA32
		struct zone *zone = &NODE_DATA(node)->node_zones[ZONE_DMA32];

		*total += zone_managed_pages(zone);
		/* half of the files can go, as in si_mem_available() */
		pages += zone_page_state(zone, NR_FREE_PAGES) +
			 (zone_page_state(zone, NR_ZONE_ACTIVE_FILE) +
			  zone_page_state(zone, NR_ZONE_INACTIVE_FILE)) / 2;
#endif
	}
	if (*total)
		return pages;
	*total = totalram_pages();
	return si_mem_available();
}

/**
 * nm_mem_is_short() - whether an allocation would leave too little for others
 * @bytes: how much
 * @low: of memory below 4 GB
 *
 * A program may ask for nearly any amount. Page faults and small allocations
 * of other programs need what is left, or the OOM killer runs. So a sixteenth
 * of the memory is never taken, at most 256 MB. Any context.
 */
bool nm_mem_is_short(u64 bytes, bool low)
{
	u64 total = totalram_pages();
	s64 there = low ? nm_mem_low_available(&total) : si_mem_available();

	return there < (s64)((bytes >> PAGE_SHIFT) +
			     min_t(u64, total / 16, SZ_256M >> PAGE_SHIFT));
}

/* Bytes from the start of the region to a pool. */
u64 nm_pool_start(const struct netmap_mem_d *mem, int i)
{
	u64 start = 0;

	if (mem->guest)
		return mem->pools[i].start;
	while (--i >= 0)
		start += mem->pools[i].bytes;
	return start;
}

static int nm_mem_layout(struct netmap_mem_d *mem)
{
	int i, error;

	for (i = 0; i < NM_POOLS; i++) {
		error = nm_pool_layout(&mem->pools[i], i, !mem->global);
		if (error)
			return error;
	}
	mem->size = nm_pool_start(mem, NM_POOLS);
	return 0;
}

/* What is allocated; the layout stays. */
void nm_mem_free(struct netmap_mem_d *mem)
{
	int i;

	if (mem->guest) {
		nm_guest_mem_free(mem);
		return;
	}
	for (i = 0; i < NM_POOLS; i++)
		nm_pool_free(&mem->pools[i]);
	if (mem->pins.pages)
		nm_mem_ext_free(mem);
	mem->allocated = false;
}

/* All pools or none. */
int nm_mem_alloc(struct netmap_mem_d *mem)
{
	int i, error;

	if (mem->guest)
		return nm_guest_mem_alloc(mem);
	for (i = 0; i < NM_POOLS; i++) {
		error = nm_pool_alloc(&mem->pools[i], nm_pool_reserved(i), mem->low);
		if (error) {
			nm_mem_free(mem);
			return error;
		}
		if (mem->pools[i].num_objs < mem->pools[i].objtotal)
			nm_prlim(1, "region %u: memory for %u of %u objects of %u bytes",
				 mem->id, mem->pools[i].num_objs,
				 mem->pools[i].objtotal, mem->pools[i].objsize);
	}
	mem->allocated = true;
	return 0;
}

/* Bytes from the start of the region to an object of a pool. */
u64 nm_pool_offset(const struct netmap_mem_d *mem, int p, u32 i)
{
	return nm_pool_start(mem, p) + (u64)i * mem->pools[p].objsize;
}

/* Adopts changed parameters while nobody uses a global region. */
int nm_mem_reconfigure(struct netmap_mem_d *mem)
{
	struct nm_pool_params params[NM_POOLS];
	bool changed = false;
	int i;

	lockdep_assert_held(&mem->lock);
	if (mem->active || !mem->global)
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

static struct netmap_mem_d *nm_mem_zalloc(u32 flags)
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

/* A region of the calling program's user. */
struct netmap_mem_d *nm_mem_new(u32 flags)
{
	struct netmap_mem_d *mem = nm_mem_zalloc(flags);

	if (mem)
		nm_mem_owner_init(mem);
	return mem;
}

/* A region that is not listed, without memory. */
static void nm_mem_delete(struct netmap_mem_d *mem)
{
	nm_mem_owner_exit(mem);
	kfree(mem);
}

static bool nm_mem_id_taken(u16 id)
{
	struct netmap_mem_d *mem;

	list_for_each_entry(mem, &nm_mem_list, list)
		if (mem->id == id)
			return true;
	return false;
}

static int nm_mem_list_add(struct netmap_mem_d *mem)
{
	u16 id = nm_mem_last_id;

	lockdep_assert_held(&nm_mem_list_lock);
	do {
		id++;
	} while ((!id || nm_mem_id_taken(id)) && id != nm_mem_last_id);
	if (id == nm_mem_last_id)
		return -ENOMEM;
	mem->id = id;
	nm_mem_last_id = id;
	list_add_tail(&mem->list, &nm_mem_list);
	return 0;
}

/* Gives a finished region the id after the last one given, and lists it. */
int nm_mem_publish(struct netmap_mem_d *mem)
{
	int error;

	mutex_lock(&nm_mem_list_lock);
	error = nm_mem_list_add(mem);
	mutex_unlock(&nm_mem_list_lock);
	return error;
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
	struct nm_pool_params priv[NM_POOLS];
	struct netmap_mem_d *mem;
	u64 bufs = (u64)(4 * p + r) * need->rx_slots +
		   (u64)(4 * p + t) * need->tx_slots + NM_RESERVED_BUFS +
		   need->extra_bufs;
	const struct nm_pool_params want[NM_POOLS] = {
		[NM_POOL_IF] = { sizeof(struct netmap_if) +
				 sizeof(ssize_t) * (t + r), 2 + 4 * p },
		[NM_POOL_RING] = { sizeof(struct netmap_ring) +
				   sizeof(struct netmap_slot) * slots,
				   t + r + 8 * p },
		[NM_POOL_BUF] = { 0, bufs },
	};
	int i, error;

	if (bufs > U32_MAX)
		return ERR_PTR(-EINVAL);
	mem = nm_mem_new(NETMAP_MEM_PRIVATE);
	if (!mem)
		return ERR_PTR(-ENOMEM);
	nm_mem_priv_params(priv);
	for (i = 0; i < NM_POOLS; i++)
		mem->pools[i].params = (struct nm_pool_params){
			max(want[i].size, priv[i].size),
			max(want[i].num, priv[i].num) };
	error = nm_mem_layout(mem);
	if (!error)
		error = nm_mem_publish(mem);
	if (error) {
		nm_mem_delete(mem);
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

static void nm_mem_bury(struct netmap_mem_d *mem)
{
	nm_mem_free(mem);
	if (mem->guest)
		nm_guest_mem_forget(mem);
	nm_mem_delete(mem);
}

static void nm_mem_bury_later(struct nm_chore *chore)
{
	nm_mem_bury(container_of(chore, struct netmap_mem_d, chore));
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
	/* pages of a program: marking them dirty may wait for their file */
	if (mem->pins.pages)
		nm_chore_add(&mem->chore, nm_mem_bury_later);
	else
		nm_mem_bury(mem);
}

static struct netmap_mem_d *nm_mem_global_new(struct user_namespace *ns, bool low)
{
	struct netmap_mem_d *mem = nm_mem_zalloc(0);

	if (!mem)
		return NULL;
	nm_mem_owner_init_global(mem, ns);
	mem->global = true;
	mem->low = low;
	return mem;
}

/* The global region of a user namespace, which comes with its first user. */
static struct netmap_mem_d *nm_mem_global_get(struct user_namespace *ns, bool low)
{
	struct netmap_mem_d *mem;
	int error;

	mutex_lock(&nm_mem_list_lock);
	list_for_each_entry(mem, &nm_mem_list, list)
		if (mem->global && mem->low == low && mem->user_ns == ns &&
		    refcount_inc_not_zero(&mem->refs))
			goto out;
	mem = nm_mem_global_new(ns, low);
	error = mem ? nm_mem_list_add(mem) : -ENOMEM;
	if (error) {
		if (mem)
			nm_mem_delete(mem);
		mem = ERR_PTR(error);
	}
out:
	mutex_unlock(&nm_mem_list_lock);
	return mem;
}

static bool nm_mem_must_be_low(struct device *dev)
{
	return dev && dma_addressing_limited(dev);
}

/**
 * nm_mem_global() - the region of ports that bring none, for a program
 * @dev: the device of the port for DMA, or NULL
 *
 * Each user namespace has its own. A device whose addresses are too short for
 * the memory of the machine gets one below 4 GB. Context: process.
 *
 * Return: the region with a reference, or an ERR_PTR
 */
struct netmap_mem_d *nm_mem_global(struct device *dev)
{
	return nm_mem_global_get(nm_mem_user_ns(), nm_mem_must_be_low(dev));
}

/* That of a port that no program has opened yet. */
struct netmap_mem_d *nm_mem_initial(struct device *dev)
{
	return nm_mem_global_get(&init_user_ns, nm_mem_must_be_low(dev));
}

bool nm_mem_is_global(const struct netmap_mem_d *mem)
{
	return mem->global;
}

/**
 * nm_mem_find() - the region that a program names
 * @id: its number; 1 is the global region of the program's user namespace
 *
 * Context: process.
 *
 * Return: the region with a reference, or an ERR_PTR: -EINVAL if there is
 * none, -EPERM if it is not for this program
 */
struct netmap_mem_d *nm_mem_find(u32 id)
{
	struct netmap_mem_d *mem, *found = NULL;

	if (id == NM_MEM_GLOBAL_ID)
		return nm_mem_global(NULL);
	mutex_lock(&nm_mem_list_lock);
	list_for_each_entry(mem, &nm_mem_list, list)
		if (mem->id == id && refcount_inc_not_zero(&mem->refs)) {
			found = mem;
			break;
		}
	mutex_unlock(&nm_mem_list_lock);
	if (!found)
		return ERR_PTR(-EINVAL);
	if (nm_mem_may_name(found))
		return found;
	netmap_mem_put(found);
	nm_prlim(1, "%s: region %u belongs to another user: CAP_NET_ADMIN or the parameter open_regions opens it",
		 current->comm, id);
	return ERR_PTR(-EPERM);
}

/* The region made of exactly these pages with a reference, or NULL. */
struct netmap_mem_d *nm_mem_find_pages(const struct nm_pins *pins)
{
	struct netmap_mem_d *mem, *found = NULL;

	mutex_lock(&nm_mem_list_lock);
	list_for_each_entry(mem, &nm_mem_list, list)
		if (mem->pins.pages && mem->pins.num == pins->num &&
		    !memcmp(mem->pins.pages, pins->pages,
			    pins->num * sizeof(*pins->pages)) &&
		    refcount_inc_not_zero(&mem->refs)) {
			found = mem;
			break;
		}
	mutex_unlock(&nm_mem_list_lock);
	return found;
}

u16 nm_mem_id(struct netmap_mem_d *mem)
{
	return mem->id;
}

/* Whether the memory is that of a program: its pages have other owners too. */
bool nm_mem_is_pinned(struct netmap_mem_d *mem)
{
	return mem->pins.pages;
}

/*
 * Maps a region that is not made of pages, as a whole: the size of the
 * mapping has been checked. -ENOTTY if it is an ordinary one.
 */
int nm_mem_mmap(struct netmap_mem_d *mem, struct vm_area_struct *vma)
{
	return mem->guest ? nm_guest_mem_mmap(mem, vma) : -ENOTTY;
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

	if (mem->pins.pages)
		return pgoff < mem->size >> PAGE_SHIFT ? mem->pins.pages[pgoff] :
							 NULL;
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

int nm_mem_init(void)
{
	nm_mem_region1 = nm_mem_global_new(&init_user_ns, false);
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
