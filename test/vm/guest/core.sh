# SPDX-License-Identifier: BSD-2-Clause
# The scripts of the core one after the other in one boot; each begins and ends without netmap.ko. For kernels between
# those that have a boot for each: the caller sets SECONDS_EACH, CYCLES and FLOOD.
for script in control life memory emulated hostile; do
	# what ends a script early ends only that one
	(. "/$script.sh")
	for i in v0 m0 d0 tap0; do ip link del $i; done 2> /dev/null
	rmmod e1000 virtio_net vmxnet3 2> /dev/null
	check "$script: netmap.ko is gone" test ! -e /sys/module/netmap
done
