# SPDX-License-Identifier: BSD-2-Clause
# The native 8139cp on QEMU's RTL8139C+. The caller sets COUNT, the number of frames.
#
#     [eth0] --- hub --- [eth1]

# traffic NAME COUNT LENGTH: checked frames from eth0 to eth1; the NIC drops what has no descriptor, as hardware does.
traffic()
{
	nmcheck -i eth1 -f rx -n "$2" -w 90000 -t 10000 > /tmp/rx.json &
	_pid=$!
	must "$1: the receiver is ready" wait_until 60 maps_netmap $_pid
	check "$1: $2 frames of $3 bytes sent" nmcheck -i eth0 -f tx -n "$2" -l "$3" -b 16
	all_sent $_pid
	wait $_pid
	equal "$1: no damaged or repeated frame" 0 $?
	cat /tmp/rx.json
	equal "$1: nothing out of order" 0 "$(last_number outOfOrder /tmp/rx.json)"
	_ok=$(($(last_number ok /tmp/rx.json) + $(last_number foreign /tmp/rx.json)))
	# the sender's doorbell sends at once; a receiver that was not scheduled meanwhile has one ring of 64
	check "$1: a ring's worth arrives at least ($_ok)" test "$_ok" -ge 63
}

must "the patched 8139cp loads" insmod /8139cp.ko
links_up eth0 eth1
peers_ping "before netmap" eth0 eth1
traffic "short" "$COUNT" 60
traffic "long" $((COUNT / 10)) 1500
traffic "odd" 1000 61
peers_ping "after netmap" eth0 eth1

for _round in 1 2 3; do
	check "round $_round: 10 times netmap mode on and off while up" nmopen eth0 10
	ip link set eth0 down
	check "round $_round: 10 times while down" nmopen eth0 10
	ip link set eth0 up
	must "round $_round: up again" wait_until 60 carrier eth0
done
traffic "after 60 changes" 1000 60

nmcheck -i eth1 -f rx -n 100000000 > /dev/null &
RX=$!
nmcheck -i eth0 -f tx -n 100000000 > /dev/null &
TX=$!
must "both run" wait_until 60 eval 'maps_netmap $TX && maps_netmap $RX'
for _round in 1 2 3; do
	check "round $_round: the interface goes down under traffic" ip link set eth0 down
	check "round $_round: and up" ip link set eth0 up
	must "round $_round: it has a link" wait_until 60 carrier eth0
	check "round $_round: the MTU changes under traffic" ip link set eth0 mtu 1400
	check "round $_round: and back" ip link set eth0 mtu 1500
done
kill -9 $TX $RX
wait $TX $RX 2> /dev/null
traffic "after programs killed in flight" 1000 60
peers_ping "at the end" eth0 eth1

nmopen eth1 hold /tmp/held &
HOLDER=$!
must "a program holds eth1" wait_until 60 test -e /tmp/held
check "the driver can be unloaded all the same" rmmod 8139cp
wait $HOLDER
equal "the program sees an error" 3 $?
check "netmap can be unloaded" rmmod netmap
