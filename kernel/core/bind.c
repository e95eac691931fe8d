// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Binding a descriptor to rings of a port, and releasing it. nm_bind() is a
 * list of steps with mirror-image unwinding. nm_global_lock is held
 * throughout.
 */
#include <linux/netdevice.h>

#include "core.h"
#include "ports/ports.h"
#include "ports/native/native.h"
#include "mem/mem.h"

/*
 * Which rings: [first, last) per direction
 */

static int nm_interval(struct netmap_adapter *na, const struct nmreq_register *reg,
		       enum txrx t, u32 *first, u32 *last)
{
	u32 nics = nma_get_nrings(na, t), all = netmap_all_rings(na, t);
	u32 hosts = nma_get_host_nrings(na, t), i = reg->nr_ringid;

	switch (reg->nr_mode) {
	case NR_REG_ALL_NIC:
	case NR_REG_NULL:
		*first = 0;
		*last = nics;
		return 0;
	case NR_REG_ONE_NIC:
		if (i >= na->num_tx_rings && i >= na->num_rx_rings)
			return -EINVAL;
		*first = i < nics ? i : 0;
		*last = *first + 1;
		return 0;
	}
	if (!(na->na_flags & NAF_HOST_RINGS))
		return -EINVAL;
	switch (reg->nr_mode) {
	case NR_REG_SW:
		*first = nics;
		*last = all;
		return 0;
	case NR_REG_NIC_SW:
		*first = 0;
		*last = all;
		return 0;
	case NR_REG_ONE_SW:
		if (i >= na->num_host_tx_rings && i >= na->num_host_rx_rings)
			return -EINVAL;
		*first = nics + (i < hosts ? i : 0);
		*last = *first + 1;
		return 0;
	}
	return -EINVAL;
}

/* Sets the intervals of a descriptor. -EINVAL if the port has no such rings. */
int nm_rings_select(struct netmap_priv_d *priv, struct netmap_adapter *na,
		    const struct nmreq_register *reg)
{
	static const u64 excluded[NR_TXRX] = {
		[NR_TX] = NR_RX_RINGS_ONLY, [NR_RX] = NR_TX_RINGS_ONLY,
	};
	enum txrx t;
	int error;

	for_rx_tx(t) {
		priv->np_qfirst[t] = 0;
		priv->np_qlast[t] = 0;
		if (reg->nr_flags & excluded[t])
			continue;
		error = nm_interval(na, reg, t, &priv->np_qfirst[t],
				    &priv->np_qlast[t]);
		if (error)
			return error;
	}
	priv->np_flags = reg->nr_flags;
	priv->np_sync_flags = 0;
	if (priv->np_qfirst[NR_TX] == 0 && priv->np_qlast[NR_TX] >= na->num_tx_rings)
		priv->np_sync_flags |= NAF_CAN_FORWARD_DOWN;
	return 0;
}

/*
 * Users of rings
 */

#define nm_for_each_bound(_priv, _na, _t, _i, _kring)			\
	for_rx_tx(_t)							\
		for ((_i) = (_priv)->np_qfirst[_t];			\
		     (_i) < (_priv)->np_qlast[_t] &&			\
		     ((_kring) = NMR(_na, _t)[_i]); (_i)++)

/*
 * NKR_EXCLUSIVE says nothing about a ring without users: interrupts change
 * nr_kflags too, so a flag that was taken off in netmap mode can come back.
 */
static int nm_users_get(struct netmap_priv_d *priv, struct netmap_adapter *na)
{
	struct netmap_kring *kring;
	enum txrx t;
	u32 i;

	nm_for_each_bound(priv, na, t, i, kring)
		if (kring->users && (kring->nr_kflags & NKR_EXCLUSIVE ||
				     priv->np_flags & NR_EXCLUSIVE))
			return -EBUSY;
	nm_for_each_bound(priv, na, t, i, kring) {
		if (priv->np_flags & NR_EXCLUSIVE)
			kring->nr_kflags |= NKR_EXCLUSIVE;
		else if (!kring->users)
			kring->nr_kflags &= ~NKR_EXCLUSIVE;
		if (!kring->users++)
			WRITE_ONCE(kring->nr_csb, false);
		kring->nr_pending_mode = NKR_NETMAP_ON;
	}
	return 0;
}

static void nm_users_put(struct netmap_priv_d *priv, struct netmap_adapter *na)
{
	struct netmap_kring *kring;
	enum txrx t;
	u32 i;

	nm_for_each_bound(priv, na, t, i, kring) {
		if (--kring->users == 0) {
			kring->nr_pending_mode = NKR_NETMAP_OFF;
			nm_offsets_clear(kring);
		}
	}
}

