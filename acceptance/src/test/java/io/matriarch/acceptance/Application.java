package io.matriarch.acceptance;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * A client that writes numbered rows all the time through a multi-host URL, reconnects when it must, and remembers which
 * rows were acknowledged to it and when.
 */
final class Application implements AutoCloseable {

    private static final Duration PAUSE = Duration.ofMillis(3);

    private record Acknowledged(long number, long atNanos) {}

    private final String url;
    /** What the cluster does, for the message of a failure. */
    private final Supplier<String> surroundings;

    private final Thread thread;
    private final List<Acknowledged> acknowledged = new ArrayList<>();
    private volatile boolean stopped;
    private volatile int failures;

    Application(TestCluster cluster) throws SQLException {
        this(cluster.applicationUrl(), cluster::describe);
    }

    /** One that is led to the primary by somebody else. */
    Application(String url) throws SQLException {
        this(url, () -> "");
    }

    private Application(String url, Supplier<String> surroundings) throws SQLException {
        this.url = url;
        this.surroundings = surroundings;
        try (Connection connection = DriverManager.getConnection(url);
                var statement = connection.createStatement()) {
            statement.execute("create table if not exists rows (number bigint primary key)");
        }
        this.thread = Thread.ofPlatform().name("application").daemon().start(this::write);
        awaitWritesAfter(System.nanoTime(), Duration.ofSeconds(20));
    }

    private void write() {
        Connection connection = null;
        long number = 0;
        while (!stopped) {
            try {
                if (connection == null) {
                    connection = DriverManager.getConnection(url);
                }
                number++;
                try (var statement = connection.prepareStatement("insert into rows values (?)")) {
                    statement.setLong(1, number);
                    statement.executeUpdate();
                }
                synchronized (this) {
                    acknowledged.add(new Acknowledged(number, System.nanoTime()));
                }
                LockSupport.parkNanos(PAUSE.toNanos());
            } catch (SQLException e) {
                failures++;
                Connections.giveUp(connection);
                connection = null;
                LockSupport.parkNanos(PAUSE.toNanos());
            }
        }
        Connections.giveUp(connection);
    }

    /** Waits until a row was acknowledged after this moment. */
    void awaitWritesAfter(long nanos, Duration limit) {
        Await.until(
                "the application writes",
                limit,
                () -> {
                    synchronized (this) {
                        return !acknowledged.isEmpty() && acknowledged.getLast().atNanos() > nanos;
                    }
                },
                surroundings);
    }

    /** How often it could not connect or write. */
    int failures() {
        return failures;
    }

    /** The longest time between two acknowledged rows. */
    Duration longestOutage() {
        return longestOutageSince(Long.MIN_VALUE);
    }

    /** The same for rows that were acknowledged after this moment, and the one before them. */
    synchronized Duration longestOutageSince(long nanos) {
        long longest = 0;
        for (int i = acknowledged.size() - 1; i > 0 && acknowledged.get(i).atNanos() > nanos; i--) {
            longest = Math.max(
                    longest,
                    acknowledged.get(i).atNanos() - acknowledged.get(i - 1).atNanos());
        }
        return Duration.ofNanos(longest);
    }

    /** How many rows were acknowledged. */
    synchronized int acknowledgedRows() {
        return acknowledged.size();
    }

    synchronized Set<Long> acknowledgedNumbers() {
        return acknowledged.stream().map(Acknowledged::number).collect(Collectors.toSet());
    }

    /** Acknowledged rows that the server does not have. */
    Set<Long> lostOn(TestNode node) throws SQLException {
        Set<Long> lost = acknowledgedNumbers();
        lost.removeAll(rowsOn(node));
        return lost;
    }

    Set<Long> rowsOn(TestNode node) throws SQLException {
        var numbers = new HashSet<Long>();
        try (Connection connection = node.connect();
                var statement = connection.createStatement();
                var rows = statement.executeQuery("select number from rows")) {
            while (rows.next()) {
                numbers.add(rows.getLong(1));
            }
        }
        return numbers;
    }

    @Override
    public void close() {
        stop();
    }

    /** Ends the writing; what was written can be looked at afterwards. */
    void stop() {
        stopped = true;
        try {
            thread.join(Duration.ofSeconds(30));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
