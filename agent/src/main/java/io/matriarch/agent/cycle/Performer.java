package io.matriarch.agent.cycle;

import io.matriarch.agent.peers.Peers;
import io.matriarch.engine.CloneSources;
import io.matriarch.engine.DemoteMode;
import io.matriarch.engine.Durability;
import io.matriarch.engine.FailsafeCheck;
import io.matriarch.engine.HaRules;
import io.matriarch.engine.LockOutcome;
import io.matriarch.engine.Memory.BootstrapPhase;
import io.matriarch.engine.Memory.FailedPromotion;
import io.matriarch.engine.Memory.NoRace;
import io.matriarch.engine.RewindState;
import io.matriarch.engine.Situation;
import io.matriarch.engine.Step;
import io.matriarch.engine.WatchdogCondition;
import io.matriarch.engine.sync.StandbyNames;
import io.matriarch.model.ClusterView;
import io.matriarch.model.ConfigKey;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.FailoverRequest;
import io.matriarch.model.Json;
import io.matriarch.model.Key;
import io.matriarch.model.LeaderKey;
import io.matriarch.model.Member;
import io.matriarch.model.RemoteMember;
import io.matriarch.model.Revision;
import io.matriarch.model.Role;
import io.matriarch.model.SyncState;
import io.matriarch.model.TimeSource;
import io.matriarch.postgres.CloneSource;
import io.matriarch.postgres.ControlData;
import io.matriarch.postgres.LocalFacts.Snapshot;
import io.matriarch.postgres.PostgresInstance;
import io.matriarch.postgres.PromoteOutcome;
import io.matriarch.postgres.RecoveryChange;
import io.matriarch.postgres.RewindCheck;
import io.matriarch.postgres.RewindOutcome;
import io.matriarch.postgres.StartOutcome;
import io.matriarch.postgres.StartRequest;
import io.matriarch.postgres.StopOutcome;
import io.matriarch.postgres.StopRequest;
import io.matriarch.postgres.Upstream;
import io.matriarch.store.AgentStore;
import io.matriarch.store.Expectation;
import io.matriarch.store.StoreUnavailableException;
import io.matriarch.store.WriteOutcome;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Performs the engine's steps: one method a step. Short ones are done at once and their outcome is folded into the
 * situation; long ones become the background job, and what they learn reaches the cycle's memory when it collects them.
 */
final class Performer {

    private static final Logger LOG = System.getLogger("patroni.ha");
    private static final Logger BOOTSTRAP = System.getLogger("patroni.postgresql.bootstrap");

    private static final int REPLAY_PAUSES_BY_ITSELF = 140000;

    private final AgentStore store;
    private final PostgresInstance postgres;
    private final Peers peers;
    private final LockKeeper lock;
    private final StatusKeeper status;
    private final Failsafe failsafe;
    private final ElectorateKeeper electorate;
    private final LeaseRenewer renewer;
    private final Watchdog watchdog;
    private final SyncKeeper sync;
    private final HistoryKeeper history;
    private final TimelineKeeper timelines;
    private final Demotion demotion;
    private final Takeover takeover;
    private final PostCrashGateKeeper gate;
    private final Journal journal;
    private final CheckpointKeeper checkpoints;
    private final Jobs jobs;
    private final NodeMemory memory;
    /** The last dynamic configuration that was accepted; the leader restores the key from it. */
    private final Supplier<DynamicConfig> accepted;

    private final NodeExit exit;
    private final TimeSource time;
    /** How the demotion that runs, or ran last, steps down. */
    private DemoteMode demoting = DemoteMode.GRACEFUL;

    Performer(
            AgentStore store,
            PostgresInstance postgres,
            Peers peers,
            LockKeeper lock,
            StatusKeeper status,
            Failsafe failsafe,
            ElectorateKeeper electorate,
            LeaseRenewer renewer,
            Watchdog watchdog,
            SyncKeeper sync,
            HistoryKeeper history,
            TimelineKeeper timelines,
            Demotion demotion,
            Takeover takeover,
            PostCrashGateKeeper gate,
            Journal journal,
            CheckpointKeeper checkpoints,
            Jobs jobs,
            NodeMemory memory,
            Supplier<DynamicConfig> accepted,
            NodeExit exit,
            TimeSource time) {
        this.store = store;
        this.postgres = postgres;
        this.peers = peers;
        this.lock = lock;
        this.status = status;
        this.failsafe = failsafe;
        this.electorate = electorate;
        this.renewer = renewer;
        this.watchdog = watchdog;
        this.sync = sync;
        this.history = history;
        this.timelines = timelines;
        this.demotion = demotion;
        this.takeover = takeover;
        this.gate = gate;
        this.journal = journal;
        this.checkpoints = checkpoints;
        this.jobs = jobs;
        this.memory = memory;
        this.accepted = accepted;
        this.exit = exit;
        this.time = time;
    }

