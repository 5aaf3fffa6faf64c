package io.matriarch.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Configurations as guides write them make a working cluster, after one explicit command. */
class GuideConfigurationTest {

    private static String configuration(TestCluster cluster, TestNode node) {
        return """
            scope: guide
            name: guide-%1$s
            restapi:
              listen: 0.0.0.0:%2$d
              connect_address: 127.0.0.1:%2$d
            etcd3:
              hosts: %3$s
            postgresql:
              listen: 0.0.0.0:%4$d
              connect_address: 127.0.0.1:%4$d
              data_dir: %5$s
              bin_dir: %6$s
              config_dir: %5$s-etc
              pgpass: %5$s.pgpass
              parameters:
                unix_socket_directories: %7$s
                max_connections: 120
                wal_level: replica
                max_wal_senders: 10
                hot_standby: on
                archive_mode: on
                archive_command: 'test ! -f %7$s/archive/%%f && cp %%p %7$s/archive/%%f'
                synchronous_commit: on
                synchronous_standby_names: 'ANY 1 (guide-n0,guide-n1)'
                shared_bufers: 256MB
                work_mem: 1
              recovery_conf:
                restore_command: 'cp %7$s/archive/%%f %%p'
              pg_hba:
                - host replication replicator 127.0.0.0/8 md5
                - host all all 0.0.0.0/0 md5
              create_replica_methods:
                - basebackup
                - pg_basebackup
              basebackup:
                max-rate: 100M
                checkpoint: fast
                retry-times: 3
                retry-sleep: 10
              pg_rewind:
                enabled: true
              replication:
                username: replicator
                password: replicator_password
              superuser:
                username: postgres
                password: %8$s
              rewind:
                username: postgres
                password: %8$s
            tags:
              nofailover: false
              noloadbalance: false
              clonefrom: false
              nosync: false
            matriarch:
              fence: {directory: %7$s}
            """.formatted(
                        node.name,
                        node.restPort,
                        cluster.etcd == null ? "" : cluster.etcd.endpoint(),
                        node.postgresPort,
                        node.data(),
                        Machine.postgresBin(),
                        cluster.directory,
                        TestCluster.SUPERUSER_PASSWORD);
    }

    @Test
    void a_cluster_is_made_on_request_from_the_forms_of_a_guide() throws Exception {
        try (var cluster = TestCluster.prepare(2, GuideConfigurationTest::configuration)) {
            Machine.give(Files.createDirectory(cluster.directory.resolve("archive")));
            cluster.nodes.forEach(cluster::start);
            TestNode first = cluster.nodes.getFirst();
            TestNode second = cluster.nodes.getLast();
            Await.until(
                    "both say what to do",
                    TestCluster.FORMATION,
                    () -> log(first).contains("matriarch bootstrap")
                            && log(second).contains("matriarch bootstrap"),
                    cluster::describe);

            String made = cluster.matriarch(
                    "bootstrap", "--yes", first.configuration().toString());
            assertTrue(made.contains("Cluster guide is made"), made);
            assertTrue(made.contains("its primary is guide-n0"), made);
            cluster.awaitHealthy(TestCluster.FORMATION);

            assertTrue(first.isPrimary(), "the other one was cloned");
            assertEquals("120", first.query("SHOW max_connections"));
            assertEquals("ANY 1 (\"guide-n0\", \"guide-n1\")", first.query("SHOW synchronous_standby_names"));
            assertEquals("64kB", first.query("SHOW work_mem"));
            assertEquals("on", first.query("SHOW data_checksums"));
            Await.until(
                    "the standby is one of those that are waited for",
                    Duration.ofSeconds(30),
                    () -> first.query("SELECT sync_state FROM pg_stat_replication")
                            .equals("quorum"),
                    cluster::describe);
            assertTrue(second.query("SHOW restore_command").startsWith("cp "));
            for (TestNode node : cluster.nodes) {
                assertConfigurationStandsApart(node);
                assertFormsAreNamed(log(node));
            }
            assertTrue(log(second).contains("retry-times and retry-sleep are taken for retries"), second.tail(200));
            assertThrows(
                    AssertionError.class,
                    () -> cluster.matriarch(
                            "bootstrap", "--yes", second.configuration().toString()),
                    "there is a cluster");
        }
    }

    /** The smallest file that a guide calls enough; it names no users. */
    private static String minimal(TestCluster cluster, TestNode node) {
        return """
            # Minimal patroni.yml
            scope: postgres
            name: postgres-%1$s

            restapi:
              listen: 0.0.0.0:%2$d
              connect_address: 127.0.0.1:%2$d

            etcd3:
              hosts: %3$s,%3$s

            postgresql:
              listen: 0.0.0.0:%4$d
              connect_address: 127.0.0.1:%4$d
              data_dir: %5$s
              bin_dir: %6$s

              parameters:
                max_connections: 200
                shared_buffers: 256MB
                wal_level: replica
                max_wal_senders: 10
                hot_standby: on
            """.formatted(
                        node.name,
                        node.restPort,
                        cluster.etcd == null ? "" : cluster.etcd.endpoint(),
                        node.postgresPort,
                        node.data(),
                        Machine.postgresBin());
    }

