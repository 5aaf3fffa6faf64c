package io.matriarch.agent;

import io.matriarch.model.MonotonicTime;
import io.matriarch.model.TimeSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whether this node leads, as a deadline: the end of the last confirmed lease, counted from before the request was
 * sent. REST answers, promotion, watchdog and fence all read this one value. Written by the cycle, read by any thread.
 */
public final class LeaderFlag {

    private final TimeSource time;
    private volatile @Nullable MonotonicTime deadline;

    public LeaderFlag(TimeSource time) {
        this.time = time;
    }

    public boolean isLeader() {
        MonotonicTime end = deadline;
        return end != null && time.now().isBefore(end);
    }

    /** The end of the lease; empty when this node does not lead. May lie in the past. */
    public Optional<MonotonicTime> deadline() {
        return Optional.ofNullable(deadline);
    }

    void extendTo(MonotonicTime end) {
        deadline = end;
    }

    void drop() {
        deadline = null;
    }
}
