# The control interface of a native port (a sink) and of an emulated one (veth), case by case.
must "the module loads" insmod /netmap.ko
must "veth loads" modprobe veth
run ip link add v0 type veth peer name v1
run ip link set lo up
run ip link set v0 up
run ip link set v1 up
check "the control interface" control nmsink0 v0
check "the ioctls of old programs" legacy nmsink0
check "the module unloads" rmmod netmap
