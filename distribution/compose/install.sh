#!/bin/sh
# What the image consists of, run inside it as root: install.sh MATRIARCH.DEB [PACKAGE...]
set -eu
deb=$1
shift
export DEBIAN_FRONTEND=noninteractive

apt-get update -q
apt-get install -y -q --no-install-recommends postgresql-common
# The agent makes the one cluster of a node, not the package.
sed -i 's/^#*create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
apt-get install -y -q --no-install-recommends postgresql "$deb" "$@"
apt-get clean
rm -rf /var/lib/apt/lists/* "$deb"
install -d -o postgres -g postgres -m 0700 /var/lib/postgresql/data
