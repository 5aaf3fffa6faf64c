#!/bin/sh
# Puts together what is installed: assemble.sh HOME CLASS_PATH_FILE FENCE
#
#   HOME/lib/*.jar, lib/class-path   the jars and their order
#   HOME/libexec/matriarch-fence     the fence
#   HOME/aot/{agent,ctl}.aot         caches of loaded classes, made by a training run of each program
#   HOME/complete                    written last: the launchers trust what stands beside it
set -eu
here=$(cd "$(dirname "$0")" && pwd)
bin=$(cd "$here/../../bin" && pwd)
. "$bin/launch.sh"
home=$1
class_path_file=$2
fence=$3

rm -rf "$home" # running programs keep the files that they have open
mkdir -p "$home/lib" "$home/libexec" "$home/aot"
{ tr ':' '\n' <"$class_path_file" && echo; } | while IFS= read -r jar; do
    cp -p "$jar" "$home/lib/"
    echo "${jar##*/}"
done >"$home/lib/class-path"
cp -p "$fence" "$home/libexec/"

find_java
class_path

# Without a cache a program only starts more slowly, so a failed training is no failed build.
# $1: agent or ctl, $2: seconds after which it is asked to end, $3: main class, then arguments.
train() {
    program=$1
    seconds=$2
    shift 2
    # shellcheck disable=SC2046 # the options are words
    timeout -s TERM -k 60 "$seconds" "$java_home/bin/java" $(set -f; jvm_options "$program") \
        -XX:AOTCacheOutput="$home/aot/$program.aot" -Dmatriarch.home="$home" -Dmatriarch.bin="$bin" \
        -cp "$class_path" "$@" >"$home/aot/$program.log" 2>&1 </dev/null || true # no store answers, by intent
    [ -s "$home/aot/$program.aot" ] || echo "assemble: no AOT cache for $program; see $home/aot/$program.log" >&2
}

train ctl 20 io.matriarch.ctl.PatroniCtl -c "$here/training.yml" list
train agent 6 io.matriarch.agent.Main "$here/training.yml"

touch "$home/complete"
