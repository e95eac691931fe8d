# Network stacks on a switch, one of which leaves checksums and segments to others; namespaces that end; switches in
# numbers; a switch of another module.
#
#     [ns a: tap, headers] -- vale1 -- host stack of the machine (d0^)
#                               |
#                 [ns b: tap, no headers]
must "load netmap" insmod /netmap.ko max_bridges=40
modprobe tun
modprobe dummy
modprobe veth
mkdir -p /dev/net
[ -c /dev/net/tun ] || mknod /dev/net/tun c 10 200
V="10.8.0"

ip link add d0 type veth peer name d0peer
ip addr add $V.1/24 dev d0
ip link set d0 up
ip link set d0peer up
ethtool -K d0 tx off tso off gso off gro off > /dev/null
check "the host's stack on the switch" valectl attach-host vale1:d0
stack() # NAMESPACE HEADER ADDRESS
{
  ip netns add $1
  vtap vale1:$1 $1 t$1 $2 > /tmp/$1.json & echo $! > /tmp/$1.pid
  wait_for "$1 has its tap" 60 ip netns exec $1 test -e /sys/class/net/t$1
  in_ns $1 ip addr add $V.$3/24 dev t$1
  in_ns $1 ip link set t$1 up
}
stack a 12 2
stack b 0 3
check "segments are left to others in a" sh -c "ip netns exec a ethtool -k ta | grep -q 'tcp-segmentation-offload: on'"
check "and not in b" sh -c "ip netns exec b ethtool -k tb | grep -q 'tcp-segmentation-offload: off'"
tcpsum serve $V.1 7 > /tmp/ready.host & HOST=$!
ip netns exec b tcpsum serve $V.3 7 > /tmp/ready.b & B=$!
for x in host b; do wait_for "$x listens" 60 grep -q ready /tmp/ready.$x; done
wait_for "a reaches b" 60 ip netns exec a ping -c 1 -W 1 $V.3
wait_for "the host's stack answers a" 60 ip netns exec a ping -c 1 -W 2 $V.1
wait_for "and b" 60 ip netns exec b ping -c 1 -W 2 $V.1
check "TCP with the host's stack, both ways, byte by byte" in_ns a tcpsum talk $V.1 7 6000000
check "TCP with the other namespace" in_ns a tcpsum talk $V.3 7 6000000
check "TCP where nobody has offloads" in_ns b tcpsum talk $V.1 7 2000000
kill $HOST $B
for x in a b; do kill $(cat /tmp/$x.pid); wait $(cat /tmp/$x.pid); done
cat /tmp/a.json /tmp/b.json
check "a sent long segments" test "$(last_number segments /tmp/a.json)" -gt 50
check "and left checksums" test "$(last_number checksums /tmp/a.json)" -gt 50
check "b got frames of a wire" test "$(last_number longest /tmp/b.json)" -le 1514
equal "b asked for nothing" 0 $(($(last_number segments /tmp/b.json) + $(last_number checksums /tmp/b.json)))
equal "nothing was lost on a tap" 0 $(($(last_number lost /tmp/a.json) + $(last_number lost /tmp/b.json)))
check "the host's stack leaves" valectl detach vale1:d0
ip netns del a
ip netns del b

# ---- a namespace ends, and its switches with it ----

ip netns add n
ip netns exec n ip link add d1 type dummy
ip netns exec n ip link set d1 up
check "a NIC of the namespace" in_ns n valectl attach vale0:d1
check "a persistent port" in_ns n valectl newif p0
check "on a switch" in_ns n valectl attach vale2:p0
ip netns exec n valemany hold vale0:held /tmp/held & HELD=$!
wait_for "a program that stays" 60 test -e /tmp/held
equal "nothing of it is seen outside" "" "$(valectl list)"
ip netns del n
kill $HELD
wait $HELD
wait_for "the persistent port moves to the machine" 60 test -e /sys/class/net/p0
wait_for "where it can be removed, once its switch is gone" 60 valectl delif p0
wait_for "nobody holds the module" 60 sh -c "grep -q '^netmap [0-9]* 0 ' /proc/modules"

# ---- numbers ----

