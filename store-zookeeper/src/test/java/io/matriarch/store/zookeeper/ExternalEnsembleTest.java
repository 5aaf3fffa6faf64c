package io.matriarch.store.zookeeper;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.matriarch.model.ClusterPath;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Key;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Revision;
import io.matriarch.model.TimeSource;
import io.matriarch.model.Timing;
import io.matriarch.store.AgentStore;
import io.matriarch.store.ClusterStore;
import io.matriarch.store.Expectation;
import io.matriarch.store.StoreContext;
import io.matriarch.store.WriteOutcome.Applied;
import io.matriarch.store.WriteOutcome.Refused;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What only ZooKeeper does, against a real server: ephemeral owners, restarts, an emptied {@code sync}. */
final class ExternalEnsembleTest {

    private static final Timing TIMING =
            new Timing(Duration.ofSeconds(3), Duration.ofMillis(500), Duration.ofSeconds(3));
    private static TestServer server;
    private static int clusters;

    private final List<AutoCloseable> opened = new ArrayList<>();
    private final ClusterPath path = ClusterPath.of("service", "external" + clusters++);

    @BeforeAll
    static void startServer() throws Exception {
        server = new TestServer();
    }

    @AfterAll
    static void stopServer() throws Exception {
        server.stop();
    }

    @AfterEach
    void closeStores() throws Exception {
        for (AutoCloseable store : opened) {
            store.close();
        }
    }

    private StoreContext context(String name) {
        var section = new JsonObject();
        section.addProperty("hosts", "127.0.0.1:" + server.port());
        return new StoreContext(path, name, section, TIMING, TimeSource.system());
    }

    private AgentStore agent(String name) throws Exception {
        AgentStore store = new ZooKeeperStoreProvider().openForAgent(context(name));
        opened.add(store);
        return store;
    }

    private ClusterStore tool() throws Exception {
        ClusterStore store = new ZooKeeperStoreProvider().openForTool(context(""));
        opened.add(store);
        return store;
    }

    @Test
    void aLeaseNeverCountsFromLaterThanTheRequest() throws Exception {
        AgentStore agent = agent("n0");
        Applied acquired = assertInstanceOf(Applied.class, agent.acquireLeader());
        MonotonicTime before = TimeSource.system().now();
        Applied renewed = assertInstanceOf(Applied.class, agent.renewLeader(agent.load()));
        assertTrue(renewed.sentAt().isBefore(before), "the touch was reported to the ensemble's leader by then");
        assertFalse(renewed.sentAt().isBefore(acquired.sentAt()));
    }

    @Test
    void aRestartedAgentTakesItsLeaderKeyOverFromItsFormerSession() throws Exception {
        AgentStore before = agent("n0");
        assertInstanceOf(Applied.class, before.acquireLeader());
        assertInstanceOf(Applied.class, before.publishMember("{\"state\":\"running\"}"));
        before.close();

        AgentStore after = agent("n0");
        ClusterView view = after.load();
        assertTrue(view.isLeader("n0"), "closing gives nothing up");
        assertFalse(view.leader().owned());
        assertInstanceOf(Refused.class, agent("n1").acquireLeader());
        assertInstanceOf(Applied.class, after.renewLeader(view));
        assertInstanceOf(Applied.class, after.publishMember("{\"state\":\"running\"}"));
        assertTrue(after.load().leader().owned());

        MonotonicTime end = TimeSource.system().now().plus(TIMING.ttl().multipliedBy(2));
        while (TimeSource.system().now().isBefore(end)) {
            Thread.sleep(100);
            assertTrue(after.load().isLeader("n0"), "the end of the former session takes nothing away");
        }
    }

    @Test
    void renewingUnderTheNameOfAnotherMemberIsRefused() throws Exception {
        AgentStore leader = agent("n0");
        assertInstanceOf(Applied.class, leader.acquireLeader());
        AgentStore other = agent("n1");
        assertInstanceOf(Refused.class, other.renewLeader(other.load()));
        assertInstanceOf(Refused.class, other.releaseLeader(other.load()));
        assertTrue(leader.load().isLeader("n0"));
    }

    @Test
    void theSyncKeyIsEmptiedInsteadOfDeletedSoThatItsVersionGoesOn() throws Exception {
        ClusterStore tool = tool();
        assertInstanceOf(Applied.class, tool.put(Key.SYNC, "{\"leader\":\"n0\"}", Expectation.ANY));
        Revision seen = tool.load().sync().revision();
        assertInstanceOf(Applied.class, tool.delete(Key.SYNC, Expectation.unchanged(seen)));
        assertTrue(tool.load().sync().isEmpty());
        assertEquals(seen.value() + 1, tool.load().sync().revision().value());
        assertInstanceOf(Refused.class, tool.put(Key.SYNC, "{}", Expectation.unchanged(seen)));
    }

    @Test
    void theSessionSurvivesARestartOfTheServers() throws Exception {
        AgentStore agent = agent("n0");
        assertInstanceOf(Applied.class, agent.acquireLeader());
        server.restart();
        assertInstanceOf(Applied.class, agent.renewLeader(agent.load()));
    }

    @Test
    void aClusterThatWasNeverWrittenIsEmpty() throws Exception {
        ClusterView view = tool().load();
        assertEquals(ClusterView.EMPTY, view);
        assertNull(view.leaderName());
        assertInstanceOf(Applied.class, tool().removeCluster());
    }
}
