package io.matriarch.postgres;

/** The answer of the divergence check. */
public enum RewindCheck {
    NEEDED,
    NOT_NEEDED,
    /** No; but the server was stopped before it had replayed WAL that must not be replayed ({@link Divergence#beyond}). */
    UNREPLAYED,
    /** Could not be answered now: ask again in the next cycle. */
    UNDECIDED
}
