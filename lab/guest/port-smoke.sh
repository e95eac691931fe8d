# SPDX-License-Identifier: BSD-2-Clause
# Whether a freshly ported driver works at all, in native mode. The caller sets MODULE, its name, and COUNT.
#
#     [eth0] --- hub --- [eth1]        COUNT frames of 60 bytes from eth0 to eth1

links_up()
{
	ip link set eth0 up
	ip link set eth1 up
	must "$1: eth0 has a link" wait_until 15 carrier eth0
	must "$1: eth1 has a link" wait_until 15 carrier eth1
}

# native traffic; the receiver ends on its own when nothing comes any more
traffic()
{
	pkt-gen -i eth1 -f rx -w 0 -W --json > /tmp/rx.json 2> /tmp/rx.log &
	_pid=$!
	must "$1: the receiver is ready" wait_until 15 maps_netmap $_pid
	run pkt-gen -i eth0 -f tx -w 0 -n "$COUNT" --json > /tmp/tx.json 2> /tmp/tx.log
	equal "$1: the sender ends well" 0 $?
	wait_until 15 eval "! kill -0 $_pid 2> /dev/null" || kill -2 $_pid
	wait $_pid
	equal "$1: all frames are sent" "$COUNT" "$(last_number packets /tmp/tx.json)"
	_got=$(last_number packets /tmp/rx.json)
	check "$1: frames arrive (${_got:-none})" test "${_got:-0}" -ge 32
}

must "netmap.ko loads" insmod /netmap.ko
# native or nothing: emulation must not hide a driver that does not work
echo 1 > /sys/module/netmap/parameters/admode
must "$MODULE loads" insmod "/$MODULE.ko"
links_up "first"
traffic "first"
ip link set eth0 down
ip link set eth1 down
links_up "after down and up"
traffic "after down and up"
check "$MODULE unloads" rmmod "$MODULE"
check "$MODULE loads again" insmod "/$MODULE.ko"
links_up "loaded again"
traffic "loaded again"
check "$MODULE unloads again" rmmod "$MODULE"
check "netmap unloads" rmmod netmap
