package io.matriarch.store.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.matriarch.model.ClusterStatus;
import io.matriarch.model.ClusterView;
import io.matriarch.model.ConfigKey;
import io.matriarch.model.Key;
import io.matriarch.model.Lsn;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Revision;
import io.matriarch.model.TimeSource;
import io.matriarch.model.Timing;
import io.matriarch.store.AgentStore;
import io.matriarch.store.ClusterStore;
import io.matriarch.store.Expectation;
import io.matriarch.store.StoreEvent;
import io.matriarch.store.StoreUnavailableException;
import io.matriarch.store.WriteOutcome;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * What every store promises (contract dcs-etcd3.md 3, the port's Javadoc). A subclass supplies agents whose connection
 * can be made ill, tools, and the passing of time. Every test gets an empty cluster.
 */
public abstract class StoreConformance {

    /** The connection between one agent and the servers. */
    public interface Link {

        /** No request arrives. */
        void cut();

        /** Requests arrive, answers do not. */
        void dropAnswers();

        /** All is well again. */
        void restore();
    }

    /** An agent's store, its connection, and the events it got. */
    public record Agent(AgentStore store, Link link, List<StoreEvent> events) {

        /** Records the events of a store that was just opened. */
        public static Agent of(AgentStore store, Link link) {
            var events = new CopyOnWriteArrayList<StoreEvent>();
            store.onEvent(events::add);
            return new Agent(store, link, events);
        }
    }

    private static final String MEMBER = "{\"conn_url\":\"postgres://h:5432/postgres\",\"state\":\"running\"}";

    /** A limit for what must happen some time; far above what any store needs. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** Opens the store for an agent; the subclass closes it after the test. */
    protected abstract Agent agent(String member) throws Exception;

    /** Opens the store for a tool; the subclass closes it after the test. */
    protected abstract ClusterStore tool() throws Exception;

    /** The times with which {@link #agent} opens its stores. */
    protected abstract Timing timing();

    /** The clock of the stores. */
    protected TimeSource time() {
        return TimeSource.system();
    }

    /** By how much a lease may count from before the request, where a store knows less than the request proves. */
    protected Duration leaseReserve() {
        return Duration.ZERO;
    }

    @Test
    void aClusterWithoutKeysIsEmpty() throws Exception {
        assertEquals(ClusterView.EMPTY, agent("n0").store().load());
        assertEquals(ClusterView.EMPTY, tool().load());
    }

    @Test
    void onlyOneAgentAcquiresTheLeaderKey() throws Exception {
        Agent first = agent("n0");
        Agent second = agent("n1");

        applied(first.store().acquireLeader());
        assertInstanceOf(WriteOutcome.Refused.class, second.store().acquireLeader());

        ClusterView own = first.store().load();
        assertEquals("n0", own.leaderName());
        assertNotNull(own.leader());
        assertTrue(own.leader().owned(), "the holder sees that the key is its own, at once");
        ClusterView other = await(second, v -> v.isLeader("n0"));
        assertNotNull(other.leader());
        assertFalse(other.leader().owned());
    }

    @Test
    void aLeaseCountsFromBeforeTheRequestWasSent() throws Exception {
        Agent agent = agent("n0");
        MonotonicTime before = time().now();
        MonotonicTime sentAt = applied(agent.store().acquireLeader()).sentAt();
        assertFalse(sentAt.isBefore(before.minus(leaseReserve())));
        assertFalse(time().now().isBefore(sentAt));
    }

    /** Where the store has transactions the other keys are written with the leader key, or it says that they are not. */
    @Test
    void otherKeysGoAlongWithTheLeaderKeyOrNotAtAll() throws Exception {
        Agent agent = agent("n0");
        var number = new AgentStore.Along(Key.RESERVED_TIMELINE, "{\"timeline\":7}", Expectation.ABSENT);
        var request = new AgentStore.Along(Key.FAILOVER, "{}", Expectation.ANY);
        AgentStore.Acquired first = agent.store().acquireLeader(List.of(number, request));
        applied(first.leader());
        boolean along = first.along().exists();
        assertEquals(along ? 7 : 0, tool().load().reservedTimeline().timeline());
        ClusterView own = agent.store().load();
        assertEquals(along ? 7 : 0, own.reservedTimeline().timeline());
        assertEquals(
                along ? first.along() : Revision.NONE, own.reservedTimeline().revision());

        assertInstanceOf(
                WriteOutcome.Refused.class,
                agent("n1").store().acquireLeader(List.of(request)).leader());

        applied(agent.store().put(Key.RESERVED_TIMELINE, "{\"timeline\":8}", Expectation.ANY));
        applied(agent.store().releaseLeader(agent.store().load()));
        AgentStore.Acquired second = agent.store().acquireLeader(List.of(number, request));
        applied(second.leader());
        assertFalse(second.along().exists(), "the number is taken by somebody else");
        assertEquals(8, agent.store().load().reservedTimeline().timeline());
    }

    @Test
    void renewingKeepsTheLeaderKeyBeyondItsLifetime() throws Exception {
        Agent leader = agent("n0");
        Agent rival = agent("n1");
        applied(leader.store().acquireLeader());

        MonotonicTime end = time().now().plus(timing().ttl().multipliedBy(2));
        while (time().now().isBefore(end)) {
            applied(leader.store().renewLeader(leader.store().load()));
            assertInstanceOf(WriteOutcome.Refused.class, rival.store().acquireLeader());
            pass();
        }
    }

    @Test
    void theLeaderKeyOfASilentAgentLapsesAndItsRenewalIsRefused() throws Exception {
        Agent silent = agent("n0");
        Agent heir = agent("n1");
        applied(silent.store().acquireLeader());
        ClusterView seen = silent.store().load();
        silent.link().cut();

        awaitTrue("the heir acquires", () -> heir.store().acquireLeader().isApplied());
        assertEquals("n1", heir.store().load().leaderName());

        silent.link().restore();
        WriteOutcome[] late = new WriteOutcome[1];
        awaitTrue("an answer", () -> {
            late[0] = silent.store().renewLeader(seen);
            return !(late[0] instanceof WriteOutcome.Unknown);
        });
        assertInstanceOf(WriteOutcome.Refused.class, late[0]);
        assertEquals("n1", tool().load().leaderName());
    }

    @Test
    void aReleasedLeaderKeyIsFreeAtOnceAndOnlyItsHolderCanReleaseIt() throws Exception {
        Agent leader = agent("n0");
        Agent other = agent("n1");
        applied(leader.store().acquireLeader());

        ClusterView seenByOther = await(other, v -> v.isLeader("n0"));
        assertInstanceOf(WriteOutcome.Refused.class, other.store().releaseLeader(seenByOther));
        assertEquals("n0", tool().load().leaderName());

        String last = new ClusterStatus(new Lsn(4711), Map.of(), List.of()).toJson();
        applied(leader.store().releaseLeader(leader.store().load(), last));
        ClusterView released = tool().load();
        assertNull(released.leaderName());
        assertEquals(new Lsn(4711), released.status().optime());
        assertEquals(new Lsn(4711), leader.store().load().status().optime());
        applied(other.store().acquireLeader());
    }

    @Test
    void whoSleptForLongerThanItsLeaseDoesNotMakeTheLeaderKeyAgain() throws Exception {
        Agent agent = agent("n0");
        applied(agent.store().acquireLeader());
        ClusterView seen = agent.store().load();
        applied(agent.store().confirmLeader(seen));
        applied(agent.store().releaseLeader(seen));

        assertInstanceOf(WriteOutcome.Refused.class, agent.store().confirmLeader(seen));
        assertNull(tool().load().leaderName());
    }

    @Test
    void theLeaderKeyIsTakenAtTheEndOfABootstrap() throws Exception {
        Agent agent = agent("n0");
        applied(agent.store().takeLeader());
        assertTrue(agent.store().load().isLeader("n0"));
        applied(agent.store().renewLeader(agent.store().load()));
    }

    @Test
    void aChangedLifetimeKeepsLeaderAndMemberKey() throws Exception {
        Agent agent = agent("n0");
        applied(agent.store().acquireLeader());
        applied(agent.store().publishMember(MEMBER));

        Timing longer = new Timing(timing().ttl().plusSeconds(2), timing().loopWait(), timing().retryTimeout());
        agent.store().applyTiming(longer);
        awaitTrue(
                "renewed", () -> agent.store().renewLeader(agent.store().load()).isApplied());
        applied(agent.store().publishMember(MEMBER));

        MonotonicTime end = time().now().plus(timing().ttl().multipliedBy(2));
        while (time().now().isBefore(end)) {
            applied(agent.store().renewLeader(agent.store().load()));
            applied(agent.store().publishMember(MEMBER));
            pass();
        }
        ClusterView view = tool().load();
        assertTrue(view.isLeader("n0"));
        assertTrue(view.member("n0").isPresent());
    }

    @Test
    void membersSeeEachOtherAndVanishWhenTheyFallSilent() throws Exception {
        Agent stays = agent("n0");
        Agent leaves = agent("n1");
        applied(stays.store().publishMember(MEMBER));
        applied(leaves.store().publishMember(MEMBER.replace("running", "stopped")));

        ClusterView both = await(stays, v -> v.members().size() == 2);
        assertEquals("stopped", both.member("n1").orElseThrow().state());
        leaves.link().cut();
        awaitTrue("the silent member vanishes, the other stays", () -> {
            stays.store().publishMember(MEMBER);
            return stays.store().load().members().keySet().equals(java.util.Set.of("n0"));
        });
    }

    @Test
    void theRaceForInitializeHasOneWinner() throws Exception {
        Agent first = agent("n0");
        Agent second = agent("n1");
        applied(first.store().put(Key.INITIALIZE, "", Expectation.ABSENT));
        assertInstanceOf(WriteOutcome.Refused.class, second.store().put(Key.INITIALIZE, "", Expectation.ABSENT));
        assertEquals("", first.store().load().initialize());

        applied(first.store().put(Key.INITIALIZE, "7300000000000000001", Expectation.ANY));
        assertTrue(await(second, ClusterView::hasValidInitialize).hasValidInitialize());
        applied(first.store().delete(Key.INITIALIZE, Expectation.ANY));
        assertNull(first.store().load().initialize());
    }

    @Test
    void aWriteThatExpectsAnotherVersionIsRefusedAndChangesNothing() throws Exception {
        Agent agent = agent("n0");
        ClusterStore tool = tool();
        Revision first = applied(agent.store().put(Key.CONFIG, "{\"ttl\":30}", Expectation.ANY))
                .revision();
        ConfigKey read = tool.load().config();
        assertNotNull(read);
        assertEquals(first, read.revision(), "a write tells the version that a read finds");

        applied(tool.put(Key.CONFIG, "{\"ttl\":31}", Expectation.unchanged(first)));
        assertInstanceOf(
                WriteOutcome.Refused.class,
                agent.store().put(Key.CONFIG, "{\"ttl\":32}", Expectation.unchanged(first)));
        assertInstanceOf(WriteOutcome.Refused.class, agent.store().delete(Key.CONFIG, Expectation.unchanged(first)));

        ClusterView after = agent.store().load();
        assertEquals("{\"ttl\":31}", after.dynamicConfig().document().toString(), "a refused agent reads anew");
        assertNotNull(after.config());
        assertNotEquals(first, after.config().revision());
        applied(agent.store()
                .delete(Key.CONFIG, Expectation.unchanged(after.config().revision())));
        assertNull(agent.store().load().config());
    }

    @Test
    void removingWhatIsNotThereIsNoError() throws Exception {
        applied(agent("n0").store().delete(Key.SYNC, Expectation.ANY));
        applied(tool().delete(Key.FAILOVER, Expectation.ANY));
    }

    @Test
    void everyKeyCanBeWrittenAndReadBack() throws Exception {
        Agent agent = agent("n0");
        applied(agent.store().put(Key.INITIALIZE, "7300000000000000001", Expectation.ABSENT));
        applied(agent.store().put(Key.CONFIG, "{\"ttl\":30,\"note\":\"\\u00e4\"}", Expectation.ANY));
        applied(agent.store().put(Key.STATUS, "{\"optime\":67108960}", Expectation.ANY));
        applied(agent.store().put(Key.FAILOVER, "{\"leader\":\"n0\",\"member\":\"n1\"}", Expectation.ANY));
        applied(agent.store()
                .put(Key.SYNC, "{\"leader\":\"n0\",\"quorum\":0,\"sync_standby\":\"n1\"}", Expectation.ANY));
        applied(agent.store().put(Key.HISTORY, "[[1,67108960,\"no recovery target specified\"]]", Expectation.ANY));
        applied(agent.store().put(Key.FAILSAFE, "{\"n0\":\"http://h:8008/patroni\"}", Expectation.ANY));

        for (ClusterView view : List.of(agent.store().load(), tool().load())) {
            assertTrue(view.hasValidInitialize());
            assertEquals("ä", view.dynamicConfig().document().get("note").getAsString());
            assertEquals(new Lsn(67108960), view.status().optime());
            assertNotNull(view.failover());
            assertEquals("n1", view.failover().candidate());
            assertTrue(view.sync().isVoter("n1"));
            assertEquals(2, view.history().clusterTimeline());
            assertNotNull(view.failsafe());
            assertEquals("http://h:8008/patroni", view.failsafe().get("n0"));
        }
    }

    @Test
    void othersAreToldAboutLeaderAndConfigurationAndStatus() throws Exception {
        Agent leader = agent("n0");
        Agent replica = agent("n1");
        applied(leader.store().put(Key.CONFIG, "{\"ttl\":30}", Expectation.ANY));
        await(leader, v -> v.config() != null);
        await(replica, v -> v.config() != null);

        applied(leader.store().acquireLeader());
        awaitEvent(replica, StoreEvent.LEADER_CHANGED);
        applied(leader.store().put(Key.STATUS, "{\"optime\":1}", Expectation.ANY));
        awaitEvent(replica, StoreEvent.STATUS_CHANGED);
        applied(leader.store().put(Key.CONFIG, "{\"ttl\":31}", Expectation.ANY));
        awaitEvent(replica, StoreEvent.CONFIG_CHANGED);
        replica.events().clear();
        applied(leader.store().releaseLeader(leader.store().load()));
        awaitEvent(replica, StoreEvent.LEADER_CHANGED);
    }

    @Test
    void ownWritesWakeNobodyHere() throws Exception {
        Agent agent = agent("n0");
        ClusterStore tool = tool();
        applied(agent.store().put(Key.CONFIG, "{\"ttl\":30}", Expectation.ANY));
        agent.store().load();
        applied(agent.store().acquireLeader());
        applied(agent.store().put(Key.STATUS, "{\"optime\":1}", Expectation.ANY));
        applied(agent.store().publishMember(MEMBER));

        applied(tool.put(Key.CONFIG, "{\"ttl\":31}", Expectation.ANY));
        awaitEvent(agent, StoreEvent.CONFIG_CHANGED);
        assertFalse(
                agent.events().contains(StoreEvent.LEADER_CHANGED),
                agent.events().toString());
        assertFalse(
                agent.events().contains(StoreEvent.STATUS_CHANGED),
                agent.events().toString());
        assertFalse(
                agent.events().contains(StoreEvent.MEMBER_ADDED), agent.events().toString());
    }

    @Test
    void aLostAnswerIsUnknownAndReadingResolvesIt() throws Exception {
        Agent agent = agent("n0");
        agent.store().load();
        applied(agent.store().publishMember(MEMBER));
        agent.link().dropAnswers();
        assertInstanceOf(WriteOutcome.Unknown.class, agent.store().put(Key.HISTORY, "[]", Expectation.ANY));
        agent.link().restore();

        await(agent, v -> v.history().known());
        assertTrue(tool().load().history().known());
    }

    @Test
    void anAcquisitionWithoutAnswerIsUnknownNeitherWonNorLost() throws Exception {
        Agent agent = agent("n0");
        agent.store().load();
        agent.link().dropAnswers();
        assertInstanceOf(WriteOutcome.Unknown.class, agent.store().acquireLeader());
        agent.link().restore();

        awaitTrue("it holds the key after asking again", () -> {
            ClusterView view = agent.store().load();
            return view.isLeader("n0")
                    ? agent.store().renewLeader(view).isApplied()
                    : agent.store().acquireLeader().isApplied();
        });
        assertTrue(tool().load().isLeader("n0"));
    }

    @Test
    void aTotalOutageFailsReadsLeavesWritesUnknownAndEnds() throws Exception {
        Agent agent = agent("n0");
        applied(agent.store().acquireLeader());
        ClusterView seen = agent.store().load();
        agent.link().cut();

        awaitTrue("reads fail", () -> {
            try {
                agent.store().load();
                return false;
            } catch (StoreUnavailableException e) {
                return true;
            }
        });
        assertThrows(StoreUnavailableException.class, () -> agent.store().load());
        assertInstanceOf(WriteOutcome.Unknown.class, agent.store().renewLeader(seen));
        assertInstanceOf(WriteOutcome.Unknown.class, agent.store().acquireLeader());
        assertInstanceOf(WriteOutcome.Unknown.class, agent.store().publishMember(MEMBER));
        assertInstanceOf(WriteOutcome.Unknown.class, agent.store().put(Key.STATUS, "{}", Expectation.ANY));

        agent.link().restore();
        awaitTrue("the agent leads again", () -> agent.store().renewLeader(seen).isApplied());
        awaitTrue("and reads", () -> agent.store().load().isLeader("n0"));
        agent.events().clear();
        tool().put(Key.CONFIG, "{\"ttl\":30}", Expectation.ANY);
        await(agent, v -> v.config() != null);
        tool().put(Key.CONFIG, "{\"ttl\":31}", Expectation.ANY);
        awaitEvent(agent, StoreEvent.CONFIG_CHANGED);
    }

    @Test
    void aToolReadsWhatAnotherToolHasWritten() throws Exception {
        ClusterStore writer = tool();
        ClusterStore reader = tool();
        for (int i = 0; i < 20; i++) {
            applied(writer.put(Key.CONFIG, "{\"n\":" + i + "}", Expectation.ANY));
            assertEquals(i, reader.load().dynamicConfig().document().get("n").getAsInt());
        }
    }

    @Test
    void aRemovedClusterHasNoKeysLeft() throws Exception {
        Agent agent = agent("n0");
        applied(agent.store().acquireLeader());
        applied(agent.store().publishMember(MEMBER));
        applied(agent.store().put(Key.CONFIG, "{}", Expectation.ANY));
        applied(agent.store().put(Key.INITIALIZE, "7300000000000000001", Expectation.ANY));

        ClusterStore tool = tool();
        applied(tool.removeCluster());
        assertEquals(ClusterView.EMPTY, tool.load());
        await(agent, ClusterView.EMPTY::equals);
    }

    /** Fails with the outcome unless the write was confirmed. */
    protected static WriteOutcome.Applied applied(WriteOutcome outcome) {
        return assertInstanceOf(WriteOutcome.Applied.class, outcome, () -> outcome.toString());
    }

    /** Something that may fail while the store is away. */
    protected interface Check {
        boolean holds() throws Exception;
    }

    /** Lets time pass until the condition holds; a store that is away counts as "not yet". */
    protected final void awaitTrue(String what, Check check) throws Exception {
        MonotonicTime end = time().now().plus(PATIENCE);
        @Nullable Exception last = null;
        while (time().now().isBefore(end)) {
            try {
                if (check.holds()) {
                    return;
                }
            } catch (StoreUnavailableException e) {
                last = e;
            }
            pass();
        }
        fail("not within " + PATIENCE + ": " + what, last);
    }

    private ClusterView await(Agent agent, Predicate<ClusterView> condition) throws Exception {
        ClusterView[] seen = {ClusterView.EMPTY};
        awaitTrue("a view as expected", () -> {
            seen[0] = agent.store().load();
            return condition.test(seen[0]);
        });
        return seen[0];
    }

    private void awaitEvent(Agent agent, StoreEvent event) throws Exception {
        awaitTrue(event.toString(), () -> agent.events().contains(event));
    }

    private void pass() throws InterruptedException {
        time().sleep(Duration.ofMillis(50));
    }
}
