/**
 * The etcd v3 store over etcd's JSON gateway (contract dcs-etcd3.md). Start at
 * {@link io.matriarch.store.etcd.EtcdStoreProvider}; {@code EtcdAgentStore} speaks the language of the port,
 * {@code WatchedCopy} keeps the view, {@code Lease} the session, {@code EtcdClient} chooses endpoints, repeats and
 * authenticates, {@code EtcdTransport} carries one request with a hard deadline,
 * {@code HttpTransport} over sockets.
 */
@NullMarked
package io.matriarch.store.etcd;

import org.jspecify.annotations.NullMarked;
