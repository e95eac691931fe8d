# SPDX-License-Identifier: BSD-2-Clause
# A program whose memory is not there holds up itself alone.
must "load netmap" insmod /netmap.ko
run ip link set lo up
for kind in indirect csb extmem; do
	run pagefaults $kind
done
run indirect
check "unload netmap" rmmod netmap