    /** Performs one step and returns the situation with its outcome. */
    Situation perform(Step step, Situation s, Optional<Snapshot> snapshot) throws StoreUnavailableException {
        return switch (step) {
            case Step.RenewLock(var withStatus) -> renew(s, withStatus, snapshot);
            case Step.AcquireLock _ -> acquire(s);
            case Step.AskPeers(var names) -> ask(s, names);
            case Step.ReloadView _ -> {
                lock.beforeLoad();
                yield s.with(failsafe.withAnnounced(store.load(), s.config()))
                        .with(s.answers().withViewReloaded());
            }
            case Step.AwaitLeader _ -> {
                lock.beforeLoad();
                yield s.with(failsafe.withAnnounced(awaitLeader(s), s.config()))
                        .with(s.answers().withViewReloaded());
            }
            case Step.AskForFailsafe _ -> s.with(s.answers().withFailsafe(askToLeadOn(s, snapshot)));
            case Step.AskForVotes _ -> s.with(s.answers().withVotes(electorate.askForVotes(s)));
            case Step.TakeElectorate _ -> s.with(s.answers().withElectorate(electorate.takeOver(s)));
            case Step.ClearFailover(var request) -> clearFailover(s, request);
            case Step.SettleFailover settle -> {
                store.put(Key.FAILOVER, settle.value(), expectation(settle));
                yield s.with(s.answers().withSettled(step));
            }
            case Step.RaceForInitialize _ -> raceForInitialize(s);
            case Step.WriteInitialize(var identifier) -> {
                Expectation expected = s.view().initialize() == null ? Expectation.ABSENT : Expectation.ANY;
                store.put(Key.INITIALIZE, identifier, expected);
                yield s.with(s.answers().withSettled(step));
            }
            case Step.RestoreConfig _ -> {
                Situation now = s.with(store.load()).with(s.answers().withSettled(step));
                if (!HaRules.mayRestoreConfig(now)) {
                    yield now; // somebody was quicker, or what must be there before it is not
                }
                ConfigKey invalid = now.view().config();
                store.put(
                        Key.CONFIG,
                        Json.compact(accepted.get().document()),
                        invalid == null ? Expectation.ABSENT : new Expectation.Version(invalid.revision()));
                yield now.with(store.load());
            }
            case Step.ScheduleDivergenceCheck _ -> {
                memory.scheduleDivergenceCheck();
                yield remember(s).with(s.answers().withSettled(step));
            }
            case Step.CheckDivergence(var leader) -> checkDivergence(s, leader);
            case Step.PrepareSyncForPromotion _ -> s.with(s.answers().withSyncPrepared(sync.prepareForPromotion(s)));
            case Step.TakeBackSyncForPromotion _ -> {
                sync.takeBack(s.view().sync());
                yield s.with(s.answers().withSettled(step));
            }
            case Step.ReserveTimeline _ ->
                s.with(s.answers()
                        .withTimelineReserved(
                                timelines.reserve(s.view(), s.local().timeline())));
            case Step.ConfirmCheckpoint _ -> {
                confirmCheckpoint(s);
                yield remember(s).with(s.answers().withSettled(step));
            }
            case Step.ManageSynchronousSet _ -> {
                sync.manage(s, snapshot);
                yield s.with(s.answers().withSettled(step));
            }
            case Step.ActivateWatchdog _ -> {
                watchdog.activate();
                yield remember(s).with(s.answers().withSettled(step));
            }
            case Step.UpdateHistory _ -> {
                history.update(s.view(), s.config(), s.local().timeline());
                timelines.publish(s.view(), s.local().timeline());
                yield s.with(s.answers().withSettled(step));
            }
            case Step.ForgetStartAttempt _ -> {
                forgetStartAttempt(s);
                yield remember(s).with(s.answers().withSettled(step));
            }
            case Step.EnterUninitialized _ -> {
                boolean stopped = enterUninitialized(s);
                yield (stopped ? s.with(s.local().withoutData()) : s)
                        .with(s.answers().withSettled(step));
            }
            case Step.SetRole(var role, var callback) -> {
                postgres.setRole(role, callback);
                yield s.with(s.answers().withSettled(step));
            }
            case Step.Rest _ -> s;
            case Step.ReleaseLock _ -> {
                releaseLock(s);
                yield s;
            }
            case Step.CancelTask _ -> {
                memory.promotionCancellable = false;
                postgres.cancel();
                yield s;
            }
            case Step.Demote(var mode) -> {
                demote(s, mode);
                yield s;
            }
            case Step.Promote _ -> {
                memory.durability = Durability.ofPromotion(s);
                promote();
                yield s;
            }
            case Step.FinishPromotion _ -> {
                finishPromotion();
                yield s;
            }
            case Step.StartAsPrimary _ -> {
                startAsPrimary(s);
                yield s;
            }
            case Step.StartAsReplica(var upstream, var role) -> {
                startAsReplica(s, upstream, role);
                yield s;
            }
            case Step.RecoverInSingleUserMode _ -> {
                recoverInSingleUserMode(s);
                yield s;
            }
            case Step.RecoverInStandbyMode _ -> {
                recoverInStandbyMode();
                yield s;
            }
            case Step.FinishStop(var immediately) -> {
                finishStop(immediately);
                yield s;
            }
            case Step.Follow(var upstream, var role) -> {
                follow(s, upstream, role);
                if (!s.isPaused() && snapshot.map(Snapshot::replayPaused).orElse(false)) {
                    resumeReplay();
                }
                yield s;
            }
            case Step.Rewind(var leader) -> {
                rewind(s, leader);
                yield s;
            }
            case Step.SetAsideUnreplayedWal _ -> {
                setAsideUnreplayedWal();
                yield s;
            }
            case Step.TurnBack _ -> {
                run("turning PostgreSQL back from a timeline of nobody", () -> {
                    postgres.turnBack();
                    return NodeMemory::scheduleDivergenceCheck;
                });
                yield s;
            }
            case Step.ReinitializeDiverged _ -> {
                clone(s, sourceInsteadOf(s), "reinitializing due to diverged timelines");
                yield s;
            }
            case Step.Bootstrap _ -> {
                bootstrap();
                yield s;
            }
            case Step.BootstrapStandbyLeader _ -> {
                bootstrapStandbyLeader(s);
                yield s;
            }
            case Step.PostBootstrap _ -> {
                postBootstrap();
                yield s;
            }
            case Step.FinishBootstrap _ -> {
                finishBootstrap(s);
                yield s;
            }
            case Step.FailBootstrap _ -> {
                failBootstrap();
                yield s;
            }
            case Step.Clone(var source) -> {
                clone(s, source, jobNameOfClone(s, source));
                yield s;
            }
            case Step.Exit(var code, var stopPostgres) -> {
                exit.request(code, stopPostgres);
                yield s;
            }
        };
    }

