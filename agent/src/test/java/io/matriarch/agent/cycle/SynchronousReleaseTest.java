package io.matriarch.agent.cycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.agent.node.Findings;
import io.matriarch.agent.node.NodeStatus;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Json;
import io.matriarch.model.Key;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.PostgresState;
import io.matriarch.model.Role;
import io.matriarch.model.Tags;
import io.matriarch.model.Timing;
import io.matriarch.store.Expectation;
import io.matriarch.store.memory.Fault;
import io.matriarch.store.memory.MemoryServer;
import io.matriarch.store.memory.MemoryStore;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A synchronous standby that stops is let go first (contract replication.md 1.7). This node is n1, n2 leads. */
class SynchronousReleaseTest {

    private static final String LISTED = "{\"leader\":\"n2\",\"quorum\":0,\"sync_standby\":\"n1\"}";
    private static final String RELEASED = "{\"leader\":\"n2\",\"quorum\":0,\"sync_standby\":null}";
    private static final Tags BLUE =
            new Tags(Json.parseObject("{\"color\":\"blue\"}").orElseThrow());

    private final ManualTime time = new ManualTime();
    private final MemoryServer server = new MemoryServer(time);
    private final MemoryStore store = server.connect("n1", Timing.DEFAULT);
    private final MemoryStore other = server.connect("n2", Timing.DEFAULT);
    private final SynchronousRelease release = new SynchronousRelease(store, time);
    private final MonotonicTime begin = time.now();
    private final AtomicInteger published = new AtomicInteger();
    private String config = "{\"synchronous_mode\":true}";
    private Tags tags = BLUE;

    @BeforeEach
    void n2Leads() {
        other.acquireLeader();
        other.put(Key.SYNC, LISTED, Expectation.ANY);
    }

    private NodeStatus status() throws Exception {
        return new NodeStatus(
                "demo",
                "n1",
                PostgresState.RUNNING,
                Role.REPLICA,
                store.load(),
                null,
                Instant.EPOCH,
                new DynamicConfig(Json.parseObject(config).orElseThrow()),
                Timing.DEFAULT,
                tags,
                List.of(),
                null,
                Optional.empty(),
                1,
                false,
                false,
                null,
                begin,
                "",
                Findings.NONE);
    }

    private boolean publish() {
        published.incrementAndGet();
        return true;
    }

    private Duration waited() {
        return time.now().since(begin);
    }

    @Test
    void itAsksAndWaitsUntilTheKeyNoLongerListsIt() throws Exception {
        var looks = new AtomicInteger();
        release.ask(status(), this::publish, () -> {
            if (looks.incrementAndGet() == 3) {
                other.put(Key.SYNC, RELEASED, Expectation.ANY);
            }
            return false;
        });

        assertEquals(1, published.get());
        assertEquals(Duration.ofSeconds(4), waited());
        assertTrue(release.tags(BLUE).nosync());
        assertEquals("blue", release.tags(BLUE).values().get("color").getAsString());
        assertEquals(0, release.tags(BLUE).values().get("sync_priority").getAsInt());

        release.done();
        assertEquals(BLUE, release.tags(BLUE));
    }

    @Test
    void itWaitsForTwoCyclesAtMost() throws Exception {
        release.ask(status(), this::publish, () -> false);

        Duration limit = Timing.DEFAULT.loopWait().multipliedBy(2);
        assertTrue(waited().compareTo(limit) <= 0, waited()::toString);
        assertTrue(waited().compareTo(limit.minusSeconds(3)) >= 0, waited()::toString);
    }

    @Test
    void whoIsNotListedOrHasAnotherLeaderInTheKeyNeedNotWait() throws Exception {
        other.put(Key.SYNC, LISTED.replace("n2", "n3"), Expectation.ANY);
        release.ask(status(), this::publish, () -> false);

        assertEquals(Duration.ZERO, waited());
    }

    @Test
    void nobodyIsAskedInAsynchronousModeNorByALeaderNorByWhoIsNeverSynchronous() throws Exception {
        config = "{}";
        release.ask(status(), this::publish, () -> false);
        config = "{\"synchronous_mode\":true}";
        tags = new Tags(Json.parseObject("{\"nosync\":true}").orElseThrow());
        release.ask(status(), this::publish, () -> false);
        tags = BLUE;
        other.takeLeader();
        store.takeLeader();
        release.ask(status(), this::publish, () -> false);

        assertEquals(0, published.get());
        assertFalse(release.tags(BLUE).nosync());
    }

    @Test
    void itDoesNotWaitWhenItCannotAskOrCannotSeeTheAnswer() throws Exception {
        NodeStatus status = status();
        release.ask(status, () -> false, () -> false);
        store.fault(Fault.UNREACHABLE);
        release.ask(status, this::publish, () -> false);

        assertEquals(Duration.ZERO, waited());
    }

    @Test
    void itEndsWithTheJobThatAsked() throws Exception {
        release.ask(status(), this::publish, () -> !waited().isZero());

        assertEquals(Duration.ofSeconds(2), waited());
    }
}
