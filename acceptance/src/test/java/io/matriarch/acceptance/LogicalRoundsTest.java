package io.matriarch.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.matriarch.acceptance.LogicalSubscriber.Repeats;
import io.matriarch.acceptance.TestCluster.Store;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * A logical subscriber misses no acknowledged row over failovers. Rows come again: the new primary's slot stands where the leader
 * published it last, and the replica moved it. How many, and how old, is printed. Run on request only, see
 * {@link Rounds}: {@link LogicalSlotTest} is its short form.
 */
class LogicalRoundsTest {

    private static final String DYNAMIC = """
        ttl: 20
        loop_wait: 1
        retry_timeout: 3
        synchronous_mode: quorum
        slots:
          cdc:
            type: logical
            database: postgres
            plugin: pgoutput
        postgresql:
          use_pg_rewind: true
          parameters:
            wal_level: logical
        """;

    private static final Duration SOME_CYCLES = Duration.ofSeconds(3);

    @Test
    void noAcknowledgedRowIsMissed() throws Exception {
        Assumptions.assumeTrue(Rounds.areThorough(), "-Dmatriarch.rounds=N runs it");
        Random random = Rounds.random();
        try (var cluster = TestCluster.start(Store.ETCD, 2, DYNAMIC)) {
            TestNode first = cluster.awaitPrimary();
            first.execute("create table rows (number bigint primary key)");
            first.execute("create publication p for table rows");
            awaitReady(cluster);
            try (var application = new Application(cluster);
                    var subscriber = new LogicalSubscriber(cluster)) {
                awaitReceived(cluster, application, subscriber);
                for (int round = 1; round <= Rounds.count(); round++) {
                    TestNode primary = cluster.awaitPrimary();
                    boolean killed = Rounds.areThorough() && random.nextBoolean();
                    if (killed) {
                        primary.killEverything();
                    } else {
                        cluster.patronictl("switchover", TestCluster.SCOPE, "--force");
                    }
                    cluster.awaitPrimaryOtherThan(primary);
                    application.awaitWritesAfter(System.nanoTime(), TestCluster.FAILOVER);
                    awaitReceived(cluster, application, subscriber);
                    Repeats repeats = subscriber.takeRepeats();
                    Rounds.say(String.format(
                            Locale.ROOT,
                            "round %d: %s of %s: %d rows came again, the oldest %.1f s after it had come first",
                            round,
                            killed ? "kill" : "switchover",
                            primary.name,
                            repeats.rows(),
                            repeats.oldest().toMillis() / 1000.0));
                    if (killed) {
                        cluster.start(primary);
                    }
                    awaitReady(cluster);
                }
                application.stop();
                awaitReceived(cluster, application, subscriber);
                assertEquals(List.of(), subscriber.disorder());
                Set<Long> phantoms = new HashSet<>(subscriber.received());
                phantoms.removeAll(application.rowsOn(cluster.awaitPrimary()));
                Rounds.say(application.acknowledgedRows() + " rows acknowledged, none missed; " + phantoms.size()
                        + " came that were never acknowledged and that a failover took back");
            }
        }
    }

    /**
     * The slot is on both, and whoever loses its primary has a standby that votes: for longer than a cycle, because the first ones
     * after a promotion may still take a standby that reconnects off the list.
     */
    private static void awaitReady(TestCluster cluster) {
        var since = new AtomicLong();
        Await.until(
                "slot and vote of the replica",
                TestCluster.FAILOVER,
                () -> {
                    long before = since.getAndSet(0); // an exception begins anew, too
                    if (!isReady(cluster)) {
                        return false;
                    }
                    since.set(before == 0 ? System.nanoTime() : before);
                    return System.nanoTime() - since.get() > SOME_CYCLES.toNanos();
                },
                cluster::describe);
    }

    private static boolean isReady(TestCluster cluster) throws Exception {
        EtcdServer etcd = cluster.etcd;
        TestNode replica = cluster.replicas().getFirst();
        return etcd != null
                && etcd.value("/service/" + TestCluster.SCOPE + "/sync").contains(":\"" + replica.name + "\"")
                && replica.query("select count(*) from pg_replication_slots where slot_name = 'cdc'")
                        .equals("1");
    }

    private static void awaitReceived(TestCluster cluster, Application application, LogicalSubscriber subscriber) {
        Set<Long> acknowledged = application.acknowledgedNumbers();
        Await.until(
                "every acknowledged row reached the subscriber",
                Duration.ofSeconds(60),
                () -> subscriber.received().containsAll(acknowledged),
                () -> "missing: "
                        + acknowledged.stream()
                                .filter(n -> !subscriber.received().contains(n))
                                .limit(10)
                                .toList()
                        + "\n" + cluster.describe());
    }
}
