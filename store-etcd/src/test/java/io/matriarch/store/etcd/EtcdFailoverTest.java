package io.matriarch.store.etcd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.model.ClusterView;
import io.matriarch.model.Key;
import io.matriarch.model.LeaderKey;
import io.matriarch.model.Timing;
import io.matriarch.store.AgentStore;
import io.matriarch.store.ClusterStore;
import io.matriarch.store.Expectation;
import io.matriarch.store.StoreEvent;
import io.matriarch.store.StoreUnavailableException;
import io.matriarch.store.WriteOutcome;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Servers that die and servers that hang. */
class EtcdFailoverTest {

    /** The budget of a call and generous time for a busy machine; far below "for ever", which is what must not be. */
    private static final Duration BOUND = Sections.TIMING.retryTimeout().plusSeconds(8);

    @TempDir
    Path directory;

    @Test
    void aFrozenServerNeverHoldsACallLongerThanItsBudget() throws Exception {
        try (EtcdServer server = EtcdServer.start(directory, "http");
                AgentStore store = new EtcdStoreProvider().openForAgent(Sections.context("n0", section(server)));
                ClusterStore tool = new EtcdStoreProvider().openForTool(Sections.context("", section(server)))) {
            assertTrue(store.acquireLeader().isApplied());
            ClusterView seen = store.load();
            tool.load();
            server.freeze();
            try {
                unknownInTime(() -> store.renewLeader(seen));
                unknownInTime(store::acquireLeader);
                unknownInTime(store::takeLeader);
                unknownInTime(() -> store.releaseLeader(seen));
                unknownInTime(() -> store.publishMember("{}"));
                unknownInTime(() -> store.put(Key.STATUS, "{}", Expectation.ANY));
                unknownInTime(() -> store.put(Key.INITIALIZE, "", Expectation.ABSENT));
                unknownInTime(() -> store.delete(Key.SYNC, Expectation.ANY));
                unknownInTime(tool::removeCluster);
                inTime(() -> assertThrows(StoreUnavailableException.class, tool::load));
                inTime(() -> assertThrows(StoreUnavailableException.class, store::load));
            } finally {
                server.thaw();
            }
            eventually(
                    "the store is usable again",
                    () -> store.renewLeader(store.load()).isApplied());
        }
    }

    /** It may still be under way, and deletes only the version that it knew. */
    @Test
    void afterAReleaseWithoutAnswerTheLeaderKeyIsWrittenAgainBeforeItCounts() throws Exception {
        try (EtcdServer server = EtcdServer.start(directory, "http");
                AgentStore store = new EtcdStoreProvider().openForAgent(Sections.context("n0", section(server)));
                ClusterStore tool = new EtcdStoreProvider().openForTool(Sections.context("", section(server)))) {
            assertTrue(store.acquireLeader().isApplied());
            LeaderKey before = Objects.requireNonNull(tool.load().leader());
            server.kill();
            unknownInTime(() -> store.releaseLeader(ClusterView.EMPTY));
            server.restart();
            eventually(
                    "it is held again", () -> store.confirmLeader(store.load()).isApplied());
            assertNotEquals(
                    before.revision(),
                    Objects.requireNonNull(tool.load().leader()).revision());
        }
    }

    @Test
    void theWatchFindsOutThatItsServerIsFrozenThoughNobodyWrites() throws Exception {
        try (EtcdServer server = EtcdServer.start(directory, "http");
                AgentStore store = new EtcdStoreProvider().openForAgent(Sections.context("n0", section(server)))) {
            store.load();
            server.freeze();
            try {
                eventually("the copy is no longer believed", () -> {
                    try {
                        store.load();
                        return false;
                    } catch (StoreUnavailableException e) {
                        return true;
                    }
                });
            } finally {
                server.thaw();
            }
        }
    }

