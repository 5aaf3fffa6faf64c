package io.matriarch.model;

import java.time.Duration;
import java.time.Instant;

/** The two clocks of a host and the only way to wait; a twin replaces it in tests and in the simulator. */
public interface TimeSource {

    /** Monotonic: for everything that is measured or that must expire. */
    MonotonicTime now();

    /** Wall clock: for what people and other hosts read. */
    Instant wallClock();

    /** Waits; an interrupt ends it with the exception. */
    void sleep(Duration duration) throws InterruptedException;

    /** The clocks of the machine. */
    static TimeSource system() {
        return SystemTime.INSTANCE;
    }
}
