package io.matriarch.agent.cycle;

import com.google.gson.JsonObject;
import io.matriarch.agent.meters.Meters;
import io.matriarch.agent.node.ApiHealth;
import io.matriarch.agent.node.FenceState;
import io.matriarch.agent.node.Findings;
import io.matriarch.agent.node.LeaderFlag;
import io.matriarch.agent.node.NodeControl;
import io.matriarch.agent.node.NodeStatus;
import io.matriarch.agent.node.ScheduledRestart;
import io.matriarch.agent.peers.Peers;
import io.matriarch.engine.Memory.BootstrapPhase;
import io.matriarch.engine.OutdatedPrimary;
import io.matriarch.engine.Situation;
import io.matriarch.model.Bell;
import io.matriarch.model.ClusterView;
import io.matriarch.model.ConfigKey;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.FailoverRequest;
import io.matriarch.model.FailsafePrimary;
import io.matriarch.model.LeaseAnswer;
import io.matriarch.model.Lsn;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.PostgresState;
import io.matriarch.model.Revision;
import io.matriarch.model.Role;
import io.matriarch.model.Tags;
import io.matriarch.model.Threads;
import io.matriarch.model.TimeSource;
import io.matriarch.model.Timing;
import io.matriarch.model.VoteRequest;
import io.matriarch.model.config.BootstrapSettings;
import io.matriarch.model.config.LocalConfig;
import io.matriarch.model.config.WatchdogSettings;
import io.matriarch.postgres.ControlData;
import io.matriarch.postgres.LocalFacts;
import io.matriarch.postgres.PostgresInstance;
import io.matriarch.postgres.Postmaster;
import io.matriarch.postgres.StopRequest;
import io.matriarch.store.AgentStore;
import io.matriarch.store.ClusterStore;
import io.matriarch.store.StoreUnavailableException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A node: runs the cycle again and again on one thread, applies changed configuration between two passes, and ends in an
 * orderly way. Other threads reach it through {@link NodeControl} and through its {@link Bell}.
 */
public final class Node implements NodeControl {

    private static final Logger LOG = System.getLogger("patroni.ha");
    /** Replicas wait this much longer, so that the leader's update comes first (contract dcs-etcd3.md 2.4). */
    private static final Duration FOLLOWER_DELAY = Duration.ofMillis(500);

    private final NodeParts parts;
    private final NodeIdentity identity;
    private final Bell bell;
    private final Jobs jobs;
    private final NodeMemory memory;
    private final LeaseDeadline leaseDeadline;
    private final LockKeeper lock;
    private final FailsafePromise promise;
    private final Failsafe failsafe;
    private final ElectorateKeeper electorate;
    private final LeaseRenewer renewer;
    private final Cycle cycle;
    private final MemberPublisher members;
    private final Demotion demotion;
    private final Performer performer;
    private final Restarts restarts;
    private final Refusals refusals;
    private final SynchronousRelease release;
    private final ApiHealth apiHealth = new ApiHealth();
    private final PostCrashGateKeeper gate;
    private final AtomicBoolean reloadRequested = new AtomicBoolean();
    private final AtomicBoolean stopRequested = new AtomicBoolean();
    private final AtomicBoolean bootstrapRequested = new AtomicBoolean();

    private volatile Settings settings;
    private volatile NodeStatus status;
    private volatile int exitCode;
    /** Of the last pass. */
    private @Nullable Postmaster lastPostmaster;

    /** Whether this process has seen how its server is. */
    private volatile boolean looked;

    private volatile boolean leavePostgres;
    private Revision appliedConfig = Revision.NONE;
    private MonotonicTime nextRun;
    private boolean skipNextWait;
    private boolean bootstrapGranted;
    private boolean toldHowToBootstrap;

    /** What a node is made of: the ports that production and simulator fill differently. */
    public record NodeParts(
            AgentStore store,
            PostgresInstance postgres,
            Peers peers,
            LeaseGuard guard,
            Watchdog watchdog,
            SyncKeeperFactory sync,
            SlotKeeper slots,
            Journal journal,
            ServiceManager manager,
            Meters meters,
            PromiseRecord promises,
            ConfigurationSource configuration,
            TimeSource time,
            Threads threads,
            RandomGenerator random) {}

