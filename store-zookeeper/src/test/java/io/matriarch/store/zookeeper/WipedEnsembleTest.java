package io.matriarch.store.zookeeper;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.matriarch.model.ClusterPath;
import io.matriarch.model.TimeSource;
import io.matriarch.model.Timing;
import io.matriarch.store.AgentStore;
import io.matriarch.store.StoreContext;
import io.matriarch.store.StoreUnavailableException;
import io.matriarch.store.WriteOutcome;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A server that has lost its data refuses the sessions of clients that have seen more than it, for ever. */
class WipedEnsembleTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Test
    void anAgentGoesOnWithANewSession() throws Exception {
        var timing = new Timing(Duration.ofSeconds(4), Duration.ofSeconds(1), Duration.ofSeconds(3));
        var server = new TestServer();
        try (AgentStore store = new ZooKeeperStoreProvider()
                .openForAgent(new StoreContext(
                        ClusterPath.of("service", "wiped"), "n1", section(server), timing, TimeSource.system()))) {
            assertTrue(store.acquireLeader(List.of()).leader() instanceof WriteOutcome.Applied);

            server.wipe();

            assertTrue(loadsAnEmptyStore(store), "no view of the empty store");
            assertTrue(store.acquireLeader(List.of()).leader() instanceof WriteOutcome.Applied);
        } finally {
            server.stop();
        }
    }

    private static JsonObject section(TestServer server) {
        var section = new JsonObject();
        section.addProperty("hosts", "127.0.0.1:" + server.port());
        return section;
    }

    /** Each try waits for a connection itself. */
    private static boolean loadsAnEmptyStore(AgentStore store) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < end) {
            try {
                return store.load().isUnlocked();
            } catch (StoreUnavailableException _) {
                // the session of before is refused
            }
        }
        return false;
    }
}
