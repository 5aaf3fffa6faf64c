package io.matriarch.simulator;

import io.matriarch.model.MonotonicTime;
import io.matriarch.model.TimeSource;
import java.time.Duration;
import java.time.Instant;

/**
 * The clocks of one host. The monotonic one begins anywhere, so that times of two hosts cannot be compared by accident,
 * and may run a little fast or slow; the wall clock can be wrong and can jump.
 */
public final class HostClock implements TimeSource {

    /** When every world begins. */
    private static final Instant EPOCH = Instant.parse("2026-11-24T06:00:00Z");

    private static final long MILLION = 1_000_000;

    private final Scheduler scheduler;
    private final long origin;
    private final long partsPerMillion;
    private Duration wallOffset = Duration.ZERO;

    /**
     * A clock that differs from the world's.
     *
     * @param origin nanoseconds that the monotonic clock shows when the world begins
     * @param partsPerMillion how much too fast it runs; negative: too slow
     */
    public HostClock(Scheduler scheduler, long origin, long partsPerMillion) {
        this.scheduler = scheduler;
        this.origin = origin;
        this.partsPerMillion = partsPerMillion;
    }

    @Override
    public MonotonicTime now() {
        scheduler.requireNotUnwinding();
        return new MonotonicTime(origin + local());
    }

    @Override
    public Instant wallClock() {
        scheduler.requireNotUnwinding();
        return EPOCH.plusNanos(local()).plus(wallOffset);
    }

    @Override
    public void sleep(Duration duration) {
        if (duration.isNegative()) {
            throw new IllegalArgumentException("a negative time to sleep: " + duration);
        }
        scheduler.await(inWorld(duration));
    }

    /** How long something takes in the world that takes this long here. */
    Duration inWorld(Duration here) {
        return partsPerMillion == 0
                ? here
                : Duration.ofNanos(here.toNanos() - here.toNanos() / MILLION * partsPerMillion);
    }

    /** When this clock will show that time, as the world's time; now when it has shown it already. */
    public Duration until(MonotonicTime then) {
        Duration left = then.since(new MonotonicTime(origin + local()));
        return left.isNegative() ? Duration.ZERO : inWorld(left);
    }

    /** Moves the wall clock by a step. */
    public void stepWallClock(Duration step) {
        wallOffset = wallOffset.plus(step);
    }

    private long local() {
        long world = scheduler.nanos();
        return world + world / MILLION * partsPerMillion;
    }
}
