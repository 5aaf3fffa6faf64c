package io.matriarch.model;

import java.time.Duration;

/**
 * The three times that everything hangs on (contract config.md 3.3); {@code loopWait + 2 * retryTimeout <= ttl}.
 *
 * @param ttl how long a lease lives without renewal
 * @param loopWait period of the cycle
 * @param retryTimeout budget of one operation against the store or PostgreSQL
 */
public record Timing(Duration ttl, Duration loopWait, Duration retryTimeout) {

    public static final Timing DEFAULT =
            new Timing(Duration.ofSeconds(30), Duration.ofSeconds(10), Duration.ofSeconds(10));

    private static final int RENEWALS_PER_LEASE = 10;

    /** How often a leader renews its lease where the cycles alone do not do; with a {@code ttl} of 3 s three a second. */
    public Duration renewalPeriod() {
        return ttl.dividedBy(RENEWALS_PER_LEASE);
    }
}
