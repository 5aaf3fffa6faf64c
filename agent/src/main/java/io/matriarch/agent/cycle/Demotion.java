package io.matriarch.agent.cycle;

import io.matriarch.agent.peers.Peers;
import io.matriarch.engine.Answers;
import io.matriarch.engine.DemoteMode;
import io.matriarch.engine.FailoverPossible;
import io.matriarch.engine.Situation;
import io.matriarch.model.ClusterView;
import io.matriarch.model.FailoverRequest;
import io.matriarch.model.Lsn;
import io.matriarch.model.Member;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Role;
import io.matriarch.model.TimeSource;
import io.matriarch.postgres.PostgresInstance;
import io.matriarch.postgres.RewindCheck;
import io.matriarch.postgres.StartRequest;
import io.matriarch.postgres.StopRequest;
import io.matriarch.postgres.Upstream;
import io.matriarch.store.AgentStore;
import io.matriarch.store.StoreUnavailableException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Stepping down (contract ha-loop.md 11.1). Runs as the background job, so that one demotion cannot overlap another and
 * the lease is renewed while PostgreSQL shuts down in an orderly way.
 */
final class Demotion {

    private static final Logger LOG = System.getLogger("patroni.ha");
    /** How long others may need to take a lock that was given up, before this node starts to follow. */
    private static final Duration TAKEOVER_LIMIT = Duration.ofSeconds(2);
    private static final Duration TAKEOVER_POLL = Duration.ofMillis(50);

    private final AgentStore store;
    private final PostgresInstance postgres;
    private final Peers peers;
    private final LockKeeper lock;
    private final TimeSource time;

    Demotion(AgentStore store, PostgresInstance postgres, Peers peers, LockKeeper lock, TimeSource time) {
        this.store = store;
        this.postgres = postgres;
        this.peers = peers;
        this.lock = lock;
        this.time = time;
    }

    /** The job's name; the cycle's result line carries its own text. */
    static String jobName(DemoteMode mode, @Nullable FailoverRequest request) {
        return mode == DemoteMode.GRACEFUL && request != null
                ? request.action() + ": demote"
                : "starting after demotion";
    }

    Jobs.Completion run(DemoteMode mode, Situation s) throws InterruptedException {
        LOG.log(Level.INFO, "Demoting self ({0})", mode);
        return switch (mode) {
            case GRACEFUL -> graceful(s);
            case IMMEDIATE -> immediate(s);
            case IMMEDIATE_NOLOCK -> {
                stop(StopRequest.immediate(null));
                yield NodeMemory::scheduleDivergenceCheck;
            }
            case OFFLINE -> {
                stop(StopRequest.fast(false, s.timing().retryTimeout()));
                start(s, null);
                yield NodeMemory::scheduleDivergenceCheck;
            }
        };
    }

    private Jobs.Completion graceful(Situation s) throws InterruptedException {
        var released = new AtomicBoolean();
        Duration limit = s.config().primaryStopTimeout();
        Duration timeout = s.config().isSynchronous() && limit.isPositive() ? limit : null;
        stop(new StopRequest(StopRequest.Mode.FAST, true, true, timeout, () -> {}, position -> {
            if (isHeldByOthers(s, position)) {
                postgres.setRole(Role.DEMOTED, false);
                lock.release(s.view(), position);
                released.set(true);
            }
        }));
        if (!released.get()) {
            lock.release(s.view(), postgres.shutdownPosition().orElse(null));
        }
        ClusterView fresh = awaitTakeover(s.me());
        Upstream leader = Upstreams.of(fresh, fresh.leaderName(), s.me(), s.config().useSlots());
        if (leader != null
                && s.local().rewindUsable()
                && postgres.checkDivergence(leader) == RewindCheck.NEEDED) {
            return NodeMemory::scheduleDivergenceCheck;
        }
        start(s, leader);
        return NodeMemory::scheduleDivergenceCheck;
    }

    private Jobs.Completion immediate(Situation s) throws InterruptedException {
        stop(StopRequest.immediate(null));
        lock.release(s.view(), null);
        awaitTakeover(s.me());
        return NodeMemory::scheduleDivergenceCheck;
    }

    private void stop(StopRequest request) {
        postgres.stop(request);
        if (postgres.postmaster() == null) {
            lock.releaseGuard();
        }
        postgres.setRole(Role.DEMOTED, false);
    }

    private void start(Situation s, @Nullable Upstream upstream) {
        if (s.config().isSynchronous()) {
            postgres.setSynchronousStandbyNames(null);
        }
        postgres.start(new StartRequest(Role.REPLICA, upstream, null, postgres.anyCallbackCalled()));
    }

    /** Whether somebody who may lead holds everything up to the shutdown checkpoint. */
    boolean isHeldByOthers(Situation s, Lsn position) {
        FailoverRequest request = s.view().failover();
        Situation asking = s.with(Answers.NONE);
        return switch (FailoverPossible.check(asking, request, position)) {
            case FailoverPossible.Ask(var names) -> {
                List<Member> members = names.stream()
                        .flatMap(n -> s.view().member(n).stream())
                        .toList();
                Situation answered = asking.with(asking.answers().withPeers(peers.poll(members)));
                yield FailoverPossible.check(answered, request, position) instanceof FailoverPossible.Yes;
            }
            case FailoverPossible.Yes _ -> true;
            case FailoverPossible.No _ -> false;
        };
    }

    /** Waits until somebody else has the lock, within {@link #TAKEOVER_LIMIT}; returns the last view. */
    private ClusterView awaitTakeover(String me) throws InterruptedException {
        MonotonicTime limit = time.now().plus(TAKEOVER_LIMIT);
        ClusterView view = ClusterView.EMPTY;
        while (time.now().isBefore(limit)) {
            try {
                view = store.load();
            } catch (StoreUnavailableException e) {
                LOG.log(Level.WARNING, "Could not read the cluster after releasing the leader key: {0}", e.getMessage());
                return view;
            }
            if (!view.isUnlocked() && !view.isLeader(me)) {
                return view;
            }
            time.sleep(TAKEOVER_POLL);
        }
        return view;
    }
}
