package io.matriarch.store;

import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Revision;

/** How a write ended. "Unknown" is an answer: it is resolved by reading, never guessed. */
public sealed interface WriteOutcome {

    /**
     * The store confirmed it.
     *
     * @param revision the key's version after the write
     * @param sentAt when the confirmed request was <em>sent</em>: a lease counts from here
     */
    record Applied(Revision revision, MonotonicTime sentAt) implements WriteOutcome {}

    /** The store said no: the expectation did not hold, or it answered with a definite error. Nothing was written. */
    record Refused(String reason) implements WriteOutcome {}

    /** No answer, or one that says nothing: it may have been written. */
    record Unknown(String reason) implements WriteOutcome {}

    default boolean isApplied() {
        return this instanceof Applied;
    }
}
