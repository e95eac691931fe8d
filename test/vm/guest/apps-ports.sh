# The applications on interfaces of three kinds:
#
#     [eth0] --- hub 0 --- [eth1]    r8169, native
#     [eth2] --- hub 1 --- [eth3]    e1000, emulated
#     [v0] --- [v1]                  veth, emulated
#
# and, with the host's stack,
#
#     [ns a: 10.1.0.2] va1 --- va0 [tlem -r] vb0 --- vb1 [ns b: 10.2.0.2, behind it 10.4.0.1]
#
# Fewer frames than a ring has slots arrive all, in order.
. /apps-lib.sh
COUNT=200

must "netmap.ko loads" insmod /netmap.ko
must "the patched r8169 loads" insmod /r8169.ko
must "e1000 loads" modprobe e1000
must "veth loads" modprobe veth
modprobe tun
modprobe af_packet
ip link add v0 type veth peer name v1
for i in eth0 eth1 eth2 eth3 v0 v1; do ip link set $i up; done
for i in eth0 eth1 eth2 eth3; do wait_for "$i has a link" $PATIENCE carrier $i; done

# ---- pkt-gen on each kind ----

for pair in "eth0 eth1" "eth2 eth3" "v0 v1"; do
	set -- $pair
	receiver $T/rx netmap:$2 -X
	send netmap:$1 -n $COUNT -R 2000 -6 -l 100 -s '[fd00::1]:5-[fd00::1]:6'
	received $COUNT $T/rx
	equal "$1: sent" $COUNT "$(json $T/tx packets)"
	equal "$2: received" $COUNT "$(json $T/rx packets)"
	equal "$2: all bytes" $((COUNT * 100)) "$(json $T/rx bytes)"
	equal "$2: IPv6 frames with one port" $((COUNT / 2)) "$(grep -c '^   48: .. .. .. .. .. .. 00 05 04 d2' $T/rx)"
	equal "$2: and with the other" $((COUNT / 2)) "$(grep -c '^   48: .. .. .. .. .. .. 00 06 04 d2' $T/rx)"
	check "$1: its own MAC address" grep -q "   0: ff ff ff ff ff ff $(sed 's/:/ /g' /sys/class/net/$1/address)" $T/rx
	says "$1: longer than the MTU" 255 'pkt_size \(1515\) must be <= mtu \(1500\)' pkt-gen -i $1 -f tx -l 1515 -w 0
	background $T/pong pkt-gen -i $2 -f pong -w 0
	pong=$pid
	mapped $pong
	run pkt-gen -i $1 -f ping -n 50 -w 0 -T 100 --json > $T/ping 2> $T/ping.err
	stop $pong
	equal "$1 to $2: every ping is answered" 50 "$(rtt count $T/ping)"
done

background $T/holder pkt-gen -i eth0 -f rx -w 0 -T 200
holder=$pid
mapped $holder
background $T/sink pkt-gen -i eth1 -f rx -w 0 -T 200
sink=$pid
mapped $sink
receiver $T/mirror netmap:eth1/r
mirror=$rx
receiver $T/rx netmap:eth0/t
send netmap:eth0 -n $COUNT -R 2000
received $COUNT $T/rx
wait_until $PATIENCE enough $COUNT $T/mirror
stop $mirror
stop $sink
stop $holder
equal "a monitor sees what is sent" $COUNT "$(json $T/rx packets)"
equal "and one what is received" $COUNT "$(json $T/mirror packets)"

# ---- without netmap: TAP, and packet sockets ----

ip tuntap add dev t0 mode tap
ip link set t0 up
background $T/rx pkt-gen -i tap:t0 -f rx -n $COUNT -T 100 -w 0 --json
rx=$pid
wait_until $PATIENCE carrier t0
send netmap:t0 -n $COUNT -R 2000
wait $rx
equal "TAP: received" $COUNT "$(json $T/rx packets)"
background $T/tx pkt-gen -i tap:t0 -f tx -R 500 -T 100 -w 0
tap=$pid
wait_until $PATIENCE carrier t0
check "TAP: sent" pkt-gen -i netmap:t0 -f rx -n $COUNT -w 0 -T 100
stop $tap
ip link del t0
background $T/rx pkt-gen -i pcap:v1 -f rx -n $COUNT -T 100 -w 0 --json
rx=$pid
ready $T/rx 'Ready\.\.\.'
send pcap:v0 -n $COUNT -R 2000
wait $rx
equal "packet sockets: sent and received" $COUNT "$(json $T/rx packets)"

