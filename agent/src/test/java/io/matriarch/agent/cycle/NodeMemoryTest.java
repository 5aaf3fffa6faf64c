package io.matriarch.agent.cycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.model.ClusterView;
import io.matriarch.model.Key;
import io.matriarch.model.Timing;
import io.matriarch.store.Expectation;
import io.matriarch.store.memory.MemoryServer;
import io.matriarch.store.memory.MemoryStore;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is kept of a cluster whose store loses its data. */
class NodeMemoryTest {

    private final ManualTime time = new ManualTime();
    private final NodeMemory memory = new NodeMemory(time.now(), Duration.ZERO);
    private ClusterView whole = ClusterView.EMPTY;
    private ClusterView lost = ClusterView.EMPTY;
    private ClusterView underOwnLock = ClusterView.EMPTY;

    @BeforeEach
    void readBoth() throws Exception {
        MemoryStore before = new MemoryServer(time).connect("n2", Timing.DEFAULT);
        before.put(Key.CONFIG, "{}", Expectation.ANY);
        before.acquireLeader(List.of());
        whole = before.load();
        MemoryStore after = new MemoryServer(time).connect("n1", Timing.DEFAULT);
        lost = after.load();
        after.acquireLeader(List.of());
        underOwnLock = after.load();
    }

    private void see(ClusterView view) {
        memory.missCluster(view, "n1", time.now());
        memory.remember(view, "n1");
    }

    @Test
    void whoLedBeforeIsNotForgotten() {
        see(whole);
        see(lost);
        see(underOwnLock);
        assertEquals("n2", memory.ledView.leaderName());
    }

    @Test
    void nobodyIsMadeUp() {
        see(underOwnLock);
        assertTrue(memory.ledView.isUnlocked());
    }

    @Test
    void whoTookTheKeyOfAnEmptyStoreMakesNoClusterOfIt() throws Exception {
        MemoryStore other = new MemoryServer(time).connect("n3", Timing.DEFAULT);
        other.acquireLeader(List.of());
        see(whole);
        see(other.load());
        assertEquals("n2", memory.ledView.leaderName());
    }

    @Test
    void theLockIsTrustedWhenTheClusterWasSeenUnderIt() throws Exception {
        MemoryStore own = new MemoryServer(time).connect("n1", Timing.DEFAULT);
        own.acquireLeader(List.of());
        memory.lockTakenUnaware = true;
        see(own.load());
        assertTrue(memory.lockTakenUnaware);
        own.put(Key.CONFIG, "{}", Expectation.ANY);
        see(own.load());
        assertFalse(memory.lockTakenUnaware);
    }
}
