package io.matriarch.ctl.load;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Which rows were acknowledged to the client, and when (monotonic nanoseconds). Safe for any thread. */
public final class Acknowledgements {

    /** Shorter pauses are what a busy machine and a checkpoint do to any client. */
    private static final Duration NOTICEABLE = Duration.ofMillis(100);

    private final List<Row> rows = new ArrayList<>();

    /**
     * One row.
     *
     * @param sessionSince when the connection was opened that it went over
     */
    public record Row(long number, long at, long sessionSince) {}

    /**
     * What a fault did to the client.
     *
     * @param longest between the last acknowledged row before and the first one after
     * @param others sum of further noticeable pauses
     * @param lastBefore wall clock, to be found in logs
     */
    public record Outage(Duration longest, Duration others, Instant lastBefore) {}

    synchronized void add(Row row) {
        rows.add(row);
    }

    public synchronized int count() {
        return rows.size();
    }

    /** When each row was acknowledged, in order. */
    public synchronized List<Long> times() {
        return rows.stream().map(Row::at).toList();
    }

    /** Whether a row was acknowledged after this moment. */
    public synchronized boolean anyAfter(long nanos) {
        return !rows.isEmpty() && rows.getLast().at() > nanos;
    }

    /** Whether a row was acknowledged over a connection that was opened after this moment. */
    public synchronized boolean anyOnSessionAfter(long nanos) {
        return !rows.isEmpty() && rows.getLast().sessionSince() > nanos;
    }

    /** When the first row after this moment was acknowledged. */
    public synchronized long firstAfter(long nanos) {
        return rows.stream()
                .mapToLong(Row::at)
                .filter(at -> at > nanos)
                .findFirst()
                .orElseThrow();
    }

    /** Pauses that ended after this moment. */
    public synchronized Outage outageAfter(long nanos) {
        long longest = 0;
        long noticeable = 0;
        long lastBefore = nanos;
        for (int i = 1; i < rows.size(); i++) {
            long end = rows.get(i).at();
            long pause = end - rows.get(i - 1).at();
            if (end <= nanos) {
                continue;
            }
            if (pause >= NOTICEABLE.toNanos()) {
                noticeable += pause;
            }
            if (pause > longest) {
                longest = pause;
                lastBefore = end - pause;
            }
        }
        return new Outage(
                Duration.ofNanos(longest),
                Duration.ofNanos(Math.max(0, noticeable - longest)),
                Instant.now().minusNanos(System.nanoTime() - lastBefore));
    }

    public synchronized Set<Long> numbers() {
        var numbers = new HashSet<Long>();
        rows.forEach(row -> numbers.add(row.number()));
        return numbers;
    }
}
