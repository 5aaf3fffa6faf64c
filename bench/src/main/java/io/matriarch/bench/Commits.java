package io.matriarch.bench;

import io.matriarch.acceptance.Await;
import io.matriarch.acceptance.Machine;
import io.matriarch.acceptance.TestCluster;
import io.matriarch.acceptance.TestNode;
import io.matriarch.bench.PlainServer.Parent;
import io.matriarch.ctl.load.Endpoint;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * What a commit costs while 0, 1 or 2 standbys must confirm it: under the manager, and on plain PostgreSQL with the same
 * setting. Both run all the time and are measured in turn, so that what else happens on the machine hits both.
 */
final class Commits {

    static final int MOST_STANDBYS = 2;
    static final int CLIENTS = 8;

    private static final Duration LOAD = Duration.ofSeconds(5);
    private static final Duration SETTLED = Duration.ofSeconds(60);
    private static final double NANOS_PER_MILLI = 1e6;
    private static final double P99 = 0.99;

    /**
     * One load on one server.
     *
     * @param millis median time of a commit of a single client
     * @param millisP99 99 of 100 took no longer
     * @param perSecond commits of {@link #CLIENTS} clients together
     */
    record Figures(double millis, double millisP99, double perSecond) {}

    /** The same setting on both. */
    record Line(int standbys, List<Figures> plain, List<Figures> managed) {}

    private final TestCluster cluster;
    private final ClusterTrials trials;
    private final int repeat;

    Commits(TestCluster cluster, int repeat) {
        this.cluster = cluster;
        this.trials = new ClusterTrials(cluster);
        this.repeat = repeat;
    }

    List<Line> measure() throws Exception {
        var lines = new ArrayList<Line>();
        Path directory = Machine.workspace();
        try (var plain = PlainServer.primary(directory, Parent.SUPERVISOR);
                var _ = PlainServer.standbyOf(plain, "s1");
                var _ = PlainServer.standbyOf(plain, "s2")) {
            TestNode primary = cluster.awaitPrimary();
            Endpoint managed = new Endpoint(primary.name, primary.address, primary.postgresPort);
            for (int standbys = 0; standbys <= MOST_STANDBYS; standbys++) {
                setPlain(plain.endpoint, standbys);
                setManaged(managed, standbys);
                var line = new Line(standbys, new ArrayList<>(), new ArrayList<>());
                for (int i = 0; i < repeat; i++) {
                    line.plain.add(load(plain.endpoint));
                    line.managed.add(load(managed));
                }
                lines.add(line);
            }
            trials.configure("synchronous_mode", "null");
        } finally {
            Machine.delete(directory);
        }
        return lines;
    }

    /** {@code s1}, or {@code 2 (s1,s2)}: what the manager sets, too. */
    private static void setPlain(Endpoint endpoint, int standbys) throws Exception {
        String value = switch (standbys) {
            case 0 -> "";
            case 1 -> "s1";
            default -> standbys + " (s1,s2)";
        };
        try (Connection connection = Client.SESSIONS.open(endpoint);
                var statement = connection.createStatement()) {
            statement.execute("alter system set synchronous_standby_names = '" + value + "'");
            statement.execute("select pg_reload_conf()");
        }
        awaitSynchronous(endpoint, standbys);
    }

    private void setManaged(Endpoint endpoint, int standbys) {
        trials.configure("synchronous_node_count", standbys == 0 ? "null" : Integer.toString(standbys));
        trials.configure("synchronous_mode", standbys == 0 ? "null" : "true");
        awaitSynchronous(endpoint, standbys);
    }

    private static void awaitSynchronous(Endpoint endpoint, int standbys) {
        Await.until(standbys + " synchronous standbys", SETTLED, () -> {
            try (Connection connection = Client.SESSIONS.open(endpoint);
                    var statement = connection.createStatement();
                    var rows = statement.executeQuery(
                            "select count(*) from pg_stat_replication where sync_state = 'sync'")) {
                return rows.next() && rows.getInt(1) == standbys;
            }
        });
    }

    // ---- the load

    private static Figures load(Endpoint endpoint) throws Exception {
        try (Connection connection = Client.SESSIONS.open(endpoint);
                var statement = connection.createStatement()) {
            statement.execute("drop table if exists bench_commits");
            statement.execute("create table bench_commits (number bigint)");
            statement.execute("checkpoint");
        }
        List<Long> alone = clients(endpoint, 1).getFirst();
        long together =
                clients(endpoint, CLIENTS).stream().mapToLong(List::size).sum();
        List<Long> sorted = alone.stream().sorted().toList();
        return new Figures(
                sorted.get(sorted.size() / 2) / NANOS_PER_MILLI,
                sorted.get((int) (sorted.size() * P99)) / NANOS_PER_MILLI,
                together / (double) LOAD.toSeconds());
    }

    /** The times of each client's commits, in nanoseconds. */
    private static List<List<Long>> clients(Endpoint endpoint, int count) throws Exception {
        try (var threads = Executors.newFixedThreadPool(count)) {
            var tasks = new ArrayList<Callable<List<Long>>>();
            for (int i = 0; i < count; i++) {
                tasks.add(() -> commits(endpoint));
            }
            var times = new ArrayList<List<Long>>();
            for (Future<List<Long>> done : threads.invokeAll(tasks)) {
                times.add(done.get());
            }
            return times;
        }
    }

    private static List<Long> commits(Endpoint endpoint) throws SQLException {
        var times = new ArrayList<Long>();
        try (Connection connection = Client.SESSIONS.open(endpoint);
                var insert = connection.prepareStatement("insert into bench_commits values (?)")) {
            long end = System.nanoTime() + LOAD.toNanos();
            long begin = System.nanoTime();
            while (begin < end) {
                insert.setLong(1, times.size());
                insert.executeUpdate();
                long now = System.nanoTime();
                times.add(now - begin);
                begin = now;
            }
        }
        return times;
    }
}
