# Sleepers on pipes and switch ports hear of everything they wait for.
must "load netmap" insmod /netmap.ko
run wakeup "$ROUNDS" "$SEED"
check "unload netmap" rmmod netmap
