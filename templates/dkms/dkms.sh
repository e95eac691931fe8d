#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Builds netmap.ko and the drivers for one kernel, for dkms; needs no Node.js.
#   dkms.sh modules RELEASE KSRC   builds, and prints the driver modules that came out; always ends with 0
#   dkms.sh build RELEASE KSRC     builds unless that was done, and puts the modules into the current folder
# A driver without sources of exactly this kernel, or without a patch that fits them, is left out with a message; the
# emulated adapter serves its interfaces then. RELEASE and KSRC come from dkms: the running kernel is never asked.
set -u
export LC_ALL=C
unset MAKEFLAGS MAKELEVEL

source=$(cd "$(dirname "$0")" && pwd -P)
cache=${NETMAP_DKMS_CACHE:-/var/cache/netmap-dkms}
src=${NETMAP_DKMS_SOURCES:-/usr/src}
. "$source/settings.sh"

say()
{
	echo "netmap: $*" >&2
}

# version_of_headers: VERSION.PATCHLEVEL.SUBLEVEL; the code alone stops at 255
version_of_headers()
{
	awk '$2 == "LINUX_VERSION_CODE" { code = $3 } $2 == "LINUX_VERSION_SUBLEVEL" { level = $3 }
		END { printf "%d.%d.%d", code / 65536, code / 256 % 256, level == "" ? code % 256 : level }' \
		"$ksrc/include/generated/uapi/linux/version.h"
}

version_of_sources()
{
	awk '$1 ~ /^(VERSION|PATCHLEVEL|SUBLEVEL)$/ && $2 == "=" { v[$1] = $3 }
		END { printf "%d.%d.%d", v["VERSION"], v["PATCHLEVEL"], v["SUBLEVEL"] }' "$1/Makefile"
}

# find_sources: prints the folder with the sources of exactly this version, unpacked when it has to be
find_sources()
{
	short=${version%.*}
	for name in "linux-source-$version" "linux-source-$short" "linux-source-$version/linux-source-$version" \
		"linux-source-$short/linux-source-$short" "linux-$version" "linux-$short" "linux-$release" \
		"kernels/$release" linux; do
		[ -e "$src/$name/drivers/net/loopback.c" ] && [ -e "$src/$name/Makefile" ] || continue
		[ "$(version_of_sources "$src/$name")" = "$version" ] || continue
		echo "$src/$name"
		return
	done
	for archive in "$src/linux-source-$version".tar.* "$src/linux-source-$short".tar.* "$src/linux-$version".tar.*; do
		[ -e "$archive" ] || continue
		rm -rf "$work/sources" && mkdir "$work/sources"
		# shellcheck disable=SC2046
		tar -C "$work/sources" --strip-components=1 --wildcards --no-wildcards-match-slash -xf "$archive" \
			'*/Makefile' $(awk -F '\t' '{ print "*/" $3 }' "$source/drivers.list") 2> /dev/null
		[ -e "$work/sources/Makefile" ] && [ "$(version_of_sources "$work/sources")" = "$version" ] || continue
		echo "$work/sources"
		return
	done
}

# choose_patch NAME FOLDER: the stored patch that fits the driver below FOLDER; numbers in names only order
choose_patch()
{
	code=$(echo "$version" | awk -F . '{ print $1 * 65536 + $2 * 256 + ($3 > 255 ? 255 : $3) }')
	(cd "$source/final-patches" && ls) | while IFS= read -r patch; do
		case $patch in "vanilla--$1--"*) ;; *) continue ;; esac
		range=${patch#"vanilla--$1--"}
		from=$((0x${range%--*})) to=$((0x${range#*--}))
		[ "${range#*--}" != 99999 ] || to=99999999
		distance=0
		if [ "$code" -lt $from ]; then distance=$((from - code)); fi
		if [ "$code" -ge $to ]; then distance=$((code - to + 1)); fi
		echo "$distance $((-from)) $patch"
	done | sort -n -k 1,1 -k 2,2 | while read -r _ _ patch; do
		if awk -v above="$2" -f "$source/fit.awk" "$source/final-patches/$patch" > /dev/null; then
			echo "$patch"
			break
		fi
	done
}

# driver NAME: writes what make needs to know about it; 77 when it is left out
driver()
{
	line=$(awk -F '\t' -v name="$1" '$1 == name' "$source/drivers.list")
	tab=$(printf '\t')
	IFS=$tab read -r name kind place conf module key <<-LINE
		$line
	LINE
	case $(sed -n "s/^$conf=//p" "$ksrc/.config") in
	m) ;;
	y) say "$name left out: it is part of the kernel image of $release, not a module"; return 77 ;;
	*) say "$name left out: $conf is not set in $release"; return 77 ;;
	esac
	sources=$(cat "$work/sources.path")
	if [ -z "$sources" ]; then
		say "$name left out: no sources of Linux $version in $src (for Debian: apt-get install linux-source-${version%.*})"
		return 77
	fi
	if [ ! -e "$sources/$place" ]; then
		say "$name left out: $place is not in $sources"
		return 77
	fi
	patch=$(choose_patch "$name" "$sources/${place%/*}")
	if [ -z "$patch" ]; then
		say "$name left out: no stored patch fits the driver of Linux $version"
		return 77
	fi
	[ "$kind" = directory ] && file=$name/$key || file=$name
	{
		echo "$name@conf := $conf"
		echo "$name@src := cp -Rp $sources/$place $name"
		echo "$name@patch := patches/$patch"
		# dkms replaces a module of the distribution only by one whose version is another
		echo "$name@prepare := sed -i '/^MODULE_VERSION(/d' $file && echo 'MODULE_VERSION(\"99-netmap-$package_version\");' >> $file"
	} >> "$work/drivers.mak"
	cksum "$source/final-patches/$patch" "$sources/$place${key:+/$key}" 2> /dev/null > "$work/.inputs-$name"
}

