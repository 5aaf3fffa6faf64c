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
import io.matriarch.model.RemoteMember;
import io.matriarch.model.Role;
import io.matriarch.postgres.ControlData;
import io.matriarch.postgres.PostgresInstance;
import io.matriarch.postgres.RewindCheck;
import io.matriarch.postgres.StartRequest;
import io.matriarch.postgres.StopRequest;
import io.matriarch.postgres.Upstream;
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
    private static final String REQUESTED = ": demote";
    private static final String RESTARTING = "starting after demotion";
    private static final String TO_STANDBY_CLUSTER = "demoting to a standby cluster";

    private final PostgresInstance postgres;
    private final Peers peers;
    private final LockKeeper lock;
    private final Jobs jobs;
    private final Takeover takeover;

    Demotion(PostgresInstance postgres, Peers peers, LockKeeper lock, Jobs jobs, Takeover takeover) {
        this.postgres = postgres;
        this.peers = peers;
        this.lock = lock;
        this.jobs = jobs;
        this.takeover = takeover;
    }

    /** The job's name; the cycle's result line carries its own text. */
    static String jobName(DemoteMode mode, @Nullable FailoverRequest request) {
        if (mode == DemoteMode.DEMOTE_CLUSTER) {
            return TO_STANDBY_CLUSTER;
        }
        return mode == DemoteMode.GRACEFUL && request != null ? request.action() + REQUESTED : RESTARTING;
    }

    /** Whether a job of this name is a demotion. */
    static boolean isDemotion(String jobName) {
        return jobName.equals(RESTARTING) || jobName.equals(TO_STANDBY_CLUSTER) || jobName.endsWith(REQUESTED);
    }

    Jobs.Completion run(DemoteMode mode, Situation s) throws InterruptedException {
        LOG.log(Level.INFO, "Demoting self ({0})", mode);
        switch (mode) {
            case GRACEFUL -> graceful(s);
            case IMMEDIATE -> {
                if (stop(StopRequest.immediate(s.timing().retryTimeout()))) {
                    lock.release(s.view(), null);
                    awaitTakeover(s.me());
                }
            }
            case DEMOTE_CLUSTER -> demoteCluster(s);
            case IMMEDIATE_NOLOCK -> stop(StopRequest.immediate(s.timing().retryTimeout()));
            case OFFLINE -> {
                // Once nobody can write, a slow end of the server is no reason to end it harder.
                var request = new StopRequest(
                        StopRequest.Mode.FAST, false, true, s.timing().retryTimeout(), lock::releaseGuard, null);
                if (stop(request)) {
                    start(null);
                }
            }
        }
        return NodeMemory::scheduleDivergenceCheck;
    }

    private void graceful(Situation s) throws InterruptedException {
        var released = new AtomicBoolean();
        Duration limit = s.config().primaryStopTimeout();
        Duration timeout = s.config().isSynchronous() && limit.isPositive() ? limit : null;
        boolean stopped = stop(new StopRequest(StopRequest.Mode.FAST, true, true, timeout, () -> {}, position -> {
            if (isHeldByOthers(s, position)) {
                postgres.setRole(Role.DEMOTED, false);
                lock.releaseGuard();
                lock.release(s.view(), position);
                released.set(true);
            }
        }));
        if (!stopped) {
            return;
        }
        if (!released.get()) {
            lock.release(s.view(), postgres.shutdownPosition().orElse(null));
        }
        ClusterView fresh = awaitTakeover(s.me());
        if (jobs.isCancelled()) {
            return;
        }
        String name = fresh.isLeader(s.me()) ? null : fresh.leaderName();
        Upstream leader = Upstreams.of(fresh, name, s.me(), s.config());
        boolean diverged =
                leader != null && s.local().rewindUsable() && postgres.checkDivergence(leader) == RewindCheck.NEEDED;
        if (!diverged) {
            start(leader);
        }
    }

    /**
     * 14.4: with an archive the lock is kept, and the last segment is archived, so that sites that are fed from there only
     * get the shutdown checkpoint and need no rewind. Without one, another member may take over at once.
     */
    private void demoteCluster(Situation s) throws InterruptedException {
        boolean archives = s.hasLock() && postgres.isArchiving();
        var released = new AtomicBoolean();
        if (!archives) {
            LOG.log(Level.INFO, "Not archiving latest checkpoint WAL file. Archiving is not configured.");
        }
        boolean stopped = stop(new StopRequest(
                StopRequest.Mode.FAST,
                false,
                true,
                null,
                () -> {},
                archives || !s.hasLock() ? null : position -> releaseToHolder(s, position, released)));
        if (!stopped) {
            return;
        }
        if (archives) {
            lock.renew(s.view());
            if (!postgres.archiveShutdownCheckpoint()) {
                LOG.log(Level.ERROR, "Failed to archive WAL file with the shutdown checkpoint");
            }
        }
        ClusterView view = released.get() ? awaitTakeover(s.me()) : s.view();
        if (jobs.isCancelled()) {
            return;
        }
        boolean leads = s.hasLock() && !released.get();
        String upstream = leads || view.isUnlocked() || view.isLeader(s.me())
                ? s.config().remoteMember().map(RemoteMember::name).orElse(null)
                : view.leaderName();
        postgres.start(new StartRequest(
                leads ? Role.STANDBY_LEADER : Role.REPLICA,
                Upstreams.of(view, upstream, s.me(), s.config()),
                null,
                postgres.anyCallbackCalled()));
    }

    private void releaseToHolder(Situation s, Lsn position, AtomicBoolean released) {
        Lsn checkpoint =
                postgres.controlData().map(ControlData::checkpointLocation).orElse(position);
        if (isHeldByOthers(s, checkpoint)) {
            postgres.setRole(Role.DEMOTED, false);
            lock.releaseGuard();
            lock.release(s.view(), checkpoint);
            released.set(true);
        }
    }

    /** False when a postmaster is left: then this is still a primary, and whoever demotes next must know. */
    private boolean stop(StopRequest request) {
        postgres.stop(request);
        if (postgres.postmaster() != null) {
            LOG.log(Level.ERROR, "PostgreSQL was not stopped: the demotion is not complete");
            return false;
        }
        lock.releaseGuard();
        postgres.setRole(Role.DEMOTED, false);
        return true;
    }

    private void start(@Nullable Upstream upstream) {
        postgres.setSynchronousStandbyNames(null);
        postgres.start(new StartRequest(Role.REPLICA, upstream, null, postgres.anyCallbackCalled()));
    }

    /** Whether somebody who may lead holds everything up to the shutdown checkpoint. */
    boolean isHeldByOthers(Situation s, Lsn position) {
        FailoverRequest request = s.view().failover();
        Situation asking = s.with(Answers.NONE);
        return switch (FailoverPossible.check(asking, request, position)) {
            case FailoverPossible.Ask(var names) -> {
                List<Member> members =
                        names.stream().flatMap(n -> s.view().member(n).stream()).toList();
                Situation answered = asking.with(asking.answers()
                        .withPeers(peers.poll(members, asking.timing().ttl().dividedBy(3))));
                yield FailoverPossible.check(answered, request, position) instanceof FailoverPossible.Yes;
            }
            case FailoverPossible.Yes _ -> true;
            case FailoverPossible.No _ -> false;
        };
    }

    /** The cluster once somebody else leads, or nobody took the lock in time; empty when it could not be read. */
    private ClusterView awaitTakeover(String me) throws InterruptedException {
        try {
            return takeover.awaitPrimary(me, jobs::isCancelled);
        } catch (StoreUnavailableException e) {
            LOG.log(Level.WARNING, "Could not read the cluster after releasing the leader key: {0}", e.getMessage());
            return ClusterView.EMPTY;
        }
    }
}
