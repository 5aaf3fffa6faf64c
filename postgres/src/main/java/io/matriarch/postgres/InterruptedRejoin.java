package io.matriarch.postgres;

import java.time.Instant;

/**
 * A step that rewrites the data directory was begun and not finished: what lies there must not be started before the
 * step, or a new clone, went through.
 *
 * @param source the member that the data come from; empty for a new cluster
 * @param startedAt wall clock, for people
 */
public record InterruptedRejoin(Step step, String source, Instant startedAt) {

    /** What was going on. */
    public enum Step {
        BOOTSTRAP,
        CLONE,
        REWIND
    }
}
