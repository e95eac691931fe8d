# Monitors of switch ports and pipes.
must "load netmap" insmod /netmap.ko
run monitor
check "unload netmap" rmmod netmap
