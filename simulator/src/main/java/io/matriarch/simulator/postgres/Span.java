package io.matriarch.simulator.postgres;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** Bounds of something that takes time; each time anything between them. */
public record Span(Duration least, Duration most) {

    public Span {
        if (least.isNegative() || most.compareTo(least) < 0) {
            throw new IllegalArgumentException(least + " to " + most);
        }
    }

    public static Span millis(long least, long most) {
        return new Span(Duration.ofMillis(least), Duration.ofMillis(most));
    }

    public static Span micros(long least, long most) {
        return new Span(Duration.ofNanos(least * 1000), Duration.ofNanos(most * 1000));
    }

    Duration draw(RandomGenerator random) {
        long spread = most.minus(least).toNanos();
        return spread == 0 ? least : least.plusNanos(random.nextLong(spread + 1));
    }
}
