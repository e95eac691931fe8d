# SPDX-License-Identifier: BSD-2-Clause
# load is killed at MOMENTS random moments; every second time a run after that must complete, and so must unload. Then
# modules of another name, and signed ones.
. /load-setup.sh

started() { [ "$(cat /count)" -gt 0 ]; }

# span: milliseconds from the first thing that load changes to its end
echo 0 > /count
tool load --build /build > /out 2>&1 &
PID=$!
must "load begins" wait_until 400 started
_from=$(uptime_ms)
wait $PID
SPAN=$(($(uptime_ms) - _from))
note span_ms "$SPAN"
check "undisturbed: unload" tool unload

killed=0
while [ $killed -lt "$MOMENTS" ]; do
	echo 0 > /count
	tool load --build /build > /out 2>&1 &
	PID=$!
	must "kill $killed: load begins" wait_until 400 started
	usleep $((RANDOM * SPAN / 32768 * 1000))
	kill -9 "$(pidof node)" 2> /dev/null
	wait $PID
	killed=$((killed + 1))
	[ $((killed % 2)) = 0 ] || continue
	check "after kill $killed: load completes" tool load --build /build
	check "after kill $killed: the patched driver is there" driver_is patched
	as_before "after kill $killed"
	[ $((killed % 4)) = 0 ] || continue
	check "after kill $killed: unload" tool unload
	as_before "after kill $killed and unload"
	check "after kill $killed: the stock driver is back" driver_is stock
done
equal "nothing is left of killed runs" '' "$(ls -A /run/netmap-configure | grep -vx swap.json)"
tool unload

mkdir -p /other/realtek
cp /netmap_x.ko /other
cp /r8169_x.ko /other/realtek/r8169.ko
printf 'MODNAME:=netmap_x\nDRVSUFFIX = \nrealtek@module := r8169\n' > /other/netmap.mak
check "another module name: load" tool load --build /other
check "another module name: the driver uses it" test -e /sys/module/netmap_x/holders/r8169
tool status > /status
check "another module name: status" grep -q '^netmap_x.ko: loaded' /status
check "another module name: native" grep -q '^eth0  *r8169  *native' /status
as_before "another module name"
tool load --build /build > /out 2>&1
check "another module name: a second core is refused" grep -q 'another core module is loaded: netmap_x' /out
check "another module name: unload" tool unload
check "another module name: is gone" test ! -e /sys/module/netmap_x
check "another module name: the stock driver is back" driver_is stock

# From here on the kernel takes signed modules only, as with Secure Boot; it says why it refuses one.
echo 1 > /sys/module/module/parameters/sig_enforce
tool load --build /build > /out 2>&1
check "unsigned: refused before anything is touched" grep -q 'netmap.ko is not signed' /out
check "unsigned: the stock driver is there" driver_is stock
insmod /signed.ko
check "a signature of ours: the kernel reads it, and misses the key only" \
	sh -c 'dmesg | grep -q "Loading of module with unavailable key is rejected"'
kill $WATCH
