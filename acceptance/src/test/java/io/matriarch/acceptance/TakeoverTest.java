package io.matriarch.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.matriarch.acceptance.TestCluster.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Servers that ran without a manager become a managed cluster: neither the primary nor its standby is restarted, and an
 * application that writes meanwhile notices nothing (contract ha-loop.md 6.4).
 */
class TakeoverTest {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    @Test
    void aPrimaryAndItsStandbyGoOnWhenAgentsComeToThem() throws Exception {
        try (var cluster = TestCluster.unstarted(Store.ETCD, 2, TestCluster.QUICK)) {
            TestNode primary = cluster.nodes.getFirst();
            TestNode standby = cluster.nodes.getLast();
            makePrimary(cluster, primary);
            makeStandby(cluster, primary, standby);
            long pidOfPrimary = primary.postmasterPid().orElseThrow();
            long pidOfStandby = standby.postmasterPid().orElseThrow();
            try (var application = new Application(cluster)) {
                cluster.start(primary);
                assertEquals(primary, cluster.awaitPrimary());
                cluster.start(standby);
                cluster.awaitHealthy(TestCluster.FORMATION);
                application.awaitWritesAfter(System.nanoTime(), LIMIT);

                assertEquals(pidOfPrimary, primary.postmasterPid().orElseThrow(), "the primary was restarted");
                assertEquals(pidOfStandby, standby.postmasterPid().orElseThrow(), "the standby was restarted");
                assertEquals(0, application.failures());

                cluster.patronictl("switchover", TestCluster.SCOPE, "--force");
                assertEquals(standby, cluster.awaitPrimaryOtherThan(primary));
                cluster.awaitHealthy(TestCluster.FAILOVER);
                application.awaitWritesAfter(System.nanoTime(), LIMIT);
                application.stop();
                assertEquals(List.of(), List.copyOf(application.lostOn(standby)));
            }
        }
    }

    private static void makePrimary(TestCluster cluster, TestNode node) throws Exception {
        Path password = cluster.directory.resolve("password");
        Files.writeString(password, TestCluster.SUPERUSER_PASSWORD + "\n");
        Machine.give(password);
        postgres(
                "initdb",
                "-D",
                node.data().toString(),
                "-U",
                "postgres",
                "-k",
                "--auth-local=trust",
                "--auth-host=scram-sha-256",
                "--pwfile=" + password);
        run(cluster, node);
        node.execute("create role replicator login replication password 'rep-pass'");
    }

    private static void makeStandby(TestCluster cluster, TestNode primary, TestNode node) throws IOException {
        postgres(
                "pg_basebackup",
                "-D",
                node.data().toString(),
                "-h",
                cluster.directory.toString(),
                "-p",
                Integer.toString(primary.postgresPort),
                "-U",
                "postgres",
                "-c",
                "fast",
                "-R");
        run(cluster, node);
        Await.until(
                "the standby streams",
                LIMIT,
                () -> primary.query("select count(*) from pg_stat_replication where state = 'streaming'")
                        .equals("1"),
                cluster::describe);
    }

    /** As an administrator would: settings in postgresql.conf, started by pg_ctl. */
    private static void run(TestCluster cluster, TestNode node) throws IOException {
        Files.writeString(node.data().resolve("postgresql.conf"), """
            listen_addresses = '%s'
            port = %d
            unix_socket_directories = '%s'
            wal_log_hints = on
            """.formatted(
                        node.address, node.postgresPort, cluster.directory));
        postgres("pg_ctl", "start", "-w", "-D", node.data().toString(), "-l", node.data() + ".postgresql.log");
    }

    private static void postgres(String program, String... arguments) {
        Machine.run(Machine.asUser(Stream.concat(Stream.of(Machine.postgresBin() + "/" + program), Stream.of(arguments))
                .toList()));
    }
}
