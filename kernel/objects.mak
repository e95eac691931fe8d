# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
# Files of the core module, <name>.c beside this file, in two units. A unit is compiled in one go: reading the
# kernel's headers takes longer than compiling a file. Every file still includes what it needs, and names
# are unique in the whole module: builds with W=, C= or SEPARATE=1 compile each file by itself.
netmap-units := core ports

netmap-core := main abi dev ctrl port bind offsets ring sync poll csb kloop kloop-ring kloop-event \
	host status forward adapter native native-ops native-ring legacy \
	mem mem-pool mem-params mem-use mem-rings
netmap-core += $(if $(filter y,$(CONFIG_NETMAP_EXTMEM)),mem-ext)

netmap-ports := $(if $(filter y,$(CONFIG_NETMAP_NULL)),null)
netmap-ports += $(if $(filter y,$(CONFIG_NETMAP_PIPE)),pipe pipe-ring)
netmap-ports += $(if $(filter y,$(CONFIG_NETMAP_MONITOR)),monitor monitor-tap)
netmap-ports += $(if $(filter y,$(CONFIG_NETMAP_VALE)),vale vale-port vale-forward vale-deliver vale-table \
	vale-vnet vale-nic vale-nic-sync vale-attach vale-if vale-poll vale-api)
netmap-ports += $(if $(filter y,$(CONFIG_NETMAP_SINK)),sink)
netmap-ports += $(if $(filter y,$(CONFIG_NETMAP_GENERIC)),generic generic-tx generic-skb generic-spare generic-rx generic-qdisc)
netmap-ports += $(if $(filter y,$(CONFIG_NETMAP_PTNETMAP)),ptnet ptnet-use ptnet-mem ptnet-ring ptnet-stack ptnet-netmap)
