package io.matriarch.postgres;

/** The answer of the divergence check. */
public enum RewindCheck {
    NEEDED,
    NOT_NEEDED,
    /** Could not be answered now: ask again in the next cycle. */
    UNDECIDED
}
