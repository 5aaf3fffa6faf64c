package io.matriarch.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.matriarch.acceptance.TestCluster.Store;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The store is gone, for everybody or for the primary alone. */
class StoreOutageTest {

    private static final String DYNAMIC = """
        ttl: 20
        loop_wait: 1
        retry_timeout: 3
        synchronous_mode: true
        postgresql:
          use_pg_rewind: true
        """;

    @Test
    void storeDownThePrimaryStepsDownAndLeadsAgainWhenItIsBack() throws Exception {
        try (var cluster = TestCluster.start(Store.ETCD, 3, DYNAMIC)) {
            cluster.awaitSynchronous();
            TestNode primary = cluster.awaitPrimary();
            try (var application = new Application(cluster)) {
                EtcdServer etcd = cluster.etcd;
                assertTrue(etcd != null);
                etcd.stop();
                awaitNoPrimary(cluster, primary);
                etcd.start();
                cluster.awaitHealthy(TestCluster.FAILOVER);
                application.awaitWritesAfter(System.nanoTime(), TestCluster.FAILOVER);
                inFailsafeModeItGoesOnUntilAMemberIsGone(cluster, application);
                application.stop();
                assertEquals(Set.of(), application.lostOn(cluster.awaitPrimary()));
            }
        }
    }

    private static void inFailsafeModeItGoesOnUntilAMemberIsGone(TestCluster cluster, Application application)
            throws Exception {
        TestNode primary = cluster.awaitPrimary();
        EtcdServer etcd = Objects.requireNonNull(cluster.etcd);
        cluster.patronictl("edit-config", "--force", "-s", "failsafe_mode=true");
        Await.until(
                "the failsafe map names all",
                Duration.ofSeconds(20),
                () -> primary.json("/failsafe").size() == 3,
                cluster::describe);
        etcd.stop();
        // Longer than the lease: the fence and the flag must live on the members' consent.
        application.awaitWritesAfter(System.nanoTime() + Duration.ofSeconds(25).toNanos(), Duration.ofSeconds(60));
        assertTrue(primary.json("/patroni").get("failsafe_mode_is_active").getAsBoolean());
        assertTrue(primary.isPrimary());
        TestNode lost = cluster.replicas().getFirst();
        lost.killAgent();
        awaitNoPrimary(cluster, primary);
        etcd.start();
        cluster.start(lost);
        cluster.awaitHealthy(TestCluster.FAILOVER);

        // A member that hangs cannot promise anything either, and must not hold up the primary's decision.
        TestNode leading = cluster.awaitPrimary();
        TestNode hung = cluster.replicas().getFirst();
        application.awaitWritesAfter(System.nanoTime(), TestCluster.FAILOVER);
        Signal.STOP.sendTo(hung.agentPid());
        etcd.stop();
        awaitNoPrimary(cluster, leading);
        Signal.CONT.sendTo(hung.agentPid());
        etcd.start();
        cluster.awaitHealthy(TestCluster.FAILOVER);
    }

    private static void awaitNoPrimary(TestCluster cluster, TestNode former) {
        Await.until(
                "nobody is a primary",
                Duration.ofSeconds(40),
                () -> former.query("select pg_is_in_recovery()").equals("t"),
                cluster::describe);
    }

    @Test
    void primaryCutOffFromStoreAndPeersAnotherNodeLeadsAndNeverTwo() throws Exception {
        Assumptions.assumeTrue(Machine.isRoot(), "network namespaces need root");
        try (var cluster = TestCluster.startInNamespaces(3, DYNAMIC)) {
            cluster.awaitSynchronous();
            TestNode old = cluster.awaitPrimary();
            try (var application = new Application(cluster)) {
                // The drill cuts it off and lets it in again; what it says of that is compared with what the
                // application saw.
                JsonObject report = drillPartition(cluster, old);
                TestNode next = cluster.awaitPrimaryOtherThan(old);
                assertEquals(next.name, report.get("leader_after").getAsString());
                application.awaitWritesAfter(System.nanoTime(), TestCluster.FAILOVER);
                double byDrill = report.get("outage_seconds").getAsDouble();
                double byApplication = application.longestOutage().toMillis() / 1000.0;
                String both = "outage by the drill " + byDrill + " s, by the application " + byApplication + " s";
                Rounds.say(both);
                assertEquals(byApplication, byDrill, byApplication / 2, both); // of one fault, not how long it may be
                cluster.awaitHealthy(TestCluster.FAILOVER);
                application.stop();
                assertEquals(Set.of(), application.lostOn(next));
            }
        }
    }

    private static JsonObject drillPartition(TestCluster cluster, TestNode leader) throws Exception {
        int number = cluster.nodes.indexOf(leader);
        // as root, who may cut a network
        Process drill = new ProcessBuilder(
                        cluster.programs.resolve("bin/matriarch").toString(),
                        "drill",
                        "partition",
                        "-c",
                        leader.configuration().toString(),
                        "--exec",
                        cluster.network().cutCommand(number),
                        "--undo",
                        cluster.network().mendCommand(number),
                        "--yes",
                        "--max-outage",
                        "60",
                        "--max-recovery",
                        "200",
                        "-f",
                        "json")
                .redirectErrorStream(true)
                .start();
        drill.getOutputStream().close();
        String output = new String(drill.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, drill.waitFor(), () -> output + cluster.describe());
        String json =
                output.lines().filter(line -> line.startsWith("{")).findFirst().orElseThrow();
        JsonObject report = JsonParser.parseString(json).getAsJsonObject();
        assertEquals(100, report.get("score").getAsInt(), json);
        assertEquals(0, report.get("rows_lost").getAsInt(), json);
        return report;
    }
}
