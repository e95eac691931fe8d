// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * VALE switches: names, the table of each network namespace, ports joining
 * and leaving, and the requests about them.
 */
#include <linux/ctype.h>
#include <linux/module.h>
#include <linux/nsproxy.h>
#include <linux/slab.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "ports/ports.h"
#include "vale.h"

/* The part before the ':' and the part from it on, at most so long. */
#define NM_VALE_PART_MAX 16

static unsigned int max_bridges = NM_BRIDGES;
module_param(max_bridges, uint, 0444);
MODULE_PARM_DESC(max_bridges, "VALE switches per network namespace");

struct nm_vale_net {
	struct nm_switch **switches; /* max_bridges of them */
};

static unsigned int nm_vale_net_id;

static struct nm_vale_net *nm_vale_net(void)
{
	return net_generic(current->nsproxy->net_ns, nm_vale_net_id);
}

/*
 * Names
 */

/**
 * nm_vale_name_split() - is it the name of a switch port?
 * @name: terminated
 * @switch_len: set to the length of the switch's part
 *
 * Return: 0; -ENOENT if it does not begin with "vale"; -EINVAL if it does but
 * is malformed
 */
int nm_vale_name_split(const char *name, size_t *switch_len)
{
	size_t i, len = strlen(NM_BDG_NAME);

	if (strncmp(name, NM_BDG_NAME, len))
		return -ENOENT;
	for (i = len; i < NM_VALE_PART_MAX && name[i] != ':'; i++)
		if (!isalnum(name[i]) && name[i] != '_')
			break;
	if (i == NM_VALE_PART_MAX || name[i] != ':' ||
	    strlen(name + i) > NM_VALE_PART_MAX) {
		nm_prlim(2, "%s: not a name of a switch port (vale<switch>:<port>, up to 15 letters each)",
			 name);
		return -EINVAL;
	}
	*switch_len = i;
	return 0;
}

/*
 * Switches
 */

/* The switch of that name in the caller's namespace, or NULL. */
struct nm_switch *nm_switch_find(const char *name, size_t len)
{
	struct nm_vale_net *net = nm_vale_net();
	u32 i;

	lockdep_assert_held(&nm_global_lock);
	for (i = 0; i < max_bridges; i++) {
		struct nm_switch *sw = net->switches[i];

		if (sw && strlen(sw->name) == len && !memcmp(sw->name, name, len))
			return sw;
	}
	return NULL;
}

/**
 * nm_switch_get() - the switch of that name, made if there is none
 * @name: begins with the name
 * @len: bytes of it
 *
 * A new switch without ports must be given to nm_switch_put() in the end.
 *
 * Return: the switch or ERR_PTR(-ENOMEM), also if the table is full
 */
struct nm_switch *nm_switch_get(const char *name, size_t len)
{
	struct nm_switch *sw = nm_switch_find(name, len);
	struct nm_vale_net *net = nm_vale_net();
	u32 i;

	if (sw)
		return sw;
	for (i = 0; i < max_bridges && net->switches[i]; i++)
		;
	if (i == max_bridges)
		return ERR_PTR(-ENOMEM);
	sw = kvzalloc(sizeof(*sw), GFP_KERNEL);
	if (!sw)
		return ERR_PTR(-ENOMEM);
	if (percpu_init_rwsem(&sw->lock)) {
		kvfree(sw);
		return ERR_PTR(-ENOMEM);
	}
	memcpy(sw->name, name, min(len, sizeof(sw->name) - 1));
	sw->index = i;
	sw->net = net;
	net->switches[i] = sw;
	return sw;
}

/* Frees a switch that nobody needs any more. */
void nm_switch_put(struct nm_switch *sw)
{
	lockdep_assert_held(&nm_global_lock);
	if (sw->num_ports || sw->exclusive)
		return;
	/* NULL: the namespace is gone */
	if (sw->net)
		sw->net->switches[sw->index] = NULL;
	percpu_free_rwsem(&sw->lock);
	kvfree(sw);
}

void nm_switch_lock(struct nm_switch *sw)
{
	if (sw)
		percpu_down_write(&sw->lock);
}

void nm_switch_unlock(struct nm_switch *sw)
{
	if (sw)
		percpu_up_write(&sw->lock);
}

/* The port with exactly that name, or NULL. */
struct netmap_vp_adapter *nm_switch_port(struct nm_switch *sw, const char *name)
{
	u32 i;

	for (i = 0; i < sw->num_ports; i++) {
		struct netmap_vp_adapter *vp = sw->ports[sw->active[i]];

		if (!strcmp(vp->bdg_name, name))
			return vp;
	}
	return NULL;
}

/**
 * nm_switch_attach() - a port joins a switch
 * @sw: the switch
 * @vp: port that belongs to none, without running syncs
 * @name: full name
 *
 * Return: 0, or -ENOMEM if the switch is full
 */
