package io.matriarch.postgres;

/** The answer of the divergence check. */
public enum RewindCheck {
    NEEDED,
    NOT_NEEDED,
    /** No; but the server was stopped before it had replayed WAL that must not be replayed ({@link Divergence#beyond}). */
    UNREPLAYED,
    /** No; but recovery may be heading for a timeline that is not the leader's, and has to be stopped to be turned back. */
    ASTRAY,
    /** Could not be answered now: ask again in the next cycle. */
    UNDECIDED
}
