# The applications on pipes of eth0, in one machine:
#
#     [sender] -> eth0{N | eth0}N -> [application] -> eth0{M | eth0}M -> [receiver]
#
# nmcheck sends and receives frames that prove their content.

PORT=netmap:eth0
T=/tmp

# The value of a key in a JSON line.
json() { sed -n "s/.*\"$2\":\([-0-9.a-z]*\).*/\1/p" "$1" | tail -n 1; }
# between NAME LOW HIGH VALUE
between() { check "$1 ($4 in $2..$3)" awk "BEGIN { exit !($4 >= $2 && $4 <= $3) }"; }
# timed NAME LOW HIGH COMMAND: the command's last line lies between. A busy host may disturb a
# measurement, so there are three tries; an error in the program disturbs all of them.
timed() {
  for try in 1 2 3; do
    "$4" > $T/timed
    value=$(tail -n 1 $T/timed)
    awk "BEGIN { exit !($value >= $2 && $value <= $3) }" && break
    echo "try $try: $value"
  done
  between "$1" "$2" "$3" "$value"
}
# A program in the background; its id in $pid.
background() { log=$1; shift; echo "+ $* &"; "$@" > "$log" 2> "$log.err" & pid=$!; }
# Until a program says it is ready, in its log.
ready() { wait_until 10 grep -q "$2" "$1.err"; }
stop() { kill -INT "$1"; wait "$1"; }

must "netmap.ko loads" insmod /netmap.ko
must "the patched r8169 loads" insmod /r8169.ko
must "eth0 comes up" ip link set eth0 up
wait_for "its link too" 10 carrier eth0

# ---- pkt-gen ----

background $T/rx pkt-gen -i $PORT}1 -f rx -n 50000 -w 0 -W -T 200
ready $T/rx "waiting for initial"
run pkt-gen -i $PORT{1 -f tx -n 50000 -w 0 -T 200 > $T/tx 2> $T/tx.err
wait $pid
check "pkt-gen tx counts" grep -q '^Sent 50000 packets 3000000 bytes [0-9]* events 60 bytes each in [0-9.]* seconds.$' $T/tx
check "pkt-gen rx counts" grep -q '^Received 50000 packets 3000000 bytes [0-9]* events 60 bytes each in [0-9.]* seconds.$' $T/rx
check "pkt-gen tx banner" grep -q '^Sending on netmap:eth0{1: 1 queues, 1 threads and 1 cpus.$' $T/tx
check "pkt-gen rx banner" grep -q '^Receiving from netmap:eth0}1: 1 queues, 1 threads and 1 cpus.$' $T/rx
check "pkt-gen speed line" grep -q '^Speed: .*pps Bandwidth: .*bps (raw .*bps). Average batch: [0-9.]* pkts$' $T/rx
check "pkt-gen periodic line" grep -Eq 'main_thread \[[0-9]+\] [0-9.]+ [KMG]?pps \([0-9.]+ [KMG]?pkts [0-9.]+ [KMG]?bps in [0-9]+ usec\) [0-9.]+ avg_batch [0-9]+ min_space$' $T/tx.err

rate() {
  background $T/rx pkt-gen -i $PORT}1 -f rx -w 0 --json -W -T 500
  ready $T/rx "waiting for initial"
  run pkt-gen -i $PORT{1 -f tx -n 8000 -R 2000 -w 0 --json > $T/tx 2> $T/tx.err
  wait $pid
  json $T/tx pps
}
timed "rate: 2000 pps within 1 %" 1980 2020 rate
equal "rate: all arrive" 8000 "$(json $T/rx packets)"

background $T/rx pkt-gen -i $PORT}1 -f rx -w 0 --json -W -T 200
ready $T/rx "waiting for initial"
run pkt-gen -i $PORT{1 -f tx -n 4000 -l 5000 -w 0 -T 200 > $T/tx 2> $T/tx.err
wait $pid
equal "frames longer than a buffer are packets" 4000 "$(json $T/rx packets)"
equal "and all their bytes arrive" 20000000 "$(json $T/rx bytes)"

background $T/rx pkt-gen -i $PORT}1 -f rx -n 40 -X -w 0 -T 100
ready $T/rx "waiting for initial"
run pkt-gen -i $PORT{1 -f tx -n 40 -s 10.0.0.1:1-10.0.0.2:4 -w 0 -T 100 > $T/tx 2> $T/tx.err
wait $pid
# bytes 26..35 of the frame: the second line of each packet ends with the source's first bytes
check "ranges: ports run first" grep -q '   32: 00 01 00 04 04 d2' $T/rx
check "ranges: then addresses" grep -q '   16: .* 0a 00 00 02 0a 01 ' $T/rx

background $T/rx pkt-gen -i $PORT}1 -f rxseq -w 0 -W -T 200 --json
ready $T/rx "waiting for initial"
background $T/tx pkt-gen -i $PORT{1 -f txseq -R 5000 -w 0 -T 200 --json
txseq=$pid
wait_until 10 grep -q '"packets":[1-9]' $T/rx
sleep 1
stop $txseq
wait
check "numbered slots: no gap, no disorder" sh -c "! grep -q Sequence $T/rx.err"
check "numbered slots: some arrived" test "$(json $T/rx packets)" -gt 1000

background $T/pong pkt-gen -i $PORT}1 -f pong -w 0
pong=$pid
background $T/ping pkt-gen -i $PORT{1 -f ping -n 500 -w 0 -T 200 --json --report
wait $pid
stop $pong
equal "ping: every one is answered" 500 "$(sed -n 's/.*"rtt":{"count":\([0-9]*\).*/\1/p' $T/ping)"
check "ping: the classic line" grep -q 'RTT over 500 packets: min [0-9]* av [0-9]* ns' $T/ping.err

# ---- bridge ----

for how in "" "-c"; do
  background $T/bridge bridge $how -w 0 -i $PORT}1 -i $PORT{2 --json
  bridge=$pid
  ready $T/bridge "Ready to go"
  background $T/check nmcheck -i eth0}2 -f rx -n 20000 --strict
  sleep 1
  check "bridge $how: sent" nmcheck -i eth0{1 -f tx -n 20000 -l 300
  check "bridge $how: all arrive in order and unharmed" wait $pid
  stop $bridge
  equal "bridge $how: counts" 20000 "$(json $T/bridge forwardedAB)"
  equal "bridge $how: zero copy" "$(test -z "$how" && echo true || echo false)" "$(json $T/bridge zeroCopy)"
done

# ---- lb ----

background $T/lb lb -i $PORT}9 -p eth0:3 -B 500 -w 0 -o 1
lb=$pid
wait_until 10 sh -c "test \$(grep -c 'zerocopy enabled' $T/lb.err) = 3"
pids=
for k in 0 1 2; do
  background $T/lb$k pkt-gen -i $PORT}$k -f rx -w 0 -W -T 300 --json
  pids="$pids $pid"
  ready $T/lb$k "waiting for initial"
