# tlem as a router, and bridge with the host stack, on veth interfaces (emulated adapters):
#
#     [ns a: 10.1.0.2] va1 --- va0 [tlem -r] vb0 --- vb1 [ns b: 10.2.0.2]

T=/tmp
background() { log=$1; shift; echo "+ $* &"; "$@" > "$log" 2> "$log.err" & pid=$!; }
ready() { wait_until 10 grep -q "$2" "$1.err"; }
stop() { kill -INT "$1"; wait "$1"; }

must "netmap.ko loads" insmod /netmap.ko
must "veth loads" modprobe veth
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

background $T/tlem tlem -r -i netmap:va0 -i netmap:vb0 -D 5m -d 1 --json
tlem=$pid
ready $T/tlem "hold-buf"
check "it says what it routes" grep -q 'va0: ip 10.1.0.1/255.255.255.0 bcast [0-9.]* gw 0.0.0.0 mac' $T/tlem.err
wait_for "a reaches b through the router" 20 ip netns exec a ping -c 1 -W 1 10.2.0.2
check "and again" ip netns exec a ping -c 5 -i 0.2 -W 2 10.2.0.2
ip netns exec a ping -c 5 -i 0.2 -W 2 10.2.0.2 > $T/ping
check "5 ms each way" awk -F'[ /]' '/min/ { good = $(NF-3) >= 10 && $(NF-3) < 40 } END { exit !good }' $T/ping
check "a learned the router's address" sh -c "ip netns exec a ip neigh show 10.1.0.1 | grep -qi \$(cat /sys/class/net/va0/address)"
check "other networks are not routed" sh -c "! ip netns exec a ping -c 1 -W 1 10.3.0.1"
stop $tlem

# ---- bridge with the host stack: what the interface did before, it does through netmap ----

ethtool -K va0 tx off rx off gro off gso off tso off > /dev/null
background $T/bridge bridge -w 0 -i netmap:va0
bridge=$pid
ready $T/bridge "Ready to go"
check "one region: no copies" grep -q 'zerocopy supported' $T/bridge.err
wait_for "the host answers through the bridge" 20 ip netns exec a ping -c 1 -W 1 10.1.0.1
check "a hundred times" ip netns exec a ping -c 100 -i 0.01 -W 2 10.1.0.1
stop $bridge
check "and without it" ip netns exec a ping -c 1 -W 2 10.1.0.1

ip netns del a
ip netns del b
check "netmap.ko unloads" wait_until 10 rmmod netmap
