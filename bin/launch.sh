# Sourced by the launchers beside it, which set "bin" to this directory. POSIX sh; nothing here may write to standard
# output, because that belongs to the program ("patronictl list -f json").

root=${bin%/*}
name=${0##*/}
home=$root # installed
[ -e "$root/complete" ] || home=$root/distribution/target/matriarch # a checkout

fail() {
    echo "$name: $*" >&2
    exit 1
}

# True when $1 is the home of a Java 25. Reads its release file: asking the JVM itself would cost its start-up.
is_java_25() {
    [ -x "$1/bin/java" ] && [ -r "$1/release" ] || return 1
    while IFS= read -r line; do
        case $line in
            'JAVA_VERSION="25"'* | 'JAVA_VERSION="25.'*) return 0 ;;
        esac
    done <"$1/release"
    return 1
}

# Sets "java_home". Order: the runtime that was installed with the programs, what the caller says, what the system has
# installed, what is on the path.
find_java() {
    for java_home in "$home/runtime" "${JAVA_HOME:-}" /usr/lib/jvm/*25*; do
        if [ -n "$java_home" ] && is_java_25 "$java_home"; then
            return 0
        fi
    done
    java_home=$(command -v java) && java_home=$(readlink -f -- "$java_home") && java_home=${java_home%/bin/java} &&
        is_java_25 "$java_home" && return 0
    fail "no Java 25 found (looked at JAVA_HOME, /usr/lib/jvm/*25* and PATH)." \
        "Install one: apt-get install -y openjdk-25-jdk-headless (Debian 13 or later)," \
        "or unpack any JDK 25 and set JAVA_HOME to it."
}

# Builds the programs from the sources. Several callers at once build once: the others wait for the lock.
# $1: "missing" does nothing when they are there, "all" builds in any case; $2: Maven module to build up to.
build() {
    [ "$1" = missing ] && [ -e "$home/complete" ] && return 0
    [ "$home" != "$root" ] || fail "$root is installed; build from a checkout of the sources"
    if ! [ -w "$root/distribution" ]; then
        fail "not built yet, and $(id -un) may not write to $root." \
            "Let the owner of that directory run: $root/bin/matriarch build"
    fi
    command -v mvn >/dev/null || fail "not built yet, and Maven is missing: apt-get install -y maven"
    command -v flock >/dev/null || fail "not built yet, and flock is missing: apt-get install -y util-linux"
    find_java
    mkdir -p "$root/distribution/target"
    (
        flock -w 900 9 || fail "another build has held $root/distribution/target/build.lock for 15 minutes"
        [ "$1" = missing ] && [ -e "$home/complete" ] && exit 0
        echo "$name: building $root (once; takes a minute or two)" >&2
        umask 022 # other users run what is built
        cd "$root"
        # Maven finds the JDK 25 for our sources by itself and may run on an older one.
        command -v java >/dev/null || export JAVA_HOME="$java_home"
        mvn -q -B -T 1C -Dquick -DskipTests -pl "${2:-distribution}" -am package >&2 9>&- ||
            fail "the build failed; its output is above. Try again with: $root/bin/matriarch build"
    ) 9>"$root/distribution/target/build.lock" || exit 1
}

# Sets "class_path" to the jars in the order of the build; the AOT cache fits this order only.
class_path() {
    class_path=
    while IFS= read -r jar; do
        class_path=$class_path${class_path:+:}$home/lib/$jar
    done <"$home/lib/class-path" || fail "cannot read $home/lib/class-path; build again: $root/bin/matriarch build"
}

# Prints the JVM's options for a program, one a line. Their effect is measured in docs/dependencies.md.
jvm_options() {
    # Shared by both; an AOT cache is valid only for the collector and header layout it was made with.
    printf '%s\n' -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:+UseCompactObjectHeaders -XX:-UsePerfData
    # The JVM prints its warnings to standard output unless told otherwise.
    printf '%s\n' -Xlog:disable
    case $1 in
        agent)
            printf '%s\n' -Xms8m -Xmn2m -Xmx64m -XX:MinHeapFreeRatio=10 -XX:MaxHeapFreeRatio=30 -XX:-ShrinkHeapInSteps \
                -XX:TrimNativeHeapInterval=10000 -XX:ActiveProcessorCount=2 \
                -XX:+ExitOnOutOfMemoryError -Xlog:all=warning,aot*=off,cds*=off:stderr \
                --enable-native-access=ALL-UNNAMED
            ;;
        ctl)
            printf '%s\n' -XX:CompileThresholdScaling=10 -Xmx64m
            ;;
    esac
}

# Replaces this shell with the JVM. $1: agent or ctl (options and AOT cache), $2: main class, then its arguments.
launch() {
    program=$1
    main_class=$2
    shift 2
    build missing
    find_java
    class_path
    unset JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS # announce themselves on every start
    MALLOC_ARENA_MAX=2                       # glibc otherwise keeps an arena per thread and core
    export MALLOC_ARENA_MAX
    cache=$home/aot/$program.aot
    [ -r "$cache" ] || cache=
    init=
    [ $$ != 1 ] || init=$home/libexec/matriarch-init # a JVM does not bury the orphans that process 1 is given
    # shellcheck disable=SC2046 # the options are words
    exec ${init:+"$init"} "$java_home/bin/java" $(set -f; jvm_options "$program") ${cache:+"-XX:AOTCache=$cache"} \
        -Dmatriarch.home="$home" -Dmatriarch.bin="$bin" -cp "$class_path" "$main_class" "$@"
}