    /** What the same guide says of security, as a fragment; the files lie elsewhere here, and so do sockets. */
    private static String secured(TestCluster cluster, TestNode node) {
        return minimal(cluster, node) + """
                unix_socket_directories: %1$s
                ssl: on
                ssl_cert_file: '%1$s/postgresql.crt'
                ssl_key_file: '%1$s/postgresql.key'
                ssl_ca_file: '%1$s/postgresql.crt'
                ssl_min_protocol_version: 'TLSv1.2'
                ssl_ciphers: 'HIGH:MEDIUM:+3DES:!aNULL'

              pg_hba:
                - local all postgres peer
                - local all all peer
                - host replication replicator 127.0.0.0/8 md5
                - host all all 127.0.0.0/8 md5
                - host all all 127.0.0.1/32 md5

              authentication:
                replication:
                  username: replicator
                  password: ${REPLICATOR_PASSWORD}
                superuser:
                  username: postgres
                  password: ${POSTGRES_PASSWORD}
                rewind:
                  username: postgres
                  password: ${POSTGRES_PASSWORD}

              pgpass: %2$s.pgpass
            matriarch:
              fence: {directory: %1$s}
            """.formatted(cluster.directory, node.data());
    }

    @Test
    void a_cluster_is_made_from_the_smallest_file_and_the_fragment_about_security() throws Exception {
        try (var cluster = TestCluster.prepare(2, GuideConfigurationTest::minimal)) {
            TestNode first = cluster.nodes.getFirst();
            assertEndsWith(cluster, first, "Add to the section postgresql:");

            certificate(cluster);
            for (TestNode node : cluster.nodes) {
                Files.writeString(node.configuration(), secured(cluster, node));
            }
            assertEndsWith(cluster, first, "REPLICATOR_PASSWORD");
            cluster.nodes.forEach(node -> cluster.start(
                    node,
                    Map.of(
                            "REPLICATOR_PASSWORD",
                            "replicator_password",
                            "POSTGRES_PASSWORD",
                            TestCluster.SUPERUSER_PASSWORD,
                            // libpq looks there for certificates, and gives TLS up when it may not
                            "HOME",
                            cluster.directory.toString())));
            Await.until(
                    "it says what to do",
                    TestCluster.FORMATION,
                    () -> log(first).contains("matriarch bootstrap"),
                    cluster::describe);
            cluster.matriarch("bootstrap", "--yes", first.configuration().toString());
            cluster.awaitHealthy(TestCluster.FORMATION);

            for (TestNode node : cluster.nodes) {
                assertEquals("200", node.query("SHOW max_connections"));
                assertEquals("256MB", node.query("SHOW shared_buffers"));
                assertEquals("t", node.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"));
                assertFalse(log(node).contains("replicator_password"), "a secret in the log");
            }
            assertEquals(
                    "t", first.query("SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_replication USING (pid)"));
        }
    }

    /** The agent ends by itself, with an error that names what is missing. */
    private static void assertEndsWith(TestCluster cluster, TestNode node, String named) {
        cluster.start(node);
        Await.until(
                "the agent ends, naming " + named,
                Duration.ofSeconds(30),
                () -> !node.isAgentAlive() && log(node).contains(named),
                cluster::describe);
        assertEquals(1, node.exitCode());
    }

    private static void certificate(TestCluster cluster) {
        Path key = cluster.directory.resolve("postgresql.key");
        Machine.run(Machine.asUser(List.of(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=localhost",
                "-keyout",
                key.toString(),
                "-out",
                cluster.directory.resolve("postgresql.crt").toString())));
        Machine.run(List.of("chmod", "0600", key.toString()));
    }

    private static void assertConfigurationStandsApart(TestNode node) {
        Path apart = node.directory.resolve(node.name + "-etc");
        for (String file : new String[] {"postgresql.conf", "postgresql.base.conf", "pg_hba.conf", "pg_ident.conf"}) {
            assertTrue(Files.exists(apart.resolve(file)), file);
        }
        assertFalse(Files.exists(node.data().resolve("pg_hba.conf")));
    }

    private static void assertFormsAreNamed(String log) {
        for (String form : new String[] {
            "taken for postgresql.authentication.replication",
            "postgresql.pg_rewind.enabled: taken for postgresql.use_pg_rewind: true",
            "pg_basebackup is taken for the method basebackup",
            "synchronous_standby_names is written as ANY 1 (\"guide-n0\", \"guide-n1\")",
            "Removing unexpected parameter=shared_bufers value=256MB from the config",
            "Value=1 of parameter=work_mem is too low, increasing to 64kB",
        }) {
            assertTrue(log.contains(form), form);
        }
    }

    private static String log(TestNode node) throws IOException {
        return Files.readString(node.log());
    }
}
