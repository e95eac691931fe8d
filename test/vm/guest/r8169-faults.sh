# SPDX-License-Identifier: BSD-2-Clause
# A receiver that stops, links that flap, a transmitter that hangs, frames that are too long or marked bad: the driver
# recovers, and the NIC never gets a buffer that user space holds (the model sees every DMA address).
. /r8169.sh
load_native
links_up

flap()
{
	nic_cable "$B" 0
	must "$1: the link is down" wait_until 90 no_carrier eth1
	nic_cable "$B" 1
	must "$1: the link is up" wait_until 90 carrier eth1
}

# A steady stream until /tmp/quiet exists.
stream()
{
	rm -f /tmp/quiet
	while [ ! -e /tmp/quiet ]; do
		nmcheck -i eth0 -f tx -n 3000 > /dev/null
		usleep 5000
	done
}

ring_full()
{
	[ "$(nic_stat "$B" rx_drop_fifo)" -gt "$DROPPED" ]
}

# --- all slots held, 3 s and more, through a link flap; then slots come and go at random
DROPPED=$(nic_stat "$B" rx_drop_fifo)
nmhold -i eth1 -p "$B" -f /tmp/full -u /tmp/stop > /tmp/hold.json &
HOLD=$!
must "a program holds the ring" wait_until 90 maps_netmap $HOLD
stream &
STREAM=$!
must "the ring of a program that stopped is full" wait_until 90 ring_full
flap "ring full"
check "3 s more" usleep 3000000
touch /tmp/full
for _round in 1 2 3; do flap "ring in motion, flap $_round"; done
for _fault in rx_crc rx_rwt rx_runt rx_nols rx_bad_len; do
	BAD=$(nic_stat "$B" rx)
	check "bad frames: $_fault" nic_fault "$B" $_fault 7
	must "bad frames: $_fault, traffic goes on" wait_until 90 eval '[ $(nic_stat $B rx) -gt $((BAD + 1000)) ]'
done
touch /tmp/quiet
wait $STREAM
touch /tmp/stop
wait $HOLD
equal "no buffer of user space was touched" 0 $?
cat /tmp/hold.json
equal "35 bad frames are counted as dropped" 35 "$(cat /sys/class/net/eth1/statistics/rx_dropped)"
equal "7 of them as damaged" 7 "$(cat /sys/class/net/eth1/statistics/rx_crc_errors)"
rm -f /tmp/full /tmp/stop

# --- the transmitter hangs in netmap mode: the driver resets it
nic_fault "$A" tx_stall -1
nmcheck -i eth0 -f tx -n 20000 -w 150000 > /tmp/tx.json &
TX=$!
must "a transmit timeout is noticed" wait_until 90 sh -c 'dmesg | grep -q "transmit timeout"'
nic_fault "$A" tx_stall 0
wait $TX
equal "the sender goes on and ends" 0 $?
settle
in_order 5000 60

# --- the stack's transmitter hangs while a program holds all of the RX ring: reset by the stack's watchdog
ip addr add 10.9.0.2/24 dev eth1
nmhold -i eth1 -p "$B" -R -f /tmp/full -u /tmp/stop > /tmp/hold.json &
HOLD=$!
must "RX ring only: a program holds it" wait_until 90 maps_netmap $HOLD
DROPPED=$(nic_stat "$B" rx_drop_fifo)
stream &
STREAM=$!
must "RX ring only: full" wait_until 90 ring_full
RESETS=$(nic_stat "$B" rx_drop_reset)
allow_log 'NETDEV WATCHDOG|transmit queue|dev_watchdog|Call Trace|WARNING: CPU'
nic_fault "$B" tx_stall -1
ping -c 300 -i 0.5 10.9.0.77 > /dev/null 2>&1 &
PING=$!
wait_for "RX ring only: the driver was reset" 90 eval '[ $(nic_stat $B rx_drop_reset) -ne $RESETS ]'
nic_fault "$B" tx_stall 0
kill $PING
touch /tmp/full
BEFORE=$(received "$B")
must "RX ring only: frames come again" wait_until 90 eval '[ $(received $B) -gt $((BEFORE + 3000)) ]'
touch /tmp/quiet
wait $STREAM
touch /tmp/stop
wait $HOLD
equal "RX ring only: no buffer of user space was touched" 0 $?
cat /tmp/hold.json

# --- frames longer than a buffer: from the stack of eth0, which may send 4000 bytes
rm -f /tmp/rx.json
ip link set eth0 mtu 4000
must "the sender takes long frames" wait_until 90 carrier eth0
LONG=$(nic_stat "$B" rx_bad)
OVERSIZE=$(cat /sys/class/net/eth1/statistics/rx_dropped)
LOST=$(dropped "$B")
nmcheck -i eth1 -f rx -n 1000 -w 150000 -t 10000 > /tmp/rx.json &
RX=$!
must "long frames: the receiver is ready" wait_until 90 maps_netmap $RX
check "long frames: 500 sent" pktsock -i eth0 -f tx -n 500 -l 3900 -b 16
check "long frames: short ones in between arrive" pktsock -i eth0 -f tx -n 1000 -l 1000 -b 16 --check
all_sent $RX
wait $RX
equal "long frames: no damaged frame" 0 $?
cat /tmp/rx.json
OK=$(last_number ok /tmp/rx.json)
OVERSIZE=$(($(cat /sys/class/net/eth1/statistics/rx_dropped) - OVERSIZE))
LOST=$(($(dropped "$B") - LOST))
echo "received $OK, refused by the driver $OVERSIZE, lost in the NIC $LOST"
equal "long frames: received, refused and lost make up what was sent" 1500 $((OK + OVERSIZE + LOST))
check "long frames: short ones got through" test "$OK" -gt 0
check "long frames: long ones were refused" test "$OVERSIZE" -gt 0
check "the chip marked them" test "$(nic_stat "$B" rx_bad)" -gt "$LONG"
ip link set eth0 mtu 1500
wait_until 90 carrier eth0
peers_ping "after all faults"