    /** The situation with what the memory says now. */
    private Situation remember(Situation s) {
        var old = s.memory();
        return s.with(memory.snapshot(
                s.now(),
                old.task(),
                old.callbackCalled(),
                watchdog.condition(),
                old.apiSilence(),
                old.interruptedRejoin()));
    }

    // ---- the lock

    private Situation renew(Situation s, boolean withStatus, Optional<Snapshot> snapshot) {
        LockOutcome outcome = lock.renew(s.view());
        if (outcome == LockOutcome.APPLIED) {
            renewer.allow(s);
            if (withStatus) {
                status.publish(s, snapshot);
            }
            failsafe.publish(s);
            electorate.publish(s);
        }
        return s.with(s.answers().withRenew(outcome));
    }

    /** A part of the electorate is enough where there is one; else failsafe mode needs everybody. */
    private FailsafeCheck askToLeadOn(Situation s, Optional<Snapshot> snapshot) {
        if (electorate.isUsable(s.config()) || !s.config().failsafeMode()) {
            FailsafeCheck check = electorate.ask(s.timing(), s.config());
            if (check.passed()) {
                renewer.allow(s);
            }
            if (check.passed() || !s.config().failsafeMode()) {
                return check;
            }
        }
        return failsafe.ask(s, snapshot);
    }

