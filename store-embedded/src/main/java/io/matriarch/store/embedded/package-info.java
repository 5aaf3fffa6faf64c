/**
 * A consensus store without a program of its own: each agent carries one member of a ZooKeeper ensemble, a
 * {@link io.matriarch.store.embedded.Witness} can stand in for an agent as a voter. The keys and the client are those of
 * {@code store-zookeeper}; here live the server, its settings and the {@code embedded} section. Start at
 * {@link io.matriarch.store.embedded.EmbeddedStoreProvider}.
 */
@NullMarked
package io.matriarch.store.embedded;

import org.jspecify.annotations.NullMarked;
