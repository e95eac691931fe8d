# SPDX-License-Identifier: BSD-2-Clause
# Memory and users: what programs of several users may pin.
must "the module loads" insmod /netmap.ko
chmod 666 /dev/netmap
check "pinned pages count against the user's limit" memlock
check "nothing is left of them" memlock
check "the module unloads" rmmod netmap
