package io.matriarch.postgres;

import com.google.gson.JsonObject;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.PostgresState;
import io.matriarch.model.Role;
import io.matriarch.model.TimeSource;
import io.matriarch.model.config.HostPort;
import io.matriarch.model.config.PostgresSettings;
import io.matriarch.postgres.Callbacks.Action;
import io.matriarch.postgres.ChildProcess.Command;
import io.matriarch.postgres.ChildProcess.Result;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The server as something that is started, stopped, promoted and told to follow (contract postgres-control.md 2, 4, 5).
 * Keeps state and role, and calls the callbacks that belong to their changes.
 *
 * <p>Long actions run on the thread of the background job; the cycle looks at state and role meanwhile, and may stop the
 * server under a job that starts it.
 */
final class LocalServer implements ServerControl {

    /** What pg_ctl writes for the server to find. */
    private static final String PROMOTE_FILE = "promote";
    /** {@code object_not_in_prerequisite_state}. */
    private static final String NOT_IN_THIS_STATE = "55000";
    /** {@code insufficient_privilege}. */
    private static final String NO_PRIVILEGE = "42501";

    private static final List<String> NO_OPTIONS = List.of();
    private static final String NO_DELAY = "--recovery_min_apply_delay=0";

    private static final System.Logger LOG = System.getLogger("patroni.postgresql");

    private static final Duration POLL = Duration.ofMillis(50);

    /** Idle backends are gone within milliseconds after their postmaster. */
    private static final Duration ORPHANS_LIMIT = Duration.ofSeconds(2);

    /** A look at each of them, as long as they are alive. */
    private static final Duration ORPHANS_POLL = Duration.ofMillis(2);

    /** {@code pg_ctl} reads two files and sends a signal. */
    private static final Duration PG_CTL_LIMIT = Duration.ofSeconds(10);

    /** A large buffer cache on a slow disk; a checkpoint that takes longer is given up, which harms nobody. */
    private static final Duration CHECKPOINT_LIMIT = Duration.ofHours(1);

    /** For a script of the user. */
    private static final Duration SCRIPT_LIMIT = Duration.ofHours(1);

    /** From the request to the end of recovery, which replays what is left; the role stays "promoted" after it. */
    private static final Duration PROMOTION_LIMIT = Duration.ofHours(1);

    /** As long as somebody may be waiting for this moment, we look often. */
    private static final Duration RELEVANT = Duration.ofSeconds(1);

    /** Nobody can write meanwhile; what is asked takes the server some microseconds. */
    private static final Duration FIRST_LOOKS = Duration.ofMillis(2);

    /**
     * When a startup process that does not go on is woken first: one that was not asleep has read the request by then. Each
     * further time comes twice as late.
     */
    private static final Duration FIRST_NUDGE = Duration.ofMillis(10);

    private static final Duration LONGEST_NUDGE_PERIOD = Duration.ofMillis(500);

    private static final int MOST_NUDGES = 12;

    private final Supplier<PostgresSettings> settings;
    private final Programs programs;
    private final Preconditions preconditions;
    private final PostmasterFinder finder;
    private final ControlDataReader controlDataReader;
    private final ServerConfiguration configuration;
    private final PostgresConnections connections;
    private final QueryTroubles troubles;
    private final StopProcedure stopProcedure;
    private final Callbacks callbacks;
    private final RunningAddress address;
    private final TimeSource time;
    private final StartPause startPause;
    private final AtomicInteger actions = new AtomicInteger();

    /** A server that does not let us in does so each time, and writes a line about it. */
    private static final Duration UNANSWERED_PAUSE = Duration.ofSeconds(1);

    /** How deep actions nest, with some to spare; those that ended are forgotten beyond it. */
    private static final int NESTED_ACTIONS = 4;

    private volatile PostgresState state = PostgresState.STOPPED;
    private volatile Role role = Role.UNINITIALIZED;
    private volatile boolean bootstrapping;
    private volatile Runnable postmasterStarted = () -> {};
    private volatile Action whenReady = Action.ON_START;
    private final ArrayDeque<Cancellation> cancellations = new ArrayDeque<>();
    /** Statements of several threads that may take long. */
    private final Set<Connection> longStatements = ConcurrentHashMap.newKeySet();

    private volatile BooleanSupplier mayLead = () -> true;
    private volatile Supplier<Optional<String>> torn = Optional::empty;

    /** Where the running server listens; kept while the configured address differs. */
    static final class RunningAddress {

        private final Supplier<PostgresSettings> settings;
        private volatile PostgresSettings inForce;
        private volatile LocalAddress address;

        RunningAddress(Supplier<PostgresSettings> settings) {
            this.settings = settings;
            this.inForce = settings.get();
            this.address = LocalAddress.of(inForce);
        }

        LocalAddress get() {
            return address;
        }

        /** The server was started, or runs, with what is configured now. */
        void refresh() {
            inForce = settings.get();
            address = LocalAddress.of(inForce);
        }

