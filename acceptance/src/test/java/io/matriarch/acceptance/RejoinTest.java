package io.matriarch.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.acceptance.TestCluster.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The way back of a former primary, cut off at any moment: the agent, its {@code pg_rewind} and its server are killed again
 * and again, and at the end the node follows with the same data as the others.
 */
class RejoinTest {

    private static final String DYNAMIC = """
        ttl: 20
        loop_wait: 1
        retry_timeout: 3
        primary_start_timeout: 0
        postgresql:
          use_pg_rewind: true
        """;

    private static final int KILLS_PER_ROUND = 4;
    /** A rewind of a small database, from the start of the agent to the start of the server. */
    private static final Duration WAY_BACK = Duration.ofSeconds(4);

    @Test
    void killedAtAnyPointOfTheWayBackItFollowsInTheEnd() throws Exception {
        int rounds = Integer.getInteger("matriarch.rounds", 1);
        long seed = Long.getLong("matriarch.seed", System.nanoTime());
        var random = new Random(seed);
        try (var cluster = TestCluster.start(Store.ETCD, 2, DYNAMIC)) {
            cluster.awaitPrimary()
                    .execute("create table filler as select n, repeat('x', 500) as text from"
                            + " generate_series(1, 20000) n");
            for (int round = 1; round <= rounds; round++) {
                String place = "round " + round + " of seed " + seed;
                TestNode old = cluster.awaitPrimary();
                TestNode standby = cluster.replicas().getFirst();
                diverge(old, standby);
                TestNode next = cluster.awaitPrimaryOtherThan(old);
                next.execute("update filler set text = repeat('y', 500) where n % 7 = " + round % 7);
                for (int i = 0; i < KILLS_PER_ROUND; i++) {
                    LockSupport.parkNanos(random.nextLong(WAY_BACK.toNanos()));
                    kill(old);
                    cluster.start(old);
                }
                Await.until(place, TestCluster.FAILOVER, () -> follows(old, next), cluster::describe);
                assertEquals(content(next), content(old), place);
                Rounds.say(place + ": follows");
            }
        }
    }

    /**
     * It had received, and replayed in memory only, what the primary wrote behind the point where the other standby took over: its control
     * file is as old as the last page that it wrote. Like the former primary it is rewound, or made anew where that is allowed, and what both
     * had written is kept.
     */
    @ParameterizedTest
    @ValueSource(strings = {"use_pg_rewind", "remove_data_directory_on_diverged_timelines"})
    void aKilledStandbyThatHasMoreThanTheNewPrimaryIsMended(String allowed) throws Exception {
        String dynamic = DYNAMIC.replace("use_pg_rewind", allowed) + "maximum_lag_on_failover: 1073741824\n";
        try (var cluster = TestCluster.start(Store.ETCD, 3, dynamic)) {
            TestNode old = cluster.awaitPrimary();
            old.execute("create table filler as select n, 'common' as text from generate_series(1, 1000) n");
            cluster.awaitHealthy(TestCluster.FAILOVER);
            TestNode next = cluster.replicas().getFirst();
            TestNode killed = cluster.replicas().getLast();
            diverge(old, next, () -> {
                // more than it replays between its first connection and a stop
                old.execute("insert into filler select n, repeat('d', 500) from generate_series(1, 60000) n");
                awaitAllOf(old, killed);
                kill(killed);
            });
            assertEquals(next, cluster.awaitPrimaryOtherThan(old));
            next.execute("insert into filler values (0, 'new')");

            cluster.start(killed);
            cluster.awaitHealthy(TestCluster.FAILOVER);

            String mended = allowed.equals("use_pg_rewind") ? "running pg_rewind" : "reinitializing due to diverged";
            for (TestNode node : List.of(killed, old)) {
                Await.until(
                        node + " has what is new",
                        TestCluster.FAILOVER,
                        () -> content(node).equals(content(next)),
                        cluster::describe);
                String log = Files.readString(node.log());
                assertTrue(log.contains(mended), log);
                assertEquals(1, kept(node).size());
            }
        }
    }

