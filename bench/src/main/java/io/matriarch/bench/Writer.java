package io.matriarch.bench;

import io.matriarch.acceptance.Await;
import io.matriarch.acceptance.Connections;
import io.matriarch.bench.Acknowledgements.Row;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/**
 * The client whose outage is measured: one connection at a time through a multi-host list, one row each few milliseconds
 * in a transaction of its own, the monotonic time of each acknowledgement. When the connection breaks it goes round the
 * hosts until one accepts writes. A row whose answer got lost counts as not acknowledged, and its number is not used again.
 */
final class Writer implements AutoCloseable {

    private static final String TABLE = "bench_rows";
    private static final Duration BETWEEN_ROWS = Duration.ofMillis(3);
    private static final Duration BETWEEN_ROUNDS = Duration.ofMillis(2);

    private final List<Endpoint> endpoints;
    private final Thread thread;
    private final Acknowledgements acknowledged = new Acknowledgements();
    private volatile boolean stopped;

    private Writer(List<Endpoint> endpoints) {
        this.endpoints = endpoints;
        this.thread = Thread.ofPlatform().name("writer").daemon().unstarted(this::write);
    }

    /** Makes the table anew and writes until stopped. */
    static Writer start(List<Endpoint> endpoints) throws SQLException {
        try (Connection connection = Sessions.openWritable(endpoints).orElseThrow();
                var statement = connection.createStatement()) {
            statement.execute("drop table if exists " + TABLE);
            statement.execute("create table " + TABLE + " (number bigint primary key)");
        }
        var writer = new Writer(endpoints);
        writer.thread.start();
        return writer;
    }

    private void write() {
        long number = 0;
        while (!stopped) {
            Connection connection = Sessions.openWritable(endpoints).orElse(null);
            if (connection == null) {
                LockSupport.parkNanos(BETWEEN_ROUNDS.toNanos());
                continue;
            }
            long since = System.nanoTime();
            try (PreparedStatement insert = connection.prepareStatement("insert into " + TABLE + " values (?)")) {
                while (!stopped) {
                    number++;
                    insert.setLong(1, number);
                    insert.executeUpdate();
                    acknowledged.add(new Row(number, System.nanoTime(), since));
                    LockSupport.parkNanos(BETWEEN_ROWS.toNanos());
                }
            } catch (SQLException _) {
                // the session is broken, whatever the reason: the next one
            } finally {
                Connections.giveUp(connection);
            }
        }
    }

    /** What was acknowledged so far. */
    Acknowledgements acknowledged() {
        return acknowledged;
    }

    void awaitRowsAfter(long nanos, Duration limit) {
        Await.until("a row is acknowledged", limit, () -> acknowledged.anyAfter(nanos));
    }

    /** Waits until rows are acknowledged over a connection that was opened after this moment. */
    void awaitNewSessionAfter(long nanos, Duration limit) {
        Await.until("a row is acknowledged over a new connection", limit, () -> acknowledged.anyOnSessionAfter(nanos));
    }

    /** Number of acknowledged rows that the present primary does not have. */
    int countLost() throws SQLException {
        Set<Long> missing = acknowledged.numbers();
        try (Connection connection = Sessions.openWritable(endpoints).orElseThrow();
                var statement = connection.createStatement();
                var rows = statement.executeQuery("select number from " + TABLE)) {
            while (rows.next()) {
                missing.remove(rows.getLong(1));
            }
        }
        return missing.size();
    }

    /** Ends the writing; what was written can be looked at afterwards. */
    void stop() {
        stopped = true;
        try {
            thread.join(Duration.ofSeconds(30));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        stop();
    }
}
