package io.matriarch.model;

import java.time.Duration;
import java.time.Instant;

/** {@link TimeSource} of the running machine. */
enum SystemTime implements TimeSource {
    INSTANCE;

    @Override
    public MonotonicTime now() {
        return new MonotonicTime(System.nanoTime());
    }

    @Override
    public Instant wallClock() {
        return Instant.now();
    }

    @Override
    public void sleep(Duration duration) throws InterruptedException {
        Thread.sleep(duration);
    }
}
