package io.matriarch.agent.cycle;

import io.matriarch.engine.LockOutcome;
import io.matriarch.model.ClusterStatus;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Key;
import io.matriarch.model.Lsn;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Revision;
import io.matriarch.model.Role;
import io.matriarch.model.Threads;
import io.matriarch.model.Timing;
import io.matriarch.postgres.PostgresInstance;
import io.matriarch.postgres.Postmaster;
import io.matriarch.store.AgentStore;
import io.matriarch.store.Expectation;
import io.matriarch.store.WriteOutcome;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Lock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Everything that happens to the leader key goes through here, so that the one deadline of {@link LeaseDeadline} and the
 * fence never say anything else than the last confirmed renewal. Used by the cycle and by jobs, one at a time.
 */
final class LockKeeper {

    private static final Logger LOG = System.getLogger("patroni.ha");

    private final AgentStore store;
    private final PostgresInstance postgres;
    private final LeaseDeadline flag;
    private final LeaseGuard guard;
    private final FailsafePromise promise;
    private final Watchdog watchdog;
    /** Held over requests: a renewal must not cross a release on its way to the store. */
    private final Lock exclusive;

    private volatile Timing timing;
    private volatile boolean paused;
    /** How often the key was given up; guarded by {@link #exclusive}. */
    private long releases;
    /** {@link #releases} when the cycle began to read its present view; guarded by {@link #exclusive}. */
    private long releasesSeen;

    LockKeeper(
            AgentStore store,
            PostgresInstance postgres,
            LeaseDeadline flag,
            LeaseGuard guard,
            FailsafePromise promise,
            Watchdog watchdog,
            Threads threads,
            Timing timing) {
        this.store = store;
        this.postgres = postgres;
        this.flag = flag;
        this.guard = guard;
        this.promise = promise;
        this.watchdog = watchdog;
        this.exclusive = threads.newLock();
        this.timing = timing;
    }

    /** The cycle is about to read the store: what it will see comes after every release that is through by now. */
    void beforeLoad() {
        exclusive.lock();
        try {
            releasesSeen = releases;
        } finally {
            exclusive.unlock();
        }
    }

    /**
     * Other times, for the store too. The next request may bind the key to a lease of the new length although its answer is
     * lost: with a shorter {@code ttl} ours ends that much earlier at once.
     */
    void applyTiming(Timing next) {
        exclusive.lock();
        try {
            if (next.ttl().compareTo(timing.ttl()) < 0) {
                flag.shortenTo(next.ttl());
                guardPrimary();
            }
            store.applyTiming(next);
            timing = next;
        } finally {
            exclusive.unlock();
        }
    }

    /** Takes over what a cycle sees before it decides. */
    void observe(boolean isPaused, ClusterView view, String me) {
        paused = isPaused;
        promise.endRace(); // what became of the last attempt is seen now
        if (view.isUnlocked()) {
            flag.conceal();
        } else if (!view.isLeader(me)) {
            flag.drop();
        }
        if (isPaused) {
            releaseGuard();
        }
    }

    /**
     * How an attempt ended.
     *
     * @param along version of the keys that were written with it; {@link Revision#NONE}: they were not
     */
    record Acquired(LockOutcome outcome, Revision along) {}

    /** Refused without asking while this node has promised a primary not to race. */
    Acquired acquire(List<AgentStore.Along> along) {
        if (!promise.beginRace()) {
            LOG.log(Level.INFO, "Could not take out TTL lock: a primary leads in failsafe mode");
            return new Acquired(LockOutcome.REFUSED, Revision.NONE);
        }
        Acquired acquired = acquireAlone(along);
        if (acquired.outcome() != LockOutcome.UNKNOWN) {
            promise.endRace();
        }
        return acquired;
    }

    private Acquired acquireAlone(List<AgentStore.Along> along) {
        exclusive.lock();
        try {
            limitPredecessor();
            AgentStore.Acquired acquired = store.acquireLeader(along);
            return new Acquired(hold(acquired.leader()), acquired.along());
        } finally {
            exclusive.unlock();
        }
    }

    /**
     * All others consented to this primary, asked at {@code asked}: they do not race for {@code ttl} from then on, as they
     * were told, and did not before as long as our lease was valid. False when it was not, or was given up.
     */
    boolean extendByConsent(MonotonicTime asked, Duration ttl) {
        return extendByConsent(asked.plus(ttl));
    }

    /** The same when it is known already until when nobody races. */
    boolean extendByConsent(MonotonicTime end) {
        exclusive.lock();
        try {
            if (releases != releasesSeen || !flag.extendUndisputedTo(end)) {
                return false;
            }
            watchdog.keepAlive();
            guardPrimary();
            return true;
        } finally {
            exclusive.unlock();
        }
    }

