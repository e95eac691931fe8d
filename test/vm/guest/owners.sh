# SPDX-License-Identifier: BSD-2-Clause
# Memory and users: which regions programs of several users may have, and what they may pin.
must "the module loads" insmod /netmap.ko
chmod 666 /dev/netmap
modprobe dummy numdummies=0
run ip link add o0 type dummy
# three global regions at a time: 40 MB each
echo 20000 > /sys/module/netmap/parameters/buf_num
check "regions and their users" owners
check "pinned pages count against the user's limit" memlock
check "nothing is left of them" memlock
check "the module unloads" rmmod netmap