done
# 3000 flows, each sent four times
run pkt-gen -i $PORT{9 -f tx -n 12000 -s 10.0.0.1:1000-10.0.0.1:3999 -R 12000 -w 0 > /dev/null 2>&1
for id in $pids; do wait $id; done
stop $lb
sum=0
for k in 0 1 2; do
  n=$(json $T/lb$k packets)
  between "lb: pipe $k gets its share of the flows" 2800 5200 "$n"
  sum=$((sum + n))
done
equal "lb: nothing is lost" 12000 "$sum"
check "lb: says so" grep -q '^12000 packets forwarded.  0 packets dropped. Total 12000$' $T/lb
check "lb: gives its buffers back" grep -q 'added 500 buffers to netmap free list' $T/lb.err
check "lb: statistics" grep -q '"interface":"netmap:eth0}9","output_ring":null,"packets_received":' $T/lb

# one pipe without a consumer: its ring fills, then the extra buffers, then packets are dropped
background $T/lb lb -i $PORT}9 -p eth0:1 -B 300 -w 0
lb=$pid
ready $T/lb "zerocopy enabled"
run pkt-gen -i $PORT{9 -f tx -n 5000 -R 10000 -w 0 > /dev/null 2>&1
stop $lb
sed -n 's/ packets//g; s/forwarded\.//; s/dropped\.//; s/Total//p' $T/lb > $T/lb.counts
read -r forwarded dropped total < $T/lb.counts
between "lb: a full pipe takes a ring of packets" 200 600 "$forwarded"
between "lb: the rest is dropped, but for the queue" 4000 4800 "$dropped"
check "lb: buffers of the queue come back too" grep -q 'added 300 buffers to netmap free list' $T/lb.err

# ---- nmreplay ----

replay() {
  background $T/check nmcheck -i eth0}1 -f rx -n 500 -t 3000
  check=$pid
  sleep 1
  background $T/replay nmreplay -f /capture.pcap -i $PORT{1
  replay=$pid
  wait $check
  stop $replay
  json $T/check seconds
}
# 500 packets, one each 2 ms
timed "nmreplay: recorded timing" 0.97 1.03 replay
cat $T/check
check "nmreplay: every packet, byte for byte" grep -q '"ok":500,"bad":0,' $T/check

shaped() {
  background $T/rx pkt-gen -i $PORT}1 -f rx -n 5000 -w 0 -T 200 --json
  ready $T/rx "waiting for initial"
  rx=$pid
  background $T/replay nmreplay -f /capture.pcap -i $PORT{1 -B 2400k -L 0.5
  replay=$pid
  wait $rx
  stop $replay
  json $T/rx seconds
}
# 300-byte packets on 2.4 Mbit/s: 1000 a second
timed "nmreplay: bandwidth" 4.9 5.1 shaped
check "nmreplay: loss" sh -c "grep -q 'plr nominal 5.000000e-01 actual [45]\.[0-9]*e-01' $T/replay.err"

# ---- tlem ----

background $T/tlem tlem -i $PORT}1 -i $PORT{2 -D 20m -d 1 --json
tlem=$pid
ready $T/tlem "hold-buf"
background $T/pong pkt-gen -i $PORT}2 -f pong -w 0
pong=$pid
background $T/ping pkt-gen -i $PORT{1 -f ping -n 40 -w 0 -T 200 --json
wait $pid
stop $pong
stop $tlem
between "tlem: 20 ms there and 20 ms back" 40000000 48000000 "$(sed -n 's/.*"rtt":{"count":[0-9]*,"min":\([0-9]*\).*/\1/p' $T/ping)"

background $T/tlem tlem -i $PORT}1 -i $PORT{2 -L 0.1 -d 1 --json
tlem=$pid
ready $T/tlem "hold-buf"
background $T/rx pkt-gen -i $PORT}2 -f rx -w 0 -W -T 200 --json
rx=$pid
ready $T/rx "waiting for initial"
run pkt-gen -i $PORT{1 -f tx -n 20000 -R 10000 -w 0 > /dev/null 2>&1
wait $rx
stop $tlem
between "tlem: 10 % loss" 17700 18300 "$(json $T/rx packets)"

line() {
  background $T/tlem tlem -i $PORT}1 -i $PORT{2 -B 2400k -d 1 -Q 1m --json
  tlem=$pid
  ready $T/tlem "hold-buf"
  background $T/rx pkt-gen -i $PORT}2 -f rx -n 3000 -w 0 -T 200 --json
  rx=$pid
  ready $T/rx "waiting for initial"
  run pkt-gen -i $PORT{1 -f tx -n 3000 -l 300 -w 0 > /dev/null 2>&1
  wait $rx
  stop $tlem
  json $T/rx seconds
}
timed "tlem: 3000 packets of 300 bytes on 2.4 Mbit/s" 2.9 3.1 line

background $T/tlem tlem -i $PORT}1 -i $PORT{2 -s $T/session -d 1 -M 100m
tlem=$pid
ready $T/tlem "hold-buf"
check "tlem: a client changes the delay" tlem -s $T/session -D 30m
background $T/pong pkt-gen -i $PORT}2 -f pong -w 0
pong=$pid
background $T/ping pkt-gen -i $PORT{1 -f ping -n 20 -w 0 -T 200 --json
wait $pid
stop $pong
between "tlem: and the new one holds" 60000000 68000000 "$(sed -n 's/.*"rtt":{"count":[0-9]*,"min":\([0-9]*\).*/\1/p' $T/ping)"
check "tlem: more than the maximum is refused" sh -c "! tlem -s $T/session -D 2"
check "tlem: a client stops it" tlem -s $T/session -a
check "tlem: it ends well" wait $tlem

# ---- dedup ----

for how in "" "-H" "-c" "-H -c"; do
  background $T/dedup dedup -i $PORT}1 -i $PORT{2 -W 900000 -w 0 $how --json
  dedup=$pid
  ready $T/dedup "Ready to go"
  background $T/rx pkt-gen -i $PORT}2 -f rx -w 0 -W -T 200 --json
  rx=$pid
  ready $T/rx "waiting for initial"
  # 5 different packets, 40 times each, all within the window
  run pkt-gen -i $PORT{1 -f tx -n 200 -s 10.0.0.1:1-10.0.0.1:5 -w 0 -T 50 > /dev/null 2>&1
  sleep 2
  stop $dedup
  wait $rx
  equal "dedup $how: one of each arrives" 5 "$(json $T/rx packets)"
  equal "dedup $how: the others are duplicates" 195 "$(json $T/dedup duplicates)"
done
