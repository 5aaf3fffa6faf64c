package io.matriarch.simulator;

import org.jspecify.annotations.Nullable;

/** Which world a Java thread belongs to, for what reaches us without being told: log lines. */
final class Worlds {

    private static final ThreadLocal<@Nullable Scheduler> CURRENT = new ThreadLocal<>();

    static {
        TraceLog.install();
    }

    private Worlds() {}

    /** Ends the belonging. */
    interface Entered extends AutoCloseable {
        @Override
        void close();
    }

    static Entered enter(Scheduler scheduler) {
        Scheduler before = CURRENT.get();
        CURRENT.set(scheduler);
        return () -> CURRENT.set(before);
    }

    static @Nullable Scheduler current() {
        return CURRENT.get();
    }
}
