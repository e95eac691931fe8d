# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
# Files of the core module, <name>.c below this folder, in four units. A unit is compiled in one go: reading the
# kernel's headers takes 0.6 s, longer than compiling most rooms. A unit is a large room, or several small ones.
#
# A static name is unique in its unit only: rooms of different units may have the same one. Where two rooms of a unit
# want the same name, one of them moves to another unit. Units take about as long as each other, so two processors
# share the work. Every file includes what it needs: builds with W=, C= or SEPARATE=1 compile each by itself.
netmap-units := core vale small devices

netmap-core := $(addprefix core/,main abi dev ctrl port bind offsets ring sync poll csb kloop kloop-ring kloop-event \
	status forward adapter legacy)

netmap-vale := $(if $(filter y,$(CONFIG_NETMAP_VALE)),$(addprefix ports/vale/,vale port forward deliver table \
	vnet nic nic-sync attach interface poll api))

netmap-small := $(addprefix mem/,region owner pool params pin use rings $(if $(filter y,$(CONFIG_NETMAP_EXTMEM)),ext))
netmap-small += ports/host/host $(addprefix ports/native/,native ops ring)
netmap-small += $(if $(filter y,$(CONFIG_NETMAP_NULL)),ports/null/null)
netmap-small += $(if $(filter y,$(CONFIG_NETMAP_SINK)),ports/sink/sink)
netmap-small += $(if $(filter y,$(CONFIG_NETMAP_PIPE)),$(addprefix ports/pipe/,pipe ring))
netmap-small += $(if $(filter y,$(CONFIG_NETMAP_MONITOR)),$(addprefix ports/monitor/,monitor tap))

netmap-devices := $(if $(filter y,$(CONFIG_NETMAP_GENERIC)),$(addprefix ports/emulated/,emulated tx skb spare rx qdisc))
netmap-devices += $(if $(filter y,$(CONFIG_NETMAP_PTNETMAP)),$(addprefix ports/ptnet/,ptnet use mem ring stack netmap))
