package io.matriarch.agent.cycle;

import io.matriarch.agent.node.LeaderFlag;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.TimeSource;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The one {@link LeaderFlag} of a node; moved only by {@link LockKeeper}. */
final class LeaseDeadline implements LeaderFlag {

    private final TimeSource time;
    private volatile @Nullable MonotonicTime deadline;
    private volatile @Nullable MonotonicTime undisputedUntil;

    /** End of the lease that the store gave. */
    private volatile @Nullable MonotonicTime storeUntil;

    private volatile @Nullable MonotonicTime renewal;
    private volatile @Nullable MonotonicTime unbroken;
    /** The key may have been missing, and somebody may have counted that: no renewal counts until there is a new electorate. */
    private volatile boolean broken;

    private final AtomicLong term = new AtomicLong();
    private final AtomicLong gaps = new AtomicLong();

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

    /** How long the lease lasts; zero: it is over. */
    Duration left() {
        MonotonicTime end = deadline;
        Duration left = end == null ? Duration.ZERO : end.since(time.now());
        return left.isNegative() ? Duration.ZERO : left;
    }

    /** The store confirmed a renewal that was sent at this time. */
    synchronized void extendByStore(MonotonicTime sentAt, Duration ttl) {
        MonotonicTime former = storeUntil;
        if (!isUndisputed()) {
            term.incrementAndGet();
            unbroken = null;
        }
        if (former == null || !time.now().isBefore(former)) {
            broken = true;
            gaps.incrementAndGet();
        }
        if (!broken) {
            unbroken = sentAt;
        }
        renewal = sentAt;
        MonotonicTime end = sentAt.plus(ttl);
        storeUntil = end;
        extendTo(end);
    }

    /**
     * Members consented to a longer one. One step together with the look at what it is joined to: a renewal beside the cycle
     * asks members while the cycle may find that somebody else leads.
     *
     * @return false when it is not undisputed any more
     */
    synchronized boolean extendUndisputedTo(MonotonicTime end) {
        if (!isUndisputed()) {
            return false;
        }
        MonotonicTime present = deadline;
        if (present == null || present.isBefore(end)) {
            extendTo(end);
        }
        return true;
    }

    private void extendTo(MonotonicTime end) {
        undisputedUntil = end;
        deadline = end;
    }

    /** When a lease ends at the latest that is asked for now, if none was confirmed yet; empty: one was. */
    Optional<MonotonicTime> firstEnd(Duration ttl) {
        return storeUntil == null ? Optional.of(time.now().plus(ttl)) : Optional.empty();
    }

    /** From now on it lasts no longer than {@code ttl}. */
    synchronized void shortenTo(Duration ttl) {
        MonotonicTime limit = time.now().plus(ttl);
        storeUntil = earlier(storeUntil, limit);
        undisputedUntil = earlier(undisputedUntil, limit);
        deadline = earlier(deadline, limit);
    }

    private static @Nullable MonotonicTime earlier(@Nullable MonotonicTime end, MonotonicTime limit) {
        return end == null || end.isBefore(limit) ? end : limit;
    }

    /** Whether the lease is the store's own, and not made longer by members. */
    synchronized boolean isByStore() {
        MonotonicTime end = deadline;
        return end != null && end.equals(storeUntil);
    }

    /** Counts how often a lease began that did not follow on one before. */
    long term() {
        return term.get();
    }

    /**
     * When the last renewal was sent of which it is sure that the leader key had been there all the time since the electorate
     * was written, or that it was written after that renewal: whoever saw the key missing must begin again (decision 0016).
     */
    @Nullable
    MonotonicTime unbrokenRenewal() {
        return unbroken;
    }

    /** Whether that was the last renewal. */
    synchronized boolean isUnbroken() {
        return renewal != null && renewal.equals(unbroken);
    }

    /** How often the leader key may have been missing between two renewals. */
    long gaps() {
        return gaps.get();
    }

    /**
     * A new electorate is in the store.
     *
     * @param gapsBefore {@link #gaps} before the request was sent
     */
    synchronized void electorateWritten(long gapsBefore) {
        if (gapsBefore == gaps.get()) {
            unbroken = renewal;
            broken = false;
        }
    }

    /** The store shows no leader key: we do not lead, and nobody else does yet. */
    synchronized void conceal() {
        deadline = null;
    }

    /** We gave the lock up, or somebody else may have it. */
    synchronized void drop() {
        deadline = null;
        undisputedUntil = null;
    }
}