for parameter in priv_buf_num=64 priv_ring_size=1024; do
  echo ${parameter#*=} > /sys/module/netmap/parameters/${parameter%=*}
done
run valemany 40

# ---- threads that poll a NIC of two rings ----
#
#     [program] -- m1 ~~~ m0 -- vale3 -- [program]

run ip link add m0 numtxqueues 2 numrxqueues 2 type veth peer name m1 numtxqueues 2 numrxqueues 2
ip link set m0 up
ip link set m1 up
refused() # NAME ERRNO VALECTL-WORDS...
{
  _name=$1 _errno=$2
  shift 2
  run valectl "$@"
  equal "polling, $_name" $_errno $?
}
pollers() # how many threads poll, in order their CPUs
{
  for p in $(grep -l '^nmkth:' /proc/[0-9]*/comm); do
    sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' "${p%comm}status"
  done | sort | tr '\n' ' '
}
polled_by() # NAME "CPU CPU ": a thread that has ended stays in /proc until it is buried
{
  _cpus=$2
  wait_for "$1" 60 eval '[ "$(pollers)" = "$_cpus" ]'
}
through() # RING: 400 frames, which fit into every ring on the way
{
  nmcheck -i vale3:e -f rx -n 400 -w 150000 -t 30000 --strict > /tmp/polled.json & RX=$!
  wait_until 60 sh -c "valectl list | grep -q vale3:e"
  check "sent to ring $1" nmcheck -i m1 -m $1 -f tx -n 400
  wait $RX
  equal "all of it reaches the switch, in order" 0 $?
}
check "the NIC" valectl attach vale3:m0
valemany hold vale3:held /tmp/held-3 & HELD=$!
wait_for "an ephemeral port" 60 test -e /tmp/held-3
refused "no such port" 6 poll vale3:nix 1 0 1
refused "no name of a port" 6 poll vale3 1 0 1
refused "not on a switch" 22 poll m0 1 0 1
refused "no NIC" 95 poll vale3:held 1 0 1
refused "no such mode" 22 poll vale3:m0 3 0 1
refused "no CPUs" 22 poll vale3:m0 2 0 0
refused "more CPUs than there are" 22 poll vale3:m0 2 0 1000
refused "one thread on two CPUs" 22 poll vale3:m0 1 0 2
refused "beyond the last ring" 22 poll vale3:m0 2 1 2
refused "nobody polls yet" 14 unpoll vale3:m0 2 0 0
polled_by "nobody does" ""
kill $HELD
wait $HELD
check "a thread for each ring" valectl poll vale3:m0 2 0 2
refused "already" 14 poll vale3:m0 2 0 2
refused "the NIC cannot leave" 16 detach vale3:m0
polled_by "each on its CPU" "0 1 "
through 0
through 1
check "enough" valectl unpoll vale3:m0 2 0 0
refused "enough is enough" 14 unpoll vale3:m0 2 0 0
polled_by "the threads are gone" ""
check "one thread for the second ring" valectl poll vale3:m0 2 1 1
polled_by "on the second CPU" "1 "
through 1
check "it goes" valectl unpoll vale3:m0 2 0 0
check "one thread for all rings" valectl poll vale3:m0 1 1 1
polled_by "on the CPU asked for" "1 "
through 0
through 1
check "it goes too" valectl unpoll vale3:m0 1 0 0
through 0
check "the NIC leaves" valectl detach vale3:m0
run ip link del m0

# ---- a module that decides where packets go ----

must "the example loads" insmod /vale-lookup.ko
nmcheck -i valepatch:a -f rx -n 200 -w 150000 -t 60000 > /tmp/ra.json & RA=$!
wait_until 60 sh -c "valectl list | grep -q valepatch:a"
valemany hold valepatch:b /tmp/held-b & HB=$!
wait_for "port 1" 60 test -e /tmp/held-b
valemany hold valepatch:c /tmp/held-c & HC=$!
wait_for "port 2" 60 test -e /tmp/held-c
nmcheck -i valepatch:d -f tx -n 100 -w 3000 > /dev/null
check "port 3 writes to port 2 alone" kill -0 $RA
kill $HB
wait $HB
check "port 1 writes" nmcheck -i valepatch:b -f tx -n 200
wait $RA
equal "and port 0 has it all" 0 $?
check "all of it, in order" grep -q '"outOfOrder":0,' /tmp/ra.json
equal "its callback counts" 300 "$(valemany config valepatch:)"
valectl attach valepatch:d0
equal "nobody else attaches" 13 $?
kill $HC
wait $HC
check "the example unloads" rmmod vale-lookup
check "unload netmap" rmmod netmap
