# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
# Objects of the core module; each is built from <name>.c beside this file.
netmap-objects := main.o abi.o dev.o ctrl.o port.o bind.o offsets.o ring.o sync.o csb.o kloop.o \
	host.o status.o forward.o native.o mem.o legacy.o
netmap-objects += $(if $(filter y,$(CONFIG_NETMAP_NULL)),null.o)
netmap-objects += $(if $(filter y,$(CONFIG_NETMAP_PIPE)),pipe.o)
netmap-objects += $(if $(filter y,$(CONFIG_NETMAP_MONITOR)),monitor.o)
netmap-objects += $(if $(filter y,$(CONFIG_NETMAP_VALE)),vale.o vale-port.o \
	vale-forward.o vale-deliver.o vale-table.o vale-vnet.o \
	vale-nic.o vale-attach.o vale-if.o vale-poll.o \
	vale-api.o)
netmap-objects += $(if $(filter y,$(CONFIG_NETMAP_SINK)),sink.o)
netmap-objects += $(if $(filter y,$(CONFIG_NETMAP_GENERIC)),generic.o generic-tx.o generic-rx.o generic-qdisc.o)
netmap-objects += $(if $(filter y,$(CONFIG_NETMAP_EXTMEM)),mem-ext.o)
