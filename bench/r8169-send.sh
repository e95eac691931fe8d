# SPDX-License-Identifier: BSD-2-Clause
# What sending costs, with nobody at the other end of the cable: netmap beside a sendmmsg() loop on a packet socket
# through the stock driver. The caller sets NATIVE and STOCK, the numbers of frames.
. /measure.sh

# send KIND COUNT-FIELD COMMAND...
send()
{
	_kind=$1 _field=$2
	shift 2
	ip link set eth0 up
	must "$_kind: link" wait_until 15 carrier eth0
	_irq=$(nic_interrupts) _busy=$(busy_ticks)
	check "$_kind: sent" "$@" > /tmp/tx.json
	note "$_kind.cpuTicks" $(($(busy_ticks) - _busy))
	note "$_kind.interrupts" $(($(nic_interrupts) - _irq))
	note "$_kind.sent" "$(last_number "$_field" /tmp/tx.json)"
	note "$_kind.received" 0
	note "$_kind.pps" "$(last_number pps /tmp/tx.json)"
}

must "the stock driver loads" modprobe r8169
send stock sent pktsock -i eth0 -f tx -n "$STOCK" -b 512
rmmod r8169
must "netmap.ko loads" insmod /netmap.ko
must "the patched r8169 loads" insmod /r8169.ko
send native packets pkt-gen -i eth0 -f tx -w 0 -n "$NATIVE" --json
