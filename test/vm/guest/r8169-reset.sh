# SPDX-License-Identifier: BSD-2-Clause
# The driver resets the NIC by itself, as after a transmit timeout, all the time that netmap mode comes and goes: two
# resets at once would wait for each other for ever, or leave rings behind that are half of one mode, half of the other.
. /r8169.sh
# Where stopping a queue does not tell the stack's watchdog (5.10), the driver's own resets set it off; set by the caller.
[ -z "$WATCHDOG" ] || allow_log 'NETDEV WATCHDOG|transmit queue|dev_watchdog|Call Trace|WARNING: CPU'
load_native
links_up
must "the driver's reset is provoked all the time" insmod /poke.ko ifname=eth0
POKES=0
_round=0
# on a busy machine its turn comes seldom
while [ $_round -lt 3 ] || { [ "$POKES" -le 100 ] && [ $_round -lt 12 ]; }; do
	_round=$((_round + 1))
	check "round $_round: 25 times netmap mode on and off" nmopen eth0 25
	ip link set eth0 down
	check "round $_round: 5 times while down" nmopen eth0 5
	ip link set eth0 up
	must "round $_round: the link is up" wait_until 60 carrier eth0
	POKES=$(cat /sys/module/poke/parameters/pokes)
done
check "it was provoked many times ($POKES)" test "$POKES" -gt 100
must "it ends" rmmod poke
in_order 2000 60
peers_ping "at the end"
check "the driver unloads" rmmod r8169
