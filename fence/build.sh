#!/bin/sh
# Compiles the fence: build.sh OUTPUT. Does nothing when OUTPUT is newer than the source.
# Linked statically where the static C library is installed: one file, few pages to lock in memory.
set -eu
source=$(dirname "$0")/fence.c
output=$1

if [ -n "$(find "$output" -newer "$source" 2>/dev/null)" ]; then
    exit 0
fi
for compiler in "${CC:-}" cc gcc clang; do
    if [ -n "$compiler" ] && command -v "$compiler" >/dev/null 2>&1; then
        break
    fi
    compiler=
done
if [ -z "$compiler" ]; then
    echo "fence: no C compiler found (tried \$CC, cc, gcc, clang); install one: apt-get install -y gcc libc6-dev" >&2
    exit 1
fi

mkdir -p "$(dirname "$output")"
flags="-std=c11 -O2 -g -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -fstack-protector-strong"
work=$output.$$
trap 'rm -f "$work"' EXIT
# shellcheck disable=SC2086 # the flags are words
if ! "$compiler" $flags -static -o "$work" "$source" 2>/dev/null; then
    "$compiler" $flags -o "$work" "$source"
fi
mv "$work" "$output"
