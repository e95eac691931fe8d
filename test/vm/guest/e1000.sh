# SPDX-License-Identifier: BSD-2-Clause
# The native e1000 on QEMU's 82540EM. The caller sets COUNT, the number of frames each way.
#
#     [eth0] --- hub --- [eth1]

# register IF OFFSET [VALUE]: reads or writes a register of the chip behind the driver's back.
register()
{
	_bar=$(sed -n '1s/ .*//p' "/sys/class/net/$1/device/resource")
	devmem $((_bar + $2)) 32 $3
}

timeouts()
{
	dmesg | grep -c 'netmap: transmit timeout'
}

resets()
{
	dmesg | grep -c 'Reset adapter'
}

must "the patched e1000 loads" insmod /e1000.ko
links_up eth0 eth1
peers_ping "before netmap" eth0 eth1
both_ways "e1000" eth0 eth1 "$COUNT:60" $((COUNT / 20)):1514 1000:61
flood "flood" eth0 eth1 20000 60

check "10 times netmap mode on and off while up" nmopen eth0 10
ip link set eth0 down
check "20 times while down" nmopen eth0 20
ethtool -G eth0 rx 1024 tx 512
# frames in several slots, the last of them a part of the FCS
ip link set eth0 mtu 9000
ip link set eth1 mtu 9000
links_up eth0 eth1
both_ways "jumbo, other rings" eth0 eth1 10000:60 100:2044 100:2045 100:2047 100:2049 100:4095 1000:8999
ip link set eth0 mtu 1500
ip link set eth1 mtu 1500
links_up eth0 eth1

endless eth1 eth0
check "the interface goes down under traffic" ip link set eth0 down
check "and up" ip link set eth0 up
must "it has a link" wait_until 60 carrier eth0
check "the MTU changes under traffic" ip link set eth1 mtu 1400
must "the link is back" wait_until 60 carrier eth1
check "and back" ip link set eth1 mtu 1500
check "the driver resets the chip under traffic" ethtool -r eth0
must "the link of eth0 is back after it" wait_until 60 carrier eth0
must "and that of eth1" wait_until 60 carrier eth1
check "rings cannot change meanwhile" eval '! ethtool -G eth0 rx 256'
register eth0 0x400 $(($(register eth0 0x400) & ~2))
wait_for "a chip that does not send is noticed" 60 eval '[ $(timeouts) -ge 1 ]'
wait_for "and reset" 60 eval '[ $(resets) -ge 1 ]'
must "it has a link after that" wait_until 60 carrier eth0
kill_both
both_ways "after programs killed in flight" eth0 eth1 10000:60
peers_ping "at the end" eth0 eth1

nmopen eth1 hold /tmp/held &
HOLDER=$!
must "a program holds eth1" wait_until 60 test -e /tmp/held
check "the driver can be unloaded all the same" rmmod e1000
wait $HOLDER
equal "the program sees an error" 3 $?