/*
 * Modes
 */

/* Host rings change mode without the driver. */
static void nm_host_mode_commit(struct netmap_adapter *na)
{
	enum txrx t;
	u32 i;

	for_rx_tx(t)
		for (i = nma_get_nrings(na, t); i < netmap_all_rings(na, t); i++)
			NMR(na, t)[i]->nr_mode = NMR(na, t)[i]->nr_pending_mode;
}

static bool nm_mode_changes(struct netmap_adapter *na)
{
	enum txrx t;
	u32 i;

	for_rx_tx(t)
		for (i = 0; i < nma_get_nrings(na, t); i++)
			if (NMR(na, t)[i]->nr_mode != NMR(na, t)[i]->nr_pending_mode)
				return true;
	return false;
}

/* Has the driver bring the NIC into the pending mode, all syncs kept out. */
static int nm_mode_commit(struct netmap_adapter *na, int onoff, bool always)
{
	int error = 0;

	nm_host_mode_commit(na);
	if (!always && !nm_mode_changes(na))
		return 0;
	nm_krings_stop(na, NM_STOP_CORE);
	error = na->nm_register(na, onoff);
	nm_krings_start(na, NM_STOP_CORE);
	return error;
}

/*
 * What lasts from the first bound descriptor to the last
 */

/**
 * nm_bind_region() - the region that a program gets on a port
 * @na: the port
 * @mem: region asked for, or NULL
 *
 * A port in use has one already; some ports have one for good. The global
 * region is that of the program. Context: process.
 *
 * Return: the region with a reference, or an ERR_PTR
 */
struct netmap_mem_d *nm_bind_region(struct netmap_adapter *na,
				    struct netmap_mem_d *mem)
{
	if (nm_port_is_fixed(na) || na->na_flags & NAF_MEM_OWNER)
		return netmap_mem_get(na->nm_mem);
	if (!mem && nm_mem_is_global(na->nm_mem))
		return nm_mem_global(na->pdev);
	return netmap_mem_get(mem ?: na->nm_mem);
}

/* Whether the region came with an interface: it goes where that goes. */
static bool nm_mem_is_interfaces(const struct netmap_adapter *na)
{
	return na->ifp && !na->nm_mem_prev && !nm_mem_is_global(na->nm_mem) &&
	       !(na->na_flags & NAF_MEM_OWNER);
}

/* The region may be another one while the adapter is in use. */
static int nm_override_mem(struct netmap_adapter *na, struct netmap_mem_d *mem)
{
	struct netmap_mem_d *region = nm_bind_region(na, mem);

	if (IS_ERR(region))
		return PTR_ERR(region);
	if (region != na->nm_mem) {
		na->nm_mem_prev = na->nm_mem;
		na->nm_mem = region;
		return 0;
	}
	netmap_mem_put(region);
	/* neither its own, nor named, nor the one of its user namespace */
	if (na->nm_mem != mem && !nm_mem_is_interfaces(na) &&
	    !nm_mem_may_share(na->nm_mem)) {
		nm_prlim(1, "%s: in memory of another user namespace", na->name);
		return -EPERM;
	}
	return 0;
}

static void nm_restore_mem(struct netmap_adapter *na)
{
	if (na->active_fds || !na->nm_mem_prev)
		return;
	netmap_mem_put(na->nm_mem);
	na->nm_mem = na->nm_mem_prev;
	na->nm_mem_prev = NULL;
}

static void nm_host_rings_set(struct netmap_adapter *na, u32 tx, u32 rx)
{
	if (!(na->na_flags & NAF_HOST_RINGS) || nm_port_is_fixed(na))
		return;
	if (tx)
		na->num_host_tx_rings = tx;
	if (rx)
		na->num_host_rx_rings = rx;
}

static int nm_first_bind(struct netmap_priv_d *priv, struct netmap_adapter *na,
			 const struct nmreq_register *reg)
{
	int error = 0;

	nm_port_refresh(na);
	nm_host_rings_set(na, reg->nr_host_tx_rings, reg->nr_host_rx_rings);
	error = nm_rings_select(priv, na, reg);
	if (error)
		return error;
	if (na->ifp && nm_priv_nrings(priv, NR_RX)) {
		error = nm_native_check_mtu(na, na->ifp->mtu);
		if (error) {
			nm_prlim(2, "%s: mtu %u does not fit in buffers of %u bytes",
				 na->name, na->ifp->mtu, NETMAP_BUF_SIZE(na));
			return error;
		}
	}
	error = na->nm_krings_create(na);
	if (!error && na->ifp)
		dev_hold(na->ifp);
	return error;
}

