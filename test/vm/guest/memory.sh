# SPDX-License-Identifier: BSD-2-Clause
# Regions in memory of programs, and what is left when they are gone.
must "the module loads" insmod /netmap.ko
modprobe veth
run ip link add v0 type veth peer name v1
run ip link set v0 up
run ip link set v1 up
echo 8 > /proc/sys/vm/nr_hugepages
check "memory of programs" extmem nmsink0 v0 v1
check "and again" extmem nmsink0 v0 v1
equal "all huge pages came back" "$(awk '/HugePages_Total/ { print $2 }' /proc/meminfo)" \
	"$(awk '/HugePages_Free/ { print $2 }' /proc/meminfo)"
check "the module unloads" rmmod netmap
