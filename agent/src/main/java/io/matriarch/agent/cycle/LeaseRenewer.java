package io.matriarch.agent.cycle;

import io.matriarch.engine.LockOutcome;
import io.matriarch.engine.Situation;
import io.matriarch.model.Bell;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Threads;
import io.matriarch.model.TimeSource;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Renews the lease beside the cycle where the cycles alone do not do it often enough (decision 0016): a cycle that waits for
 * PostgreSQL, or for a write to a store that has become slow, would take longer than a short lease lasts. On a thread of its
 * own, from a cycle's confirmed renewal until the next cycle reads the store: what that one sees must be what it decides on.
 * A cycle that hangs loses the lease all the same.
 */
final class LeaseRenewer {

    private static final Logger LOG = System.getLogger("patroni.ha");

    /** Not longer beside one cycle: this is the least {@code ttl} of old. */
    private static final Duration LONGEST_CYCLE = Duration.ofSeconds(20);

    private static final Duration UNTIL_RUNG = Duration.ofHours(1);

    /**
     * What a cycle knew when it allowed renewals.
     *
     * @param number counts them
     */
    private record Leave(long number, Situation situation, MonotonicTime since) {}

    private final LockKeeper lock;
    private final ElectorateKeeper electorate;
    private final Threads threads;
    private final TimeSource time;
    private final Bell bell;
    private final Runnable wakeUp;
    private volatile @Nullable Leave leave;
    private volatile Duration period = UNTIL_RUNG;
    private volatile boolean parked;
    private volatile boolean ended;
    /** By the cycle's thread only. */
    private boolean started;

    /** By the cycle's thread only. */
    private long leaves;

    /** @param wakeUp ends the cycle's rest, when the lock is lost */
    LeaseRenewer(LockKeeper lock, ElectorateKeeper electorate, Threads threads, TimeSource time, Runnable wakeUp) {
        this.lock = lock;
        this.electorate = electorate;
        this.threads = threads;
        this.time = time;
        this.bell = threads.newBell();
        this.wakeUp = wakeUp;
    }

    /** The cycle has renewed the lease, or members have promised. */
    void allow(Situation s) {
        if (!s.config().renewsBetweenCycles() || s.isPaused()) {
            return;
        }
        period = s.timing().renewalPeriod();
        leave = new Leave(++leaves, s, time.now());
        if (!started) {
            started = true;
            threads.start("lease", this::run);
        } else if (parked) {
            bell.ring();
        }
    }

    /** No renewal begins any more; one that is under way ends before the lock is used next. */
    void forbid() {
        leave = null;
    }

    /** For good. */
    void end() {
        ended = true;
        leave = null;
        bell.ring();
    }

    private void run() {
        try {
            while (!ended) {
                parked = !lock.leads();
                bell.await(parked && leave == null ? UNTIL_RUNG : period);
                parked = false;
                Leave present = leave;
                if (present != null) {
                    tryToRenew(present);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Nobody starts this thread again: a defect costs one renewal, as it costs one cycle there. */
    private void tryToRenew(Leave present) {
        try {
            renew(present);
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "Unexpected exception while the lease was renewed beside the cycle", e);
        }
    }

    private void renew(Leave present) {
        Situation s = present.situation;
        if (!lock.leads() || !isRecent(present)) {
            return;
        }
        LockOutcome outcome = lock.renewIf(() -> isInForce(present) && isRecent(present), s.view());
        switch (outcome) {
            case REFUSED -> wakeUp.run();
            case UNKNOWN -> {
                if (isRecent(present) && electorate.isUsable(s.config())) {
                    electorate.ask(s.timing(), s.config());
                }
            }
            case APPLIED, NOT_TRIED -> {}
        }
    }

    /** Also after a wait for the lock, or for a store that did not answer. */
    private boolean isRecent(Leave given) {
        return time.now().since(given.since).compareTo(LONGEST_CYCLE) <= 0;
    }

    private boolean isInForce(Leave given) {
        Leave present = leave;
        return present != null && present.number == given.number;
    }
}
