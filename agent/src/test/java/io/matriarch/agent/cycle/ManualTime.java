package io.matriarch.agent.cycle;

import io.matriarch.model.MonotonicTime;
import io.matriarch.model.TimeSource;
import java.time.Duration;
import java.time.Instant;

/** A clock that a test moves; waiting lets other threads run but does not move it. */
final class ManualTime implements TimeSource {

    private volatile long nanos = 1_000_000_000L;

    void advance(Duration duration) {
        nanos += duration.toNanos();
    }

    @Override
    public MonotonicTime now() {
        return new MonotonicTime(nanos);
    }

    @Override
    public Instant wallClock() {
        return Instant.parse("2026-01-01T00:00:00Z").plusNanos(nanos);
    }

    @Override
    public void sleep(Duration duration) throws InterruptedException {
        nanos += duration.toNanos();
        Thread.sleep(1);
    }
}
