# SPDX-License-Identifier: BSD-2-Clause
# Native traffic, every frame accounted for. The caller sets SHORT and LONG, the numbers of frames.
. /r8169.sh
load_native
links_up
in_order "$SHORT" 60
in_order "$LONG" 1500
in_order 1000 61
# both directions at once, as fast as it goes: nothing may lock up, and the shell must get its turn
nmcheck -i eth1 -f tx -n 200000 > /tmp/tx1.json &
T1=$!
nmcheck -i eth0 -f tx -n 200000 > /tmp/tx0.json &
T0=$!
TURNS=0
while kill -0 $T0 2> /dev/null || kill -0 $T1 2> /dev/null; do
	TURNS=$((TURNS + 1))
	usleep 10000
done
wait $T0
equal "flood from eth0" 0 $?
wait $T1
equal "flood from eth1" 0 $?
check "the machine stayed usable under a flood from both sides ($TURNS turns)" test $TURNS -gt 3
settle
in_order 2000 60
