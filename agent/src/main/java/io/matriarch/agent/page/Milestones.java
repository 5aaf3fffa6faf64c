package io.matriarch.agent.page;

import io.matriarch.model.Lsn;
import io.matriarch.model.MonotonicTime;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * When the leader was seen beyond which position. From that follows how many seconds a member is behind, without asking
 * it: since when the leader has been beyond what the member has. As coarse as the cycle's period.
 */
final class Milestones {

    /** An hour of a leader that writes all the time, at one look in ten seconds. */
    private static final int LIMIT = 360;

    private static final Duration RATE_WINDOW = Duration.ofMinutes(10);
    /** A rate of less time than this is that of one moment. */
    private static final Duration SHORTEST_RATE = Duration.ofMinutes(1);

    private record Mark(MonotonicTime at, Lsn position) {}

    private final Deque<Mark> marks = new ArrayDeque<>();

    void reached(Lsn position, MonotonicTime at) {
        if (!position.isKnown() || (!marks.isEmpty() && position.equals(marks.getLast().position))) {
            return;
        }
        if (!marks.isEmpty() && marks.getLast().position.isAfter(position)) {
            marks.clear(); // another primary, which has less
        }
        marks.addLast(new Mark(at, position));
        if (marks.size() > LIMIT) {
            marks.removeFirst();
        }
    }

    /** Bytes that the leader writes in a second, by the last minutes; empty when that is not known yet. */
    Optional<Double> bytesPerSecond(MonotonicTime now) {
        Mark first = marks.stream()
                .filter(mark -> now.since(mark.at).compareTo(RATE_WINDOW) <= 0)
                .findFirst()
                .orElse(null);
        Mark last = marks.peekLast();
        if (first == null || last == null || now.since(first.at).compareTo(SHORTEST_RATE) < 0) {
            return Optional.empty();
        }
        return Optional.of(
                last.position.bytesAfter(first.position) / (now.since(first.at).toMillis() / 1000.0));
    }

    /** How long the leader has been seen beyond {@code position}, at least; empty when nothing is known. */
    Optional<Duration> behind(Lsn position, MonotonicTime now) {
        if (!position.isKnown() || marks.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(marks.stream()
                .filter(mark -> mark.position.isAfter(position))
                .findFirst()
                .map(mark -> now.since(mark.at))
                .orElse(Duration.ZERO));
    }
}
