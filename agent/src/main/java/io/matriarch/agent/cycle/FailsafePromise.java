package io.matriarch.agent.cycle;

import io.matriarch.model.FailsafePrimary;
import io.matriarch.model.LeaseAnswer;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.TimeSource;
import io.matriarch.model.VoteRequest;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What this node promised a primary that goes on without the store (contract ha-loop.md 13, decision 0016): not to race for
 * {@code ttl}; and its votes: not to promise anything to a former leader.
 *
 * <p>A promise and an attempt on the lock exclude each other, whichever thread comes first: the primary counts on the
 * promise from before it asked. So a node refuses while it leads, while its request for the lock is under way, and while
 * it does not know what became of one. So do a promise to a leader and a vote about it. Called by the cycle, by jobs and by
 * requests.
 */
final class FailsafePromise {

    private final TimeSource time;
    private final BooleanSupplier leads;
    private final PromiseRecord record;
    /** Until then what an earlier process promised or voted may bind. */
    private final MonotonicTime earlierUntil;

    /** By former leader, until when nothing is promised to it. */
    private final Map<String, MonotonicTime> votes = new HashMap<>();

    private @Nullable FailsafePrimary primary;
    private MonotonicTime until;
    private boolean inFailsafeMode;
    private boolean racing;

    /**
     * @param leads whether this node has, or may have, the right to be primary, or is one
     * @param longest of what an earlier process may have promised
     */
    FailsafePromise(TimeSource time, BooleanSupplier leads, PromiseRecord record, Duration longest) {
        this.time = time;
        this.leads = leads;
        this.record = record;
        this.until = time.now();
        this.earlierUntil = until.plus(longest);
    }

    /** False: this node leads or is about to, voted for somebody else, or cannot keep the promise over its own restart. */
    boolean give(FailsafePrimary to, Duration ttl) {
        return promise(to, ttl, true).given();
    }

    /** The same for a leader that does with a part of its electorate: it is not promised what another one was. */
    LeaseAnswer giveAsElector(FailsafePrimary to, Duration ttl) {
        synchronized (this) {
            if (time.now().isBefore(earlierUntil)) {
                return LeaseAnswer.refused("started a moment ago: what was voted before may still bind");
            }
            FailsafePrimary other = primary;
            if (isBinding() && other != null && !other.name().equals(to.name())) {
                return LeaseAnswer.refused("promised " + other.name() + " already");
            }
        }
        return promise(to, ttl, false);
    }

    private LeaseAnswer promise(FailsafePrimary to, Duration ttl, boolean failsafe) {
        Duration length = ttl.compareTo(to.ttl()) < 0 ? to.ttl() : ttl;
        if (!record.covers(length)) {
            return LeaseAnswer.refused("the promise cannot be recorded");
        }
        synchronized (this) {
            if (racing || leads.getAsBoolean()) {
                return LeaseAnswer.refused("leads, or is about to");
            }
            MonotonicTime voted = votes.get(to.name());
            if (voted != null && time.now().isBefore(voted)) {
                return LeaseAnswer.refused("voted for a successor");
            }
            primary = to;
            inFailsafeMode = failsafe;
            MonotonicTime end = time.now().plus(length);
            until = until.isBefore(end) ? end : until;
            return LeaseAnswer.GIVEN;
        }
    }

    /** Votes: what was promised is over, and nothing will be promised to that leader. */
    LeaseAnswer vote(VoteRequest request) {
        if (!record.covers(request.length())) {
            return LeaseAnswer.refused("the vote cannot be recorded");
        }
        synchronized (this) {
            MonotonicTime now = time.now();
            if (now.isBefore(earlierUntil)) {
                return LeaseAnswer.refused("started a moment ago: what was promised before may still bind");
            }
            FailsafePrimary promised = primary;
            if (isBinding() && promised != null && !promised.name().equals(request.candidate())) {
                return LeaseAnswer.refused("promised " + promised.name() + " for another "
                        + until.since(now).toMillis() + " ms");
            }
            MonotonicTime end = now.plus(request.length());
            votes.merge(request.about(), end, (old, one) -> old.isBefore(one) ? one : old);
            return LeaseAnswer.GIVEN;
        }
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

    /** Whether a promise is binding that was asked for in failsafe mode. */
    synchronized boolean isConsent() {
        return inFailsafeMode && isBinding();
    }

    /** To whom a promise is binding. */
    synchronized Optional<FailsafePrimary> primary() {
        return isBinding() ? Optional.ofNullable(primary) : Optional.empty();
    }

    /** How long a promise binds; zero: there is none. */
    synchronized Duration left() {
        return isBinding() ? until.since(time.now()) : Duration.ZERO;
    }
}