    /** How long the lease lasts. */
    Duration left() {
        return flag.left();
    }

    /** See {@link LeaseDeadline#term}. */
    long term() {
        return flag.term();
    }

    /** See {@link LeaseDeadline#isByStore}. */
    boolean isByStore() {
        return flag.isByStore();
    }

    /** See {@link LeaseDeadline#unbrokenRenewal}. */
    @Nullable
    MonotonicTime unbrokenRenewal() {
        return flag.unbrokenRenewal();
    }

    /** See {@link LeaseDeadline#isUnbroken}. */
    boolean isUnbroken() {
        return flag.isUnbroken();
    }

    /** See {@link LeaseDeadline#gaps}. */
    long gaps() {
        return flag.gaps();
    }

    /** See {@link LeaseDeadline#electorateWritten}. */
    void electorateWritten(long gapsBefore) {
        flag.electorateWritten(gapsBefore);
    }

    /** Whether the lease is valid now. */
    boolean leads() {
        return flag.isLeader();
    }

    /**
     * Renews the key that {@code view} says is ours. A key that is gone is made again only within our lease, when nobody
     * else can have led meanwhile; and never when a job has given it up since the view was read.
     */
    LockOutcome renew(ClusterView view) {
        return hold(() -> {
            if (releases != releasesSeen) {
                return new WriteOutcome.Refused("the leader key was released meanwhile");
            }
            return flag.isLeader() ? store.renewLeader(view) : store.confirmLeader(view);
        });
    }

    /** The same beside the cycle; not tried when {@code allowed} says no, or the lease is over or given up. */
    LockOutcome renewIf(BooleanSupplier allowed, ClusterView view) {
        exclusive.lock();
        try {
            boolean may = allowed.getAsBoolean() && releases == releasesSeen && flag.isLeader();
            return may ? hold(store.renewLeader(view)) : LockOutcome.NOT_TRIED;
        } finally {
            exclusive.unlock();
        }
    }

    LockOutcome take() {
        return hold(store::takeLeader);
    }

    private LockOutcome hold(Supplier<WriteOutcome> request) {
        exclusive.lock();
        try {
            limitPredecessor();
            return hold(request.get());
        } finally {
            exclusive.unlock();
        }
    }

    /**
     * An earlier agent may have armed the guard for a longer lease than the one to which the key is about to be bound, although we may not
     * live to hear of it.
     */
    private void limitPredecessor() {
        flag.firstEnd(timing.ttl()).ifPresent(guard::holdNoLongerThan);
    }

    private LockOutcome hold(WriteOutcome outcome) {
        return switch (outcome) {
            case WriteOutcome.Applied(var _, var sentAt) -> {
                flag.extendByStore(sentAt, timing.ttl());
                watchdog.keepAlive();
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
        if (acceptsWrites()) {
            guardPostmaster();
        }
    }

    /**
     * Arms the guard for a server that is about to become primary. False when the lease is over, also when it ended while
     * the guard was told; a replica whose lease is over is not armed at all, for the guard would stop it.
     */
    boolean guardPromotion() {
        if (!flag.isLeader()) {
            return false;
        }
        if (promise.isBinding()) {
            LOG.log(Level.WARNING, "not promoting: a primary leads in failsafe mode by our consent");
            return false;
        }
        guardPostmaster();
        return flag.isLeader();
    }

    /** After a promotion, or what became of it. */
    void guardOutcomeOfPromotion() {
        if (acceptsWrites()) {
            guardPostmaster();
        } else {
            releaseGuard();
        }
    }

    private boolean acceptsWrites() {
        Role role = postgres.role();
        return role == Role.PRIMARY || role == Role.PROMOTED;
    }

    private void guardPostmaster() {
        Optional<MonotonicTime> leaseEnd = flag.deadline();
        Postmaster postmaster = postgres.postmaster();
        if (leaseEnd.isPresent() && postmaster != null && !paused) {
            guard.holdUntil(postmaster, leaseEnd.get());
        }
    }

    /** Nobody can write here any more, or the cluster is paused. */
    void releaseGuard() {
        guard.release();
        watchdog.disable();
    }

    /**
     * Gives the lock up of our own will (contract ha-loop.md 11.2).
     *
     * @param position final position to publish; null: none
     */
    void release(ClusterView view, @Nullable Lsn position) {
        WriteOutcome outcome;
        exclusive.lock();
        try {
            releases++;
            flag.drop();
            outcome = position != null && position.isKnown()
                    ? store.releaseLeader(
                            view, view.status().withOptime(position).toJson())
                    : store.releaseLeader(view);
        } finally {
            exclusive.unlock();
        }
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
