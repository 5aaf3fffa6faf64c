package io.matriarch.postgres;

/** How a change of upstream ended. */
public enum FollowOutcome {
    UNCHANGED,
    RELOADED,
    RESTARTED,
    FAILED
}
