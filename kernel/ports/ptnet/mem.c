// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * The memory device: a region of the hypervisor, whose rings and buffers are
 * laid out by the host. Nothing is ever allocated from it here. A region
 * exists from the first device that names it, memory or network; without the
 * memory device it cannot be used.
 */
#include <linux/io.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "mem/mem.h"
#include "ptnet.h"

/* mem->guest */
struct nm_guest_mem {
	struct list_head list; /* nm_guest_lock */
	struct netmap_mem_d *mem;
	u32 host_id;
	phys_addr_t phys; /* 0 without a device: mem->lock */
	struct nm_pool pools[NM_POOLS]; /* as the device tells them */
	void *base; /* while in use */
};

static DEFINE_MUTEX(nm_guest_lock);
static LIST_HEAD(nm_guest_list);

/**
 * nm_guest_mem_get() - the region of that id, new if there is none yet
 * @host_id: what the host calls it
 *
 * Return: the region with a reference, or an ERR_PTR
 */
struct netmap_mem_d *nm_guest_mem_get(u32 host_id)
{
	struct nm_guest_mem *guest;
	struct netmap_mem_d *mem;
	int error;

	mutex_lock(&nm_guest_lock);
	list_for_each_entry(guest, &nm_guest_list, list)
		if (guest->host_id == host_id &&
		    refcount_inc_not_zero(&guest->mem->refs)) {
			mem = guest->mem;
			goto out;
		}
	guest = kzalloc(sizeof(*guest), GFP_KERNEL);
	mem = nm_mem_new(NETMAP_MEM_IO);
	error = guest && mem ? nm_mem_publish(mem) : -ENOMEM;
	if (error) {
		kfree(guest);
		kfree(mem);
		mem = ERR_PTR(error);
		goto out;
	}
	guest->host_id = host_id;
	guest->mem = mem;
	mem->guest = guest;
	list_add(&guest->list, &nm_guest_list);
out:
	mutex_unlock(&nm_guest_lock);
	return mem;
}

/* The last reference is gone, and nobody uses the memory. */
void nm_guest_mem_forget(struct netmap_mem_d *mem)
{
	mutex_lock(&nm_guest_lock);
	list_del(&mem->guest->list);
	mutex_unlock(&nm_guest_lock);
	kfree(mem->guest);
	mem->guest = NULL;
}

/* -ENODEV without a memory device: for new users. mem->lock held. */
int nm_guest_mem_present(struct netmap_mem_d *mem)
{
	if (mem->guest->phys)
		return 0;
	pr_err("region %u of the host: no memory device has it\n",
	       mem->guest->host_id);
	return -ENODEV;
}

/* Maps the memory, which is present, for its first user. mem->lock held. */
int nm_guest_mem_alloc(struct netmap_mem_d *mem)
{
	struct nm_guest_mem *guest = mem->guest;
	struct nm_pool *bufs = &mem->pools[NM_POOL_BUF];
	u32 i;

	memcpy(mem->pools, guest->pools, sizeof(mem->pools));
	bufs->lut = kvcalloc(bufs->objtotal, sizeof(*bufs->lut), NM_GFP);
	guest->base = memremap(guest->phys, mem->size, MEMREMAP_WB);
	if (!bufs->lut || !guest->base) {
		nm_guest_mem_free(mem);
		return -ENOMEM;
	}
	for (i = 0; i < bufs->objtotal; i++)
		bufs->lut[i] = guest->base + bufs->start + (u64)i * bufs->objsize;
	bufs->num_objs = bufs->objtotal;
	mem->allocated = true;
	return 0;
}

void nm_guest_mem_free(struct netmap_mem_d *mem)
{
	struct nm_guest_mem *guest = mem->guest;

	kvfree(mem->pools[NM_POOL_BUF].lut);
	mem->pools[NM_POOL_BUF].lut = NULL;
	mem->pools[NM_POOL_BUF].num_objs = 0;
	if (guest->base)
		memunmap(guest->base);
	guest->base = NULL;
	mem->allocated = false;
}

/**
 * nm_guest_mem_use() - become a user of a region beside the descriptors
 * @mem: a region of the host
 * @lut: filled
 *
 * Context: process, rtnl may be held.
 *
 * Return: 0; -ENODEV without a memory device; -ENOMEM
 */
int nm_guest_mem_use(struct netmap_mem_d *mem, struct netmap_lut *lut)
{
	int error;

	mutex_lock(&mem->lock);
	error = nm_guest_mem_present(mem);
	if (!error && !mem->allocated)
		error = nm_guest_mem_alloc(mem);
	if (!error) {
		mem->active++;
		netmap_mem_get_lut(mem, lut);
	}
	mutex_unlock(&mem->lock);
	return error;
}

/* Undoes one nm_guest_mem_use(). */
void nm_guest_mem_unuse(struct netmap_mem_d *mem)
{
	mutex_lock(&mem->lock);
	if (--mem->active == 0)
		nm_guest_mem_free(mem);
	mutex_unlock(&mem->lock);
}

/* Memory of a region in use at an offset, or NULL if it is not all there. */
void __nmshared *nm_guest_mem_at(struct netmap_mem_d *mem, u64 ofs, u64 size)
{
	if (!mem->guest->base || ofs > mem->size || size > mem->size - ofs ||
	    ofs % sizeof(u64))
		return NULL;
	return nm_shared_of(mem->guest->base + ofs);
}

