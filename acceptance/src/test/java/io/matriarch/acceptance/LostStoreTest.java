package io.matriarch.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.matriarch.acceptance.TestCluster.Store;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The store comes back without its data (scenario S20): a running primary goes on, and nobody else leads unasked. */
class LostStoreTest {

    private static final String DYNAMIC = """
        ttl: 10
        loop_wait: 1
        retry_timeout: 3
        postgresql:
          use_pg_rewind: true
        """;

    private static final Duration LIMIT = Duration.ofSeconds(60);

    @Test
    void aRunningPrimaryGoesOnAndAReplicaLeadsOnlyOnRequest() throws Exception {
        try (var cluster = TestCluster.start(Store.ETCD, 3, DYNAMIC);
                var application = new Application(cluster)) {
            EtcdServer etcd = Objects.requireNonNull(cluster.etcd);
            TestNode primary = cluster.awaitPrimary();
            etcd.wipe();
            awaitConfiguration(cluster, etcd);
            cluster.awaitHealthy(LIMIT);
            application.awaitWritesAfter(System.nanoTime(), LIMIT);
            assertEquals(primary, cluster.awaitPrimary());
            assertEquals("1", primary.query("select timeline_id from pg_control_checkpoint()"));

            // Each start is a new term. The empty one has a lower one, as a member has that fell behind: the lease is
            // over
            // before anybody can know that it is not.
            etcd.stop();
            etcd.start();
            etcd.stop();
            etcd.start();
            cluster.awaitHealthy(LIMIT);
            etcd.wipe();
            awaitConfiguration(cluster, etcd);
            cluster.awaitHealthy(TestCluster.FAILOVER);
            application.awaitWritesAfter(System.nanoTime(), LIMIT);
            application.stop();
            TestNode leading = cluster.awaitPrimary();
            assertEquals(Set.of(), application.lostOn(leading));
            nobodyLeadsUnasked(cluster, etcd, leading);
        }
    }

    private static void awaitConfiguration(TestCluster cluster, EtcdServer etcd) {
        Await.until(
                "the configuration is there again",
                LIMIT,
                () -> etcd.value("/service/" + TestCluster.SCOPE + "/config").contains("\"ttl\""),
                cluster::describe);
    }

    private static void nobodyLeadsUnasked(TestCluster cluster, EtcdServer etcd, TestNode primary) throws Exception {
        TestNode candidate = cluster.replicas().getFirst();
        primary.killEverything();
        etcd.wipe();
        String refusal = "the store has lost its data, and " + primary.name + " does not say what it has";
        Await.until(
                "both say why they do not lead",
                LIMIT,
                () -> {
                    for (TestNode node : cluster.nodes) {
                        if (node != primary && !Files.readString(node.log()).contains(refusal)) {
                            return false;
                        }
                    }
                    return true;
                },
                cluster::describe);
        assertEquals(Set.of(), Set.copyOf(cluster.primary().stream().toList()));
        cluster.patronictl("failover", TestCluster.SCOPE, "--candidate", candidate.name, "--force");
        assertEquals(candidate, cluster.awaitPrimary());
        cluster.start(primary);
        cluster.awaitHealthy(LIMIT);
    }
}
