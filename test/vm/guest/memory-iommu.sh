# SPDX-License-Identifier: BSD-2-Clause
# A native driver and memory of programs behind an IOMMU in strict mode: DMA that is not mapped faults, and fails the run.
echo 8 > /proc/sys/vm/nr_hugepages
must "load" insmod /netmap.ko
mount -t debugfs none /sys/kernel/debug 2> /dev/null
modprobe mdio_devres; modprobe realtek
must "r8169" insmod /r8169.ko
for i in eth0 eth1; do run ip link set $i up; done
wait_for "link" 15 carrier eth0
wait_for "link" 15 carrier eth1
check "there is an IOMMU" test -e /sys/class/iommu/dmar0
nmcheck -i eth1 -f rx -n 200 --strict > /tmp/rx.json &
RX=$!
wait_until 10 sh -c "grep -q \"pid\" /sys/kernel/debug/netmap/ports"
group() { readlink -f "/sys/class/net/$1/device/iommu_group"; }
check "the NICs are in IOMMU groups of their own" test "$(group eth0)" != "$(group eth1)"
check "native, IOMMU: sends" nmcheck -i eth0 -f tx -n 200 -l 1000
wait $RX
equal "native, IOMMU: received in order" 0 $?
check "extmem native" extmem nmsink0 eth0 eth1

# Random slots and positions in the rings of a NIC that sends and receives: its DMA stays within the buffers.
nmcheck -i eth1 -f rx -n 100000000 > /dev/null &
RX=$!
nmcheck -i eth0 -f tx -n 100000000 > /dev/null &
TX=$!
held() { grep -q "\"pid\":$1," /sys/kernel/debug/netmap/ports; }
wait_for "a receiver" 10 held $RX
wait_for "a sender" 10 held $TX
check "random rings of a NIC under traffic" hostile rings "${SECONDS_EACH:-5}" eth0 eth1
kill $TX $RX
wait $TX $RX 2> /dev/null
nmcheck -i eth1 -f rx -n 200 --strict > /tmp/rx.json &
RX=$!
wait_until 10 held $RX
check "after random rings: sends" nmcheck -i eth0 -f tx -n 200 -l 1000
wait $RX
equal "after random rings: received in order" 0 $?
check "unload" rmmod r8169
check "unload netmap" rmmod netmap