    /**
     * What the winner writes next goes along with the lock where the store has transactions: the number of the timeline, and
     * the end of the request. What did not is asked for by the rules.
     */
    private Situation acquire(Situation first) {
        boolean promotes = !first.config().isStandbyCluster() && !first.local().primaryHere();
        TimelineKeeper.@Nullable Claim claim =
                promotes ? timelines.claim(first.view(), first.local().timeline()) : null;
        FailoverRequest request = first.view().failover();
        Step.SettleFailover settle = request == null ? null : Step.SettleFailover.of(request, first.isPaused());
        var along = new ArrayList<AgentStore.Along>();
        if (claim != null) {
            along.add(new AgentStore.Along(Key.RESERVED_TIMELINE, claim.value(), claim.expectation()));
        }
        if (settle != null) {
            along.add(new AgentStore.Along(Key.FAILOVER, settle.value(), expectation(settle)));
        }
        // before the answer: a lock whose answer is lost was won on this key too
        memory.syncWhenWon = first.view().sync().revision();
        memory.lockTakenUnaware =
                !first.view().hasLostCluster(first.me()) && !first.local().primaryHere();
        LockKeeper.Acquired acquired = lock.acquire(along);
        Situation s = first;
        if (acquired.along().exists()) {
            if (claim != null) {
                timelines.claimed(claim, acquired.along());
                s = s.with(s.answers().withTimelineReserved(LockOutcome.APPLIED));
            }
            if (settle != null) {
                LOG.log(Level.INFO, settle.text());
                s = s.with(s.answers().withSettled(settle));
            }
        }
        return remember(acquired(s, acquired.outcome()));
    }

    private Situation acquired(Situation s, LockOutcome outcome) {
        ClusterView view = outcome == LockOutcome.APPLIED
                ? s.view().withLeader(new LeaderKey(s.me(), true, Revision.NONE))
                : s.view();
        if (outcome == LockOutcome.APPLIED) {
            renewer.allow(s);
            status.leadershipTaken(s);
            failsafe.publish(s);
        }
        return remember(s).with(view).with(s.answers().withAcquire(outcome));
    }

    /** Not longer than a cycle is meant to last. */
    private ClusterView awaitLeader(Situation s) throws StoreUnavailableException {
        Duration loopWait = s.timing().loopWait();
        Duration limit = loopWait.compareTo(Takeover.LIMIT) < 0 ? loopWait : Takeover.LIMIT;
        try {
            return takeover.await(s.me(), limit, () -> false);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return store.load();
        }
    }

    private void releaseLock(Situation s) {
        FailedPromotion failed = memory.failedPromotion;
        lock.release(s.view(), null);
        if (failed != null) {
            memory.failedPromotion = null;
            memory.noRace = new NoRace(s.now().plus(s.timing().ttl()), failed);
        }
        if (!s.local().running()) {
            lock.releaseGuard();
            if (postgres.role() == Role.PRIMARY) {
                postgres.setRole(Role.DEMOTED, true);
            }
        }
    }

    private Situation ask(Situation s, List<String> names) {
        Map<String, Member> known = s.knownMembers();
        List<Member> members =
                names.stream().map(known::get).filter(Objects::nonNull).toList();
        return s.with(s.answers().withPeers(peers.poll(members, s.timing().ttl().dividedBy(3))));
    }

    private Situation clearFailover(Situation s, FailoverRequest request) {
        store.put(Key.FAILOVER, FailoverRequest.CLEARED, Expectation.unchanged(request.revision()));
        return s.with(s.view().withFailover(null));
    }

    private static Expectation expectation(Step.SettleFailover settle) {
        return settle.keepCandidate() ? Expectation.unchanged(settle.request().revision()) : Expectation.ANY;
    }

    private Situation raceForInitialize(Situation s) {
        LockOutcome outcome = switch (store.put(Key.INITIALIZE, "", Expectation.ABSENT)) {
            case WriteOutcome.Applied _ -> LockOutcome.APPLIED;
            case WriteOutcome.Refused _ -> LockOutcome.REFUSED;
            case WriteOutcome.Unknown _ -> LockOutcome.UNKNOWN;
        };
        return s.with(s.answers().withInitializeRace(outcome));
    }

    // ---- divergence

