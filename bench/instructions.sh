# SPDX-License-Identifier: BSD-2-Clause
# Every path of packets, 60-byte frames unless the name says otherwise. rates.sh comes before this.

must "netmap.ko loads" insmod /netmap.ko
modprobe veth
modprobe e1000
run ip link add v0 type veth peer name v1
for i in v0 v1 eth0; do run ip link set $i up; done
wait_for "link" 10 carrier eth0
case_of sink - netmap:nmsink0 -b 512
case_of vale-512 vale0:r vale0:s -b 512
case_of vale-32 vale0:r vale0:s -b 32
case_of vale-1500 vale0:r vale0:s -b 512 -l 1500
case_of vale-alone - vale0:s -b 512
case_of vale-2-senders vale0:r vale0:a,vale0:b -b 512
case_of vale-flood vale0:r,vale0:u,vale0:v vale0:s -b 512 -D ff:ff:ff:ff:ff:ff
case_of pipe-511 'netmap:ghost}1' 'netmap:ghost{1' -b 511
case_of pipe-32 'netmap:ghost}1' 'netmap:ghost{1' -b 32
case_of pipe-monitor-copy 'netmap:ghost}1,netmap:ghost}1/r' 'netmap:ghost{1' -b 511
case_of veth-emulated netmap:v1 netmap:v0 -b 512
case_of e1000-emulated - netmap:eth0 -b 254
check "netmap.ko unloads" rmmod netmap
