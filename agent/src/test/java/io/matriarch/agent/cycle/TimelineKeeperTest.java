package io.matriarch.agent.cycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.matriarch.engine.LockOutcome;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Key;
import io.matriarch.model.ReservedTimeline;
import io.matriarch.model.Timing;
import io.matriarch.store.Expectation;
import io.matriarch.store.memory.Fault;
import io.matriarch.store.memory.MemoryServer;
import io.matriarch.store.memory.MemoryStore;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TimelineKeeperTest {

    private final MemoryServer server = new MemoryServer(new ManualTime());
    private final MemoryStore store = server.connect("n1", Timing.DEFAULT);
    private final MemoryStore other = server.connect("n2", Timing.DEFAULT);
    private final TimelineKeeper mine = new TimelineKeeper(store, "n1");
    private final TimelineKeeper theirs = new TimelineKeeper(other, "n2");

    @BeforeEach
    void theStoreKnowsTheCluster() {
        store.put(Key.CONFIG, "{}", Expectation.ANY);
    }

    @Test
    void twoPromotionsFromOneTimelineGetTwoNumbers() throws Exception {
        assertEquals(LockOutcome.APPLIED, mine.reserve(store.load(), 1));
        assertEquals(2, mine.use().timeline());

        assertEquals(LockOutcome.APPLIED, theirs.reserve(other.load(), 1));
        assertEquals(3, theirs.use().timeline());
        assertEquals("n2", store.load().reservedTimeline().leader());
    }

    @Test
    void whoHasAnOldViewGetsNone() throws Exception {
        ClusterView old = store.load();
        theirs.reserve(old, 1);
        theirs.use();

        assertEquals(LockOutcome.REFUSED, mine.reserve(old, 1));
        assertThrows(IllegalStateException.class, mine::use);
    }

    @Test
    void withoutAnAnswerThereIsNoNumber() throws Exception {
        ClusterView view = store.load();
        store.fault(Fault.UNREACHABLE);

        assertEquals(LockOutcome.UNKNOWN, mine.reserve(view, 1));
        assertThrows(IllegalStateException.class, mine::use);
    }

    @Test
    void aNumberThatWasNotUsedIsNotWasted() throws Exception {
        mine.reserve(store.load(), 1);
        mine.giveBack(mine.use());

        assertEquals(LockOutcome.APPLIED, mine.reserve(store.load(), 1));
        assertEquals(2, mine.use().timeline());
        mine.reserve(store.load(), 1);
        assertEquals(3, mine.use().timeline(), "the last one was used");
    }

    @Test
    void everythingThatTheStoreKnowsIsLeftOut() throws Exception {
        store.put(Key.HISTORY, "[[4,100,\"x\"]]", Expectation.ANY);
        mine.reserve(store.load(), 3);
        assertEquals(6, mine.use().timeline());

        other.publishMember("{\"conn_url\":\"u\",\"api_url\":\"u\",\"state\":\"running\",\"timeline\":9}");
        mine.reserve(store.load(), 3);
        assertEquals(10, mine.use().timeline());
    }

    /** Of two forks at the same position nobody can tell the timelines apart when they have the same number. */
    @Test
    void aStoreThatLostItsDataDoesNotKnowWhatIsTaken() throws Exception {
        store.removeCluster();
        mine.reserve(store.load(), 3);
        assertEquals(12, mine.use().timeline());

        mine.reserve(store.load(), 3);
        assertEquals(13, mine.use().timeline(), "left out once");
    }

    @Test
    void aNumberThatWasTakenBeforeThatWasSeenIsNotUsed() throws Exception {
        ClusterView before = store.load();
        store.removeCluster();
        mine.reserve(before, 3);

        theirs.reserve(other.load(), 3);
        assertEquals(12, theirs.use().timeline());

        store.removeCluster();
        mine.reserve(before, 3);
        mine.reserve(store.load(), 3);
        assertEquals(12, mine.use().timeline());
    }

    @Test
    void aNewClusterHasTakenNone() throws Exception {
        store.removeCluster();
        store.put(Key.INITIALIZE, "", Expectation.ANY);
        mine.reserve(store.load(), 1);
        assertEquals(2, mine.use().timeline());
    }

    @Test
    void nonsenseIsReplaced() throws Exception {
        store.put(Key.RESERVED_TIMELINE, "{\"timeline\":2000000}", Expectation.ANY);
        mine.reserve(store.load(), 3);
        assertEquals(4, mine.use().timeline());

        store.put(Key.RESERVED_TIMELINE, "what", Expectation.ANY);
        mine.reserve(store.load(), 3);
        assertEquals(4, mine.use().timeline());
    }

    @Test
    void aTimelineThatCameAboutWithoutUsIsPublished() throws Exception {
        mine.publish(store.load(), 1);
        assertEquals(ReservedTimeline.NONE, store.load().reservedTimeline());

        mine.publish(store.load(), 7);
        mine.publish(store.load(), 5);
        assertEquals(7, store.load().reservedTimeline().timeline());
    }
}
