package io.matriarch.bench;

import io.matriarch.ctl.load.Endpoint;
import io.matriarch.ctl.load.Sessions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * Tries to write on each server all the time, past what any connection string would choose, and adds up for how long two
 * accepted writes at once. A server counts as writable from the end of one accepted write to the begin of another, as
 * long as no attempt failed between them: so the sum is never too large.
 */
final class WritableProbe implements AutoCloseable {

    /** The resolution of the result; more often would cost the servers more than the client does. */
    private static final Duration PAUSE = Duration.ofMillis(25);

    /** SQLSTATE read_only_sql_transaction: a standby, whose session is kept. */
    private static final String READ_ONLY = "25006";

    private record Span(long fromNanos, long toNanos) {
        long overlap(Span other) {
            return Math.max(0, Math.min(toNanos, other.toNanos) - Math.max(fromNanos, other.fromNanos));
        }
    }

    private final Map<String, List<Span>> writable = new LinkedHashMap<>();
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean stopped;

    private WritableProbe() {}

    static WritableProbe start(List<Endpoint> endpoints) throws SQLException {
        try (Connection connection = Client.SESSIONS.requireWritable(endpoints);
                var statement = connection.createStatement()) {
            statement.execute("create table if not exists bench_probe (at timestamptz)");
        }
        var probe = new WritableProbe();
        for (Endpoint endpoint : endpoints) {
            var spans = new ArrayList<Span>();
            probe.writable.put(endpoint.name(), spans);
            probe.threads.add(Thread.ofPlatform()
                    .name("probe " + endpoint.name())
                    .daemon()
                    .start(() -> probe.probe(endpoint, spans)));
        }
        return probe;
    }

    private void probe(Endpoint endpoint, List<Span> spans) {
        while (!stopped) {
            LockSupport.parkNanos(PAUSE.toNanos());
            Connection connection;
            try {
                connection = Client.SESSIONS.open(endpoint);
            } catch (SQLException _) {
                continue;
            }
            try (var statement = connection.createStatement()) {
                // A standby would log each refusal.
                statement.execute("set log_min_messages = panic; set synchronous_commit = local");
                write(statement, spans);
            } catch (SQLException _) {
                // the server ended the session: a new one
            } finally {
                Sessions.giveUp(connection);
            }
        }
    }

    private void write(Statement statement, List<Span> spans) throws SQLException {
        Span span = null;
        while (!stopped) {
            long began = System.nanoTime();
            try {
                statement.execute("insert into bench_probe values (now())");
                if (span == null) {
                    span = new Span(System.nanoTime(), System.nanoTime());
                    spans.add(span);
                } else {
                    span = new Span(span.fromNanos(), began);
                    spans.set(spans.size() - 1, span);
                }
            } catch (SQLException e) {
                if (!READ_ONLY.equals(e.getSQLState())) {
                    throw e;
                }
                span = null;
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }

    /** Ends the probing and says for how long two servers accepted writes at once. */
    Duration stop() {
        stopped = true;
        for (Thread thread : threads) {
            try {
                thread.join(Duration.ofSeconds(15));
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        }
        List<List<Span>> servers = List.copyOf(writable.values());
        long sum = 0;
        for (int i = 0; i < servers.size(); i++) {
            for (List<Span> others : servers.subList(i + 1, servers.size())) {
                for (Span span : servers.get(i)) {
                    sum += others.stream().mapToLong(span::overlap).sum();
                }
            }
        }
        return Duration.ofNanos(sum);
    }

    @Override
    public void close() {
        stop();
    }
}
