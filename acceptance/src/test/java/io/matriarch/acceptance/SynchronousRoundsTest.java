package io.matriarch.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.matriarch.acceptance.TestCluster.Store;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * Whatever happens to the primary or a synchronous standby, at any moment, in any mode: every acknowledged row is there
 * afterwards, and the application goes on. One cluster, one round after the other; see {@link Rounds}.
 */
class SynchronousRoundsTest {

    /** A walsender of a frozen or cut off standby ends after its timeout: until then PostgreSQL itself waits for it. */
    private static final String DYNAMIC = """
        ttl: 20
        loop_wait: 2
        retry_timeout: 3
        synchronous_mode: true
        postgresql:
          use_pg_rewind: true
          parameters:
            wal_sender_timeout: 5s
            wal_receiver_timeout: 5s
            tcp_user_timeout: 5s
        """;

    /** A standby whose host is cut off or frozen: its walsender's timeout, and the cycle after it. */
    private static final Duration STANDBY_AWAY = Duration.ofSeconds(30);

    private static final long LATEST_MILLIS = 1500;

    private enum Mode {
        PRIORITY("synchronous_mode=on", "synchronous_mode_strict=off"),
        STRICT("synchronous_mode=on", "synchronous_mode_strict=on"),
        QUORUM("synchronous_mode=quorum", "synchronous_mode_strict=off");

        private final String mode;
        private final String strict;

        Mode(String mode, String strict) {
            this.mode = mode;
            this.strict = strict;
        }
    }

    private enum Fault {
        KILL,
        STOP,
        PAUSE,
        CUT
    }

    private static <T> T draw(Random random, List<T> from) {
        return from.get(random.nextInt(from.size()));
    }

    @Test
    void everyAcknowledgedRowIsThereAfterEachRound() throws Exception {
        Assumptions.assumeTrue(Rounds.areThorough(), "-Dmatriarch.rounds=N runs it");
        Assumptions.assumeTrue(Machine.isRoot(), "network namespaces need root");
        Random random = Rounds.random();
        try (var cluster = TestCluster.startInNamespaces(Rounds.nodes(), DYNAMIC);
                var application = new Application(cluster)) {
            Mode mode = Mode.PRIORITY;
            for (int round = 1; round <= Rounds.count(); round++) {
                Mode next = draw(random, List.of(Mode.values()));
                if (next != mode) {
                    cluster.patronictl("edit-config", TestCluster.SCOPE, "--force", "-s", next.mode, "-s", next.strict);
                    mode = next;
                }
                round(cluster, application, random, round, mode);
            }
            application.stop();
            for (TestNode node : cluster.nodes) {
                Await.until(
                        node.name + " has every row",
                        TestCluster.FAILOVER,
                        () -> application.lostOn(node).isEmpty(),
                        cluster::describe);
            }
        }
    }

    /** As long as the agent needs to notice and to react, not until its next tick, which is up to {@code loop_wait} away. */
    @Test
    void commitsHangForTheReactionOnlyWhenTheirStandbyDies() throws Exception {
        Assumptions.assumeTrue(Rounds.areThorough(), "-Dmatriarch.rounds=N runs it");
        var hangs = new ArrayList<Long>();
        String dynamic = DYNAMIC.replace("loop_wait: 2", "loop_wait: 10").replace("ttl: 20", "ttl: 30");
        try (var cluster = TestCluster.start(Store.ETCD, 3, dynamic);
                var application = new Application(cluster)) {
            TestNode primary = cluster.awaitPrimary();
            for (int round = 1; round <= Rounds.count(); round++) {
                awaitSet(cluster, primary, Mode.PRIORITY);
                cluster.awaitHealthy(TestCluster.FAILOVER);
                TestNode standby = cluster.node(voters(cluster).getFirst());
                long begin = System.nanoTime();
                standby.killEverything();
                application.awaitWritesAfter(System.nanoTime(), STANDBY_AWAY);
                hangs.add(application.longestOutageSince(begin).toMillis());
                cluster.start(standby);
            }
            application.stop();
            assertEquals(Set.of(), application.lostOn(cluster.awaitPrimary()));
        }
        List<Long> sorted = hangs.stream().sorted().toList();
        Rounds.say("commits hung for " + hangs + " ms, median " + sorted.get(sorted.size() / 2) + " ms");
    }

