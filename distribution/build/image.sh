#!/bin/sh
# Makes a tree that runs without a JDK on the machine: image.sh HOME, from a checkout that is built.
#
#   HOME/bin                         the launchers
#   HOME/runtime                     the parts of the JDK that the programs use
#   the rest                         as assemble.sh says; the AOT caches fit this runtime only
set -eu
here=$(cd "$(dirname "$0")" && pwd)
bin=$(cd "$here/../../bin" && pwd)
. "$bin/launch.sh"
target=$root/distribution/target
image=$1

build missing
find_java
jars=$(while IFS= read -r jar; do echo "$home/lib/$jar"; done <"$home/lib/class-path")
path=$(echo "$jars" | tr '\n' ':')
# Libraries name packages that nobody uses here (OSGi, Netty's natives): what is missing is no fault. Warnings about jars
# with a module description on the class path come first, the modules are the last line. YAML and JDBC libraries can work on
# Java beans, whose classes are in java.desktop: nobody asks them to, and it would be 10 MB of windows and fonts.
# shellcheck disable=SC2086 # the jars are words
modules=$("$java_home/bin/jdeps" --ignore-missing-deps --multi-release 25 --print-module-deps --class-path "$path" $jars |
    tail -n 1 | sed 's/java.desktop,//')

rm -rf "$image"
mkdir -p "$image"
"$java_home/bin/jlink" --add-modules "$modules" --strip-native-debug-symbols exclude-debuginfo-files \
    --no-header-files --no-man-pages --compress zip-6 --output "$image/runtime" >&2 ||
    fail "jlink of $java_home failed; it needs a whole JDK"
mkdir "$image/bin"
cp -p "$bin/launch.sh" "$bin/patroni" "$bin/patronictl" "$bin/matriarch" "$image/bin/"
sh "$here/assemble.sh" "$image" "$target/class-path" "$home/libexec" \
    "$home/simulator/matriarch-simulator.jar"