u64 nm_guest_mem_offset(struct netmap_mem_d *mem, const void __nmshared *at)
{
	return nm_shared_bytes(at) - mem->guest->base;
}

/* mmap of a bound descriptor: the region is in use and stays so. */
int nm_guest_mem_mmap(struct netmap_mem_d *mem, struct vm_area_struct *vma)
{
	int error;

	mutex_lock(&mem->lock);
	error = nm_guest_mem_present(mem);
	if (!error)
		error = remap_pfn_range(vma, vma->vm_start,
					mem->guest->phys >> PAGE_SHIFT,
					vma->vm_end - vma->vm_start,
					vma->vm_page_prot);
	mutex_unlock(&mem->lock);
	return error;
}

/*
 * The device
 */

static int nm_guest_pool_read(struct pci_dev *pdev, void __iomem *regs, u64 size,
			      struct nm_pool *pool, int p)
{
	/* offset, number, size: the same order for each pool */
	void __iomem *at = regs + PTNET_MDEV_IO_IF_POOL_OFS +
			   p * (PTNET_MDEV_IO_RING_POOL_OFS -
				PTNET_MDEV_IO_IF_POOL_OFS);

	pool->start = ioread32(at);
	pool->objtotal = ioread32(at + 4);
	pool->objsize = ioread32(at + 8);
	if (pool->objsize < NM_OBJ_ALIGN || pool->objsize % sizeof(u64) ||
	    pool->start % sizeof(u64) || pool->objtotal <= nm_pool_reserved(p) ||
	    pool->start + (u64)pool->objtotal * pool->objsize > size) {
		pci_err(pdev, "pool %d: %u objects of %u bytes at %llu do not fit in %llu bytes\n",
			p, pool->objtotal, pool->objsize, pool->start, size);
		return -EINVAL;
	}
	return 0;
}

static int nm_guest_mem_describe(struct pci_dev *pdev, void __iomem *regs,
				 struct netmap_mem_d *mem)
{
	struct nm_guest_mem *guest = mem->guest;
	struct nm_pool pools[NM_POOLS] = {};
	u64 size = ioread32(regs + PTNET_MDEV_IO_MEMSIZE_LO) |
		   (u64)ioread32(regs + PTNET_MDEV_IO_MEMSIZE_HI) << 32;
	int p, error;

	if (!size || size % PAGE_SIZE ||
	    size > pci_resource_len(pdev, PTNETMAP_MEM_PCI_BAR)) {
		pci_err(pdev, "a region of %llu bytes in a BAR of %llu bytes\n", size,
			(u64)pci_resource_len(pdev, PTNETMAP_MEM_PCI_BAR));
		return -EINVAL;
	}
	for (p = 0; p < NM_POOLS; p++) {
		error = nm_guest_pool_read(pdev, regs, size, &pools[p], p);
		if (error)
			return error;
	}
	mutex_lock(&mem->lock);
	if (guest->phys || mem->active) {
		error = -EBUSY;
	} else {
		mem->size = size;
		memcpy(guest->pools, pools, sizeof(pools));
		memcpy(mem->pools, pools, sizeof(pools));
		guest->phys = pci_resource_start(pdev, PTNETMAP_MEM_PCI_BAR);
	}
	mutex_unlock(&mem->lock);
	return error;
}

/**
 * nm_guest_mem_probe() - a memory device appeared
 * @pdev: the device, enabled, its regions requested
 *
 * Return: 0; -EINVAL if it contradicts itself; -EBUSY if another one has its
 * id; -ENOMEM
 */
int nm_guest_mem_probe(struct pci_dev *pdev)
{
	struct netmap_mem_d *mem;
	void __iomem *regs;
	int error;

	if (pci_resource_len(pdev, PTNETMAP_IO_PCI_BAR) < PTNET_MDEV_IO_END ||
	    !(pci_resource_flags(pdev, PTNETMAP_MEM_PCI_BAR) & IORESOURCE_MEM))
		return -ENODEV;
	regs = pci_iomap(pdev, PTNETMAP_IO_PCI_BAR, 0);
	if (!regs)
		return -ENOMEM;
	mem = nm_guest_mem_get(ioread32(regs + PTNET_MDEV_IO_MEMID));
	error = PTR_ERR_OR_ZERO(mem);
	if (!error) {
		error = nm_guest_mem_describe(pdev, regs, mem);
		if (error)
			netmap_mem_put(mem);
	}
	pci_iounmap(pdev, regs);
	if (error)
		return error;
	pci_set_drvdata(pdev, mem);
	pci_info(pdev, "region %u of the host: %llu bytes, netmap region %u\n",
		 mem->guest->host_id, mem->size, mem->id);
	return 0;
}

/* Users of the memory keep it; there are no new ones from here on. */
void nm_guest_mem_remove(struct pci_dev *pdev)
{
	struct netmap_mem_d *mem = pci_get_drvdata(pdev);

	mutex_lock(&mem->lock);
	mem->guest->phys = 0;
	mutex_unlock(&mem->lock);
	netmap_mem_put(mem);
}
