import { createTwoFilesPatch } from 'diff';
import type { Item } from './archives.js';

/** A made-up driver as Intel hands its own out: a Makefile that calls kbuild, common.mk with the known mistake, a page. */
const MAKEFILE = `ifneq ($(KERNELRELEASE),)
obj-m := igb.o
igb-y := igb_main.o igb_param.o
else
include common.mk
kmake = $(MAKE) -C $(KSRC) M=$(CURDIR)
default:
	+$(kmake) ccflags-y="$(CFLAGS_EXTRA)" modules
install: default
	+$(kmake) INSTALL_MOD_PATH=$(INSTALL_MOD_PATH) INSTALL_MOD_DIR=updates/drivers/net/ethernet/intel/igb modules_install
	install -D -m 644 ../igb.7 $(INSTALL_MOD_PATH)/usr/share/man/man7/igb.7
clean:
	+$(kmake) clean
.PHONY: default install clean
endif
`;

/** Without what intel-fix.sh inserts, make takes the first line of the message for a recipe, and stops. */
export const COMMON_MK = `warn_signed_modules :=
# the kernel takes signed modules only
ifeq ($(CONFIG_MODULE_SIG_FORCE),$(CONFIG_MODULE_SIG_FORCE))
	echo "*** The target kernel has CONFIG_MODULE_SIG_FORCE enabled,"; \\
	echo "*** but the signing key cannot be found.";
endif
`;

const MAIN = `#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/etherdevice.h>

int igb_param(void);

static struct net_device *igb_dev;

static netdev_tx_t igb_xmit(struct sk_buff *skb, struct net_device *dev)
{
	dev_kfree_skb(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops igb_ops = { .ndo_start_xmit = igb_xmit };

static int __init igb_init(void)
{
	int error;

	igb_dev = alloc_etherdev(0);
	if (!igb_dev)
		return -ENOMEM;
	igb_dev->netdev_ops = &igb_ops;
	error = register_netdev(igb_dev);
	if (error)
		free_netdev(igb_dev);
	return error ? error : igb_param();
}

static void __exit igb_exit(void)
{
	unregister_netdev(igb_dev);
	free_netdev(igb_dev);
}

module_init(igb_init);
module_exit(igb_exit);
MODULE_DESCRIPTION("made-up vendor driver");
MODULE_LICENSE("GPL");
`;

const BRIDGE = `#include <bsd_glue.h>
#include <net/netmap.h>
#include <netmap/netmap_kern.h>

#ifndef CONFIG_NETMAP_SINK
#error --enable-sink does not reach this driver
#endif
#ifdef CONFIG_NETMAP_PIPE
#error --disable-pipe does not reach this driver
#endif

static int igb_netmap_reg(struct netmap_adapter *na, int onoff)
{
	if (onoff)
		nm_set_native_flags(na);
	else
		nm_clear_native_flags(na);
	return 0;
}

static int igb_netmap_sync(struct netmap_kring *kring, int flags)
{
	return 0;
}

static void igb_netmap_attach(struct net_device *dev)
{
	struct netmap_adapter na = {
		.ifp = dev,
		.num_tx_rings = 1,
		.num_rx_rings = 1,
		.num_tx_desc = 256,
		.num_rx_desc = 256,
		.nm_register = igb_netmap_reg,
		.nm_txsync = igb_netmap_sync,
		.nm_rxsync = igb_netmap_sync,
	};

	netmap_attach(&na);
}
`;

/** What the archive of the driver holds, below its top folder. */
export function vendorItems(version: string, main = MAIN): Item[] {
  const top = `ethernet-linux-igb-${version}`;
  return [
    { path: `${top}/igb.7`, data: '.TH IGB 7\n' },
    { path: `${top}/src/Makefile`, data: MAKEFILE },
    { path: `${top}/src/common.mk`, data: COMMON_MK },
    { path: `${top}/src/igb_main.c`, data: main },
    {
      path: `${top}/src/igb_param.c`,
      data: 'int igb_param(void);\nint igb_param(void)\n{\n\treturn 0;\n}\n',
    },
    { path: `${top}/COPYING`, type: '2', target: 'src/Makefile' },
  ];
}

/** A netmap patch as the netmap project names and writes them: `intel--igb--VERSION`. */
export function vendorPatch(bridge = BRIDGE): string {
  const change = (file: string, before: string, after: string) =>
    createTwoFilesPatch(`a/igb/${file}`, `b/igb/${file}`, before, after, '', '', { context: 3 });
  const suffixed = MAKEFILE.replace('obj-m := igb.o', 'obj-m := igb$(NETMAP_DRIVER_SUFFIX).o').replace(
    'igb-y :=',
    'igb$(NETMAP_DRIVER_SUFFIX)-y :=',
  );
  const hooked = MAIN.replace(
    'int igb_param(void);',
    '#ifdef CONFIG_NETMAP\n#include "if_igb_netmap.h"\n#endif\nint igb_param(void);',
  )
    .replace('\treturn error ?', '\telse\n\t\tigb_netmap_attach(igb_dev);\n\treturn error ?')
    .replace('\tunregister_netdev', '\tnetmap_detach(igb_dev);\n\tunregister_netdev');
  const added = createTwoFilesPatch('/dev/null', 'b/igb/if_igb_netmap.h', '', bridge, '', '');
  return change('Makefile', MAKEFILE, suffixed) + change('igb_main.c', MAIN, hooked) + added;
}
