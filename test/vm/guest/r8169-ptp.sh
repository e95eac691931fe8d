# SPDX-License-Identifier: BSD-2-Clause
# Short UDP frames to a port of PTP, after which an RTL8125A or B stops sending: the bridge makes them longer, as the
# driver does. The caller sets SHORT, the least bytes of such a frame on the chip.
. /r8169.sh
load_native
links_up

count()
{
	cat "/sys/class/net/eth1/statistics/$1"
}

arrived()
{
	[ $(($(count rx_packets) - PACKETS)) -ge 50 ]
}

# on_the_wire NAME PORT LENGTH EXPECTED: 50 UDP frames of LENGTH bytes to PORT, as the stack of eth1 counts them.
on_the_wire()
{
	PACKETS=$(count rx_packets) _bytes=$(count rx_bytes)
	check "$1: 50 frames sent" pkt-gen -i netmap:eth0 -f tx -n 50 -l "$3" -s 10.9.0.1:1000 -d 10.9.0.2:"$2" -w 2
	wait_for "$1: 50 frames arrive" 60 arrived
	equal "$1: bytes" $((50 * $4)) $(($(count rx_bytes) - _bytes))
	equal "$1: frames" 50 $(($(count rx_packets) - PACKETS))
}

on_the_wire "another port" 318 60 60
on_the_wire "PTP events" 319 60 "$SHORT"
on_the_wire "PTP, general" 320 70 $((SHORT > 70 ? SHORT : 70))
on_the_wire "long enough" 319 100 100
on_the_wire "the port behind" 321 62 62
