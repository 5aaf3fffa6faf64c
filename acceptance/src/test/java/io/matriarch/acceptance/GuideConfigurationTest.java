package io.matriarch.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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
