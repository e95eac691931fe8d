# SPDX-License-Identifier: BSD-2-Clause
# What the tests of the applications share.
T=/tmp

# The value of a key in a JSON line; the last one of the file.
json() { sed -n "s/.*\"$2\":\([-0-9.a-z]*\).*/\1/p" "$1" | tail -n 1; }
# rtt KEY FILE: of ping's JSON.
rtt() { sed -n "s/.*\"rtt\":{[^}]*\"$1\":\([0-9]*\).*/\1/p" "$2"; }
# between NAME LOW HIGH VALUE
between() { check "$1 ($4 in $2..$3)" awk "BEGIN { exit !($4 >= $2 && $4 <= $3) }"; }
# timed NAME LOW HIGH COMMAND: the command's last line lies between. A busy host may disturb a
# measurement, so there are three tries; an error in the program disturbs all of them.
timed()
{
	for try in 1 2 3; do
		"$4" > $T/timed
		value=$(tail -n 1 $T/timed)
		awk "BEGIN { exit !($value >= $2 && $value <= $3) }" && break
		echo "try $try: $value"
	done
	between "$1" "$2" "$3" "$value"
}
# background LOG COMMAND...: its id in $pid; standard error in LOG.err.
background()
{
	log=$1
	shift
	echo "+ $* &"
	"$@" > "$log" 2> "$log.err" &
	pid=$!
}
# ready LOG REGEX: until a program says so.
ready() { wait_until 30 grep -Eq "$2" "$1.err"; }
# mapped ID: until a program has mapped netmap's memory.
mapped() { wait_until 30 grep -q /dev/netmap "/proc/$1/maps"; }
stop() { kill -INT "$1"; wait "$1"; }
# says NAME STATUS REGEX COMMAND...: exit status and output; no regex: no output
says()
{
	name=$1 status=$2 regex=$3
	shift 3
	echo "+ $*"
	"$@" > $T/said 2>&1
	got=$?
	if [ -n "$regex" ]; then grep -Eq "$regex" $T/said; else [ ! -s $T/said ]; fi
	if [ $? = 0 ] && [ $got = "$status" ]; then
		record ok "$name"
	else
		cat $T/said
		record 'not ok' "$name: status $got"
	fi
}

# checker LOG PORT COUNT [OPTIONS]: nmcheck receives; its id in $checker.
checker()
{
	log=$1 port=$2 count=$3
	shift 3
	background "$log" nmcheck -i "$port" -f rx -n "$count" -w 30000 "$@"
	checker=$pid
	mapped $checker
}
# arrive NAME: the receiver is satisfied.
arrive()
{
	wait $checker
	equal "$1" 0 $?
}
# receiver LOG PORT [OPTIONS]: pkt-gen receives until a second of silence; its id in $rx.
receiver()
{
	log=$1 port=$2
	shift 2
	background "$log" pkt-gen -i "$port" -f rx -w 0 -W -T 200 --json "$@"
	rx=$pid
	ready "$log" "waiting for initial"
}
# send PORT [OPTIONS]: pkt-gen sends; when it cannot, nobody shall wait for its packets.
send()
{
	port=$1
	shift
	run pkt-gen -i "$port" -f tx -w 0 -T 100 --json "$@" > $T/tx 2> $T/tx.err
	sent=$?
	if [ $sent != 0 ]; then
		grep -v '^	' $T/tx.err
		record 'not ok' "pkt-gen sends on $port: status $sent"
		kill -INT $rx
	fi
}
# app LOG READY COMMAND...: an application between two ports; its id in $app.
app()
{
	log=$1 said=$2
	shift 2
	background "$log" "$@"
	app=$pid
	ready "$log" "$said" || cat "$log.err"
}
