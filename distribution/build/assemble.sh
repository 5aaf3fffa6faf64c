#!/bin/sh
# Puts together what is installed: assemble.sh HOME CLASS_PATH_FILE PROGRAMS SIMULATOR
#
#   HOME/lib/*.jar, lib/class-path   the jars and their order
#   HOME/libexec/matriarch-*         the programs in C: the fence, process 1 of a container
#   HOME/simulator/                  the simulator's jar, on nobody else's class path
#   HOME/aot/{agent,ctl}.aot         caches of loaded classes, made by a training run of each program
#   HOME/share                       completions for shells, manual pages
#   HOME/complete                    written last: the launchers trust what stands beside it
set -eu
here=$(cd "$(dirname "$0")" && pwd)
bin=$(cd "$here/../../bin" && pwd)
. "$bin/launch.sh"
home=$1
class_path_file=$2
programs=$3
simulator=$4

rm -rf "$home/complete" "$home/lib" "$home/libexec" "$home/simulator" "$home/aot" # running programs keep the files that they have open
mkdir -p "$home/lib" "$home/libexec" "$home/simulator" "$home/aot"
{ tr ':' '\n' <"$class_path_file" && echo; } | while IFS= read -r jar; do
    cp -p "$jar" "$home/lib/"
    echo "${jar##*/}"
done >"$home/lib/class-path"
cp -p "$programs/matriarch-fence" "$programs/matriarch-init" "$home/libexec/"
cp -p "$simulator" "$home/simulator/matriarch-simulator.jar"

find_java
class_path

# The training: each program runs once, and what it loads goes into its cache. With PostgreSQL and etcd on this machine it
# is a cluster of one node, which halves the CPU time until an agent is ready; without them no store answers. A program
# without a cache only starts more slowly, so a failed training is no failed build.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
as= # PostgreSQL refuses root

# Writes the programs' configuration. $1: etcd's port, $2: of REST, $3: of PostgreSQL, $4: directory of its programs
configure() {
    sed -e "s|@ETCD@|$1|; s|@REST@|$2|; s|@POSTGRES@|$3|; s|@BIN@|$4|; s|@DIRECTORY@|$work|" \
        "$here/training.yml" >"$work/training.yml"
}

# Replaces this shell with a program that records. $1: agent or ctl, $2: seconds after which it is asked to end,
# $3: main class, then arguments.
record() {
    program=$1
    seconds=$2
    shift 2
    # shellcheck disable=SC2046,SC2086 # the options are words
    exec timeout -s TERM -k 60 "$seconds" $as "$java_home/bin/java" $(set -f; jvm_options "$program") \
        -XX:AOTCacheOutput="$work/$program.aot" -Dmatriarch.home="$home" -Dmatriarch.bin="$bin" \
        -cp "$class_path" "$@" >"$work/$program.log" 2>&1 </dev/null
}

# True when $1 is in the agent's log within a minute, and the agent runs.
agent_says() {
    for _ in $(seq 120); do
        grep -q "$1" "$work/agent.log" 2>/dev/null && return 0
        kill -0 "$agent" 2>/dev/null || return 1
        sleep 0.5
    done
    return 1
}

# Makes the agent step down and lead again, so that no class of a failover has to be found in a jar while nobody can write. Its
# rival is itself, under another name.
train_a_failover() {
    command -v etcdctl >/dev/null || return 0
    etcdctl_put members/training2 "{\"conn_url\":\"postgres://127.0.0.1:$((port + 3))/postgres\",
        \"api_url\":\"http://127.0.0.1:$((port + 2))/patroni\",\"state\":\"running\",\"role\":\"replica\"}"
    etcdctl_put failover '{"leader":"training1"}'
    if agent_says "Leader key released"; then
        etcdctl_put failover ''
        agent_says "promoted self to leader" || true
        sleep 1 # what follows a promotion
    fi
}

etcdctl_put() {
    ETCDCTL_API=3 etcdctl --endpoints "$client" put "/service/training/$1" "$2" >/dev/null 2>&1 || true
}

train_with_a_cluster() {
    postgres=$(ls /usr/lib/postgresql/*/bin/postgres 2>/dev/null | sort -V | tail -n 1)
    [ -n "$postgres" ] || postgres=$(readlink -f -- "$(command -v postgres)")
    if [ -z "$postgres" ] || ! command -v etcd >/dev/null; then
        return
    fi
    if [ "$(id -u)" = 0 ]; then
        id postgres >/dev/null 2>&1 || return 0
        as="setpriv --reuid=postgres --regid=postgres --init-groups"
        chown postgres "$work"
    fi
    leads=
    $as test -r "$home/lib/class-path" || return 0
    port=$((20000 + $$ % 3000 * 4))
    configure $port $((port + 2)) $((port + 3)) "${postgres%/*}"
    client=http://127.0.0.1:$port
    peer=http://127.0.0.1:$((port + 1))
    (exec $as etcd --data-dir "$work/etcd" --listen-client-urls "$client" --advertise-client-urls "$client" \
        --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "default=$peer" \
        --unsafe-no-fsync >"$work/etcd.log" 2>&1) &
    etcd=$!
    (record agent 150 io.matriarch.agent.Main "$work/training.yml") &
    agent=$!
    if agent_says "the leader with the lock"; then
        leads=yes
        (record ctl 30 io.matriarch.ctl.PatroniCtl -c "$work/training.yml" list) || true
        # So that the agent answers requests too; this cache is not kept.
        (record version 30 io.matriarch.ctl.PatroniCtl -c "$work/training.yml" version training) || true
        train_a_failover
    fi
    kill "$agent" 2>/dev/null || true
    wait "$agent" || true
    kill "$etcd" 2>/dev/null || true
    wait "$etcd" 2>/dev/null || true
    [ -n "$leads" ] || rm -f "$work"/*.aot
}

train_without() {
    as=
    configure 1 1 1 /nonexistent
    case $1 in
        agent) (record agent 6 io.matriarch.agent.Main "$work/training.yml") || true ;;
        ctl) (record ctl 20 io.matriarch.ctl.PatroniCtl -c "$work/training.yml" list) || true ;;
    esac
}

train_with_a_cluster
for program in agent ctl; do
    [ -s "$work/$program.aot" ] || train_without "$program"
    cp "$work/$program.log" "$home/aot/"
    cp "$work/$program.aot" "$home/aot/" ||
        echo "assemble: no AOT cache for $program; see $home/aot/$program.log" >&2
done

# shellcheck disable=SC2046 # the options are words
"$java_home/bin/java" $(set -f; jvm_options ctl) -cp "$class_path" io.matriarch.ctl.MatriarchCommand share "$home/share"

touch "$home/complete"
