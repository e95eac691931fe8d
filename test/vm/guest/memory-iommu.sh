# SPDX-License-Identifier: BSD-2-Clause
# A native driver and memory of programs behind an IOMMU in strict mode: DMA that is not mapped faults, and fails the run.
echo 8 > /proc/sys/vm/nr_hugepages
must "load" insmod /netmap.ko
mount -t debugfs none /sys/kernel/debug 2> /dev/null
modprobe mdio_devres; modprobe realtek
must "r8169" insmod /r8169.ko
for i in eth0 eth1; do run ip link set $i up; done
wait_for "link" 60 carrier eth0
wait_for "link" 60 carrier eth1
check "there is an IOMMU" test -e /sys/class/iommu/dmar0
nmcheck -i eth1 -f rx -n 200 -w 60000 -t 20000 --strict > /tmp/rx.json &
RX=$!
wait_until 60 sh -c "grep -q \"pid\" /sys/kernel/debug/netmap/ports"
group() { readlink -f "/sys/class/net/$1/device/iommu_group"; }
check "the NICs are in IOMMU groups of their own" test "$(group eth0)" != "$(group eth1)"
check "native, IOMMU: sends" nmcheck -i eth0 -f tx -n 200 -l 1000
wait $RX
equal "native, IOMMU: received in order" 0 $?
check "extmem native" extmem nmsink0 eth0 eth1

# Random slots and positions in the rings of a NIC that sends and receives: its DMA stays within the buffers. The
# programs that make the traffic follow these slots, too, and may die of it: no line in the log, and once more.
echo 0 > /proc/sys/debug/exception-trace
traffic()
{
	while [ ! -e /tmp/enough ]; do nmcheck "$@" > /dev/null 2>&1; done
}
traffic -i eth1 -f rx -n 100000000 &
RX=$!
traffic -i eth0 -f tx -n 100000000 &
TX=$!
held() { grep -q "\"pid\":$1," /sys/kernel/debug/netmap/ports; }
wait_for "a sender and a receiver" 60 sh -c \
	'[ "$(grep -o "\"pid\":" /sys/kernel/debug/netmap/ports | wc -l)" -ge 2 ]'
check "random rings of a NIC under traffic" hostile rings "${SECONDS_EACH:-5}" eth0 eth1
: > /tmp/enough
# one of them may be starting just now
wait_for "the traffic ends" 60 sh -c "kill \$(pidof nmcheck); ! kill -0 $TX && ! kill -0 $RX"
wait $TX $RX
nmcheck -i eth1 -f rx -n 200 -w 60000 -t 20000 --strict > /tmp/rx.json &
RX=$!
wait_until 60 held $RX
check "after random rings: sends" nmcheck -i eth0 -f tx -n 200 -l 1000
wait $RX
equal "after random rings: received in order" 0 $?
check "unload" rmmod r8169
check "unload netmap" rmmod netmap
