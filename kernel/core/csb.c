// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * CSB mode: two arrays of the program stand for head, cur and tail of its
 * rings. The arrays are pinned and mapped into the kernel once, so that the
 * loop of kloop.c touches them like any other memory.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "core.h"
#include "csb.h"

#define NM_CSB_ALIGN 64

static void nm_csb_unmap(struct nm_csb_map *map)
{
	if (map->base)
		vunmap(map->base);
	nm_pins_put(&map->pins);
	memset(map, 0, sizeof(*map));
}

static int nm_csb_map(struct nm_csb_map *map, u64 addr, size_t size)
{
	int error = nm_pins_get(&map->pins, addr, size);

	if (error)
		return error;
	map->base = vmap(map->pins.pages, map->pins.num, VM_MAP, PAGE_KERNEL);
	if (!map->base) {
		nm_csb_unmap(map);
		return -ENOMEM;
	}
	map->first = nm_shared_of(map->base + offset_in_page(addr));
	return 0;
}

static void nm_csb_bury(struct nm_chore *chore)
{
	struct nm_csb *csb = container_of(chore, struct nm_csb, chore);

	nm_csb_unmap(&csb->atok);
	nm_csb_unmap(&csb->ktoa);
	kfree(csb);
}

void nm_csb_free(struct netmap_priv_d *priv)
{
	struct nm_csb *csb = priv->np_csb;

	priv->np_csb = NULL;
	/* marking pages dirty may wait for their file */
	if (csb)
		nm_chore_add(&csb->chore, nm_csb_bury);
}

/* Both arrays in the kernel, or an ERR_PTR. Waits for pages; no locks. */
static struct nm_csb *nm_csb_new(const struct nmreq_opt_csb *opt, u32 num)
{
	struct nm_csb *csb = kzalloc(sizeof(*csb), GFP_KERNEL);
	int error;

	if (!csb)
		return ERR_PTR(-ENOMEM);
	csb->num = num;
	error = nm_csb_map(&csb->atok, opt->csb_atok,
			   num * sizeof(struct nm_csb_atok));
	if (!error && opt->csb_ktoa % NM_CSB_ALIGN)
		error = -EINVAL;
	if (!error)
		error = nm_csb_map(&csb->ktoa, opt->csb_ktoa,
				   num * sizeof(struct nm_csb_ktoa));
	if (!error)
		return csb;
	nm_csb_bury(&csb->chore);
	return ERR_PTR(error);
}

static void nm_csb_init(struct netmap_priv_d *priv, struct nm_csb *csb)
{
	struct nm_csb_atok __nmshared *atok = csb->atok.first;
	struct nm_csb_ktoa __nmshared *ktoa = csb->ktoa.first;
	static const enum txrx order[] = { NR_TX, NR_RX };
	u32 k, i;

	nm_shared_zero(ktoa, csb->num * sizeof(*ktoa));
	for (k = 0; k < ARRAY_SIZE(order); k++) {
		enum txrx t = order[k];

		for (i = priv->np_qfirst[t]; i < priv->np_qlast[t]; i++) {
			struct netmap_kring *kring = NMR(priv->np_na, t)[i];

			WRITE_ONCE(kring->nr_csb, true);
			nm_store(&atok->head, kring->rhead);
			nm_store(&atok->cur, kring->rcur);
			nm_store(&atok->appl_need_kick, 1);
			nm_store(&atok->sync_flags, 1);
			nm_store(&ktoa->hwcur, kring->nr_hwcur);
			nm_store(&ktoa->hwtail, kring->nr_hwtail);
			nm_store(&ktoa->kern_need_kick, 1);
			nm_prinf("%s: CSB mode, hwcur %u hwtail %u head %u cur %u",
				 kring->name, kring->nr_hwcur, kring->nr_hwtail,
				 kring->rhead, kring->rcur);
			atok++;
			ktoa++;
		}
	}
}

/*
 * How many entries there are is only known once the descriptor is bound. Its
 * pages may take any time, so the lock is released for them: others see a
 * descriptor that is bound and not ready, and leave it alone.
 */
static int nm_csb_enter(struct netmap_priv_d *priv, const struct nmreq_opt_csb *opt)
{
	struct nm_csb *csb;
	u32 n;

	if (test_bit(NM_KLOOP_RUNNING, &priv->np_kloop))
		return -EBUSY;
	if (!priv->np_na)
		return 0;
	n = nm_priv_nrings(priv, NR_TX) + nm_priv_nrings(priv, NR_RX);
	if (!n)
		return 0;
	if (!(priv->np_flags & NR_EXCLUSIVE) || opt->csb_atok % NM_CSB_ALIGN)
		return -EINVAL;
	nm_unlock();
	csb = nm_csb_new(opt, n);
	nm_lock();
	if (IS_ERR(csb))
		return PTR_ERR(csb);
	if (test_bit(NM_KLOOP_RUNNING, &priv->np_kloop)) {
		nm_chore_add(&csb->chore, nm_csb_bury);
		return -EBUSY;
	}
	nm_csb_init(priv, csb);
	nm_csb_free(priv);
	/* sync and poll look without a lock */
	smp_store_release(&priv->np_csb, csb);
	return 0;
}

/**
 * nm_csb_option() - put the CSB option of a request into effect
 * @priv: the descriptor
 * @req: the request, with or without the option
 *
 * Context: nm_global_lock held; it is released for a while.
 *
 * Return: 0, also if the descriptor has no rings; -EBUSY if its loop runs;
 * -EINVAL if it does not own its rings exclusively, or an array is not
 * aligned to 64 bytes; -EFAULT if one is not there; -ENOMEM, also for more
 * pages than the program may pin
 */
int nm_csb_option(struct netmap_priv_d *priv, struct nm_request *req)
{
	struct nmreq_opt_csb *opt = nm_request_option(req, NETMAP_REQ_OPT_CSB);
	int error;

	if (!opt)
		return 0;
	error = nm_csb_enter(priv, opt);
	nm_request_option_done(req, NETMAP_REQ_OPT_CSB, error);
	return error;
}

/**
 * nm_csb_enable() - NETMAP_REQ_CSB_ENABLE
 * @priv: the descriptor
 * @req: the request
 *
 * Return: -EINVAL without the option, -EBUSY while the descriptor is being
 * registered, else see nm_csb_option()
 */
int nm_csb_enable(struct netmap_priv_d *priv, struct nm_request *req)
{
	if (!nm_request_option(req, NETMAP_REQ_OPT_CSB))
		return -EINVAL;
	/* another thread is registering it */
	if (priv->np_na && !priv->np_ready)
		return -EBUSY;
	return nm_csb_option(priv, req);
}
