package io.matriarch.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import io.matriarch.acceptance.TestCluster.Store;
import java.nio.file.Files;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * A small life of a cluster with one version of PostgreSQL, that in the property {@code matriarch.postgres.bin}: it forms,
 * moves its primary, restarts for a parameter, loses its primary and rewinds it. {@code acceptance/versions} runs it with each version.
 */
@EnabledIfSystemProperty(named = "matriarch.postgres.bin", matches = ".+")
class VersionTest {

    /** Without JIT: its library among the unpacked programs of an older release wants this machine's C library. */
    private static final String DYNAMIC = """
        ttl: 20
        loop_wait: 1
        retry_timeout: 3
        synchronous_mode: true
        postgresql:
          use_pg_rewind: true
          remove_data_directory_on_diverged_timelines: true
          parameters:
            max_connections: 90
            wal_keep_segments: 10
            wal_compression: 'on'
            log_connections: 'on'
            jit: 'off'
        """;

    @Test
    void a_cluster_forms_moves_restarts_and_takes_its_primary_back() throws Exception {
        try (var cluster = TestCluster.start(Store.ETCD, 2, DYNAMIC)) {
            cluster.awaitSynchronous();
            TestNode first = cluster.awaitPrimary();
            String major = Files.readString(first.data().resolve("PG_VERSION")).strip();
            assertTrue(first.query("SHOW server_version").startsWith(major + "."));
            assertEquals("160MB", first.query("SHOW wal_keep_size"));
            assertNothingWasRefused(cluster);
            first.execute("CREATE TABLE kept AS SELECT 1 AS step");

            cluster.patronictl("switchover", TestCluster.SCOPE, "--force");
            TestNode second = cluster.awaitPrimaryOtherThan(first);
            cluster.awaitHealthy(TestCluster.FAILOVER);
            cluster.awaitSynchronous();
            second.execute("INSERT INTO kept VALUES (2)");

            restartForAParameter(cluster);
            cluster.awaitSynchronous();

            loseAndRewind(cluster, second, first);
            cluster.awaitSynchronous();
            assertEquals("1,2,4", first.query("SELECT string_agg(step::text, ',' ORDER BY step) FROM kept"));
            assertEquals("1,2,4", second.query("SELECT string_agg(step::text, ',' ORDER BY step) FROM kept"));
        }
    }

    private static void assertNothingWasRefused(TestCluster cluster) throws Exception {
        for (TestNode node : cluster.nodes) {
            String log = Files.readString(node.log());
            assertTrue(!log.contains(" from the config"), log);
        }
    }

    private static void restartForAParameter(TestCluster cluster) {
        cluster.patronictl("edit-config", "--force", "-s", "postgresql.parameters.max_connections=120");
        Await.until(
                "all wait for a restart, and say why",
                TestCluster.FAILOVER,
                () -> pending(cluster).equals(List.of("90 to 120", "90 to 120")),
                cluster::describe);
        cluster.patronictl("restart", TestCluster.SCOPE, "--force", "--pending");
        Await.until(
                "all have restarted",
                TestCluster.FAILOVER,
                () -> pending(cluster).isEmpty()
                        && cluster.nodes.stream().allMatch(node -> answer(node).equals("120")),
                cluster::describe);
        cluster.awaitHealthy(TestCluster.FAILOVER);
    }

    private static String answer(TestNode node) {
        try {
            return node.query("SHOW max_connections");
        } catch (SQLException e) {
            return "";
        }
    }

    private static List<String> pending(TestCluster cluster) throws Exception {
        return cluster.awaitPrimary().json("/cluster").getAsJsonArray("members").asList().stream()
                .map(JsonElement::getAsJsonObject)
                .filter(member -> member.has("pending_restart_reason"))
                .map(member -> member.getAsJsonObject("pending_restart_reason").getAsJsonObject("max_connections"))
                .map(reason -> reason.get("old_value").getAsString() + " to "
                        + reason.get("new_value").getAsString())
                .toList();
    }

    /** The primary writes what its frozen walsender never sends, and is lost: it must not come back with that. */
    private static void loseAndRewind(TestCluster cluster, TestNode primary, TestNode standby) throws Exception {
        Signal.STOP.sendTo(Long.parseLong(primary.query("SELECT pid FROM pg_stat_replication")));
        primary.execute("SET synchronous_commit = local; INSERT INTO kept VALUES (3)");
        primary.killEverything();
        assertSame(standby, cluster.awaitPrimaryOtherThan(primary));
        standby.execute("INSERT INTO kept VALUES (4)");
        cluster.start(primary);
        cluster.awaitHealthy(TestCluster.FAILOVER);

        boolean canRewind = Files.exists(Machine.postgresBin().resolve("pg_rewind"));
        String expected = canRewind ? "pg_rewind exit code=0" : "replica has been created using basebackup";
        assertTrue(Files.readString(primary.log()).contains(expected), cluster::describe);
    }
}
