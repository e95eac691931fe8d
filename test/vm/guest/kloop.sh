# CSB mode and the sync loop.
must "load netmap" insmod /netmap.ko
run kloop
run loops
check "unload netmap" rmmod netmap
