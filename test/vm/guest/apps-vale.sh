# vale-ctl, and the applications on VALE switches and on pipes without an interface.

. /apps-lib.sh

must "netmap.ko loads" insmod /netmap.ko

# ---- vale-ctl ----

says "an empty list is no error" 0 '' vale-ctl
says "create a persistent port" 0 '^tx_slots:   256$' vale-ctl -v -n np1 -C 256,128,2,3
check "it is an interface" test -d /sys/class/net/np1
says "all its numbers are printed" 0 '^rx_ring:    3$' vale-ctl -v -n np2 -C 256,128,2,3
says "create it twice" 1 '^failed to create np1: File exists$' vale-ctl -n np1
says "a bad name" 1 '^failed to create vale0:x: Invalid argument$' vale-ctl -n vale0:x
says "an unknown region" 1 'Invalid argument' vale-ctl -n np3 -m 999
says "attach" 0 '^port_index: [0-9]+$' vale-ctl -v -a vale0:np1
says "attach twice" 1 '^failed to attach vale0:np1: Device or resource busy$' vale-ctl -a vale0:np1
says "list" 0 '^vale0:np1 bridge_idx 0 port_idx [0-9]+$' vale-ctl
says "list as JSON" 0 '"name":"vale0:np1","bridge":0,"port":' vale-ctl --json
says "where a port is" 0 '^bridge_idx: 0$' vale-ctl -l vale0:np1
says "a port that is not there" 0 '^port_idx:   255$' vale-ctl -l vale0:nosuch
says "a switch that is not there" 1 'No such file or directory' vale-ctl -l vale7:x
says "info" 0 '^memsize:    [0-9]+$' vale-ctl -g vale0:np1
says "info of nothing" 1 'No such device or address' vale-ctl -g nosuch
says "remove while attached" 1 'Device or resource busy' vale-ctl -r np1
says "detach" 0 '' vale-ctl -d vale0:np1
says "detach twice" 1 'No such device or address' vale-ctl -d vale0:np1
says "remove" 0 '' vale-ctl -r np1
says "remove twice" 1 '^failed to remove np1: No such device or address$' vale-ctl -r np1
says "remove what is no port" 1 '^failed to remove lo: Invalid argument$' vale-ctl -r lo
says "clean up" 0 '' vale-ctl -r np2

# ---- what cannot be opened: what, why, and what to do about it ----

dd if=/dev/zero of=$T/memory bs=1M count=8 2> /dev/null
for command in "pkt-gen -f rx -i" "bridge -i" "lb -i" "tlem -i vale9:x -i" "dedup -i vale9:x -i" "nmreplay -f /capture.pcap -i"; do
	status=$(case $command in pkt-gen*) echo 255 ;; *) echo 1 ;; esac)
	says "${command%% *}: no such interface" "$status" 'is there such an interface\? see: ip link' \
		$command netmap:nosuch
done
says "a file as memory, in a module without that" 255 \
	'vale0:a: option extmem: Operation not supported \(needs a netmap\.ko that was configured with --enable-extmem\)' \
	pkt-gen -f rx -i vale0:a@extmem=$T/memory
background $T/owner pkt-gen -f rx -i vale0:a/x
owner=$pid
mapped $owner
says "a port that another has for itself" 255 'vale0:a: Device or resource busy \(another program has it: see netmap-configure status\)' \
	pkt-gen -f rx -i vale0:a
stop $owner
mkdir -p /etc
echo 'nobody:x:65534:65534::/:/bin/sh' > /etc/passwd
chmod 1777 $T
for command in "pkt-gen -f rx -i" "bridge -i" "lb -i" "tlem -i vale9:x -i" "dedup -i vale9:x -i" "nmreplay -f /capture.pcap -i" "vale-ctl -g"; do
	status=$(case $command in pkt-gen*) echo 255 ;; *) echo 1 ;; esac)
	says "${command%% *}: no permission" "$status" 'run as root, or give this user access to /dev/netmap' \
		su nobody -c "PATH=$PATH $command vale0:a"
done

# ---- traffic ----

receiver $T/rx vale0:b
run pkt-gen -i vale0:a -f tx -n 1000 -R 2000 -T 200 > $T/tx 2> $T/tx.err
received 1000 $T/rx
equal "VALE: all arrive" 1000 "$(json $T/rx packets)"
check "VALE: one queue each, no host rings" grep -q '^Sending on vale0:a: 1 queues, 1 threads' $T/tx

