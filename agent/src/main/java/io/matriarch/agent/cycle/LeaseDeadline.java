package io.matriarch.agent.cycle;

import io.matriarch.agent.node.LeaderFlag;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.TimeSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The one {@link LeaderFlag} of a node; moved only by {@link LockKeeper}. */
final class LeaseDeadline implements LeaderFlag {

    private final TimeSource time;
    private volatile @Nullable MonotonicTime deadline;

    LeaseDeadline(TimeSource time) {
        this.time = time;
    }

    @Override
    public boolean isLeader() {
        MonotonicTime end = deadline;
        return end != null && time.now().isBefore(end);
    }

    @Override
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
