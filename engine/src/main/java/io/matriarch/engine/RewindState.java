package io.matriarch.engine;

/** What is known about the need for {@code pg_rewind} (contract ha-loop.md 12.1). */
public enum RewindState {
    INITIAL,
    /** As leader: the checkpoint on the present timeline is through. */
    CHECKPOINT_CONFIRMED,
    CHECK_SCHEDULED,
    NEEDED,
    NOT_NEEDED,
    /** Not needed; but the server was stopped before it had replayed WAL that is not part of the leader's history. */
    UNREPLAYED,
    /** Not needed; but the recovery of the running server may be heading for a timeline that is not the leader's. */
    ASTRAY,
    SUCCEEDED,
    FAILED;

    public boolean isPending() {
        return this == CHECK_SCHEDULED || this == NEEDED || this == UNREPLAYED || this == ASTRAY;
    }

    /** The state after a check was scheduled; a known need stays. */
    public RewindState withCheckScheduled() {
        return this == NEEDED ? this : CHECK_SCHEDULED;
    }
}
