#!/bin/sh
# build.sh QEMU-HEADERS-DIR OUT.so: builds the plug-in for the QEMU whose headers lie in QEMU-HEADERS-DIR
# (VERSION, include, linux-headers, qapi, scripts of its source tree, of exactly the installed binary's version with
# Debian's changes applied). Needs gcc, pkg-config, python3, libglib2.0-dev. Nothing is written but OUT.so.
set -eu

src=$(realpath "$1")
out=$(realpath -m "$2")
here=$(dirname "$(realpath "$0")")
generated=$(mktemp -d)
trap 'rm -rf "$generated"' EXIT

(cd "$src" && PYTHONDONTWRITEBYTECODE=1 python3 scripts/qapi-gen.py -b -o "$generated/qapi" qapi/qapi-schema.json)
IFS=. read -r major minor micro < "$src/VERSION"

# QEMU's headers need the flags that QEMU itself is built with (-fno-strict-aliasing -fwrapv).
# shellcheck disable=SC2046,SC2086 # several words are meant
model="rtl_chip.c rtl_checksum.c rtl_fifo.c rtl_guard.c rtl_nic.c rtl_phy.c rtl_qemu.c rtl_registers.c rtl_rx.c rtl_tx.c"
cd "$here"
gcc -std=gnu11 -O2 -g -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers \
	-fPIC -shared -fno-strict-aliasing -fwrapv \
	-DRTL_QEMU_VERSION=$((major * 100 + minor)) -DRTL_QEMU_MICRO="$micro" \
	-I"$here" -isystem "$src/include" -isystem "$generated" -isystem "$src" -isystem "$src/linux-headers" \
	$(pkg-config --cflags glib-2.0) $model -o "$out"
