# SPDX-License-Identifier: BSD-2-Clause
# netmap-configure load, status and unload on a live r8169, ordered over a connection through that very NIC:
#
#     [eth0 = RTL8168h, 10.0.0.1] --- hub --- [eth1 = e1000, 10.0.0.2, in namespace peer]

mkdir -p /pkg /run/netns /shim /build/realtek /calls
tar -C /pkg -xf /pkg.tar
cp /netmap.ko /build/netmap.ko
cp /r8169.ko /build/realtek/r8169.ko
printf 'MODNAME:=netmap\nDRVSUFFIX = \nrealtek@module := r8169\n' > /build/netmap.mak

# Programs that change something, in front of the real ones: call number $(cat /fail-at) fails.
for program in insmod rmmod ip; do
	cat > /shim/$program <<-EOF
		#!/bin/sh
		case "\$*" in *show*) ;; *)
			n=\$((\$(cat /count) + 1)); echo \$n > /count
			[ \$n != "\$(cat /fail-at)" ] || { echo "forced failure of $program \$*" >&2; exit 1; }
		esac
		PATH=/opt/bin:/bin exec $program "\$@"
	EOF
	chmod +x /shim/$program
done
echo 0 > /fail-at

tool()
{
	echo 0 > /count
	PATH=/shim:$PATH node /pkg/bin/netmap-configure.js "$@"
}

ID=/sys/module/r8169/notes/.note.gnu.build-id

driver_is()
{
	case $1 in
	stock) cmp /stock.id $ID && [ ! -e /sys/module/netmap/holders/r8169 ] ;;
	patched) ! cmp /stock.id $ID && [ -e /sys/module/netmap/holders/r8169 ] ;;
	esac
}

must "the stock driver loads" modprobe r8169
must "the kernel shows build IDs" cp $ID /stock.id
must "the neighbour's driver loads" modprobe e1000
ip netns add peer
ip link set eth1 netns peer
in_ns peer ip link set eth1 up
in_ns peer ip addr add 10.0.0.2/24 dev eth1
ip link set lo up
ip link set eth0 mtu 1400 up
ip addr add 10.0.0.1/24 dev eth0
ip route add 10.9.0.0/16 via 10.0.0.2 dev eth0
must "the link is up" wait_until 15 carrier eth0
must "the neighbour answers" wait_until 15 ping -c 1 -W 1 10.0.0.2

# The neighbour notes when it reaches us; the longest silence is how long we were offline.
cat > /watch <<'EOF'
. /vm/lib.sh
while :; do
	ping -c 1 -W 1 10.0.0.1 > /dev/null && uptime_ms >> /reached
	usleep 100000
done
EOF
ip netns exec peer sh /watch &
WATCH=$!

# longest_silence NAME: at most 15 s since the file was emptied; to be asked when all is back.
longest_silence()
{
	must "$1: the neighbour reaches us again" in_ns peer ping -c 3 -W 2 10.0.0.1
	_gap=$(awk 'NR > 1 && $1 - last > gap { gap = $1 - last } { last = $1 } END { print gap + 0 }' /reached)
	note "$1.offline_ms" "$_gap"
	check "$1: $_gap ms offline, at most 15000" test "$_gap" -le 15000
}

as_before()
{
	check "$1: address" sh -c 'ip -4 addr show dev eth0 | grep -q "inet 10.0.0.1/24"'
	check "$1: route" sh -c 'ip route show dev eth0 | grep -q "10.9.0.0/16 via 10.0.0.2"'
	check "$1: mtu" sh -c 'ip link show dev eth0 | grep -q "mtu 1400"'
}

# over_the_nic NAME COMMAND: from the neighbour, in a shell at the other end of a TCP connection through eth0.
over_the_nic()
{
	nc -l -p 2222 -e /bin/sh &
	_server=$!
	: > /session
	(echo ". /functions; $2; echo \"DONE=\$?\""; sleep 240) | ip netns exec peer nc 10.0.0.1 2222 > /session &
	must "$1: the connection lives until the end" wait_until 200 grep -q DONE= /session
	cat /session
	kill $! $_server 2> /dev/null
}

sed -n '/^tool()/,/^}/p' /vm/test.sh > /functions

usleep 500000
: > /reached
over_the_nic load "tool load eth0 --build /build 2>&1"
check "load: says so over the connection" grep -q '^loaded /build/realtek/r8169.ko for eth0' /session
check "load: succeeds" grep -q DONE=0 /session
check "load: the patched driver is there" driver_is patched
STEPS=$(cat /count)
as_before load
longest_silence load

tool status > /status
cat /status
check "status: native" grep -q '^eth0  *r8169  *native' /status
check "status: emulated" grep -q '^lo  *-  *emulated' /status

: > /reached
check "unload: succeeds" tool unload
check "unload: the stock driver is back" driver_is stock
check "unload: netmap.ko is gone" test ! -e /sys/module/netmap
as_before unload
longest_silence unload

step=1
while [ $step -le $STEPS ]; do
	echo $step > /fail-at
	: > /reached
	tool load --build /build > /out 2>&1
	status=$?
	echo 0 > /fail-at
	grep forced /out
	equal "failure at step $step of $STEPS: exit status" 1 $status
	check "failure at step $step: told" grep -q 'the former driver is back' /out
	check "failure at step $step: the stock driver is there" driver_is stock
	check "failure at step $step: netmap.ko is gone" test ! -e /sys/module/netmap
	as_before "failure at step $step"
	longest_silence "failure$step"
	step=$((step + 1))
done

: > /reached
tool load --build /build --confirm-within 2 > /out 2>&1
equal "not confirmed: exit status" 1 $?
check "not confirmed: told" grep -q 'nobody confirmed within 2 s' /out
check "not confirmed: the stock driver is back" driver_is stock
as_before "not confirmed"
longest_silence unconfirmed

tool load --build /build --confirm-within 100 > /out 2>&1 &
must "confirmed: it waits" wait_until 60 grep -q waiting /out
check "confirmed: confirm" node /pkg/bin/netmap-configure.js load --confirm
wait $!
equal "confirmed: exit status" 0 $?
check "confirmed: stays" test -e /sys/module/netmap/holders/r8169
check "and goes" tool unload

# Killed in the middle: the next run completes.
tool load --build /build > /out 2>&1 &
PID=$!
wait_until 60 test ! -e /sys/class/net/eth0
kill -9 "$(pidof node)"
wait $PID
tool load --build /build
check "after kill -9: the patched driver is there" driver_is patched
as_before "after kill -9"
check "after kill -9: unload" tool unload
as_before "after kill -9 and unload"
check "after kill -9: the stock driver is back" driver_is stock
kill $WATCH
