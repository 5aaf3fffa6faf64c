package io.matriarch.engine.lease;

/**
 * How many of an electorate must promise, and how many must vote. Any so many that promise and any so many that vote have a
 * member in common: {@code promises(r) + votes(r) == r + 1}. With the leader, those who promise are a majority of all.
 *
 * <p>Members that are gone count: a leader takes them out while the store answers. So promises are the smaller half, for a
 * single slow or dead member must not end a primary.
 */
public final class Quorums {

    private Quorums() {}

    /** How many of {@code r} members must promise. */
    public static int promises(int r) {
        return (r + 1) / 2;
    }

    /** How many of {@code r} members must vote for somebody who wants to lead. */
    public static int votes(int r) {
        return r - promises(r) + 1;
    }
}
