package io.matriarch.store.zookeeper;

import io.matriarch.model.Threads;

/**
 * What production and simulator fill differently.
 *
 * @param clients opens sessions
 * @param threads of the agent or tool
 */
public record ZooKeeperPorts(ZooKeeperClient.Factory clients, Threads threads) {

    /** The library over sockets, on threads of the Java virtual machine. */
    static final ZooKeeperPorts REAL = new ZooKeeperPorts(LibraryClient::new, Threads.system());
}