        /** The server goes on listening where it listened when it was started, however often it is reloaded. */
        void refreshUnlessMoved() {
            PostgresSettings now = settings.get();
            String sockets = "unix_socket_directories";
            boolean moved = !inForce.listenAddresses().equals(now.listenAddresses())
                    || inForce.port() != now.port()
                    || (now.useUnixSocket()
                            && !Objects.equals(
                                    inForce.parameters().get(sockets),
                                    now.parameters().get(sockets)));
            if (!moved) {
                refresh();
            }
        }

        /** Others are told where it listens now, not where it will after a restart. */
        String published() {
            HostPort configured = inForce.connectAddress();
            return configured == null ? address.hostAndPort() : configured.toString();
        }
    }

    LocalServer(
            Supplier<PostgresSettings> settings,
            Programs programs,
            Preconditions preconditions,
            PostmasterFinder finder,
            ControlDataReader controlDataReader,
            ServerConfiguration configuration,
            PostgresConnections connections,
            QueryTroubles troubles,
            StopProcedure stopProcedure,
            Callbacks callbacks,
            RunningAddress address,
            TimeSource time) {
        this.settings = settings;
        this.programs = programs;
        this.preconditions = preconditions;
        this.finder = finder;
        this.controlDataReader = controlDataReader;
        this.configuration = configuration;
        this.connections = connections;
        this.troubles = troubles;
        this.stopProcedure = stopProcedure;
        this.callbacks = callbacks;
        this.address = address;
        this.time = time;
        this.startPause = new StartPause(time.now());
    }

    void onPostmasterStart(Runnable listener) {
        postmasterStarted = listener;
    }

    void gateStartsAsPrimary(BooleanSupplier gate) {
        mayLead = gate;
    }

    /** @param reason why the data directory must not be started; empty: it may be */
    void refuseStartsWhile(Supplier<Optional<String>> reason) {
        torn = reason;
    }

    private DataFiles data() {
        return new DataFiles(settings.get().dataDir());
    }

    // ---- state and role

    @Override
    public PostgresState state() {
        return state;
    }

    @Override
    public void setState(PostgresState wanted) {
        state = wanted;
    }

    Role role() {
        return role;
    }

    @Override
    public void setRole(Role wanted) {
        role = wanted;
    }

    /** Sets it and tells the user's callback. */
    void changeRole(Role wanted) {
        role = wanted;
        callbacks.call(Action.ON_ROLE_CHANGE, wanted);
    }

    @Override
    public int majorVersion() {
        return data().majorVersion();
    }

    @Override
    public Optional<ControlData> controlData() {
        return controlDataReader.read();
    }

    @Override
    public boolean isRunning() {
        return finder.postmaster() != null;
    }

    /** Whether a start, a stop or the like is under way on some thread. */
    boolean isBusy() {
        return actions.get() > 0;
    }

    @Override
    public boolean isRestartPending() {
        return !configuration.pendingRestart().isEmpty();
    }

    @Override
    public void backUpConfiguration() {
        configuration.backUp();
    }

    @Override
    public void restoreConfiguration() {
        configuration.restore();
    }

    @Override
    public void beginCustomBootstrap(@Nullable JsonObject recoveryConf, boolean keepExisting) {
        configuration.beginCustomBootstrap(recoveryConf, keepExisting);
    }

    @Override
    public void endCustomBootstrap() {
        configuration.endCustomBootstrap();
    }

    /** While a cluster is being made nobody is told of its starts and stops. */
    void setBootstrapping(boolean wanted) {
        bootstrapping = wanted;
    }

    boolean isBootstrapping() {
        return bootstrapping;
    }

    // ---- cancelling

    /** For a new long action. An action may begin others (a rewind stops the server first): all of them end on cancel. */
    Cancellation newCancellation() {
        var fresh = new Cancellation();
        synchronized (cancellations) {
            cancellations.add(fresh);
            if (cancellations.size() > NESTED_ACTIONS) {
                cancellations.remove();
            }
        }
        return fresh;
    }

    void cancel() {
        synchronized (cancellations) {
            cancellations.forEach(Cancellation::request);
        }
        for (Connection busy : longStatements) {
            try {
                busy.abort(Runnable::run);
            } catch (SQLException e) {
                LOG.log(Level.DEBUG, "Could not abort a connection", e);
            }
        }
    }

    // ---- starting

    @Override
    public StartOutcome start(StartRequest request) {
        actions.incrementAndGet();
        try {
            StartOutcome outcome = start(request, Action.ON_START, NO_OPTIONS, newCancellation());
            if (request.roleChange()) {
                callbacks.call(Action.ON_ROLE_CHANGE, role);
            }
            return outcome;
        } finally {
            actions.decrementAndGet();
        }
    }

