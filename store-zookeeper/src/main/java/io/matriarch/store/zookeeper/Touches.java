package io.matriarch.store.zookeeper;

import io.matriarch.model.MonotonicTime;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;

/**
 * Since when the ensemble's leader surely counts our session's time-out.
 *
 * <p>Any request touches the session, but only at the server that it reached: followers report touches to the ensemble's
 * leader, which expires sessions, with their answers to its next ping. A follower that dies or is cut off in between
 * takes the touch with it, and the session ends earlier than the client believes: so the last acknowledged request
 * proves nothing yet. A quorum write does prove that the server was in touch with the leader at that moment, so touches
 * that are older than the write by more than the reporting delay are known there. That is what {@link #knownAt} answers.
 * Counting from the acknowledged request itself would be simpler and wrong by up to a third of the time-out.
 */
final class Touches {

    private final Duration reportingDelay;
    private final ArrayDeque<MonotonicTime> acknowledged = new ArrayDeque<>();

    Touches(Duration reportingDelay) {
        this.reportingDelay = reportingDelay;
    }

    /** A request that was sent at this time was answered. */
    synchronized void add(MonotonicTime sentAt) {
        if (acknowledged.isEmpty() || acknowledged.getLast().isBefore(sentAt)) {
            acknowledged.addLast(sentAt);
        }
        MonotonicTime settled = acknowledged.getLast().minus(reportingDelay.multipliedBy(2));
        while (acknowledged.size() > 2 && second().isBefore(settled)) {
            acknowledged.removeFirst();
        }
    }

    /** The latest touch that the leader knows, given that a quorum write sent at {@code writeSentAt} succeeded. */
    synchronized Optional<MonotonicTime> knownAt(MonotonicTime writeSentAt) {
        MonotonicTime reported = writeSentAt.minus(reportingDelay);
        MonotonicTime latest = null;
        for (MonotonicTime touch : acknowledged) {
            if (touch.compareTo(reported) <= 0) {
                latest = touch;
            }
        }
        return Optional.ofNullable(latest);
    }

    private MonotonicTime second() {
        var iterator = acknowledged.iterator();
        iterator.next();
        return iterator.next();
    }
}
