/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * What a memory region is made of. region.c: the regions themselves; owner.c:
 * whose they are; pool.c: their pools of objects; params.c: how large they are;
 * use.c: adapters as their users; rings.c: what programs find in them; ext.c:
 * regions in the memory of a program, whose pages pin.c keeps in place.
 */
#ifndef _NM_MEM_H_
#define _NM_MEM_H_

#include "core/core.h"
#include "pin.h"

/*
 * For all rooms
 */

/* What a port with a region of its own will have. */
struct nm_mem_need {
	u32 tx_rings, rx_rings; /* without host rings */
	u32 tx_slots, rx_slots;
	u32 extra_bufs;
	u32 pipes; /* that are expected on it */
};

struct netmap_mem_d *nm_mem_private_new(const struct nm_mem_need *need);
/*
 * For what a program may ask for in any number: it gets -ENOMEM, and nobody is
 * killed for it.
 */
#define NM_GFP (GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)
bool nm_mem_is_short(u64 bytes, bool low);
int nm_mem_init(void);
void nm_mem_exit(void);
#define NM_MEM_GLOBAL_ID 1 /* what a program calls its global region */
struct netmap_mem_d *nm_mem_find(u32 id);
struct netmap_mem_d *nm_mem_global(struct device *dev);
struct netmap_mem_d *nm_mem_initial(struct device *dev);
bool nm_mem_is_global(const struct netmap_mem_d *mem);
bool nm_mem_may_share(const struct netmap_mem_d *mem);
u16 nm_mem_id(struct netmap_mem_d *mem);
int nm_mem_info(struct netmap_mem_d *mem, u64 *size, u16 *id);
u32 nm_mem_buf_size(struct netmap_mem_d *mem);
void nm_mem_pools_info(struct netmap_mem_d *mem, struct nmreq_pools_info *info);
struct page *nm_mem_page(struct netmap_mem_d *mem, unsigned long pgoff);
struct netmap_if __nmshared *nm_mem_if_create(struct netmap_adapter *na,
					      struct netmap_priv_d *priv);
void nm_mem_if_delete(struct netmap_adapter *na, struct netmap_if __nmshared *nifp);
u64 nm_mem_if_offset(struct netmap_mem_d *mem, struct netmap_if __nmshared *nifp);
u32 nm_mem_extra_create(struct netmap_adapter *na, struct netmap_if __nmshared *nifp,
			u32 want);
void nm_mem_extra_delete(struct netmap_adapter *na, struct netmap_if __nmshared *nifp);
void nm_mem_unmap(struct netmap_adapter *na);
u32 nm_mem_mappings(const struct netmap_adapter *na);

bool nm_mem_is_pinned(struct netmap_mem_d *mem);
int nm_mem_mmap(struct netmap_mem_d *mem, struct vm_area_struct *vma);
#ifdef WITH_EXTMEM
#define NM_HAS_EXTMEM 1
struct netmap_mem_d *nm_mem_ext_get(struct nm_pins *pins,
				    struct nmreq_opt_extmem *opt);
#else
#define NM_HAS_EXTMEM 0
static inline struct netmap_mem_d *nm_mem_ext_get(struct nm_pins *pins,
						  struct nmreq_opt_extmem *opt)
{
	return ERR_PTR(-EOPNOTSUPP);
}
#endif

/*
 * For this room, and for regions of a hypervisor
 */

enum { NM_POOL_IF, NM_POOL_RING, NM_POOL_BUF, NM_POOLS };

#define NM_CLUSTER_MAX SZ_4M
#define NM_RUN_MAX SZ_2M /* clusters that are allocated together */
#define NM_OBJ_ALIGN 64
#define NM_RESERVED_BUFS 2 /* indexes 0 and 1 never leave the pool */

/* What is wanted of a pool. Bytes and objects. */
struct nm_pool_params {
	u32 size;
	u32 num;
};

struct nm_pool {
	struct nm_pool_params params;
	u32 objsize; /* params.size rounded up to NM_OBJ_ALIGN */
	u32 objtotal; /* whole clusters; what the layout is made of */
	u32 cluster_objs;
	u32 cluster_size; /* bytes, whole pages */
	u32 num_clusters;
	u64 bytes; /* of the region that the pool takes, whole pages */
	u64 start; /* in a region of the host; else it follows from the sizes */
	u32 num_objs; /* objects that got memory, <= objtotal */
	u32 num_free;
	u32 hint; /* where the search for a free object starts */
	unsigned long *free; /* bitmap, set = free */
	unsigned long *bad; /* bitmap, set = can never be used; or NULL */
	void **lut; /* address of each object */
};

