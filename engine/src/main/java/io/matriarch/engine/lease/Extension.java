package io.matriarch.engine.lease;

import io.matriarch.model.Electorate;
import io.matriarch.model.MonotonicTime;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;

/**
 * How far promises carry a leader. They count from before it asked, for that is when the first of them may begin to run out;
 * and as long as not all have promised, no further than the limit after the last renewal of which it is sure that the leader
 * key was there all the time: after it a member may lead without votes.
 *
 * <p>Each electorate that the store may hold must be satisfied, also one whose writing had no answer: a candidate obeys the
 * one that it finds.
 */
public final class Extension {

    private Extension() {}

    /**
     * The end of the lease that was granted.
     *
     * @param possible what the store may hold; empty: nothing that names this leader
     * @param promised who promised for {@code ttl} since {@code asked}
     * @param renewed when the last renewal was sent that found the leader key in its place
     * @return empty: not enough promises
     */
    public static Optional<MonotonicTime> granted(
            Collection<Electorate> possible,
            Set<String> promised,
            MonotonicTime asked,
            Duration ttl,
            MonotonicTime renewed) {
        if (possible.isEmpty()) {
            return Optional.empty();
        }
        MonotonicTime end = asked.plus(ttl);
        for (Electorate electorate : possible) {
            if (!isEnough(electorate, promised)) {
                return Optional.empty();
            }
            MonotonicTime limit = renewed.plus(electorate.limit());
            if (!promised.containsAll(electorate.members()) && limit.isBefore(end)) {
                end = limit;
            }
        }
        return Optional.of(end);
    }

    /** Whether so many promised; nobody does not count as all: somebody must be asked who may lead. */
    private static boolean isEnough(Electorate electorate, Set<String> promised) {
        long given = electorate.members().stream().filter(promised::contains).count();
        return !electorate.members().isEmpty()
                && given >= Quorums.promises(electorate.members().size());
    }
}
