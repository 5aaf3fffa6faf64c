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
    private volatile @Nullable MonotonicTime undisputedUntil;

    LeaseDeadline(TimeSource time) {
        this.time = time;
    }

    @Override
    public boolean isLeader() {
        return lies(deadline);
    }

    @Override
    public Optional<MonotonicTime> deadline() {
        return Optional.ofNullable(deadline);
    }

    /**
     * Whether nobody else can have led since our lease began, although the store may no longer show it: the members'
     * consent in failsafe mode can be joined to it.
     */
    boolean isUndisputed() {
        return lies(undisputedUntil);
    }

    private boolean lies(@Nullable MonotonicTime end) {
        return end != null && time.now().isBefore(end);
    }

    void extendTo(MonotonicTime end) {
        undisputedUntil = end;
        deadline = end;
    }

    /** The store shows no leader key: we do not lead, and nobody else does yet. */
    void conceal() {
        deadline = null;
    }

    /** We gave the lock up, or somebody else may have it. */
    void drop() {
        deadline = null;
        undisputedUntil = null;
    }
}
