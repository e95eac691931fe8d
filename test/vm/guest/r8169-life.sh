# SPDX-License-Identifier: BSD-2-Clause
# Entering and leaving netmap mode, killed programs, modules that come and go, and what is left afterwards.
. /r8169.sh

# Free pages, those on the lists of the CPUs included: they come and go by tens of MB.
free_kb()
{
	echo 3 > /proc/sys/vm/drop_caches
	echo 1 > /proc/sys/vm/compact_memory
	awk '/^ +count:/ { kb += $2 * 4 } /^MemFree/ { kb += $2 } END { print kb }' /proc/zoneinfo /proc/meminfo
}

load_native
links_up
rmmod r8169
rmmod netmap
FREE=$(free_kb)

load_native
links_up
for _round in 1 2 3 4 5; do
	check "round $_round: 10 times netmap mode on and off while up" nmopen eth0 10
	check "round $_round: the link did not even blink" carrier eth0
	ip link set eth0 down
	check "round $_round: 10 times while down" nmopen eth0 10
	ip link set eth0 up
	must "round $_round: up again" wait_until 60 carrier eth0
done
peers_ping "after 100 times"

for _round in 1 2 3 4 5; do
	nmcheck -i eth1 -f rx -n 100000000 > /dev/null &
	RX=$!
	nmcheck -i eth0 -f tx -n 100000000 > /dev/null &
	TX=$!
	wait_until 60 maps_netmap $TX
	BEFORE=$(received "$B")
	must "round $_round: frames flow" wait_until 60 eval '[ $(received $B) -ne $BEFORE ]'
	kill -9 $TX $RX
	wait $TX $RX 2> /dev/null
done
peers_ping "after programs killed in flight"

nmcheck -i eth1 -f rx -n 200 -w 240000 -t 30000 --strict > /dev/null &
RX=$!
must "a receiver, before the machine sleeps" wait_until 60 maps_netmap $RX
check "the NICs suspend and resume in netmap mode" suspend_and_resume
must "the link of eth0 is back" wait_until 60 carrier eth0
must "the link of eth1 is back" wait_until 60 carrier eth1
check "after resume: sending" nmcheck -i eth0 -f tx -n 200
wait $RX
equal "after resume: received in order" 0 $?

nmopen eth1 hold /tmp/held &
HOLDER=$!
must "a program holds eth1" wait_until 60 test -e /tmp/held
check "the driver can be unloaded all the same" rmmod r8169
wait $HOLDER
equal "the program sees an error, at once" 3 $?

must "netmap.ko alone" lsmod
exec 3< /dev/netmap
if rmmod netmap 2> /tmp/refused; then
	record 'not ok' "unload with an open descriptor is refused"
else
	record ok "unload with an open descriptor is refused"
fi
exec 3<&-
check "unload after close" rmmod netmap

FAILED=0
load_and_unload()
{
	for _round in $(seq 50); do
		insmod /netmap.ko && insmod /r8169.ko && rmmod r8169 && rmmod netmap || FAILED=$((FAILED + 1))
	done
}
# What others take in between is taken once; what is lost is lost each time.
for _try in 1 2 3; do
	load_and_unload
	LEFT=$(($(free_kb) - FREE))
	echo "free memory: $FREE KB before, $LEFT KB more after"
	[ $LEFT -le -2048 ] || break
	FREE=$((FREE + LEFT))
done
equal "load and unload, 50 times and more" 0 $FAILED
check "no memory is missing ($LEFT KB)" test $LEFT -gt -2048
load_native
links_up
peers_ping "at the end"