# ---- each application between interfaces of different kinds ----

# chain NAME COMMAND...: eth0 -> [eth1, COMMAND, eth2] -> eth3, then v0 -> [v1, COMMAND, eth0] -> eth1
chain()
{
	name=$1
	shift
	for way in "eth0 eth1 eth2 eth3" "v0 v1 eth0 eth1"; do
		leg "$name" $way "$@"
	done
}
leg()
{
	leg="$1, $2 to $5" from=$2 in=$3 out=$4 to=$5
	shift 5
	app $T/app "Ready to go|hold-buf" "$@" -i netmap:$in -i netmap:$out
	checker $T/check $to $COUNT --strict
	check "$leg: sent" nmsend $from -n $COUNT -l 1000
	arrive "$leg: all arrive in order and unharmed"
	stop $app
}
chain bridge bridge -w 0
chain bridge-b bridge-b -w 0
chain tlem tlem -D 1m -d 1000
chain dedup dedup -w 0 -W 1000000000
for way in "eth0 eth1" "v0 v1"; do
	set -- $way
	app $T/lb "zerocopy enabled" lb -i $2 -p grp:1 -w 0 --json
	checker $T/check grp}0 $COUNT --strict
	check "lb, $2: sent" nmsend $1 -n $COUNT -l 1000
	arrive "lb, $2: all arrive in order and unharmed"
	stop $app
	equal "lb, $2: counted" $COUNT "$(json $T/lb forwarded)"
	checker $T/check $2 500
	background $T/replay nmreplay -f /capture.pcap -i netmap:$1
	replay=$pid
	wait $checker
	stop $replay
	check "nmreplay, $1: every packet, byte for byte" grep -q '"ok":500,"bad":0,' $T/check
done

# ---- interfaces on a switch ----

says "attach a NIC with its host rings" 0 '^port_index: [0-9]+$' vale-ctl -v -h vale0:eth2
says "both are listed" 0 '^vale0:eth2\^ bridge_idx 0' vale-ctl
says "detach both" 0 '' vale-ctl -d vale0:eth2
says "attach a NIC" 0 '' vale-ctl -a vale0:eth0
says "a thread polls it" 0 '' vale-ctl -p vale0:eth0 -C 0,0
says "only one" 1 'failed to enable polling on vale0:eth0: ' vale-ctl -p vale0:eth0 -C 0,0
checker $T/check eth1 $COUNT --strict
check "polled: sent" nmsend vale0:x -n $COUNT
arrive "polled: all arrive in order and unharmed"
says "no thread any more" 0 '' vale-ctl -P vale0:eth0
says "there was only one" 1 'failed to disable polling on vale0:eth0: ' vale-ctl -P vale0:eth0
says "detach the NIC" 0 '' vale-ctl -d vale0:eth0

# ---- signals: after SIGINT a last report, SIGTERM ends at once; after both the interface is the host's again ----

