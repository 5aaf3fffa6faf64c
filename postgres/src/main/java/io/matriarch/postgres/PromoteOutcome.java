package io.matriarch.postgres;

/** How a promotion ended. */
public enum PromoteOutcome {
    /** PostgreSQL is in production. */
    PROMOTED,
    PRE_PROMOTE_FAILED,
    /** Cancelled before the point of no return. */
    CANCELLED,
    FAILED
}
