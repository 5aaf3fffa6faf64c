package io.matriarch.simulator.postgres;

import io.matriarch.model.Lsn;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.PostgresState;
import io.matriarch.model.Role;
import io.matriarch.model.TimeSource;
import io.matriarch.postgres.ControlData;
import io.matriarch.postgres.FollowOutcome;
import io.matriarch.postgres.LocalPosition;
import io.matriarch.postgres.Postmaster;
import io.matriarch.postgres.PromoteHook;
import io.matriarch.postgres.PromoteOutcome;
import io.matriarch.postgres.RecoveryChange;
import io.matriarch.postgres.RewindOutcome;
import io.matriarch.postgres.StartOutcome;
import io.matriarch.postgres.StartRequest;
import io.matriarch.postgres.StopOutcome;
import io.matriarch.postgres.StopRequest;
import io.matriarch.postgres.UnreachedTimeline;
import io.matriarch.postgres.Upstream;
import io.matriarch.simulator.postgres.ControlFile.State;
import io.matriarch.simulator.postgres.LocalSession.Readiness;
import io.matriarch.simulator.postgres.WalRecord.Kind;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The server as something that is started, stopped, promoted and told to follow: the twin of what the real instance does
 * with processes, step by step and with the same limits (contract postgres-control.md 2, 4, 5).
 */
final class TwinServer {

    /** A callback that was due. */
    record Called(MonotonicTime at, String action, Role role) {}

    private static final Duration POLL = Duration.ofMillis(50);
    private static final Duration STOP_POLL = Duration.ofMillis(20);
    private static final Duration CONTROL_DATA_POLL = Duration.ofMillis(250);
    private static final Duration EARLY_RELEASE_PAUSE = Duration.ofSeconds(1);
    private static final Duration KILL_LIMIT = Duration.ofSeconds(10);
    private static final Duration CHECKPOINT_LIMIT = Duration.ofHours(1);
    private static final Duration PROMOTION_LIMIT = Duration.ofHours(1);
    static final Duration PROGRAM = Duration.ofMillis(5);

    /** The callback of the events, by their names in the configuration. */
    private static final String ON_START = "on_start";

    private static final String ON_STOP = "on_stop";
    private static final String ON_RESTART = "on_restart";
    private static final String ON_RELOAD = "on_reload";
    private static final String ON_ROLE_CHANGE = "on_role_change";
    private static final int NESTED_ACTIONS = 4;

    private final PostgresHost host;
    private final TwinConfiguration configuration;
    private final LocalSession session;
    private final TimeSource time;
    private final ArrayDeque<CancelFlag> cancellations = new ArrayDeque<>();
    private final List<Called> callbacks = new ArrayList<>();
    private Runnable postmasterStarted = () -> {};
    private PostgresState state = PostgresState.STOPPED;
    private Role role = Role.UNINITIALIZED;
    private boolean bootstrapping;
    private String whenReady = ON_START;
    private boolean anyLifecycle;
    private int actions;
    private @Nullable CancelFlag longStatement;
    private BooleanSupplier mayLead = () -> true;
    private BooleanSupplier torn = () -> false;

    TwinServer(PostgresHost host, TwinConfiguration configuration, LocalSession session, TimeSource time) {
        this.host = host;
        this.configuration = configuration;
        this.session = session;
        this.time = time;
    }

    // ---- state and role

    PostgresState state() {
        return state;
    }

    void setState(PostgresState wanted) {
        state = wanted;
    }

    Role role() {
        return role;
    }

    void setRole(Role wanted) {
        role = wanted;
    }

    void changeRole(Role wanted) {
        role = wanted;
        call(ON_ROLE_CHANGE);
    }

    boolean isRunning() {
        return host.server() != null;
    }

    boolean isBusy() {
        return actions > 0;
    }

    void setBootstrapping(boolean wanted) {
        bootstrapping = wanted;
    }

    boolean isBootstrapping() {
        return bootstrapping;
    }

