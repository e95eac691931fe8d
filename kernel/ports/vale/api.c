// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Switches for other modules: one may say where packets go, keep a switch to
 * itself, and attach interfaces to it. examples/vale-lookup has a module that
 * does. All functions are for process context and take nm_global_lock.
 */
#include <linux/export.h>
#include <linux/slab.h>

#include "ports/ports.h"
#include "vale.h"

/* A switch as other modules name it: "vale0:", or a port of it. */
static struct nm_switch *nm_api_find(const char *name)
{
	size_t len;

	return nm_vale_name_split(name, &len) ? NULL : nm_switch_find(name, len);
}

/* The same for a module that changes it: -EACCES if another one keeps it. */
static struct nm_switch *nm_api_own(const char *name, void *auth_token, int missing)
{
	struct nm_switch *sw = nm_api_find(name);

	if (!sw)
		return ERR_PTR(missing);
	return nm_switch_foreign(sw, auth_token) ? ERR_PTR(-EACCES) : sw;
}

static void nm_api_reset(struct nm_switch *sw)
{
	memset(&sw->ops, 0, sizeof(sw->ops));
	memset(sw->table, 0, sizeof(sw->table));
	sw->lookup = NULL;
	sw->private_data = NULL;
}

/**
 * netmap_bdg_regops() - decide where the packets of a switch go
 * @name: "vale<switch>:"
 * @ops: callbacks; those that are NULL stay as they are. NULL: learn again
 * @private_data: for the lookup callback
 * @auth_token: of netmap_vale_create() if the switch is exclusive, else NULL
 *
 * The lookup callback runs for every packet, in process or softirq context,
 * and returns a port, NM_BDG_BROADCAST or NM_BDG_NOPORT. None is running when
 * this function returns.
 *
 * Return: 0, -ENXIO if there is no such switch, -EACCES for a wrong token
 */
int netmap_bdg_regops(const char *name, struct netmap_bdg_ops *ops,
		      void *private_data, void *auth_token)
{
	struct nm_switch *sw;
	int error;

	nm_lock();
	sw = nm_api_own(name, auth_token, -ENXIO);
	error = PTR_ERR_OR_ZERO(sw);
	if (!error) {
		nm_switch_lock(sw);
		if (!ops) {
			nm_api_reset(sw);
		} else {
			sw->private_data = private_data;
			sw->lookup = ops->lookup ?: sw->lookup;
			sw->ops.config = ops->config ?: sw->ops.config;
			sw->ops.dtor = ops->dtor ?: sw->ops.dtor;
		}
		nm_switch_unlock(sw);
	}
	nm_unlock();
	return error;
}
EXPORT_SYMBOL(netmap_bdg_regops);

/**
 * netmap_bdg_name() - the switch of a port
 * @vp: the port
 *
 * Return: "vale<switch>", or NULL if it belongs to none. Valid while it does.
 */
const char *netmap_bdg_name(struct netmap_vp_adapter *vp)
{
	return vp->na_bdg ? vp->na_bdg->name : NULL;
}
EXPORT_SYMBOL(netmap_bdg_name);

/**
 * netmap_bdg_update_private_data() - exchange the data of the lookup callback
 * @name: "vale<switch>:"
 * @callback: gets the old data and @data, returns the new; no packet is under
 *	way meanwhile
 * @data: for the callback
 * @auth_token: see netmap_bdg_regops()
 *
 * Return: what the callback sets as error; -EINVAL if there is no such
 * switch; -EACCES for a wrong token
 */
int netmap_bdg_update_private_data(const char *name,
				   bdg_update_private_data_fn_t callback,
				   void *data, void *auth_token)
{
	struct nm_switch *sw;
	int error;

	nm_lock();
	sw = nm_api_own(name, auth_token, -EINVAL);
	error = PTR_ERR_OR_ZERO(sw);
	if (!error) {
		nm_switch_lock(sw);
		sw->private_data = callback(sw->private_data, data, &error);
		nm_switch_unlock(sw);
	}
	nm_unlock();
	return error;
}
EXPORT_SYMBOL(netmap_bdg_update_private_data);

/**
 * netmap_vale_create() - keep a switch to oneself
 * @name: "vale<switch>:"; it must not exist
 * @status: set to 0, -EEXIST, -EINVAL for a malformed name, or -ENOMEM
 *
 * User space can open ephemeral ports of the switch, but neither attach nor
 * detach anything. The switch stays without ports too.
 *
 * Return: the token for the other functions, or NULL
 */
void *netmap_vale_create(const char *name, int *status)
{
	struct nm_switch *sw = NULL;
	size_t len;

	nm_lock();
	*status = 0;
	if (nm_vale_name_split(name, &len)) {
		*status = -EINVAL;
	} else if (nm_switch_find(name, len)) {
		*status = -EEXIST;
	} else {
		sw = nm_switch_get(name, len);
		if (IS_ERR(sw)) {
			*status = PTR_ERR(sw);
			sw = NULL;
		} else {
			sw->exclusive = true;
		}
	}
	nm_unlock();
	return sw;
}
EXPORT_SYMBOL(netmap_vale_create);

