package io.matriarch.agent.cycle;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.model.MonotonicTime;
import io.matriarch.model.TimeSource;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class LeaseDeadlineTest {

    private static final Duration TTL = Duration.ofSeconds(3);
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private volatile Runnable whenAsked = () -> {};

    private final TimeSource time = new TimeSource() {
        @Override
        public MonotonicTime now() {
            Runnable event = whenAsked;
            whenAsked = () -> {};
            event.run();
            return new MonotonicTime(1_000);
        }

        @Override
        public Instant wallClock() {
            return Instant.EPOCH;
        }

        @Override
        public void sleep(Duration duration) {
            throw new AssertionError();
        }
    };

    private final LeaseDeadline flag = new LeaseDeadline(time);

    /** A renewal beside the cycle has the members' consent at the moment in which the cycle sees somebody else lead. */
    @Test
    void consentNeverReachesBeyondTheEndOfTheLease() throws InterruptedException {
        flag.extendByStore(time.now(), TTL);
        MonotonicTime end = time.now().plus(TTL.multipliedBy(2));
        var cycle = Thread.ofPlatform().daemon().unstarted(flag::drop);
        whenAsked = () -> {
            cycle.start();
            awaitBlockedOrEnded(cycle);
        };

        boolean extended = flag.extendUndisputedTo(end);

        assertTrue(cycle.join(LIMIT));
        assertFalse(flag.isLeader(), "extended: " + extended);
        assertFalse(flag.isUndisputed());
    }

    private static void awaitBlockedOrEnded(Thread thread) {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (thread.getState() != Thread.State.BLOCKED && thread.getState() != Thread.State.TERMINATED) {
            assertTrue(System.nanoTime() < end, "neither blocked nor ended");
            Thread.onSpinWait();
        }
    }
}