    void onPostmasterStart(Runnable listener) {
        postmasterStarted = listener;
    }

    void gateStartsAsPrimary(BooleanSupplier gate, BooleanSupplier interrupted) {
        mayLead = gate;
        torn = interrupted;
    }

    boolean anyLifecycle() {
        return anyLifecycle;
    }

    List<Called> callbacks() {
        return List.copyOf(callbacks);
    }

    private void call(String action) {
        anyLifecycle = anyLifecycle || !action.equals(ON_RELOAD);
        callbacks.add(new Called(time.now(), action, role == Role.PROMOTED ? Role.PRIMARY : role));
    }

    void callOnStart() {
        bootstrapping = false;
        if (!anyLifecycle) {
            call(ON_START);
        }
    }

    /** {@code PG_VERSION}. */
    int majorVersion() {
        return host.disk().isEmpty() ? 0 : 150_000;
    }

    /** {@code pg_controldata}: a process of its own. */
    Optional<ControlData> controlData() {
        if (majorVersion() == 0) {
            return Optional.empty();
        }
        session.pause(PROGRAM);
        return host.controlData();
    }

    // ---- cancelling

    CancelFlag newCancellation() {
        var fresh = new CancelFlag();
        cancellations.add(fresh);
        if (cancellations.size() > NESTED_ACTIONS) {
            cancellations.remove();
        }
        return fresh;
    }

    void cancel() {
        cancellations.forEach(CancelFlag::request);
        if (longStatement != null) {
            longStatement.request();
        }
    }

    // ---- starting

    StartOutcome start(StartRequest request) {
        actions++;
        try {
            StartOutcome outcome = start(request, ON_START, Server.LATEST, newCancellation());
            if (request.roleChange()) {
                call(ON_ROLE_CHANGE);
            }
            return outcome;
        } finally {
            actions--;
        }
    }

    private StartOutcome start(StartRequest request, String whenReadyThen, int target, CancelFlag cancelled) {
        whenReady = request.roleChange() ? ON_ROLE_CHANGE : whenReadyThen;
        if (isRunning()) {
            state = PostgresState.STARTING;
            return StartOutcome.STARTED;
        }
        Duration limit = Optional.ofNullable(request.timeout())
                .orElse(configuration.settings().pgCtlTimeout());
        MonotonicTime deadline = time.now().plus(limit);
        Role wanted = request.role() != null ? request.role() : roleOfDataDirectory();
        if (torn.getAsBoolean() || (wanted == Role.PRIMARY && !bootstrapping && !mayLead.getAsBoolean())) {
            state = PostgresState.START_FAILED;
            return StartOutcome.FAILED;
        }
        role = wanted;
        state = PostgresState.STARTING;
        if (majorVersion() == 0) {
            return StartOutcome.NOT_TRIED;
        }
        if (request.role() != null && isReplica(role)) {
            configuration.follow(request.upstream());
        }
        ControlData control = role == Role.PRIMARY ? null : controlData().orElse(null);
        configuration.prepareStart(role, control);
        if (control != null) {
            host.disk().timelines.openBehind(control.timeline());
        }
        session.pause(PROGRAM);
        if (isRunning() || SingleUser.isRunningOn(host)) {
            state = PostgresState.START_FAILED;
            return StartOutcome.FAILED;
        }
        Server started = host.launch(target);
        postmasterStarted.run();
        return awaitReadiness(started, deadline, request.timeout() != null, cancelled);
    }

    private static boolean isReplica(Role role) {
        return role == Role.REPLICA || role == Role.STANDBY_LEADER;
    }

    private Role roleOfDataDirectory() {
        return host.disk().standbySignal ? Role.REPLICA : Role.PRIMARY;
    }

