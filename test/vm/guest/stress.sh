# Many processes on the same switches: exact accounting first, then everything at random.
must "load netmap" insmod /netmap.ko
must "load the driver" insmod /r8169.ko
run ip link set eth0 up
run stress order "$PACKETS"
run stress chaos "$SECONDS_LONG" "$SEED" eth0 "$UNLOAD"
check "the driver can go" rmmod r8169
check "and netmap: nothing is left" rmmod netmap
