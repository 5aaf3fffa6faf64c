package io.matriarch.postgres;

/** The answer of the divergence check. */
public enum RewindCheck {
    NEEDED,
    NOT_NEEDED,
    /** No; but WAL lies here that was not replayed and must not be ({@link Divergence#unreplayed}). */
    UNREPLAYED,
    /** Could not be answered now: ask again in the next cycle. */
    UNDECIDED
}