    private StartOutcome awaitReadiness(
            Server started, MonotonicTime deadline, boolean explicitLimit, CancelFlag cancelled) {
        while (true) {
            if (!started.isAlive()) {
                state = PostgresState.START_FAILED;
                return StartOutcome.FAILED;
            }
            Readiness answer = session.probe();
            if (answer == Readiness.ACCEPTING) {
                becomeReady();
                return StartOutcome.STARTED;
            }
            if (!time.now().isBefore(deadline)) {
                boolean silent = answer == Readiness.NO_RESPONSE;
                return silent || explicitLimit ? StartOutcome.FAILED : StartOutcome.STILL_STARTING;
            }
            if (cancelled.isRequested() || !session.pause(POLL)) {
                return StartOutcome.STILL_STARTING;
            }
        }
    }

    private void becomeReady() {
        state = PostgresState.RUNNING;
        String due = whenReady;
        whenReady = ON_START;
        if (!due.equals(ON_ROLE_CHANGE) && !bootstrapping) {
            call(due);
        }
    }

    void checkStartup() {
        if (!state.isStarting()) {
            return;
        }
        if (!isRunning()) {
            state = PostgresState.START_FAILED;
        } else if (session.probe() == Readiness.ACCEPTING) {
            becomeReady();
        } else {
            state = startingOrStopping();
        }
    }

    private PostgresState startingOrStopping() {
        Server server = host.server();
        boolean stopping = server != null && server.isStopping();
        return stopping ? PostgresState.STOPPING : state.isStarting() ? state : PostgresState.STARTING;
    }

    /** Corrects the state of a server that nobody here acts upon. */
    void noticeProcess(boolean answered) {
        if (isBusy() || answered) {
            return;
        }
        boolean unexpected = switch (state) {
            case STOPPED, CRASHED, START_FAILED, STOP_FAILED, RESTART_FAILED, STOPPING -> true;
            case RUNNING -> session.probe() == Readiness.REJECTING;
            default -> false;
        };
        if (unexpected) {
            state = startingOrStopping();
        }
    }

    /** The snapshot was answered although the state says otherwise. */
    void noticeAnswer() {
        if (!isBusy() && state != PostgresState.RUNNING && !state.isStarting()) {
            becomeReady();
        }
    }

    // ---- stopping

    StopOutcome finishStop(StopRequest request) {
        return startingOrStopping() == PostgresState.STOPPING ? stop(request) : StopOutcome.STOPPED;
    }

    StopOutcome stop(StopRequest request) {
        return stop(request, false);
    }

    private StopOutcome stop(StopRequest request, boolean restarting) {
        actions++;
        try {
            CancelFlag cancelled = newCancellation();
            Server server = host.server();
            if (server == null) {
                request.onSafePoint().run();
                if (!restarting) {
                    state = PostgresState.STOPPED;
                }
                return StopOutcome.NOT_RUNNING;
            }
            if (request.checkpoint() && !state.isStarting()) {
                checkpoint();
            }
            if (!restarting) {
                state = PostgresState.STOPPING;
            }
            if (!stop(server, request, cancelled)) {
                if (!cancelled.isRequested()) {
                    state = PostgresState.STOP_FAILED;
                }
                return StopOutcome.FAILED;
            }
            if (!restarting) {
                state = PostgresState.STOPPED;
            }
            if (request.callback() && !bootstrapping) {
                call(ON_STOP);
            }
            return StopOutcome.STOPPED;
        } finally {
            actions--;
        }
    }

    /** Signals, waits, escalates. False: it still lives, because the wait was cancelled. */
    private boolean stop(Server server, StopRequest request, CancelFlag cancelled) {
        if (request.mode() == StopRequest.Mode.FAST) {
            server.stopFast();
        } else {
            server.stopImmediate();
        }
        Duration timeout = request.timeout();
        MonotonicTime deadline = timeout == null ? null : time.now().plus(timeout);
        awaitSafePoint(server, request.onSafePoint(), deadline, cancelled);
        Consumer<Lsn> released = request.onShutdownCheckpoint();
        if (request.mode() == StopRequest.Mode.FAST && released != null) {
            awaitShutdownCheckpoint(server, released, deadline, cancelled);
        }
        return awaitEnd(server, deadline, cancelled)
                || (!cancelled.isRequested() && escalate(server, request, cancelled));
    }

