# SPDX-License-Identifier: BSD-2-Clause
# The demonstration: frames from one software NIC to another, natively and through the stock driver.
#
#     [eth0] --- hub --- [eth1]        $COUNT frames of 60 bytes from eth0 to eth1
#
# The caller sets COUNT. Facts go to the host as notes: native.* and stock.*.

. /measure.sh

interfaces_up()
{
	for _if in eth0 eth1; do
		ip link set "$_if" up
	done
	must "$1: eth0 has a link" wait_until 15 carrier eth0
	must "$1: eth1 has a link" wait_until 15 carrier eth1
}

packet_socket()
{
	[ "$(wc -l < /proc/net/packet)" -gt 1 ]
}

# traffic KIND SENT RECEIVED READY RECEIVER... -- SENDER...: SENT and RECEIVED are the names of the counts in the
# programs' JSON; READY tells when the receiver (its process id is the argument) listens.
traffic()
{
	_kind=$1 _sent=$2 _received=$3 _ready=$4
	shift 4
	_receive=
	while [ "$1" != -- ]; do
		_receive="$_receive $1"
		shift
	done
	shift
	$_receive > /tmp/rx.json 2> /tmp/rx.log &
	_pid=$!
	must "$_kind: the receiver is ready" wait_until 15 "$_ready" $_pid
	_irq=$(nic_interrupts) _busy=$(busy_ticks)
	run "$@" > /tmp/tx.json 2> /tmp/tx.log
	equal "$_kind: the sender ended well" 0 $?
	wait $_pid
	equal "$_kind: the receiver ended well" 0 $?
	note "$_kind.cpuTicks" $(($(busy_ticks) - _busy))
	note "$_kind.interrupts" $(($(nic_interrupts) - _irq))
	note "$_kind.sent" "$(last_number "$_sent" /tmp/tx.json)"
	note "$_kind.pps" "$(last_number pps /tmp/tx.json)"
	note "$_kind.received" "$(last_number "$_received" /tmp/rx.json)"
	cat /tmp/tx.log /tmp/tx.json /tmp/rx.log /tmp/rx.json
}

must "stock: the driver loads" modprobe r8169
interfaces_up stock
traffic stock sent received packet_socket pktsock -i eth1 -f rx -n "$COUNT" -t 1000 -- \
	pktsock -i eth0 -f tx -n "$COUNT"
must "stock: the driver unloads" rmmod r8169

must "netmap.ko loads" insmod /netmap.ko
must "the patched r8169 loads" insmod /r8169.ko
interfaces_up native
traffic native packets packets maps_netmap pkt-gen -i eth1 -f rx -w 0 -W --json -- \
	pkt-gen -i eth0 -f tx -w 0 -n "$COUNT" --json
check "the patched r8169 unloads" rmmod r8169
check "netmap.ko unloads" rmmod netmap
