package io.matriarch.engine.sync;

import java.util.Collection;
import java.util.SortedSet;

/**
 * A new value of {@code synchronous_standby_names} spreads from walsender to walsender: for a moment some count by the old
 * value and some by the new one, each with the priorities that all of them have put into shared memory by then (PostgreSQL
 * source, {@code syncrep.c}). A commit may be let go in that moment for any mixture: as many names of both lists as the smaller
 * of the two numbers says.
 *
 * <p>Where that is not enough for what the key promises, the change takes a detour by the placeholder, under which nobody
 * counts: from the old value to it and from it to the new one there is no mixture.
 *
 * <p>Rejected: an order of names in which those that stay come first. It helps as long as they are connected, but when one of
 * them has just died, others that should not count any more, or not yet, make up the number.
 */
final class SpreadingReload {

    private SpreadingReload() {}

    /** The next value on the way from {@code present} to {@code wanted}; the key with its promise stays as it is meanwhile. */
    static SyncStep.SetParameter towards(
            StandbyNames present, String wanted, String placeholder, Collection<String> voters, int quorum) {
        boolean direct = voters.isEmpty()
                || present.method() == StandbyNames.Method.OFF
                || present.holdsEverything()
                || keepsThePromise(present, StandbyNames.parse(wanted).orElseThrow(), voters, quorum);
        return new SyncStep.SetParameter(direct ? wanted : placeholder);
    }

    /** Whether each commit that is let go between the two values, or under one, is on enough of the voters. */
    static boolean keepsThePromise(StandbyNames present, StandbyNames next, Collection<String> voters, int quorum) {
        SortedSet<String> named = Names.union(present.names(), next.names());
        int number = Math.min(present.count(), next.count());
        return number - Names.without(named, voters).size() >= voters.size() - quorum;
    }
}