    private StartOutcome start(
            StartRequest request, Action whenReadyThen, List<String> options, Cancellation cancelled) {
        if (!awaitNextTry(cancelled)) {
            return StartOutcome.NOT_TRIED;
        }
        connections.closeKept();
        whenReady = request.roleChange() ? Action.ON_ROLE_CHANGE : whenReadyThen;
        if (isRunning()) {
            LOG.log(Level.ERROR, "Cannot start PostgreSQL because one is already running.");
            state = PostgresState.STARTING;
            return StartOutcome.STARTED;
        }
        Duration limit =
                Optional.ofNullable(request.timeout()).orElse(settings.get().pgCtlTimeout());
        MonotonicTime deadline = time.now().plus(limit);
        boolean custom = configuration.isCustomBootstrap();
        Role wanted = request.role() != null ? request.role() : roleOfDataDirectory();
        if (!mayStart(wanted)) {
            startFailed();
            return StartOutcome.FAILED;
        }
        role = wanted;
        state = custom ? PostgresState.STARTING_AFTER_CUSTOM_BOOTSTRAP : PostgresState.STARTING;
        if (majorVersion() == 0) {
            return StartOutcome.NOT_TRIED;
        }
        Optional<Postmaster> postmaster;
        try {
            if (request.role() != null && isReplica(role)) {
                configuration.follow(request.upstream());
            }
            var words = new ArrayList<>(List.of(
                    programs.path("postgres"),
                    "-D",
                    settings.get().dataDir().toString(),
                    "--config-file=" + configuration.mainFile()));
            Optional<ControlData> control = role == Role.PRIMARY ? Optional.empty() : controlData();
            words.addAll(configuration.prepareStart(role, control));
            words.addAll(options);
            if (control.isPresent()) {
                new TimelineFiles(data()).openBehind(control.get().timeline());
            }
            address.refresh();
            postmaster = PostmasterLauncher.launch(words, data().umask(), endOrphans(cancelled));
        } catch (IOException e) {
            LOG.log(Level.ERROR, "Could not prepare the start of PostgreSQL: " + FileTrouble.describe(e));
            postmaster = Optional.empty();
        }
        if (postmaster.isEmpty()) {
            startFailed();
            return StartOutcome.FAILED;
        }
        finder.adopt(postmaster.get());
        postmasterStarted.run();
        return awaitReadiness(postmaster.get(), deadline, request.timeout() != null, cancelled);
    }

    private boolean mayStart(Role wanted) {
        Optional<String> interrupted = torn.get();
        if (interrupted.isPresent()) {
            LOG.log(Level.ERROR, "PostgreSQL is not started: " + interrupted.get());
            return false;
        }
        if (wanted == Role.PRIMARY && !isBootstrapping() && !mayLead.getAsBoolean()) {
            LOG.log(Level.WARNING, "PostgreSQL is not started as primary: this node does not hold the leader key");
            return false;
        }
        return true;
    }

    /**
     * Backends notice the death of their postmaster when they next wait for something; a busy one is helped along, and so
     * is a whole server whose pid file is gone. Shared memory and port are free only when they are.
     *
     * @return what the pid file names then; where it is missing, the server that was ended and is not buried yet, which the
     *     lock file of its socket still names
     */
    private PostmasterFinder.Found endOrphans(Cancellation cancelled) {
        if (finder.find() instanceof PostmasterFinder.Found.SingleUser single) {
            return single;
        }
        MonotonicTime deadline = time.now().plus(ORPHANS_LIMIT);
        List<ProcessTable.Entry> orphans = finder.orphans();
        while (!orphans.isEmpty() && time.now().isBefore(deadline) && !cancelled.isRequested() && pause(ORPHANS_POLL)) {
            orphans = orphans.stream().filter(LocalServer::isStillThere).toList();
        }
        List<ProcessTable.Entry> killed = orphans;
        for (ProcessTable.Entry orphan : killed) {
            LOG.log(
                    Level.WARNING,
                    "Killing a process that has lost its postmaster: " + ProcessTable.title(orphan.pid()) + " (pid "
                            + orphan.pid() + ")");
            ProcessHandle.of(orphan.pid()).ifPresent(ProcessHandle::destroyForcibly);
        }
        MonotonicTime gone = time.now().plus(ORPHANS_LIMIT);
        // a dying process loses its name before its port and its memory
        while (killed.stream().anyMatch(LocalServer::isStillThere)
                && time.now().isBefore(gone)
                && !cancelled.isRequested()
                && pause(ORPHANS_POLL)) {
            // looks again
        }
        PostmasterFinder.Found named = finder.find();
        Optional<ProcessTable.Entry> unburied = killed.stream()
                .filter(orphan -> killed.stream().noneMatch(other -> other.pid() == orphan.parent()))
                .filter(orphan -> ProcessTable.entry(orphan.pid()).isPresent())
                .findFirst();
        return named instanceof PostmasterFinder.Found.Nothing && unburied.isPresent()
                ? new PostmasterFinder.Found.Foreign(unburied.get().pid())
                : named;
    }