int nm_switch_attach(struct nm_switch *sw, struct netmap_vp_adapter *vp,
		     const char *name)
{
	u32 i;

	lockdep_assert_held(&nm_global_lock);
	for (i = 0; i < NM_BDG_MAXPORTS && sw->ports[i]; i++)
		;
	if (i == NM_BDG_MAXPORTS)
		return -ENOMEM;
	strscpy(vp->bdg_name, name, sizeof(vp->bdg_name));
	vp->bdg_port = i;
	vp->last_smac = 0;
	nm_switch_lock(sw);
	sw->ports[i] = vp;
	sw->active[sw->num_ports++] = i;
	vp->na_bdg = sw;
	nm_switch_unlock(sw);
	return 0;
}

/* A port leaves its switch; no sync of it is running. May free the switch. */
void nm_switch_detach(struct netmap_vp_adapter *vp)
{
	struct nm_switch *sw = vp->na_bdg;
	u32 i;

	lockdep_assert_held(&nm_global_lock);
	nm_switch_lock(sw);
	for (i = 0; sw->active[i] != vp->bdg_port; i++)
		;
	sw->active[i] = sw->active[--sw->num_ports];
	sw->ports[vp->bdg_port] = NULL;
	vp->na_bdg = NULL;
	vp->bdg_name[0] = '\0';
	nm_switch_unlock(sw);
	if (sw->ops.dtor)
		sw->ops.dtor(vp);
	nm_switch_put(sw);
}

/*
 * Requests
 */

static int nm_vale_list_name(struct nm_request *req)
{
	struct nmreq_vale_list *list = req->body;
	struct netmap_vp_adapter *vp;
	struct nm_switch *sw;
	size_t len;
	int error = nm_vale_name_split(req->hdr.nr_name, &len);

	if (error)
		return error == -ENOENT ? -EINVAL : -ENOENT;
	sw = nm_switch_find(req->hdr.nr_name, len);
	if (!sw)
		return -ENOENT;
	vp = nm_switch_port(sw, req->hdr.nr_name);
	list->nr_bridge_idx = sw->index;
	list->nr_port_idx = vp ? vp->bdg_port : NM_BDG_NOPORT;
	return 0;
}

/**
 * nm_vale_list() - NETMAP_REQ_VALE_LIST
 * @req: the request; with a name: where is it, without: the first port at or
 *	after the given place
 *
 * Return: 0; -EINVAL for a name of something else; -ENOENT
 */
int nm_vale_list(struct nm_request *req)
{
	struct nmreq_vale_list *list = req->body;
	struct nm_vale_net *net = nm_vale_net();
	u32 i, j = list->nr_port_idx;

	if (req->hdr.nr_name[0])
		return nm_vale_list_name(req);
	for (i = list->nr_bridge_idx; i < max_bridges; i++, j = 0) {
		struct nm_switch *sw = net->switches[i];

		for (; sw && j < NM_BDG_MAXPORTS; j++) {
			if (!sw->ports[j])
				continue;
			strscpy(req->hdr.nr_name, sw->ports[j]->bdg_name,
				sizeof(req->hdr.nr_name));
			list->nr_bridge_idx = i;
			list->nr_port_idx = j;
			return 0;
		}
	}
	return -ENOENT;
}

/*
 * Namespaces
 */

static int __net_init nm_vale_net_init(struct net *net)
{
	struct nm_vale_net *vale = net_generic(net, nm_vale_net_id);

	vale->switches = kcalloc(max_bridges, sizeof(*vale->switches), GFP_KERNEL);
	return vale->switches ? 0 : -ENOMEM;
}

/*
 * Nobody can name the switches of the namespace any more: attached NICs and
 * interfaces leave. Ports that programs have open stay with their switch.
 */
static void __net_exit nm_vale_net_exit(struct net *net)
{
	struct nm_vale_net *vale = net_generic(net, nm_vale_net_id);
	u32 i;

	nm_lock();
	nm_vale_detach_all(vale->switches, max_bridges);
	for (i = 0; i < max_bridges; i++) {
		struct nm_switch *sw = vale->switches[i];

		if (!sw)
			continue;
		sw->net = NULL;
		sw->exclusive = false;
		nm_switch_put(sw);
	}
	nm_unlock();
	kfree(vale->switches);
}

static struct pernet_operations nm_vale_net_ops = {
	.init = nm_vale_net_init,
	.exit = nm_vale_net_exit,
	.id = &nm_vale_net_id,
	.size = sizeof(struct nm_vale_net),
};

int nm_vale_init(void)
{
	return register_pernet_subsys(&nm_vale_net_ops);
}

void nm_vale_exit(void)
{
	unregister_pernet_subsys(&nm_vale_net_ops);
}
