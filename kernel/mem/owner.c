// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Whose a region is, and which programs may have it. A program that opened
 * /dev/netmap is trusted with the ports of its network namespace, not with the
 * memory of other users.
 */
#include <linux/cred.h>
#include <linux/module.h>
#include <linux/nsproxy.h>
#include <linux/user_namespace.h>
#include <net/net_namespace.h>

#include "mem.h"

static int open_regions;
module_param(open_regions, int, 0644);
MODULE_PARM_DESC(open_regions,
		 "Regions that a program may use by id: 0 = those of its user, or of a network that it administers; 1 = all");

/* The user namespace whose global region the calling program has. */
struct user_namespace *nm_mem_user_ns(void)
{
	return open_regions ? &init_user_ns : current_user_ns();
}

/* The region belongs to the calling program's user. */
void nm_mem_owner_init(struct netmap_mem_d *mem)
{
	mem->uid = current_euid();
	mem->user_ns = get_user_ns(current_user_ns());
	mem->admin_ns = get_user_ns(current->nsproxy->net_ns->user_ns);
}

/* The region is the global one of a user namespace. */
void nm_mem_owner_init_global(struct netmap_mem_d *mem, struct user_namespace *ns)
{
	mem->uid = GLOBAL_ROOT_UID;
	mem->user_ns = get_user_ns(ns);
	mem->admin_ns = get_user_ns(ns);
}

void nm_mem_owner_exit(struct netmap_mem_d *mem)
{
	put_user_ns(mem->user_ns);
	put_user_ns(mem->admin_ns);
}

/**
 * nm_mem_may_share() - whether the calling program may see memory of a port
 * @mem: the region that the port is in
 *
 * A port in use has a region already. Programs of the same user namespace can
 * open it; others only if they may administer the network of the region. A
 * region of a hypervisor belongs to its device. Context: process.
 */
bool nm_mem_may_share(const struct netmap_mem_d *mem)
{
	return open_regions || mem->guest || mem->user_ns == current_user_ns() ||
	       ns_capable(mem->admin_ns, CAP_NET_ADMIN);
}

/**
 * nm_mem_may_name() - whether the calling program may use a region by its id
 * @mem: the region
 *
 * The global region is for all programs of its user namespace, any other one
 * for those of the same user. Context: process.
 */
bool nm_mem_may_name(const struct netmap_mem_d *mem)
{
	if (open_regions)
		return true;
	if (mem->user_ns == current_user_ns() &&
	    (mem->global || uid_eq(mem->uid, current_euid())))
		return true;
	return ns_capable(mem->admin_ns, CAP_NET_ADMIN);
}
