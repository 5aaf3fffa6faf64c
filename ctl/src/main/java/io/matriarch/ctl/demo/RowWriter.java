package io.matriarch.ctl.demo;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * A client as an application would be: one connection through a multi-host URL, one row per transaction, and a new
 * connection when the old one fails. Remembers which rows were acknowledged. A row whose answer got lost counts as not
 * acknowledged: it may or may not be there, and the next attempt uses a new number.
 *
 * <p>Writes on a thread of its own; all methods may be called from any thread.
 */
final class RowWriter implements AutoCloseable {

    static final String TABLE = "tour";

    private static final Duration BETWEEN_ROWS = Duration.ofMillis(10);
    private static final Duration AFTER_FAILURE = Duration.ofMillis(50);

    private final String url;
    private final Properties properties;
    private final Thread thread;
    private final TreeSet<Long> acknowledged = new TreeSet<>();
    private volatile boolean stopping;
    private volatile String lastError = "";
    private long lastAcknowledgedAt;
    private long longestGapNanos;

    RowWriter(DemoCluster cluster) {
        this.url = cluster.jdbcUrl();
        this.properties = connectionProperties(cluster, "primary");
        this.thread = Thread.ofPlatform().daemon().name("writer").unstarted(this::write);
    }

    static Properties connectionProperties(DemoCluster cluster, String serverType) {
        var properties = new Properties();
        properties.setProperty("user", DemoCluster.SUPERUSER);
        properties.setProperty("password", cluster.superuserPassword());
        properties.setProperty("targetServerType", serverType);
        properties.setProperty("hostRecheckSeconds", "0");
        properties.setProperty("connectTimeout", "1");
        properties.setProperty("loginTimeout", "3");
        // Longer than a commit waits for a new synchronous standby, shorter than anybody's patience.
        properties.setProperty("socketTimeout", "5");
        return properties;
    }

    void start() {
        lastAcknowledgedAt = System.nanoTime();
        thread.start();
    }

    private void write() {
        long id = 0;
        while (!stopping) {
            try (Connection connection = DriverManager.getConnection(url, properties);
                    PreparedStatement insert = connection.prepareStatement("insert into " + TABLE + " values (?)")) {
                while (!stopping) {
                    id++;
                    insert.setLong(1, id);
                    insert.executeUpdate();
                    acknowledge(id);
                    Thread.sleep(BETWEEN_ROWS);
                }
            } catch (SQLException e) {
                lastError = String.valueOf(e.getMessage());
                id++;
                pause();
            } catch (InterruptedException _) {
                return;
            }
        }
    }

    private void pause() {
        try {
            Thread.sleep(AFTER_FAILURE);
        } catch (InterruptedException _) {
            stopping = true;
        }
    }

    private synchronized void acknowledge(long id) {
        long now = System.nanoTime();
        longestGapNanos = Math.max(longestGapNanos, now - lastAcknowledgedAt);
        lastAcknowledgedAt = now;
        acknowledged.add(id);
    }

    synchronized int count() {
        return acknowledged.size();
    }

    synchronized SortedSet<Long> acknowledged() {
        return new TreeSet<>(acknowledged);
    }

    /** The longest time between two acknowledged rows so far. */
    synchronized Duration longestGap() {
        return Duration.ofNanos(longestGapNanos);
    }

    /** Why the last failed attempt failed; empty when none did. */
    String lastError() {
        return lastError;
    }

    /** Ends after the row under way. */
    void finish() {
        stopping = true;
        try {
            thread.join(Duration.ofSeconds(10));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        finish();
    }
}
