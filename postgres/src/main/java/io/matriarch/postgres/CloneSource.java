package io.matriarch.postgres;

import org.jspecify.annotations.Nullable;

/**
 * Where a new replica comes from.
 *
 * @param upstream the member; null: only methods that need none
 * @param fromLeaderOnly always {@code pg_basebackup}
 */
public record CloneSource(@Nullable Upstream upstream, boolean fromLeaderOnly) {}
