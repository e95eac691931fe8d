# SPDX-License-Identifier: BSD-2-Clause
# Requests case by case, on a native port (a sink), on an emulated one (veth) and on one with several rings.
must "the module loads" insmod /netmap.ko
mount -t debugfs none /sys/kernel/debug 2> /dev/null
must "veth loads" modprobe veth
# the backlog of a processor must not be what drops
echo 10000 > /proc/sys/net/core/netdev_max_backlog
run ip link add v0 type veth peer name v1
run ip link add m0 numtxqueues 4 numrxqueues 2 type veth peer name m1 numtxqueues 2 numrxqueues 4
for i in lo v0 v1 m0 m1; do run ip link set $i up; done
run ip addr add 10.9.0.1/24 dev v0
run ip neigh add 10.9.0.2 lladdr 02:00:00:00:00:02 dev v0
check "regions" regions nmsink0 v0
check "the control interface" control nmsink0 v0
check "options" options nmsink0 v0
check "requests" requests nmsink0 v0
check "registrations" registering nmsink0 v0
check "descriptors and mappings" mappings nmsink0 v0
check "rings" rings nmsink0 v0 v1
check "ports" ports nmsink0 v0 m0 m1
check "the ioctls of old programs" legacy nmsink0 v0
equal "nobody is left in the view of ports" 0 "$(grep -c '"pid"' /sys/kernel/debug/netmap/ports)"
check "the module unloads" rmmod netmap
