package io.matriarch.agent.cycle;

import io.matriarch.model.FailsafePrimary;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.TimeSource;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What this node promised a primary that goes on without the store (contract ha-loop.md 13): not to race for {@code ttl}.
 *
 * <p>A promise and an attempt on the lock exclude each other, whichever thread comes first: the primary counts on the
 * promise from before it asked. So a node refuses while it leads, while its request for the lock is under way, and while
 * it does not know what became of one. Called by the cycle, by jobs and by requests.
 */
final class FailsafePromise {

    private final TimeSource time;
    private final BooleanSupplier leads;
    private @Nullable FailsafePrimary primary;
    private MonotonicTime until;
    private boolean racing;

    /** @param leads whether this node has, or may have, the right to be primary, or is one */
    FailsafePromise(TimeSource time, BooleanSupplier leads) {
        this.time = time;
        this.leads = leads;
        this.until = time.now();
    }

    /** False: this node leads or is about to. */
    synchronized boolean give(FailsafePrimary to, Duration ttl) {
        if (racing || leads.getAsBoolean()) {
            return false;
        }
        primary = to;
        MonotonicTime end = time.now().plus(ttl.compareTo(to.ttl()) < 0 ? to.ttl() : ttl);
        until = until.isBefore(end) ? end : until;
        return true;
    }

    /** Whether the lock may be asked for; if so, no promise is given until {@link #endRace}. */
    synchronized boolean beginRace() {
        if (isBinding()) {
            return false;
        }
        racing = true;
        return true;
    }

    /** What became of the request for the lock is known. */
    synchronized void endRace() {
        racing = false;
    }

    synchronized boolean isBinding() {
        return primary != null && time.now().isBefore(until);
    }

    /** To whom a promise is binding. */
    synchronized Optional<FailsafePrimary> primary() {
        return isBinding() ? Optional.ofNullable(primary) : Optional.empty();
    }
}