    private boolean isPast(@Nullable MonotonicTime deadline) {
        return deadline != null && !time.now().isBefore(deadline);
    }

    private void awaitSafePoint(
            Server server, Runnable safePoint, @Nullable MonotonicTime deadline, CancelFlag cancelled) {
        while (server.hasBackends()) {
            if (isPast(deadline) || cancelled.isRequested() || !session.pause(STOP_POLL)) {
                return;
            }
        }
        safePoint.run();
    }

    private void awaitShutdownCheckpoint(
            Server server, Consumer<Lsn> released, @Nullable MonotonicTime deadline, CancelFlag cancelled) {
        while (server.isAlive() && !isPast(deadline) && !cancelled.isRequested()) {
            session.pause(PROGRAM);
            State control = server.control().state;
            if (control == State.SHUT_DOWN) {
                if (!awaitEnd(server, time.now().plus(EARLY_RELEASE_PAUSE), cancelled)) {
                    shutdownPosition().ifPresent(released);
                }
                return;
            }
            if (control == State.SHUT_DOWN_IN_RECOVERY) {
                return;
            }
            awaitEnd(server, time.now().plus(CONTROL_DATA_POLL), cancelled);
        }
    }

    private boolean awaitEnd(Server server, @Nullable MonotonicTime deadline, CancelFlag cancelled) {
        while (server.isAlive()) {
            if (isPast(deadline) || cancelled.isRequested() || !session.pause(STOP_POLL)) {
                return false;
            }
        }
        return true;
    }

    private boolean escalate(Server server, StopRequest request, CancelFlag cancelled) {
        if (request.mode() != StopRequest.Mode.IMMEDIATE) {
            server.stopImmediate();
            Duration again = Optional.ofNullable(request.timeout()).orElse(KILL_LIMIT);
            if (awaitEnd(server, time.now().plus(again), cancelled)) {
                request.onSafePoint().run();
                return true;
            }
        }
        server.kill();
        request.onSafePoint().run();
        return true;
    }

    /** What is published when the lock is released: the shutdown checkpoint, or the switch of segments before it. */
    Optional<Lsn> shutdownPosition() {
        ControlFile control = host.disk().control;
        if (control == null || control.state != State.SHUT_DOWN) {
            return Optional.empty();
        }
        session.pause(PROGRAM);
        WalPath wal = host.disk().wal;
        int index = wal.firstFrom(control.checkpoint.start());
        WalRecord before = index > 0 && index < wal.size() ? wal.get(index - 1) : null;
        return Optional.of(
                before != null && before.kind() == Kind.SWITCH ? before.start() : control.checkpoint.start());
    }

    boolean checkpoint() {
        var cancelled = new CancelFlag();
        longStatement = cancelled;
        Server server = host.server();
        boolean[] done = new boolean[1];
        boolean begun = session.local(asked -> {
                    if (asked.isInRecovery()) {
                        asked.recovery.restartpoint();
                        done[0] = true;
                    } else {
                        asked.checkpointer.request(() -> done[0] = true);
                    }
                    return true;
                })
                .isPresent();
        MonotonicTime deadline = time.now().plus(CHECKPOINT_LIMIT);
        while (begun && !done[0] && server != null && server.isAccepting()) {
            if (cancelled.isRequested() || isPast(deadline) || !session.pause(POLL)) {
                return false;
            }
        }
        return done[0];
    }

    // ---- reload, restart

    /** {@code pg_ctl reload}. */
    boolean reload(boolean callback) {
        session.pause(PROGRAM);
        Server server = host.server();
        if (server == null) {
            return false;
        }
        server.receive("SIGHUP", server::reload);
        if (callback && !bootstrapping) {
            call(ON_RELOAD);
        }
        return true;
    }

