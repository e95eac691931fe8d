# SPDX-License-Identifier: BSD-2-Clause
# What the tests of ported drivers share.

# links_up IF IF
links_up()
{
	ip link set "$1" up
	ip link set "$2" up
	must "$1 has a link" wait_until 60 carrier "$1"
	must "$2 has a link" wait_until 60 carrier "$2"
}

# both_ways NAME IF IF COUNT:LENGTH...: checked frames each way at the same time; each must arrive, once and in order.
both_ways()
{
	_what=$1
	shift
	check "$_what: frames each way ($*)" nmduplex "$@"
}

# flood NAME IF IF COUNT LENGTH: each sends as fast as it goes; what a receiver has no room for is lost, nothing worse.
flood()
{
	_what=$1 _n=$4 _len=$5
	set -- "$2" "$3"
	for _if; do
		nmcheck -i "$_if" -f rx -n "$_n" -w 150000 -t 10000 > "/tmp/rx-$_if.json" &
		eval "_rx_$_if=$!"
		must "$_what: $_if receives" wait_until 60 maps_netmap $!
	done
	must "$_what: $1 has a link" wait_until 60 carrier "$1"
	must "$_what: $2 has a link" wait_until 60 carrier "$2"
	nmcheck -i "$1" -f tx -n "$_n" -l "$_len" -b 128 > /dev/null &
	_tx=$!
	check "$_what: $_n frames of $_len bytes from $2" nmcheck -i "$2" -f tx -n "$_n" -l "$_len" -b 128
	wait $_tx
	equal "$_what: and from $1" 0 $?
	for _if; do
		eval "all_sent \$_rx_$_if"
	done
	for _if; do
		eval "wait \$_rx_$_if"
		equal "$_what: $_if: no damaged or repeated frame" 0 $?
		cat "/tmp/rx-$_if.json"
		equal "$_what: $_if: nothing out of order" 0 "$(last_number outOfOrder "/tmp/rx-$_if.json")"
		check "$_what: $_if: a ring's worth at least" test "$(last_number ok "/tmp/rx-$_if.json")" -ge 127
	done
}

# peers_ping NAME IF IF: the stack's own traffic.
peers_ping()
{
	ip netns add peer
	must "$1: $3 moves to a namespace" ip link set "$3" netns peer
	ip addr add 10.9.0.1/24 dev "$2"
	ip netns exec peer ip addr add 10.9.0.2/24 dev "$3"
	ip link set "$2" up
	ip netns exec peer ip link set "$3" up
	must "$1: the link of $3 is back" wait_until 60 ns_carrier peer "$3"
	wait_for "$1: ping" 60 ping -c 1 -W 1 10.9.0.2
	check "$1: ping, ten in a row" ping -c 10 -i 0.1 -W 10 10.9.0.2
	ip addr flush dev "$2"
	ip netns exec peer ip link set "$3" netns 1
	ip netns delete peer
	links_up "$2" "$3"
}

# endless IF IF: traffic without end from the second to the first, in RX and TX.
endless()
{
	nmcheck -i "$1" -f rx -n 100000000 -w 60000 -t 60000 > /dev/null &
	RX=$!
	nmcheck -i "$2" -f tx -n 100000000 -w 60000 > /dev/null &
	TX=$!
	must "traffic runs from $2 to $1" wait_until 60 eval 'maps_netmap $TX && maps_netmap $RX'
}

kill_both()
{
	kill -9 $TX $RX
	wait $TX $RX 2> /dev/null
}

must "netmap.ko loads" insmod /netmap.ko
# native or nothing: emulation must not hide a driver that does not work
echo 1 > /sys/module/netmap/parameters/admode
