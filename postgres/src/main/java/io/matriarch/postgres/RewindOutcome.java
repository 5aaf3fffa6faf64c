package io.matriarch.postgres;

/** How {@code pg_rewind} ended. */
public enum RewindOutcome {
    DONE,
    /** Not possible at this moment (leader without checkpoint, unreachable): try again in the next cycle. */
    LATER,
    /** Failed with a healthy leader. */
    FAILED
}
