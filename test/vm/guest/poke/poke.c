// SPDX-License-Identifier: GPL-2.0
/*
 * Calls an interface's ndo_tx_timeout all the time, as the watchdog of the
 * stack does for a queue that is stuck: the driver resets the NIC from a work
 * item of its own, whatever else goes on.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/netdevice.h>

static char *ifname = "eth0";
module_param(ifname, charp, 0444);
MODULE_PARM_DESC(ifname, "interface");

static ulong pokes;
module_param(pokes, ulong, 0444);
MODULE_PARM_DESC(pokes, "calls until now");

static struct net_device *dev;
static struct task_struct *task;

static int poke_thread(void *unused)
{
	while (!kthread_should_stop()) {
		/* the conditions of dev_watchdog() */
		if (netif_running(dev) && netif_device_present(dev) && netif_carrier_ok(dev)) {
			dev->netdev_ops->ndo_tx_timeout(dev, 0);
			pokes++;
		}
		usleep_range(200, 3000);
	}
	return 0;
}

static int __init poke_init(void)
{
	dev = dev_get_by_name(&init_net, ifname);
	if (!dev)
		return -ENODEV;
	task = kthread_run(poke_thread, NULL, "poke");
	if (IS_ERR(task)) {
		dev_put(dev);
		return PTR_ERR(task);
	}
	return 0;
}

static void __exit poke_exit(void)
{
	kthread_stop(task);
	dev_put(dev);
}

module_init(poke_init);
module_exit(poke_exit);
MODULE_DESCRIPTION("Provokes the reset of a NIC");
MODULE_LICENSE("GPL");