    /** Makes the keeper of the synchronous set. */
    @FunctionalInterface
    public interface SyncKeeperFactory {
        SyncKeeper create(AgentStore store, PostgresInstance postgres, TimeSource time);
    }

    /** Reading the local configuration again, and telling others about what is in force. */
    public interface ConfigurationSource {

        /** Reads files and environment again; empty: nothing changed, or it could not be read (which was logged). */
        Optional<LocalConfig> reload();

        /** Composes local and dynamic configuration; empty when the document cannot be applied (which was logged). */
        Optional<Settings> compose(LocalConfig local, DynamicConfig dynamic);

        /** After each pass: keeps a copy of the dynamic configuration for a time when the store has lost it. */
        void keep(Settings settings, Role role);

        /** New settings are in force. */
        void applied(Settings settings, boolean explicit);
    }

    public Node(NodeParts parts, NodeIdentity identity, Settings first) {
        this.parts = parts;
        this.identity = identity;
        this.settings = first;
        TimeSource time = parts.time();
        Threads threads = parts.threads();
        this.bell = threads.newBell();
        this.jobs = new BackgroundJobs(threads, time, bell::ring, parts.postgres()::cancel);
        this.leaseDeadline = new LeaseDeadline(time);
        Duration recorded = parts.promises().longest();
        Duration ttl = first.dynamic().memberLease() ? first.timing().ttl() : Duration.ZERO;
        Duration longest = recorded.compareTo(ttl) < 0 ? ttl : recorded; // the record may have been lost with a disk
        this.memory = new NodeMemory(time.now(), longest);
        this.promise = new FailsafePromise(
                time, () -> leaseDeadline.isUndisputed() || isPrimaryHere(), parts.promises(), longest);
        this.lock = new LockKeeper(
                parts.store(),
                parts.postgres(),
                leaseDeadline,
                parts.guard(),
                promise,
                parts.watchdog(),
                threads,
                first.timing());
        this.failsafe = new Failsafe(
                parts.store(),
                parts.postgres(),
                parts.peers(),
                lock,
                promise,
                time,
                () -> settings.local().restapi().apiUrl());
        this.electorate = new ElectorateKeeper(
                parts.store(),
                parts.postgres(),
                parts.peers(),
                lock,
                promise,
                threads,
                time,
                identity.name(),
                () -> settings.local().restapi().apiUrl());
        this.renewer = new LeaseRenewer(lock, electorate, threads, time, bell::ring);
        var takeover = new Takeover(parts.store(), time);
        this.demotion = new Demotion(parts.postgres(), parts.peers(), lock, jobs, takeover);
        this.gate = new PostCrashGateKeeper(parts.postgres(), parts.journal());
        this.members = new MemberPublisher(
                parts.store(),
                parts.postgres(),
                jobs,
                memory,
                () -> settings.local(),
                this::publishedTags,
                gate::waitsFor,
                parts.slots()::uses);
        this.performer = new Performer(
                parts.store(),
                parts.postgres(),
                parts.peers(),
                lock,
                new StatusKeeper(parts.store()),
                failsafe,
                electorate,
                renewer,
                parts.watchdog(),
                parts.sync().create(parts.store(), parts.postgres(), time),
                new HistoryKeeper(parts.store(), parts.postgres(), identity.name()),
                new TimelineKeeper(parts.store(), identity.name()),
                demotion,
                takeover,
                gate,
                parts.journal(),
                new CheckpointKeeper(parts.postgres(), threads, bell::ring),
                jobs,
                memory,
                () -> settings.dynamic(),
                this::requestExit,
                time);
        this.refusals = new Refusals(time);
        this.cycle = new Cycle(
                identity,
                parts.store(),
                parts.postgres(),
                lock,
                failsafe,
                electorate,
                renewer,
                parts.watchdog(),
                performer,
                parts.slots(),
                gate,
                members,
                jobs,
                memory,
                parts.journal(),
                refusals,
                apiHealth,
                time,
                parts.random());
        this.release = new SynchronousRelease(parts.store(), time);
        this.restarts = new Restarts(parts.postgres(), jobs, memory, release, bell, time, threads);
        this.nextRun = time.now();
        this.status = firstStatus();
        parts.postgres().onPostmasterExit(bell::ring);
        parts.postgres().onWalsenderEnd(bell::ring);
        parts.postgres().onPostmasterStart(lock::guardPrimary);
        parts.postgres().gateStartsAsPrimary(this::mayStartPrimary);
        parts.store().onEvent(event -> {
            boolean leads = leaseDeadline.isLeader();
            boolean matters = switch (event) {
                case LEADER_CHANGED, CONFIG_CHANGED, CONNECTION_CHANGED -> true;
                case STATUS_CHANGED -> !leads;
                case MEMBER_ADDED -> leads;
            };
            if (matters) {
                bell.ring();
            }
        });
    }