    private Situation checkDivergence(Situation s, String leader) {
        Upstream upstream = upstream(s, leader);
        boolean remote = upstream != null && upstream.standbyCluster() != null;
        boolean leaderIsPrimary = s.view()
                .leaderMember()
                .flatMap(Member::role)
                .filter(r -> r == Role.PRIMARY)
                .isPresent();
        if (upstream != null && (remote || leaderIsPrimary)) {
            RewindCheck check = postgres.checkDivergence(upstream);
            memory.rewind = switch (check) {
                // where nothing may be mended, what was found for this leader is not kept for the next one
                case NEEDED -> s.local().mayMendDivergence() ? RewindState.NEEDED : RewindState.CHECK_SCHEDULED;
                case NOT_NEEDED -> RewindState.NOT_NEEDED;
                case UNREPLAYED -> RewindState.UNREPLAYED;
                // nothing is pending in a pause that does not happen in it: a server that is stopped by hand stays
                // stopped
                case ASTRAY -> s.isPaused() ? RewindState.NOT_NEEDED : RewindState.ASTRAY;
                case UNDECIDED -> RewindState.CHECK_SCHEDULED;
            };
            if (!remote && check != RewindCheck.UNDECIDED) {
                tellOfDeposition(s, check == RewindCheck.NEEDED);
            }
        }
        return remember(s.with(s.answers().withDivergenceChecked()));
    }

    /** Said once, by a node that was primary, or has WAL that only a primary can have written. */
    private void tellOfDeposition(Situation s, boolean diverged) {
        if (!diverged && !memory.wasPrimary) {
            return;
        }
        memory.wasPrimary = false;
        postgres.endOfWritten().ifPresent(local -> {
            Durability said = Durability.ofDeposed(s, local.timeline(), local.position(), diverged);
            if (!said.equals(memory.durability)) {
                memory.durability = said;
                LOG.log(said.isAlarming() ? Level.WARNING : Level.INFO, said.text());
                journal.event(said.text());
            }
        });
    }

    private void rewind(Situation s, String leader) {
        Upstream upstream = upstream(s, leader);
        if (upstream == null) {
            return;
        }
        run("running pg_rewind from " + leader, () -> {
            RewindOutcome outcome = postgres.rewind(upstream);
            if (outcome == RewindOutcome.LATER) {
                // what it waits for, a checkpoint of the leader or the leader itself, comes within seconds
                time.sleep(Duration.ofSeconds(1));
            }
            return m -> {
                switch (outcome) {
                    case DONE -> m.rewind = RewindState.SUCCEEDED;
                    case LATER -> m.rewind = RewindState.NEEDED;
                    case FAILED -> m.rewind = RewindState.FAILED;
                }
                m.crashRecoveryDone = false;
            };
        });
    }

    private void setAsideUnreplayedWal() {
        run("setting aside WAL that was not replayed", () -> {
            RewindOutcome outcome = postgres.setAsideUnreplayedWal();
            return m -> m.rewind = switch (outcome) {
                case DONE -> RewindState.INITIAL;
                case LATER -> RewindState.CHECK_SCHEDULED;
                case FAILED -> RewindState.FAILED;
            };
        });
    }

    private void confirmCheckpoint(Situation s) {
        int onDisk = postgres.controlData().map(ControlData::checkpointTimeline).orElse(0);
        if (onDisk != 0 && onDisk == s.local().timeline()) {
            memory.rewind = RewindState.CHECKPOINT_CONFIRMED;
        } else {
            checkpoints.request();
        }
    }

    // ---- running PostgreSQL

    private void demote(Situation s, DemoteMode mode) {
        String running = jobs.running();
        boolean demotes = running != null && Demotion.isDemotion(running);
        if (demotes && (demoting.isUrgent() || !mode.isUrgent())) {
            LOG.log(Level.INFO, "a demotion ({0}) is already in progress", demoting);
            return;
        }
        if (running != null) {
            jobs.cancelAndWait();
            jobs.collect(memory);
        }
        demoting = mode;
        memory.rewind = memory.rewind == RewindState.CHECKPOINT_CONFIRMED ? RewindState.INITIAL : memory.rewind;
        run(Demotion.jobName(mode, s.view().failover()), () -> demotion.run(mode, s));
    }

    private void promote() {
        memory.promotionCancellable = true;
        var reserved = timelines.use();
        run("promote", () -> {
            PromoteOutcome outcome = postgres.promote(reserved.timeline(), () -> {
                boolean mayGoOn = memory.promotionCancellable && !jobs.isCancelled() && lock.guardPromotion();
                memory.promotionCancellable = false;
                return mayGoOn;
            });
            return m -> {
                m.promotionCancellable = false;
                m.failedPromotion = switch (outcome) {
                    case PRE_PROMOTE_FAILED -> FailedPromotion.SCRIPT;
                    case FAILED -> FailedPromotion.SERVER;
                    case PROMOTED, CANCELLED -> null;
                };
                m.rewind = RewindState.INITIAL;
                if (outcome == PromoteOutcome.PRE_PROMOTE_FAILED || outcome == PromoteOutcome.CANCELLED) {
                    timelines.giveBack(reserved);
                }
                lock.guardOutcomeOfPromotion();
            };
        });
    }

