// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
#include <linux/list.h>
#include <linux/module.h>
#include <linux/spinlock.h>

#include "core.h"
#include "ports/ports.h"
#include "mem/mem.h"

/* serialises registration and everything that changes the set of ports */
DEFINE_MUTEX(nm_global_lock);

/*
 * Work that may wait for others, and so for their programs: giving up an
 * interface, or pages of a program. The thread that unlocks carries it out.
 */
static LIST_HEAD(nm_chores);
static DEFINE_SPINLOCK(nm_chores_lock);

/**
 * nm_chore_add() - do something when nm_global_lock is released
 * @chore: memory that stays until then
 * @run: called without locks; frees @chore
 *
 * Context: process, nm_global_lock held.
 */
void nm_chore_add(struct nm_chore *chore, void (*run)(struct nm_chore *chore))
{
	chore->run = run;
	spin_lock(&nm_chores_lock);
	list_add_tail(&chore->list, &nm_chores);
	spin_unlock(&nm_chores_lock);
}

static void nm_chores_run(void)
{
	struct nm_chore *chore, *next;
	LIST_HEAD(chores);

	spin_lock(&nm_chores_lock);
	list_splice_init(&nm_chores, &chores);
	spin_unlock(&nm_chores_lock);
	list_for_each_entry_safe(chore, next, &chores, list)
		chore->run(chore);
}

void nm_lock(void)
{
	mutex_lock(&nm_global_lock);
}

/* For a program that asks for something: -EINTR when it is killed meanwhile. */
int nm_lock_killable(void)
{
	return mutex_lock_killable(&nm_global_lock);
}

/* May sleep for long; rtnl is not held. */
void nm_unlock(void)
{
	mutex_unlock(&nm_global_lock);
	nm_chores_run();
}

static int __init nm_init(void)
{
	int error;

	nm_poll_init();
	error = nm_mem_init();
	if (error)
		return error;
	error = nm_native_init();
	if (error)
		goto err_mem;
	error = nm_generic_init();
	if (error)
		goto err_native;
	error = nm_vale_init();
	if (error)
		goto err_generic;
	error = nm_sink_init();
	if (error)
		goto err_vale;
	error = nm_ptnet_init_driver();
	if (error)
		goto err_sink;
	error = nm_dev_init();
	if (error)
		goto err_ptnet;
	nm_status_init();
	pr_info("loaded, API version %d\n", NETMAP_API);
	return 0;

err_ptnet:
	nm_ptnet_exit_driver();
err_sink:
	nm_sink_exit();
err_vale:
	nm_vale_exit();
err_generic:
	nm_generic_exit();
err_native:
	nm_native_exit();
err_mem:
	nm_mem_exit();
	return error;
}

static void __exit nm_exit(void)
{
	nm_status_exit();
	nm_dev_exit();
	nm_ptnet_exit_driver();
	nm_sink_exit();
	nm_vale_exit();
	nm_generic_exit();
	nm_native_exit();
	nm_mem_exit();
	pr_info("unloaded\n");
}

module_init(nm_init);
module_exit(nm_exit);
MODULE_DESCRIPTION("The netmap framework for fast packet I/O");
MODULE_LICENSE("Dual BSD/GPL");
