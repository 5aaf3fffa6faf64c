/**
 * A ZooKeeper ensemble in one world: servers with what each has applied, their leader, sessions that the leader lets
 * expire, and the client library's behaviour. The production store runs against it as it is. Start at {@link
 * io.matriarch.simulator.zookeeper.ZooKeeperEnsemble}.
 */
@NullMarked
package io.matriarch.simulator.zookeeper;

import org.jspecify.annotations.NullMarked;
