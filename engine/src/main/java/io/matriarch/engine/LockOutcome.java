package io.matriarch.engine;

/** How an attempt on the leader key ended in this cycle. */
public enum LockOutcome {
    NOT_TRIED,
    APPLIED,
    /** Definitely not ours. */
    REFUSED,
    /** No answer: contract section 13 applies. */
    UNKNOWN
}
