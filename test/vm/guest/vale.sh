# Switches: names, persistent ports, an attached NIC; frames that prove their content through a switch and a wire.
#
#     [program] vale0:a --- vale0 --- eth0 ~~~ hub ~~~ eth1 [program]
must "load netmap" insmod /netmap.ko
must "load the driver" insmod /r8169.ko
run ip link set eth0 up
run ip link set eth1 up
run vale eth0
modprobe af_packet
run valerules eth0
run persistent 1500 "$SEED"
run vnet
wait_for "link of eth0" 60 carrier eth0
wait_for "link of eth1" 60 carrier eth1
check "attach eth0" valectl attach vale0:eth0
# a NIC can lose frames that come faster than its wire
nmcheck -i eth1 -f rx -n 5000 -w 150000 -t 10000 > /tmp/rx & RX=$!
nmcheck -i vale0:a -f rx -n 5000 -w 150000 -t 10000 > /tmp/back & BACK=$!
must "eth1 receives" wait_until 60 maps_netmap $RX
must "and vale0:a" wait_until 60 maps_netmap $BACK
check "from the switch to the wire" nmcheck -i vale0:b -f tx -n 5000 -b 8 -w 60000
all_sent $RX
all_sent $BACK
wait $RX
equal "undamaged, none twice" 0 $?
cat /tmp/rx
wait $BACK
equal "and to the other port" 0 $?
cat /tmp/back
nmcheck -i vale0:a -f rx -n 2000 -w 150000 -t 10000 > /tmp/rx & RX=$!
must "vale0:a receives" wait_until 60 maps_netmap $RX
check "from the wire to the switch" nmcheck -i eth1 -f tx -n 2000 -b 64 -w 60000
all_sent $RX
wait $RX
equal "undamaged, none twice, from the wire" 0 $?
cat /tmp/rx
check "in order, from the wire" grep -q '"outOfOrder":0,' /tmp/rx
check "and not a few" test "$(last_number ok /tmp/rx)" -gt 20
# A thread looks for packets instead of the NIC's interrupts, which this driver cannot turn off: both do.
for round in 1 2; do
	check "round $round: a thread polls the NIC" valectl poll vale0:eth0 1 0 1
	nmcheck -i vale0:a -f rx -n 2000 -w 150000 -t 10000 > /tmp/rx & RX=$!
	must "round $round: vale0:a receives" wait_until 60 maps_netmap $RX
	check "round $round: from the wire to the switch" nmcheck -i eth1 -f tx -n 2000 -b 64 -w 60000
	all_sent $RX
	wait $RX
	equal "round $round: undamaged, none twice" 0 $?
	check "round $round: and not a few" test "$(last_number ok /tmp/rx)" -gt 20
	[ $round = 2 ] || check "the thread ends" valectl unpoll vale0:eth0 1 0 1
done
check "remove the driver under the switch, which is polled" rmmod r8169
check "unload netmap" rmmod netmap
