# SPDX-License-Identifier: BSD-2-Clause
# Native veth: no device, so that nothing may be lost. A quarter of COUNT is sent each way.
#
#     [left] === [right]

pair()
{
	rm -f /tmp/held
	set -- numtxqueues "$1" numrxqueues "$1"
	must "a pair" ip link add left "$@" type veth peer name right "$@"
	links_up left right
}

must "the patched veth loads" insmod /veth.ko
pair 1
peers_ping "veth, before netmap" left right
both_ways "veth" left right $((COUNT / 4)):60 $((COUNT / 40)):1514
flood "veth, flood" left right 20000 60
peers_ping "veth, after netmap" left right

check "veth: 100 times netmap mode on and off while up" nmopen left 100
ip link set left down
check "veth: 100 times while down" nmopen left 100
links_up left right
run cable left right
# Kernel rings are objects of 1 KB: 30 of them a cycle for the host's side.
kilobytes() { awk '$1 == "kmalloc-1k" { print $2 }' /proc/slabinfo; }
run cable left right 20
objects=$(kilobytes)
run cable left right 200
few() { [ $(($(kilobytes) - objects)) -lt 1000 ]; }
wait_for "rings of the host go with both ends" 20 few

nmopen right hold /tmp/held &
HOLDER=$!
must "a program holds one end" wait_until 60 test -e /tmp/held
check "100 times the other one on and off" nmopen left 100
kill -9 $HOLDER
wait $HOLDER 2> /dev/null

endless right left
check "an end goes down under traffic" ip link set left down
check "and up again" ip link set left up
kill_both
both_ways "veth, after programs killed in flight" left right 10000:60

nmopen left hold /tmp/held2 &
HOLDER=$!
must "a program holds the left end" wait_until 60 test -e /tmp/held2
check "the pair can be deleted all the same" ip link del left
wait $HOLDER
equal "the program sees an error on veth" 3 $?

pair 4
check "10 times netmap mode on and off with 4 queues" nmopen left 10
both_ways "veth, 4 queues" left right 10000:60
nmopen right hold /tmp/held &
HOLDER=$!
must "a program holds the right end" wait_until 60 test -e /tmp/held
check "veth can be unloaded all the same" rmmod veth
wait $HOLDER
equal "the program sees an error after the module is gone" 3 $?
check "netmap can be unloaded" rmmod netmap
