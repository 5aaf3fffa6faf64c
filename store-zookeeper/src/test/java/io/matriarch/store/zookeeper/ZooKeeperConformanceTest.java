package io.matriarch.store.zookeeper;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonObject;
import io.matriarch.model.ClusterPath;
import io.matriarch.model.Key;
import io.matriarch.model.TimeSource;
import io.matriarch.model.Timing;
import io.matriarch.store.AgentStore;
import io.matriarch.store.ClusterStore;
import io.matriarch.store.Expectation;
import io.matriarch.store.StoreContext;
import io.matriarch.store.ToolStore;
import io.matriarch.store.conformance.DroppingProxy;
import io.matriarch.store.conformance.StoreConformance;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The promises of a store, kept on a real ZooKeeper server. */
class ZooKeeperConformanceTest extends StoreConformance {

    private static TestServer server;
    private static int clusters;

    private final ClusterPath path = ClusterPath.of("service", "conformance" + clusters++);
    private final List<AutoCloseable> opened = new ArrayList<>();

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
        for (AutoCloseable resource : opened.reversed()) {
            resource.close();
        }
    }

    @Override
    protected Agent agent(String member) throws Exception {
        var proxy = new DroppingProxy("127.0.0.1", server.port());
        opened.add(proxy);
        AgentStore store = new ZooKeeperStoreProvider().openForAgent(context(member, proxy.port()));
        opened.add(store);
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
        ClusterStore store = new ZooKeeperStoreProvider().openForTool(context("", server.port()));
        opened.add(store);
        return store;
    }

    @Test
    void citusGroupsAreFoundBelowTheScope() throws Exception {
        StoreContext context = context("", server.port());
        var path = new ClusterPath(context.path().base() + "/7");
        var group = new ZooKeeperStoreProvider()
                .openForTool(new StoreContext(path, "", context.section(), timing(), context.time()));
        opened.add(group);
        assertEquals(Set.of(), group.groups());
        group.put(Key.CONFIG, "{}", Expectation.ANY);
        try (ToolStore scope = new ZooKeeperStoreProvider().openForTool(context)) {
            assertEquals(Set.of(7), scope.groups());
        }
    }

    private StoreContext context(String member, int port) {
        var section = new JsonObject();
        section.addProperty("hosts", "127.0.0.1:" + port);
        return new StoreContext(path, member, section, timing(), TimeSource.system());
    }

    @Override
    protected Timing timing() {
        return new Timing(Duration.ofSeconds(4), Duration.ofSeconds(1), Duration.ofSeconds(3));
    }

    @Override
    protected Duration leaseReserve() {
        return Duration.ofSeconds(2);
    }
}
