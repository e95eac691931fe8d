# SPDX-License-Identifier: BSD-2-Clause
# Rates of emulated ports, 60-byte frames, beside the sink (the cost of everything but the port). rates.sh comes before
# this.

must "netmap.ko loads" insmod /netmap.ko
modprobe veth
modprobe e1000
run ip link add v0 type veth peer name v1
for i in v0 v1 eth0; do run ip link set $i up; done
wait_for "link" 10 carrier eth0
case_of sink - netmap:nmsink0 -b 512
case_of veth-512 netmap:v1 netmap:v0 -b 512
case_of e1000-254 - netmap:eth0 -b 254
check "netmap.ko unloads" rmmod netmap