struct netmap_mem_d {
	struct list_head list; /* nm_mem_list_lock */
	refcount_t refs; /* nm_mem_list_lock for the last one */
	u16 id;
	u32 flags; /* NETMAP_MEM_* */
	bool global; /* for all ports that bring no region, in its user_ns */
	bool low; /* below 4 GB, for devices with addresses of 32 bits */

	kuid_t uid; /* see owner.c */
	struct user_namespace *user_ns;
	struct user_namespace *admin_ns; /* of the network namespace */

	struct mutex lock; /* everything below */
	u32 active; /* adapters that use the memory */
	bool allocated;
	u64 size; /* bytes, whole pages */
	struct nm_pool pools[NM_POOLS];

	/* memory of a program */
	struct nm_pins pins;
	void *vmap; /* all of them, in order */

	struct nm_chore chore; /* the end of them */

	struct nm_guest_mem *guest; /* memory of a hypervisor: ports/ptnet/mem.c */
};

/* region.c */
struct netmap_mem_d *nm_mem_new(u32 flags);
int nm_mem_publish(struct netmap_mem_d *mem);
int nm_mem_alloc(struct netmap_mem_d *mem);
void nm_mem_free(struct netmap_mem_d *mem);
int nm_mem_reconfigure(struct netmap_mem_d *mem);
struct netmap_mem_d *nm_mem_find_pages(const struct nm_pins *pins);
u64 nm_pool_start(const struct netmap_mem_d *mem, int p);
u64 nm_pool_offset(const struct netmap_mem_d *mem, int p, u32 i);

static inline u32 nm_pool_reserved(int p)
{
	return p == NM_POOL_BUF ? NM_RESERVED_BUFS : 0;
}

/* Objects that no one ever gets. They stand for others in the table. */
static inline bool nm_pool_is_bad(const struct nm_pool *pool, u32 i)
{
	return pool->bad && test_bit(i, pool->bad);
}

/* pool.c: the lock of the region is held, or nobody else knows it yet */
int nm_pool_layout(struct nm_pool *pool, int i, bool private);
int nm_pool_alloc(struct nm_pool *pool, u32 reserved, bool low);
void nm_pool_free(struct nm_pool *pool);
void nm_pool_reset(struct nm_pool *pool, u32 reserved);
int nm_pool_get(struct nm_pool *pool);
bool nm_pool_put(struct nm_pool *pool, u32 i);
int nm_pool_index(const struct nm_pool *pool, const void __nmshared *shared);

static inline void __nmshared *nm_pool_shared(const struct nm_pool *pool, u32 i)
{
	return nm_shared_of(pool->lut[i]);
}

/* owner.c */
struct user_namespace *nm_mem_user_ns(void);
void nm_mem_owner_init(struct netmap_mem_d *mem);
void nm_mem_owner_init_global(struct netmap_mem_d *mem, struct user_namespace *ns);
void nm_mem_owner_exit(struct netmap_mem_d *mem);
bool nm_mem_may_name(const struct netmap_mem_d *mem);

/* params.c */
void nm_mem_params_global(struct nm_pool_params *params);
void nm_mem_priv_params(struct nm_pool_params *params);
void nm_mem_show_global(const struct netmap_mem_d *mem);

/* ext.c */
#ifdef WITH_EXTMEM
void nm_mem_ext_free(struct netmap_mem_d *mem);
#else
static inline void nm_mem_ext_free(struct netmap_mem_d *mem) {}
#endif

/* ports/ptnet/mem.c */
#ifdef WITH_PTNETMAP
int nm_guest_mem_present(struct netmap_mem_d *mem);
int nm_guest_mem_alloc(struct netmap_mem_d *mem);
void nm_guest_mem_free(struct netmap_mem_d *mem);
void nm_guest_mem_forget(struct netmap_mem_d *mem);
u64 nm_guest_mem_offset(struct netmap_mem_d *mem, const void __nmshared *at);
int nm_guest_mem_mmap(struct netmap_mem_d *mem, struct vm_area_struct *vma);
#else
static inline int nm_guest_mem_present(struct netmap_mem_d *mem)
{
	return -EOPNOTSUPP;
}

static inline int nm_guest_mem_alloc(struct netmap_mem_d *mem)
{
	return -EOPNOTSUPP;
}

static inline void nm_guest_mem_free(struct netmap_mem_d *mem) {}
static inline void nm_guest_mem_forget(struct netmap_mem_d *mem) {}
static inline u64 nm_guest_mem_offset(struct netmap_mem_d *mem,
				      const void __nmshared *at)
{
	return 0;
}

static inline int nm_guest_mem_mmap(struct netmap_mem_d *mem,
				    struct vm_area_struct *vma)
{
	return -EOPNOTSUPP;
}
#endif

#endif /* _NM_MEM_H_ */