    @Test
    void aClusterWithADeadOrHungMemberGoesOn() throws Exception {
        var timing = new Timing(Duration.ofSeconds(20), Duration.ofSeconds(2), Duration.ofSeconds(6));
        List<EtcdServer> servers = EtcdServer.cluster(directory, 3, "http");
        String hosts = servers.stream().map(s -> "127.0.0.1:" + s.port()).collect(Collectors.joining(","));
        try (AgentStore store = new EtcdStoreProvider()
                        .openForAgent(Sections.context("n0", "{\"hosts\":\"" + hosts + "\"}", timing));
                ClusterStore tool =
                        new EtcdStoreProvider().openForTool(Sections.context("", "{\"hosts\":\"" + hosts + "\"}"))) {
            var events = new CopyOnWriteArrayList<StoreEvent>();
            store.onEvent(events::add);
            eventually("led", () -> store.acquireLeader().isApplied());
            for (EtcdServer ill : servers) {
                ill.freeze();
                try {
                    eventually(
                            "renewed while one hangs",
                            () -> store.renewLeader(store.load()).isApplied());
                    assertTrue(store.load().isLeader("n0"));
                    eventually(
                            "written while one hangs",
                            () -> tool.put(Key.CONFIG, "{\"a\":1}", Expectation.ANY)
                                    .isApplied());
                    events.clear();
                    eventually("woken while one hangs", () -> {
                        tool.put(Key.CONFIG, "{\"a\":" + System.nanoTime() + "}", Expectation.ANY);
                        return events.contains(StoreEvent.CONFIG_CHANGED);
                    });
                } finally {
                    ill.thaw();
                }
            }
            for (EtcdServer ill : servers) {
                ill.kill();
                eventually(
                        "renewed while one is dead",
                        () -> store.renewLeader(store.load()).isApplied());
                ill.restart();
            }
        } finally {
            servers.forEach(EtcdServer::close);
        }
    }

    @Test
    void theOtherMembersAreFoundThroughOne() throws Exception {
        List<EtcdServer> servers = EtcdServer.cluster(directory, 3, "http");
        for (EtcdServer server : servers) {
            server.control("endpoint", "health"); // a member that answers has told the others its address
        }
        try (AgentStore store =
                new EtcdStoreProvider().openForAgent(Sections.context("n0", section(servers.getFirst())))) {
            eventually("led", () -> store.acquireLeader().isApplied());
            store.load();
            servers.getFirst().kill();
            eventually(
                    "renewed elsewhere", () -> store.renewLeader(store.load()).isApplied());
        } finally {
            servers.forEach(EtcdServer::close);
        }
    }

    @Test
    void aLeaseThatWasRevokedIsReplacedAndTheKeysFollow() throws Exception {
        try (EtcdServer server = EtcdServer.start(directory, "http");
                AgentStore store = new EtcdStoreProvider().openForAgent(Sections.context("n0", section(server)));
                ClusterStore tool = new EtcdStoreProvider().openForTool(Sections.context("", section(server)))) {
            assertTrue(store.acquireLeader().isApplied());
            assertTrue(store.publishMember("{\"state\":\"running\"}").isApplied());
            server.revokeAllLeases();
            eventually("gone", () -> tool.load().leaderName() == null);

            eventually("led again", () -> store.renewLeader(store.load()).isApplied());
            eventually(
                    "published again",
                    () -> store.publishMember("{\"state\":\"running\"}").isApplied());
            ClusterView view = tool.load();
            assertTrue(view.isLeader("n0"));
            assertTrue(view.member("n0").isPresent());
        }
    }

    @Test
    void anUnchangedMemberIsNotWrittenAgain() throws Exception {
        try (EtcdServer server = EtcdServer.start(directory, "http");
                AgentStore store = new EtcdStoreProvider().openForAgent(Sections.context("n0", section(server)))) {
            store.load();
            WriteOutcome first = store.publishMember("{\"state\":\"running\"}");
            eventually(
                    "the watch runs",
                    () -> revision(store.publishMember("{\"state\":\"running\"}"))
                            == revision(store.publishMember("{\"state\":\"running\"}")));
            assertTrue(first.isApplied());
            assertFalse(revision(store.publishMember("{\"state\":\"stopped\"}")) == revision(first));
            assertEquals("stopped", store.load().member("n0").orElseThrow().state());
        }
    }

    private static long revision(WriteOutcome outcome) {
        return assertInstanceOf(WriteOutcome.Applied.class, outcome).revision().value();
    }

    private static String section(EtcdServer server) {
        return "{\"host\":\"127.0.0.1:" + server.port() + "\"}";
    }

    private interface Write {
        WriteOutcome run();
    }

    private static void unknownInTime(Write write) {
        inTime(() -> assertInstanceOf(WriteOutcome.Unknown.class, write.run()));
    }

    private static void inTime(Executable call) {
        assertTimeoutPreemptively(BOUND, call);
    }

    private interface Check {
        boolean holds() throws Exception;
    }

    private static void eventually(String what, Check check) throws Exception {
        long end = System.nanoTime() + Duration.ofSeconds(40).toNanos();
        Exception last = null;
        while (System.nanoTime() < end) {
            try {
                if (check.holds()) {
                    return;
                }
            } catch (StoreUnavailableException e) {
                last = e;
            }
            Thread.sleep(50);
        }
        throw new AssertionError("never: " + what, last);
    }
}
