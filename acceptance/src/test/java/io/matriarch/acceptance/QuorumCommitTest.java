package io.matriarch.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.acceptance.TestCluster.Store;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Commits wait for any of the standbys; the key in the store says how many must agree to a new leader. */
class QuorumCommitTest {

    /** Long between two ticks, so that what happens at once shows. */
    private static final String DYNAMIC = """
        ttl: 20
        loop_wait: 5
        retry_timeout: 3
        synchronous_mode: quorum
        postgresql:
          use_pg_rewind: true
        """;

    private static final Duration SOON = Duration.ofSeconds(45);

    @Test
    void everyAcknowledgedRowOutlivesAStandbyAndThePrimaryAndChangesOfMode() throws Exception {
        try (var cluster = TestCluster.start(Store.ETCD, 3, DYNAMIC)) {
            TestNode first = cluster.awaitPrimary();
            awaitQuorum(cluster, first, cluster.replicas());
            TestNode lost = cluster.replicas().getFirst();
            TestNode left = cluster.replicas().getLast();
            try (var application = new Application(cluster)) {
                lost.killEverything();
                long killed = System.nanoTime();
                await(cluster, first, key(first, 0, List.of(left)), "ANY 1 \\(" + left.name + "\\)");
                application.awaitWritesAfter(killed, SOON);

                left.killEverything();
                killed = System.nanoTime();
                await(cluster, first, key(first, 0, List.of()), "");
                application.awaitWritesAfter(killed, SOON);

                cluster.start(lost);
                cluster.start(left);
                awaitQuorum(cluster, first, List.of(lost, left));

                first.killEverything();
                TestNode next = cluster.awaitPrimaryOtherThan(first);
                application.awaitWritesAfter(System.nanoTime(), TestCluster.FAILOVER);
                cluster.start(first);
                awaitQuorum(cluster, next, List.of(first, next == left ? lost : left));

                cluster.patronictl("edit-config", "acceptance", "--force", "-s", "synchronous_mode=on");
                await(
                        cluster,
                        next,
                        "\\{\"leader\":\"" + next.name + "\",\"quorum\":0,\"sync_standby\":\"n\\d\"}",
                        "n\\d");
                cluster.patronictl("edit-config", "acceptance", "--force", "-s", "synchronous_mode=quorum");
                awaitQuorum(cluster, next, List.of(first, next == left ? lost : left));
                cluster.patronictl("edit-config", "acceptance", "--force", "-s", "synchronous_mode=off");
                await(cluster, next, "", "");
                application.stop();
                assertEquals(Set.of(), application.lostOn(next));
            }
        }
    }

    private static void awaitQuorum(TestCluster cluster, TestNode leader, Collection<TestNode> standbys) {
        await(cluster, leader, key(leader, 1, standbys), "ANY 1 \\(" + names(standbys) + "\\)");
    }

    private static String key(TestNode leader, int quorum, Collection<TestNode> voters) {
        String names = voters.isEmpty() ? "null" : "\"" + names(voters) + "\"";
        return "\\{\"leader\":\"" + leader.name + "\",\"quorum\":" + quorum + ",\"sync_standby\":" + names + "}";
    }

    private static String names(Collection<TestNode> nodes) {
        return nodes.stream().map(n -> n.name).sorted().collect(Collectors.joining(","));
    }

    /** Waits until the key and the parameter look like this. */
    private static void await(TestCluster cluster, TestNode primary, String keyPattern, String parameterPattern) {
        Await.until(
                "sync key " + keyPattern + " and synchronous_standby_names " + parameterPattern,
                SOON,
                () -> key(cluster).matches(keyPattern)
                        && primary.query("show synchronous_standby_names").matches(parameterPattern),
                cluster::describe);
    }

    private static String key(TestCluster cluster) throws IOException {
        EtcdServer etcd = cluster.etcd;
        assertTrue(etcd != null);
        return etcd.value("/service/" + TestCluster.SCOPE + "/sync");
    }
}
