# SPDX-License-Identifier: BSD-2-Clause
# Rates of the software ports, 60-byte frames. The caller sets SECONDS_EACH. A rate is the median of the reports that
# pkt-gen prints every second.

# rate FILE: packets per second.
rate()
{
	grep -a 'main_thread.*pps' "$1" | awk '
		{ v = $4; if ($5 ~ /^G/) v *= 1e9; if ($5 ~ /^M/) v *= 1e6; if ($5 ~ /^K/) v *= 1e3; print int(v) }' |
		sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] + 0 }'
}

# case_of KEY SECONDS RECEIVERS SENDERS: names of ports, comma separated, or -; the rest goes to the senders.
case_of()
{
	_key=$1 _rx=$2 _tx=$3 _pids=
	shift 3
	echo "[$_key] receivers $_rx, senders $_tx: $*"
	for _port in $(echo "$_rx" | tr ',' ' ' | sed 's/^-$//'); do
		pkt-gen -f rx -i "$_port" -w 0 > "/tmp/$_key.rx.$(echo "$_port" | tr -c 'a-z0-9\n' _)" 2>&1 &
		_pids="$_pids $!"
	done
	usleep 500000
	for _port in $(echo "$_tx" | tr ',' ' '); do
		pkt-gen -f tx -i "$_port" -w 0 "$@" > "/tmp/$_key.tx.$(echo "$_port" | tr -c 'a-z0-9\n' _)" 2>&1 &
		_pids="$_pids $!"
	done
	sleep "$SECONDS_EACH"
	kill -INT $_pids
	wait $_pids
	for _way in tx rx; do
		_sum=0
		for _file in /tmp/"$_key.$_way".*; do
			[ -e "$_file" ] && _sum=$((_sum + $(rate "$_file")))
		done
		note "$_key.$_way" $_sum
	done
}

must "netmap.ko loads" insmod /netmap.ko
case_of vale-512 vale0:r vale0:s -b 512
case_of vale-32 vale0:r vale0:s -b 32
case_of vale-1500 vale0:r vale0:s -b 512 -l 1500
case_of vale-alone - vale0:s -b 512
case_of vale-4-senders vale0:r vale0:a,vale0:b,vale0:c,vale0:d -b 512
case_of vale-flood vale0:r,vale0:u,vale0:v vale0:s -b 512 -D ff:ff:ff:ff:ff:ff
case_of pipe-511 netmap:ghost}1 netmap:ghost{1 -b 511
case_of pipe-32 netmap:ghost}1 netmap:ghost{1 -b 32
check "netmap.ko unloads" rmmod netmap
