package io.matriarch.engine.lease;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.engine.lease.Explorer.Found;
import io.matriarch.engine.lease.LeaseModel.Bounds;
import io.matriarch.engine.lease.LeaseModel.Guard;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Never two leaders at an instant, whatever is late, lost or started again. The normal run visits all of a small world and
 * shows of some guards that a world without them is broken; {@code -Dmatriarch.states=N} visits up to N states of larger
 * worlds, and leaves out each guard.
 */
class LeaseExplorerTest {

    private static final int MOST = Integer.getInteger("matriarch.states", 0);

    /** One candidate, electorates that stay as they are; the limit is longer than a lease, or promises would mean little. */
    private static final Bounds PLAIN = new Bounds(3, 0b010, 2, 3, false, 2, 0, 1);
    /** A short limit, so that it is reached soon. */
    private static final Bounds SHORT = new Bounds(3, 0b010, 2, 2, false, 2, 0, 1);
    /** A long one, so that promises carry further than votes. */
    private static final Bounds LONG = new Bounds(3, 0b010, 2, 6, false, 2, 0, 1);

    private static final Bounds RESTART = new Bounds(3, 0b010, 2, 3, false, 2, 1, 1);
    /** The leader changes its electorate. */
    private static final Bounds CHANGES = new Bounds(3, 0b010, 2, 3, true, 3, 0, 1);
    /** The key is lost and made again. */
    private static final Bounds RETURN = new Bounds(3, 0b010, 2, 2, false, 3, 0, 2);
    /** The same with a longer limit: too large to be visited, so its stories are told. */
    private static final Bounds GAP = new Bounds(3, 0b010, 2, 3, false, 3, 0, 2);

    /** Promises carry A over a gap in the store's lease, which B sees. */
    private static final List<String> A_GAP = List.of(
            "a tick",
            "A asks for promises",
            "C promises A",
            "a tick",
            "B reads the store",
            "the store renews the lease of A",
            "A learns of its renewal");

    private static final List<String> RENEWED_LATER =
            List.of("a tick", "the store renews the lease of A", "A learns of its renewal");
    private static final List<String> PROMISED_AGAIN =
            List.of("a tick", "A asks for promises", "C promises A", "a tick");
    /** For B the key was missing for the whole limit. */
    private static final List<String> B_LEADS = List.of(
            "the store gives the lock to B",
            "B learns what became of the lock",
            "B writes electorate {AC}",
            "the electorate of B is written",
            "B learns that its electorate {AC} is written",
            "B promotes");

    /** Everybody may lead, the first one again. */
    private static final Bounds RIVALS = new Bounds(3, 0b111, 2, 3, false, 3, 0, 3);

    private static final List<Bounds> LARGER = List.of(
            RESTART,
            CHANGES,
            RETURN,
            RIVALS,
            new Bounds(3, 0b010, 3, 5, false, 2, 0, 1),
            new Bounds(3, 0b110, 2, 3, true, 3, 1, 2),
            new Bounds(4, 0b0010, 2, 3, false, 2, 0, 1));

    /** Cheap ones, for the normal run. */
    private static final Set<Guard> CHEAP = EnumSet.of(
            Guard.PROMISE_STOPS_VOTE,
            Guard.VOTE_STOPS_PROMISE,
            Guard.COUNTED_FROM_BEFORE,
            Guard.BOTH_ELECTORATES,
            Guard.STORE_FIRST,
            Guard.TAKE_OVER);

    /** The world in which it shows that a guard is missing. */
    private static Bounds worldOf(Guard guard) {
        return switch (guard) {
            case PROMISE_STOPS_VOTE, VOTE_STOPS_PROMISE, COUNTED_FROM_BEFORE, VOTES_IN_TIME -> PLAIN;
            case LIMIT -> SHORT;
            case CHAIN, QUORUMS_MEET -> LONG;
            case START_WITHOUT_VOTE, START_WITHOUT_PROMISE, RESIGNED_WITHOUT_PRIMARY -> RESTART;
            case BOTH_ELECTORATES, STORE_FIRST, TAKE_OVER -> CHANGES;
            case LIMIT_UNBROKEN, LIMIT_UNTIL_NEW, MISSING_WITH_ELECTORATE -> RETURN;
            case TAKE_OVER_OWN -> RIVALS;
        };
    }

    @Test
    void nobodyLeadsBesideAnother() {
        Found found = Explorer.explore(new LeaseModel(PLAIN, Set.of()), 4_000_000, false);
        assertFalse(found.twoLead(), () -> story(PLAIN));
        assertTrue(found.complete(), found.states() + " states are not all");
    }

    @Test
    void norInLargerWorlds() {
        for (Bounds bounds : MOST == 0 ? List.<Bounds>of() : LARGER) {
            Found found = Explorer.explore(new LeaseModel(bounds, Set.of()), MOST, false);
            System.out.println(bounds + ": " + found.states() + " states, depth " + found.depth()
                    + (found.complete() ? ", all" : ""));
            assertFalse(found.twoLead(), () -> bounds + "\n" + story(bounds));
        }
    }

    private static String story(Bounds bounds) {
        return String.join(
                "\n",
                Explorer.explore(new LeaseModel(bounds, Set.of()), Integer.MAX_VALUE, true)
                        .story());
    }

    /** Of worlds that are too large: what would happen without a guard, step by step. */
    @ParameterizedTest
    @MethodSource("stories")
    void twoWouldLeadInThisStory(Guard guard, Bounds bounds, List<String> story) {
        assertTrue(Explorer.twoLeadIn(new LeaseModel(bounds, EnumSet.of(guard)), story));
        assertFalse(Explorer.twoLeadIn(new LeaseModel(bounds, Set.of()), story));
    }

    static Stream<Arguments> stories() {
        var renewedAgain = story(List.of(A_GAP, A_GAP.subList(5, 7), RENEWED_LATER, PROMISED_AGAIN, B_LEADS));
        var newElectorate = List.of(
                "A writes electorate {BC}",
                "the electorate of A is written",
                "A learns that its electorate {BC} is written");
        return Stream.of(
                Arguments.of(
                        Guard.START_WITHOUT_VOTE,
                        RESTART,
                        story(List.of(
                                A_GAP.subList(0, 3),
                                List.of(
                                        "C's agent starts again",
                                        "a tick",
                                        "B reads the store",
                                        "B asks for votes about A",
                                        "B votes for B",
                                        "C votes for B"),
                                B_LEADS))),
                Arguments.of(Guard.LIMIT_UNBROKEN, GAP, renewedAgain),
                Arguments.of(Guard.LIMIT_UNTIL_NEW, GAP, renewedAgain),
                Arguments.of(
                        Guard.MISSING_WITH_ELECTORATE,
                        GAP,
                        story(List.of(
                                A_GAP,
                                newElectorate,
                                RENEWED_LATER,
                                PROMISED_AGAIN,
                                List.of("B reads the store"),
                                B_LEADS))));
    }

    private static List<String> story(List<List<String>> parts) {
        return parts.stream().flatMap(List::stream).toList();
    }

    static Stream<Guard> guards() {
        return Stream.of(Guard.values()).filter(guard -> MOST > 0 || CHEAP.contains(guard));
    }

    @ParameterizedTest
    @MethodSource("guards")
    void withoutOneGuardTwoLead(Guard guard) {
        var model = new LeaseModel(worldOf(guard), EnumSet.of(guard));
        Found found = Explorer.explore(model, Math.max(MOST, 3_000_000), false);
        assertTrue(found.twoLead(), found.states() + " states, and never two leaders");
    }
}
