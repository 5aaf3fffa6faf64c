package io.matriarch.postgres;

/** How a stop ended. */
public enum StopOutcome {
    STOPPED,
    /** There was no postmaster. */
    NOT_RUNNING,
    FAILED
}
