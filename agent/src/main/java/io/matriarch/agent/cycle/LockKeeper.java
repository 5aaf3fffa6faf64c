package io.matriarch.agent.cycle;

import io.matriarch.engine.LockOutcome;
import io.matriarch.model.ClusterStatus;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Key;
import io.matriarch.model.Lsn;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Role;
import io.matriarch.model.Timing;
import io.matriarch.postgres.PostgresInstance;
import io.matriarch.postgres.Postmaster;
import io.matriarch.store.AgentStore;
import io.matriarch.store.Expectation;
import io.matriarch.store.WriteOutcome;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Everything that happens to the leader key goes through here, so that the one deadline of {@link LeaseDeadline} and the
 * fence never say anything else than the last confirmed renewal. Used by the cycle and by jobs, hence synchronized where
 * it keeps state.
 */
final class LockKeeper {

    private static final Logger LOG = System.getLogger("patroni.ha");

    private final AgentStore store;
    private final PostgresInstance postgres;
    private final LeaseDeadline flag;
    private final LeaseGuard guard;
    private volatile Timing timing;
    private volatile boolean paused;

    LockKeeper(AgentStore store, PostgresInstance postgres, LeaseDeadline flag, LeaseGuard guard, Timing timing) {
        this.store = store;
        this.postgres = postgres;
        this.flag = flag;
        this.guard = guard;
        this.timing = timing;
    }

    /** Takes over what a cycle sees before it decides. */
    void observe(Timing newTiming, boolean isPaused, boolean namedAsLeader) {
        timing = newTiming;
        paused = isPaused;
        if (!namedAsLeader) {
            flag.drop();
        }
        if (isPaused) {
            guard.release();
        }
    }

    LockOutcome acquire() {
        return hold(store.acquireLeader());
    }

    LockOutcome renew(ClusterView view) {
        return hold(store.renewLeader(view));
    }

    LockOutcome take() {
        return hold(store.takeLeader());
    }

    private LockOutcome hold(WriteOutcome outcome) {
        return switch (outcome) {
            case WriteOutcome.Applied(_, var sentAt) -> {
                flag.extendTo(sentAt.plus(timing.ttl()));
                guardPrimary();
                yield LockOutcome.APPLIED;
            }
            case WriteOutcome.Refused(var reason) -> {
                LOG.log(Level.INFO, "Could not take out TTL lock: {0}", reason);
                flag.drop();
                yield LockOutcome.REFUSED;
            }
            case WriteOutcome.Unknown(var reason) -> {
                LOG.log(Level.ERROR, "Leader key: {0}", reason);
                yield LockOutcome.UNKNOWN;
            }
        };
    }

    /** Arms the guard with the present lease when PostgreSQL here can accept writes. */
    void guardPrimary() {
        Role role = postgres.role();
        if (!paused && (role == Role.PRIMARY || role == Role.PROMOTED)) {
            guardPostmaster();
        }
    }

    /** Arms the guard for a server that is about to become primary; false when the lease is over already. */
    boolean guardPromotion() {
        guardPostmaster();
        return flag.isLeader();
    }

    private void guardPostmaster() {
        Optional<MonotonicTime> leaseEnd = flag.deadline();
        Postmaster postmaster = postgres.postmaster();
        if (leaseEnd.isPresent() && postmaster != null && !paused) {
            guard.holdUntil(postmaster, leaseEnd.get());
        }
    }

    void releaseGuard() {
        guard.release();
    }

    /**
     * Gives the lock up of our own will (contract ha-loop.md 11.2).
     *
     * @param position final position to publish; null: none
     */
    void release(ClusterView view, @Nullable Lsn position) {
        flag.drop();
        if (position != null && position.isKnown()) {
            publishFinalPosition(view.status(), position);
        }
        WriteOutcome outcome = store.releaseLeader(view);
        if (outcome.isApplied()) {
            LOG.log(Level.INFO, "Leader key released");
        } else {
            LOG.log(Level.WARNING, "Leader key was not released: {0}", outcome);
        }
    }

    /** Slots and names that were published last travel along. */
    void publishFinalPosition(ClusterStatus last, Lsn position) {
        store.put(Key.STATUS, last.withOptime(position).toJson(), Expectation.ANY);
    }
}
