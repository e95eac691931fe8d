# SPDX-License-Identifier: BSD-2-Clause
# Programs that break the rules, and many registrations: nothing may be left of them. The caller sets SECONDS_EACH, and
# CYCLES if 10,000 are too many, CALLS if random calls need other seconds, SEED for what is random.
CYCLES=${CYCLES:-10000} CALLS=${CALLS:-$SECONDS_EACH}
export SEED
must "the module loads" insmod /netmap.ko
mount -t debugfs none /sys/kernel/debug 2> /dev/null
modprobe veth
modprobe e1000
run ip link add v0 type veth peer name v1
for i in v0 v1 eth0 eth1; do run ip link set $i up; done
wait_for "link" 10 carrier eth0

good() # the ports work
{
	nmcheck -i v1 -f rx -n 500 --strict > /tmp/rx.json &
	_rx=$!
	wait_until 10 sh -c 'dmesg | grep "v1: emulated adapter" | tail -n 1 | grep -q activated'
	check "$1: v0 sends" nmcheck -i v0 -f tx -n 500 -l 100
	wait $_rx
	equal "$1: v1 receives in order" 0 $?
}

free_buffers() # all extra buffers that a null port can get: what no one has lost
{
	nullport 1000000
}

good "before"
before=$(free_buffers)
check "random rings" hostile rings "$SECONDS_EACH" v0 eth0 nmsink0 v1
good "after random rings"
check "random calls" hostile calls "$CALLS" v0 v1 nmsink0 eth1
good "after random calls"
check "registrations that fail late" hostile late "$((SECONDS_EACH / 3 + 1))" v0 nmsink0
good "after those"

# What the module holds: bytes of kmalloc objects, kB of vmalloc. Debian has no kernel with kmemleak.
kmalloc() { awk '/^kmalloc-/ { sum += $2 * $4 } END { printf "%d", sum / 1024 }' /proc/slabinfo; }
vmalloced() { awk '/VmallocUsed/ { print $2 }' /proc/meminfo; }
# The first time leaves what is cached for good.
run hostile cycles 800 v0 v1 nmsink0
slab=$(kmalloc) area=$(vmalloced)
check "$CYCLES registrations from 8 processes" hostile cycles "$CYCLES" v0 v1 nmsink0
# kfree_rcu and what waits for CPUs to be idle; a leak of 128 bytes a cycle would be more than 1 MB
small() { [ $(($(kmalloc) - slab)) -lt $((CYCLES / 10)) ] && [ $(($(vmalloced) - area)) -lt $((CYCLES / 10)) ]; }
wait_for "and the kernel has its memory back" 20 small
note memory "kmalloc $slab -> $(kmalloc) kB, vmalloc $area -> $(vmalloced) kB"
good "after the registrations"
equal "buffers of the region" "$before" "$(free_buffers)"
equal "nobody is left in the view of ports" 0 "$(grep -c '"pid"' /sys/kernel/debug/netmap/ports)"
check "v0 can be removed" ip link del v0
check "the module unloads" rmmod netmap