    private static void round(TestCluster cluster, Application application, Random random, int round, Mode mode)
            throws Exception {
        TestNode primary = cluster.awaitPrimary();
        awaitSet(cluster, primary, mode);
        boolean ofPrimary = Rounds.areThorough() && random.nextBoolean();
        TestNode victim = ofPrimary ? primary : cluster.node(draw(random, voters(cluster)));
        Fault fault = draw(random, Rounds.areThorough() ? List.of(Fault.values()) : List.of(Fault.KILL, Fault.STOP));
        long after = random.nextLong(LATEST_MILLIS);
        LockSupport.parkNanos(Duration.ofMillis(after).toNanos());

        String story = String.format(
                Locale.ROOT,
                "round %d: %s, %s of %s %s after %d ms",
                round,
                mode,
                fault,
                ofPrimary ? "the primary" : "the standby",
                victim.name,
                after);
        Rounds.say(story);
        long begin = System.nanoTime();
        List<Long> frozen = begin(cluster, victim, fault);
        if (ofPrimary) {
            cluster.awaitPrimaryOtherThan(victim);
        }
        application.awaitWritesAfter(System.nanoTime(), ofPrimary ? TestCluster.FAILOVER : STANDBY_AWAY);
        Duration outage = application.longestOutageSince(begin);
        Rounds.say(String.format(
                Locale.ROOT,
                "%s: %.1f s without an acknowledged row; %d rows",
                story,
                outage.toMillis() / 1000.0,
                application.acknowledgedRows()));
        assertEquals(Set.of(), application.lostOn(cluster.awaitPrimary()), "lost by the fault of round " + round);
        end(cluster, victim, fault, frozen);
        cluster.awaitHealthy(TestCluster.FAILOVER);
        assertEquals(Set.of(), application.lostOn(cluster.awaitPrimary()), "lost after round " + round);
    }

    /** The pids of what was frozen. */
    private static List<Long> begin(TestCluster cluster, TestNode victim, Fault fault) {
        switch (fault) {
            case KILL -> victim.killEverything();
            case STOP -> victim.stop();
            case CUT -> cluster.network().cut(cluster.nodes.indexOf(victim));
            case PAUSE -> {
                var pids = new ArrayList<Long>(List.of(victim.agentPid()));
                victim.postmasterPid().flatMap(ProcessHandle::of).ifPresent(postmaster -> {
                    pids.add(postmaster.pid());
                    postmaster.descendants().forEach(child -> pids.add(child.pid()));
                });
                Signal.STOP.sendToAll(pids);
                return pids;
            }
        }
        return List.of();
    }

    private static void end(TestCluster cluster, TestNode victim, Fault fault, List<Long> frozen) {
        switch (fault) {
            case KILL, STOP -> cluster.start(victim);
            case CUT -> cluster.network().mend(cluster.nodes.indexOf(victim));
            case PAUSE -> Signal.CONT.sendToAll(frozen);
        }
    }

    // ---- the synchronous set

    private static void awaitSet(TestCluster cluster, TestNode primary, Mode mode) {
        int wanted = mode == Mode.QUORUM ? cluster.nodes.size() - 1 : 1;
        Await.until(
                "a synchronous set of " + wanted + " in mode " + mode,
                TestCluster.FORMATION,
                () -> {
                    String parameter = primary.query("show synchronous_standby_names");
                    return voters(cluster).size() == wanted
                            && key(cluster).get("leader").getAsString().equals(primary.name)
                            && parameter.startsWith("ANY") == (mode == Mode.QUORUM);
                },
                cluster::describe);
    }

    private static JsonObject key(TestCluster cluster) throws IOException {
        EtcdServer etcd = cluster.etcd;
        assertTrue(etcd != null);
        return JsonParser.parseString(etcd.value("/service/" + TestCluster.SCOPE + "/sync"))
                .getAsJsonObject();
    }

    private static List<String> voters(TestCluster cluster) throws IOException {
        var voters = key(cluster).get("sync_standby");
        return voters == null || voters.isJsonNull()
                ? List.of()
                : List.of(voters.getAsString().split(","));
    }
}
