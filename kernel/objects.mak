# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
# Files of the core module, <name>.c below this folder, in two units. A unit is compiled in one go: reading the
# kernel's headers takes longer than compiling a file. Every file still includes what it needs, and names
# are unique in the whole module: builds with W=, C= or SEPARATE=1 compile each file by itself.
netmap-units := core ports

netmap-core := $(addprefix core/,main abi dev ctrl port bind offsets ring sync poll csb kloop kloop-ring kloop-event \
	status forward adapter legacy)
netmap-core += ports/host/host $(addprefix ports/native/,native ops ring)
netmap-core += $(addprefix mem/,region pool params pin use rings $(if $(filter y,$(CONFIG_NETMAP_EXTMEM)),ext))

netmap-ports := $(if $(filter y,$(CONFIG_NETMAP_NULL)),ports/null/null)
netmap-ports += $(if $(filter y,$(CONFIG_NETMAP_PIPE)),$(addprefix ports/pipe/,pipe ring))
netmap-ports += $(if $(filter y,$(CONFIG_NETMAP_MONITOR)),$(addprefix ports/monitor/,monitor tap))
netmap-ports += $(if $(filter y,$(CONFIG_NETMAP_VALE)),$(addprefix ports/vale/,vale port forward deliver table \
	vnet nic nic-sync attach interface poll api))
netmap-ports += $(if $(filter y,$(CONFIG_NETMAP_SINK)),ports/sink/sink)
netmap-ports += $(if $(filter y,$(CONFIG_NETMAP_GENERIC)),$(addprefix ports/emulated/,emulated tx skb spare rx qdisc))
netmap-ports += $(if $(filter y,$(CONFIG_NETMAP_PTNETMAP)),$(addprefix ports/ptnet/,ptnet use mem ring stack netmap))