    StartOutcome restart(@Nullable Duration timeout) {
        return restart(new StartRequest(null, null, timeout, false));
    }

    private StartOutcome restart(StartRequest request) {
        return restart(StopRequest.forRestart(role), request, Server.LATEST);
    }

    private StartOutcome restart(StopRequest stop, StartRequest request, int target) {
        actions++;
        try {
            state = PostgresState.RESTARTING;
            StartOutcome outcome = stop(stop, true) == StopOutcome.FAILED
                    ? StartOutcome.FAILED
                    : start(request, ON_RESTART, target, newCancellation());
            boolean failed = outcome == StartOutcome.FAILED || outcome == StartOutcome.NOT_TRIED;
            if (failed && !state.isStarting()) {
                state = PostgresState.RESTART_FAILED;
            }
            return outcome;
        } finally {
            actions--;
        }
    }

    // ---- following

    FollowOutcome follow(Role wanted, @Nullable Upstream upstream, RecoveryChange change) {
        boolean roleChange = isRoleChange(wanted);
        FollowOutcome outcome = switch (change) {
            case NONE -> FollowOutcome.UNCHANGED;
            case RELOAD -> {
                configuration.follow(upstream);
                configuration.rewrite(wanted);
                yield reload(!roleChange) ? FollowOutcome.RELOADED : FollowOutcome.FAILED;
            }
            case RESTART ->
                restart(new StartRequest(wanted, upstream, null, roleChange)) == StartOutcome.FAILED
                        ? FollowOutcome.FAILED
                        : FollowOutcome.RESTARTED;
        };
        role = wanted;
        if (roleChange) {
            call(ON_ROLE_CHANGE);
        }
        return outcome;
    }

    private boolean isRoleChange(Role wanted) {
        return anyLifecycle
                && (role == Role.PRIMARY
                        || role == Role.DEMOTED
                        || (isReplica(role) && isReplica(wanted) && role != wanted));
    }

    // ---- promoting

    PromoteOutcome promote(int timeline, PromoteHook hook) {
        actions++;
        try {
            CancelFlag cancelled = newCancellation();
            if (host.failsPrePromote()) {
                session.pause(POLL);
                return PromoteOutcome.PRE_PROMOTE_FAILED;
            }
            if (!turnBackFromUnreached(cancelled)) {
                return cancelled.isRequested() ? PromoteOutcome.CANCELLED : PromoteOutcome.FAILED;
            }
            if (cancelled.isRequested() || !hook.mayGoOn()) {
                return PromoteOutcome.CANCELLED;
            }
            Timelines timelines = host.disk().timelines;
            if (timeline > 2 && !timelines.has(timeline - 1)) {
                Optional<ControlData> control = controlData();
                if (control.isEmpty()) {
                    return PromoteOutcome.FAILED;
                }
                timelines.closeBelow(timeline, control.get().timeline());
            }
            session.pause(PROGRAM);
            Server server = host.server();
            if (server == null || !requestPromotion(server)) {
                return PromoteOutcome.FAILED;
            }
            changeRole(Role.PROMOTED);
            return awaitProduction(server.recovery.beginnings(), cancelled);
        } finally {
            actions--;
        }
    }

    private static boolean requestPromotion(Server server) {
        if (server.control().state != State.IN_ARCHIVE_RECOVERY) {
            return false;
        }
        server.receive("promote", server.recovery::promote);
        return true;
    }

    PromoteOutcome finishPromotion() {
        actions++;
        try {
            CancelFlag cancelled = newCancellation();
            Server server = host.server();
            return server != null && (server.isInProduction() || requestPromotion(server))
                    ? awaitProduction(server.recovery.beginnings(), cancelled)
                    : PromoteOutcome.FAILED;
        } finally {
            actions--;
        }
    }

