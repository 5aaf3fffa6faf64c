/**
 * Whole clusters in one world: {@link io.matriarch.simulator.cluster.World} has the network, the store and the {@link
 * io.matriarch.simulator.cluster.Host}s, and each host runs the agent from its configuration to its exit code as
 * production does.
 */
@NullMarked
package io.matriarch.simulator.cluster;

import org.jspecify.annotations.NullMarked;
