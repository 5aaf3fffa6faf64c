package io.matriarch.engine;

import io.matriarch.engine.lease.Quorums;
import io.matriarch.model.Electorate;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Revision;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Whether the leader that an electorate names can still lead by promises. One of these shows that it cannot, ever again
 * without the lock: its own word; the votes of so many that too few are left to promise; or that the leader key was missing
 * for longer than promises carry without the one who looks at it.
 *
 * <p>What was shown holds for the very version of the electorate that was read. Whoever leads writes it anew first, so an
 * electorate that can be replaced at that version has not changed its leader since.
 */
public sealed interface Clearance {

    /**
     * Nothing stands against taking the lock.
     *
     * @param electorate version of the electorate that this was shown for
     * @param until when the first vote ends; null: does not end
     */
    record Given(Revision electorate, @Nullable MonotonicTime until, String why) implements Clearance {}

    /** Members and the former leader must be asked first. */
    record Ask() implements Clearance {}

    /**
     * What the members and the former leader said.
     *
     * @param electorate version of the electorate that they were asked about
     * @param asked when the first of them was asked
     * @param length how long those who voted make no promise to the former leader
     * @param voters who voted
     * @param resigned the former leader says that it leads no more
     * @param refusals what others said
     */
    record Votes(
            Revision electorate,
            MonotonicTime asked,
            Duration length,
            Set<String> voters,
            boolean resigned,
            Set<String> refusals) {
        public Votes {
            voters = Set.copyOf(voters);
            refusals = Set.copyOf(refusals);
        }
    }

    /** Not yet. */
    record Refused(String why) implements Clearance {}

    /** Decides with what the situation says. */
    static Clearance of(Situation s, MonotonicTime now) {
        return decide(
                s.me(),
                s.view().electorate(),
                s.memory().lease().missing(s.view().electorate().revision(), now),
                s.answers().votes(),
                now);
    }

    /**
     * Decides for {@code me}.
     *
     * @param missing how long the leader key is missing without interruption, and the electorate unchanged
     * @param votes null: nobody was asked yet
     */
    static Clearance decide(
            String me, Electorate electorate, Duration missing, @Nullable Votes votes, MonotonicTime now) {
        if (!electorate.binds(me)) {
            return new Given(
                    electorate.revision(),
                    null,
                    electorate.isInForce() ? "it was my own lease" : "nobody leads by promises");
        }
        if (electorate.members().contains(me) && missing.compareTo(electorate.limit()) >= 0) {
            return new Given(
                    electorate.revision(),
                    null,
                    "the leader key is missing for " + missing.toSeconds() + " s, longer than member_lease_limit");
        }
        if (votes == null || !votes.electorate().equals(electorate.revision())) {
            return new Ask();
        }
        if (votes.resigned()) {
            return new Given(electorate.revision(), null, electorate.leader() + " says that it leads no more");
        }
        var given = new TreeSet<>(votes.voters());
        given.retainAll(electorate.members());
        int needed = Quorums.votes(electorate.members().size());
        var until = votes.asked().plus(votes.length());
        if (given.size() >= needed && now.isBefore(until)) {
            return new Given(electorate.revision(), until, "votes of " + given);
        }
        return new Refused("waiting for votes, because " + electorate.leader()
                + " may lead on by promises of the members: " + given.size() + " of " + electorate.members()
                + " voted " + given + ", " + needed + " are needed"
                + (votes.refusals().isEmpty() ? "" : "; ")
                + String.join("; ", new TreeSet<>(votes.refusals())) + remaining(me, electorate, missing));
    }

    private static String remaining(String me, Electorate electorate, Duration missing) {
        return electorate.members().contains(me)
                ? "; without them in " + electorate.limit().minus(missing).toSeconds() + " s"
                : "; " + me + " is not among them: when " + electorate.leader() + " does not run and"
                        + " none of them can lead, delete the key matriarch/electorate in the store";
    }
}
