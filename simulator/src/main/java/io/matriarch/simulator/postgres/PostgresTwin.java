package io.matriarch.simulator.postgres;

import io.matriarch.model.DynamicConfig;
import io.matriarch.model.History;
import io.matriarch.model.Lsn;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.PostgresState;
import io.matriarch.model.Role;
import io.matriarch.model.SyncState;
import io.matriarch.model.TimeSource;
import io.matriarch.model.config.ConfigurationException;
import io.matriarch.model.config.HostPort;
import io.matriarch.model.config.LocalConfig;
import io.matriarch.model.config.PostgresSettings;
import io.matriarch.postgres.CloneSource;
import io.matriarch.postgres.ControlData;
import io.matriarch.postgres.FollowOutcome;
import io.matriarch.postgres.LocalFacts;
import io.matriarch.postgres.LocalFacts.Snapshot;
import io.matriarch.postgres.LocalPosition;
import io.matriarch.postgres.LogicalSlot;
import io.matriarch.postgres.PendingRestart;
import io.matriarch.postgres.PostgresInstance;
import io.matriarch.postgres.Postmaster;
import io.matriarch.postgres.PromoteHook;
import io.matriarch.postgres.PromoteOutcome;
import io.matriarch.postgres.RecoveryChange;
import io.matriarch.postgres.RewindCheck;
import io.matriarch.postgres.RewindOutcome;
import io.matriarch.postgres.SlotPlan;
import io.matriarch.postgres.StartOutcome;
import io.matriarch.postgres.StartRequest;
import io.matriarch.postgres.StopOutcome;
import io.matriarch.postgres.StopRequest;
import io.matriarch.postgres.Upstream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What one run of an agent holds in place of the real PostgreSQL beside it: the same outcomes, the same handling of state
 * and role, the same limits. Its calls block by sleeping; several fibers of that agent may be in here at once, and
 * change places where one of them sleeps. Callbacks are written down, not run.
 */
public final class PostgresTwin implements PostgresInstance {

    private static final Duration RELOAD_LIMIT = Duration.ofSeconds(1);
    private static final Duration POLL = Duration.ofMillis(20);

    /** How often the real one looks whether the postmaster is still there. */
    private static final Span WATCH = Span.millis(0, 100);

    private final PostgresHost host;
    private final TwinConfiguration configuration;
    private final LocalSession session;
    private final TwinServer server;
    private final TwinRejoin rejoin;
    private final TimeSource time;
    private final List<Runnable> exitListeners = new ArrayList<>();
    private final Runnable watcher = this::postmasterGone;
    private final List<Runnable> walsenderListeners = new ArrayList<>();
    private final Runnable walsenderWatcher = this::walsenderGone;
    private @Nullable String systemIdentifier;
    private @Nullable RecoveryLook recoveryLook;
    private boolean joinDue;
    private boolean reconfigureDue;
    private boolean reconfigureDemanded;
    private boolean closed;

    /** What the server's recovery settings were read from, and what they were. */
    private record RecoveryLook(@Nullable Postmaster postmaster, long filesWritten, ServerConfig current) {}

    /**
     * A callback that was due.
     *
     * @param action for instance {@code on_role_change}
     */
    public record Callback(MonotonicTime at, String action, Role role) {}

    PostgresTwin(PostgresHost host, LocalConfig local, DynamicConfig dynamic, TimeSource time)
            throws ConfigurationException {
        this.host = host;
        this.time = time;
        this.configuration = new TwinConfiguration(host, local, dynamic);
        this.session = new LocalSession(host, time);
        this.server = new TwinServer(host, configuration, session, time);
        this.rejoin = new TwinRejoin(host, configuration, server, session, time);
        host.watch(watcher);
        host.watchWalsenders(walsenderWatcher);
    }

    private PostgresSettings settings() {
        return configuration.settings();
    }

    /** The callbacks that were due in this run, in their order. */
    public List<Callback> callbacks() {
        return server.callbacks().stream()
                .map(called -> new Callback(called.at(), called.action(), called.role()))
                .toList();
    }

    // ---- what it is

    @Override
    public void attach() {
        server.attach();
        joinDue = host.server() != null;
        joinIfReady();
    }

    private void joinIfReady() {
        if (joinDue && server.state() == PostgresState.RUNNING) {
            boolean joined = session.local(running -> {
                        server.setRole(
                                !running.isInRecovery()
                                        ? Role.PRIMARY
                                        : running.recovery.isPromotionUnderWay() ? Role.PROMOTED : Role.REPLICA);
                        configuration.adopt(running);
                        return true;
                    })
                    .orElse(false);
            joinDue = !joined;
            reconfigureDue |= joined && server.role() == Role.PRIMARY;
            reconfigureIfDue();
        }
    }

