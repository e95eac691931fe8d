# Passthrough devices, whose host is a model in QEMU (lab/nic-models/ptnet).
#
#     [eth0: 2+2 rings, host rings] ~~ hub 0 ~~ [eth1]            no headers
#     [ns v: eth2] == wire ==  [ns w: eth3]                      virtio-net headers on both sides
#     [ns x: eth4, headers] ~~ hub 1 ~~ [ns y: eth5, none]       the model fills in and cuts
must "load netmap" insmod /netmap.ko
check "messages carry the name of the module" sh -c "dmesg | grep -q 'netmap: loaded'"
D=/sys/bus/pci/drivers/ptnetmap-guest-drivers
for i in 0 1 2 3 4 5; do must "eth$i exists" test -e /sys/class/net/eth$i; done
equal "its address is the host's" 02:6e:6d:00:00:01 "$(cat /sys/class/net/eth0/address)"
equal "one vector a ring" 4 "$(ls /sys/class/net/eth0/device/msi_irqs | wc -l)"
M=$(basename "$(dirname "$(grep -l 0x000c /sys/bus/pci/drivers/ptnetmap-guest-drivers/*/device)")")
A=$(pci_of eth0)

# window PCI COMMAND [ARGUMENT...]: what the host does; see pt_window.h
window()
{
  _pci=$1 _command=$2 _at=0x010
  shift 2
  for _value in "$@"; do
    guard_register "$_pci" $_at "$_value"
    _at=$((_at + 4))
  done
  guard_register "$_pci" 0x004 "$_command"
}
LIE=1 HONEST=2 BAD_LEN=5 BAD_BUF=6 MEM_LIE=8 MEM_HONEST=9 START_AT=10

# stat PCI PLACE: a counter, by its place in PT_STATS
stat_of() { echo $(($(guard_register "$1" $((0x100 + 4 * $2))))); }

run ptnet eth0 eth1 eth2 eth3

# ---- polled on a switch: a thread and a CPU for each RX ring, and no interrupts ----

threads() { ps | grep -c '[n]mkth:'; }
# passes: frames from the cable, which all go to one RX ring, reach a port of the switch
passes()
{
  nmcheck -i vale0:p -f rx -n 300 -w 150000 -t 30000 --strict > /tmp/rx.json & RX=$!
  wait_until 60 sh -c "valectl list | grep -q vale0:p"
  nmcheck -i eth1 -f tx -n 300 > /dev/null
  wait $RX
}
valectl attach vale0:eth0
valectl poll vale0:eth0 2 1 2
equal "more rings than there are" 22 $?
check "poll both rings" valectl poll vale0:eth0 2 0 2
equal "a thread for each" 2 "$(threads)"
valectl poll vale0:eth0 2 0 2
equal "not twice" 14 $?
valectl detach vale0:eth0
equal "a polled port stays" 16 $?
before=$(($(guard_register "$A" $((0x100 + 4 * 11)))))
check "polled frames" passes
equal "without an interrupt" "$before" "$(($(guard_register "$A" $((0x100 + 4 * 11)))))"
check "poll no more" valectl unpoll vale0:eth0 2 0 2
wait_for "no thread" 60 eval '[ "$(threads)" = 0 ]'
check "frames with interrupts" passes
check "which came" test "$before" -lt "$(($(guard_register "$A" $((0x100 + 4 * 11)))))"
check "detach" valectl detach vale0:eth0

# ---- the network stack ----

for pair in "v eth2 1" "w eth3 1" "x eth4 2" "y eth5 2"; do
  set -- $pair
  case $1 in v | x) n=1 ;; *) n=2 ;; esac
  ip netns add $1
  ip link set $2 netns $1
  in_ns $1 ip addr add 10.9.$3.$n/24 dev $2
  in_ns $1 ip link set $2 up
done
wait_for "the stack's packets pass the wire" 60 ip netns exec v ping -c 1 -W 1 10.9.1.2
wait_for "and the cable" 60 ip netns exec x ping -c 1 -W 1 10.9.2.2
for pair in "w 10.9.1.2 v" "y 10.9.2.2 x"; do
  set -- $pair
  ip netns exec $1 tcpsum serve $2 7 > /tmp/ready.$1 & echo $! > /tmp/pid.$1
  wait_for "$1 listens" 60 grep -q ready /tmp/ready.$1
  check "TCP from $3 to $1 and back, byte by byte" in_ns $3 tcpsum talk $2 7 8000000
done
V=$(ip netns exec v readlink -f /sys/class/net/eth2/device) V=${V##*/}
X=$(ip netns exec x readlink -f /sys/class/net/eth4/device) X=${X##*/}
check "long packets as they are on the wire" test "$(stat_of $V 0)" -lt 4000
equal "nothing cut there" 0 "$(stat_of $V 3)"
check "cut on the cable" test "$(stat_of $X 3)" -gt 50
check "into more frames" test "$(stat_of $X 1)" -gt "$(stat_of $X 0)"
check "checksums filled in" test "$(stat_of $X 2)" -gt 10
equal "all of them well formed" 0 "$(($(stat_of $X 4) + $(stat_of $V 4)))"
in_ns x ethtool -K eth4 tso off tx off > /dev/null
check "TCP without offloads" in_ns x tcpsum talk 10.9.2.2 7 2000000

# broken slots of the host: lost and counted, nothing else
errors() { ip netns exec v cat /sys/class/net/eth2/statistics/rx_errors; }
window $V $BAD_LEN 1
in_ns v ping -c 1 -W 1 10.9.1.2
wait_for "a slot with an impossible length" 60 eval '[ "$(errors)" = 1 ]'
window $V $BAD_BUF 1 0xfffffff0
in_ns v ping -c 1 -W 1 10.9.1.2
wait_for "a slot with a buffer that is none" 60 eval '[ "$(errors)" = 2 ]'
wait_for "then all is well" 60 ip netns exec v ping -c 1 -W 1 10.9.1.2

# netmap takes the rings from a running interface and gives them back
ip addr add 10.9.3.1/24 dev eth0
check "up" ip link set eth0 up
check "down and up" sh -c "ip link set eth0 down && ip link set eth0 up"
ip link set eth1 up
nmcheck -i eth1 -f rx -n 300 -w 150000 -t 30000 --strict > /tmp/rx.json & RX=$!
must "eth1 receives" wait_until 60 maps_netmap "$RX"
check "netmap on an interface that is up" nmcheck -i eth0 -f tx -n 300
wait $RX
equal "arrives" 0 $?
before=$(cat /sys/class/net/eth0/statistics/tx_packets)
ping -c 1 -W 1 10.9.3.2
check "then the stack sends again" test "$(cat /sys/class/net/eth0/statistics/tx_packets)" -gt "$before"
run ptnet host eth0

# ---- a host that contradicts itself ----

ip link set eth0 down
# rejects REGISTER VALUE WHAT: the device is not taken
rejects()
{
  echo "$A" > $D/unbind
  window "$A" $LIE $1 $2
  echo "$A" > $D/bind 2> /dev/null
  check "$3: refused" test ! -e $D/$A
  window "$A" $HONEST
  echo "$A" > $D/bind
  check "then taken" test -e $D/$A
}
rejects 28 0 "no TX rings"
rejects 32 1000 "a thousand RX rings"
rejects 32 30 "more rings than kick registers"
rejects 36 1 "rings of one slot"
rejects 40 0xffffffff "rings of 4 billion slots"
rejects 44 10 "headers of a length that nobody asked for"

# fails REGISTER VALUE WHAT: the device is there, its rings cannot be used
fails()
{
  window "$A" $LIE $1 $2
  check "$3: not up" sh -c "! ip link set eth0 up"
  check "$3: no netmap" sh -c "! nmcheck -i eth0 -f tx -n 1 2> /dev/null"
  window "$A" $HONEST
}
fails 24 0xfffffff8 "a description outside the region"
fails 24 0x100000 "a description that is none"
fails 24 0x101 "one at an odd place"
fails 4 5 "a host that refuses"
window "$A" $START_AT 0 4711 4711
check "rings that begin outside themselves" sh -c "! ip link set eth0 up"
check "the truth is taken" ip link set eth0 up
ip link set eth0 down
echo "$A" > $D/unbind
window "$A" $LIE 48 99
echo "$A" > $D/bind
check "a region that no memory device has: not up" sh -c "! ip link set eth0 up"
echo "$A" > $D/unbind
window "$A" $HONEST
echo "$A" > $D/bind

# the memory device goes and comes; whoever uses the memory keeps it
echo "$M" > $D/unbind
check "without it nobody starts" sh -c "! ip link set eth0 up"
check "who runs goes on" in_ns v ping -c 1 -W 60 10.9.1.2
echo "$M" > $D/bind 2> /dev/null
check "nor is it taken again meanwhile" test ! -e $D/$M
for ns in v w x y; do kill $(cat /tmp/pid.$ns) 2> /dev/null; ip netns del $ns; done
wait_for "the interfaces come back" 60 test -e /sys/class/net/eth5
for i in 1 2 3 4 5; do ip link set eth$i down; done
mem_rejects() # REGISTER VALUE WHAT
{
  window "$A" $MEM_LIE $1 $2
  echo "$M" > $D/bind 2> /dev/null
  check "$3: refused" test ! -e $D/$M
  window "$A" $MEM_HONEST
}
mem_rejects 4 1 "more memory than the BAR"
mem_rejects 0 0 "no memory"
mem_rejects 92 0x7fffffff "buffers beyond the memory"
mem_rejects 96 1 "buffers of one byte"
echo "$M" > $D/bind
check "the memory device is taken" test -e $D/$M
check "and eth0 starts" ip link set eth0 up

# ---- the end ----

nmopen eth0 hold /tmp/held & HOLD=$!
wait_for "a program has it" 60 test -e /tmp/held
echo "$A" > $D/unbind
check "taken away from a program" test ! -e /sys/class/net/eth0
wait $HOLD
equal "which is told so" 3 $?
echo "$A" > $D/bind
check "and given again" ip link set eth0 up
echo 1 > /sys/bus/pci/devices/$A/remove
echo 1 > /sys/bus/pci/rescan
check "found again on the bus" test -e $D/$A
allow_log "a region of|pool [0-9]|rings|slots|the host"
check "unload" rmmod netmap
check "load" insmod /netmap.ko
check "and all is there" test -e /sys/class/net/eth5
check "unload again" rmmod netmap
