# SPDX-License-Identifier: BSD-2-Clause
# Functions for test scripts that run in a guest (busybox sh). Results go to files and reach the host only when
# the whole script and the scan of the kernel's log are done: a guest that dies has no verdict.

VM_NAME=$(cat /vm/name)
VM_STATE=/run/vm
mkdir -p "$VM_STATE"
touch "$VM_STATE/results" "$VM_STATE/notes" "$VM_STATE/allowed"

# record RESULT NAME [REASON]: one line of the verdict; RESULT is ok, "not ok" or skip.
record()
{
	printf '%s\t%s\t%s\n' "$1" "$2" "$3" >> "$VM_STATE/results"
	echo "[$VM_NAME] $1: $2${3:+ ($3)}"
}

# run COMMAND...: echoes the command with the machine's name, then runs it.
run()
{
	echo "[$VM_NAME] \$ $*"
	"$@"
}

# in_ns NAMESPACE COMMAND...: the same inside a network namespace.
in_ns()
{
	_ns=$1
	shift
	echo "[$VM_NAME/$_ns] \$ $*"
	ip netns exec "$_ns" "$@"
}

# check NAME COMMAND...: a test; it passes when the command succeeds. Returns the command's success.
check()
{
	_name=$1
	shift
	case $1 in
	in_ns | run) "$@" ;;
	*) run "$@" ;;
	esac
	_status=$?
	if [ $_status -eq 0 ]; then record ok "$_name"; else record 'not ok' "$_name"; fi
	return $_status
}

# must NAME COMMAND...: a test without which the rest makes no sense: ends the script when it fails.
must()
{
	check "$@" || exit 0
}

# equal NAME EXPECTED ACTUAL: an exact comparison.
equal()
{
	if [ "$2" = "$3" ]; then
		record ok "$1"
	else
		record 'not ok' "$1: expected $2, got $3"
	fi
}

skip()
{
	record skip "$1" "$2"
}

# note KEY VALUE: a fact for the host, a "# key=value" line of the verdict.
note()
{
	printf '# %s=%s\n' "$1" "$2" >> "$VM_STATE/notes"
}

uptime_ms()
{
	# Two digits after the point, always: 12.34 -> 12340.
	sed 's/ .*//; s/\.//; s/$/0/' /proc/uptime
}

# wait_until SECONDS COMMAND...: polls until the command succeeds; fails at the deadline. No result is recorded.
wait_until()
{
	_deadline=$(($(uptime_ms) + $1 * 1000))
	shift
	until "$@" > /dev/null 2>&1; do
		[ "$(uptime_ms)" -lt $_deadline ] || return 1
		usleep 20000
	done
}

# wait_for NAME SECONDS COMMAND...: a test that passes as soon as the command succeeds.
wait_for()
{
	_name=$1 _limit=$2
	shift 2
	echo "[$VM_NAME] wait up to $_limit s: $*"
	if wait_until "$_limit" "$@"; then
		record ok "$_name"
	else
		record 'not ok' "$_name: not within $_limit s"
		return 1
	fi
}

# carrier INTERFACE: whether its link is up (false while the interface is down).
carrier()
{
	[ "$(cat "/sys/class/net/$1/carrier" 2> /dev/null)" = 1 ]
}

# ns_carrier NAMESPACE INTERFACE
ns_carrier()
{
	[ "$(ip netns exec "$1" cat "/sys/class/net/$2/carrier" 2> /dev/null)" = 1 ]
}

# suspend_and_resume: all devices suspend to idle and resume at once; the machine itself stays awake.
suspend_and_resume()
{
	echo 0 > /sys/module/suspend/parameters/pm_test_delay
	echo devices > /sys/power/pm_test
	echo freeze > /sys/power/state
	_status=$?
	echo none > /sys/power/pm_test
	return $_status
}

# last_number FIELD FILE: of the last JSON object in the file.
last_number()
{
	sed -n 's/.*"'"$1"'":\([0-9.]*\).*/\1/p' "$2" | tail -n 1
}

# maps_netmap PID: whether a program has its netmap port.
maps_netmap()
{
	grep -q /dev/netmap "/proc/$1/maps"
}

# all_sent PID: tells an nmcheck that receives that nothing more comes.
all_sent()
{
	kill -USR1 "$1" 2> /dev/null
}

# send_file NAME PATH: gives a file of the guest to the host.
send_file()
{
	{
		echo "begin $1"
		base64 "$2"
		echo end
	} > /dev/ttyS2
}

