package io.matriarch.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.acceptance.TestCluster.Store;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What a crashed primary has and nobody was told of is not shown before its standby has it. */
class PostCrashGateTest {

    /** Strict, so that the standby stays in the set while it is away. */
    private static final String DYNAMIC = """
        ttl: 20
        loop_wait: 1
        retry_timeout: 3
        synchronous_mode: true
        synchronous_mode_strict: true
        matriarch:
          post_crash_gate: on
        postgresql:
          use_pg_rewind: true
        """;

    private static final Duration SOON = Duration.ofSeconds(30);
    /** {@code invalid_authorization_specification}: rejected by pg_hba.conf. */
    private static final String REJECTED = "28000";

    @Test
    void afterACrashClientsSeeACommitOnlyOnceTheStandbyHasItAlsoWhenTheAgentDiesMeanwhile() throws Exception {
        try (var cluster = TestCluster.start(Store.ETCD, 2, DYNAMIC)) {
            cluster.awaitSynchronous();
            TestNode primary = cluster.awaitPrimary();
            TestNode standby = cluster.replicas().getFirst();
            primary.execute("create table orders (number int)");
            standby.killEverything();
            Thread client = Thread.ofPlatform().daemon().start(() -> insertAndWait(primary));
            Await.until(
                    "a commit waits",
                    SOON,
                    () -> primary.query("select count(*) from pg_stat_activity where wait_event = 'SyncRep'")
                            .equals("1"),
                    cluster::describe);

            primary.killPostmaster();
            client.join(SOON);
            awaitClosed(cluster, primary, standby);
            assertRejected(primary);
            assertTrue(cluster.patronictl("list", "-e", "-f", "json").contains("\"Post-crash gate\""));

            long postmaster = primary.postmasterPid().orElseThrow();
            primary.killAgent();
            cluster.start(primary);
            awaitClosed(cluster, primary, standby);
            assertEquals(postmaster, primary.postmasterPid().orElseThrow());
            assertRejected(primary);

            cluster.start(standby);
            Await.until(
                    "clients come in", SOON, () -> !primary.query("select 1").isEmpty(), cluster::describe);
            assertEquals("1", primary.query("select count(*) from orders"));
            assertEquals("1", standby.query("select count(*) from orders"));
            assertTrue(primary.tail(200).contains("The post-crash gate is open"));
            Await.until(
                    "REST says so", SOON, () -> !primary.json("/patroni").has("post_crash_gate"), cluster::describe);
        }
    }

    /** It is never told that it has committed. */
    private static void insertAndWait(TestNode primary) {
        try {
            primary.execute("insert into orders values (1)");
        } catch (SQLException e) {
            return;
        }
        throw new IllegalStateException("acknowledged without a standby");
    }

    private static void awaitClosed(TestCluster cluster, TestNode primary, TestNode standby) {
        Await.until(
                "the gate waits for " + standby.name,
                SOON,
                () -> primary.isPrimary()
                        && primary.json("/patroni").has("post_crash_gate")
                        && primary.json("/patroni")
                                .get("post_crash_gate")
                                .getAsString()
                                .endsWith("not on " + standby.name),
                cluster::describe);
    }

    private static void assertRejected(TestNode primary) {
        assertEquals(
                REJECTED,
                assertThrows(SQLException.class, () -> primary.query("select 1"))
                        .getSQLState());
    }
}
