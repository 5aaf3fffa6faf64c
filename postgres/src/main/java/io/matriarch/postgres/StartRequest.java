package io.matriarch.postgres;

import io.matriarch.model.Role;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How PostgreSQL is to be started.
 *
 * @param role {@code PRIMARY}, {@code REPLICA} or {@code STANDBY_LEADER}; null: as the data directory says (a signal
 *     file makes a replica)
 * @param upstream whom a replica follows; null: nobody
 * @param timeout how long it may take until it accepts connections; null: {@code pg_ctl_timeout}, and a longer start
 *     is "still starting", not a failure
 * @param roleChange whether {@code on_role_change} is to run instead of {@code on_start}
 */
public record StartRequest(
        @Nullable Role role,
        @Nullable Upstream upstream,
        @Nullable Duration timeout,
        boolean roleChange) {}
