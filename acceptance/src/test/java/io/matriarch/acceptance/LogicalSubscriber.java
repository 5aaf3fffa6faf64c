package io.matriarch.acceptance;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.replication.LogSequenceNumber;
import org.postgresql.replication.PGReplicationStream;

/**
 * Reads the application's rows through the permanent logical slot {@code cdc} with {@code pgoutput}, from whichever node is
 * primary, always from where the slot there stands, and confirms each transaction.
 */
final class LogicalSubscriber implements AutoCloseable {

    private static final Duration PAUSE = Duration.ofMillis(5);

    private final String url;
    private final Thread thread;
    private volatile boolean stopped;

    /** When each row came first; guarded by this object, as all below. */
    private final Map<Long, Long> firstAt = new HashMap<>();

    private final List<String> disorder = new ArrayList<>();
    private int repeated;
    private long oldestRepeatedNanos;
    private long lastNumber;

    LogicalSubscriber(TestCluster cluster) {
        this.url = cluster.applicationUrl();
        this.thread = Thread.ofPlatform().name("subscriber").daemon().start(this::run);
    }

    private void run() {
        while (!stopped) {
            Connection connection = null;
            try {
                connection = connect();
                read(connection);
            } catch (SQLException e) {
                LockSupport.parkNanos(PAUSE.toNanos());
            } finally {
                Connections.giveUp(connection);
            }
        }
    }

    private Connection connect() throws SQLException {
        var properties = new Properties();
        properties.setProperty("replication", "database");
        properties.setProperty("assumeMinServerVersion", "13");
        properties.setProperty("preferQueryMode", "simple");
        return DriverManager.getConnection(url, properties);
    }

    private void read(Connection connection) throws SQLException {
        PGReplicationStream stream = connection
                .unwrap(PGConnection.class)
                .getReplicationAPI()
                .replicationStream()
                .logical()
                .withSlotName("cdc")
                .withSlotOption("proto_version", 1)
                .withSlotOption("publication_names", "p")
                .withStatusInterval(100, TimeUnit.MILLISECONDS)
                .start();
        synchronized (this) {
            lastNumber = 0;
        }
        var transaction = new ArrayList<Long>();
        while (!stopped) {
            ByteBuffer message = stream.readPending();
            if (message == null) {
                LockSupport.parkNanos(PAUSE.toNanos());
                continue;
            }
            switch (message.get()) {
                case 'B' -> transaction.clear();
                case 'I' -> transaction.add(number(message));
                case 'C' -> {
                    transaction.forEach(this::note);
                    message.get();
                    message.getLong();
                    LogSequenceNumber end = LogSequenceNumber.valueOf(message.getLong());
                    stream.setAppliedLSN(end);
                    stream.setFlushedLSN(end);
                }
                default -> {
                    // relations and types
                }
            }
        }
    }

    /** The only column of a row: relation, 'N', number of columns, 't', length, text. */
    private static long number(ByteBuffer message) {
        message.getInt();
        message.get();
        message.getShort();
        message.get();
        var text = new byte[message.getInt()];
        message.get(text);
        return Long.parseLong(new String(text, StandardCharsets.US_ASCII));
    }

    private synchronized void note(long number) {
        long now = System.nanoTime();
        if (number <= lastNumber) {
            disorder.add(number + " after " + lastNumber);
        }
        lastNumber = number;
        @Nullable Long before = firstAt.putIfAbsent(number, now);
        if (before != null) {
            repeated++;
            oldestRepeatedNanos = Math.max(oldestRepeatedNanos, now - before);
        }
    }

    /** Rows that came again since this was asked last, and how long ago the oldest of them had come first. */
    record Repeats(int rows, Duration oldest) {}

    synchronized Repeats takeRepeats() {
        var repeats = new Repeats(repeated, Duration.ofNanos(oldestRepeatedNanos));
        repeated = 0;
        oldestRepeatedNanos = 0;
        return repeats;
    }

    synchronized Set<Long> received() {
        return Set.copyOf(firstAt.keySet());
    }

    /** Rows that came in another order than they were committed in, within one connection. */
    synchronized List<String> disorder() {
        return List.copyOf(disorder);
    }

    @Override
    public void close() {
        stopped = true;
        try {
            thread.join(Duration.ofSeconds(20));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
