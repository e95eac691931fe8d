#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# probe.sh SOURCE KSRC WORK [words for make]: asks the kernel's headers, and writes WORK/netmap_linux_config.h
set -eu
export LC_ALL=C
source=$1 ksrc=$2 work=$3
shift 3

rm -rf "$work/probe"
cp -R "$source/probe" "$work/probe"
make -k -O "-j$(nproc)" -C "$ksrc" "M=$work/probe" "$@" modules < /dev/null
test -e "$work/probe/netmap_probe.ko"
test -s "$work/probe/answers.txt"

{
	printf '#ifndef NETMAP_LINUX_CONFIG_H\n#define NETMAP_LINUX_CONFIG_H\n'
	awk -F '\t' -f "$source/answers.awk" "$work/probe/answers.txt" "$source/answers.list"
	if grep -q "$(printf '\tsplit_page\t')" "$ksrc/Module.symvers"; then echo '#define NETMAP_LINUX_HAVE_SPLIT_PAGE'; fi
	cat "$source/facts.h"
	echo '#endif'
} > "$work/netmap_linux_config.h"
