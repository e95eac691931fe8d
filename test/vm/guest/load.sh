# SPDX-License-Identifier: BSD-2-Clause
# load, status and unload, ordered over a connection through that very NIC; a failure at every step; confirmation.
. /load-setup.sh

# What doctor changes on a real NIC comes back as it was.
nic_state()
{
	ethtool -k eth0
	ethtool -a eth0
	ethtool --show-eee eth0 | grep 'EEE status'
	ip link show eth0 | grep -o '<.*>.*qdisc'
}

nic_state > /nic.before
tool doctor eth0 --build /build --fix > /doctor 2>&1
cat /doctor
check "doctor: modules fit this kernel" grep -q '^ok .*modules of the build folder: 2 for' /doctor
check "doctor: the driver is a module" grep -q '^ok .*eth0: driver: r8169, emulated' /doctor
for feature in scatter-gather rx-vlan-offload generic-receive-offload; do
	check "doctor --fix: $feature is off" sh -c "ethtool -k eth0 | grep -q '^$feature: off'"
done
check "doctor --fix: flow control is off" sh -c "ethtool -a eth0 | grep -q '^RX:.*off'"
check "doctor --fix: promiscuous" sh -c "ip link show eth0 | grep -q PROMISC"
check "doctor --undo" tool doctor --undo
# its link negotiates anew, and may not have begun to
same_nic()
{
	nic_state > /nic.after
	cmp -s /nic.before /nic.after
}
wait_for "doctor --undo: the NIC is as it was" 60 same_nic || diff /nic.before /nic.after

wait_until 60 ip netns exec peer ping -c 1 -W 1 10.0.0.1
: > /reached
over_the_nic load "tool load eth0 --build /build 2>&1"
check "load: says so over the connection" grep -q '^loaded /build/realtek/r8169.ko for eth0' /session
check "load: succeeds" grep -q DONE=0 /session
check "load: the patched driver is there" driver_is patched
STEPS=$(cat /count)
as_before load
longest_silence load

# what fits in a buffer
ip link set lo mtu 1500
pkt-gen -i netmap:lo -f rx -w 0 > /dev/null 2>&1 &
holder=$!
wait_for "pkt-gen holds lo" 60 maps_netmap "$holder"
tool status > /status
kill -INT $holder
wait $holder
ip link set lo mtu 65536
cat /status
check "status: native" grep -q '^eth0  *r8169  *native' /status
check "status: pkt-gen holds lo" grep -q "^lo .* pkt-gen ($holder)" /status
check "status: emulated" grep -q '^lo  *-  *emulated' /status
tool status --json > /status.json
check "status: ports as the module writes them are understood" grep -q '"hostDropped": 0' /status.json
check "status: the driver's file" grep -q '^r8169  *none  */build/realtek/r8169.ko$' /status
check "status: netmap.ko's file" grep -q '^netmap  *none  */build/netmap.ko$' /status

: > /reached
check "unload: succeeds" tool unload
check "unload: the stock driver is back" driver_is stock
check "unload: netmap.ko is gone" test ! -e /sys/module/netmap
as_before unload
longest_silence unload

step=1
while [ $step -le $STEPS ]; do
	echo $step > /fail-at
	: > /reached
	tool load --build /build > /out 2>&1
	status=$?
	echo 0 > /fail-at
	grep forced /out
	equal "failure at step $step of $STEPS: exit status" 1 $status
	check "failure at step $step: told" grep -q 'the former driver is back' /out
	check "failure at step $step: the stock driver is there" driver_is stock
	check "failure at step $step: netmap.ko is gone" test ! -e /sys/module/netmap
	as_before "failure at step $step"
	longest_silence "failure$step"
	step=$((step + 1))
done

: > /reached
tool load --build /build --confirm-within 2 > /out 2>&1
equal "not confirmed: exit status" 1 $?
check "not confirmed: told" grep -q 'nobody confirmed within 2 s' /out
check "not confirmed: the stock driver is back" driver_is stock
as_before "not confirmed"
longest_silence unconfirmed

tool load --build /build --confirm-within 400 > /out 2>&1 &
must "confirmed: it waits" wait_until 300 grep -q waiting /out
check "confirmed: confirm" node /pkg/bin/netmap-configure.js load --confirm
wait $!
equal "confirmed: exit status" 0 $?
check "confirmed: stays" test -e /sys/module/netmap/holders/r8169
check "and goes" tool unload
kill $WATCH
