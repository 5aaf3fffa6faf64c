/**
 * The language of the field as immutable data: what the store says about a cluster, what a member publishes, how
 * positions, roles and times are written. Start at {@link io.matriarch.model.ClusterView}.
 *
 * <p>Nothing here reads a clock, a file or a socket.
 */
@NullMarked
package io.matriarch.model;

import org.jspecify.annotations.NullMarked;
