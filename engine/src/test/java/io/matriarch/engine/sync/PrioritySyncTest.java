package io.matriarch.engine.sync;

import static io.matriarch.engine.sync.SmallClusters.ME;
import static io.matriarch.engine.sync.SmallClusters.bits;
import static io.matriarch.engine.sync.SmallClusters.config;
import static io.matriarch.engine.sync.SmallClusters.members;
import static io.matriarch.engine.sync.SmallClusters.standbys;
import static io.matriarch.engine.sync.SmallClusters.subsets;
import static org.junit.jupiter.api.Assertions.assertEquals;
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

class PrioritySyncTest {

    private static final int OTHERS = 0b11110;
    private static final int PATH_LIMIT = 10;

    private static SyncStep next(State s, boolean strict, int active, int confirmed) {
        return PrioritySync.next(ME, config(1, strict), s.key(), s.names(), standbys(active, confirmed), true);
    }

    /** Whatever is chosen and confirmed in whatever order: every voter holds every acknowledged commit. */
    @ParameterizedTest
    @CsvSource({"false, 30", "true, 14"})
    void everyStateThatAFewMembersCanReachIsSafe(boolean strict, int others) {
        Set<State> seen = new HashSet<>(Set.of(State.ENABLED));
        subsets(others).forEach(voters -> seen.add(new State(0, voters, 0, SyncState.NOBODY, 0)));
        var open = new ArrayDeque<State>(seen);
        while (!open.isEmpty()) {
            State s = open.poll();
            assertTrue(s.isSafe(), s::toString);
            var following = new ArrayList<State>();
            for (int active : subsets(others)) {
                for (int confirmed : subsets(active & confirmable(s))) {
                    State known = s.with(confirmed);
                    following.add(known.after(next(known, strict, active, confirmed)));
                }
            }
            for (State f : following) {
                if (seen.add(f)) {
                    open.add(f);
                }
            }
        }
        assertTrue(seen.size() > 50, () -> "only " + seen.size() + " states");
    }

    /** While every commit is held, the voters hold all there is. */
    private static int confirmable(State s) {
        return s.names().holdsEverything() ? s.voters() : bits(s.names().names());
    }

    /** Also from what quorum mode left behind, every sequence ends with all that are chosen, and with them only. */
    @Test
    void everySequenceEndsWithTheChosen() {
        for (int voters : subsets(OTHERS)) {
            for (int listed : subsets(OTHERS)) {
                for (int active : subsets(OTHERS)) {
                    follow(
                            new State(
                                    0, voters, 0, StandbyNames.priority(members(listed), Integer.bitCount(listed)), 0),
                            active);
                    follow(
                            new State(
                                    0,
                                    voters,
                                    Integer.bitCount(voters) / 2,
                                    StandbyNames.quorum(members(listed), 1),
                                    0),
                            active);
                }
            }
        }
    }

    private static void follow(State from, int active) {
        State s = from;
        for (int i = 0; i < PATH_LIMIT; i++) {
            boolean priority = s.names().method() == StandbyNames.Method.PRIORITY;
            SyncStep step = next(s, false, active, priority ? active & confirmable(s) : 0);
            if (step instanceof SyncStep.Done) {
                var end = new State(0, active, 0, StandbyNames.priority(members(active), Integer.bitCount(active)), 0);
                assertEquals(end, new State(0, s.voters(), s.quorum(), s.parameter(), 0), from::toString);
                return;
            }
            s = s.after(step);
        }
        throw new AssertionError("no end from " + from + " with " + members(active));
    }

    @Test
    void aNameIsListedFirstAndVotesLast() {
        assertEquals(
                List.of(new SyncStep.SetParameter("n1")), List.of(next(State.ENABLED, false, bits(List.of("n1")), 0)));
        State listed = State.ENABLED.after(new SyncStep.SetParameter("n1"));
        assertEquals(new SyncStep.Done(), next(listed, false, bits(List.of("n1")), 0));
        assertEquals(
                new SyncStep.WriteKey(0, List.of("n1"), "Synchronous standby status assigned to [n1]", false),
                next(listed, false, bits(List.of("n1")), bits(List.of("n1"))));
    }

    @Test
    void whileAVoterStaysTheNamesChangeByWayOfThePlaceholder() {
        int both = bits(List.of("n1", "n3"));
        int stays = bits(List.of("n3"));
        State before = new State(0, stays, 0, "2 (n3,n4)", 0);

        assertEquals(new SyncStep.SetParameter(SyncState.NOBODY), next(before, false, both, stays));
        State held = before.after(new SyncStep.SetParameter(SyncState.NOBODY));
        assertEquals(new SyncStep.SetParameter("2 (n1,n3)"), next(held, false, both, stays));
    }

    @Test
    void aVoterThatIsListedAnewKeepsItsVoteUntilItShowsThatItCounts() {
        int both = bits(List.of("n1", "n3"));
        State listed = new State(0, bits(List.of("n3")), 0, "2 (n1,n3)", 0);

        assertEquals(
                new SyncStep.AwaitConfirmation(),
                PrioritySync.next(ME, config(2, false), listed.key(), listed.names(), standbys(both, 0), false));
        assertEquals(
                new SyncStep.WriteKey(0, List.of(), "Updating /sync key temporarily from [n3] to []", false),
                next(listed, false, both, 0));
    }

    @Test
    void strictModeWithoutAnyStandbyWaitsForEveryVoterAlsoWhenTheKeyStillCountsAQuorum() {
        SyncState key = new SyncState(ME, 1, List.of("n1", "n2"), new Revision(1));
        assertEquals(
                new SyncStep.Hold(SyncState.NOBODY, false),
                PrioritySync.next(
                        ME,
                        config(1, true),
                        key,
                        StandbyNames.parse("ANY 1 (n1,n2)").orElseThrow(),
                        standbys(0, 0),
                        true));
    }
}
