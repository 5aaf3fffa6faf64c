#!/bin/sh
# Derives the table of PostgreSQL's parameters for one major version from a real server, so that nobody types it by hand:
#
#     parameters/derive.sh BIN_DIR > src/main/resources/io/matriarch/postgres/parameters/MAJOR.tsv
#
# BIN_DIR holds initdb, pg_ctl and postgres of that version; psql of any version is taken from PATH. Columns: name, type, unit,
# smallest, largest, words of an enum, among them those that only some builds have (lz4, zstd, io_uring). Left out are parameters that nobody can set and those of extensions.
set -eu

bin=$1
export LC_ALL=C PGOPTIONS= PGDATABASE=postgres PGUSER=postgres
directory=$(mktemp -d)
as=
if [ "$(id -u)" = 0 ]; then # PostgreSQL refuses to run as root
    chown postgres "$directory"
    as='setpriv --reuid=postgres --regid=postgres --clear-groups'
fi
cd "$directory"
trap '$as "$bin/pg_ctl" stop -D "$directory/data" -m immediate >&2 || true; rm -rf "$directory"' EXIT
$as "$bin/initdb" -D "$directory/data" -U postgres --no-sync --auth=trust >&2
$as "$bin/pg_ctl" start -w -D "$directory/data" -l "$directory/log" \
    -o "-c listen_addresses= -c unix_socket_directories=$directory" >&2

ask() {
    psql -X -q -A -t -F "$(printf '\t')" -h "$directory" -v ON_ERROR_STOP=1 -c "$1"
}

printf '# PostgreSQL %s: name, type, unit, smallest, largest, words\n' "$(ask "SHOW server_version")"
ask "SELECT name, vartype, coalesce(unit, ''), coalesce(min_val, ''), coalesce(max_val, ''),
            CASE WHEN vartype <> 'enum' THEN ''
                 WHEN name = 'default_toast_compression' THEN 'pglz|lz4'
                 WHEN name = 'wal_compression' THEN 'pglz|lz4|zstd|on|off'
                 WHEN name = 'io_method' THEN 'sync|worker|io_uring'
                 ELSE array_to_string(enumvals, '|') END
       FROM pg_settings
      WHERE context <> 'internal' AND name NOT LIKE '%.%'
      ORDER BY name COLLATE \"C\""