    /** It has learned of the timeline of a server that is gone, and got nothing of it. */
    @Test
    void aStandbyThatIsHeadingForATimelineOfNobodyIsTurnedBack() throws Exception {
        try (var cluster = TestCluster.start(Store.ETCD, 2, DYNAMIC)) {
            TestNode primary = cluster.awaitPrimary();
            primary.execute("create table filler as select n, 'common' as text from generate_series(1, 1000) n");
            TestNode standby = cluster.replicas().getFirst();
            awaitAllOf(primary, standby);
            standby.killAgent();
            Path history = standby.data().resolve("pg_wal/00000002.history");
            Files.writeString(
                    history,
                    "1\t" + standby.query("select pg_last_wal_replay_lsn()") + "\tno recovery target specified\n");
            Machine.give(history);
            // its postmaster begins the recovery anew, and that looks for its target
            Signal.KILL.sendTo(Long.parseLong(standby.query("select pid from pg_stat_wal_receiver")));

            cluster.start(standby);
            primary.execute("insert into filler values (0, 'new')");
            Await.until(
                    "the standby follows",
                    TestCluster.FAILOVER,
                    () -> follows(standby, primary) && content(standby).equals(content(primary)),
                    cluster::describe);

            assertFalse(Files.exists(history));
            String log = Files.readString(standby.log());
            assertTrue(log.contains("stopping PostgreSQL to turn it back from a timeline that"), log);
        }
    }

    private static List<Path> kept(TestNode node) throws IOException {
        try (var sets = Files.list(node.data().resolveSibling(node.data().getFileName() + ".diverged"))) {
            return sets.toList();
        }
    }

    /** Writes what the standby does not get, since its receiver is frozen, and ends the primary. */
    private static void diverge(TestNode primary, TestNode standby) throws Exception {
        diverge(primary, standby, () -> {});
    }

    private static void diverge(TestNode primary, TestNode standby, Meanwhile meanwhile) throws Exception {
        awaitAllOf(primary, standby);
        long receiver = Long.parseLong(standby.query("select pid from pg_stat_wal_receiver"));
        Signal.STOP.sendTo(receiver);
        primary.execute("insert into filler select n, 'diverged' from generate_series(1, 1000) n");
        meanwhile.run();
        primary.killPostmaster();
        // not killed: the standby would begin its recovery anew, and not be fit to take over at this moment
        Signal.TERM.sendTo(receiver);
        Signal.CONT.sendTo(receiver);
    }

    private interface Meanwhile {
        void run() throws Exception;
    }

    private static void awaitAllOf(TestNode primary, TestNode standby) throws Exception {
        String end = primary.query("select pg_current_wal_flush_lsn()");
        Await.until(
                "the standby has replayed all up to " + end,
                TestCluster.FAILOVER,
                () -> standby.query("select pg_last_wal_replay_lsn() >= '" + end + "'")
                        .equals("t"),
                () -> standby.tail(20));
    }

    /** The agent and all that it runs; the fence ends by itself. */
    private static void kill(TestNode node) {
        List<ProcessHandle> children = ProcessHandle.of(node.agentPid()).stream()
                .flatMap(ProcessHandle::descendants)
                .toList();
        node.killEverything();
        children.forEach(ProcessHandle::destroyForcibly);
    }

    private static boolean follows(TestNode old, TestNode leader) throws Exception {
        return leader.query("select count(*) from pg_stat_replication where state = 'streaming' and replay_lsn ="
                                + " pg_current_wal_lsn()")
                        .equals("1")
                && old.query("select pg_is_in_recovery()").equals("t");
    }

    private static String content(TestNode node) throws Exception {
        return node.query("select count(*) || ' ' || sum(hashtext(n || text)::bigint) from filler");
    }
}
