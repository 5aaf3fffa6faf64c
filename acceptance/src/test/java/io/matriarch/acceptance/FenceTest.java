package io.matriarch.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.acceptance.TestCluster.Store;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** At no instant are two nodes writable, also when the agent of the primary cannot act. */
class FenceTest {

    private static final Duration LEASE = Duration.ofSeconds(20);

    @ParameterizedTest
    @EnumSource(Store.class)
    void frozenAgentThePostmasterIsStoppedBeforeAnotherNodeLeads(Store store) throws Exception {
        try (var cluster = TestCluster.start(store, 3, TestCluster.QUICK);
                var probe = new WriteProbe(cluster)) {
            TestNode old = cluster.awaitPrimary();
            Signal.STOP.sendTo(old.agentPid());
            TestNode next = awaitOther(cluster, old);
            awaitWritable(next, cluster);
            assertNeverTwo(probe, old, next);
            Signal.CONT.sendTo(old.agentPid());
            cluster.awaitHealthy(TestCluster.FAILOVER);
            probe.stop();
            assertNeverTwo(probe, old, next);
        }
    }

    @Test
    void killedAgentThatDoesNotComeBackThePostmasterIsStoppedBeforeAnotherNodeLeads() throws Exception {
        try (var cluster = TestCluster.start(Store.ETCD, 3, TestCluster.QUICK);
                var probe = new WriteProbe(cluster)) {
            TestNode old = cluster.awaitPrimary();
            old.killAgent();
            TestNode next = awaitOther(cluster, old);
            awaitWritable(next, cluster);
            cluster.start(old);
            cluster.awaitHealthy(TestCluster.FAILOVER);
            probe.stop();
            assertNeverTwo(probe, old, next);
        }
    }

    @Test
    void killedAgentThatComesBackToAPausedClusterDisarmsTheFenceThatItLeftArmed() throws Exception {
        try (var cluster = TestCluster.start(Store.ETCD, 2, TestCluster.QUICK)) { // pausing takes an agent that lives
            assertSurvives(cluster, () -> cluster.patronictl("pause", TestCluster.SCOPE));
        }
    }

    @Test
    void killedAgentThatComesBackWithoutFenceDisarmsTheOneThatItLeftArmed() throws Exception {
        try (var cluster = TestCluster.start(Store.ETCD, 1, TestCluster.QUICK)) {
            Path configuration = cluster.nodes.getFirst().configuration();
            assertSurvives(
                    cluster,
                    () -> Files.writeString(
                            configuration,
                            Files.readString(configuration).replace("  fence:\n", "  fence:\n    mode: off\n")));
        }
    }

    /** PostgreSQL outlives the lease of an agent that was killed, when it comes back after {@code meanwhile}. */
    private static void assertSurvives(TestCluster cluster, Callable<?> meanwhile) throws Exception {
        TestNode node = cluster.awaitPrimary();
        long postmaster = node.postmasterPid().orElseThrow();
        node.killAgent();
        long leaseEnd = System.nanoTime() + LEASE.toNanos();
        meanwhile.call();
        cluster.start(node);
        // Some more than the lease: the fence would have acted by then.
        Duration limit = LEASE.plusSeconds(30);
        Await.until(
                "the old lease is over",
                limit,
                () -> System.nanoTime() - leaseEnd > Duration.ofSeconds(3).toNanos());
        assertTrue(node.isPrimary(), cluster::describe);
        assertEquals(Optional.of(postmaster), node.postmasterPid(), cluster::describe);
    }

    private static TestNode awaitOther(TestCluster cluster, TestNode old) {
        Await.until(
                "another primary",
                TestCluster.FAILOVER,
                () -> cluster.nodes.stream().anyMatch(n -> n != old && n.isPrimary()),
                cluster::describe);
        return cluster.nodes.stream()
                .filter(n -> n != old && n.isPrimary())
                .findFirst()
                .orElseThrow();
    }

    private static void awaitWritable(TestNode node, TestCluster cluster) {
        Await.until(
                node.name + " accepts writes",
                TestCluster.FAILOVER,
                () -> {
                    node.execute("insert into probe values (now())");
                    return true;
                },
                cluster::describe);
    }

    private static void assertNeverTwo(WriteProbe probe, TestNode old, TestNode next) {
        Duration overlap = probe.overlap(old, next);
        assertTrue(overlap.isNegative(), () -> "both accepted writes for " + overlap);
    }
}
