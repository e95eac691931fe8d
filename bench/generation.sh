#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What making a packet costs pkt-gen: processor time and cycles per packet on the null device, where
# nothing else happens. One JSON object per workload. "written whole" is the same packets with -o 4: each is
# copied into its buffer, as the classic pkt-gen does as soon as packets differ.
#
#   bench/generation.sh [packets]
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
packets=${1:-20000000}
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
mkdir -p "$build/pkt-gen"
make -s -C "$build/pkt-gen" -f "$root/apps/pkt-gen/GNUmakefile" SRCDIR="$root" pkt-gen >&2
mhz=$(sed -n 's/^cpu MHz[^:]*: //p' /proc/cpuinfo | head -n 1)

# measure NAME OPTIONS...
measure()
{
	name=$1
	shift
	"$build/pkt-gen/pkt-gen" -i null -f tx -n "$packets" -T 200 --json "$@" 2>/dev/null |
		awk -v name="$name" -v mhz="$mhz" -F'"cpuSeconds":' '/"event":"end"/ {
			split($2, cpu, ","); split($0, p, "\"packets\":"); split(p[2], n, ",")
			ns = cpu[1] * 1e9 / n[1]
			printf "{\"workload\":\"%s\",\"packets\":%d,\"nsPerPacket\":%.2f,\"cyclesPerPacket\":%.1f}\n",
				name, n[1], ns, ns * mhz / 1000
		}'
}

# both NAME OPTIONS...: as it is, and written whole
both()
{
	measure "$@"
	name=$1
	shift
	measure "$name, written whole" "$@" -o 4
}

both "60 bytes, always the same"
both "60 bytes, ranges of addresses and ports" -s 10.0.0.1:1-10.0.0.9:60000
both "60 bytes, random addresses and ports" -z -Z
both "1514 bytes, always the same" -l 1514
both "1514 bytes, ranges of addresses and ports" -l 1514 -s 10.0.0.1:1-10.0.0.9:60000
measure "5000 bytes in three slots" -l 5000
