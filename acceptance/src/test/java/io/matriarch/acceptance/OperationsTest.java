package io.matriarch.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.matriarch.acceptance.TestCluster.Store;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What operators do to a cluster that works: replace the program, pause it, rename a node, plan a switchover. */
class OperationsTest {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    @Test
    void pauseReplacementRenamingAndAPlannedSwitchover() throws Exception {
        try (var cluster = TestCluster.start(Store.ETCD, 2, TestCluster.QUICK)) {
            TestNode primary = cluster.awaitPrimary();
            TestNode replica = cluster.replicas().getFirst();
            cluster.patronictl("pause", "--wait");
            try (var application = new Application(cluster)) {
                theProgramIsReplacedNodeByNode(cluster, application);
                application.stop();
                assertEquals(Set.of(), application.lostOn(primary));
            }
            whatIsKilledInPauseStaysDown(cluster, primary, replica);
            aLeaderIsRenamed(cluster, primary);
            cluster.patronictl("resume", "--wait");
            cluster.awaitHealthy(TestCluster.FAILOVER);
            aPlannedSwitchoverOutlivesTheAgent(cluster, primary, replica);
        }
    }

    /** An upgrade: every agent stopped and started, no server restarted, no write refused. */
    private static void theProgramIsReplacedNodeByNode(TestCluster cluster, Application application) {
        for (TestNode node : cluster.nodes) {
            long postmaster = node.postmasterPid().orElseThrow();
            node.stop();
            cluster.start(node);
            Await.until("the new agent answers", LIMIT, () -> node.statusCode("/health") == 200, cluster::describe);
            assertEquals(postmaster, node.postmasterPid().orElseThrow());
        }
        cluster.awaitHealthy(TestCluster.FAILOVER);
        application.awaitWritesAfter(System.nanoTime(), LIMIT);
        assertEquals(0, application.failures());
    }

    private static void whatIsKilledInPauseStaysDown(TestCluster cluster, TestNode primary, TestNode replica)
            throws Exception {
        replica.killPostmaster();
        Await.until("a stopped replica", LIMIT, () -> state(replica).equals("stopped"), cluster::describe);
        primary.killPostmaster();
        Await.until("a stopped primary", LIMIT, () -> state(primary).equals("stopped"), cluster::describe);
        Await.until("no leader", LIMIT, () -> primary.statusCode("/leader") == 503, cluster::describe);
        assertEquals("stopped", state(replica));
        // An operator's restart is also a start, in the role that the directory has.
        cluster.patronictl("restart", TestCluster.SCOPE, primary.name, "--force");
        Await.until("the primary again", LIMIT, primary::isPrimary, cluster::describe);
        cluster.patronictl("restart", TestCluster.SCOPE, replica.name, "--force");
        cluster.awaitHealthy(TestCluster.FAILOVER);
        assertSame(primary, cluster.awaitPrimary());
    }

    /** The server goes on under another name, and leads again once the key of the old name has expired. */
    private static void aLeaderIsRenamed(TestCluster cluster, TestNode primary) throws Exception {
        long postmaster = primary.postmasterPid().orElseThrow();
        primary.stop();
        String configuration = Files.readString(primary.configuration());
        Files.writeString(
                primary.configuration(), configuration.replace("name: " + primary.name, "name: renamed-node"));
        cluster.start(primary);
        Await.until(
                "the renamed node leads",
                TestCluster.FAILOVER,
                () -> primary.isPrimary() && leader(primary).equals("renamed-node"),
                cluster::describe);
        assertEquals(postmaster, primary.postmasterPid().orElseThrow());
    }

    private static void aPlannedSwitchoverOutlivesTheAgent(TestCluster cluster, TestNode primary, TestNode replica) {
        Instant due = Instant.now().plusSeconds(12).truncatedTo(ChronoUnit.SECONDS);
        cluster.patronictl(
                "switchover",
                TestCluster.SCOPE,
                "--leader",
                "renamed-node",
                "--candidate",
                replica.name,
                "--scheduled",
                due.toString(),
                "--force");
        primary.killAgent();
        cluster.start(primary);
        assertNotEquals(replica, cluster.awaitPrimary());
        TestNode next = cluster.awaitPrimaryOtherThan(primary);
        assertSame(replica, next);
        Await.until("due", LIMIT, () -> !Instant.now().isBefore(due));
        cluster.awaitHealthy(TestCluster.FAILOVER);
    }

    private static String state(TestNode node) throws IOException {
        return node.json("/patroni").get("state").getAsString();
    }

    private static String leader(TestNode node) {
        try {
            return node.json("/cluster").getAsJsonArray("members").asList().stream()
                    .map(member -> member.getAsJsonObject())
                    .filter(member -> member.get("role").getAsString().equals("leader"))
                    .map(member -> member.get("name").getAsString())
                    .findFirst()
                    .orElse("");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
