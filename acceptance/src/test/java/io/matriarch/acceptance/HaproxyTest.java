package io.matriarch.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.matriarch.acceptance.TestCluster.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * HAProxy with the health checks that everybody uses sends a writer to the primary, whoever that is. Not in the normal
 * run: start it with {@code -Dmatriarch.rounds=10}.
 */
class HaproxyTest {

    private static final String DYNAMIC = """
        ttl: 20
        loop_wait: 1
        retry_timeout: 3
        synchronous_mode: true
        primary_start_timeout: 0
        postgresql:
          use_pg_rewind: true
        """;

    private static final Path HAPROXY = Path.of("/usr/sbin/haproxy");
    private static final int ROUNDS = Integer.getInteger("matriarch.rounds", 1);

    @Test
    void aWriterIsLedThroughFailovers() throws Exception {
        assumeTrue(System.getProperty("matriarch.rounds") != null, "runs only with -Dmatriarch.rounds");
        assumeTrue(Files.isExecutable(HAPROXY), "needs Debian's package haproxy");
        try (var cluster = TestCluster.start(Store.ETCD, 3, DYNAMIC)) {
            cluster.awaitSynchronous();
            int port = Machine.freePort();
            Process haproxy = startHaproxy(cluster, port);
            Await.until("HAProxy leads to the primary", Duration.ofSeconds(20), () -> {
                DriverManager.getConnection(url(port)).close();
                return true;
            });
            try (var writer = new Application(url(port))) {
                for (int round = 0; round < ROUNDS; round++) {
                    TestNode old = cluster.awaitPrimary();
                    old.killPostmaster();
                    TestNode next = cluster.awaitPrimaryOtherThan(old);
                    writer.awaitWritesAfter(System.nanoTime(), TestCluster.FAILOVER);
                    cluster.awaitHealthy(TestCluster.FAILOVER);
                    cluster.awaitSynchronous();
                    System.out.printf(
                            "round %d: %s in place of %s, longest outage of the writer so far %d ms%n",
                            round + 1,
                            next.name,
                            old.name,
                            writer.longestOutage().toMillis());
                }
                writer.stop();
                assertEquals(Set.of(), writer.lostOn(cluster.awaitPrimary()));
            } finally {
                haproxy.destroyForcibly();
                Await.until("HAProxy is gone", Duration.ofSeconds(10), () -> !haproxy.isAlive());
            }
        }
    }

    private static String url(int port) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/postgres?loginTimeout=2&connectTimeout=1&socketTimeout=3"
                + "&user=postgres&password=" + TestCluster.SUPERUSER_PASSWORD;
    }

    /** The sample configuration of the peer's documentation, with a shorter interval. */
    private static Process startHaproxy(TestCluster cluster, int port) throws IOException {
        String servers = cluster.nodes.stream()
                .map(n -> "    server %s %s:%d maxconn 100 check port %d"
                        .formatted(n.name, n.address, n.postgresPort, n.restPort))
                .collect(Collectors.joining("\n"));
        Path configuration = cluster.directory.resolve("haproxy.cfg");
        Files.writeString(configuration, """
            global
                maxconn 100

            defaults
                mode tcp
                retries 2
                timeout client 30m
                timeout connect 2s
                timeout server 30m
                timeout check 1s

            listen primary
                bind 127.0.0.1:%d
                option httpchk OPTIONS /primary
                http-check expect status 200
                default-server inter 200ms fall 2 rise 1 on-marked-down shutdown-sessions
            %s
            """.formatted(port, servers));
        Machine.give(configuration);
        return new ProcessBuilder(Machine.asUser(List.of(HAPROXY.toString(), "-db", "-f", configuration.toString())))
                .redirectErrorStream(true)
                .redirectOutput(cluster.directory.resolve("haproxy.log").toFile())
                .start();
    }
}
