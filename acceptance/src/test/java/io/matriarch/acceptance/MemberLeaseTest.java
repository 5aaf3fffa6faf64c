package io.matriarch.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The fast profile on real servers, on request: promises carry a primary, and a lost one is replaced within seconds. */
class MemberLeaseTest {

    private static final int ROUNDS = Integer.getInteger("matriarch.rounds", 0);

    private static final String DYNAMIC = """
        synchronous_mode: true
        matriarch:
          profile: fast
        postgresql:
          use_pg_rewind: true
        """;
    /** Below Patroni's smallest ttl, so it was ours; on an idle machine it is below 7 s. */
    private static final Duration LONGEST_OUTAGE = Duration.ofSeconds(15);
    /** Several times the lease, and longer than promises of a part carry. */
    private static final Duration STORE_OUTAGE = Duration.ofSeconds(60);
    /** Less than they do. */
    private static final Duration SHORT_STORE_OUTAGE = Duration.ofSeconds(20);

    @Test
    void aPrimaryLeadsOnWithoutStore() throws Exception {
        inCluster((cluster, application) -> {
            EtcdServer etcd = Objects.requireNonNull(cluster.etcd);
            withoutStore(cluster, application, STORE_OUTAGE, etcd::stop, etcd::start);
            withoutStore(cluster, application, STORE_OUTAGE, etcd::freeze, etcd::thaw);
            withoutStoreAndOneReplica(cluster, application, etcd);
        });
    }

    @Test
    void aLostPrimaryIsReplacedSoon() throws Exception {
        inCluster((cluster, application) -> {
            for (int i = 0; i < ROUNDS; i++) {
                replaced(cluster, application, "processes killed", TestNode::killEverything, cluster::start);
                replaced(
                        cluster,
                        application,
                        "cut off",
                        node -> cluster.network().cut(cluster.nodes.indexOf(node)),
                        node -> cluster.network().mend(cluster.nodes.indexOf(node)));
            }
        });
    }

    private interface Story {
        void in(TestCluster cluster, Application application) throws Exception;
    }

    private static void inCluster(Story story) throws Exception {
        Assumptions.assumeTrue(ROUNDS > 0, "asked for with -Dmatriarch.rounds=1");
        Assumptions.assumeTrue(Machine.isRoot(), "network namespaces need root");
        try (var cluster = TestCluster.startInNamespaces(3, DYNAMIC)) {
            cluster.awaitSynchronous();
            try (var application = new Application(cluster)) {
                story.in(cluster, application);
                application.stop();
                assertEquals(Set.of(), application.lostOn(cluster.awaitPrimary()));
            }
        }
    }

    /** Something that happens to a node, or ends. */
    private interface Deed {
        void to(TestNode node) throws Exception;
    }

    private static void withoutStore(
            TestCluster cluster, Application application, Duration length, Runnable begin, Runnable end)
            throws Exception {
        TestNode primary = cluster.awaitPrimary();
        long began = System.nanoTime();
        begin.run();
        application.awaitWritesAfter(began + length.toNanos(), length.plusSeconds(30));
        assertTrue(primary.json("/patroni").get("member_lease").getAsString().contains("promised not to follow"));
        end.run();
        cluster.awaitHealthy(TestCluster.FAILOVER);
        assertSame(primary, cluster.awaitPrimary());
        System.out.println("fast profile, store away for " + length.toSeconds() + " s: writes stood still for "
                + application.longestOutageSince(began).toMillis() + " ms");
        assertTrue(application.longestOutageSince(began).compareTo(LONGEST_OUTAGE) < 0);
    }

    /** The replica that commits do not wait for. */
    private static void withoutStoreAndOneReplica(TestCluster cluster, Application application, EtcdServer etcd)
            throws Exception {
        cluster.awaitSynchronous();
        // The primary knows whom it waits for; what a replica says of itself may be a cycle old.
        String name = cluster.awaitPrimary()
                .query("select application_name from pg_stat_replication where sync_state = 'async'");
        TestNode lost = cluster.replicas().stream()
                .filter(replica -> replica.name.equals(name))
                .findFirst()
                .orElseThrow();
        lost.killEverything();
        withoutStore(cluster, application, SHORT_STORE_OUTAGE, etcd::freeze, () -> {
            etcd.thaw();
            cluster.start(lost);
        });
    }

    private static void replaced(TestCluster cluster, Application application, String what, Deed begin, Deed end)
            throws Exception {
        cluster.awaitSynchronous();
        TestNode old = cluster.awaitPrimary();
        long began = System.nanoTime();
        begin.to(old);
        cluster.awaitPrimaryOtherThan(old);
        application.awaitWritesAfter(System.nanoTime(), TestCluster.FAILOVER);
        Duration outage = application.longestOutageSince(began);
        System.out.println("fast profile, primary " + what + ": writes stood still for " + outage.toMillis() + " ms");
        assertTrue(outage.compareTo(LONGEST_OUTAGE) < 0, outage.toString());
        end.to(old);
        cluster.awaitHealthy(TestCluster.FAILOVER);
    }
}
