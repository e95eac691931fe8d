# SPDX-License-Identifier: BSD-2-Clause
# The native 8139cp on QEMU's RTL8139C+. The caller sets COUNT, the number of frames.
#
#     [eth0] --- hub --- [eth1]

maps_netmap()
{
	grep -q /dev/netmap "/proc/$1/maps"
}

number()
{
	sed -n 's/.*"'"$1"'":\([0-9]*\).*/\1/p' "$2"
}

links_up()
{
	ip link set eth0 up
	ip link set eth1 up
	must "eth0 has a link" wait_until 15 carrier eth0
	must "eth1 has a link" wait_until 15 carrier eth1
}

# traffic NAME COUNT LENGTH: checked frames from eth0 to eth1; the NIC drops what has no descriptor, as hardware does.
traffic()
{
	nmcheck -i eth1 -f rx -n "$2" -w 15000 -t 2000 > /tmp/rx.json &
	_pid=$!
	must "$1: the receiver is ready" wait_until 15 maps_netmap $_pid
	check "$1: $2 frames of $3 bytes sent" nmcheck -i eth0 -f tx -n "$2" -l "$3" -b 16
	wait $_pid
	equal "$1: no damaged or repeated frame" 0 $?
	cat /tmp/rx.json
	equal "$1: nothing out of order" 0 "$(number outOfOrder /tmp/rx.json)"
	_ok=$(number ok /tmp/rx.json)
	# the sender's doorbell sends at once; a receiver that was not scheduled meanwhile has one ring of 64
	check "$1: a ring's worth arrives at least ($_ok)" test "$_ok" -ge 63
}

peers_ping()
{
	ip netns add peer
	must "$1: eth1 moves to a namespace" ip link set eth1 netns peer
	ip addr add 10.9.0.1/24 dev eth0
	ip netns exec peer ip addr add 10.9.0.2/24 dev eth1
	ip link set eth0 up
	ip netns exec peer ip link set eth1 up
	must "$1: the link of eth1 is back" wait_until 15 ns_carrier peer eth1
	wait_for "$1: ping" 15 ping -c 1 -W 1 10.9.0.2
	check "$1: ping, ten in a row" ping -c 10 -i 0.1 -W 2 10.9.0.2
	ip addr flush dev eth0
	ip netns exec peer ip link set eth1 netns 1
	ip netns delete peer
	ip link set eth1 up
	wait_until 15 carrier eth1
}

must "netmap.ko loads" insmod /netmap.ko
# native or nothing: emulation must not hide a driver that does not work
echo 1 > /sys/module/netmap/parameters/admode
must "the patched 8139cp loads" insmod /8139cp.ko
links_up
peers_ping "before netmap"
traffic "short" "$COUNT" 60
traffic "long" $((COUNT / 10)) 1500
traffic "odd" 1000 61
peers_ping "after netmap"

for _round in 1 2 3; do
	check "round $_round: 10 times netmap mode on and off while up" nmopen eth0 10
	ip link set eth0 down
	check "round $_round: 10 times while down" nmopen eth0 10
	ip link set eth0 up
	must "round $_round: up again" wait_until 15 carrier eth0
done
traffic "after 60 changes" 1000 60

nmcheck -i eth1 -f rx -n 100000000 > /dev/null &
RX=$!
nmcheck -i eth0 -f tx -n 100000000 > /dev/null &
TX=$!
must "both run" wait_until 15 eval 'maps_netmap $TX && maps_netmap $RX'
for _round in 1 2 3; do
	check "round $_round: the interface goes down under traffic" ip link set eth0 down
	check "round $_round: and up" ip link set eth0 up
	must "round $_round: it has a link" wait_until 15 carrier eth0
	check "round $_round: the MTU changes under traffic" ip link set eth0 mtu 1400
	check "round $_round: and back" ip link set eth0 mtu 1500
done
kill -9 $TX $RX
wait $TX $RX 2> /dev/null
traffic "after programs killed in flight" 1000 60
peers_ping "at the end"

nmopen eth1 hold /tmp/held &
HOLDER=$!
must "a program holds eth1" wait_until 10 test -e /tmp/held
check "the driver can be unloaded all the same" rmmod 8139cp
wait $HOLDER
equal "the program sees an error" 3 $?
check "netmap can be unloaded" rmmod netmap
