# SPDX-License-Identifier: BSD-2-Clause
# load is killed while the NIC has no driver: the next run completes, and so does unload.
. /load-setup.sh

tool load --build /build > /out 2>&1 &
PID=$!
wait_until 60 test ! -e /sys/class/net/eth0
kill -9 "$(pidof node)"
wait $PID
check "after kill -9: the interface is gone" test ! -e /sys/class/net/eth0
tool load --build /build
check "after kill -9: the patched driver is there" driver_is patched
as_before "after kill -9"
check "after kill -9: unload" tool unload
as_before "after kill -9 and unload"
check "after kill -9: the stock driver is back" driver_is stock
kill $WATCH
