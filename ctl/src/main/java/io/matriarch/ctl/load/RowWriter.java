package io.matriarch.ctl.load;

import io.matriarch.ctl.load.Acknowledgements.Row;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/**
 * A client as an application would be: one connection at a time through a multi-host list, one row each few milliseconds
 * in a transaction of its own, the monotonic time of each acknowledgement. When the connection breaks it goes round the
 * hosts until one accepts writes. A row whose answer got lost counts as not acknowledged, and its number is not used
 * again.
 *
 * <p>Writes on a thread of its own; all methods may be called from any thread.
 */
public final class RowWriter implements AutoCloseable {

    private static final Duration BETWEEN_ROUNDS = Duration.ofMillis(2);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);

    private final Sessions sessions;
    private final List<Endpoint> endpoints;
    private final String table;
    private final Duration betweenRows;
    private final Thread thread;
    private final Acknowledgements acknowledged = new Acknowledgements();
    private volatile boolean stopped;
    private volatile String lastError = "";

    private RowWriter(Sessions sessions, List<Endpoint> endpoints, String table, Duration betweenRows) {
        this.sessions = sessions;
        this.endpoints = List.copyOf(endpoints);
        this.table = table;
        this.betweenRows = betweenRows;
        this.thread = Thread.ofPlatform().name("writer").daemon().unstarted(this::write);
    }

    /**
     * Makes the table and writes until stopped.
     *
     * @param table a name as in SQL; one that exists is made anew
     * @throws SQLException when no server accepts writes, or the table cannot be made
     */
    public static RowWriter start(Sessions sessions, List<Endpoint> endpoints, String table, Duration betweenRows)
            throws SQLException {
        try (Connection connection = sessions.requireWritable(endpoints);
                var statement = connection.createStatement()) {
            statement.execute("drop table if exists " + table);
            statement.execute("create table " + table + " (number bigint primary key)");
        }
        var writer = new RowWriter(sessions, endpoints, table, betweenRows);
        writer.thread.start();
        return writer;
    }

    private void write() {
        long number = 0;
        while (!stopped) {
            Connection connection = sessions.openWritable(endpoints).orElse(null);
            if (connection == null) {
                LockSupport.parkNanos(BETWEEN_ROUNDS.toNanos());
                continue;
            }
            long since = System.nanoTime();
            try (PreparedStatement insert = connection.prepareStatement("insert into " + table + " values (?)")) {
                while (!stopped) {
                    number++;
                    insert.setLong(1, number);
                    insert.executeUpdate();
                    acknowledged.add(new Row(number, System.nanoTime(), since));
                    LockSupport.parkNanos(betweenRows.toNanos());
                }
            } catch (SQLException e) {
                lastError = String.valueOf(e.getMessage()); // the session is broken: the next one
            } finally {
                Sessions.giveUp(connection);
            }
        }
    }

    /** What was acknowledged so far. */
    public Acknowledgements acknowledged() {
        return acknowledged;
    }

    /** Why the last session ended; empty when none did. */
    public String lastError() {
        return lastError;
    }

    /** Acknowledged rows that a server does not have. */
    public Set<Long> missingOn(Connection connection) throws SQLException {
        Set<Long> missing = acknowledged.numbers();
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery("select number from " + table)) {
            while (rows.next()) {
                missing.remove(rows.getLong(1));
            }
        }
        return missing;
    }

    /** Acknowledged rows that the present primary does not have. */
    public Set<Long> missing() throws SQLException {
        try (Connection connection = sessions.requireWritable(endpoints)) {
            return missingOn(connection);
        }
    }

    /** Ends the writing; what was written can be looked at afterwards. */
    public void stop() {
        stopped = true;
        try {
            thread.join(STOP_LIMIT);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        stop();
    }
}
