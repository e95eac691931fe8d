#!/bin/sh
# build.sh MODEL-DIR QEMU-HEADERS-DIR OUT.so: builds the plug-in of one model for the QEMU whose headers lie in
# QEMU-HEADERS-DIR (VERSION, include, linux-headers, qapi, scripts of its source tree, of exactly the installed binary's
# version with Debian's changes applied). All C files of the model are compiled. Needs gcc,
# pkg-config, python3, libglib2.0-dev. Nothing is written but OUT.so.
set -eu

model=$(realpath "$1")
src=$(realpath "$2")
out=$(realpath -m "$3")
here=$(dirname "$(realpath "$0")")
generated=$(mktemp -d)
trap 'rm -rf "$generated"' EXIT

(cd "$src" && PYTHONDONTWRITEBYTECODE=1 python3 scripts/qapi-gen.py -b -o "$generated/qapi" qapi/qapi-schema.json)
IFS=. read -r major minor micro < "$src/VERSION"

# QEMU's headers need the flags that QEMU itself is built with (-fno-strict-aliasing -fwrapv).
cd "$model"
sources=$(ls ./*.c)
# shellcheck disable=SC2046,SC2086 # several words are meant
gcc -std=gnu11 -O2 -g -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers \
	-fPIC -shared -fno-strict-aliasing -fwrapv \
	-DNIC_QEMU_VERSION=$((major * 100 + minor)) -DNIC_QEMU_MICRO="$micro" \
	-I"$model" -I"$here/include" -isystem "$src/include" -isystem "$generated" -isystem "$src" \
	-isystem "$src/linux-headers" -idirafter "$here/../../kernel/include" \
	$(pkg-config --cflags glib-2.0) $sources -o "$out"
