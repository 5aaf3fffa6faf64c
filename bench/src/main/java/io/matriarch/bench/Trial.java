package io.matriarch.bench;

import io.matriarch.acceptance.Await;
import io.matriarch.ctl.load.Acknowledgements;
import io.matriarch.ctl.load.Endpoint;
import io.matriarch.ctl.load.RowWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/**
 * One fault under load, and what it did.
 *
 * @param outage as the client saw it
 * @param recovery from the moment when recovery became possible to the first acknowledged row
 * @param lost acknowledged rows that are missing afterwards
 * @param twoWritable for how long two servers accepted writes at once
 */
record Trial(Acknowledgements.Outage outage, Duration recovery, int lost, Duration twoWritable) {

    /** Long enough for caches and connections to be warm on either side. */
    private static final Duration WARM_UP = Duration.ofSeconds(3);
    /** So that there is some WAL to replay, the same amount everywhere. */
    private static final Duration SINCE_CHECKPOINT = Duration.ofSeconds(2);

    private static final Duration LIMIT = Duration.ofMinutes(2);

    /** A part of a trial. */
    @FunctionalInterface
    interface Act {
        void run() throws Exception;
    }

    /**
     * Writes, does the fault, waits for the first row after it, waits for the end, looks at what is left.
     *
     * @param fault returns when recovery is possible; rows may still be acknowledged then
     * @param aftermath returns when everything is well again
     */
    static Trial run(List<Endpoint> endpoints, Act fault, Act aftermath) throws Exception {
        try (var probe = WritableProbe.start(endpoints);
                var writer = RowWriter.start(Client.SESSIONS, endpoints, Client.TABLE, Client.BETWEEN_ROWS)) {
            awaitRowsAfter(writer, System.nanoTime() + WARM_UP.toNanos());
            checkpoint(endpoints);
            awaitRowsAfter(writer, System.nanoTime() + SINCE_CHECKPOINT.toNanos());
            long begin = System.nanoTime();
            fault.run();
            long possible = System.nanoTime();
            Await.until(
                    "a row is acknowledged over a new connection",
                    LIMIT,
                    () -> writer.acknowledged().anyOnSessionAfter(begin));
            awaitRowsAfter(writer, possible);
            Duration recovery = Duration.ofNanos(writer.acknowledged().firstAfter(possible) - possible);
            aftermath.run();
            awaitRowsAfter(writer, System.nanoTime());
            writer.stop();
            Duration twoWritable = probe.stop();
            return new Trial(
                    writer.acknowledged().outageAfter(begin),
                    recovery,
                    writer.missing().size(),
                    twoWritable);
        }
    }

    private static void awaitRowsAfter(RowWriter writer, long nanos) {
        Await.until("a row is acknowledged", LIMIT, () -> writer.acknowledged().anyAfter(nanos));
    }

    private static void checkpoint(List<Endpoint> endpoints) throws SQLException {
        try (Connection connection = Client.SESSIONS.requireWritable(endpoints);
                var statement = connection.createStatement()) {
            statement.execute("checkpoint");
        }
    }
}
