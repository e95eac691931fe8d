# SPDX-License-Identifier: BSD-2-Clause
# Two native e1000 in a machine with memory that they do not reach.
#
#     [eth0] --- hub --- [eth1]        [left] === veth === [right]

mount -t debugfs none /sys/kernel/debug 2> /dev/null
PORTS=/sys/kernel/debug/netmap/ports

# of_port PORT MEMBER: a number of its line
of_port()
{
	sed -n "/\"port\":\"$1\"/s/.*\"$2\":\([0-9]*\).*/\1/p" $PORTS
}

# free pages of memory below 4 GB, with those that each processor keeps
low_free()
{
	echo 1 > /proc/sys/vm/stat_refresh
	awk '/^Node/ { low = /DMA32/ } low && (/pages free/ || /^ +count:/) { sum += $NF } END { print sum }' /proc/zoneinfo
}

must "the patched e1000 loads" insmod /e1000.ko
must "the patched veth loads" insmod /veth.ko
run ip link add left type veth peer name right
links_up eth0 eth1
links_up left right
note memory "$(awk '/MemTotal/ { print int($2 / 1024) }' /proc/meminfo) MB, $(low_free) pages below 4 GB are free"

both_ways "more memory than the NIC reaches" eth0 eth1 10000:60 1000:1514

before=$(low_free)
nmopen eth0 hold /tmp/held &
HOLDER=$!
must "a program holds eth0" wait_until 60 test -e /tmp/held
mappings=$(of_port eth0 dma_mappings)
note mappings "$mappings"
check "its region is below 4 GB" test $((before - $(low_free))) -gt 80000
check "mapped in hundreds of pieces, not in a hundred thousand" \
	eval '[ "$mappings" -ge 80 ] && [ "$mappings" -le 999 ]'
equal "both NICs are in one region" "$(of_port eth0 region)" "$(of_port eth1 region)"
low=$(of_port eth0 region)
echo 2 > /sys/module/netmap/parameters/admode
equal "another port can name it" "success $low" "$(regionof left "$low")"
echo 1 > /sys/module/netmap/parameters/admode
kill $HOLDER
wait $HOLDER
wait_for "all of it comes back" 20 eval '[ $((before - $(low_free))) -lt 2000 ]'

before=$(low_free)
nmopen left hold /tmp/left-held &
HOLDER=$!
must "a program holds left" wait_until 60 test -e /tmp/left-held
equal "a port that needs no such memory is in region 1" 1 "$(of_port left region)"
check "and leaves it alone" test $((before - $(low_free))) -lt 20000

# A program that names region 1 all the same learns what to do.
equal "region 1 is out of reach" ENOMEM "$(regionof eth0 1)"
check "the log says why, and what to change" eval \
	'dmesg | grep "eth0: .*32 bits.*region 1" | grep -q "without a region"'
equal "and nothing is left of it" "success $low" "$(regionof eth0 0)"
kill $HOLDER
wait $HOLDER

# parameters of the regions: the next user finds them changed
echo 20000 > /sys/module/netmap/parameters/buf_num
nmopen eth0 hold /tmp/again &
HOLDER=$!
must "a program holds eth0 again" wait_until 60 test -e /tmp/again
check "fewer buffers, fewer mappings" test "$(of_port eth0 dma_mappings)" -le 60
kill $HOLDER
wait $HOLDER
both_ways "20000 buffers" eth0 eth1 1000:60
check "unload" rmmod e1000
check "unload veth" rmmod veth
check "unload netmap" rmmod netmap
