// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * NICs as ports of a switch. The kernel binds the NIC like a program would and
 * puts a wrapper on the switch whose rings are those of the NIC with the
 * directions exchanged: what the NIC receives the wrapper sends, and a packet
 * for the wrapper goes into a TX ring of the NIC. The host stack of the NIC
 * can be a second port, made of the host rings.
 *
 * The wrapper has kernel rings of its own: its TX rings hold the scratch for
 * forwarding, its RX rings the leases of senders. nr_hwtail of such an RX
 * ring is up to where senders have filled the TX ring of the NIC, nr_hwcur
 * follows what the NIC has sent.
 */
#include <linux/module.h>
#include <linux/slab.h>

#include "ports/ports.h"
#include "nic.h"

/* Nobody binds a wrapper. */
static int nm_bwrap_register(struct netmap_adapter *na, int onoff)
{
	return -EBUSY;
}

/* Is it a NIC on a switch, or the host stack of one? */
bool nm_bwrap_is(struct netmap_adapter *na)
{
	return na->nm_register == nm_bwrap_register;
}

bool nm_bwrap_is_host(struct netmap_adapter *na)
{
	return na == &nm_bwrap_of(na)->host.up;
}

/* Where the threads that poll the NIC are noted: see poll.c. */
struct nm_poller **nm_bwrap_poller(struct netmap_vp_adapter *vp)
{
	return &nm_bwrap_of(&vp->up)->poller;
}

struct netmap_adapter *nm_bwrap_hwna(struct netmap_vp_adapter *vp)
{
	return nm_bwrap_of(&vp->up)->hwna;
}

/*
 * Rings of the wrapper
 */

static void nm_bwrap_ring_init(struct netmap_kring *kring)
{
	struct netmap_kring *hw = nm_bwrap_hwring(kring);

	nm_kring_share(kring, nm_kring_shared(hw));
	kring->nr_mode = NKR_NETMAP_ON;
	kring->nr_pending_mode = NKR_NETMAP_ON;
	if (kring->tx == NR_RX) {
		kring->nr_hwtail = hw->rhead;
		kring->nkr_hwlease = hw->rhead;
		kring->nr_hwcur = nm_next(hw->nr_hwtail, hw->nkr_num_slots - 1);
		kring->nm_notify = nm_bwrap_push;
	}
}

static int nm_bwrap_rings_create(struct netmap_adapter *na)
{
	enum txrx t;
	int error;
	u32 i;

	error = netmap_krings_create(na, 0);
	if (error)
		return error;
	error = nm_vp_krings_extend(na);
	if (error) {
		netmap_krings_delete(na);
		return error;
	}
	for_rx_tx(t)
		for (i = 0; i < nma_get_nrings(na, t); i++)
			nm_bwrap_ring_init(NMR(na, t)[i]);
	na->na_flags |= NAF_NETMAP_ON;
	return 0;
}

static void nm_bwrap_rings_delete(struct netmap_adapter *na)
{
	enum txrx t;
	u32 i;

	if (!na->tx_rings)
		return;
	na->na_flags &= ~NAF_NETMAP_ON;
	nm_vp_krings_shrink(na);
	/* they belong to the NIC */
	for_rx_tx(t)
		for (i = 0; i < nma_get_nrings(na, t); i++)
			nm_kring_share(NMR(na, t)[i], NULL);
	netmap_krings_delete(na);
}

static void nm_bwrap_vp_init(struct nm_bwrap *b, struct netmap_vp_adapter *vp,
			     const char *name)
{
	struct netmap_adapter *na = &vp->up, *hwna = b->hwna;
	bool host = vp == &b->host;

	strscpy(na->name, name, sizeof(na->name));
	na->ifp = hwna->ifp;
	na->num_tx_rings = host ? hwna->num_host_rx_rings : hwna->num_rx_rings;
	na->num_rx_rings = host ? hwna->num_host_tx_rings : hwna->num_tx_rings;
	na->num_host_tx_rings = hwna->num_host_tx_rings;
	na->num_host_rx_rings = hwna->num_host_rx_rings;
	na->num_tx_desc = hwna->num_rx_desc;
	na->num_rx_desc = hwna->num_tx_desc;
	na->na_flags = NAF_BUSY | (hwna->na_flags & NAF_MOREFRAG);
	na->na_private = b;
	na->na_owner = host ? &b->up.up : NULL;
	na->na_lut = hwna->na_lut;
	na->nm_register = nm_bwrap_register;
	vp->mfs = NM_VALE_MFS;
	nm_adapter_init(na, hwna->nm_mem);
}

/*
 * Attach and detach
 */

static void nm_bwrap_hook(struct nm_bwrap *b, bool on)
{
	struct netmap_adapter *hwna = b->hwna;
	u32 i, n = b->host.na_bdg ? netmap_real_rings(hwna, NR_RX) :
				    hwna->num_rx_rings;

	hwna->na_vp = on ? &b->up : NULL;
	hwna->na_hostvp = on && b->host.na_bdg ? &b->host : NULL;
	for (i = 0; i < n; i++)
		hwna->rx_rings[i]->nm_notify = on ? nm_bwrap_intr : hwna->nm_notify;
}

