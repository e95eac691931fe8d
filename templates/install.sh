#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# install.sh STAGE ROOT MANIFEST
# Moves what lies below STAGE to the same places below ROOT. ROOT's MANIFEST tells afterwards what was put there, so
# that `netmap-configure uninstall` finds it: lines as sha256sum -c reads them, with paths below ROOT, and comments
#   # directory PATH    for every directory that was made.
# Each file is replaced as a whole. The manifest names new files before they are there and old ones until they are
# gone: however this ends, every file is in it, and a second run completes.
set -eu
export LC_ALL=C

stage=$1
root=${2%/}
list=$3 # below ROOT
manifest=$root$list
[ -d "$stage" ] || exit 0

# write_manifest FILE...: made of the lines of these files
write_manifest()
{
	place=$manifest
	[ -z "$missing" ] || place=$root$missing.netmap-new${list#"$missing"}
	mkdir -p "${place%/*}"
	{
		echo '# Files that make install of netmap put here; netmap-configure uninstall removes them.'
		cat "$@" | sed '/^# Files/d' | sort -u
	} > "$place.netmap-new"
	mv -f "$place.netmap-new" "$place"
	[ -z "$missing" ] || mv -T "$root$missing.netmap-new" "$root$missing"
	missing=
}

cd "$stage"
find . -mindepth 1 -type d | sed 's/^\.//' | sort | while IFS= read -r dir; do
	[ -d "$root$dir" ] || echo "# directory $dir"
done > "$stage.new"
# The manifest's own directories are made with the manifest in them, by one rename of the highest that is missing: a run
# that is killed in between would leave directories that no list knows of.
missing=
dir=${list%/*}
while [ -n "$dir" ] && [ ! -d "$root$dir" ]; do
	echo "# directory $dir" >> "$stage.new"
	missing=$dir
	dir=${dir%/*}
done
[ -z "$missing" ] || rm -rf "$root$missing.netmap-new"
find . \( -type f -o -type l \) -exec sha256sum {} + | sed 's|  \./|  /|' >> "$stage.new"
if [ -e "$manifest" ]; then cat "$manifest"; fi > "$stage.old"

write_manifest "$stage.old" "$stage.new"

# left by a run that was killed
sed '/^#/d' "$stage.old" "$stage.new" | cut -c 67- | while IFS= read -r path; do rm -f "$root$path.netmap-new"; done

find . \( -type f -o -type l \) | sed 's/^\.//' | while IFS= read -r path; do
	if [ ! -L ".$path" ] && [ ! -L "$root$path" ] && cmp -s ".$path" "$root$path"; then continue; fi
	mkdir -p "$root${path%/*}"
	cp -dp ".$path" "$root$path.netmap-new"
	mv -f "$root$path.netmap-new" "$root$path"
done

awk 'NR == FNR { if (!/^#/) known[substr($0, 67)]; next } /^#/ || !(substr($0, 67) in known)' \
	"$stage.new" "$stage.old" > "$stage.kept"
write_manifest "$stage.kept" "$stage.new"
rm -rf "$stage" "$stage.new" "$stage.old" "$stage.kept"
