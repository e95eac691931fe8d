# The applications on pipes of eth0, in one machine; what depends on time is in apps-timing.sh:
#
#     [sender] -> eth0{N | eth0}N -> [application] -> eth0{M | eth0}M -> [receiver]
#
# nmcheck sends and receives frames that prove their content.
. /apps-lib.sh
PORT=netmap:eth0

must "netmap.ko loads" insmod /netmap.ko
must "the patched r8169 loads" insmod /r8169.ko
must "eth0 comes up" ip link set eth0 up
wait_for "its link too" $PATIENCE carrier eth0

# ---- pkt-gen ----

for suffix in "" -b; do
	background $T/rx pkt-gen$suffix -i $PORT}1 -f rx -n 20000 -w 0 -T 200
	mapped $pid
	run pkt-gen$suffix -i $PORT{1 -f tx -n 20000 -w 0 -T 200 > $T/tx 2> $T/tx.err
	wait $pid
	check "pkt-gen$suffix tx counts" grep -q '^Sent 20000 packets 1200000 bytes [0-9]* events 60 bytes each in [0-9.]* seconds.$' $T/tx
	check "pkt-gen$suffix rx counts" grep -q '^Received 20000 packets 1200000 bytes [0-9]* events 60 bytes each in [0-9.]* seconds.$' $T/rx
done
check "pkt-gen tx banner" grep -q '^Sending on netmap:eth0{1: 1 queues, 1 threads and 1 cpus.$' $T/tx
check "pkt-gen rx banner" grep -q '^Receiving from netmap:eth0}1: 1 queues, 1 threads and 1 cpus.$' $T/rx
check "pkt-gen speed line" grep -q '^Speed: .*pps Bandwidth: .*bps (raw .*bps). Average batch: [0-9.]* pkts$' $T/rx
check "pkt-gen periodic line" grep -Eq 'main_thread \[[0-9]+\] [0-9.]+ [KMG]?pps \([0-9.]+ [KMG]?pkts [0-9.]+ [KMG]?bps in [0-9]+ usec\) [0-9.]+ avg_batch [0-9]+ min_space$' $T/tx.err

receiver $T/rx $PORT}1
send $PORT{1 -n 4000 -l 5000
received 4000 $T/rx
equal "frames longer than a buffer are packets" 4000 "$(json $T/rx packets)"
equal "and all their bytes arrive" 20000000 "$(json $T/rx bytes)"

background $T/rx pkt-gen -i $PORT}1 -f rx -n 40 -X -w 0 -T 100
ready $T/rx "waiting for initial"
send $PORT{1 -n 40 -s 10.0.0.1:1-10.0.0.2:4
wait $pid
# bytes 26..35 of the frame: the second line of each packet ends with the source's first bytes
check "ranges: ports run first" grep -q '   32: 00 01 00 04 04 d2' $T/rx
check "ranges: then addresses" grep -q '   16: .* 0a 00 00 02 0a 01 ' $T/rx

receiver $T/rx $PORT}1 -W
send $PORT{1 -n 10
wait_for "pkt-gen -W ends by itself" $PATIENCE grep -q '"event":"end"' $T/rx
check "and ends well" wait $rx

background $T/rx pkt-gen -i $PORT}1 -f rxseq -w 0 -T 200 --json
rx=$pid
ready $T/rx "waiting for initial"
background $T/tx pkt-gen -i $PORT{1 -f txseq -R 5000 -w 0 -T 200 --json
txseq=$pid
wait_for "numbered slots: some arrived" $PATIENCE enough 1000 $T/rx
stop $txseq
stop $rx
check "numbered slots: no gap, no disorder" sh -c "! grep -q Sequence $T/rx.err"

for suffix in "" -b; do
	background $T/pong pkt-gen$suffix -i $PORT}1 -f pong -w 0
	pong=$pid
	mapped $pong
	background $T/ping pkt-gen$suffix -i $PORT{1 -f ping -n 200 -w 0 -T 200 --json --report
	wait $pid
	stop $pong
	equal "ping$suffix: every one is answered" 200 "$(rtt count $T/ping)"
done
background $T/pong pkt-gen -i $PORT}1 -f pong -w 0
pong=$pid
mapped $pong
run pkt-gen -i $PORT{1 -f ping -n 100 -w 0 -T 200 --report > $T/histogram 2> /dev/null
stop $pong
check "ping: a report of all replies" grep -Eq '^RTT of 100 replies \(ns\): min [0-9]+ average [0-9]+ max [0-9]+$' $T/histogram
check "ping: percentiles" grep -Eq '^p50 [0-9]+  p90 [0-9]+  p99 [0-9]+  p99.9 [0-9]+  p99.99 [0-9]+$' $T/histogram
equal "ping: the histogram has them all" 100 "$(awk '/^ *[0-9]+\.\.[0-9]+ / { n += $2 } END { print n }' $T/histogram)"
check "ping: the classic line" grep -q 'RTT over 200 packets: min [0-9]* av [0-9]* ns' $T/ping.err

background $T/rx pkt-gen -v -a 1 -c 0 -i $PORT}1 -f rx -w 0 -T 200
ready $T/rx "waiting for initial"
check "pinned to a processor" grep -q '^Cpus_allowed_list:.1$' /proc/$pid/task/*/status
check "verbose: what the port has" grep -q 'nifp at offset [0-9]*, 1 tx 1 rx rings' $T/rx.err
check "all processors" grep -q 'Receiving from .* and 2 cpus' $T/rx
stop $pid
check "^C: nothing was received" grep -q '^Received nothing.$' $T/rx

# ---- bridge ----

# forwards NAME COMMAND...: 5000 frames go through a bridge
forwards()
{
	name=$1
	shift
	app $T/bridge "Ready to go" "$@"
	checker $T/check eth0}2 5000 --strict
	check "$name: sent" nmsend eth0{1 -n 5000 -l 300
	arrive "$name: all arrive in order and unharmed"
	stop $app
}
for how in "" "-c" "-b 7"; do
	forwards "bridge $how" bridge $how -w 0 -i $PORT}1 -i $PORT{2 --json
	equal "bridge $how: counts" 5000 "$(json $T/bridge forwardedAB)"
	equal "bridge $how: zero copy" "$(test "$how" = -c && echo false || echo true)" "$(json $T/bridge zeroCopy)"
done
forwards "bridge-b" bridge-b -w 0 -i $PORT}1 -i $PORT{2 --json
equal "bridge-b: counts" 5000 "$(json $T/bridge forwardedAB)"
forwards "bridge, each packet logged" bridge -v -v -w 0 $PORT}1 $PORT{2 1000
check "bridge: of each packet" grep -q 'eth0}1:nic --> eth0{2:nic: fwd len 300, rx\[0\] -> tx\[0\]' $T/bridge.err
check "bridge: of each poll" grep -q 'poll ok \[0\] ev 1 1 rx' $T/bridge.err
app $T/bridge "Ready to go" bridge -L -w 0 -i $PORT}1
run pkt-gen -i $PORT{1 -f ping -n 50 -w 0 -T 100 --json > $T/ping 2> $T/ping.err
stop $app
equal "bridge: what one port sends comes back" 50 "$(rtt count $T/ping)"

# ---- lb ----

# pipes COUNT: until lb has opened so many
pipes() { wait_until $PATIENCE sh -c "test \$(grep -c 'zerocopy enabled' $T/lb.err) = $1"; }

app $T/lb "zerocopy enabled" lb -i $PORT}9 -p eth0:3 -B 12000 -w 0 -o 1
pipes 3
pids=
for k in 0 1 2; do
	receiver $T/lb$k $PORT}$k
	pids="$pids $rx"
done
# 3000 flows, each sent four times
send $PORT{9 -n 12000 -s 10.0.0.1:1000-10.0.0.1:3999 -R 12000
wait_until $PATIENCE enough 12000 $T/lb0 $T/lb1 $T/lb2
for id in $pids; do stop $id; done
stop $app
sum=0
for k in 0 1 2; do
	n=$(json $T/lb$k packets)
	between "lb: pipe $k gets its share of the flows" 2800 5200 "$n"
	sum=$((sum + n))
done
equal "lb: nothing is lost" 12000 "$sum"
check "lb: says so" grep -q '^12000 packets forwarded.  0 packets dropped. Total 12000$' $T/lb
check "lb: gives its buffers back" grep -q 'added 12000 buffers to netmap free list' $T/lb.err
check "lb: statistics" grep -q '"interface":"netmap:eth0}9","output_ring":null,"packets_received":' $T/lb

# a flow keeps its order, and one pipe: all frames of nmcheck are of one flow
app $T/lb "zerocopy enabled" lb -i $PORT}9 -p eth0:2 -B 2000 -w 0 --json
pipes 2
checker $T/check eth0}0 2000 --strict
one=$checker
checker $T/check1 eth0}1 2000 --strict
check "lb: sent" nmsend eth0{9 -n 2000
wait_until $PATIENCE sh -c "test -s $T/check || test -s $T/check1"
kill -INT $one $checker 2> /dev/null
wait $one
first=$?
wait $checker
second=$?
equal "lb: a flow arrives in one pipe, whole, in order" "01" "$(echo "$first$second" | sed 's/10/01/')"
stop $app
equal "lb: the summary in JSON" '{"event":"end","port":"netmap:eth0}9","received":2000,"forwarded":2000,"dropped":0,"notIp":0}' "$(cat $T/lb)"

# Five hundred flows, their frames in turn, over three pipes. flows NAME FIRST THEN: each is in one pipe, complete and
# in order, whether the consumers are there while frames come, or find full rings and queues.
consumers()
{
	ids=
	for k in 0 1 2; do
		checker $T/check$k eth0}$k 20000 --flows 500
		ids="$ids $checker"
	done
}
sent() { check "lb: flows sent" nmsend eth0{9 -n 20000 --flows 500; }
# lb says so in two reports: between them it has synced the pipes
forwarded() { [ "$(grep -c '"output_ring":null,.*"packets_forwarded":20000,' $T/lb)" -ge 2 ]; }
flows()
{
	app $T/lb "zerocopy enabled" lb -i $PORT}9 -p eth0:3 -B 20000 -w 0 -o 1
	pipes 3
	$2
	$3
	wait_for "$1: all are forwarded" $PATIENCE forwarded
	for id in $ids; do
		stop $id
		equal "$1: every flow of a pipe is whole and in order" 0 $?
	done
	equal "$1: nothing is lost" 20000 $(($(json $T/check0 ok) + $(json $T/check1 ok) + $(json $T/check2 ok)))
	equal "$1: each flow is in one pipe" 500 \
		$(($(json $T/check0 flows) + $(json $T/check1 flows) + $(json $T/check2 flows)))
	for k in 0 1 2; do check "$1: pipe $k has flows" test "$(json $T/check$k flows)" -gt 0; done
	stop $app
}
flows "lb, many flows" consumers sent
flows "lb, many flows, late consumers" sent consumers

# chained groups, waiting actively, statistics to syslog
syslogd -O $T/syslog
app $T/lb "zerocopy enabled" lb -i $PORT}9 -p one:2 -p two:1 -B 2000 -b 16 -w 0 -W -s 1
pipes 3
check "lb: the batch is heard" grep -q 'batch is 16' $T/lb.err
pids=
for pipe in one}0 one}1 two}0; do
	receiver $T/$pipe netmap:$pipe
	pids="$pids $rx"
done
send $PORT{9 -n 1000 -s 10.0.0.1:1000-10.0.0.1:1999 -R 2000
# the slot of a pipe's last packet stays the kernel's until the next packet follows
wait_until $PATIENCE enough 1000 $T/one}0 $T/one}1
wait_until $PATIENCE enough 998 $T/two}0
for id in $pids; do stop $id; done
equal "lb: the first group gets all packets" 1000 $(($(json $T/one}0 packets) + $(json $T/one}1 packets)))
equal "lb: released ones move on to the second group" 998 "$(json $T/two}0 packets)"
wait_for "lb: statistics in syslog" $PATIENCE grep -q 'lb\[[0-9]*\]: {"ts":.*"interface":"netmap:eth0}9","output_ring":null,"packets_received":1000' $T/syslog
stop $app
check "lb: each group counts" grep -q '^1998 packets forwarded.  0 packets dropped. Total 1998$' $T/lb

# one pipe without a consumer: its ring fills, then the extra buffers, then packets are dropped
app $T/lb "zerocopy enabled" lb -i $PORT}9 -p eth0:1 -B 300 -w 0
send $PORT{9 -n 5000 -R 10000
stop $app
sed -n 's/ packets//g; s/forwarded\.//; s/dropped\.//; s/Total//p' $T/lb > $T/lb.counts
read -r forwarded dropped total < $T/lb.counts
between "lb: a full pipe takes a ring of packets" 200 600 "$forwarded"
between "lb: the rest is dropped, but for the queue" 4000 4800 "$dropped"
check "lb: buffers of the queue come back too" grep -q 'added 300 buffers to netmap free list' $T/lb.err

# ---- nmreplay ----

checker $T/check eth0}1 500
background $T/replay nmreplay -v -f /capture.pcap -i $PORT{1 -B 100m -D uniform,1m,2m -b 16 -C 0 -w 1 --json
replay=$pid
# what comes after the last one is the first of the next round
wait $checker
stop $replay
check "nmreplay: every packet, byte for byte" grep -q '"ok":500,"bad":0,' $T/check
check "nmreplay: counts" test "$(json $T/replay packets)" -ge 500
check "nmreplay: the processor asked for" grep -q 'running on cores 0 1 2 3' $T/replay.err
background $T/rx pkt-gen -i $PORT}1 -f rx -n 1000 -w 0 -T 200 --json
mapped $pid
rx=$pid
background $T/replay nmreplay -f /capture.pcap -i $PORT{1 -B 100m -L 0.5
replay=$pid
wait $rx
ready $T/replay 'plr nominal'
stop $replay
check "nmreplay: loss" grep -q 'plr nominal 5.000000e-01 actual [45]\.[0-9]*e-01' $T/replay.err

# ---- tlem ----

# through NAME COUNT COMMAND...: frames of nmcheck go through tlem; what came of them is in $T/check
through()
{
	name=$1 count=$2
	shift 2
	app $T/tlem "hold-buf" "$@" -i $PORT}1 -i $PORT{2 -d 1000
	checker $T/check eth0}2 "$count"
	check "$name: sent" nmsend eth0{1 -n "$count"
	wait_until $PATIENCE dealt_with "$count"
	stop $app
	equal "$name: nobody left the line with an error" 0 $?
	stop $checker
	equal "$name: nothing harmed or repeated" 0 $?
}
# the packets that tlem has sent, in the direction of the first port to the second, and those it has dropped
tlem_counts()
{
	sed -n 's/.*\t\(.* maxq .*\), .* maxq .*/\1/p' $T/tlem.err |
		awk '{ split($9, drops, "/"); sent += $1; dropped += drops[1] + drops[2] } END { print sent + 0, dropped + 0 }'
}
sent_by_tlem() { tlem_counts | sed 's/ .*//'; }
dealt_with() { [ $(($(tlem_counts | tr ' ' +))) -ge "$1" ]; }
through "tlem -D" 1000 tlem -D uniform,0,10m -b 16 -w 1 -C 0,1,0,1 -c -v --json
equal "tlem -D: all arrive" 1000 "$(json $T/check ok)"
equal "tlem -D: in order" 0 "$(json $T/check outOfOrder)"
check "tlem: the processors asked for" grep -q 'running on cores 1->0 1->0' $T/tlem.err
check "tlem --json: a summary" grep -q '"event":"end"' $T/tlem
through "tlem -P" 1000 tlem -D uniform,0,50m -P 1
check "tlem -P: what would be overtaken is dropped" test "$(json $T/check missing)" -gt 300
equal "tlem -P: the rest is in order" 0 "$(json $T/check outOfOrder)"
through "tlem -R" 2000 tlem -R 0.2,100m
equal "tlem -R: all arrive" 2000 "$(json $T/check ok)"
between "tlem -R: a fifth is overtaken" 250 500 "$(json $T/check outOfOrder)"
# one packet more each 12 ms that the sender needs
queued() { through "tlem -Q" 1000 tlem -B 40k -Q 6000 && json $T/check ok; }
timed "tlem -Q: a queue of 6000 bytes holds a hundred packets" 90 140 queued
echo 32 > /proc/sys/vm/nr_hugepages
app $T/tlem "hold-buf" tlem -H -H -B 10m -D 10m -d 10 -i $PORT}1 -i $PORT{2
check "tlem -H: huge pages" grep -q 'KernelPageSize: *2048 kB' /proc/$app/smaps
stop $app
echo 0 > /proc/sys/vm/nr_hugepages
says "tlem -H -H: or nothing" 1 'alloc .* bytes for queue failed' tlem -H -H -B 10m -D 10m -i $PORT}1 -i $PORT{2
background $T/tlem tlem -q -D 1m -d 1000 -i $PORT}1 -i $PORT{2
app=$pid
checker $T/check eth0}2 500 --strict
mapped $app
check "tlem -q: sent" nmsend eth0{1 -n 500
arrive "tlem -q: all arrive"
stop $app
check "tlem -q: says nothing" sh -c "! grep -q hold-buf $T/tlem.err"

app $T/tlem "hold-buf" tlem -i $PORT}1 -i $PORT{2 -L 0.1 -d 1000 --json
receiver $T/rx $PORT}2
send $PORT{1 -n 20000
wait_until $PATIENCE dealt_with 20000
received "$(sent_by_tlem)" $T/rx
stop $app
equal "tlem: what it says" "$(json $T/rx packets)" "$(sed -n 's/.*"forward":{[^}]*"sent":\([0-9]*\).*/\1/p' $T/tlem)"
between "tlem: 10 % loss" 17700 18300 "$(json $T/rx packets)"

# ---- dedup ----

# copies OPTIONS: 5 different packets, 40 times each, all within the window. dedup has taken what pkt-gen has sent, and
# sends what it holds when it ends.
copies()
{
	app $T/dedup "Ready to go" dedup -v -i $PORT}1 -i $PORT{2 -w 0 -W 1000000000 "$@" --json
	receiver $T/rx $PORT}2
	send $PORT{1 -n 200 -s 10.0.0.1:1-10.0.0.1:5
	stop $app
	received "$expected" $T/rx
	equal "dedup $*: $expected arrive" "$expected" "$(json $T/rx packets)"
	equal "dedup $*: passed on" "$expected" "$(json $T/dedup forwarded)"
	equal "dedup $*: duplicates" $((200 - expected)) "$(json $T/dedup duplicates)"
}
expected=5
copies
copies -c
copies -H
copies -H -c
# it remembers less packets than there are different ones
expected=200
copies -F 3
# the same packet again after the window
for how in "" "-H"; do
	app $T/dedup "Ready to go" dedup -i $PORT}1 -i $PORT{2 -W 1000 -w 0 --json $how
	receiver $T/rx $PORT}2
	# each is sent when the one before has arrived, by a program that needs longer than that to start
	for n in 1 2 3; do
		send $PORT{1 -n 1
		wait_until $PATIENCE enough $n $T/rx
	done
	stop $rx
	stop $app
	equal "dedup $how: what comes again after the window is passed on" 3 "$(json $T/rx packets)"
done
app $T/dedup "Ready to go" dedup -i $PORT}1 -i $PORT{2 -W 1000000000 -F 200 -w 0
checker $T/check eth0}2 300 --strict
check "dedup: sent" nmsend eth0{1 -n 300 -l 1000
arrive "dedup: different packets pass, unharmed"
stop $app
