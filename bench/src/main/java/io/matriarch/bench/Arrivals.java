package io.matriarch.bench;

import io.matriarch.acceptance.Machine;
import io.matriarch.acceptance.Signal;
import io.matriarch.acceptance.TestCluster;
import io.matriarch.acceptance.TestNode;
import io.matriarch.ctl.load.Endpoint;
import io.matriarch.ctl.load.Sessions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * How long nodes need to arrive: the first of a cluster until it can be written to, a replica and a former primary until they
 * stream; beside what {@code initdb} and {@code pg_basebackup} need alone. Everything is counted from the start of the agent.
 */
final class Arrivals {

    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Duration POLL = Duration.ofMillis(2);
    private static final int DIVERGED_ROWS = 100;

    /** Seconds of each repetition. */
    record Figures(Series initdb, Series firstWrite, Series baseBackup, Series replica, Series formerPrimary) {}

    private final String dynamic;
    private final TestCluster.Store store;
    private final int repeat;
    private final List<Double> initdb = new ArrayList<>();
    private final List<Double> firstWrite = new ArrayList<>();
    private final List<Double> baseBackup = new ArrayList<>();
    private final List<Double> replica = new ArrayList<>();
    private final List<Double> formerPrimary = new ArrayList<>();

    Arrivals(String dynamic, TestCluster.Store store, int repeat) {
        this.dynamic = dynamic;
        this.store = store;
        this.repeat = repeat;
    }

    /** @param logs called with each cluster before it goes */
    Figures measure(Logs logs) throws Exception {
        for (int i = 0; i < repeat; i++) {
            initdb.add(initdb());
            try (var cluster = TestCluster.prepare(store, 2, dynamic)) {
                try {
                    TestNode first = cluster.nodes.getFirst();
                    TestNode second = cluster.nodes.getLast();
                    firstWrite.add(firstWrite(cluster, first));
                    baseBackup.add(baseBackup(cluster, first));
                    first.execute("checkpoint");
                    replica.add(untilStreaming(cluster, second, first));
                    cluster.awaitHealthy(TestCluster.FORMATION);
                    formerPrimary.add(formerPrimary(cluster, first, second));
                } finally {
                    logs.keep(cluster);
                }
            }
        }
        return new Figures(
                new Series(initdb),
                new Series(firstWrite),
                new Series(baseBackup),
                new Series(replica),
                new Series(formerPrimary));
    }

    /** What becomes of a cluster's logs. */
    @FunctionalInterface
    interface Logs {
        void keep(TestCluster cluster) throws IOException;
    }

    /** With the options that the clusters have. */
    private static double initdb() throws IOException {
        Path directory = Machine.workspace();
        try {
            Path password = Files.writeString(directory.resolve("password"), TestCluster.SUPERUSER_PASSWORD + "\n");
            Machine.give(password);
            return timed(() -> postgres(
                    "initdb",
                    "--encoding=UTF8",
                    "--data-checksums",
                    "--username=postgres",
                    "--pwfile=" + password,
                    directory.resolve("data").toString()));
        } finally {
            Machine.delete(directory);
        }
    }

    private static double firstWrite(TestCluster cluster, TestNode node) throws Exception {
        return timed(() -> {
            cluster.start(node);
            await("the first row", () -> {
                try (Connection connection = Client.SESSIONS.open(endpoint(node));
                        var statement = connection.createStatement()) {
                    statement.execute("create table arrivals (at timestamptz)");
                    statement.execute("insert into arrivals values (now())");
                    return true;
                } catch (SQLException _) {
                    return false;
                }
            });
        });
    }

    private static double baseBackup(TestCluster cluster, TestNode source) throws SQLException {
        source.execute("checkpoint"); // else the first one waits for it, and the second does not
        Path copy = cluster.directory.resolve("copy");
        try {
            return timed(() -> postgres(
                    "pg_basebackup",
                    "--pgdata=" + copy,
                    "--dbname=host=" + cluster.directory + " port=" + source.postgresPort + " user=postgres",
                    "-X",
                    "stream",
                    "--no-password"));
        } finally {
            Machine.delete(copy);
        }
    }

    private static double untilStreaming(TestCluster cluster, TestNode node, TestNode upstream) throws SQLException {
        try (Connection connection = Client.SESSIONS.open(endpoint(upstream));
                var statement = connection.createStatement()) {
            return timed(() -> {
                cluster.start(node);
                await(node.name + " streams", () -> {
                    try (var rows = statement.executeQuery("select 1 from pg_stat_replication where state = 'streaming'"
                            + " and application_name = '" + node.name + "'")) {
                        return rows.next();
                    }
                });
            });
        }
    }

    /** It has written what nobody received when its host dies; another one leads when the host comes back. */
    private static double formerPrimary(TestCluster cluster, TestNode former, TestNode next) throws SQLException {
        Connection connection = Client.SESSIONS.open(endpoint(former));
        try (var statement = connection.createStatement()) {
            try (var rows = statement.executeQuery("select pid from pg_stat_replication")) {
                while (rows.next()) {
                    Signal.STOP.sendTo(rows.getLong(1));
                }
            }
            for (int i = 0; i < DIVERGED_ROWS; i++) {
                statement.execute("insert into arrivals values (now())");
            }
        } finally {
            Sessions.giveUp(connection);
        }
        former.killEverything();
        cluster.awaitPrimaryOtherThan(former);
        await("the new primary can be written to", () -> {
            next.execute("insert into arrivals values (now())");
            return true;
        });
        return untilStreaming(cluster, former, next);
    }

    private static Endpoint endpoint(TestNode node) {
        return new Endpoint(node.name, node.address, node.postgresPort);
    }

    private static void postgres(String program, String... arguments) {
        var command =
                new ArrayList<>(List.of(Machine.postgresBin().resolve(program).toString()));
        command.addAll(List.of(arguments));
        Machine.run(Machine.asUser(command));
    }

    /** A condition that is looked at often enough not to show in the figures. */
    @FunctionalInterface
    private interface Condition {
        boolean holds() throws SQLException;
    }

    private static void await(String what, Condition condition) {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (true) {
            try {
                if (condition.holds()) {
                    return;
                }
            } catch (SQLException e) {
                if (System.nanoTime() > end) {
                    throw new AssertionError("not in time: " + what, e);
                }
            }
            if (System.nanoTime() > end) {
                throw new AssertionError("not in time: " + what);
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
    }

    private static double timed(Runnable work) {
        long begin = System.nanoTime();
        work.run();
        return (System.nanoTime() - begin) / 1e9;
    }
}
