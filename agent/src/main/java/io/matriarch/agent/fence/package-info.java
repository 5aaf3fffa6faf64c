/**
 * The fence: a small process of its own that stops PostgreSQL when the lease has run out (docs/decisions). The agent feeds
 * it through {@link io.matriarch.agent.fence.ProcessFence}; the process itself is {@code fence/fence.c}.
 */
@NullMarked
package io.matriarch.agent.fence;

import org.jspecify.annotations.NullMarked;
