// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Spare packets: what emulated RX has copied, emulated TX sends again, of
 * whatever interface. Between two emulated ports, as the ends of a veth, no
 * packet is allocated or freed then, which took most of the time: receiver
 * and sender run on different processors, and the caches of the allocator
 * are per processor. Both sides take and give whole batches.
 */
#include <linux/slab.h>

#include "emulated.h"

#define NM_SPARES 1024
/* larger packets are not kept, so that the spares stay within a few MB */
#define NM_SPARE_END_MAX SKB_WITH_OVERHEAD(4096)

static struct ptr_ring nm_spares;
static u32 nm_spare_users; /* adapters that have rings; nm_global_lock */

static void nm_spare_free(void *skb)
{
	kfree_skb(skb);
}

/* nm_global_lock held; -ENOMEM */
int nm_spare_get(void)
{
	int error = 0;

	lockdep_assert_held(&nm_global_lock);
	if (!nm_spare_users)
		error = ptr_ring_init(&nm_spares, NM_SPARES, GFP_KERNEL);
	if (!error)
		nm_spare_users++;
	return error;
}

/* nm_global_lock held; the rings of the caller are stopped. */
void nm_spare_put(void)
{
	lockdep_assert_held(&nm_global_lock);
	if (!--nm_spare_users)
		ptr_ring_cleanup(&nm_spares, nm_spare_free);
}

/* Takes a batch of spares if there are any. BH are off. */
void nm_spare_take(struct nm_generic_tx *tx)
{
	if (!__ptr_ring_empty(&nm_spares))
		tx->num_spare = ptr_ring_consume_batched(&nm_spares,
							 (void **)tx->spare,
							 NM_GENERIC_BATCH);
}

/* Gives back what is left of a batch. BH are off. */
static void nm_spare_give(struct sk_buff **skbs, u32 n)
{
	spin_lock(&nm_spares.producer_lock);
	while (n && !__ptr_ring_produce(&nm_spares, skbs[n - 1]))
		n--;
	spin_unlock(&nm_spares.producer_lock);
	while (n)
		napi_consume_skb(skbs[--n], NM_GENERIC_BATCH);
}

void nm_spare_give_tx(struct nm_generic_tx *tx)
{
	local_bh_disable();
	if (tx->num_spare)
		nm_spare_give(tx->spare, tx->num_spare);
	tx->num_spare = 0;
	local_bh_enable();
}

/*
 * Whether nobody else has a part of a packet, and nothing hangs on it that
 * only its release undoes: the fields that kfree_skb() looks at.
 */
static bool nm_spare_is_clean(struct sk_buff *skb)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);

	if (refcount_read(&skb->users) != 1)
		return false;
	/* as in skb_unref(): the last other user is done with it */
	smp_rmb();
	return !skb->cloned && skb->fclone == SKB_FCLONE_UNAVAILABLE &&
	       !skb->pfmemalloc && !nm_skb_has_pool(skb) &&
	       !skb->destructor && !skb->_skb_refdst && !skb_get_nfct(skb) &&
	       !skb_has_extensions(skb) && !skb->data_len &&
	       !shinfo->nr_frags && !shinfo->frag_list && !skb_zcopy(skb) &&
	       skb_end_offset(skb) <= NM_SPARE_END_MAX;
}

/* As alloc_skb() leaves a packet. */
static void nm_spare_reset(struct sk_buff *skb)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);
	bool frag = skb->head_frag;

	memset(skb, 0, offsetof(struct sk_buff, tail));
	skb->head_frag = frag;
	skb->data = skb->head;
	skb_reset_tail_pointer(skb);
	skb->truesize = SKB_TRUESIZE(skb_end_offset(skb));
	skb->mac_header = (typeof(skb->mac_header))~0U;
	skb->transport_header = (typeof(skb->transport_header))~0U;
	memset(shinfo, 0, offsetof(struct skb_shared_info, dataref));
	atomic_set(&shinfo->dataref, 1);
}

/* RX wants to keep packets from now on, if there is room. BH are off. */
void nm_spare_begin(struct nm_generic_rx *rx)
{
	rx->keep = !__ptr_ring_full(&nm_spares);
}

/* A packet that RX has copied becomes a spare, or is freed. BH are off. */
void nm_spare_add(struct nm_generic_rx *rx, struct sk_buff *skb)
{
	if (!rx->keep || unlikely(!nm_spare_is_clean(skb))) {
		napi_consume_skb(skb, NM_GENERIC_BATCH);
		return;
	}
	nm_spare_reset(skb);
	rx->spare[rx->num_spare++] = skb;
	if (rx->num_spare == NM_GENERIC_BATCH)
		nm_spare_end(rx);
}

/* All that nm_spare_add() has kept is there for TX. BH are off. */
void nm_spare_end(struct nm_generic_rx *rx)
{
	if (rx->num_spare)
		nm_spare_give(rx->spare, rx->num_spare);
	rx->num_spare = 0;
}
