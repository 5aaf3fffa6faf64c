/**
 * Which standbys commits wait for, and in what order the sync key and {@code synchronous_standby_names} change (contract
 * replication.md 1). {@link io.matriarch.engine.sync.PrioritySync} holds the invariant.
 */
@NullMarked
package io.matriarch.engine.sync;

import org.jspecify.annotations.NullMarked;
