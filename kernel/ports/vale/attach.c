// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Interfaces join and leave switches: VALE_ATTACH and VALE_DETACH. A
 * persistent port becomes a port itself the first time, NICs are wrapped.
 */
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <net/net_namespace.h>

#include "ports/ports.h"
#include "mem/mem.h"
#include "vale.h"

/* A port that may be opened by name later, without a wrapper. */
static int nm_attach_vi(struct nm_switch *sw, struct netmap_vp_adapter *vp,
			const char *name, u32 *pindex)
{
	int error;

	if (vp->up.active_fds)
		return -EBUSY;
	error = nm_switch_attach(sw, vp, name);
	if (error)
		return error;
	netmap_adapter_get(&vp->up);
	*pindex = vp->bdg_port;
	return 0;
}

static int nm_attach_adapter(struct nm_switch *sw, struct netmap_adapter *na,
			     struct nm_request *req, struct netmap_mem_d *mem)
{
	struct nmreq_vale_attach *attach = req->body;

	if (nm_vp_is(na) && !nm_vp_of(na)->na_bdg)
		return nm_attach_vi(sw, nm_vp_of(na), req->hdr.nr_name,
				    &attach->port_index);
	return nm_bwrap_attach(sw, na, req, mem);
}

static int nm_attach_named(struct nm_request *req, struct netmap_mem_d *mem,
			   size_t len)
{
	const char *name = req->hdr.nr_name;
	struct nmreq_register reg = { .nr_mode = NR_REG_ALL_NIC };
	struct nm_lookup lookup = { .name = name + len + 1, .reg = &reg,
				    .create = true };
	struct netmap_adapter *na;
	struct nm_switch *sw;
	int error;

	sw = nm_switch_find(name, len);
	if (sw && nm_switch_port(sw, name))
		return -EBUSY;
	sw = nm_switch_get(name, len);
	if (IS_ERR(sw))
		return PTR_ERR(sw);
	error = nm_vale_interface_exists(lookup.name) ?
			nm_port_get(&lookup, &na) : -EINVAL;
	if (!error) {
		error = nm_attach_adapter(sw, na, req, mem);
		netmap_adapter_put(na);
	}
	/* a port that joined and left again has perhaps taken it along */
	sw = nm_switch_find(name, len);
	if (sw)
		nm_switch_put(sw);
	return error;
}

/**
 * nm_vale_attach_token() - an interface becomes a port of a switch
 * @req: NETMAP_REQ_VALE_ATTACH
 * @token: of the module that keeps the switch to itself, or NULL
 *
 * Return: 0; -EACCES if the switch is somebody else's; -EBUSY if the
 * interface is in use or attached; -EINVAL if it does not exist, the region
 * is unknown or the mode is not possible; -ENOMEM, also for malformed names
 */
int nm_vale_attach_token(struct nm_request *req, void *token)
{
	struct nmreq_vale_attach *attach = req->body;
	struct netmap_mem_d *mem = NULL;
	struct nm_switch *sw = NULL;
	size_t len;
	int error, split = nm_vale_name_split(req->hdr.nr_name, &len);

	if (!split)
		sw = nm_switch_find(req->hdr.nr_name, len);
	if (sw && nm_switch_foreign(sw, token))
		return -EACCES;
	if (attach->reg.nr_mem_id) {
		mem = nm_mem_find(attach->reg.nr_mem_id);
		if (IS_ERR(mem))
			return PTR_ERR(mem);
	}
	if (split)
		error = split == -ENOENT ? -EINVAL : -ENOMEM;
	else
		error = nm_attach_named(req, mem, len);
	netmap_mem_put(mem);
	return error;
}

int nm_vale_attach(struct nm_request *req)
{
	return nm_vale_attach_token(req, NULL);
}

static int nm_detach_port(struct netmap_vp_adapter *vp)
{
	struct netmap_adapter *na = &vp->up;

	if (nm_bwrap_is(na)) {
		if (nm_bwrap_is_host(na) || *nm_bwrap_poller(vp))
			return -EBUSY;
		nm_bwrap_detach(vp);
		return 0;
	}
	/* an ephemeral port, or the first of two attachments */
	if (!na->ifp || na->na_vp)
		return -EBUSY;
	nm_krings_stop(na, NM_STOP_CORE);
	nm_switch_detach(vp);
	nm_krings_start(na, NM_STOP_CORE);
	netmap_adapter_put(na);
	return 0;
}

/**
 * nm_vale_detach_token() - undo an attach
 * @req: NETMAP_REQ_VALE_DETACH
 * @token: see nm_vale_attach_token()
 *
 * Return: 0; -EACCES; -EINVAL if the name does not begin with "vale"; -ENXIO
 * if there is no such port; -EBUSY if it is not one that was attached, or is
 * polled, or is attached to another switch through this one
 */
int nm_vale_detach_token(struct nm_request *req, void *token)
{
	struct nmreq_vale_detach *detach = req->body;
	struct netmap_vp_adapter *vp;
	struct nm_switch *sw;
	u32 index;
	size_t len;
	int error = nm_vale_name_split(req->hdr.nr_name, &len);

	if (error)
		return error == -ENOENT ? -EINVAL : -ENXIO;
	sw = nm_switch_find(req->hdr.nr_name, len);
	if (!sw)
		return -ENXIO;
	if (nm_switch_foreign(sw, token))
		return -EACCES;
	vp = nm_switch_port(sw, req->hdr.nr_name);
	if (!vp)
		return -ENXIO;
	index = vp->bdg_port;
	error = nm_detach_port(vp);
	if (!error)
		detach->port_index = index;
	return error;
}

int nm_vale_detach(struct nm_request *req)
{
	return nm_vale_detach_token(req, NULL);
}

/* Everything that can be detached leaves; the switch may be gone then. */
static bool nm_detach_one(struct nm_switch *sw)
{
	u32 i;

	for (i = 0; i < sw->num_ports; i++) {
		struct netmap_vp_adapter *vp = sw->ports[sw->active[i]];

		if (nm_bwrap_is(&vp->up) && !nm_bwrap_is_host(&vp->up))
			nm_poll_stop(vp);
		if (!nm_detach_port(vp))
			return true;
	}
	return false;
}

/* All switches of a table, those that wrap ports of others too. */
void nm_vale_detach_all(struct nm_switch **switches, u32 num)
{
	bool again;
	u32 i;

	do {
		again = false;
		for (i = 0; i < num; i++)
			while (switches[i] && nm_detach_one(switches[i]))
				again = true;
	} while (again);
}
