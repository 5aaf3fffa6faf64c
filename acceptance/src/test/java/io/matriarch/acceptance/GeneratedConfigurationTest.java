package io.matriarch.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** A server that nobody manages is taken over by the configuration that {@code --generate-config} wrote of it. */
class GeneratedConfigurationTest {

    private static final String SETTINGS = """
        listen_addresses = '127.0.0.1'
        port = %d
        unix_socket_directories = '%s'
        cluster_name = 'grown'
        max_connections = 130
        max_locks_per_transaction = 70
        shared_buffers = '16MB'
        work_mem = '12345kB'
        wal_keep_size = '64MB'
        log_min_duration_statement = '1500ms'
        log_line_prefix = '%%m [%%p] it''s "%%a": '
        archive_mode = on
        archive_command = 'test -n "%%f" # ''quoted'''
        enable_seqscan = off
        random_page_cost = 1.1
        my.own = 'two words'
        """;

    private static final String LINES = """
        # only with a password
        local all all scram-sha-256
        host all all 127.0.0.1/32 scram-sha-256
        host replication replicator 127.0.0.1/32 scram-sha-256
        """;

    @Test
    void the_same_server_goes_on_under_the_manager_and_starts_with_the_same_settings() throws Exception {
        try (var cluster = TestCluster.prepare(1, (_, _) -> "")) {
            TestNode node = cluster.nodes.getFirst();
            startServer(cluster, node);
            long postmaster = node.postmasterPid().orElseThrow();
            Map<String, String> before = settings(node);

            Files.delete(node.configuration());
            generate(cluster, node);
            complete(cluster, node);
            cluster.start(node);
            cluster.awaitHealthy(TestCluster.FORMATION);

            assertEquals(postmaster, node.postmasterPid().orElseThrow(), "it was not restarted");
            assertEquals("7", node.query("SELECT answer FROM kept"));
            assertEquals(before, settings(node));
            assertTrue(node.json("/patroni")
                    .getAsJsonObject("patroni")
                    .get("scope")
                    .getAsString()
                    .equals("grown"));

            cluster.patronictl("restart", "grown", "--force");
            Await.until(
                    "another postmaster",
                    TestCluster.FAILOVER,
                    () -> node.isPrimary() && node.postmasterPid().orElseThrow() != postmaster,
                    cluster::describe);
            assertNotEquals(postmaster, node.postmasterPid().orElseThrow());
            assertEquals("7", node.query("SELECT answer FROM kept"));
            Map<String, String> after = settings(node);
            assertEquals("on", after.put("wal_log_hints", "off"), "a rewind needs them: they are in every sample");
            assertEquals(before, after);
            assertTrue(Files.readString(node.data().resolve("pg_hba.conf"))
                    .endsWith(LINES.substring(LINES.indexOf("local"))));
        }
    }

    private static void startServer(TestCluster cluster, TestNode node) throws Exception {
        Path password = cluster.directory.resolve("password");
        Files.writeString(password, TestCluster.SUPERUSER_PASSWORD + "\n");
        Machine.give(password);
        program(
                "initdb",
                "-D",
                node.data().toString(),
                "-U",
                "postgres",
                "-A",
                "scram-sha-256",
                "--no-sync",
                "--pwfile=" + password);
        Files.writeString(
                node.data().resolve("postgresql.conf"),
                SETTINGS.formatted(node.postgresPort, cluster.directory),
                StandardOpenOption.APPEND);
        Files.writeString(node.data().resolve("pg_hba.conf"), LINES);
        program(
                "pg_ctl",
                "start",
                "-w",
                "-D",
                node.data().toString(),
                "-l",
                cluster.directory.resolve("server.log").toString());
        node.execute("CREATE ROLE replicator REPLICATION LOGIN PASSWORD 'rep-pass'");
        node.execute("CREATE TABLE kept AS SELECT 7 AS answer");
    }

    private static void program(String name, String... arguments) {
        var command =
                new ArrayList<>(List.of(Machine.postgresBin().resolve(name).toString()));
        command.addAll(List.of(arguments));
        Machine.run(Machine.asUser(command));
    }

    private static void generate(TestCluster cluster, TestNode node) {
        String rest = "127.0.0.1:" + node.restPort;
        cluster.patroni(
                Map.of(
                        "PATRONI_NAME",
                        node.name,
                        "PATRONI_ETCD3_HOST",
                        cluster.etcd == null ? "" : cluster.etcd.endpoint(),
                        "PATRONI_RESTAPI_LISTEN",
                        rest,
                        "PATRONI_RESTAPI_CONNECT_ADDRESS",
                        rest,
                        "PGPASSWORD",
                        TestCluster.SUPERUSER_PASSWORD),
                "--generate-config",
                "--dsn",
                "host=127.0.0.1 user=postgres dbname=postgres port=" + node.postgresPort,
                node.configuration().toString());
    }

    /** What only a person knows, and where files of this test lie. */
    private static void complete(TestCluster cluster, TestNode node) throws Exception {
        String written = Files.readString(node.configuration());
        String user = "      password: '#FIXME'\n      username: '#FIXME'\n";
        assertTrue(written.contains(user), written);
        String complete = written.replace(user, "      password: rep-pass\n      username: replicator\n")
                .replace("\npostgresql:\n", "\npostgresql:\n  pgpass: " + cluster.directory.resolve("pgpass") + "\n");
        assertTrue(!complete.contains("#FIXME"), complete);
        Files.writeString(
                node.configuration(), complete + "matriarch:\n  fence: {directory: " + cluster.directory + "}\n");
        Files.setPosixFilePermissions(node.configuration(), PosixFilePermissions.fromString("rw-------"));
    }

    /** All that somebody may set, but what the server itself derives. */
    private static Map<String, String> settings(TestNode node) throws Exception {
        var settings = new TreeMap<String, String>();
        try (Connection connection = node.connect();
                var statement = connection.createStatement();
                var rows = statement.executeQuery("""
                    SELECT name, setting FROM pg_settings
                     WHERE context <> 'internal' AND source <> 'client' AND source <> 'session'
                       AND name NOT IN ('transaction_isolation', 'transaction_read_only', 'transaction_deferrable')\
                    """)) {
            while (rows.next()) {
                settings.put(rows.getString(1), rows.getString(2));
            }
        }
        settings.put("my.own", node.query("SHOW my.own"));
        return settings;
    }
}