background $T/rx pkt-gen -i vale0:b -f rx -n 5 -T 200 -X
mapped $pid
run pkt-gen -i vale0:a -f tx -n 5 -I -T 200 > $T/tx 2> $T/tx.err
wait $pid
check "indirect buffers arrive" grep -q '^Received 5 packets 300 bytes' $T/rx
check "with their own text" grep -q ' pkt-gen ind$' $T/rx

receiver $T/rx vale0:b
run pkt-gen -i vale0:a@conf:rings=2 -f tx -p 2 -n 1001 -R 2000 -T 200 --json > $T/tx 2> $T/tx.err
received 1001 $T/rx
equal "two threads send all" 1001 "$(json $T/rx packets)"
check "each its share" grep -q '"threads":\[{"packets":501,.*{"packets":500,' $T/tx
says "more threads than rings" 1 'bad nthreads 3, have 2 queues' pkt-gen -i vale0:a@conf:rings=2 -f tx -p 3 -n 3
says "two cannot ping" 1 'can only ping with 1 thread' pkt-gen -i vale0:a@conf:rings=2 -f ping -p 2

checker $T/check vale0:b 500 --strict
check "contents: sent" nmsend vale0:a -n 500 -l 1000
arrive "contents: all arrive unharmed"

app $T/bridge "Ready to go" bridge -w 0 -i vale0:br -i vale1:br --json
check "VALE ports have no common memory" grep -q 'zerocopy NOT supported' $T/bridge.err
checker $T/check vale1:z 500 --strict
check "bridge: sent" nmsend vale0:a -n 500
arrive "bridge: all arrive unharmed"
stop $app
equal "bridge: counted" 500 "$(json $T/bridge forwardedAB)"

checker $T/check 'p}1' 5000 --strict
check "a pipe of its own: sent" nmsend 'p{1' -n 5000
arrive "a pipe of its own: all arrive"

# ---- headers, offsets, fragments, memory ----

receiver $T/rx vale0:b -H 12
send vale0:a -n 500 -R 2000 -H 12
received 500 $T/rx
equal "virtio-net headers: all arrive" 500 "$(json $T/rx packets)"
equal "virtio-net headers: they count" $((500 * 72)) "$(json $T/rx bytes)"
receiver $T/rx vale0:b -X
send vale0:a@offset=64 -n 500 -R 2000 -s 10.0.0.1:1-10.0.0.1:2
received 500 $T/rx
equal "frames at an offset: all arrive" 500 "$(json $T/rx packets)"
equal "frames at an offset: unharmed, one half" 250 "$(grep -c '^   32: 00 01 00 01 04 d2 00 1a ' $T/rx)"
equal "frames at an offset: and the other" 250 "$(grep -c '^   32: 00 01 00 02 04 d2 00 1a ' $T/rx)"
says "an offset beyond the buffer" 255 'option offset.*Invalid argument|aborting' pkt-gen -i vale0:a@offset=5000 -f tx -n 1
receiver $T/rx vale0:b -F 3
send vale0:a -n 300 -R 1000 -l 900 -F 2 -M 300
received 300 $T/rx
equal "packets in slots of 300 bytes" 300 "$(json $T/rx packets)"
equal "all their bytes" 270000 "$(json $T/rx bytes)"
send vale0:a -C 256,128,2,3 -n 1
check "rings in the old way" grep -q 'txr 2 txd 256 rxr 3 rxd 128' $T/tx.err
check "as many queues" grep -q '"queues":2,' $T/tx

app $T/lb "zerocopy enabled" lb -i vale0:lb -p grp:2 -w 0
wait_until $PATIENCE sh -c "test \$(grep -c 'zerocopy enabled' $T/lb.err) = 2"
check "lb: pipes in the region of the port, not the global one" grep -Eq 'opening pipe named netmap:grp\{1/xT@([2-9]|[1-9][0-9]+)$' $T/lb.err
pids=
for k in 0 1; do
	receiver $T/lb$k "netmap:grp}$k"
	pids="$pids $rx"
done
run pkt-gen -i vale0:a -f tx -n 1000 -R 1000 -s 10.0.0.1:1-10.0.0.1:500 > /dev/null 2>&1
wait_until $PATIENCE enough 1000 $T/lb0 $T/lb1
for id in $pids; do stop $id; done
stop $app
equal "lb: nothing is lost" 1000 "$(($(json $T/lb0 packets) + $(json $T/lb1 packets)))"

equal "no port is left behind" "" "$(vale-ctl)"
check "netmap.ko unloads" rmmod netmap
