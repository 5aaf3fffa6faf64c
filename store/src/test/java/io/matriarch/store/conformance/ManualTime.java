package io.matriarch.store.conformance;

import io.matriarch.model.MonotonicTime;
import io.matriarch.model.TimeSource;
import java.time.Duration;
import java.time.Instant;

/** Clocks that move only when they are told to. */
public final class ManualTime implements TimeSource {

    private long nanos;

    @Override
    public synchronized MonotonicTime now() {
        return new MonotonicTime(nanos);
    }

    @Override
    public synchronized Instant wallClock() {
        return Instant.EPOCH.plusNanos(nanos);
    }

    /** Moves the clocks on by the duration. */
    @Override
    public synchronized void sleep(Duration duration) {
        nanos += duration.toNanos();
    }
}
