package io.matriarch.postgres;

import java.time.Instant;

/**
 * A step that rewrites the data directory was begun and not finished: what lies there must not be started before the
 * step, or a new clone, went through.
 *
 * @param source the member that the data come from; empty when there is none
 * @param startedAt wall clock, for people
 */
public record InterruptedRejoin(Step step, String source, Instant startedAt) {

    /** What was going on. */
    public enum Step {
        BOOTSTRAP,
        CLONE,
        REWIND,
        REMOVE
    }

    /** For "… was interrupted". */
    public String description() {
        String from = source.isEmpty() ? "" : " from " + source;
        return switch (step) {
            case BOOTSTRAP -> "the creation of a new cluster";
            case CLONE -> "a clone" + from;
            case REWIND -> "pg_rewind" + from;
            case REMOVE -> "its removal";
        };
    }
}
