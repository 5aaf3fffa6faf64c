package io.matriarch.postgres;

import io.matriarch.model.MonotonicTime;
import java.time.Duration;

/**
 * The pause between starts that fail, doubled from one to the next. Who asks for a start that failed asks again at once;
 * without a pause the log fills and the machine is busy with starting. Safe for any thread.
 */
final class StartPause {

    private static final Duration FIRST = Duration.ofSeconds(1);

    /** The usual time between two cycles: whoever mends the cause does not want to wait longer. */
    private static final Duration LONGEST = Duration.ofSeconds(10);

    private Duration last = Duration.ZERO;
    private MonotonicTime until;

    StartPause(MonotonicTime now) {
        this.until = now;
    }

    synchronized void failed(MonotonicTime now) {
        Duration next = last.isZero() ? FIRST : last.multipliedBy(2);
        last = next.compareTo(LONGEST) < 0 ? next : LONGEST;
        until = now.plus(last);
    }

    synchronized void succeeded() {
        last = Duration.ZERO;
    }

    synchronized boolean isOver(MonotonicTime now) {
        return last.isZero() || !now.isBefore(until);
    }
}