#     [eth0: 10.9.0.1] --- hub 0 --- [ns c, eth1: 10.9.0.2]
ip netns add c
ip link set eth1 netns c
ip addr add 10.9.0.1/24 dev eth0
ip netns exec c ip addr add 10.9.0.2/24 dev eth1
ip netns exec c ip link set eth1 up
[ -e /sys/kernel/debug/netmap ] || mount -t debugfs none /sys/kernel/debug
taken() { grep '"port":"eth0"' /sys/kernel/debug/netmap/ports | grep -q '"netmap":true'; }
# signalled REPORT COMMAND...
signalled()
{
	report=$1
	shift
	for signal in INT TERM; do
		background $T/app "$@"
		listens $pid
		check "$1: it has eth0" wait_until $PATIENCE taken
		kill -$signal $pid
		wait $pid
		status=$?
		if [ $signal = INT ]; then
			equal "$1, SIGINT: it ends well" 0 $status
			check "$1, SIGINT: a last report" grep -q "$report" $T/app
		else
			equal "$1, SIGTERM: it ends at once" 143 $status
			check "$1, SIGTERM: nothing more is said" sh -c "! grep -q '$report' $T/app"
		fi
		check "$1, SIG$signal: eth0 is given back" sh -c "! grep -q '\"netmap\":true' /sys/kernel/debug/netmap/ports"
		wait_for "$1, SIG$signal: the host has it" $PATIENCE ip netns exec c ping -c 1 -W 1 10.9.0.1
	done
}
signalled '^Received' pkt-gen -i eth0 -f rx -w 0
signalled '"event":"end"' bridge -i netmap:eth0 -w 0 --json
signalled '^[0-9]* packets forwarded' lb -i eth0 -p grp:2 -w 0
signalled '"event":"end"' nmreplay -f /capture.pcap -i netmap:eth0 --json
signalled '"event":"end"' tlem -i netmap:eth0 -i vale0:s --json
signalled '"event":"end"' dedup -i netmap:eth0 -i vale0:s -w 0 --json
ip netns del c
ip addr flush dev eth0

# ---- the host's stack ----

for x in a b; do
  n=$(test $x = a && echo 1 || echo 2)
  ip netns add $x
  ip link add v${x}0 type veth peer name v${x}1 netns $x
  ip addr add 10.$n.0.1/24 dev v${x}0
  ip link set v${x}0 up
  ip netns exec $x ip addr add 10.$n.0.2/24 dev v${x}1
  ip netns exec $x ip link set v${x}1 up
  ip netns exec $x ip route add default via 10.$n.0.1
  # the emulated adapter passes packets as they are: no offloads
  ip netns exec $x ethtool -K v${x}1 tx off > /dev/null
done

# b has a network behind it
ip netns exec b ip link set lo up
ip netns exec b ip addr add 10.4.0.1/32 dev lo
app $T/tlem "hold-buf" tlem -r -i netmap:va0 -i netmap:vb0 -G none -G 10.2.0.2 -D 5m -d 1000 --json
check "its gateway" grep -q 'vb0: ip 10.2.0.1/255.255.255.0 bcast [0-9.]* gw 10.2.0.2 mac' $T/tlem.err
check "it says what it routes" grep -q 'va0: ip 10.1.0.1/255.255.255.0 bcast [0-9.]* gw 0.0.0.0 mac' $T/tlem.err
wait_for "a reaches b through the router" $PATIENCE ip netns exec a ping -c 1 -W 1 10.2.0.2
check "and again" ip netns exec a ping -c 5 -i 0.2 -W 20 10.2.0.2
shortest() { ip netns exec a ping -c 5 -i 0.2 -W 2 10.2.0.2 | awk -F'[ /]' '/min/ { print $(NF-3) }'; }
timed "5 ms each way" 10 40 shortest
check "a learned the router's address" sh -c "ip netns exec a ip neigh show 10.1.0.1 | grep -qi \$(cat /sys/class/net/va0/address)"
check "other networks are not routed" sh -c "! ip netns exec a ping -c 1 -W 1 10.3.0.1"
check "what is behind the gateway" ip netns exec a ping -c 2 -i 0.2 -W 20 10.4.0.1
stop $app

# ---- bridge with the host stack: what the interface did before, it does through netmap ----

ethtool -K va0 tx off rx off gro off gso off tso off > /dev/null
app $T/bridge "Ready to go" bridge -w 0 -i netmap:va0
check "one region: no copies" grep -q 'zerocopy supported' $T/bridge.err
wait_for "the host answers through the bridge" $PATIENCE ip netns exec a ping -c 1 -W 1 10.1.0.1
check "a hundred times" ip netns exec a ping -c 100 -i 0.01 -W 20 10.1.0.1
stop $app
check "and without it" ip netns exec a ping -c 1 -W 20 10.1.0.1

ip netns del a
ip netns del b
check "netmap.ko unloads" wait_until $PATIENCE sh -c "rmmod r8169 netmap"
