package io.matriarch.store.etcd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.model.ClusterPath;
import io.matriarch.model.Json;
import io.matriarch.model.Key;
import io.matriarch.model.TimeSource;
import io.matriarch.model.Timing;
import io.matriarch.store.AgentStore;
import io.matriarch.store.ClusterStore;
import io.matriarch.store.Expectation;
import io.matriarch.store.StoreContext;
import io.matriarch.store.ToolStore;
import io.matriarch.store.WriteOutcome;
import io.matriarch.store.conformance.DroppingProxy;
import io.matriarch.store.conformance.StoreConformance;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The etcd store keeps the promises of a store, against a real etcd behind a proxy that can be made ill. */
class EtcdStoreConformanceTest extends StoreConformance {

    private static final AtomicInteger SCOPES = new AtomicInteger();

    @TempDir
    static Path directory;

    private static EtcdServer server;

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final ClusterPath path = ClusterPath.of("/service/", "scope" + SCOPES.incrementAndGet());

    @BeforeAll
    static void startEtcd() throws Exception {
        server = EtcdServer.start(directory, "http");
    }

    @AfterAll
    static void stopEtcd() {
        server.close();
    }

    @AfterEach
    void closeAll() throws Exception {
        while (!opened.isEmpty()) {
            opened.pop().close();
        }
    }

    @Override
    protected Agent agent(String member) throws Exception {
        var proxy = new DroppingProxy("127.0.0.1", server.port());
        opened.push(proxy);
        AgentStore store = new EtcdStoreProvider().openForAgent(context(member, proxy.port()));
        opened.push(store);
        return Agent.of(store, new Link() {
            @Override
            public void cut() {
                proxy.cut();
            }

            @Override
            public void dropAnswers() {
                proxy.dropAnswers();
            }

            @Override
            public void restore() {
                proxy.restore();
            }
        });
    }

    @Override
    protected ClusterStore tool() throws Exception {
        ClusterStore store = new EtcdStoreProvider().openForTool(context("", server.port()));
        opened.push(store);
        return store;
    }

    @Override
    protected Timing timing() {
        return new Timing(Duration.ofSeconds(3), Duration.ofSeconds(1), Duration.ofSeconds(2));
    }

    @Test
    void aLateReleaseOfAnEarlierSessionDoesNotHitTheKeyOfTheNext() throws Exception {
        Agent before = agent("n0");
        assertTrue(before.store().acquireLeader().isApplied());
        Agent next = agent("n0");
        assertTrue(next.store().renewLeader(next.store().load()).isApplied());

        assertInstanceOf(
                WriteOutcome.Refused.class,
                before.store().releaseLeader(before.store().load()));
        assertTrue(next.store().releaseLeader(next.store().load()).isApplied());
    }

    @Test
    void citusGroupsAreFoundBelowTheScope() throws Exception {
        StoreContext context = context("", server.port());
        var path = new ClusterPath(context.path().base() + "/7");
        var group = new EtcdStoreProvider()
                .openForTool(new StoreContext(path, "", context.section(), timing(), context.time()));
        opened.push(group);
        group.put(Key.CONFIG, "{}", Expectation.ANY);
        try (ToolStore scope = new EtcdStoreProvider().openForTool(context)) {
            assertEquals(Set.of(7), scope.groups());
            scope.put(Key.CONFIG, "{}", Expectation.ANY);
        }
        assertEquals(Set.of(), group.groups());
    }

    private StoreContext context(String member, int port) {
        // Without use_proxies the members' own addresses would lead around the proxy.
        String section = "{\"hosts\":[\"127.0.0.1:" + port + "\"],\"use_proxies\":true}";
        return new StoreContext(path, member, Json.parseObject(section).orElseThrow(), timing(), TimeSource.system());
    }
}
