# SPDX-License-Identifier: BSD-2-Clause
# A transmitter of the 8139C+ that stops while netmap has its rings: the driver resets it, as the stack's watchdog would.
#
#     [eth0] --- hub --- [eth1]

# command VALUE: writes the chip's command register (0x37 of the second BAR) behind the driver's back; without one, reads.
command()
{
	_bar=$(sed -n '2s/ .*//p' /sys/class/net/eth0/device/resource)
	devmem $((_bar + 0x37)) 8 $1
}

timeouts()
{
	dmesg | grep -c 'netmap: transmit timeout'
}

must "the patched 8139cp loads" insmod /8139cp.ko
links_up eth0 eth1
endless eth1 eth0
equal "no transmit timeout while frames flow" 0 "$(timeouts)"
command $(($(command) & ~4))
wait_for "a chip that does not send is noticed" 60 eval '[ $(timeouts) -ge 1 ]'
wait_for "its transmitter is on again" 60 eval '[ $(($(command) & 4)) -ne 0 ]'
kill_both
check "frames are sent again" nmcheck -i eth0 -f tx -n 1000 -w 60000
equal "it hung once" 1 "$(timeouts)"
peers_ping "at the end" eth0 eth1
check "the driver unloads" rmmod 8139cp
