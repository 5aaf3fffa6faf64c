package io.matriarch.store;

import io.matriarch.model.Revision;

/** What must hold for a write to happen. */
public sealed interface Expectation {

    /** Nothing: the write is unconditional. */
    record Any() implements Expectation {}

    /** The key does not exist. */
    record Absent() implements Expectation {}

    /** The key has exactly this version. */
    record Version(Revision revision) implements Expectation {}

    Expectation ANY = new Any();
    Expectation ABSENT = new Absent();

    /** The version as seen in a view; a key that did not exist there is written unconditionally. */
    static Expectation unchanged(Revision seen) {
        return seen.exists() ? new Version(seen) : ANY;
    }
}
