# SPDX-License-Identifier: BSD-2-Clause
# What the rate benchmarks share: it goes before them in the guest. The caller sets SECONDS_EACH. A rate is the median
# of the reports that pkt-gen prints every second, without the first and the last, which cover a part of a second.

# rate FILE: packets per second.
rate()
{
	grep -a 'main_thread.*pps' "$1" | sed '1d;$d' | awk '
		{ v = $4; if ($5 ~ /^G/) v *= 1e9; if ($5 ~ /^M/) v *= 1e6; if ($5 ~ /^K/) v *= 1e3; print int(v) }' |
		sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] + 0 }'
}

# list PORTS: comma separated to one a line, - to none.
list()
{
	[ "$1" = - ] || echo "$1" | tr ',' '\n'
}

# output KEY WAY PORT: where the program on the port writes.
output()
{
	echo "/tmp/$1.$2.$(echo "$3" | tr -c 'a-zA-Z0-9\n' _)"
}

# busy PID...: hundredths of seconds of processor time.
busy()
{
	for _pid in "$@"; do cat "/proc/$_pid/stat"; done | awk '{ s += $14 + $15 } END { print s + 0 }'
}

# case_of KEY RECEIVERS SENDERS [WORD...]: names of ports, comma separated, or -; the words go to the senders. Notes the
# sum of the rates of each side and the processor time of the senders.
case_of()
{
	_key=$1 _rx=$2 _tx=$3 _receivers= _senders=
	shift 3
	echo "[$_key] receivers $_rx, senders $_tx: $*"
	for _port in $(list "$_rx"); do
		pkt-gen -f rx -i "$_port" -w 0 > "$(output "$_key" rx "$_port")" 2>&1 &
		_receivers="$_receivers $!"
		# a monitor needs its port to be open, a port its monitor to be there
		usleep 300000
	done
	for _port in $(list "$_tx"); do
		pkt-gen -f tx -i "$_port" -w 0 "$@" > "$(output "$_key" tx "$_port")" 2>&1 &
		_senders="$_senders $!"
	done
	# the first use of a region takes seconds, and until then pkt-gen does not hear SIGINT
	for _port in $(list "$_tx"); do
		wait_for "reports of $_port" 60 grep -qa 'main_thread.*pps' "$(output "$_key" tx "$_port")"
	done
	sleep "$SECONDS_EACH"
	note "$_key.txCpuPercent" $(($(busy $_senders) / SECONDS_EACH))
	kill -INT $_senders $_receivers
	wait $_senders $_receivers
	for _way in tx rx; do
		_sum=
		for _file in /tmp/"$_key.$_way".*; do
			[ -e "$_file" ] && _sum=$((_sum + $(rate "$_file")))
		done
		[ -z "$_sum" ] || note "$_key.$_way" $_sum
	done
}
