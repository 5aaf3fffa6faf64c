/**
 * PostgreSQL servers in one world: the {@link io.matriarch.simulator.postgres.Disk} that survives, and the twin that an
 * agent holds in place of the real thing. Knows nothing of the agent's cycle or of the store.
 */
@NullMarked
package io.matriarch.simulator.postgres;

import org.jspecify.annotations.NullMarked;