    @Override
    public LocalFacts observe() {
        boolean running = host.server() != null;
        Optional<Snapshot> snapshot = running ? snapshot() : Optional.empty();
        if (running) {
            server.noticeProcess(snapshot.isPresent());
        }
        if (snapshot.isPresent()) {
            server.noticeAnswer();
            if (!snapshot.get().inRecovery()) {
                server.confirmPromotion();
            }
            joinIfReady();
            reconfigureIfDue();
        }
        boolean creating = switch (server.state()) {
            case CREATING_REPLICA, INITIALIZING, CUSTOM_BOOTSTRAP -> true;
            default -> false;
        };
        boolean present = !host.disk().isEmpty();
        Optional<ControlData> control = running || !present || creating ? Optional.empty() : server.controlData();
        return new LocalFacts(
                present ? new LocalFacts.DataDirectory.Present() : new LocalFacts.DataDirectory.Empty(),
                present && !creating ? systemIdentifier(control) : Optional.empty(),
                running,
                server.state(),
                server.role(),
                snapshot,
                control,
                present && host.disk().standbySignal,
                present && host.disk().backupLabel != null);
    }

    private Optional<Snapshot> snapshot() {
        return server.state().isStartingOrStopping() ? Optional.empty() : session.local(Snapshots::of);
    }

    private Optional<String> systemIdentifier(Optional<ControlData> control) {
        if (systemIdentifier == null) {
            systemIdentifier = control.or(server::controlData)
                    .map(ControlData::systemIdentifier)
                    .orElse(null);
        }
        return Optional.ofNullable(systemIdentifier);
    }

    @Override
    public PostgresState state() {
        return server.state();
    }

    @Override
    public void setState(PostgresState state) {
        server.setState(state);
    }

    @Override
    public Role role() {
        return server.role();
    }

    @Override
    public void setRole(Role role, boolean callback) {
        if (callback) {
            server.changeRole(role);
        } else {
            server.setRole(role);
        }
    }

    @Override
    public Optional<ControlData> controlData() {
        return server.controlData();
    }

    @Override
    public @Nullable Postmaster postmaster() {
        return server.postmaster();
    }

    @Override
    public void onPostmasterStart(Runnable listener) {
        server.onPostmasterStart(listener);
    }

    @Override
    public void gateStartsAsPrimary(BooleanSupplier mayLead) {
        server.gateStartsAsPrimary(mayLead, () -> rejoin.interruptedRejoin().isPresent());
    }

    /** The listener runs in an event of the world: carrying it into the agent's program is for the caller. */
    @Override
    public void onPostmasterExit(Runnable listener) {
        exitListeners.add(listener);
    }

    @Override
    public void onWalsenderEnd(Runnable listener) {
        walsenderListeners.add(listener);
    }

    private void postmasterGone() {
        tellLater("the agent misses the postmaster", exitListeners);
    }

    private void walsenderGone() {
        tellLater("the agent misses a walsender", walsenderListeners);
    }

    private void tellLater(String what, List<Runnable> listeners) {
        Duration noticed = WATCH.draw(host.world().queue().random());
        host.world().queue().after(noticed, host.address() + ": " + what, () -> {
            if (!closed) {
                List.copyOf(listeners).forEach(Runnable::run);
            }
        });
    }

    @Override
    public int majorVersion() {
        return server.majorVersion();
    }

    @Override
    public String connUrl() {
        HostPort published = settings().connectAddress();
        String hostAndPort =
                published == null ? host.address() + ":" + settings().port() : published.toString();
        return "postgres://" + hostAndPort + "/" + settings().database();
    }

    @Override
    public @Nullable String proxyUrl() {
        HostPort proxy = settings().proxyAddress();
        return proxy == null ? null : "postgres://" + proxy + "/" + settings().database();
    }

    @Override
    public List<PendingRestart> pendingRestart() {
        return configuration.pendingRestart();
    }

    @Override
    public boolean anyCallbackCalled() {
        return server.anyLifecycle();
    }

    @Override
    public void callOnStart() {
        server.callOnStart();
    }

    // ---- configuration

    @Override
    public void applyConfiguration(LocalConfig local, DynamicConfig dynamic, boolean explicit) {
        try {
            configuration.replace(local, dynamic);
        } catch (ConfigurationException _) {
            return;
        }
        rejoin.forgetRewindAnswer();
        if (!joinDue) {
            reconfigureDue = true;
            reconfigureDemanded |= explicit && host.server() != null;
            reconfigureIfDue();
        }
    }

