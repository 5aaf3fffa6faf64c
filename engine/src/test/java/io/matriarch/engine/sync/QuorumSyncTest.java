package io.matriarch.engine.sync;

import static io.matriarch.engine.sync.SmallClusters.ME;
import static io.matriarch.engine.sync.SmallClusters.bits;
import static io.matriarch.engine.sync.SmallClusters.config;
import static io.matriarch.engine.sync.SmallClusters.members;
import static io.matriarch.engine.sync.SmallClusters.standbys;
import static io.matriarch.engine.sync.SmallClusters.subsets;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.engine.sync.SmallClusters.State;
import io.matriarch.model.Revision;
import io.matriarch.model.SyncState;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuorumSyncTest {

    private static final int A = bits(List.of("n1"));
    private static final int AB = bits(List.of("n1", "n2"));
    private static final int ABC = bits(List.of("n1", "n2", "n3"));
    /** More than any path needs: reaching it means going in circles. */
    private static final int PATH_LIMIT = 15;

    private static SyncStep next(State s, int wanted, boolean strict, int active, int confirmed) {
        return QuorumSync.next(ME, config(wanted, strict), s.key(), s.names(), standbys(active, confirmed), true);
    }

    private static State state(int quorum, String voters, String parameter) {
        int all = voters.isEmpty() ? 0 : bits(List.of(voters.split(" ")));
        return new State(0, all, quorum, parameter, 0);
    }

    /** Performs step by step until there is nothing left to do; all that is active and listed counts as confirmed at once. */
    private static List<String> path(State from, int wanted, int active) {
        var steps = new ArrayList<String>();
        State s = from;
        while (steps.size() < PATH_LIMIT) {
            SyncStep step =
                    next(s, wanted, false, active, active & bits(s.names().names()));
            switch (step) {
                case SyncStep.Done _ -> {
                    return steps;
                }
                case SyncStep.WriteKey w -> steps.add("key " + w.quorum() + " of " + String.join(" ", w.voters()));
                case SyncStep.SetParameter(var value) -> steps.add(value.isEmpty() ? "nobody" : value);
                default -> steps.add(step.toString());
            }
            s = s.after(step);
        }
        throw new AssertionError("no end: " + steps);
    }

    @Test
    void enablesAnEmptyKeyWithoutVoters() {
        SyncStep step = QuorumSync.next(ME, config(1, false), SyncState.EMPTY, StandbyNames.OFF, standbys(A, 0), false);

        assertEquals(new SyncStep.WriteKey(0, List.of(), "Enabled synchronous replication", false), step);
    }

    @Test
    void aFirstStandbyIsListedAndThenVotes() {
        assertEquals(List.of("ANY 1 (n1)", "key 0 of n1"), path(State.ENABLED, 1, A));
    }

    @Test
    void severalStandbysAreListedAtOnce() {
        assertEquals(List.of("ANY 1 (n1,n2)", "key 1 of n1 n2"), path(State.ENABLED, 1, AB));
        assertEquals(List.of("ANY 2 (n1,n2)", "key 0 of n1 n2"), path(State.ENABLED, 2, AB));
    }

    @Test
    void aFurtherStandbyVotesBeforeItIsListed() {
        assertEquals(List.of("key 1 of n1 n2", "ANY 1 (n1,n2)"), path(state(0, "n1", "ANY 1 (n1)"), 1, AB));
    }

    @Test
    void alsoOneThatMakesTheMissingCopies() {
        assertEquals(
                List.of("key 1 of n1 n2", "ANY 2 (n1,n2)", "key 0 of n1 n2"),
                path(state(0, "n1", "ANY 1 (n1)"), 2, AB));
    }

    @Test
    void aStandbyThatIsAwayIsTakenOffTheListBeforeItLosesItsVote() {
        assertEquals(List.of("ANY 1 (n1)", "key 0 of n1"), path(state(1, "n1 n2", "ANY 1 (n1,n2)"), 1, A));
    }

    @Test
    void whereEveryCommitIsEverywhereTheVoteGoesFirst() {
        assertEquals(
                List.of("key 0 of n1", "ANY 1 (" + SyncState.NOBODY + ")", "ANY 1 (n1)"),
                path(state(0, "n1 n2", "ANY 2 (n1,n2)"), 2, A));
    }

    @Test
    void nobodyLeftMeansNobodyVotesAndNobodyIsAwaited() {
        assertEquals(List.of("key 0 of ", "nobody"), path(state(1, "n1 n2", "ANY 1 (n1,n2)"), 1, 0));
    }

    @Test
    void theNumberOfCopiesCanBeChanged() {
        assertEquals(
                List.of("ANY 2 (n1,n2,n3)", "key 1 of n1 n2 n3"),
                path(state(2, "n1 n2 n3", "ANY 1 (n1,n2,n3)"), 2, ABC));
        assertEquals(
                List.of("key 2 of n1 n2 n3", "ANY 1 (n1,n2,n3)"),
                path(state(1, "n1 n2 n3", "ANY 2 (n1,n2,n3)"), 1, ABC));
    }

    @Test
    void prioritySyntaxIsTakenOver() {
        assertEquals(List.of("ANY 1 (n1)"), path(state(0, "n1", "n1"), 1, A));
        assertEquals(List.of("key 1 of n1 n2", "ANY 1 (n1,n2)"), path(state(0, "n1 n2", "2 (n1,n2)"), 1, AB));
        assertEquals(List.of("ANY 1 (n1)", "key 0 of n1"), path(state(0, "", "*"), 1, A));
    }

    @Test
    void afterAPromotionOnlyThoseWhoCameOverAreListed() {
        State promoted = state(1, "n1 n2", "ANY 1 (" + SyncState.NOBODY + ")");

        assertEquals(List.of("ANY 1 (n2)", "key 0 of n2"), path(promoted, 1, bits(List.of("n2"))));
        assertEquals(List.of("key 0 of ", "nobody"), path(promoted, 1, 0));
        State all = state(0, "n1 n2", "ANY 1 (" + SyncState.NOBODY + ")");
        assertEquals(List.of("key 0 of n2", "ANY 1 (n2)"), path(all, 2, bits(List.of("n2"))));
        assertEquals(new SyncStep.Hold("ANY 1 (" + SyncState.NOBODY + ")", true), next(all, 1, true, 0, 0));
    }

    @Test
    void whoLeftTheListWithoutAVoteGoesByWayOfThePlaceholder() {
        State inherited = state(0, "n1", "ANY 2 (n1,n2)");

        assertEquals(List.of("ANY 1 (" + SyncState.NOBODY + ")", "ANY 1 (n1)"), path(inherited, 1, A));
    }

    @Test
    void theKeyOfTheLeaderBeforeIsTakenOverWithItsElectors() {
        var inherited = new State(3, AB & ~1 | 1, 1, "ANY 1 (n2,n3)", 0);

        var taken = assertInstanceOf(SyncStep.WriteKey.class, next(inherited, 1, false, 0, 0));
        assertEquals(1, taken.quorum());
        assertEquals(List.of("n1", "n2", "n3"), taken.voters());
    }

    @Test
    void aKeyThatPromisesMoreThanTheParameterHoldsIsRepairedWithAWarning() {
        State edited = state(0, "n1 n2", "ANY 1 (n1,n2)");

        var repaired = assertInstanceOf(SyncStep.WriteKey.class, next(edited, 1, false, AB, A));
        assertTrue(repaired.warning());
        assertEquals(1, repaired.quorum());
        assertEquals(List.of("n1", "n2"), repaired.voters());
        var emptied = assertInstanceOf(SyncStep.WriteKey.class, next(edited, 1, false, AB, 0));
        assertEquals(List.of(), emptied.voters());
    }

    @Test
    void strictModeGoesOnWaitingForTheVoters() {
        assertEquals(new SyncStep.Hold("ANY 1 (n1,n2)", true), next(state(1, "n1 n2", "ANY 1 (n1,n2)"), 1, true, 0, 0));
        assertEquals(
                new SyncStep.Hold("ANY 1 (" + SyncState.NOBODY + ")", false), next(state(0, "", ""), 1, true, 0, 0));
    }

    @Test
    void awaitsConfirmationOnlyWhereItWouldHelp() {
        State listed = state(0, "", "ANY 1 (n1)");

        assertEquals(
                new SyncStep.AwaitConfirmation(),
                QuorumSync.next(ME, config(1, false), listed.key(), listed.names(), standbys(A, 0), false));
        assertEquals(
                new SyncStep.Done(),
                QuorumSync.next(ME, config(1, false), listed.key(), listed.names(), standbys(A, 0), true));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
        # leader | voters | quorum | strict | value
        n1       | n0,n2  | 1      | false  | ANY 1 (__patroni_strict_sync_replica_placeholder__)
        n1       | n0     | 0      | false  | ANY 1 (__patroni_strict_sync_replica_placeholder__)
        n1       | n2     | 1      | false  | ANY 1 (__patroni_strict_sync_replica_placeholder__)
        n1       | n0,n2  | 2      | false  | ''
        n1       | n0,n2  | 2      | true   | ANY 1 (__patroni_strict_sync_replica_placeholder__)
        n0       | -      | 0      | false  | ''
        n0       | -      | 0      | true   | ANY 1 (__patroni_strict_sync_replica_placeholder__)
        -        | -      | 0      | true   | ANY 1 (__patroni_strict_sync_replica_placeholder__)
        """)
    void whereOthersMayBeElectedThePromotionHoldsEveryCommit(
            String leader, String voters, int quorum, boolean strict, String value) {
        var key = new SyncState(leader, quorum, voters == null ? List.of() : List.of(voters.split(",")), Revision.NONE);

        assertEquals(value, QuorumSync.beforePromotion(ME, key, strict));
    }

    // ---- everything small

    /**
     * From the moment the mode is on, whatever comes and goes and is confirmed or not, in whatever order, with a failover
     * at any point: whoever can be elected meets a holder of every acknowledged commit.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void everyStateThatFourMembersCanReachIsSafe(int wanted) {
        int others = 0b1110;
        Set<State> seen = new HashSet<>();
        var open = new ArrayDeque<State>();
        seen.add(State.ENABLED);
        open.add(State.ENABLED);
        while (!open.isEmpty()) {
            State s = open.poll();
            assertTrue(s.isSafe(), s::toString);
            var following = new ArrayList<>(failovers(s));
            for (int active : subsets(others)) {
                for (int confirmed : subsets(active & bits(s.names().names()))) {
                    State known = s.with(confirmed);
                    for (boolean strict : new boolean[] {false, true}) {
                        following.add(known.after(next(known, wanted, strict, active, confirmed)));
                    }
                }
            }
            for (State f : following) {
                if (seen.add(f)) {
                    open.add(f);
                }
            }
        }
        assertTrue(seen.size() > 100, () -> "only " + seen.size() + " states");
    }

    /** Every member that can be elected leads next; it holds everything then, and is member 0 from there on. */
    private static List<State> failovers(State s) {
        var next = new ArrayList<State>();
        int electors = s.voters() | 1 << s.leader();
        for (int winner = 1; winner < 4; winner++) {
            int votes = Integer.bitCount(electors & ~1 & ~(1 << winner)) + ((electors >> winner & 1) == 1 ? 0 : -1);
            if (votes < s.quorum()) {
                continue;
            }
            int voters = swapped(s.voters(), winner);
            int leader = Integer.numberOfTrailingZeros(swapped(1 << s.leader(), winner));
            var key = new SyncState("n" + leader, s.quorum(), members(voters), Revision.NONE);
            next.add(new State(leader, voters, s.quorum(), QuorumSync.beforePromotion(ME, key, false), 0));
        }
        return next;
    }

    private static int swapped(int set, int winner) {
        int old = set & 1;
        int won = set >> winner & 1;
        return set & ~1 & ~(1 << winner) | won | old << winner;
    }

    /**
     * From every state of five members that keeps the invariants, with any of them active: the steps end, each keeps the
     * invariants, and when all are confirmed they end where everybody who is there takes part.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void everySequenceOfFiveMembersEndsWhereItShould(int wanted) {
        int others = 0b11110;
        for (int voters : subsets(others)) {
            for (int listed : subsets(others)) {
                if ((voters & ~listed) != 0 && (listed & ~voters) != 0) {
                    continue;
                }
                for (int number = listed == 0 ? 0 : 1; number <= Integer.bitCount(listed); number++) {
                    for (int quorum = 0; quorum <= Math.max(0, Integer.bitCount(voters) - 1); quorum++) {
                        var from = new State(0, voters, quorum, StandbyNames.quorum(members(listed), number), 0);
                        if (from.isSafe()) {
                            subsets(others).forEach(active -> follow(from, wanted, active));
                        }
                    }
                }
            }
        }
    }

    /** The same after a promotion, while every commit is held. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void everySequenceAfterAPromotionEndsWhereItShould(int wanted) {
        int others = 0b11110;
        for (int voters : subsets(others)) {
            for (int quorum = 0; quorum <= Math.max(0, Integer.bitCount(voters) - 1); quorum++) {
                var held = new State(0, voters, quorum, StandbyNames.quorumPlaceholder(), 0);
                subsets(others).forEach(active -> follow(held, wanted, active));
            }
        }
    }

    private static void follow(State from, int wanted, int active) {
        State s = from;
        for (int i = 0; i < PATH_LIMIT; i++) {
            SyncStep step =
                    next(s, wanted, false, active, active & bits(s.names().names()));
            if (step instanceof SyncStep.Done) {
                int copies = Math.min(wanted, Integer.bitCount(active));
                int needed = Integer.bitCount(active) - copies;
                var end = new State(0, active, needed, StandbyNames.quorum(members(active), copies), 0);
                assertEquals(end, new State(0, s.voters(), s.quorum(), s.parameter(), 0), from::toString);
                return;
            }
            s = s.after(step);
            s = new State(0, s.voters(), s.quorum(), s.parameter(), 0);
            String way = from + " leads to " + s;
            int union = s.voters() | bits(s.names().names());
            assertTrue(union == s.voters() || union == bits(s.names().names()), way);
            assertTrue(s.isSafe(), way);
        }
        throw new AssertionError("no end from " + from + " with " + members(active) + " at " + s);
    }
}