    private void finishPromotion() {
        run("promote", () -> {
            PromoteOutcome outcome = lock.guardPromotion() ? postgres.finishPromotion() : PromoteOutcome.CANCELLED;
            LOG.log(Level.DEBUG, "Finishing the promotion: {0}", outcome);
            return m -> {
                m.rewind = RewindState.INITIAL;
                lock.guardOutcomeOfPromotion();
            };
        });
    }

    /**
     * With the synchronous standbys that the store promises: an agent that was started again does not know them, and the
     * first commits must not be acknowledged without them.
     */
    private void startAsPrimary(Situation s) {
        SyncState promised = s.view().sync();
        if (s.isSyncActive() && promised.isLeader(s.me()) && !promised.voters().isEmpty()) {
            List<String> voters = promised.voters();
            postgres.setSynchronousStandbyNames(
                    s.isQuorumActive()
                            ? StandbyNames.quorum(voters, Math.max(1, voters.size() - promised.quorum()))
                            : StandbyNames.priority(voters, voters.size()));
        }
        gate.beforeStart(s);
        start(s, "starting primary after failure", Role.PRIMARY, null);
    }

    private void startAsReplica(Situation s, @Nullable String upstream, Role role) {
        lock.releaseGuard();
        boolean holdsLock = s.view().isLeader(s.me());
        boolean willLead = holdsLock && !s.config().isStandbyCluster();
        if (willLead) {
            memory.rewind = RewindState.INITIAL;
        }
        if (!willLead || !s.config().isSynchronous()) {
            postgres.setSynchronousStandbyNames(null);
        }
        gate.beforeStart(s);
        start(s, "restarting after failure", role, upstream(s, upstream));
    }

    private void start(Situation s, String name, Role role, @Nullable Upstream upstream) {
        Role before = postgres.role();
        boolean roleChange = postgres.anyCallbackCalled()
                && role != Role.PRIMARY
                && (before == Role.PRIMARY || before == Role.DEMOTED || before == Role.PROMOTED);
        var limit = role == Role.PRIMARY ? s.config().primaryStartTimeout() : null;
        memory.startAttempted = true;
        run(name, () -> {
            StartOutcome outcome = postgres.start(new StartRequest(role, upstream, limit, roleChange));
            LOG.log(Level.DEBUG, "{0}: {1}", name, outcome);
            return m -> {};
        });
    }

    private void recoverInSingleUserMode(Situation s) {
        memory.crashRecoverySince = s.now();
        run("doing crash recovery in a single user mode", () -> {
            postgres.recoverInSingleUserMode();
            // one attempt is enough, whatever comes of it; but it must have been one
            boolean done = !jobs.isCancelled()
                    || postgres.controlData().filter(ControlData::isShutDown).isPresent();
            return m -> {
                m.crashRecoveryDone = done;
                m.crashRecoverySince = null;
            };
        });
    }

    private void recoverInStandbyMode() {
        run("doing crash recovery in standby mode", () -> {
            RewindOutcome outcome = postgres.replayAll();
            // one that does not start is for the rewind to judge, which fails then
            return m -> m.crashRecoveryDone = outcome != RewindOutcome.LATER;
        });
    }

    private void finishStop(boolean immediately) {
        run("finishing the shutdown of PostgreSQL", () -> {
            StopOutcome stopped =
                    postgres.finishStop(immediately ? StopRequest.immediate(null) : StopRequest.withoutWaitingLong());
            LOG.log(Level.DEBUG, "Finishing the shutdown: {0}", stopped);
            return m -> {};
        });
    }

    /** Since 14 a standby pauses when a parameter is too small for the primary's (contract ha-loop.md 9.3.5). */
    private void resumeReplay() {
        if (postgres.majorVersion() >= REPLAY_PAUSES_BY_ITSELF && jobs.running() == null) {
            LOG.log(Level.INFO, "Resuming paused WAL replay for PostgreSQL 14+");
            postgres.resumeReplay();
        }
    }

