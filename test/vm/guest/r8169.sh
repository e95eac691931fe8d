# SPDX-License-Identifier: BSD-2-Clause
# What the tests of the native r8169 share.
#
#     [eth0 = NIC A] --- hub --- [eth1 = NIC B]

load_native()
{
	[ -e /sys/module/netmap ] || must "netmap.ko loads" insmod /netmap.ko
	must "the patched r8169 loads" insmod /r8169.ko
	A=$(pci_of eth0)
	B=$(pci_of eth1)
}

links_up()
{
	ip link set eth0 up
	ip link set eth1 up
	must "eth0 has a link" wait_until 60 carrier eth0
	must "eth1 has a link" wait_until 60 carrier eth1
}

no_carrier()
{
	[ "$(cat "/sys/class/net/$1/carrier")" = 0 ]
}

# received NIC: frames that its ring got. dropped NIC: frames that came and did not get into the ring.
received()
{
	nic_stat "$1" rx
}

dropped()
{
	echo $(($(nic_stat "$1" rx_drop_fifo) + $(nic_stat "$1" rx_drop_ring) + $(nic_stat "$1" rx_drop_off) + \
		$(nic_stat "$1" rx_drop_reset) + $(nic_stat "$1" rx_drop_size) + $(nic_stat "$1" rx_drop_fault)))
}

# settle: until eth1 has what was sent to it. To be called before frames are counted, when others flowed just before.
settle()
{
	_now=
	wait_until 60 settled
}

settled()
{
	_then=$_now _now="$(received "$B") $(dropped "$B")"
	[ "$_now" = "$_then" ]
}

# in_order COUNT LENGTH: that many checked frames from eth0 to eth1, natively; all must be accounted for.
in_order()
{
	_rx0=$(received "$B") _drop0=$(dropped "$B") _irq0=$(nic_stat "$A" irq)
	nmcheck -i eth1 -f rx -n "$1" -w 90000 -t 10000 > /tmp/rx.json &
	_pid=$!
	must "$2 bytes: the receiver is ready" wait_until 60 maps_netmap $_pid
	check "$2 bytes: $1 frames sent" nmcheck -i eth0 -f tx -n "$1" -l "$2" -w 60000
	_irq=$(($(nic_stat "$A" irq) - _irq0))
	all_sent $_pid
	wait $_pid
	equal "$2 bytes: no damaged or repeated frame" 0 $?
	cat /tmp/rx.json
	_rx=$(($(received "$B") - _rx0)) _drop=$(($(dropped "$B") - _drop0)) _ok=$(last_number ok /tmp/rx.json)
	equal "$2 bytes: received and dropped make up what was sent" "$1" $((_ok + _drop))
	equal "$2 bytes: the program got all that the ring got" $_rx "$_ok"
	equal "$2 bytes: nothing out of order" 0 "$(last_number outOfOrder /tmp/rx.json)"
	# who does not run meanwhile has what a ring holds; more than that shows that its slots come back
	check "$2 bytes: more than a ring's worth arrives ($_ok)" test "$_ok" -gt 256
	# ten for what is no frame: a link that settles
	check "$2 bytes: at most one interrupt of the sender per 32 frames ($_irq)" test $(((_irq - 10) * 32)) -le "$1"
}

peers_ping()
{
	ip netns add peer
	must "$1: eth1 moves to a namespace" ip link set eth1 netns peer
	ip addr add 10.9.0.1/24 dev eth0
	ip netns exec peer ip addr add 10.9.0.2/24 dev eth1
	ip link set eth0 up
	ip netns exec peer ip link set eth1 up
	must "$1: the link of eth0 is back" wait_until 60 carrier eth0
	must "$1: the link of eth1 is back" wait_until 60 ns_carrier peer eth1
	wait_for "$1: ping" 60 ping -c 1 -W 1 10.9.0.2
	check "$1: ping, ten in a row" ping -c 10 -i 0.1 -W 10 10.9.0.2
	ip addr flush dev eth0
	ip netns exec peer ip addr flush dev eth1
	ip netns exec peer ip link set eth1 netns 1
	ip netns delete peer
	ip link set eth1 up
	wait_until 60 carrier eth1
}
