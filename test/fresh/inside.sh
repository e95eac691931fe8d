#!/bin/sh
# inside.sh ROOT COMMAND...: runs COMMAND in /root/clone of the system in ROOT. Called in a mount and process namespace
# of its own. ROOT becomes the root of that namespace: in a mere chroot, programs may not make user namespaces, and
# builds for newer kernels do. Where packages come from is this machine's affair: names, certificates, settings of npm.
set -eu
root=$1
shift

mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
for file in /etc/resolv.conf /etc/hosts /etc/npmrc /usr/etc/npmrc /usr/local/etc/npmrc "$HOME/.npmrc"; do
	[ -f "$file" ] || continue
	inside=$root$file
	[ "$file" != "$HOME/.npmrc" ] || inside=$root/root/.npmrc
	mkdir -p "${inside%/*}"
	[ -e "$inside" ] || : > "$inside"
	mount --bind "$file" "$inside"
done
for folder in /etc/ssl/certs /usr/share/ca-certificates /usr/local/share/ca-certificates; do
	[ ! -d "$folder" ] || { mkdir -p "$root$folder" && mount --bind "$folder" "$root$folder"; }
done
for name in NODE_EXTRA_CA_CERTS GIT_SSL_CAINFO SSL_CERT_FILE SSL_CERT_DIR http_proxy https_proxy no_proxy; do
	eval "value=\${$name:-}"
	[ -z "$value" ] || kept="${kept:-} $name=$value"
done

cd "$root"
mkdir -p .outside
pivot_root . .outside
# shellcheck disable=SC2086,SC2016 # several words are meant; the inner shell reads its own
exec /usr/bin/env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin ${kept:-} \
	/bin/sh -c 'umount -l /.outside && cd /root/clone && exec "$@"' sh "$@" </dev/null