    private static boolean isStillThere(ProcessTable.Entry process) {
        return ProcessTable.isAlive(new Postmaster(process.pid(), process.startTicks()));
    }

    private static boolean isReplica(Role role) {
        return role == Role.REPLICA || role == Role.STANDBY_LEADER;
    }

    private Role roleOfDataDirectory() {
        return data().hasSignal() ? Role.REPLICA : Role.PRIMARY;
    }

    private StartOutcome awaitReadiness(
            Postmaster postmaster, MonotonicTime deadline, boolean explicitLimit, Cancellation cancelled) {
        while (true) {
            if (!ProcessTable.isAlive(postmaster)) {
                postmasterEnded();
                return StartOutcome.FAILED;
            }
            ReadinessProbe.Answer answer = probe();
            if (answer == ReadinessProbe.Answer.ACCEPTING) {
                becomeReady();
                return StartOutcome.STARTED;
            }
            if (!time.now().isBefore(deadline)) {
                boolean silent = answer == ReadinessProbe.Answer.NO_RESPONSE;
                if (silent) {
                    LOG.log(Level.WARNING, "Timed out waiting for PostgreSQL to start");
                }
                return silent || explicitLimit ? StartOutcome.FAILED : StartOutcome.STILL_STARTING;
            }
            if (cancelled.isRequested() || !pause()) {
                return StartOutcome.STILL_STARTING;
            }
        }
    }

    /** It was started, and ended before it answered. */
    private void postmasterEnded() {
        LOG.log(
                Level.ERROR,
                "postmaster is not running: "
                        + preconditions.whyStartFailed().orElse("it ended during its start; its own messages say why"));
        startFailed();
    }

    private void startFailed() {
        state = PostgresState.START_FAILED;
        startPause.failed(time.now());
    }

    /** False when the action was cancelled meanwhile. */
    private boolean awaitNextTry(Cancellation cancelled) {
        while (!isRunning() && !startPause.isOver(time.now())) {
            if (cancelled.isRequested() || !pause()) {
                return false;
            }
        }
        return true;
    }

    private boolean pause() {
        return pause(POLL);
    }

