// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
#include <linux/module.h>

#include "core.h"
#include "ports/ports.h"
#include "mem/mem.h"

/* serialises registration and everything that changes the set of ports */
DEFINE_MUTEX(nm_global_lock);

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
