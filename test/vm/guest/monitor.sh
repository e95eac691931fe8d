# Monitors of switch ports, pipes, and the host rings of an interface.
must "load netmap" insmod /netmap.ko
modprobe dummy
modprobe af_packet
run ip link add d0 type dummy
run ip link set d0 up
run monitor d0
check "unload netmap" rmmod netmap
