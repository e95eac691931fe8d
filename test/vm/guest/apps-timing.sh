# What the applications do with time, on pipes of eth0:
#
#     [sender] -> eth0{N | eth0}N -> [application] -> eth0{M | eth0}M -> [receiver]
. /apps-lib.sh
PORT=netmap:eth0

must "netmap.ko loads" insmod /netmap.ko
must "the patched r8169 loads" insmod /r8169.ko
must "eth0 comes up" ip link set eth0 up

# The receiver takes all of them: a host that is busy for a second is no end of packets.
rate()
{
	background $T/rx pkt-gen -i $PORT}1 -f rx -n $2 -w 0 -T 200 --json
	rx=$pid
	ready $T/rx "waiting for initial"
	send $PORT{1 -n $2 -R $1
	wait $rx
	json $T/$3 ${4:-pps}
}
slow() { rate 100 300 tx; }
timed "rate: 100 pps within 1 %" 99 101 slow
medium() { rate 2000 8000 tx; }
timed "rate: 2000 pps within 1 %" 1980 2020 medium
equal "rate: all arrive" 8000 "$(json $T/rx packets)"
received() { rate 10000 40000 rx; }
timed "rate: 10000 pps within 1 %, says the receiver" 9900 10100 received
# Of five packets in 2.5 s the last comes 2 s after the first, unless they wait for each other
own_time() { rate 2 5 rx seconds; }
timed "rate: each packet leaves at its own time" 1.8 2.2 own_time

replay()
{
	checker $T/check eth0}1 500
	background $T/replay nmreplay -f /capture.pcap -i $PORT{1 "$@"
	replay=$pid
	wait $checker
	stop $replay
	json $T/check seconds
}
# 500 packets, one each 2 ms
timed "nmreplay: recorded timing" 0.97 1.03 replay
cat $T/check
check "nmreplay: every packet, byte for byte" grep -q '"ok":500,"bad":0,' $T/check
twice() { replay -B real,2; }
timed "nmreplay: twice as fast" 0.485 0.515 twice

shaped()
{
	background $T/rx pkt-gen -i $PORT}1 -f rx -n 3000 -w 0 -T 200 --json
	mapped $pid
	rx=$pid
	background $T/replay nmreplay -f /capture.pcap -i $PORT{1 -B 2400k
	replay=$pid
	wait $rx
	stop $replay
	json $T/rx seconds
}
# 300-byte packets on 2.4 Mbit/s: 1000 a second
timed "nmreplay: bandwidth" 2.94 3.06 shaped

# round_trip OPTIONS: the smallest time in ns
round_trip()
{
	app $T/tlem "hold-buf" tlem -i $PORT}1 -i $PORT{2 -d 1000 "$@"
	pinged
	stop $app
	rtt min $T/ping
}
pinged()
{
	background $T/pong pkt-gen -i $PORT}2 -f pong -w 0
	pong=$pid
	mapped $pong
	run pkt-gen -i $PORT{1 -f ping -n 20 -w 0 -T 200 --json > $T/ping 2> $T/ping.err
	stop $pong
}
there_and_back() { round_trip -D 20m; }
timed "tlem: 20 ms there and 20 ms back" 40000000 44000000 there_and_back
two_ways() { round_trip -D 30m -D 5m; }
timed "tlem: 30 ms there and 5 ms back" 35000000 39000000 two_ways
offset() { round_trip -D 50m -O 40m; }
timed "tlem -O: 50 ms less 40 ms" 20000000 24000000 offset

line()
{
	app $T/tlem "hold-buf" tlem -i $PORT}1 -i $PORT{2 -B "$@" -d 1000 -Q 1m --json
	background $T/rx pkt-gen -i $PORT}2 -f rx -n 2000 -w 0 -T 200 --json
	rx=$pid
	ready $T/rx "waiting for initial"
	send $PORT{1 -n 2000 -l 300
	wait $rx
	stop $app
	json $T/rx seconds
}
plain() { line 2400k; }
timed "tlem: 2000 packets of 300 bytes on 2.4 Mbit/s" 1.95 2.05 plain
ether() { line ether,2592k; }
timed "tlem: the same with 24 bytes of framing each" 1.95 2.05 ether

app $T/tlem "hold-buf" tlem -i $PORT}1 -i $PORT{2 -s $T/session -d 1000 -M 100m
check "tlem: a client changes the delay" tlem -s $T/session -D 30m
changed() { pinged; rtt min $T/ping; }
timed "tlem: and the new one holds" 60000000 64000000 changed
check "tlem: more than the maximum is refused" sh -c "! tlem -s $T/session -D 2"
check "tlem: a client stops it" tlem -s $T/session -a
check "tlem: it ends well" wait $app
