# CSB mode and the sync loop.
must "load netmap" insmod /netmap.ko
run kloop
check "unload netmap" rmmod netmap
