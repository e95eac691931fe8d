#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What making a packet costs pkt-gen: processor time and cycles per packet on the null device, where
# nothing else happens. One JSON object per workload.
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

measure "60 bytes, always the same"
measure "60 bytes, copied" -o 4
measure "60 bytes, ranges of addresses and ports" -s 10.0.0.1:1-10.0.0.9:60000
measure "60 bytes, random addresses and ports" -z -Z
measure "1514 bytes, copied" -l 1514 -o 4
measure "1514 bytes, ranges of addresses and ports" -l 1514 -s 10.0.0.1:1-10.0.0.9:60000
measure "5000 bytes in three slots" -l 5000
