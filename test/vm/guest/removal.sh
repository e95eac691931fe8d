# SPDX-License-Identifier: BSD-2-Clause
# Interfaces that go, or change, under their ports.
must "load netmap" insmod /netmap.ko
modprobe veth
modprobe macvlan
must "an interface" ip link add v0 type veth peer name v1
run removal events v0 "$SECONDS_EACH"
check "a persistent port" valectl newif vi0
run ip link set vi0 up
must "an interface on top of it" ip link add link vi0 name mv0 type macvlan
run ip link set mv0 up
run removal stacked
run ip link del v0
check "unload netmap" rmmod netmap
