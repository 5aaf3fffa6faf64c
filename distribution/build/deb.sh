#!/bin/sh
# Makes a Debian package: deb.sh IMAGE DIRECTORY, from a tree that image.sh made. Prints the path of the package.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
image=$1
package=$root/distribution/package

command -v dpkg-deb >/dev/null || {
    echo "deb.sh: dpkg-deb is missing: apt-get install -y dpkg" >&2
    exit 1
}
jar=$(ls "$image"/lib/matriarch-agent-*.jar)
version=${jar##*/matriarch-agent-}
version=$(echo "${version%.jar}" | sed 's/-/~/') # a snapshot is older than its release
architecture=$(dpkg --print-architecture)
deb=$2/matriarch_${version}_$architecture.deb

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
chmod 0755 "$tree"
umask 022
mkdir -p "$tree/DEBIAN" "$tree/usr/bin" "$tree/usr/lib" "$tree/usr/share/doc/matriarch" "$tree/usr/lib/systemd/system" \
    "$tree/etc/logrotate.d" "$tree/usr/share/matriarch"
cp -pR "$image" "$tree/usr/lib/matriarch" # the AOT caches know the jars by their times
for program in patroni patronictl matriarch; do
    ln -s "../lib/matriarch/bin/$program" "$tree/usr/bin/$program"
done
cp "$package"/*.service "$package"/*.timer "$tree/usr/lib/systemd/system/"
cp "$package/logrotate" "$tree/etc/logrotate.d/matriarch"
cp -R "$root/distribution/monitoring" "$tree/usr/share/matriarch/"
cp "$root/NOTICE" "$root/CHANGELOG.md" "$root/README.md" "$tree/usr/share/doc/matriarch/"
cp "$root/LICENSE" "$tree/usr/share/doc/matriarch/copyright"
echo /etc/logrotate.d/matriarch >"$tree/DEBIAN/conffiles"
for script in postinst prerm postrm; do
    install -m 0755 "$package/$script" "$tree/DEBIAN/$script"
done
cat >"$tree/DEBIAN/control" <<EOF
Package: matriarch
Version: $version
Architecture: $architecture
Maintainer: The Matriarch authors <matriarch@localhost>
Installed-Size: $(du -sk --exclude=DEBIAN "$tree" | cut -f 1)
Depends: libc6, util-linux, postgresql-common
Recommends: postgresql
Conflicts: patroni
Section: database
Priority: optional
Description: keeps PostgreSQL clusters alive
 An agent beside each PostgreSQL server: automatic failover, switchover,
 return of the old primary, synchronous sets and replication slots. Takes the
 place of Patroni: the same configuration, REST API and patronictl. Brings its
 own Java runtime.
EOF
mkdir -p "$2"
dpkg-deb --root-owner-group --build -Zzstd "$tree" "$deb" >&2
echo "$deb"
