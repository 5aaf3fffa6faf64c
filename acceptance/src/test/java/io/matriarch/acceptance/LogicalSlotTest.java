package io.matriarch.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.acceptance.TestCluster.Store;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A permanent logical slot outlives the primary. */
class LogicalSlotTest {

    private static final String DYNAMIC = """
        ttl: 20
        loop_wait: 1
        retry_timeout: 3
        synchronous_mode: quorum
        slots:
          cdc:
            type: logical
            database: postgres
            plugin: pgoutput
        postgresql:
          use_pg_rewind: true
          parameters:
            wal_level: logical
        """;

    private static final Duration SOON = Duration.ofSeconds(45);
    private static final String OPTIONS = "'cdc', null, null, 'proto_version', '1', 'publication_names', 'p'";

    @Test
    void aPermanentLogicalSlotIsCopiedFollowsAndGoesOnAfterAFailover() throws Exception {
        try (var cluster = TestCluster.start(Store.ETCD, 2, DYNAMIC)) {
            TestNode primary = cluster.awaitPrimary();
            TestNode replica = cluster.replicas().getFirst();
            EtcdServer etcd = cluster.etcd;
            assertTrue(etcd != null);
            Await.until(
                    "the replica votes",
                    SOON,
                    () -> etcd.value("/service/" + TestCluster.SCOPE + "/sync").contains(":\"" + replica.name + "\""),
                    cluster::describe);
            await(
                    cluster,
                    "the slot is on the primary",
                    primary,
                    "select count(*) = 1 from pg_replication_slots"
                            + " where slot_name = 'cdc' and plugin = 'pgoutput'");
            await(
                    cluster,
                    "the slot is on the replica",
                    replica,
                    "select count(*) = 1 from pg_replication_slots"
                            + " where slot_name = 'cdc' and plugin = 'pgoutput'");
            assertEquals("on", replica.query("show hot_standby_feedback"));
            Await.until(
                    "the copy could be used after a failover",
                    SOON,
                    () -> replica.tail(1000).contains("Logical slot cdc is safe to be used after a failover"),
                    cluster::describe);

            primary.execute("create table changes (number int primary key)");
            primary.execute("create publication p for table changes");
            primary.execute("insert into changes select generate_series(1, 100)");
            assertEquals("100", inserts(primary, "get"));
            String consumed =
                    primary.query("select confirmed_flush_lsn from pg_replication_slots where slot_name = 'cdc'");
            await(
                    cluster,
                    "the slot on the replica follows",
                    replica,
                    "select confirmed_flush_lsn >= '" + consumed
                            + "' from pg_replication_slots where slot_name = 'cdc'");

            primary.execute("insert into changes select generate_series(101, 150)");
            primary.killEverything();
            TestNode next = cluster.awaitPrimaryOtherThan(primary);
            assertTrue(Integer.parseInt(inserts(next, "peek")) >= 50, "changes were missed");
        }
    }

    private static String inserts(TestNode node, String how) throws SQLException {
        return node.query("select count(*) from pg_logical_slot_" + how + "_binary_changes(" + OPTIONS
                + ") where get_byte(data, 0) = ascii('I')");
    }

    private static void await(TestCluster cluster, String what, TestNode node, String condition) {
        Await.until(what, SOON, () -> node.query(condition).equals("t"), cluster::describe);
    }
}
