package io.matriarch.acceptance;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * Tries to write on every node all the time, each through a connection of its own, and remembers when it worked. Two
 * nodes were writable at once exactly if one accepted a write that began after another had accepted one on a newer
 * timeline.
 */
final class WriteProbe implements AutoCloseable {

    private static final Duration PAUSE = Duration.ofMillis(10);

    private record Write(long beganNanos, long endedNanos) {}

    private final Map<String, List<Write>> writes = new LinkedHashMap<>();
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean stopped;

    WriteProbe(TestCluster cluster) throws SQLException {
        cluster.awaitPrimary().execute("create table if not exists probe (at timestamptz)");
        for (TestNode node : cluster.nodes) {
            var list = new ArrayList<Write>();
            writes.put(node.name, list);
            threads.add(Thread.ofPlatform().name("probe-" + node.name).daemon().start(() -> probe(node, list)));
        }
    }

    private void probe(TestNode node, List<Write> list) {
        Connection connection = null;
        while (!stopped) {
            try {
                if (connection == null) {
                    connection = node.connect();
                }
                long began = System.nanoTime();
                try (var statement = connection.createStatement()) {
                    statement.execute("set synchronous_commit = local; insert into probe values (now())");
                }
                synchronized (list) {
                    list.add(new Write(began, System.nanoTime()));
                }
            } catch (SQLException e) {
                Connections.giveUp(connection);
                connection = null;
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
        Connections.giveUp(connection);
    }

    /** How long {@code old} still accepted writes after {@code next} had accepted its first; zero or less: never. */
    Duration overlap(TestNode old, TestNode next) {
        long lastOfOld = last(old.name);
        long firstOfNext = first(next.name);
        return Duration.ofNanos(lastOfOld - firstOfNext);
    }

    private long last(String node) {
        List<Write> list = writes.getOrDefault(node, List.of());
        synchronized (list) {
            if (list.isEmpty()) {
                throw new AssertionError(node + " never accepted a write");
            }
            return list.getLast().beganNanos();
        }
    }

    private long first(String node) {
        List<Write> list = writes.getOrDefault(node, List.of());
        synchronized (list) {
            if (list.isEmpty()) {
                throw new AssertionError(node + " never accepted a write");
            }
            return list.getFirst().endedNanos();
        }
    }

    @Override
    public void close() {
        stop();
    }

    /** Ends the writing; what was written can be looked at afterwards. */
    void stop() {
        stopped = true;
        for (Thread thread : threads) {
            try {
                thread.join(Duration.ofSeconds(15));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
