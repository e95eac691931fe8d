# SPDX-License-Identifier: BSD-2-Clause
# What the tests of load, status and unload on a live r8169 share:
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
must "the link is up" wait_until 60 carrier eth0
must "the neighbour answers" wait_until 60 ping -c 1 -W 1 10.0.0.2

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
	must "$1: the neighbour reaches us again" wait_until 60 ip netns exec peer ping -c 3 -W 2 10.0.0.1
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
	(echo ". /functions; $2; echo \"DONE=\$?\""; sleep 600) | ip netns exec peer nc 10.0.0.1 2222 > /session &
	must "$1: the connection lives until the end" wait_until 600 grep -q DONE= /session
	cat /session
	kill $! $_server 2> /dev/null
}

sed -n '/^tool()/,/^}/p' /load-setup.sh > /functions
