# SPDX-License-Identifier: BSD-2-Clause
# Emulated ports of interfaces of all kinds.
must "the module loads" insmod /netmap.ko
P=/sys/module/netmap/parameters

counter() # INTERFACE NAME
{
	cat "/sys/class/net/$1/statistics/$2"
}

# flow SENDER RECEIVER FRAMES BYTES: fewer frames than a ring has slots arrive all, in order
flow()
{
	nmcheck -i "$2" -f rx -n "$3" -w 60000 -t 20000 --strict > /tmp/rx.json &
	_rx=$!
	wait_until 60 in_netmap "$2"
	check "$1 sends $3 frames of $4 bytes" nmcheck -i "$1" -f tx -n "$3" -l "$4"
	wait $_rx
	equal "$2 receives $3 frames of $4 bytes in order" 0 $?
}

# whether an interface is in netmap mode: its stack's packets go to the host ring, an unused one has no handler
in_netmap()
{
	dmesg | grep "$1: emulated adapter" | tail -n 1 | grep -q activated
}

# the queue between the ends of a veth pair must not be what drops
echo 10000 > /proc/sys/net/core/netdev_max_backlog
modprobe veth
run ip link add v0 type veth peer name v1
run ip link set v0 up
run ip link set v1 up
check "veth: frames byte by byte" emulated v0 v1
echo 0 > $P/generic_mit
echo 0 > $P/generic_txqdisc
check "veth without mitigation and qdisc" emulated v0 v1
flow v0 v1 1000 1500
echo 100000 > $P/generic_mit
echo 1 > $P/generic_txqdisc

# a flood: what is not received is counted as dropped
SENT=${FLOOD:-200000}
before=$(counter v1 rx_dropped)
nmcheck -i v1 -f rx -n $SENT -w 60000 -t 4000 > /tmp/rx.json &
RX=$!
wait_until 60 in_netmap v1
check "veth: a flood of $SENT frames" nmcheck -i v0 -f tx -n $SENT
wait $RX
equal "veth: nothing was damaged or duplicated in the flood" 0 $?
got=$(sed -n 's/.*"ok": *\([0-9]*\).*/\1/p' /tmp/rx.json)
equal "veth: received and dropped make all that was sent" $SENT $((got + $(counter v1 rx_dropped) - before))

modprobe e1000
run ip link set eth0 up
run ip link set eth1 up
wait_for "e1000: link" 60 carrier eth0
wait_for "e1000: link of the other" 60 carrier eth1
check "e1000: frames byte by byte" emulated eth0 eth1 60
flow eth0 eth1 200 60
before=$(counter eth0 tx_packets)
SENT=${FLOOD:-300000}
check "e1000: $SENT frames" nmcheck -i eth0 -f tx -n "$SENT"
sleep_until_sent() { [ $(($(counter eth0 tx_packets) - before)) -ge "$SENT" ]; }
wait_for "e1000: the driver has sent them all" 60 sleep_until_sent
# The softirq that goes on after a full queue meets a program that moves its positions.
pkt-gen -i netmap:eth0 -f tx -n 300000 -w 0 > /dev/null 2>&1 &
LONG=$!
wait_for "e1000: 300,000 frames, and it ends" 180 sh -c "! kill -0 $LONG 2> /dev/null"
wait $LONG
equal "e1000: all of them were taken" 0 $?
equal "e1000: no position was refused" 0 "$(dmesg | grep -c 'eth0 TX.*refused')"
QDISC=$(tc qdisc show dev eth0)
nmcheck -i eth0 -f rx -n 1 -w 120000 > /dev/null &
RX=$!
wait_until 60 in_netmap eth0
check "e1000: its queueing discipline in netmap mode" sh -c 'tc qdisc show dev eth0 | grep -q netmapemu'
kill $RX
wait $RX
equal "e1000: its queueing discipline is back" "$QDISC" "$(tc qdisc show dev eth0)"

