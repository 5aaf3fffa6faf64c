package io.matriarch.store.zookeeper;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.matriarch.model.ClusterPath;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Threads;
import io.matriarch.model.TimeSource;
import io.matriarch.model.Timing;
import io.matriarch.store.AgentStore;
import io.matriarch.store.StoreContext;
import io.matriarch.store.WriteOutcome;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A new agent finds the leader node under its name and of an earlier session, which may end while it is taken over. */
class OwnLeaderNodeTest {

    private static final Timing TIMING =
            new Timing(Duration.ofSeconds(10), Duration.ofSeconds(1), Duration.ofSeconds(3));
    private static final String MEMBER = "{\"state\":\"running\",\"role\":\"primary\"}";

    private static TestServer server;
    private static int clusters;

    private final ClusterPath path = ClusterPath.of("service", "own" + clusters++);
    private final List<AgentStore> opened = new ArrayList<>();
    private final List<LibraryClient> clients = new CopyOnWriteArrayList<>();
    private Runnable beforeTheStep = () -> {};

    @BeforeAll
    static void startServer() throws Exception {
        server = new TestServer();
    }

    @AfterAll
    static void stopServer() throws Exception {
        server.stop();
    }

    @AfterEach
    void close() throws Exception {
        for (AgentStore store : opened.reversed()) {
            store.close();
        }
    }

    @Test
    void itIsTakenOver() throws Exception {
        leaderWithMemberNode();

        AgentStore now = open("n1");
        ClusterView seen = now.load();
        now.publishMember(MEMBER.replace("running", "stopped"));
        assertTrue(now.renewLeader(seen).isApplied());
        AgentStore later = open("n1");
        assertTrue(later.renewLeader(later.load()).isApplied(), "both nodes moved together");
        now = later;
        clients.getFirst().close(Duration.ofSeconds(3));

        assertTrue(now.renewLeader(seen).isApplied());
        assertEquals("n1", open("n2").load().leaderName());
        assertEquals(1, now.load().members().size());
    }

    @Test
    void whoTookTheKeyWhenThatSessionEndedKeepsIt() throws Exception {
        leaderWithMemberNode();
        AgentStore other = open("n2");
        other.load();
        AgentStore now = open("n1");
        ClusterView seen = now.load();
        beforeTheStep = () -> {
            beforeTheStep = () -> {};
            try {
                clients.getFirst().close(Duration.ofSeconds(3));
                lead(other);
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        };

        assertInstanceOf(WriteOutcome.Refused.class, now.renewLeader(seen));
        assertTrue(other.confirmLeader(other.load()).isApplied(), "the other one's key was deleted");
    }

    @Test
    void withoutTheMemberNodeOfThatSessionNobodyKnowsWhetherItLives() throws Exception {
        AgentStore before = open("n1");
        lead(before);
        AgentStore now = open("n1");

        WriteOutcome renewed = now.renewLeader(now.load());

        var refused = assertInstanceOf(WriteOutcome.Refused.class, renewed);
        assertEquals("held by an earlier session of n1, which may end at any moment", refused.reason());
        assertTrue(before.confirmLeader(before.load()).isApplied());
    }

    private void leaderWithMemberNode() throws Exception {
        AgentStore before = open("n1");
        before.publishMember(MEMBER);
        lead(before);
    }

    private static void lead(AgentStore store) throws Exception {
        assertTrue(store.acquireLeader(List.of()).leader().isApplied());
    }

    private AgentStore open(String member) throws Exception {
        var section = new JsonObject();
        section.addProperty("hosts", "127.0.0.1:" + server.port());
        var ports = new ZooKeeperPorts(
                (settings, timeout, states) -> {
                    var client = new LibraryClient(settings, timeout, states);
                    clients.add(client);
                    return watched(client);
                },
                Threads.system());
        AgentStore store = new ZooKeeperStoreProvider(ports)
                .openForAgent(new StoreContext(path, member, section, TIMING, TimeSource.system()));
        opened.add(store);
        return store;
    }

    /** Something happens right before the step that replaces both nodes is sent. */
    private ZooKeeperClient watched(LibraryClient client) {
        return (ZooKeeperClient) Proxy.newProxyInstance(
                ZooKeeperClient.class.getClassLoader(), new Class<?>[] {ZooKeeperClient.class}, (_, method, given) -> {
                    if (method.getName().equals("multi") && ((List<?>) given[0]).size() == 4) {
                        beforeTheStep.run();
                    }
                    try {
                        return method.invoke(client, given);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }
}