# allow_log REGEX: lines of the kernel's log that match are expected in this test.
allow_log()
{
	printf '%s\n' "$1" >> "$VM_STATE/allowed"
}

# Lines that mean a defect: warnings, oopses, lock order, memory errors, leaks, hangs, and DMA faults of the IOMMU.
VM_BAD_LOG='WARNING:|BUG:|BUG |Oops|general protection fault|UBSAN:|KASAN|KFENCE|KCSAN|kmemleak: .*suspected'
VM_BAD_LOG="$VM_BAD_LOG|INFO: task .* blocked|possible (recursive|circular) locking|inconsistent lock state"
VM_BAD_LOG="$VM_BAD_LOG|rcu.*(stall|detected)|soft lockup|hard LOCKUP|Call Trace:|DMAR: .*fault|refcount_t:"
VM_BAD_LOG="$VM_BAD_LOG|unregister_netdevice: waiting|Bad page|scheduling while atomic|suspicious RCU"

scan_log()
{
	if [ -e /sys/kernel/debug/kmemleak ]; then
		echo scan > /sys/kernel/debug/kmemleak
		echo scan > /sys/kernel/debug/kmemleak
	fi
	dmesg | grep -E "$VM_BAD_LOG" > "$VM_STATE/bad"
	if [ -s "$VM_STATE/allowed" ]; then
		grep -v -E -f "$VM_STATE/allowed" "$VM_STATE/bad" > "$VM_STATE/bad.left"
		mv "$VM_STATE/bad.left" "$VM_STATE/bad"
	fi
	if [ -s "$VM_STATE/bad" ]; then
		record 'not ok' "the kernel's log is clean: $(head -n 1 "$VM_STATE/bad")"
	else
		record ok "the kernel's log is clean"
	fi
}

write_verdict()
{
	echo 'KTAP version 1'
	echo "1..$(wc -l < "$VM_STATE/results")"
	_number=0
	while IFS="$(printf '\t')" read -r _result _name _reason; do
		_number=$((_number + 1))
		case $_result in
		skip) echo "ok $_number $_name # SKIP $_reason" ;;
		*) echo "$_result $_number $_name" ;;
		esac
	done < "$VM_STATE/results"
	cat "$VM_STATE/notes"
	echo '# end'
}

# --- the software NIC's guard window (see rtl_guard.h, which lies in /vm); a NIC is named by its PCI address, because
# --- an interface can be in another namespace

# pci_of INTERFACE: its PCI address, e.g. 0000:01:00.0.
pci_of()
{
	basename "$(readlink -f "/sys/class/net/$1/device")"
}

# rtl_number LIST NAME: place of NAME in the X-macro list RTL_<LIST> of rtl_guard.h.
rtl_number()
{
	awk -v list="#define RTL_$1(X)" -v name="X($2)" '
		index($0, list) == 1 { on = 1; next }
		on && !/X\(/ { exit }
		on { for (i = 1; i <= NF; i++) if ($i ~ /^X\(/) { if ($i == name) { print n + 0; exit } n++ } }
	' /vm/rtl_guard.h
}

# guard_register PCI OFFSET [VALUE]: reads, or writes, one 32-bit register of the window.
guard_register()
{
	_base=$(sed -n 's/ .*//; 6p' "/sys/bus/pci/devices/$1/resource")
	devmem $((_base + $2)) 32 ${3:+$3}
}

guard_command()
{
	guard_register "$1" 0x008 "$2"
	[ $(($(guard_register "$1" 0x00c))) -eq 0 ]
}

# nic_fault PCI NAME [COUNT]: injects a fault COUNT times (-1: for ever, 0: stop; default 1).
nic_fault()
{
	_fault=$(rtl_number FAULTS "$2")
	[ -n "$_fault" ] || { echo "no fault $2" >&2; return 1; }
	guard_register "$1" 0x01c "$_fault"
	guard_register "$1" 0x020 $((${3:-1} & 0xffffffff))
	guard_command "$1" 5
}

# nic_cable PCI 0|1: pulls the cable, or plugs it in.
nic_cable()
{
	guard_register "$1" 0x020 "$2"
	guard_command "$1" 6
}

# nic_stat PCI NAME: a counter of the model, now (its low 32 bits).
nic_stat()
{
	guard_command "$1" 7
	echo $(($(guard_register "$1" $((0x100 + 8 * $(rtl_number STATS "$2"))))))
}