modprobe virtio_pci 2> /dev/null # built in on some kernels
modprobe virtio_net
wait_until 60 test -e /sys/class/net/eth3
run ip link set eth2 up
run ip link set eth3 up promisc on # else the device drops frames with tags
wait_for "virtio: link" 60 carrier eth2
check "virtio: frames byte by byte" emulated eth2 eth3 14
flow eth2 eth3 200 1500

modprobe dummy
run ip link add d0 type dummy
run ip link set d0 up
check "dummy: 5000 frames" nmcheck -i d0 -f tx -n 5000
equal "dummy: 5000 frames are counted" 5000 "$(counter d0 tx_packets)"

modprobe tun
run ip tuntap add tap0 mode tap multi_queue
run ip link set tap0 up
check "tap: a port without any open queue" portinfo tap0 1 1
check "tap: sending into the void" nmcheck -i tap0 -f tx -n 1000
check "tap: it can be removed" ip link del tap0
for qdisc in 1 0; do
	echo $qdisc > $P/generic_txqdisc
	check "tap with 4 queues, generic_txqdisc=$qdisc" queues tap tap1 4
done
echo 1 > $P/generic_txqdisc

# Hardware with a ring a processor. Every queue has its discipline, which tells that the driver has room again.
modprobe vmxnet3
wait_until 5 test -e /sys/class/net/eth5
run ip link set eth4 up
run ip link set eth5 up
wait_for "vmxnet3: link" 10 carrier eth4
wait_for "vmxnet3: link of the other" 10 carrier eth5
sent_by() { ethtool -S eth4 | awk -v queue="Tx Queue#: $1" 'index($0, "Queue#") { on = index($0, queue) } on && /ucast pkts tx|mcast pkts tx|bcast pkts tx/ { sum += $NF } END { print sum + 0 }'; }
QDISC=$(tc qdisc show dev eth4)
T=/sys/kernel/tracing
mount -t tracefs none $T 2> /dev/null
must "vmxnet3: a probe on the discipline" sh -c "echo 'p:room nm_qdisc_dequeue discipline=%di' > $T/kprobe_events"
echo 1 > $T/events/kprobes/room/enable
# The port stays in netmap mode meanwhile: each time it enters, its disciplines are new ones.
nmcheck -i eth4 -f rx -n 1 -w 600000 -t 600000 > /dev/null &
HOLDER=$!
wait_until 60 in_netmap eth4
FIRST=$(sent_by 0) SECOND=$(sent_by 1) ROUNDS=0
told() { grep -o 'discipline=.*' $T/trace | sort -u | wc -l; }
# How often a queue gets full depends on how fast the hardware is: as often as it takes.
while [ $ROUNDS -lt 50 ] && [ $(told) -lt 2 ]; do
	ROUNDS=$((ROUNDS + 1))
	check "vmxnet3: 2 queues, round $ROUNDS" queues send eth4 2 5000
done
equal "vmxnet3: both disciplines told of room" 2 "$(told)"
wait_for "vmxnet3: the first queue sent what its ring had" 30 eval '[ $(($(sent_by 0) - FIRST)) -eq $((5000 * ROUNDS)) ]'
wait_for "vmxnet3: and the second" 30 eval '[ $(($(sent_by 1) - SECOND)) -eq $((10000 * ROUNDS)) ]'
echo 0 > $T/events/kprobes/room/enable
echo > $T/kprobe_events
kill $HOLDER
wait $HOLDER
equal "vmxnet3: its queueing discipline is back" "$QDISC" "$(tc qdisc show dev eth4)"
flow eth4 eth5 200 1500

modprobe bridge
run ip link add br0 type bridge
run ip link set v0 master br0
run ip link set br0 up
wait_for "bridge: forwarding" 30 sh -c 'grep -q 3 /sys/class/net/v0/brport/state'
check "bridge: its member has a handler already" portinfo --busy v0
flow br0 v1 500 100
run ip link del br0

modprobe 8021q
run ip link add link v0 name v0.5 type vlan id 5
run ip link add link v1 name v1.5 type vlan id 5
run ip link set v0.5 up
run ip link set v1.5 up
flow v0.5 v1.5 500 100

for i in v0.5 v1.5 v0 d0; do check "$i can be removed" ip link del $i; done
check "the module unloads" rmmod netmap
