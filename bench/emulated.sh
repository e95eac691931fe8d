# SPDX-License-Identifier: BSD-2-Clause
# Rates of emulated ports, 60-byte frames, beside the sink (the cost of everything but the port). The caller sets
# SECONDS_EACH. A rate is the median of the reports that pkt-gen prints every second.

# rate FILE: packets per second; the last report covers only a part of a second.
rate()
{
	grep -a 'main_thread.*pps' "$1" | sed '$d' | awk '
		{ v = $4; if ($5 ~ /^G/) v *= 1e9; if ($5 ~ /^M/) v *= 1e6; if ($5 ~ /^K/) v *= 1e3; print int(v) }' |
		sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] + 0 }'
}

# busy PID: hundredths of seconds of processor time.
busy()
{
	awk '{ print $14 + $15 }' "/proc/$1/stat"
}

# case_of KEY RECEIVER SENDER: receiver - for none
case_of()
{
	_rx=
	if [ "$2" != - ]; then
		pkt-gen -f rx -i "$2" -w 0 > "/tmp/$1.rx" 2>&1 &
		_rx=$!
		usleep 500000
	fi
	pkt-gen -f tx -i "$3" -w 0 -b 512 > "/tmp/$1.tx" 2>&1 &
	_tx=$!
	sleep "$SECONDS_EACH"
	note "$1.txCpuPercent" $(($(busy $_tx) / SECONDS_EACH))
	kill -INT $_tx $_rx
	wait $_tx $_rx
	note "$1.tx" "$(rate "/tmp/$1.tx")"
	[ "$2" = - ] || note "$1.rx" "$(rate "/tmp/$1.rx")"
}

must "netmap.ko loads" insmod /netmap.ko
modprobe veth
modprobe e1000
run ip link add v0 type veth peer name v1
for i in v0 v1 eth0; do run ip link set $i up; done
wait_for "link" 10 carrier eth0
case_of sink - netmap:nmsink0
case_of veth netmap:v1 netmap:v0
case_of e1000 - netmap:eth0
check "netmap.ko unloads" rmmod netmap
