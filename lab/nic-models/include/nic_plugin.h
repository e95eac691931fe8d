/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What makes a shared object that is LD_PRELOADed into a stock qemu-system-x86_64 a plug-in: QEMU exports the symbols it
 * needs, and a constructor registers its device types before main.
 *
 * The layout of QEMU's structures is that of one release; stable updates change it too (7.2.22 has another
 * qemu_new_nic() than 7.2.0). Any other version gets no device, and says why.
 */
#ifndef NIC_PLUGIN_H
#define NIC_PLUGIN_H

#include "qemu/module.h"
#include "qapi/qapi-commands-control.h"

/* Children of QEMU inherit the preload: a weak reference tells whether this process is QEMU. */
#pragma weak register_module_init

static bool nic_plugin_fits(const char *name)
{
	VersionInfo *version = qmp_query_version(NULL);
	int have = version->qemu->major * 100 + version->qemu->minor, micro = version->qemu->micro;

	if (have == NIC_QEMU_VERSION && micro == NIC_QEMU_MICRO)
		return true;
	fprintf(stderr, "%s: built for QEMU %d.%d.%d, this is %d.%d.%d: not registered\n", name,
		NIC_QEMU_VERSION / 100, NIC_QEMU_VERSION % 100, NIC_QEMU_MICRO, have / 100, have % 100, micro);
	return false;
}

/* Calls register_types() in the QEMU that the plug-in is for. */
#define NIC_PLUGIN(name, register_types)					\
	static void nic_plugin_register(void)					\
	{									\
		if (nic_plugin_fits(name))					\
			register_types();					\
	}									\
	static void __attribute__((constructor)) nic_plugin_constructor(void)	\
	{									\
		if (register_module_init)					\
			register_module_init(nic_plugin_register, MODULE_INIT_QOM); \
	}

#endif /* NIC_PLUGIN_H */