    private boolean isPrimaryHere() {
        Role role = parts.postgres().role();
        PostgresState state = parts.postgres().state();
        boolean up = switch (state) {
            case RUNNING, RESTARTING, STOPPING -> true;
            default -> state.isStarting();
        };
        return up && (role == Role.PRIMARY || role == Role.PROMOTED);
    }

    private NodeStatus firstStatus() {
        return new NodeStatus(
                identity.scope(),
                identity.name(),
                parts.postgres().state(),
                parts.postgres().role(),
                ClusterView.EMPTY,
                null,
                Instant.EPOCH,
                settings.dynamic(),
                settings.timing(),
                settings.local().tags(),
                List.of(),
                null,
                Optional.empty(),
                0,
                false,
                false,
                null,
                nextRun,
                "",
                Findings.NONE);
    }

    /** In pause an operator may start a primary without lease, as long as nobody else leads or led after it. */
    private boolean mayStartPrimary() {
        if (leaseDeadline.isLeader()) {
            return true;
        }
        ClusterView view = status.view();
        String me = identity.name();
        if (!settings.dynamic().isPaused() || !(view.isUnlocked() || view.isLeader(me))) {
            return false;
        }
        int timeline = parts.postgres().controlData().map(ControlData::timeline).orElse(0);
        boolean outdated = timeline > 0 && OutdatedPrimary.is(view, settings.dynamic(), me, timeline);
        if (outdated) {
            LOG.log(
                    Level.WARNING,
                    "timeline {0} of this server is behind the last known one: commits that {1} acknowledged in"
                            + " synchronous mode are not here. To lead with it nevertheless, start it by hand, then:"
                            + " patronictl failover --candidate {2}",
                    timeline,
                    view.sync().leader(),
                    me);
        }
        return !outdated;
    }

    // ---- the loop

    /** Runs until the node is asked to stop; returns the exit code of the process. */
    public int run() throws InterruptedException {
        parts.journal().event("the agent started");
        parts.manager().ready();
        while (!stopRequested.get()) {
            if (reloadRequested.getAndSet(false)) {
                reload();
                parts.manager().ready();
            }
            if (bootstrapRequested.getAndSet(false)) {
                grantBootstrap();
            }
            pass();
            parts.manager().keepAlive();
            if (!stopRequested.get()) {
                awaitNextPass();
            }
        }
        parts.journal().event("the agent stops" + (exitCode == 0 ? "" : " with exit code " + exitCode));
        parts.manager().stopping();
        shutDown();
        parts.journal()
                .event("the agent ended; PostgreSQL is " + parts.postgres().state());
        return exitCode;
    }

