package io.matriarch.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.acceptance.TestCluster.Store;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** PostgreSQL itself is what is wrong: it hangs, dies while it starts, or has no room for WAL. */
class ServerFaultsTest {

    private static final String DYNAMIC = """
        ttl: 20
        loop_wait: 1
        retry_timeout: 3
        synchronous_mode: true
        postgresql:
          use_pg_rewind: true
        """;

    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final System.Logger LOG = System.getLogger(ServerFaultsTest.class.getName());

    @Test
    void aServerThatHangsOrIsKilledWhileItStarts() throws Exception {
        try (var cluster = TestCluster.start(Store.ETCD, 2, DYNAMIC)) {
            cluster.awaitSynchronous();
            TestNode primary = cluster.awaitPrimary();
            try (var application = new Application(cluster)) {
                aHungServerKeepsNeitherTheAgentNorItsApiBusy(cluster, primary, application);
                killedWhileStarting(cluster, primary, application);
                cluster.awaitHealthy(TestCluster.FAILOVER);
                application.stop();
                assertEquals(Set.of(), application.lostOn(cluster.awaitPrimary()));
            }
        }
    }

    private static void aHungServerKeepsNeitherTheAgentNorItsApiBusy(
            TestCluster cluster, TestNode primary, Application application) throws Exception {
        long postmaster = primary.postmasterPid().orElseThrow();
        List<Long> processes = ProcessHandle.of(postmaster)
                .orElseThrow()
                .descendants()
                .map(ProcessHandle::pid)
                .toList();
        Signal.STOP.sendTo(postmaster);
        for (long process : processes) {
            if (ProcessHandle.of(process).isPresent()) {
                Signal.STOP.sendTo(process);
            }
        }
        long seen = lastSeen(primary);
        Await.until("cycles go on", LIMIT, () -> lastSeen(primary) > seen + 2, cluster::describe);
        assertEquals(200, primary.statusCode("/liveness"));
        assertTrue(primary.isPrimary(), "the lease is renewed all the time");
        for (long process : processes) {
            ProcessHandle.of(process).ifPresent(found -> Signal.CONT.sendTo(found.pid()));
        }
        Signal.CONT.sendTo(postmaster);
        application.awaitWritesAfter(System.nanoTime(), LIMIT);
        assertSame(primary, cluster.awaitPrimary());
        assertEquals(postmaster, primary.postmasterPid().orElseThrow());
    }

    /** The server panics at once, or with the next row. */
    private static void askForAnotherSegment(TestNode node) {
        try {
            node.execute("select pg_switch_wal()");
        } catch (SQLException e) {
            LOG.log(Level.INFO, "asking for another segment: {0}", e.getMessage());
        }
    }

    private static void killedWhileStarting(TestCluster cluster, TestNode primary, Application application) {
        for (int i = 0; i < 3; i++) {
            long killed = primary.postmasterPid().orElse(0L);
            primary.killPostmaster();
            Await.until(
                    "another postmaster",
                    LIMIT,
                    () -> primary.postmasterPid().filter(pid -> pid != killed).isPresent(),
                    cluster::describe);
        }
        application.awaitWritesAfter(System.nanoTime(), TestCluster.FAILOVER);
    }

    private static long lastSeen(TestNode node) throws Exception {
        return node.json("/patroni").get("dcs_last_seen").getAsLong();
    }

    @Test
    void aDiskWithoutRoomForWalCostsTheLeadership() throws Exception {
        Assumptions.assumeTrue(Machine.isRoot(), "mounting a small disk needs root");
        try (var disk = SmallDisk.mount(192);
                var cluster = TestCluster.start(Store.ETCD, 1, DYNAMIC.replace("synchronous_mode: true\n", ""))) {
            TestNode first = cluster.awaitPrimary();
            TestNode small = cluster.add(
                    "small",
                    text -> text.replace("postgresql:\n  listen", """
                        postgresql:
                          basebackup:
                          - waldir: %s
                          listen\
                        """.formatted(
                                    disk.directory().resolve("wal"))));
            cluster.start(small);
            cluster.awaitHealthy(TestCluster.FORMATION);
            cluster.patronictl("switchover", "--leader", first.name, "--candidate", small.name, "--force");
            assertSame(small, cluster.awaitPrimaryOtherThan(first));
            cluster.awaitHealthy(TestCluster.FAILOVER);
            try (var application = new Application(cluster)) {
                Path filler = disk.fill();
                // The server cannot write WAL, panics, and cannot start again: what it has must be given up.
                askForAnotherSegment(small);
                assertSame(first, cluster.awaitPrimaryOtherThan(small));
                application.awaitWritesAfter(System.nanoTime(), TestCluster.FAILOVER);
                assertFalse(small.isPrimary());
                Files.delete(filler);
                cluster.awaitHealthy(TestCluster.FAILOVER);
            }
        }
    }
}
