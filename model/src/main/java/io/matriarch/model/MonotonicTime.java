package io.matriarch.model;

import java.time.Duration;

/**
 * A point on the monotonic clock of this host, which stands still while the host is suspended. Only differences mean
 * something; it is never compared with a wall-clock time.
 */
public record MonotonicTime(long nanos) implements Comparable<MonotonicTime> {

    public MonotonicTime plus(Duration duration) {
        return new MonotonicTime(nanos + duration.toNanos());
    }

    public MonotonicTime minus(Duration duration) {
        return new MonotonicTime(nanos - duration.toNanos());
    }

    /** The time from {@code earlier} to this point; negative when it lies after it. */
    public Duration since(MonotonicTime earlier) {
        return Duration.ofNanos(nanos - earlier.nanos);
    }

    public boolean isBefore(MonotonicTime other) {
        return compareTo(other) < 0;
    }

    @Override
    public int compareTo(MonotonicTime other) {
        return Long.compare(nanos - other.nanos, 0);
    }
}
