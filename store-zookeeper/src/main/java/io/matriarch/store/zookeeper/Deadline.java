package io.matriarch.store.zookeeper;

import io.matriarch.model.MonotonicTime;
import io.matriarch.model.TimeSource;
import java.time.Duration;

/** When a call must have ended. */
record Deadline(MonotonicTime end, TimeSource time) {

    static Deadline in(Duration budget, TimeSource time) {
        return new Deadline(time.now().plus(budget), time);
    }

    Duration remaining() {
        Duration left = end.since(time.now());
        return left.isNegative() ? Duration.ZERO : left;
    }

    boolean isOver() {
        return !time.now().isBefore(end);
    }
}