static int nm_bwrap_join(struct nm_bwrap *b, struct nm_switch *sw,
			 const char *name, bool host)
{
	char hostname[sizeof(b->host.bdg_name)];
	int error;

	error = nm_bwrap_rings_create(&b->up.up);
	if (error)
		return error;
	error = nm_switch_attach(sw, &b->up, name);
	if (error || !host)
		return error;
	snprintf(hostname, sizeof(hostname), "%.62s^", name);
	nm_bwrap_vp_init(b, &b->host, hostname);
	error = nm_bwrap_rings_create(&b->host.up);
	if (!error)
		error = nm_switch_attach(sw, &b->host, hostname);
	return error;
}

/* Off the switch and apart from the NIC; what remains is a bound NIC. */
static void nm_bwrap_leave(struct nm_bwrap *b)
{
	nm_krings_stop(b->hwna, NM_STOP_CORE);
	if (b->hwna->na_vp)
		nm_bwrap_hook(b, false);
	/* the switch stays while the second one leaves */
	if (b->host.na_bdg)
		nm_switch_detach(&b->host);
	if (b->up.na_bdg)
		nm_switch_detach(&b->up);
	nm_krings_start(b->hwna, NM_STOP_CORE);
	/* interrupts may have looked at na_vp, and at the rings below */
	synchronize_rcu_expedited();
	nm_bwrap_rings_delete(&b->host.up);
	nm_bwrap_rings_delete(&b->up.up);
	netmap_mem_put(b->host.up.nm_mem);
	b->host.up.nm_mem = NULL;
}

static void nm_bwrap_unbind(struct nm_bwrap *b)
{
	b->hwna->na_flags &= ~NAF_BUSY;
	if (nm_vp_is(b->hwna))
		b->hwna->na_flags |= NAF_BDG_MAYSLEEP;
	nm_unbind(&b->priv);
}

/* Interrupts that came before the hook. */
static void nm_bwrap_kick(struct netmap_adapter *hwna)
{
	u32 i;

	rcu_read_lock();
	for (i = 0; i < hwna->num_rx_rings; i++)
		hwna->rx_rings[i]->nm_notify(hwna->rx_rings[i], 0);
	rcu_read_unlock();
}

/**
 * nm_bwrap_attach() - a NIC becomes a port
 * @sw: the switch
 * @hwna: adapter of the NIC, or a persistent port of another switch
 * @req: NETMAP_REQ_VALE_ATTACH with NR_REG_ALL_NIC, or NR_REG_NIC_SW for the
 *	host stack too; the index of the port comes back
 * @mem: region asked for, or NULL
 *
 * Return: 0, -EBUSY if it is in use, -EINVAL for other modes, -EOPNOTSUPP if
 * offsets are asked for, -ENOMEM, errors of nm_bind()
 */
int nm_bwrap_attach(struct nm_switch *sw, struct netmap_adapter *hwna,
		    struct nm_request *req, struct netmap_mem_d *mem)
{
	struct nm_request none = { .options = LIST_HEAD_INIT(none.options) };
	struct nmreq_vale_attach *attach = req->body;
	const struct nmreq_register *reg = &attach->reg;
	const char *name = req->hdr.nr_name;
	struct nmreq_register bind = { .nr_mode = reg->nr_mode };
	bool host = reg->nr_mode == NR_REG_NIC_SW &&
		    hwna->na_flags & NAF_HOST_RINGS;
	struct nm_bwrap *b;
	int error;

	if (hwna->active_fds || hwna->na_flags & NAF_BUSY)
		return -EBUSY;
	if (reg->nr_ringid || (reg->nr_mode != NR_REG_ALL_NIC &&
			       reg->nr_mode != NR_REG_NIC_SW))
		return -EINVAL;
	if (nm_request_option(req, NETMAP_REQ_OPT_OFFSETS))
		return -EOPNOTSUPP;
	if (!host)
		bind.nr_mode = NR_REG_ALL_NIC;
	b = kzalloc(sizeof(*b), GFP_KERNEL);
	if (!b)
		return -ENOMEM;
	b->hwna = hwna;
	error = nm_bind(&b->priv, hwna, &bind, mem, &none);
	if (error) {
		kfree(b);
		return error;
	}
	hwna->na_flags |= NAF_BUSY;
	hwna->na_flags &= ~NAF_BDG_MAYSLEEP;
	nm_bwrap_vp_init(b, &b->up, name);
	error = nm_bwrap_join(b, sw, name, host);
	if (error) {
		nm_bwrap_leave(b);
		nm_bwrap_unbind(b);
		netmap_adapter_put(&b->up.up);
		return error;
	}
	__module_get(THIS_MODULE);
	nm_krings_stop(hwna, NM_STOP_CORE);
	nm_bwrap_hook(b, true);
	nm_krings_start(hwna, NM_STOP_CORE);
	nm_bwrap_kick(hwna);
	attach->port_index = b->up.bdg_port;
	return 0;
}

/**
 * nm_bwrap_detach() - undo nm_bwrap_attach()
 * @vp: the port, not that of a host stack
 */
void nm_bwrap_detach(struct netmap_vp_adapter *vp)
{
	struct nm_bwrap *b = nm_bwrap_of(&vp->up);

	nm_bwrap_leave(b);
	nm_bwrap_unbind(b);
	netmap_adapter_put(&vp->up);
	module_put(THIS_MODULE);
}

/* The driver of an attached NIC goes away. */
void nm_vale_gone(struct netmap_adapter *hwna)
{
	if (!hwna->na_vp)
		return;
	nm_prinf("%s: leaves its switch, the driver goes away", hwna->name);
	nm_poll_stop(hwna->na_vp);
	nm_bwrap_detach(hwna->na_vp);
}
