// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Packets that do not start at the beginning of their buffer: the OFFSETS
 * option, and how much of a buffer is left for the NIC.
 */
#include "core.h"

static int nm_offsets_check(struct netmap_adapter *na,
			    const struct nmreq_opt_offsets *opt, u64 mask)
{
	if (!(na->na_flags & NAF_OFFSETS))
		return -EOPNOTSUPP;
	if (opt->nro_offset_bits > 64 ||
	    opt->nro_max_offset > NETMAP_BUF_SIZE(na) ||
	    opt->nro_max_offset & ~mask ||
	    opt->nro_initial_offset > opt->nro_max_offset)
		return -EINVAL;
	return 0;
}

static u64 nm_offsets_mask(u32 bits)
{
	return bits == 0 || bits >= 64 ? U64_MAX : (1ULL << bits) - 1;
}

void nm_offsets_clear(struct netmap_kring *kring)
{
	kring->offset_mask = 0;
	kring->offset_max = 0;
	kring->offset_gap = 0;
	kring->offset_new = NULL;
}

static void nm_offset_set(struct netmap_kring *kring,
			  struct netmap_slot __nmshared *slot, u64 offset)
{
	nm_store(&slot->ptr, nm_slot_ptr(kring, nm_load(&slot->ptr), offset));
}

/* A ring that has offsets already keeps them if they cover the request. */
static int nm_kring_offsets(struct netmap_kring *kring, u64 initial, u64 *mask,
			    u64 *max, u64 gap, const void *who)
{
	u32 i;

	if (kring->offset_mask) {
		if (*mask & ~kring->offset_mask || *max > kring->offset_max)
			return -EBUSY;
		*mask = kring->offset_mask;
		*max = kring->offset_max;
	} else {
		kring->offset_mask = *mask;
		kring->offset_max = *max;
		kring->offset_gap = gap;
		kring->offset_new = who;
		nm_kring_show_offsets(kring, *mask);
	}
	if (initial && kring->users == 1)
		for (i = 0; i < kring->nkr_num_slots; i++)
			nm_offset_set(kring, nm_kring_slot(kring, i), initial);
	return 0;
}

/**
 * nm_offsets_apply() - put the OFFSETS option of a request into effect
 * @priv: descriptor with its rings selected
 * @na: adapter with its rings created
 * @opt: the option; nro_max_offset returns the maximum in effect
 *
 * Return: 0; -EOPNOTSUPP if the adapter cannot; -EINVAL for bad values;
 * -EBUSY if a ring has smaller offsets already
 */
int nm_offsets_apply(struct netmap_priv_d *priv, struct netmap_adapter *na,
		     struct nmreq_opt_offsets *opt)
{
	u64 mask = nm_offsets_mask(opt->nro_offset_bits);
	u64 max = opt->nro_max_offset;
	enum txrx t;
	int error;
	u32 i;

	error = nm_offsets_check(na, opt, mask);
	if (error)
		return error;
	for_rx_tx(t)
		for (i = priv->np_qfirst[t]; i < priv->np_qlast[t]; i++) {
			struct netmap_kring *kring = NMR(na, t)[i];

			if (!nm_kring_shared(kring) ||
			    kring->nr_kflags & NKR_FAKERING)
				continue;
			error = nm_kring_offsets(kring, opt->nro_initial_offset,
						 &mask, &max, opt->nro_min_gap,
						 priv);
			if (error)
				return error;
		}
	opt->nro_max_offset = max;
	return 0;
}

/* The registration has succeeded: its offsets stay as long as the rings. */
void nm_offsets_keep(struct netmap_priv_d *priv)
{
	enum txrx t;
	u32 i;

	for_rx_tx(t)
		for (i = priv->np_qfirst[t]; i < priv->np_qlast[t]; i++)
			NMR(priv->np_na, t)[i]->offset_new = NULL;
}

/* It has failed: rings that others use are without offsets again. */
void nm_offsets_undo(struct netmap_priv_d *priv, struct netmap_adapter *na)
{
	enum txrx t;
	u32 i;

	for_rx_tx(t)
		for (i = priv->np_qfirst[t]; i < priv->np_qlast[t]; i++) {
			struct netmap_kring *kring = NMR(na, t)[i];

			if (kring->offset_new != priv)
				continue;
			nm_offsets_clear(kring);
			nm_kring_show_offsets(kring, 0);
		}
}

static int nm_kring_bufcfg(struct netmap_adapter *na, struct netmap_kring *kring)
{
	u64 target = NETMAP_BUF_SIZE(na);

	if (kring->offset_mask) {
		target -= kring->offset_max;
		if (kring->offset_gap)
			target = min(target, kring->offset_gap);
	}
	kring->hwbuf_len = target;
	kring->buf_align = 0;
	if (na->nm_bufcfg) {
		int error = na->nm_bufcfg(kring, target);

		if (error)
			return error;
	}
	nm_kring_show_align(kring, kring->buf_align);
	return 0;
}

/**
 * nm_bufcfg_apply() - agree with the driver on the length of buffers
 * @priv: descriptor with its rings selected
 * @na: the adapter
 *
 * For the rings that nobody used before.
 *
 * Return: 0 or the driver's errno
 */
int nm_bufcfg_apply(struct netmap_priv_d *priv, struct netmap_adapter *na)
{
	enum txrx t;
	int error;
	u32 i;

	for_rx_tx(t)
		for (i = priv->np_qfirst[t]; i < priv->np_qlast[t]; i++) {
			struct netmap_kring *kring = NMR(na, t)[i];

			if (kring->users != 1 || !nm_kring_shared(kring))
				continue;
			error = nm_kring_bufcfg(na, kring);
			if (error)
				return error;
		}
	return 0;
}
