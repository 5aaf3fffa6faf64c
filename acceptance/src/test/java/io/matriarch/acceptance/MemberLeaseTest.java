package io.matriarch.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The fast profile on real servers, on request: promises carry a primary, and a lost one is replaced within seconds. */
class MemberLeaseTest {

    private static final String DYNAMIC = """
        synchronous_mode: true
        matriarch:
          profile: fast
        postgresql:
          use_pg_rewind: true
        """;
    /** Below Patroni's smallest ttl, so it was ours; on an idle machine it is below 7 s. */
    private static final Duration LONGEST_OUTAGE = Duration.ofSeconds(15);

    @Test
    void oneReplicaCarriesAPrimaryWithoutStoreAndALostPrimaryIsReplacedSoon() throws Exception {
        Assumptions.assumeTrue(Integer.getInteger("matriarch.rounds", 0) > 0, "asked for with -Dmatriarch.rounds=1");
        Assumptions.assumeTrue(Machine.isRoot(), "network namespaces need root");
        try (var cluster = TestCluster.startInNamespaces(3, DYNAMIC)) {
            cluster.awaitSynchronous();
            try (var application = new Application(cluster)) {
                withoutStoreAndOneReplicaItLeadsOn(cluster, application);
                cutOffItIsReplaced(cluster, application);
            }
        }
    }

    /** The replica that commits do not wait for; the store is away for several times the lease. */
    private static void withoutStoreAndOneReplicaItLeadsOn(TestCluster cluster, Application application)
            throws Exception {
        TestNode primary = cluster.awaitPrimary();
        TestNode dead = null;
        for (TestNode replica : cluster.replicas()) {
            dead = replica.statusCode("/synchronous") == 200 ? dead : replica;
        }
        Objects.requireNonNull(dead).killEverything();
        EtcdServer etcd = Objects.requireNonNull(cluster.etcd);
        etcd.stop();
        application.awaitWritesAfter(System.nanoTime() + Duration.ofSeconds(9).toNanos(), Duration.ofSeconds(30));
        assertTrue(primary.isPrimary());
        assertTrue(primary.json("/patroni").get("member_lease").getAsString().contains("promised not to follow"));
        etcd.start();
        cluster.start(dead);
        cluster.awaitHealthy(TestCluster.FAILOVER);
        assertTrue(primary.isPrimary());
    }

    private static void cutOffItIsReplaced(TestCluster cluster, Application application) throws Exception {
        cluster.awaitSynchronous();
        TestNode old = cluster.awaitPrimary();
        long cut = System.nanoTime();
        cluster.network().cut(cluster.nodes.indexOf(old));
        TestNode next = cluster.awaitPrimaryOtherThan(old);
        application.awaitWritesAfter(System.nanoTime(), TestCluster.FAILOVER);
        Duration outage = application.longestOutageSince(cut);
        System.out.println("fast profile, primary cut off: writes stood still for " + outage.toMillis() + " ms");
        assertTrue(outage.compareTo(LONGEST_OUTAGE) < 0, outage.toString());
        cluster.network().mend(cluster.nodes.indexOf(old));
        cluster.awaitHealthy(TestCluster.FAILOVER);
        application.stop();
        assertEquals(Set.of(), application.lostOn(next));
    }
}