# configure: what netmap-configure does for one kernel, without Node.js
configure()
{
	if ! sh "$source/probe.sh" "$source" "$ksrc" "$work" "$@"; then
		say "the headers of $release cannot be used; see $work/log"
		return 1
	fi
	version=$(version_of_headers)
	warnings=$(tr '\n' ' ' < "$work/probe/warnings.txt")
	flags=$(for name in $warnings; do printf -- '-Wno-error=%s ' "$name"; done)
	find_sources > "$work/sources.path"
	: > "$work/drivers.mak"
	chosen=
	for name in $(cut -f 1 "$source/drivers.list"); do
		(driver "$name")
		case $? in
		0) chosen="$chosen $name" ;;
		77) ;;
		*) return 1 ;;
		esac
	done
	for file in Kbuild netmap.mak default-config.mak; do
		sed -e "s|-Wno-error=@dkms-warnings@|$flags|" -e "s|@dkms-warnings@|$warnings|" -e "s|@dkms-source@|$source|g" \
			-e "s|@dkms-work@|$work|g" -e "s|@dkms-ksrc@|$ksrc|g" -e "s|@dkms-release@|$release|g" \
			-e "s|^S_DRIVERS = .*|S_DRIVERS =$chosen|" "$source/folder/$file" > "$work/$file" || return 1
	done
	# an installation of the next version of this package is told from the one before by it
	printf '#include <linux/module.h>\nMODULE_VERSION("%s");\n' "$package_version" > "$work/version.c"
	echo "$mod_name-y += version.o" >> "$work/Kbuild"
	ln -sfn "$source/final-patches" "$work/patches"
	ln -sfn "$source/templates/drv-subdir.mak" "$work/drv-subdir.mak"
	ln -sfn "$source/templates/GNUmakefile" "$work/GNUmakefile"
	: >> "$work/Module.symvers"
}

# build_all [words for make]: everything in the work folder, once; what a killed run left is begun anew
build_all()
{
	if [ -e "$work/done" ] && [ -z "$(find "$ksrc/.config" "$ksrc/Module.symvers" "$source" -maxdepth 1 -newer "$work/done" 2> /dev/null)" ]; then
		return 0
	fi
	rm -rf "$work" && mkdir -p "$work" || return 1
	cd "$work" || return 1
	configure "$@" > configured 2>&1 < /dev/null
	status=$?
	# what was left out is for the user, all of it for the log
	grep '^netmap: ' configured >&2
	cat configured >> log
	[ $status -eq 0 ] || return $status
	make "$@" core >> log 2>&1 < /dev/null || { say "netmap.ko does not build for $release; see $work/log"; return 1; }
	for name in $(sed -n 's/^S_DRIVERS =//p' netmap.mak); do
		make "$@" CORE_IS_BUILT=1 "build-$name" >> log 2>&1 < /dev/null && continue
		say "$name left out: it does not compile for $release; see $work/log"
		echo "$name" >> failed
	done
	: > done
}

# products: the driver modules in the work folder
products()
{
	for name in $(sed -n 's/^S_DRIVERS =//p' "$work/netmap.mak" 2> /dev/null); do
		if grep -qxF "$name" "$work/failed" 2> /dev/null; then continue; fi
		awk -F '\t' -v name="$name" -v suffix="$driver_suffix" '$1 == name {
			print ($2 == "directory" ? $1 "/" : "") $5 suffix ".ko" }' "$source/drivers.list"
	done
}

verb=$1
release=$2
ksrc=$(cd "$3" 2> /dev/null && pwd -P)
target=$PWD
shift 3
work=$cache/$package_version/$release
if ! mkdir -p "$cache"; then
	[ "$verb" = modules ]
	exit
fi
exec 9> "$cache/lock"
flock 9
if [ -z "$ksrc" ] || [ ! -e "$ksrc/include/generated/uapi/linux/version.h" ]; then
	[ "$verb" = modules ] && exit 0
	say "there are no headers of $release"
	exit 1
fi
build_all "$@" 9>&-
status=$?
case $verb in
modules)
	[ $status -ne 0 ] || products
	;;
build)
	cat "$work/log"
	[ $status -eq 0 ] || exit $status
	for module in $mod_name.ko $(products); do
		cp -p "$work/$module" "$target/${module##*/}" || exit 1
	done
	rm -rf "$work"
	;;
esac
