#!/bin/sh
# Runs the program of this file's name (make, gcc) with /usr and /etc of a newer Debian release, which lies unpacked in
# ../root. All else is the host's: every path outside /usr and /etc, the working directory and the environment mean the
# same inside and outside. The mounts are in a namespace of this process alone: no other process sees them, and they end with it.
# PATH inside has no directory of the host: this file is not found again, nor is a compiler of /usr/local.
set -eu
bin=$(cd "$(dirname "$0")" && pwd -P)
root=${bin%/*}/root

if [ ! -L /bin ] || [ ! -L /lib64 ]; then
	echo "build root: /bin and /lib64 of this machine are no links into /usr: apt-get install usrmerge" >&2
	exit 125
fi

# a user's own namespace gives the right to mount
[ "$(id -u)" = 0 ] || own='--user --map-root-user'

# /usr comes last: it takes the mount program away
exec unshare ${own:-} --mount --propagation private sh -c '
root=$1
shift
if [ -d /usr/local ]; then mount --rbind /usr/local "$root/usr/local"; fi
if [ -d /usr/src ]; then mount --rbind /usr/src "$root/usr/src"; fi
if [ -d /usr/lib/node_modules ]; then mount --rbind /usr/lib/node_modules "$root/usr/lib/node_modules"; fi
mount --rbind "$root/etc" /etc
mount --rbind "$root/usr" /usr
PATH=/usr/sbin:/usr/bin
exec "$@"' "${0##*/}" "$root" "${0##*/}" "$@"
