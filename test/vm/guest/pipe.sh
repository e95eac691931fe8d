# Pipes of a NIC and of a parent that does not exist.
must "load netmap" insmod /netmap.ko ring_num=300
must "load the driver" insmod /r8169.ko
run ip link set eth0 up
run pipe eth0
# 200000 frames that prove their content, both ends at full speed, buffers exchanged on the way
nmcheck -i ghost}1 -f rx -n 200000 -b 37 -t 60000 -w 60000 --strict > /tmp/rx & RX=$!
check "200000 frames into a pipe" nmcheck -i ghost{1 -f tx -n 200000 -b 100 -w 60000
wait $RX
equal "all of them arrive, in order" 0 $?
cat /tmp/rx
check "the driver can go" rmmod r8169
check "and netmap" rmmod netmap