/**
 * netmap_vale_destroy() - undo netmap_vale_create()
 * @name: "vale<switch>:"
 * @auth_token: what it returned
 *
 * Return: 0, -ENXIO if there is no such switch, -EINVAL if it is not
 * exclusive, -EACCES for a wrong token, -EBUSY while it has ports
 */
int netmap_vale_destroy(const char *name, void *auth_token)
{
	struct nm_switch *sw;
	int error = 0;

	nm_lock();
	sw = nm_api_find(name);
	if (!sw) {
		error = -ENXIO;
	} else if (!sw->exclusive) {
		error = -EINVAL;
	} else if (auth_token != sw) {
		error = -EACCES;
	} else if (sw->num_ports) {
		error = -EBUSY;
	} else {
		sw->exclusive = false;
		nm_switch_put(sw);
	}
	nm_unlock();
	return error;
}
EXPORT_SYMBOL(netmap_vale_destroy);

static int nm_api_run(struct nmreq_header *hdr, void *auth_token,
		      int (*run)(struct nm_request *req, void *token))
{
	struct nm_request req = { .hdr = *hdr,
				  .body = (void *)(uintptr_t)hdr->nr_body,
				  .options = LIST_HEAD_INIT(req.options) };
	int error;

	nm_lock();
	error = run(&req, auth_token);
	nm_unlock();
	return error;
}

/**
 * netmap_bdg_attach() - VALE_ATTACH for other modules
 * @hdr: request; nr_body is the address of a struct nmreq_vale_attach in the
 *	kernel, options are not looked at
 * @auth_token: see netmap_bdg_regops()
 *
 * Return: see nm_vale_attach_token()
 */
int netmap_bdg_attach(struct nmreq_header *hdr, void *auth_token)
{
	return nm_api_run(hdr, auth_token, nm_vale_attach_token);
}
EXPORT_SYMBOL(netmap_bdg_attach);

/**
 * netmap_bdg_detach() - VALE_DETACH for other modules
 * @hdr: request; nr_body is the address of a struct nmreq_vale_detach in the
 *	kernel
 * @auth_token: see netmap_bdg_regops()
 *
 * Return: see nm_vale_detach_token()
 */
int netmap_bdg_detach(struct nmreq_header *hdr, void *auth_token)
{
	return nm_api_run(hdr, auth_token, nm_vale_detach_token);
}
EXPORT_SYMBOL(netmap_bdg_detach);

/* What is attached: an emulated NIC has an adapter beside that of its driver. */
static struct netmap_adapter *nm_api_attached(const struct net_device *ifp)
{
	struct netmap_adapter *na = nm_generic_find(ifp);

	return na && na->na_vp ? na : NA(ifp);
}

/**
 * netmap_ifp_to_vp() - the port that an interface is
 * @ifp: the interface, or NULL as for ports of programs
 *
 * An attached NIC, native or emulated, or a persistent port. Context: any;
 * the port stays while it is attached.
 *
 * Return: the port, or NULL if the interface is none
 */
struct netmap_vp_adapter *netmap_ifp_to_vp(const struct net_device *ifp)
{
	struct netmap_adapter *na = nm_api_attached(ifp);

	if (!na || na->na_vp)
		return na ? na->na_vp : NULL;
	return nm_vp_is(na) ? nm_vp_of(na) : NULL;
}
EXPORT_SYMBOL(netmap_ifp_to_vp);

/**
 * netmap_ifp_to_host_vp() - the port that the stack of an attached NIC is
 * @ifp: the interface, or NULL
 *
 * Context: see netmap_ifp_to_vp().
 *
 * Return: the port, or NULL if the NIC was attached without its stack
 */
struct netmap_vp_adapter *netmap_ifp_to_host_vp(const struct net_device *ifp)
{
	struct netmap_adapter *na = nm_api_attached(ifp);

	return na ? na->na_hostvp : NULL;
}
EXPORT_SYMBOL(netmap_ifp_to_host_vp);

/**
 * nm_vale_config() - NIOCCONFIG
 * @ifreq: nifr_name names the switch, the data is between the caller and the
 *	module that registered a callback
 *
 * Return: what the callback returns, -EINVAL without one
 */
int nm_vale_config(struct nm_ifreq *ifreq)
{
	char name[IFNAMSIZ + 1];
	struct nm_switch *sw;
	int error;

	ifreq->nifr_name[IFNAMSIZ - 1] = '\0';
	strscpy(name, ifreq->nifr_name, sizeof(name));
	error = nm_lock_killable();
	if (error)
		return error;
	sw = nm_api_find(name);
	error = sw && sw->ops.config ? sw->ops.config(ifreq) : -EINVAL;
	nm_unlock();
	return error;
}