static void nm_last_unbind(struct netmap_adapter *na)
{
	/* a killed adapter has given its interface up already */
	if (na->ifp && !(na->na_flags & NAF_ZOMBIE))
		dev_put(na->ifp);
	na->nm_krings_delete(na);
}

static void nm_waiters_add(struct netmap_priv_d *priv, struct netmap_adapter *na,
			   int delta)
{
	enum txrx t;

	for_rx_tx(t)
		if (nm_priv_nrings(priv, t) > 1)
			na->si_users[t] += delta;
}

/**
 * nm_bind() - bind a descriptor to rings of a port
 * @priv: the descriptor, not bound
 * @na: the port
 * @reg: which rings, how
 * @mem: region asked for, or NULL
 * @req: the request, for its options
 *
 * On success the descriptor has a reference on the port of its own, but only
 * holders of nm_global_lock see it: nm_unbind() still undoes everything.
 *
 * Return: 0 or an errno, and then everything is as before: -EPERM if the
 * port is in memory of another user namespace
 */
int nm_bind(struct netmap_priv_d *priv, struct netmap_adapter *na,
	    const struct nmreq_register *reg, struct netmap_mem_d *mem,
	    struct nm_request *req)
{
	struct nmreq_opt_offsets *offsets =
		nm_request_option(req, NETMAP_REQ_OPT_OFFSETS);
	bool first = na->active_fds == 0;
	int error;

	lockdep_assert_held(&nm_global_lock);
	error = nm_override_mem(na, mem);
	if (error)
		return error;
	error = netmap_mem_finalize(na->nm_mem, na);
	if (error)
		goto err_mem;
	error = first ? nm_first_bind(priv, na, reg) :
			nm_rings_select(priv, na, reg);
	if (error)
		goto err_finalize;
	error = nm_users_get(priv, na);
	if (error)
		goto err_first;
	error = netmap_mem_rings_create(na);
	if (error)
		goto err_rings;
	if (offsets) {
		error = nm_offsets_apply(priv, na, offsets);
		nm_request_option_done(req, NETMAP_REQ_OPT_OFFSETS, error);
		if (error)
			goto err_rings;
	}
	error = nm_bufcfg_apply(priv, na);
	if (error)
		goto err_rings;
	priv->np_nifp = nm_mem_if_create(na, priv);
	if (!priv->np_nifp) {
		error = -ENOMEM;
		goto err_rings;
	}
	error = nm_mode_commit(na, 1, first);
	if (error)
		goto err_nifp;
	nm_waiters_add(priv, na, 1);
	na->active_fds++;
	netmap_adapter_get(na);
	priv->np_na = na;
	nm_status_bound(priv);
	return 0;

err_nifp:
	nm_mem_if_delete(na, priv->np_nifp);
	priv->np_nifp = NULL;
err_rings:
	nm_offsets_undo(priv, na);
	nm_users_put(priv, na);
	nm_host_mode_commit(na);
	netmap_mem_rings_delete(na);
err_first:
	if (first)
		nm_last_unbind(na);
err_finalize:
	nm_host_rings_set(na, 1, 1);
	netmap_mem_deref(na->nm_mem, na);
err_mem:
	nm_restore_mem(na);
	return error;
}

/**
 * nm_unbind() - release what nm_bind() did
 * @priv: a bound descriptor that others do not see yet, or no longer use
 */
void nm_unbind(struct netmap_priv_d *priv)
{
	struct netmap_adapter *na = priv->np_na;
	bool last = na->active_fds == 1;

	lockdep_assert_held(&nm_global_lock);
	nm_csb_free(priv);
	nm_status_unbound(priv);
	if (!priv->np_ready)
		nm_offsets_undo(priv, na);
	priv->np_na = NULL;
	na->active_fds--;
	nm_waiters_add(priv, na, -1);
	if (last)
		nm_monitors_detach(na);
	nm_users_put(priv, na);
	nm_mode_commit(na, 0, last);
	netmap_mem_rings_delete(na);
	nm_mem_extra_delete(na, priv->np_nifp);
	nm_mem_if_delete(na, priv->np_nifp);
	priv->np_nifp = NULL;
	if (last) {
		nm_last_unbind(na);
		nm_host_rings_set(na, 1, 1);
	}
	netmap_mem_deref(na->nm_mem, na);
	nm_restore_mem(na);
	netmap_adapter_put(na);
}