    /** Whoever starts, stops or promotes the server writes its files, perhaps before the change came. */
    private void reconfigureIfDue() {
        boolean possible = !joinDue && !server.isBusy() && host.server() != null;
        if (reconfigureDue && possible && (server.state() == PostgresState.RUNNING || reconfigureDemanded)) {
            reconfigureDue = !reconfigure(reconfigureDemanded);
            reconfigureDemanded &= reconfigureDue;
        }
    }

    /** False: it has to be tried once more. */
    private boolean reconfigure(boolean explicit) {
        boolean asking = server.state() == PostgresState.RUNNING;
        Optional<Boolean> changed =
                asking ? session.local(_ -> configuration.isChanged(server.role())) : Optional.of(false);
        if (changed.isEmpty()) {
            return false;
        }
        if (!changed.get() && !explicit) {
            return true;
        }
        configuration.rewrite(server.role());
        if (reload(asking)) {
            session.local(running -> {
                configuration.refreshPendingRestart(running);
                return true;
            });
        }
        return true;
    }

    /** Reloads and waits for a moment until it is in force; false: nobody can tell. */
    private boolean reload(boolean asking) {
        Optional<MonotonicTime> before = asking ? session.local(Server::configurationLoaded) : Optional.empty();
        if (!server.reload(true) || before.isEmpty()) {
            return false;
        }
        MonotonicTime deadline = time.now().plus(RELOAD_LIMIT);
        while (time.now().isBefore(deadline) && session.pause(POLL)) {
            Optional<MonotonicTime> loaded = session.local(Server::configurationLoaded);
            if (loaded.isEmpty() || !loaded.equals(before)) {
                return loaded.isPresent();
            }
        }
        return true;
    }

    @Override
    public String setSynchronousStandbyNames(@Nullable String value) {
        boolean changed = configuration.decide(value, server.role());
        boolean unchanged = value == null && !changed;
        if (unchanged || server.state() != PostgresState.RUNNING || host.server() == null) {
            return value == null ? "" : value;
        }
        if (changed || (value != null && !value.equals(shownSynchronousStandbyNames()))) {
            configuration.rewrite(server.role());
            reload(true);
        }
        return shownSynchronousStandbyNames();
    }

    @Override
    public void noteSyncKey(SyncState key) {
        if (configuration.noteVotes(key.quorum() > 0, server.role())
                && server.state() == PostgresState.RUNNING
                && host.server() != null) {
            configuration.rewrite(server.role());
            reload(true);
        }
    }

    private String shownSynchronousStandbyNames() {
        return session.local(running -> running.shownConfig().synchronousStandbyNames())
                .orElse("");
    }

    // ---- the post-crash gate: its twin is not built, the clients of this world read nothing that they do not know

    @Override
    public boolean isGateClosed() {
        return false;
    }

    @Override
    public Optional<String> closeGate() {
        return Optional.of("the twin has none");
    }

    @Override
    public boolean openGate() {
        return true;
    }

    // ---- running it

    @Override
    public StartOutcome start(StartRequest request) {
        joinDue = false;
        return server.start(request);
    }

    @Override
    public StopOutcome stop(StopRequest request) {
        return server.stop(request);
    }

    @Override
    public StartOutcome restart(@Nullable Duration timeout) {
        joinIfReady();
        return joinDue ? StartOutcome.FAILED : server.restart(timeout);
    }

    @Override
    public FollowOutcome follow(Role role, @Nullable Upstream upstream) {
        return server.follow(role, upstream, recoveryChange(upstream));
    }

    @Override
    public RecoveryChange recoveryChange(@Nullable Upstream upstream) {
        Disk disk = host.disk();
        if (!disk.standbySignal) {
            return RecoveryChange.RESTART;
        }
        if (server.state().isStarting()) {
            return RecoveryChange.NONE;
        }
        Server running = host.server();
        if (running != null && !running.recovery.goesToLatest()) {
            return RecoveryChange.RESTART; // a promotion began with it, and ended there
        }
        RecoveryLook before = recoveryLook;
        Postmaster postmaster = server.postmaster();
        boolean sameFiles = before != null && before.filesWritten() == disk.configWrites;
        if (before == null || !sameFiles || !Objects.equals(before.postmaster(), postmaster)) {
            Optional<ServerConfig> asked = session.local(PostgresTwin::recoverySettings);
            if (asked.isEmpty()) {
                return sameFiles ? RecoveryChange.NONE : RecoveryChange.RESTART;
            }
            before = new RecoveryLook(postmaster, disk.configWrites, asked.get());
            recoveryLook = before;
        }
        return configuration.isFollowing(before.current(), upstream) ? RecoveryChange.NONE : RecoveryChange.RELOAD;
    }

