#!/bin/sh
# Compiles the C programs: build.sh DIRECTORY makes DIRECTORY/matriarch-fence and matriarch-init. Does nothing for a program that
# is newer than its source. Linked statically where the static C library is installed: one file, few pages to lock in memory.
set -eu
sources=$(dirname "$0")
directory=$1

for compiler in "${CC:-}" cc gcc clang; do
    if [ -n "$compiler" ] && command -v "$compiler" >/dev/null 2>&1; then
        break
    fi
    compiler=
done

mkdir -p "$directory"
flags="-std=c11 -O2 -g -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -fstack-protector-strong"
for program in fence init; do
    source=$sources/$program.c
    output=$directory/matriarch-$program
    if [ -n "$(find "$output" -newer "$source" 2>/dev/null)" ]; then
        continue
    fi
    if [ -z "$compiler" ]; then
        echo "fence: no C compiler found (tried \$CC, cc, gcc, clang); install one: apt-get install -y gcc libc6-dev" >&2
        exit 1
    fi
    work=$output.$$
    trap 'rm -f "$work"' EXIT
    # shellcheck disable=SC2086 # the flags are words
    if ! "$compiler" $flags -static -o "$work" "$source" 2>/dev/null; then
        "$compiler" $flags -o "$work" "$source"
    fi
    mv "$work" "$output"
done
