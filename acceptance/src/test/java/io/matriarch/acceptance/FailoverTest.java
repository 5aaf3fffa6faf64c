package io.matriarch.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.acceptance.TestCluster.Store;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The cluster lives through the loss of its primary, whatever it loses of it. */
class FailoverTest {

    private static final String SYNCHRONOUS = TestCluster.QUICK + "synchronous_mode: true\n";

    @ParameterizedTest
    @EnumSource(Store.class)
    void agentAndPostgresKilledAnotherNodeLeadsAndTheOldPrimaryComesBack(Store store) throws Exception {
        try (var cluster = TestCluster.start(store, 3, SYNCHRONOUS)) {
            cluster.awaitSynchronous();
            TestNode old = cluster.awaitPrimary();
            try (var application = new Application(cluster)) {
                old.killEverything();
                TestNode next = cluster.awaitPrimaryOtherThan(old);
                application.awaitWritesAfter(System.nanoTime(), TestCluster.FAILOVER);
                cluster.start(old);
                cluster.awaitHealthy(TestCluster.FAILOVER);
                assertSame(next, cluster.awaitPrimary());
                application.stop();
                assertEquals(Set.of(), application.lostOn(next));
            }
        }
    }

    @Test
    void postmasterKilledTheSameNodeIsPrimaryAgainOnTheSameTimeline() throws Exception {
        try (var cluster = TestCluster.start(Store.ETCD, 2, TestCluster.QUICK)) {
            TestNode primary = cluster.awaitPrimary();
            String timeline = primary.query("select timeline_id from pg_control_checkpoint()");
            try (var application = new Application(cluster)) {
                primary.killPostmaster();
                application.awaitWritesAfter(System.nanoTime(), TestCluster.FAILOVER);
                cluster.awaitHealthy(TestCluster.FAILOVER);
                assertSame(primary, cluster.awaitPrimary());
                assertEquals(timeline, primary.query("select timeline_id from pg_control_checkpoint()"));
                application.stop();
                assertEquals(Set.of(), application.lostOn(primary));
            }
        }
    }

    @Test
    void postmasterKilledWithoutStartTimeoutAnotherNodeLeadsAtOnce() throws Exception {
        try (var cluster = TestCluster.start(Store.ETCD, 3, SYNCHRONOUS + "primary_start_timeout: 0\n")) {
            cluster.awaitSynchronous();
            TestNode old = cluster.awaitPrimary();
            try (var application = new Application(cluster)) {
                old.killPostmaster();
                TestNode next = cluster.awaitPrimaryOtherThan(old);
                application.awaitWritesAfter(System.nanoTime(), TestCluster.FAILOVER);
                cluster.awaitHealthy(TestCluster.FAILOVER);
                application.stop();
                assertEquals(Set.of(), application.lostOn(next));
            }
        }
    }

    @Test
    void agentKilledPostgresGoesOnAndTheNextAgentAdoptsIt() throws Exception {
        try (var cluster = TestCluster.start(Store.ETCD, 2, TestCluster.QUICK)) {
            TestNode primary = cluster.awaitPrimary();
            long postmaster = primary.postmasterPid().orElseThrow();
            try (var application = new Application(cluster)) {
                primary.killAgent();
                cluster.start(primary);
                Await.until("the new agent leads", TestCluster.FAILOVER, () -> primary.isPrimary(), cluster::describe);
                cluster.awaitHealthy(TestCluster.FAILOVER);
                assertEquals(postmaster, primary.postmasterPid().orElseThrow());
                application.awaitWritesAfter(System.nanoTime(), Duration.ofSeconds(10));
                application.stop();
                assertEquals(Set.of(), application.lostOn(primary));
                assertTrue(application.longestOutage().toSeconds() < 15, application.longestOutage()::toString);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Store.class)
    void wholeClusterStoppedAndStartedAgain(Store store) throws Exception {
        try (var cluster = TestCluster.start(store, 3, SYNCHRONOUS)) {
            cluster.awaitSynchronous();
            TestNode primary = cluster.awaitPrimary();
            primary.execute("create table kept as select 42 as answer");
            cluster.replicas().forEach(TestNode::stop);
            primary.stop();
            assertEquals(0, primary.exitCode());
            cluster.nodes.forEach(cluster::start);
            cluster.awaitHealthy(TestCluster.FAILOVER);
            assertEquals("42", cluster.awaitPrimary().query("select answer from kept"));
        }
    }
}
