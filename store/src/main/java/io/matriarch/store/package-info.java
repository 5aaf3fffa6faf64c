/**
 * The port to the consensus store. {@link io.matriarch.store.ClusterStore} is what tools need,
 * {@link io.matriarch.store.AgentStore} what an agent needs in addition: a session that its member key and the leader
 * key are bound to, and events. Every write ends in a {@link io.matriarch.store.WriteOutcome}.
 */
@NullMarked
package io.matriarch.store;

import org.jspecify.annotations.NullMarked;
