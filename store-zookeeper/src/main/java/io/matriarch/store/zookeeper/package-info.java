/**
 * The cluster's keys as znodes, laid out as the {@code zookeeper} section of Patroni does it (contract dcs-etcd3.md 6):
 * start at {@link io.matriarch.store.zookeeper.ZooKeeperStores}. Speaks to an outside ensemble and to the embedded one
 * alike; the server side lives in {@code store-embedded}.
 */
@NullMarked
package io.matriarch.store.zookeeper;

import org.jspecify.annotations.NullMarked;
