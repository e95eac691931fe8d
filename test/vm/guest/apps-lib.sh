# SPDX-License-Identifier: BSD-2-Clause
# What the tests of the applications share. The host may be busy: nothing here ends, or counts, because some time
# has passed. Programs that end after a silence are told to wait for PATIENCE instead: more than a test ever takes.
T=/tmp
PATIENCE=100

# The value of a key in a JSON line; the last one of the file.
json() { sed -n "s/.*\"$2\":\([-0-9.a-z]*\).*/\1/p" "$1" | tail -n 1; }
# rtt KEY FILE: of ping's JSON.
rtt() { sed -n "s/.*\"rtt\":{[^}]*\"$1\":\([0-9]*\).*/\1/p" "$2"; }
# between NAME LOW HIGH VALUE
between() { check "$1 ($4 in $2..$3)" awk "BEGIN { exit !($4 >= $2 && $4 <= $3) }"; }
# timed NAME LOW HIGH COMMAND: the command's last line lies between. A busy host may disturb a measurement, so
# there are ten tries; an error in the program disturbs all of them.
timed()
{
	for try in 1 2 3 4 5 6 7 8 9 10; do
		"$4" > $T/timed
		value=$(tail -n 1 $T/timed)
		awk "BEGIN { exit !($value >= $2 && $value <= $3) }" && break
		echo "try $try: $value"
	done
	between "$1" "$2" "$3" "$value"
}
# background LOG COMMAND...: its id in $pid; standard error in LOG.err. The logs are emptied first, by the one who
# is going to read them: the new process may open them later than that.
background()
{
	log=$1
	shift
	echo "+ $* &"
	: > "$log"
	: > "$log.err"
	"$@" > "$log" 2> "$log.err" &
	pid=$!
}
# ready LOG REGEX: until a program says so.
ready() { wait_until $PATIENCE grep -Eq "$2" "$1.err"; }
# mapped ID: until a program has mapped netmap's memory.
mapped() { wait_until $PATIENCE maps_netmap "$1"; }
# listens ID: until a program catches SIGINT, signal 2.
listens() { wait_until $PATIENCE grep -q 'SigCgt:.*[2367abef]$' "/proc/$1/status"; }
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
	background "$log" nmcheck -i "$port" -f rx -n "$count" -w ${PATIENCE}000 -t ${PATIENCE}000 "$@"
	checker=$pid
	mapped $checker
}
# arrive NAME: the receiver is satisfied.
arrive()
{
	wait $checker
	equal "$1" 0 $?
}
# nmsend PORT [OPTIONS]: nmcheck sends, however long the other end needs to make room.
nmsend()
{
	port=$1
	shift
	nmcheck -i "$port" -f tx -w ${PATIENCE}000 "$@"
}
# receiver LOG PORT [OPTIONS]: pkt-gen receives until it is stopped; its id in $rx.
receiver()
{
	log=$1 port=$2
	shift 2
	background "$log" pkt-gen -i "$port" -f rx -w 0 -T 100 --json "$@"
	rx=$pid
	ready "$log" "waiting for initial"
}
# reported LOG...: the packets that receivers have reported up to now, together.
reported()
{
	cat "$@" | sed -n 's/.*"event":"report".*"packets":\([0-9]*\).*/\1/p' | awk '{ n += $1 } END { print n + 0 }'
}
enough()
{
	want=$1
	shift
	[ "$(reported "$@")" -ge "$want" ]
}
# received COUNT LOG: until the last receiver has that many packets; then it is stopped. More than that fail too.
received()
{
	wait_until $PATIENCE enough "$1" "$2"
	stop $rx
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
	ready "$log" "$said" && listens $app || cat "$log.err"
}
