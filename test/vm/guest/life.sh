# SPDX-License-Identifier: BSD-2-Clause
# What can happen to an interface while programs have it open.
must "the module loads" insmod /netmap.ko
mount -t debugfs none /sys/kernel/debug 2> /dev/null
modprobe veth
modprobe e1000
for i in eth0 eth1; do run ip link set $i up; done
wait_for "link" 60 carrier eth0

veth() { run ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up; }
open_by() { grep "\"port\":\"$1\"" /sys/kernel/debug/netmap/ports | grep -q "\"pid\":$2,"; }
state() { grep "\"port\":\"$1\"" /sys/kernel/debug/netmap/ports; }

veth
check "descriptors in several processes" fdpass nmsink0
check "descriptors in several processes, emulated" fdpass v0

# the view of ports
nmcheck -i v1 -f rx -n 10 -w 60000 > /dev/null 2>&1 &
RX=$!
wait_for "the view shows who has the port" 60 open_by v1 $RX
check "and that it is emulated" sh -c 'grep "\"port\":\"v1\"" /sys/kernel/debug/netmap/ports | grep -q "\"kind\":\"emulated\",\"netmap\":true"'
check "the module does not unload meanwhile" sh -c '! rmmod netmap 2> /dev/null'

# the other end keeps sending while the interface is deleted
pkt-gen -i netmap:v0 -f tx -n 0 > /dev/null 2>&1 &
TX=$!
wait_for "a sender on the peer" 60 open_by v0 $TX
check "deleting the interfaces under load" ip link del v0
wait_for "they are gone" 60 sh -c '! ip link show v1 2> /dev/null'
kill $TX $RX 2> /dev/null
wait $TX $RX
equal "nobody is left" 0 "$(grep -c '"pid"' /sys/kernel/debug/netmap/ports)"

# down and up
veth
nmcheck -i v1 -f rx -n 400 -w 60000 -t 20000 --strict > /dev/null &
RX=$!
wait_for "receiver" 60 open_by v1 $RX
run ip link set v1 down
run ip link set v1 up
check "after down and up: sending" nmcheck -i v0 -f tx -n 400
wait $RX
equal "after down and up: received in order" 0 $?

# another namespace and its end
run ip netns add far
nmcheck -i v1 -f rx -n 400 -w 60000 -t 20000 --strict > /dev/null &
RX=$!
wait_for "receiver, before the move" 60 open_by v1 $RX
run ip link set v1 netns far
check "it is not found by name here" sh -c '! pkt-gen -i netmap:v1 -f rx -n 1 > /dev/null 2>&1'
in_ns far ip link set v1 up
check "moved: sending" nmcheck -i v0 -f tx -n 400
wait $RX
equal "moved: received in order" 0 $?
nmcheck -i v0 -f rx -n 10 -w 60000 > /dev/null 2>&1 &
RX=$!
wait_for "receiver, before the end of the namespace" 60 open_by v0 $RX
run ip netns del far
wait_for "v1 died with its namespace, and v0 with it" 60 sh -c '! ip link show v0 2> /dev/null'
kill $RX 2> /dev/null
wait $RX

# suspend and resume
nmcheck -i eth1 -f rx -n 200 -w 60000 -t 20000 --strict > /dev/null &
RX=$!
wait_for "receiver, before the machine sleeps" 60 open_by eth1 $RX
check "the devices suspend and resume" suspend_and_resume
wait_for "link after resume" 60 carrier eth0
wait_for "link of the other after resume" 60 carrier eth1
check "after resume: the port is still its own" open_by eth1 $RX
check "after resume: sending" nmcheck -i eth0 -f tx -n 200
wait $RX
equal "after resume: received in order" 0 $?

# a driver that goes away with its interfaces open
nmcheck -i eth0 -f rx -n 10 -w 60000 > /dev/null 2>&1 &
RX=$!
wait_for "receiver on e1000" 60 open_by eth0 $RX
run ip link set eth0 mtu 1400
run ip link set eth0 mtu 1500
check "ring sizes are fixed in netmap mode" sh -c '! ethtool -G eth0 rx 512 2> /dev/null'
check "unloading e1000 under it" rmmod e1000
kill $RX 2> /dev/null
wait $RX
modprobe e1000
wait_until 60 test -e /sys/class/net/eth1
for i in eth0 eth1; do run ip link set $i up; done
wait_for "link again" 60 carrier eth0
nmcheck -i eth1 -f rx -n 100 -w 60000 -t 20000 --strict > /dev/null &
RX=$!
wait_for "receiver on the new e1000" 60 open_by eth1 $RX
check "the new e1000: sending" nmcheck -i eth0 -f tx -n 100
wait $RX
equal "the new e1000: received in order" 0 $?
equal "nobody is left at the end" 0 "$(grep -c '"pid"' /sys/kernel/debug/netmap/ports)"
check "the module unloads" rmmod netmap
