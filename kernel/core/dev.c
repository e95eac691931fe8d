// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * /dev/netmap
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "core.h"
#include "mem/mem.h"

static int nm_dev_open(struct inode *inode, struct file *file)
{
	struct netmap_priv_d *priv = kzalloc(sizeof(*priv), GFP_KERNEL);

	if (!priv)
		return -ENOMEM;
	mutex_init(&priv->np_kloop_lock);
	file->private_data = priv;
	return 0;
}

/* The last close and the last munmap are behind us. */
static int nm_dev_release(struct inode *inode, struct file *file)
{
	struct netmap_priv_d *priv = file->private_data;

	nm_lock();
	if (priv->np_na)
		nm_unbind(priv);
	nm_unlock();
	kfree(priv);
	return 0;
}

static long nm_dev_ioctl(struct file *file, unsigned int cmd, unsigned long data)
{
	struct netmap_priv_d *priv = file->private_data;

	switch (cmd) {
	case NIOCCTRL:
		return nm_ctrl_ioctl(priv, (void __user *)data);
	case NIOCREGIF:
	case NIOCGINFO:
	case NIOCCONFIG:
		return nm_legacy_ioctl(priv, cmd, (void __user *)data);
	case NIOCTXSYNC:
	case NIOCRXSYNC:
		if (!nm_priv_na(priv))
			return -ENXIO;
		/* pairs with the release that enters CSB mode */
		if (smp_load_acquire(&priv->np_csb))
			return -EBUSY;
		return nm_sync_ioctl(priv, cmd == NIOCTXSYNC ? NR_TX : NR_RX);
	}
	return -EOPNOTSUPP;
}

static __poll_t nm_dev_poll(struct file *file, poll_table *table)
{
	struct netmap_priv_d *priv = file->private_data;

	/* pairs with the release that enters CSB mode */
	if (!nm_priv_na(priv) || smp_load_acquire(&priv->np_csb))
		return EPOLLERR;
	return nm_poll_file(priv, file, table);
}

static vm_fault_t nm_vm_fault(struct vm_fault *vmf)
{
	struct netmap_priv_d *priv = vmf->vma->vm_private_data;
	struct page *page = nm_mem_page(nm_priv_na(priv)->nm_mem, vmf->pgoff);

	if (!page)
		return VM_FAULT_SIGBUS;
	if (vmf->vma->vm_flags & VM_PFNMAP)
		return vmf_insert_pfn(vmf->vma, vmf->address, page_to_pfn(page));
	/* keeps the page while it is mapped, whatever happens to the region */
	get_page(page);
	vmf->page = page;
	return 0;
}

static const struct vm_operations_struct nm_vm_ops = {
	.fault = nm_vm_fault,
};

static int nm_dev_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct netmap_priv_d *priv = file->private_data;
	struct netmap_adapter *na = nm_priv_na(priv);
	u64 size, end = ((u64)vma->vm_pgoff << PAGE_SHIFT) +
			(vma->vm_end - vma->vm_start);
	u16 id;
	int error;

	if (!na)
		return -EINVAL;
	error = nm_mem_info(na->nm_mem, &size, &id);
	if (error)
		return error;
	if (vma->vm_pgoff > size >> PAGE_SHIFT || end > size)
		return -EINVAL;
	error = nm_mem_mmap(na->nm_mem, vma);
	if (error != -ENOTTY)
		return error;
	/*
	 * The pages of a program are somebody's anonymous or huge pages: they
	 * are mapped by number, and stay because the region pins them.
	 */
	if (nm_mem_is_pinned(na->nm_mem)) {
		if ((vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE)
			return -EINVAL;
		nm_vm_flags_set(vma, VM_PFNMAP);
	}
	nm_vm_flags_set(vma, VM_DONTEXPAND);
	vma->vm_private_data = priv;
	vma->vm_ops = &nm_vm_ops;
	return 0;
}

static const struct file_operations nm_dev_fops = {
	.owner = THIS_MODULE,
	.open = nm_dev_open,
	.release = nm_dev_release,
	.unlocked_ioctl = nm_dev_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = nm_dev_mmap,
	.poll = nm_dev_poll,
	.llseek = noop_llseek,
};

static struct miscdevice nm_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "netmap",
	.fops = &nm_dev_fops,
};

int nm_dev_init(void)
{
	return misc_register(&nm_dev);
}

void nm_dev_exit(void)
{
	misc_deregister(&nm_dev);
}
