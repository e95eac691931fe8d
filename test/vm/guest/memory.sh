# SPDX-License-Identifier: BSD-2-Clause
# Regions in memory of programs, and what is left when they are gone.
must "the module loads" insmod /netmap.ko
mount -t debugfs none /sys/kernel/debug 2> /dev/null
modprobe veth
run ip link add v0 type veth peer name v1
run ip link set v0 up
run ip link set v1 up
echo 8 > /proc/sys/vm/nr_hugepages
# pages that the kernel has pinned and not given back; stat_refresh adds what each processor has counted
pinned()
{
	echo 1 > /proc/sys/vm/stat_refresh
	echo $(($(awk '/foll_pin_acquired/ { a = $2 } /foll_pin_released/ { r = $2 } END { print a - r }' /proc/vmstat)))
}
check "memory of programs" extmem nmsink0 v0 v1
check "and again" extmem nmsink0 v0 v1
check "packets stay in their buffers" bounds 2

# what the library makes of @extmem: the file is the memory, of ports of every kind
truncate -s 16M /tmp/left
truncate -s 5M /tmp/right
truncate -s 16M /tmp/switch
through_files() # SENDER RECEIVER
{
	pkt-gen -i "$2" -f rx -n 500 -w 0 -T 200 > /tmp/rx.log 2>&1 &
	_rx=$!
	wait_until 60 grep -q /tmp/ "/proc/$_rx/maps"
	wait_for "$1: the other is ready" 60 grep -q "\"pid\":$_rx," /sys/kernel/debug/netmap/ports
	check "$1: 500 frames" pkt-gen -i "$1" -f tx -n 500 -w 0
	wait_for "$2: they arrive" 60 sh -c "! kill -0 $_rx 2> /dev/null"
	wait $_rx
	equal "$2: that was all" 0 $?
}
through_files netmap:v0@extmem:file=/tmp/left netmap:v1@extmem:file=/tmp/right,buf-num=1200,buf-size=2048
through_files vale7:a@extmem:file=/tmp/switch vale7:b@extmem:file=/tmp/switch
check "a file that is too small is refused" sh -c \
	'! pkt-gen -i netmap:v0@extmem:file=/tmp/right -f rx -n 1 2> /tmp/refused && cat /tmp/refused && grep -q "Cannot allocate" /tmp/refused'
wait_for "no page of a program stays pinned" 20 eval '[ "$(pinned)" -eq 0 ]'
note pinned "$(pinned)"
equal "all huge pages came back" "$(awk '/HugePages_Total/ { print $2 }' /proc/meminfo)" \
	"$(awk '/HugePages_Free/ { print $2 }' /proc/meminfo)"
check "the module unloads" rmmod netmap