    private void pass() {
        MonotonicTime begin = parts.time().now();
        try {
            Cycle.Outcome outcome = cycle.run(settings, status);
            looked = true;
            parts.meters().add(Meters.Work.CYCLE, parts.time().now().since(begin));
            publish(outcome);
            parts.manager().status(outcome.result());
            Postmaster postmaster = parts.postgres().postmaster();
            if (!Objects.equals(postmaster, lastPostmaster)) {
                // A server that somebody else started may have told in our name that the service stops.
                parts.manager().ready();
                lastPostmaster = postmaster;
            }
            restarts.runDue(status);
            applyConfiguration(outcome.view());
            endGrant(outcome.view());
            tellHowToBootstrap(outcome.view());
            if (exitCode == 0) { // else the data directory may be another cluster's
                parts.configuration().keep(settings, parts.postgres().role());
            }
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "Unexpected exception", e);
            LOG.log(Level.INFO, "Unexpected exception raised, please report it as a BUG");
        }
    }

    private void publish(Cycle.Outcome outcome) {
        LocalFacts facts = outcome.facts();
        NodeStatus before = status;
        ClusterView view = outcome.view();
        status = new NodeStatus(
                identity.scope(),
                identity.name(),
                facts.state(),
                facts.role(),
                view == null ? before.view() : view,
                view == null ? null : outcome.viewReadAt(),
                view == null ? before.dcsLastSeen() : parts.time().wallClock(),
                view == null || view.config() == null || !view.config().hasContent()
                        ? settings.dynamic()
                        : view.dynamicConfig(),
                settings.timing(),
                publishedTags(),
                parts.postgres().pendingRestart(),
                memory.scheduledRestart,
                facts.snapshot(),
                facts.snapshot().map(LocalFacts.Snapshot::timeline).orElse(0),
                failsafe.isActive(),
                !parts.watchdog().isHealthy(),
                facts.systemIdentifier().orElse(null),
                nextRun.plus(settings.timing().loopWait()),
                outcome.result(),
                new Findings(
                        gate.waitsFor(),
                        Optional.ofNullable(memory.durability),
                        electorate.promises(),
                        parts.slots().uses()));
        parts.journal().published(status);
    }

    private Tags publishedTags() {
        return release.tags(settings.local().tags());
    }

    /** Contract config.md 3.4: a document is applied once per version, and only when its content is new. */
    private void applyConfiguration(@Nullable ClusterView view) {
        ConfigKey key = view == null ? null : view.config();
        if (key == null || !key.hasContent() || key.revision().equals(appliedConfig)) {
            return;
        }
        appliedConfig = key.revision();
        if (!key.config().equals(settings.dynamic())) {
            parts.configuration().compose(settings.local(), key.config()).ifPresent(s -> install(s, false));
        }
    }

    private void reload() {
        Optional<LocalConfig> changed = parts.configuration().reload();
        if (changed.isEmpty()) {
            LOG.log(Level.INFO, "No local configuration items changed.");
        }
        LocalConfig read = changed.orElse(settings.local());
        LocalConfig local =
                bootstrapGranted ? read.withBootstrap(settings.local().bootstrap()) : read;
        parts.configuration().compose(local, settings.dynamic()).ifPresent(s -> install(s, true));
    }

    // ---- making a cluster on request

    /** Somebody decided that this node makes the cluster: it goes on as if its configuration had the section. */
    private void grantBootstrap() {
        if (settings.local().bootstrap() != null) {
            return;
        }
        BootstrapSettings requested = BootstrapSettings.onRequest(settings.local());
        parts.configuration()
                .compose(settings.local().withBootstrap(requested), requested.dcs())
                .ifPresent(s -> {
                    LOG.log(Level.INFO, "asked to make the cluster {0}", identity.scope());
                    bootstrapGranted = true;
                    install(s, false);
                });
    }

    /** It holds for one cluster: once that is there, made by whomever, the node is as it was. */
    private void endGrant(@Nullable ClusterView view) {
        if (bootstrapGranted && view != null && view.hasValidInitialize() && memory.bootstrap == BootstrapPhase.NONE) {
            bootstrapGranted = false;
            settings = new Settings(
                    settings.local().withBootstrap(null), settings.dynamic(), settings.timing(), settings.postgres());
        }
    }

    /** A node without {@code bootstrap} section would wait for ever, and nobody would know for what. */
    private void tellHowToBootstrap(@Nullable ClusterView view) {
        boolean waits = view != null
                && view.isUnlocked()
                && view.initialize() == null
                && settings.local().bootstrap() == null
                && parts.postgres().role() == Role.UNINITIALIZED;
        if (waits && !toldHowToBootstrap) {
            LOG.log(
                    Level.WARNING,
                    "cluster {0} does not exist yet, and without a bootstrap section in its configuration this node"
                            + " does not make one by itself. If the cluster is new, run once, on one node: matriarch"
                            + " bootstrap <its configuration file>",
                    identity.scope());
        }
        toldHowToBootstrap = waits;
    }

    private void install(Settings next, boolean explicit) {
        Timing before = settings.timing();
        settings = next;
        if (!before.equals(next.timing())) {
            lock.applyTiming(next.timing());
            skipNextWait = !before.ttl().equals(next.timing().ttl());
        }
        parts.store().applyConfiguration(next.local().document());
        parts.watchdog().configure(WatchdogSettings.of(next.local()), next.timing());
        parts.postgres().applyConfiguration(next.local(), next.dynamic(), explicit);
        parts.configuration().applied(next, explicit);
    }

    private void awaitNextPass() throws InterruptedException {
        MonotonicTime now = parts.time().now();
        nextRun = nextRun.plus(settings.timing().loopWait());
        if (nextRun.isBefore(now)) {
            LOG.log(Level.WARNING, "Loop time exceeded, rescheduling immediately.");
            nextRun = now;
            return;
        }
        if (skipNextWait) {
            skipNextWait = false;
            nextRun = now;
            return;
        }
        Duration wait = nextRun.since(now);
        boolean follows = !leaseDeadline.isLeader() && !status.view().isUnlocked() && jobs.running() == null;
        if (follows) {
            wait = wait.plus(FOLLOWER_DELAY);
        }
        wait = shorter(wait, untilScheduledRequest());
        wait = shorter(wait, restarts.untilDue());
        wait = shorter(wait, gate.lookAgain());
        if (rest(wait)) {
            nextRun = parts.time().now();
        }
    }

    /** Waits in steps that a service manager's watchdog allows; true when somebody rang. */
    private boolean rest(Duration wait) throws InterruptedException {
        Duration step = parts.manager().keepAlivePeriod().orElse(wait);
        Duration left = wait;
        while (true) {
            Duration slice = shorter(left, step);
            if (bell.await(slice)) {
                return true;
            }
            left = left.minus(slice);
            if (!left.isPositive()) {
                return false;
            }
            parts.manager().keepAlive();
        }
    }

    /** A scheduled switchover starts at its second, not at the next tick. */
    private @Nullable Duration untilScheduledRequest() {
        FailoverRequest request = status.view().failover();
        if (request == null || request.scheduledAt() == null || !leaseDeadline.isLeader()) {
            return null;
        }
        return request.dueTime()
                .map(due -> Duration.between(parts.time().wallClock(), due))
                .filter(Duration::isPositive)
                .orElse(null);
    }

    private static Duration shorter(Duration a, @Nullable Duration b) {
        return b != null && b.compareTo(a) < 0 ? b : a;
    }

    // ---- the end

    /** Ends the loop after the present pass; PostgreSQL is stopped unless the cluster is paused. */
    public void requestStop() {
        stopRequested.set(true);
        bell.ring();
    }

    private void requestExit(int code, boolean stopPostgres) {
        exitCode = code;
        leavePostgres = !stopPostgres;
        requestStop();
    }

    /** Contract ha-loop.md 17. */
    private void shutDown() {
        renewer.end();
        jobs.end();
        jobs.collect(memory);
        if (leavePostgres) {
            return;
        }
        if (settings.dynamic().isPaused()) {
            LOG.log(Level.INFO, "Leader key is not deleted and Postgresql is not stopped due paused state");
            return;
        }
        boolean led = leaseDeadline.isLeader();
        Situation last = cycle.lastSituation();
        if (last != null && parts.postgres().postmaster() != null) {
            askForRelease(last);
        }
        ClusterView view = lastView();
        var released = new AtomicBoolean();
        Duration limit = settings.dynamic().primaryStopTimeout();
        Duration timeout = settings.dynamic().isSynchronous() && limit.isPositive() ? limit : null;
        parts.postgres()
                .stop(new StopRequest(StopRequest.Mode.FAST, false, true, timeout, lock::releaseGuard, position -> {
                    if (led && last != null && demotion.isHeldByOthers(last.with(view), position)) {
                        lock.releaseGuard();
                        lock.release(view, position);
                        released.set(true);
                    } else if (led) {
                        lock.publishFinalPosition(view.status(), position);
                    }
                }));
        if (parts.postgres().postmaster() != null) {
            LOG.log(
                    Level.ERROR,
                    "PostgreSQL shutdown failed, leader key not removed."
                            + (parts.watchdog().isRunning() ? " Leaving watchdog running." : ""));
            return;
        }
        lock.releaseGuard();
        if (led && !released.get()) {
            Optional<Lsn> position = parts.postgres().shutdownPosition();
            electorate.giveUp();
            lock.release(view, position.orElse(null));
        }
        members.publishStopped(false);
    }

    private void askForRelease(Situation last) {
        try {
            release.ask(status, () -> members.publish(last, parts.postgres().observe()), () -> false);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private ClusterView lastView() {
        try {
            return parts.store().load();
        } catch (StoreUnavailableException e) {
            LOG.log(Level.WARNING, "Could not read the cluster while stopping: {0}", e.getMessage());
            return status.view();
        }
    }

    // ---- what others may ask

    @Override
    public NodeStatus status() {
        return status;
    }

    @Override
    public LeaderFlag leaderFlag() {
        return leaseDeadline;
    }

    @Override
    public ApiHealth apiHealth() {
        return apiHealth;
    }

    @Override
    public FenceState fence() {
        return parts.guard().state();
    }

    @Override
    public Meters meters() {
        return parts.meters();
    }

    @Override
    public ClusterStore store() {
        return parts.store();
    }

    @Override
    public void wakeUp() {
        bell.ring();
    }

    @Override
    public void requestReload() {
        parts.manager().reloading();
        reloadRequested.set(true);
    }

    @Override
    public Optional<String> requestBootstrap() {
        if (settings.local().bootstrap() != null) {
            return Optional.of("this node makes the cluster by itself when there is none: its configuration has a"
                    + " bootstrap section");
        }
        if (settings.local().tags().nofailover()) {
            return Optional.of("this node must not become primary: it has the tag nofailover");
        }
        if (parts.postgres().role() != Role.UNINITIALIZED) {
            return Optional.of("the data directory of this node is not empty");
        }
        bootstrapRequested.set(true);
        bell.ring();
        return Optional.empty();
    }

    @Override
    public RestartAnswer restart(JsonObject conditions) {
        return restarts.restart(conditions, status, settings.dynamic());
    }

    @Override
    public boolean scheduleRestart(ScheduledRestart restart) {
        boolean scheduled = restarts.schedule(restart);
        bell.ring();
        return scheduled;
    }

    @Override
    public boolean deleteScheduledRestart() {
        boolean deleted = restarts.unschedule();
        bell.ring();
        return deleted;
    }

    @Override
    public String journal() {
        return parts.journal().recent();
    }

    @Override
    public List<String> refusalSince(MonotonicTime begin) {
        return refusals.since(begin);
    }

    @Override
    public boolean consentTo(FailsafePrimary primary) {
        return promise.give(primary, settings.timing().ttl());
    }

    @Override
    public LeaseAnswer promise(FailsafePrimary primary) {
        return promise.giveAsElector(primary, settings.timing().ttl());
    }

    @Override
    public LeaseAnswer vote(VoteRequest request) {
        LeaseAnswer answer = identity.name().equals(request.about())
                ? LeaseAnswer.refused("it is about this node")
                : promise.vote(request);
        return answer.withResigned(hasResigned());
    }

    /**
     * Neither leads nor will without the lock. A primary that this process does not know yet, or that is about to stop, may
     * still accept writes.
     */
    private boolean hasResigned() {
        boolean idle = parts.postgres().postmaster() == null
                || switch (parts.postgres().role()) {
                    case REPLICA, STANDBY_LEADER, DEMOTED -> true;
                    default -> false;
                };
        return looked && idle && !leaseDeadline.isUndisputed() && !isPrimaryHere();
    }

    @Override
    public Optional<String> reinitialize(boolean force, boolean fromLeader) {
        ClusterView view = status.view();
        String leader = view.leaderName();
        if (leader == null) {
            return Optional.of("Cluster has no leader, can not reinitialize");
        }
        if (leader.equals(identity.name())) {
            return Optional.of("I am the leader, can not reinitialize");
        }
        String busy = jobs.running();
        if (force || busy == null) {
            Optional<String> objection = performer.objectionToReinitialization(view, settings, fromLeader);
            if (objection.isPresent()) {
                return objection;
            }
        }
        if (force) {
            jobs.cancelAndWait();
        }
        String running = jobs.start("reinitialize", () -> performer.reinitialize(view, settings, fromLeader));
        return running == null ? Optional.empty() : Optional.of(running + " already in progress");
    }
}