    /** What counts is the connection that there is; without one, the parameters. */
    private static ServerConfig recoverySettings(Server running) {
        WalReceiver receiver = running.recovery.receiver();
        return receiver == null || receiver.state() == WalReceiver.State.CONNECTING
                ? running.shownConfig()
                : receiver.config();
    }

    @Override
    public PromoteOutcome promote(int timeline, PromoteHook hook) {
        return server.promote(timeline, hook);
    }

    @Override
    public StopOutcome finishStop(StopRequest request) {
        return server.finishStop(request);
    }

    @Override
    public PromoteOutcome finishPromotion() {
        return server.finishPromotion();
    }

    @Override
    public boolean checkpoint() {
        return server.checkpoint();
    }

    @Override
    public void resumeReplay() {
        session.local(running -> {
            running.recovery.pause(false);
            return true;
        });
    }

    @Override
    public void checkStartup() {
        server.checkStartup();
        joinIfReady();
    }

    @Override
    public void cancel() {
        server.cancel();
    }

    // ---- making and mending the data directory

    @Override
    public boolean bootstrap() {
        forgetDataDirectory();
        return rejoin.bootstrap();
    }

    @Override
    public boolean postBootstrap() {
        return rejoin.postBootstrap();
    }

    @Override
    public Optional<String> objectionToClone(CloneSource source) {
        return rejoin.objectionToClone(source);
    }

    @Override
    public boolean cloneFrom(CloneSource source) {
        forgetDataDirectory();
        return rejoin.cloneFrom(source);
    }

    @Override
    public RewindOutcome replayAll() {
        return server.replayAll();
    }

    @Override
    public boolean recoverInSingleUserMode() {
        return rejoin.recoverInSingleUserMode();
    }

    @Override
    public boolean canRewind() {
        return rejoin.canRewind();
    }

    @Override
    public Optional<LocalPosition> endOfWritten() {
        return rejoin.position();
    }

    @Override
    public RewindCheck checkDivergence(Upstream leader) {
        return rejoin.checkDivergence(leader);
    }

    @Override
    public RewindOutcome rewind(Upstream leader) {
        return rejoin.rewind(leader);
    }

    @Override
    public void turnBack() {
        rejoin.turnBack();
    }

    @Override
    public RewindOutcome setAsideUnreplayedWal() {
        return rejoin.setAsideUnreplayedWal();
    }

    @Override
    public Optional<String> interruptedRejoin() {
        return rejoin.interruptedRejoin();
    }

    @Override
    public void removeDataDirectory() {
        forgetDataDirectory();
        rejoin.removeDataDirectory();
    }

    @Override
    public void moveDataDirectoryAside() {
        forgetDataDirectory();
        rejoin.moveDataDirectoryAside();
    }

    private void forgetDataDirectory() {
        systemIdentifier = null;
        recoveryLook = null;
    }

    // ---- slots and statistics

    @Override
    public void applySlots(SlotPlan plan) {
        if (!plan.actions().isEmpty()) {
            session.local(running -> {
                SlotCommands.apply(running, plan);
                return true;
            });
        }
    }

    @Override
    public void checkLogicalSlots(Upstream leader, String physicalSlot) {}

    @Override
    public void relayFeedback(boolean wanted) {}

    @Override
    public Optional<Long> freeWalBytes() {
        return Optional.empty();
    }

    /** Nothing is decoded here. */
    @Override
    public Set<String> brokenLogicalSlots() {
        return Set.of();
    }

    @Override
    public void copyLogicalSlots(Upstream leader, Upstream toFollow, List<LogicalSlot> slots) {
        throw new UnsupportedOperationException("the twin has no logical slots");
    }

    @Override
    public boolean isArchiving() {
        return false; // there is no archive in this world
    }

    @Override
    public boolean archiveShutdownCheckpoint() {
        return false;
    }

    @Override
    public Optional<Lsn> shutdownPosition() {
        return server.shutdownPosition();
    }

    @Override
    public Optional<Snapshot> queryForRest() {
        return host.server() == null ? Optional.empty() : session.local(Snapshots::of);
    }

    @Override
    public List<History.Entry> localHistory(int timeline) {
        return host.disk().timelines.of(timeline);
    }

    /** PostgreSQL goes on; nobody is told anything any more. */
    @Override
    public void close() {
        closed = true;
        host.unwatch(watcher);
        host.unwatch(walsenderWatcher);
    }
}