    private boolean pause(Duration duration) {
        try {
            time.sleep(duration);
            return true;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    ReadinessProbe.Answer probe() {
        PostgresSettings now = settings.get();
        return ReadinessProbe.ask(address.get(), now.database(), now.superuser().username());
    }

    private void becomeReady() {
        state = PostgresState.RUNNING;
        startPause.succeeded();
        if (!configuration.isCustomBootstrap()) {
            configuration.backUp();
        }
        Action due = whenReady;
        whenReady = Action.ON_START;
        // a change of role is told by whoever asked for the start, also when that fails
        if (due != Action.ON_ROLE_CHANGE && !isBootstrapping()) {
            callbacks.call(due, role);
        }
    }

    /** Finds out whether a server that is starting has arrived; changes the state. */
    void checkStartup() {
        if (!state.isStarting()) {
            return;
        }
        Postmaster postmaster = finder.postmaster();
        if (postmaster == null) {
            postmasterEnded();
        } else if (probe() == ReadinessProbe.Answer.ACCEPTING) {
            becomeReady();
        } else {
            state = startingOrStopping();
        }
    }

    /** Of a server that accepts nobody. */
    private PostgresState startingOrStopping() {
        boolean stopping = PostmasterPidFile.read(settings.get().dataDir())
                .filter(PostmasterPidFile::stopping)
                .isPresent();
        return stopping ? PostgresState.STOPPING : state.isStarting() ? state : PostgresState.STARTING;
    }

    /** Corrects the state of a server that nobody here acts upon: it came up by itself, or went back to recovery. */
    void noticeProcess(boolean answered) {
        if (isBusy() || answered) {
            return;
        }
        boolean unexpected = switch (state) {
            case STOPPED, CRASHED, START_FAILED, STOP_FAILED, RESTART_FAILED, STOPPING -> true;
            case RUNNING -> probe() == ReadinessProbe.Answer.REJECTING;
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

    /** Not when another server has taken the place of the one that was to end. */
    StopOutcome finishStop(StopRequest request) {
        return startingOrStopping() == PostgresState.STOPPING ? stop(request) : StopOutcome.STOPPED;
    }

    @Override
    public StopOutcome stop(StopRequest request) {
        return stop(request, false);
    }

    private StopOutcome stop(StopRequest request, boolean restarting) {
        actions.incrementAndGet();
        try {
            Cancellation cancelled = newCancellation();
            Postmaster postmaster = finder.postmaster();
            if (postmaster == null) {
                return withoutPostmaster(request, restarting);
            }
            if (request.checkpoint() && !state.isStarting()) {
                checkpoint();
            }
            if (!restarting) {
                state = PostgresState.STOPPING;
            }
            stopProcedure.beforeStop(cancelled);
            connections.closeKept();
            if (!stopProcedure.stop(postmaster, request, cancelled)) {
                if (!cancelled.isRequested()) {
                    state = PostgresState.STOP_FAILED;
                }
                return StopOutcome.FAILED;
            }
            if (!restarting) {
                state = PostgresState.STOPPED;
            }
            if (request.callback() && !isBootstrapping()) {
                callbacks.call(Action.ON_STOP, role);
            }
            return StopOutcome.STOPPED;
        } finally {
            actions.decrementAndGet();
        }
    }

    private StopOutcome withoutPostmaster(StopRequest request, boolean restarting) {
        if (finder.find() instanceof PostmasterFinder.Found.SingleUser(long pid)) {
            LOG.log(Level.WARNING, "Cannot stop server; single-user server is running (PID: " + pid + ")");
            LOG.log(Level.WARNING, "pg_ctl stop failed");
            state = PostgresState.STOP_FAILED;
            return StopOutcome.FAILED;
        }
        request.onSafePoint().run();
        if (!restarting) {
            state = PostgresState.STOPPED;
        }
        return StopOutcome.NOT_RUNNING;
    }

    boolean checkpoint() {
        try (Connection connection = connections.localForLong(CHECKPOINT_LIMIT);
                Statement statement = connection.createStatement()) {
            longStatements.add(connection);
            try {
                statement.execute("CHECKPOINT");
            } finally {
                longStatements.remove(connection);
            }
            return true;
        } catch (SQLException e) {
            troubles.report(Level.ERROR, "Exception during CHECKPOINT", e);
            return false;
        }
    }

    // ---- reload, restart

    @Override
    public boolean reload() {
        return reload(true);
    }

    /** @param callback whether {@code on_reload} is to run */
    boolean reload(boolean callback) {
        if (!requestReload()) {
            return false;
        }
        if (callback && !isBootstrapping()) {
            callbacks.call(Action.ON_RELOAD, role);
        }
        return true;
    }

    /** On the connection that is there already; a process of its own costs a hundred times as much. */
    private boolean requestReload() {
        if (state == PostgresState.RUNNING && isOurs() && isTrue("SELECT pg_reload_conf()")) {
            return true;
        }
        Result result = ChildProcess.run(
                Command.of(
                        PG_CTL_LIMIT,
                        programs.path("pg_ctl"),
                        "reload",
                        "-D",
                        settings.get().dataDir().toString()),
                new Cancellation());
        if (!result.isSuccess()) {
            LOG.log(
                    Level.ERROR,
                    "pg_ctl reload " + programs.explain("pg_ctl", result) + ": "
                            + result.errors().strip());
            return false;
        }
        return true;
    }

    /** Whether we are the user that the server runs as. Where not, its programs are wrapped, and do more than we know. */
    private boolean isOurs() {
        try {
            return Files.getOwner(settings.get().dataDir()).getName().equals(System.getProperty("user.name"));
        } catch (IOException _) {
            return false;
        }
    }

    /** False also when there is no answer. */
    private boolean isTrue(String question) {
        try {
            return ask(question);
        } catch (SQLException e) {
            LOG.log(Level.INFO, question + ": " + e.getMessage());
            return false;
        }
    }

    private boolean ask(String question) throws SQLException {
        return connections.with(PostgresConnections.Purpose.HEARTBEAT, connection -> {
            try (Statement statement = connection.createStatement();
                    var row = statement.executeQuery(question)) {
                return row.next() && row.getBoolean(1);
            }
        });
    }

    @Override
    public StartOutcome restart(@Nullable Duration timeout) {
        return restart(new StartRequest(null, null, timeout, false));
    }

    private StartOutcome restart(StartRequest request) {
        return restart(StopRequest.forRestart(role), request, NO_OPTIONS);
    }

    private StartOutcome restart(StopRequest stop, StartRequest request, List<String> options) {
        if (!mayStart(request.role() != null ? request.role() : roleOfDataDirectory())) {
            return StartOutcome.FAILED; // what runs is not stopped for it
        }
        actions.incrementAndGet();
        try {
            Cancellation cancelled = newCancellation();
            state = PostgresState.RESTARTING;
            StartOutcome outcome = stop(stop, true) == StopOutcome.FAILED
                    ? StartOutcome.FAILED
                    : start(request, Action.ON_RESTART, options, cancelled);
            boolean failed = outcome == StartOutcome.FAILED || outcome == StartOutcome.NOT_TRIED;
            if (failed && !state.isStarting()) {
                LOG.log(Level.WARNING, "restart failed (" + state + ")");
                state = PostgresState.RESTART_FAILED;
            }
            return outcome;
        } finally {
            actions.decrementAndGet();
        }
    }

    // ---- following

    /** Makes the server follow {@code upstream} in the way that {@code change} says is enough. */
    FollowOutcome follow(Role wanted, @Nullable Upstream upstream, RecoveryChange change) {
        boolean roleChange = isRoleChange(wanted);
        FollowOutcome outcome = switch (change) {
            case NONE -> FollowOutcome.UNCHANGED;
            case RELOAD -> followByReload(wanted, upstream, !roleChange);
            case RESTART ->
                restart(new StartRequest(wanted, upstream, null, roleChange)) == StartOutcome.FAILED
                        ? FollowOutcome.FAILED
                        : FollowOutcome.RESTARTED;
        };
        role = wanted;
        if (roleChange) {
            callbacks.call(Action.ON_ROLE_CHANGE, wanted);
        }
        return outcome;
    }

    private boolean isRoleChange(Role wanted) {
        return callbacks.anyLifecycle()
                && (role == Role.PRIMARY
                        || role == Role.DEMOTED
                        || (isReplica(role) && isReplica(wanted) && role != wanted));
    }

    private FollowOutcome followByReload(Role wanted, @Nullable Upstream upstream, boolean callback) {
        try {
            configuration.follow(upstream);
            configuration.rewrite(wanted);
        } catch (IOException e) {
            LOG.log(Level.ERROR, "Could not write the recovery settings", e);
            return FollowOutcome.FAILED;
        }
        return reload(callback) ? FollowOutcome.RELOADED : FollowOutcome.FAILED;
    }

    // ---- promoting

    PromoteOutcome promote(int timeline, PromoteHook hook) {
        actions.incrementAndGet();
        try {
            Cancellation cancelled = newCancellation();
            if (!prePromote(cancelled)) {
                return PromoteOutcome.PRE_PROMOTE_FAILED;
            }
            if (!turnBackFromUnreached(cancelled)) {
                return cancelled.isRequested() ? PromoteOutcome.CANCELLED : PromoteOutcome.FAILED;
            }
            if (cancelled.isRequested() || !hook.mayGoOn()) {
                LOG.log(Level.INFO, "PostgreSQL promote cancelled.");
                return PromoteOutcome.CANCELLED;
            }
            if (!closeNumbersBelow(timeline)) {
                return PromoteOutcome.FAILED;
            }
            OptionalLong recovery = recoveryProcess();
            if (!requestPromotion()) {
                return PromoteOutcome.FAILED;
            }
            changeRole(Role.PROMOTED);
            return awaitProduction(recovery, cancelled);
        } finally {
            actions.decrementAndGet();
        }
    }

    /**
     * Starts a standby again with the timeline that it is on as its target, where a promotion would leave a wrong history behind
     * ({@link UnreachedTimeline}). False: it did not come back from that.
     */
    private boolean turnBackFromUnreached(Cancellation cancelled) {
        try {
            var files = new TimelineFiles(data());
            Optional<ControlData> control = controlData();
            if (control.isEmpty() || !files.isAnyBehind(control.get().timeline())) {
                return true;
            }
            // A promotion does not wait for the delay, so neither does this.
            if (ask("SELECT setting <> '0' FROM pg_settings WHERE name = 'recovery_min_apply_delay'")
                    && !restartForPromotion(List.of(NO_DELAY))) {
                return false;
            }
            LocalPosition end = endOfRecovery(cancelled);
            if (!UnreachedTimeline.misleads(end.timeline(), end.position(), files.behind(end.timeline()))) {
                return true;
            }
            LOG.log(
                    Level.WARNING,
                    "Recovery is heading for another timeline than " + end.timeline() + ", where it is at "
                            + end.position()
                            + ": PostgreSQL is started again, so that the history of the new one is true");
            return restartForPromotion(List.of(NO_DELAY, "--recovery_target_timeline=" + end.timeline()));
        } catch (IOException | SQLException e) {
            LOG.log(Level.WARNING, "Could not find out which timeline recovery is heading for", e);
            return true;
        }
    }

    /** It may take as long as a promotion: until it has replayed what it had before, it lets nobody in. */
    private boolean restartForPromotion(List<String> options) {
        return restart(StopRequest.forRestartSoon(), new StartRequest(null, null, PROMOTION_LIMIT, false), options)
                == StartOutcome.STARTED;
    }

    /**
     * Starts a standby with nobody to follow, lets it replay all WAL that is here, and stops it in order: then {@code pg_control} says how
     * far it has come. Where it does not get there, it is stopped at once, and {@code pg_control} goes on to say that it does not know.
     *
     * @return later: it was cancelled, or takes longer; failed: it does not start
     */
    RewindOutcome replayAll() {
        actions.incrementAndGet();
        try {
            Cancellation cancelled = newCancellation();
            var request = new StartRequest(Role.REPLICA, null, PROMOTION_LIMIT, false);
            StartOutcome started = start(request, Action.ON_START, List.of(NO_DELAY), cancelled);
            if (started != StartOutcome.STARTED) {
                stop(StopRequest.immediate(null));
                return started == StartOutcome.FAILED && !cancelled.isRequested()
                        ? RewindOutcome.FAILED
                        : RewindOutcome.LATER;
            }
            try {
                endOfRecovery(cancelled);
            } catch (SQLException e) {
                LOG.log(Level.WARNING, "Stopping PostgreSQL before it has replayed all its WAL: {0}", e.getMessage());
                stop(StopRequest.immediate(null));
                return RewindOutcome.LATER;
            }
            return stop(StopRequest.beforeRewind()) == StopOutcome.STOPPED ? RewindOutcome.DONE : RewindOutcome.LATER;
        } finally {
            actions.decrementAndGet();
        }
    }

    /** Where recovery is once it has replayed all that is here; a promotion does that first, too. */
    private LocalPosition endOfRecovery(Cancellation cancelled) throws SQLException {
        MonotonicTime deadline = time.now().plus(PROMOTION_LIMIT);
        while (!ask("SELECT wait_event IN ('RecoveryWalStream', 'RecoveryRetrieveRetryInterval') FROM pg_stat_activity"
                + " WHERE backend_type = 'startup'")) {
            if (ask("SELECT pg_is_wal_replay_paused()")) {
                resumeReplay();
            }
            if (cancelled.isRequested() || !time.now().isBefore(deadline) || !pause()) {
                throw new SQLException("not all WAL is replayed");
            }
        }
        return DivergenceChecker.replayed(connections);
    }

    void resumeReplay() {
        try {
            connections.with(PostgresConnections.Purpose.HEARTBEAT, connection -> {
                try (Statement statement = connection.createStatement()) {
                    return statement.execute("SELECT pg_wal_replay_resume()");
                }
            });
        } catch (SQLException e) {
            LOG.log(Level.ERROR, "Could not resume WAL replay: " + e.getMessage());
        }
    }

    /**
     * The server promotes itself on our connection, which is there already; {@code pg_ctl} does the same with a process of its
     * own, and is asked when there is no answer. False: the server has surely not seen the request.
     */
    private boolean requestPromotion() {
        if (isOurs() && isTrue("SELECT pg_promote(false)")) {
            return true;
        }
        Result result = ChildProcess.run(
                Command.of(
                        PG_CTL_LIMIT,
                        programs.path("pg_ctl"),
                        "promote",
                        "-W",
                        "-D",
                        settings.get().dataDir().toString()),
                new Cancellation());
        if (result.isSuccess()) {
            return true;
        }
        LOG.log(
                Level.ERROR,
                "pg_ctl promote " + programs.explain("pg_ctl", result) + ": "
                        + result.errors().strip());
        boolean done = controlData()
                .filter(control -> control.clusterState().equals("in production"))
                .isPresent();
        return done || (result instanceof Result.TimedOut && !isPromotionTakenBack());
    }

    /** True when the request for a promotion was still there, and the server can no longer find it. */
    private boolean isPromotionTakenBack() {
        try {
            return Files.deleteIfExists(settings.get().dataDir().resolve(PROMOTE_FILE));
        } catch (IOException e) {
            LOG.log(Level.ERROR, "Could not take the promotion back: " + FileTrouble.describe(e));
            return false;
        }
    }

    /**
     * Whether a standby was asked to promote, by an agent that has ended since or by a person: it becomes a primary then without
     * another word. Since version 13 a server in this state refuses to resume its replay.
     */
    boolean isPromotionUnderWay(Connection connection) throws SQLException {
        if (Files.exists(settings.get().dataDir().resolve(PROMOTE_FILE))) {
            return true;
        }
        try (Statement statement = connection.createStatement();
                var row = statement.executeQuery("SELECT pg_is_wal_replay_paused()")) {
            boolean pausedByPurpose = row.next() && row.getBoolean(1);
            if (!pausedByPurpose) {
                statement.execute("SELECT pg_wal_replay_resume()");
            }
            return false;
        } catch (SQLException e) {
            if (NOT_IN_THIS_STATE.equals(e.getSQLState())) {
                return true;
            }
            if (!NO_PRIVILEGE.equals(e.getSQLState())) {
                throw e;
            }
            LOG.log(Level.WARNING, "Could not find out whether a promotion is under way: " + e.getMessage());
            return false;
        }
    }

    PromoteOutcome finishPromotion() {
        actions.incrementAndGet();
        try {
            Cancellation cancelled = newCancellation();
            OptionalLong recovery = recoveryProcess();
            return isTrue("SELECT NOT pg_is_in_recovery()") || requestPromotion()
                    ? awaitProduction(recovery, cancelled)
                    : PromoteOutcome.FAILED;
        } finally {
            actions.decrementAndGet();
        }
    }

    /** False: the promotion could take a number that is somebody else's. */
    private boolean closeNumbersBelow(int timeline) {
        var files = new TimelineFiles(data());
        if (!files.isOpenBelow(timeline)) {
            return true;
        }
        Optional<ControlData> control = controlData();
        if (control.isEmpty()) {
            return false;
        }
        try {
            files.closeBelow(timeline, control.get().timeline());
            return true;
        } catch (IOException e) {
            LOG.log(Level.ERROR, "Could not leave out timelines before " + timeline + ": " + FileTrouble.describe(e));
            return false;
        }
    }

    private boolean prePromote(Cancellation cancelled) {
        String command = settings.get().prePromote();
        if (command == null) {
            return true;
        }
        List<String> words = ShellWords.split(command).orElse(List.of());
        if (words.isEmpty()) {
            LOG.log(Level.ERROR, "pre_promote is not a command: " + command);
            return false;
        }
        Result result = ChildProcess.run(
                Command.script(SCRIPT_LIMIT, words).withEnvironment(ChildEnvironment.told(settings.get())), cancelled);
        LOG.log(Level.INFO, "pre_promote script `" + command + "` " + result.describe());
        return result.isSuccess();
    }

    /**
     * Waits for the end of a promotion that was asked for.
     *
     * @param before the process that recovered when it was asked; empty: not known
     */
    private PromoteOutcome awaitProduction(OptionalLong before, Cancellation cancelled) {
        OptionalLong recovery = before;
        MonotonicTime asked = time.now();
        MonotonicTime nextQuestion = asked.plus(RELEVANT);
        MonotonicTime deadline = asked.plus(PROMOTION_LIMIT);
        Duration nudgePeriod = FIRST_NUDGE;
        MonotonicTime nextNudge = asked.plus(nudgePeriod);
        int nudges = 0;
        while (time.now().isBefore(deadline) && isRunning()) {
            // a promotion that takes longer has much to replay
            Duration untilNextLook = time.now().since(asked).compareTo(RELEVANT) < 0 ? FIRST_LOOKS : POLL;
            try {
                if (isInProduction()) {
                    confirmPromotion();
                    return PromoteOutcome.PROMOTED;
                }
                if (!time.now().isBefore(nextQuestion)) {
                    nextQuestion = time.now().plus(RELEVANT);
                    OptionalLong present = recoveryProcess();
                    if (present.isPresent() && recovery.isPresent() && !present.equals(recovery)) {
                        LOG.log(
                                Level.WARNING,
                                "PostgreSQL has begun its recovery anew and forgotten the promotion; asking again");
                        if (!requestPromotion()) {
                            return PromoteOutcome.FAILED;
                        }
                    }
                    recovery = present.isPresent() ? present : recovery;
                }
                if (nudges < MOST_NUDGES && !time.now().isBefore(nextNudge)) {
                    nudge();
                    nudges++;
                    nudgePeriod = shorter(nudgePeriod.multipliedBy(2), LONGEST_NUDGE_PERIOD);
                    nextNudge = time.now().plus(nudgePeriod);
                }
            } catch (SQLException e) {
                LOG.log(Level.DEBUG, "Could not ask whether promotion is through", e);
                untilNextLook = UNANSWERED_PAUSE;
            }
            if (cancelled.isRequested() || !pause(untilNextLook)) {
                return PromoteOutcome.FAILED;
            }
        }
        return PromoteOutcome.FAILED;
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }

    /**
     * A startup process that has lost its upstream may sleep for {@code wal_retrieve_retry_interval} (5 s) although it has seen
     * the request for a promotion. A reload wakes it.
     */
    private void nudge() throws SQLException {
        var _ = ask("SELECT pg_reload_conf() WHERE pg_is_in_recovery()");
    }

    /**
     * The pid of the process that recovers: another one after a backend crashed, for then the postmaster starts all of its
     * processes anew, and they know nothing of a promotion that was asked for. Empty when there is no answer.
     */
    private OptionalLong recoveryProcess() {
        try {
            return connections.with(PostgresConnections.Purpose.HEARTBEAT, connection -> {
                try (Statement statement = connection.createStatement();
                        var row = statement.executeQuery(
                                "SELECT pid FROM pg_stat_activity WHERE backend_type = 'startup'")) {
                    return row.next() ? OptionalLong.of(row.getLong(1)) : OptionalLong.empty();
                }
            });
        } catch (SQLException e) {
            LOG.log(Level.DEBUG, "Could not ask which process recovers", e);
            return OptionalLong.empty();
        }
    }

    private boolean isInProduction() throws SQLException {
        return ask("SELECT NOT pg_is_in_recovery()");
    }

    /** The server is in production: what was requested is now true. */
    void confirmPromotion() {
        if (role == Role.PROMOTED) {
            role = Role.PRIMARY;
        }
    }

    // ---- joining a running server

    /** What the manager finds when it starts (contract postgres-control.md 1). */
    void attach() {
        boolean nothing = data().look() instanceof LocalFacts.DataDirectory.Empty
                || controlData().isEmpty();
        role = nothing ? Role.UNINITIALIZED : roleOfDataDirectory();
        if (!isRunning()) {
            state = PostgresState.STOPPED;
            if (role == Role.PRIMARY) {
                role = Role.DEMOTED;
            }
            return;
        }
        state = startingOrStopping();
        if (probe() == ReadinessProbe.Answer.ACCEPTING) {
            becomeReady();
        }
    }
}