    private void follow(Situation s, @Nullable String upstreamName, Role role) {
        if (!s.local().running() || s.local().state().isStarting() || jobs.running() != null) {
            return;
        }
        if (!s.isPaused() && s.local().mayAcceptWrites()) {
            return;
        }
        lock.releaseGuard();
        postgres.noteSyncKey(s.view().sync());
        Upstream upstream = upstream(s, upstreamName);
        if (upstreamName != null && upstream == null) {
            return;
        }
        RecoveryChange change = postgres.recoveryChange(upstream);
        switch (change) {
            case NONE -> {
                if (postgres.role() != role) {
                    postgres.setRole(role, postgres.anyCallbackCalled());
                }
            }
            case RELOAD -> {
                postgres.follow(role, upstream);
                memory.scheduleDivergenceCheck();
            }
            case RESTART -> {
                memory.scheduleDivergenceCheck();
                run("changing primary_conninfo and restarting", () -> {
                    postgres.follow(role, upstream);
                    return m -> {};
                });
            }
        }
    }

    // ---- making the data directory

    /** Stops what still runs over a data directory that is gone; false when it cannot be stopped. */
    private boolean enterUninitialized(Situation s) {
        if (postgres.postmaster() != null) {
            postgres.stop(StopRequest.immediate(s.timing().retryTimeout()));
        }
        if (postgres.postmaster() != null) {
            return false;
        }
        lock.releaseGuard();
        if (postgres.role() != Role.UNINITIALIZED) {
            postgres.setRole(Role.UNINITIALIZED, false);
        }
        return true;
    }

    private void bootstrap() {
        memory.bootstrap = BootstrapPhase.RUNNING;
        run("bootstrap", () -> {
            boolean done = postgres.bootstrap();
            return m -> m.bootstrap = done ? BootstrapPhase.SERVER_STARTED : BootstrapPhase.FAILED;
        });
    }

    /** 14.1: what it takes from outside is a copy; there is nothing to run on it afterwards. */
    private void bootstrapStandbyLeader(Situation s) {
        Upstream remote =
                upstream(s, s.config().remoteMember().map(RemoteMember::name).orElse(null));
        String address = s.config().remoteMember().map(RemoteMember::address).orElse("");
        memory.bootstrap = BootstrapPhase.RUNNING;
        run("bootstrap_standby_leader", () -> {
            boolean copied = postgres.cloneFrom(new CloneSource(remote, false));
            BOOTSTRAP.log(
                    copied ? Level.INFO : Level.ERROR,
                    (copied ? "bootstrapped " : "failed to bootstrap ") + "clone from remote member " + address);
            boolean started = copied
                    && postgres.start(new StartRequest(Role.STANDBY_LEADER, remote, null, false))
                            != StartOutcome.FAILED;
            return m -> m.bootstrap = started ? BootstrapPhase.DONE : BootstrapPhase.FAILED;
        });
    }

    private void postBootstrap() {
        postgres.setRole(Role.PRIMARY, false);
        memory.bootstrap = BootstrapPhase.POST_BOOTSTRAP_RUNNING;
        run("post_bootstrap", () -> {
            boolean done = postgres.postBootstrap();
            return m -> m.bootstrap = done ? BootstrapPhase.DONE : BootstrapPhase.FAILED;
        });
    }

    private void finishBootstrap(Situation s) {
        if (!s.config().isStandbyCluster()) {
            watchdog.activate();
            if (watchdog.condition() == WatchdogCondition.UNUSABLE) {
                LOG.log(Level.ERROR, "Cancelling bootstrap because watchdog activation failed");
                failBootstrap();
                return;
            }
        }
        memory.bootstrap = BootstrapPhase.NONE;
        String identifier = s.local().systemIdentifier();
        if (identifier != null) {
            store.put(Key.INITIALIZE, identifier, Expectation.ANY);
        }
        store.put(Key.CONFIG, Json.compact(accepted.get().document()), Expectation.ANY);
        lock.take();
        postgres.callOnStart();
        if (s.local().primaryHere()) {
            confirmCheckpoint(s);
        }
    }

    private void failBootstrap() {
        store.delete(Key.INITIALIZE, Expectation.ANY);
        postgres.stop(StopRequest.immediate(null));
        postgres.moveDataDirectoryAside();
        exit.requestFailedBootstrap();
    }

    private static String jobNameOfClone(Situation s, @Nullable String source) {
        if (source == null) {
            return "bootstrap (without leader)";
        }
        return "bootstrap from " + (source.equals(s.view().leaderName()) ? "leader '" : "replica '") + source + "'";
    }

