package io.matriarch.acceptance;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** Waits for a condition with a deadline; the only way in which tests and benchmark wait. */
public final class Await {

    private static final Duration POLL = Duration.ofMillis(50);

    private Await() {}

    /** Waits until the condition holds; an exception in it counts as "not yet". */
    public static void until(String what, Duration limit, Callable<Boolean> condition, Supplier<String> onFailure) {
        long deadline = System.nanoTime() + limit.toNanos();
        Exception last = null;
        while (System.nanoTime() < deadline) {
            try {
                if (condition.call()) {
                    return;
                }
                last = null;
            } catch (Exception e) {
                last = e;
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
        throw new AssertionError(
                "not within " + limit + ": " + what + (last == null ? "" : " (" + last + ")") + "\n" + onFailure.get());
    }

    public static void until(String what, Duration limit, Callable<Boolean> condition) {
        until(what, limit, condition, () -> "");
    }
}