    private boolean turnBackFromUnreached(CancelFlag cancelled) {
        Timelines timelines = host.disk().timelines;
        Optional<ControlData> control = controlData();
        if (control.isEmpty() || timelines.behind(control.get().timeline()).isEmpty()) {
            return true;
        }
        MonotonicTime deadline = time.now().plus(PROMOTION_LIMIT);
        while (!session.local(TwinServer::resumedAndAtItsEnd).orElse(true)) {
            if (cancelled.isRequested() || !time.now().isBefore(deadline) || !session.pause(POLL)) {
                return true;
            }
        }
        Optional<LocalPosition> end = session.local(
                asked -> new LocalPosition(asked.recovery.replayTimeline(), asked.recovery.replayed(), true));
        if (end.isEmpty()) {
            return true;
        }
        int timeline = end.get().timeline();
        return !UnreachedTimeline.misleads(timeline, end.get().position(), timelines.behind(timeline))
                || restart(StopRequest.forRestartSoon(), new StartRequest(null, null, PROMOTION_LIMIT, false), timeline)
                        == StartOutcome.STARTED;
    }

    RewindOutcome replayAll() {
        actions++;
        try {
            CancelFlag cancelled = newCancellation();
            var request = new StartRequest(Role.REPLICA, null, PROMOTION_LIMIT, false);
            StartOutcome started = start(request, ON_START, Server.LATEST, cancelled);
            if (started != StartOutcome.STARTED) {
                stop(StopRequest.immediate(null));
                return started == StartOutcome.FAILED && !cancelled.isRequested()
                        ? RewindOutcome.FAILED
                        : RewindOutcome.LATER;
            }
            MonotonicTime deadline = time.now().plus(PROMOTION_LIMIT);
            while (!session.local(TwinServer::resumedAndAtItsEnd).orElse(false)) {
                boolean over = cancelled.isRequested() || !time.now().isBefore(deadline) || !isRunning();
                if (over || !session.pause(POLL)) {
                    stop(StopRequest.immediate(null));
                    return RewindOutcome.LATER;
                }
            }
            return stop(StopRequest.beforeRewind()) == StopOutcome.STOPPED ? RewindOutcome.DONE : RewindOutcome.LATER;
        } finally {
            actions--;
        }
    }

    private static boolean resumedAndAtItsEnd(Server server) {
        server.recovery.pause(false);
        return server.recovery.hasReplayedAll();
    }

    private PromoteOutcome awaitProduction(int first, CancelFlag cancelled) {
        int beginning = first;
        MonotonicTime deadline = time.now().plus(PROMOTION_LIMIT);
        while (time.now().isBefore(deadline) && isRunning()) {
            if (session.local(asked -> !asked.isInRecovery()).orElse(false)) {
                confirmPromotion();
                return PromoteOutcome.PROMOTED;
            }
            Server server = host.server();
            if (server != null
                    && server.recovery.beginnings() != beginning
                    && server.control().state == State.IN_ARCHIVE_RECOVERY) {
                beginning = server.recovery.beginnings(); // a backend crashed: recovery has forgotten the request
                server.receive("promote", server.recovery::promote);
            }
            if (cancelled.isRequested() || !session.pause(POLL)) {
                return PromoteOutcome.FAILED;
            }
        }
        return PromoteOutcome.FAILED;
    }

    void confirmPromotion() {
        if (role == Role.PROMOTED) {
            role = Role.PRIMARY;
        }
    }

    // ---- joining a running server

    void attach() {
        boolean nothing = host.disk().isEmpty() || host.controlData().isEmpty();
        role = nothing ? Role.UNINITIALIZED : roleOfDataDirectory();
        if (!isRunning()) {
            state = PostgresState.STOPPED;
            if (role == Role.PRIMARY) {
                role = Role.DEMOTED;
            }
            return;
        }
        state = startingOrStopping();
        if (session.probe() == Readiness.ACCEPTING) {
            becomeReady();
        }
    }

    @Nullable
    Postmaster postmaster() {
        return host.postmaster();
    }
}