    private void clone(Situation s, @Nullable String source, String name) {
        Upstream upstream = upstream(s, source);
        Upstream toFollow = upstream(s, s.tags().replicatefrom().orElse(s.view().leaderName()));
        Upstream from = Upstreams.asCloneSource(upstream, s.config());
        run(name, () -> cloneAndStart(from, toFollow == null ? upstream : toFollow, false, name));
    }

    private Jobs.Completion cloneAndStart(
            @Nullable Upstream source, @Nullable Upstream toFollow, boolean fromLeader, String name) {
        Optional<String> objection = postgres.objectionToClone(new CloneSource(source, fromLeader));
        if (objection.isPresent()) {
            BOOTSTRAP.log(Level.ERROR, "{0}: not begun: {1}", name, objection.get());
            return m -> {};
        }
        if (postgres.postmaster() != null) {
            postgres.stop(StopRequest.immediate(null));
        }
        if (postgres.postmaster() != null || jobs.isCancelled()) {
            BOOTSTRAP.log(Level.ERROR, "{0}: not begun, and the data directory is as it was", name);
            return m -> {};
        }
        String what = name.startsWith("bootstrap ") ? name.substring("bootstrap ".length()) : name;
        if (!postgres.cloneFrom(new CloneSource(source, fromLeader))) {
            BOOTSTRAP.log(Level.ERROR, "failed to bootstrap {0}", what);
            postgres.removeDataDirectory();
            return m -> m.rewind = RewindState.INITIAL;
        }
        BOOTSTRAP.log(Level.INFO, "bootstrapped {0}", what);
        postgres.start(new StartRequest(Role.REPLICA, toFollow, null, false));
        return m -> {
            m.rewind = RewindState.INITIAL;
            m.crashRecoveryDone = false;
        };
    }

    /** The job of a requested reinitialisation. */
    Jobs.Completion reinitialize(ClusterView view, Settings settings, boolean fromLeader) {
        DynamicConfig config = settings.dynamic();
        Upstream upstream = sourceOfReinitialization(view, settings, fromLeader);
        String toFollow = settings.local().tags().replicatefrom().orElse(view.leaderName());
        Upstream followed = Upstreams.of(view, toFollow, settings.local().name(), config);
        Upstream from = Upstreams.asCloneSource(upstream, config);
        return cloneAndStart(from, followed == null ? upstream : followed, fromLeader, "reinitialize");
    }

    /** Why it should not be begun; see {@link PostgresInstance#objectionToClone}. */
    Optional<String> objectionToReinitialization(ClusterView view, Settings settings, boolean fromLeader) {
        Upstream upstream = sourceOfReinitialization(view, settings, fromLeader);
        return postgres.objectionToClone(
                new CloneSource(Upstreams.asCloneSource(upstream, settings.dynamic()), fromLeader));
    }

    /** A member that offers itself, else the leader. */
    private static @Nullable Upstream sourceOfReinitialization(
            ClusterView view, Settings settings, boolean fromLeader) {
        String me = settings.local().name();
        Member offered = fromLeader ? null : CloneSources.choose(view, me, 0);
        String source = offered == null ? view.leaderName() : offered.name();
        return Upstreams.of(view, source, me, settings.dynamic());
    }

    private @Nullable Upstream upstream(Situation s, @Nullable String member) {
        return Upstreams.of(s.view(), member, s.me(), s.config());
    }

    /** The leader, or what the leader of a standby cluster itself is a copy of. */
    private static @Nullable String sourceInsteadOf(Situation s) {
        String remote = s.config().remoteMember().map(RemoteMember::name).orElse(null);
        return remote != null && s.hasLock() ? remote : s.view().leaderName();
    }

    private void forgetStartAttempt(Situation s) {
        memory.startAttempted = false;
        if (s.local().running()) {
            memory.crashRecoveryDone = false;
            if (memory.rewind == RewindState.SUCCEEDED) {
                memory.rewind = RewindState.INITIAL;
            }
        } else {
            lock.releaseGuard();
            if (memory.rewind == RewindState.SUCCEEDED) {
                LOG.log(
                        Level.ERROR,
                        "PostgreSQL does not start after pg_rewind: WAL that it needs may be gone from the "
                                + "leader. If this stays so, make the member anew: patronictl reinit");
                memory.rewind = RewindState.FAILED;
            }
        }
    }

    private void run(String name, Jobs.Work work) {
        String running = jobs.start(name, work);
        if (running != null) {
            LOG.log(Level.INFO, "Failed to run {0}, {1} is already in progress", name, running);
        }
    }
}
