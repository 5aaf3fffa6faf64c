package io.matriarch.postgres;

import io.matriarch.model.DynamicConfig;
import io.matriarch.model.History;
import io.matriarch.model.Lsn;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.PostgresState;
import io.matriarch.model.Role;
import io.matriarch.model.SyncState;
import io.matriarch.model.TimeSource;
import io.matriarch.model.config.BootstrapSettings;
import io.matriarch.model.config.ConfigurationException;
import io.matriarch.model.config.DivergedWalSettings;
import io.matriarch.model.config.HostPort;
import io.matriarch.model.config.LocalConfig;
import io.matriarch.model.config.PostgresSettings;
import io.matriarch.postgres.LocalFacts.Snapshot;
import io.matriarch.postgres.LocalServer.RunningAddress;
import io.matriarch.postgres.PostgresConnections.Purpose;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The PostgreSQL on this host. This class joins the parts and answers the cycle; the work is done by those that it is
 * made of: {@link LocalServer} starts and stops, {@link ServerConfiguration} writes files, {@link Bootstrapper},
 * {@link ReplicaCreator} and {@link Rewinder} make and mend data directories.
 */
public final class ManagedPostgres implements PostgresInstance {

    private static final System.Logger LOG = System.getLogger("patroni.postgresql");

    /** A server takes up a reload within milliseconds, unless it is very busy. */
    private static final Duration RELOAD_LIMIT = Duration.ofSeconds(3);

    private static final Duration POLL = Duration.ofMillis(20);

    /** Whether {@code pg_rewind} is usable changes with the data directory, or when somebody installs it. */
    private static final Duration REWIND_ANSWER_HOLDS = Duration.ofMinutes(1);

    private final TimeSource time;
    private final Programs programs;
    private final Preconditions preconditions;
    private final PostmasterFinder finder;
    private final PostmasterWatch watch;
    private final WalsenderWatch walsenders = new WalsenderWatch();
    private final ConfigurationFiles files;
    private final ServerConfiguration configuration;
    private final RunningAddress address;
    private final PostgresConnections connections;
    private final LogicalSlots logicalSlots;
    private final LogicalSlotCopier logicalSlotCopier;
    private final LogicalSlotReadiness logicalSlotReadiness;
    private final QueryTroubles troubles = new QueryTroubles(LOG);
    private final Callbacks callbacks;
    private final LocalServer server;
    private final WalDump walDump;
    private final ServerParameters serverParameters;
    private final RejoinJournal journal;
    private final DataDirectoryRemover remover;
    private final Bootstrapper bootstrapper;
    private final ReplicaCreator replicaCreator;
    private final DivergenceChecker divergenceChecker;
    private final Rewinder rewinder;
    private final FinishedSegments finishedSegments;
    private final DivergedSegments divergedSegments;
    private final SingleUserRecovery singleUserRecovery;
    private final ReplicaTimeline replicaTimeline;

    /** Until a walsender has acted on a reload; what a standby reports before counts by the list of before. */
    private static final Duration WALSENDERS_RELOAD = Duration.ofMillis(100);

    private final AtomicInteger mending = new AtomicInteger();

    private volatile Configured configured;
    private volatile boolean joinDue;
    private volatile @Nullable Outdated outdated;
    private volatile @Nullable String systemIdentifier;
    private volatile @Nullable RewindAnswer rewindAnswer;
    private volatile @Nullable RecoveryLook recoveryLook;
    private volatile Role configuredFor = Role.UNINITIALIZED;

    /**
     * Whether {@code pg_rewind} may be used, for how long and for which server that was found out. A server that is gone
     * leaves the answer as it is: only a start changes what is in the control file.
     */
    private record RewindAnswer(boolean usable, @Nullable Postmaster postmaster, MonotonicTime until) {}

    /**
     * A change of the configuration that the files do not have yet.
     *
     * @param configured from before it
     * @param demanded by the operator, who expects a reload also where nothing changed
     */
    private record Outdated(Configured configured, boolean demanded) {}

    /** What the server's recovery settings were read from, and what they were. */
    private record RecoveryLook(
            @Nullable Postmaster postmaster, List<Long> fileTimes, RecoveryComparison.Current current) {

        /** A session may be asked before it has heard that the files are to be read again. */
        boolean isOfTheseFiles() {
            return fileTimes.stream().allMatch(time -> time < current.filesReadAt());
        }
    }

    /** @throws ConfigurationException when the two do not fit together */
    public ManagedPostgres(LocalConfig local, DynamicConfig dynamic, TimeSource time) throws ConfigurationException {
        this.time = time;
        this.configured = Configured.of(local, dynamic);
        Supplier<PostgresSettings> settings = () -> configured.settings();
        Supplier<Path> dataDirectory = () -> configured.settings().dataDir();
        this.programs = new Programs(settings);
        this.preconditions = new Preconditions(settings, programs);
        this.finder = new PostmasterFinder(dataDirectory, programs);
        this.watch = new PostmasterWatch(finder::postmaster);
        this.files = new ConfigurationFiles(settings);
        this.configuration = new ServerConfiguration(() -> configured, files, new KnownToServer(programs));
        this.address = new RunningAddress(settings);
        this.connections = new PostgresConnections(settings, address::get);
        this.logicalSlots = new LogicalSlots(connections);
        this.logicalSlotCopier = new LogicalSlotCopier(settings, connections);
        this.logicalSlotReadiness = new LogicalSlotReadiness(settings, connections);
        this.callbacks = new Callbacks(local.scope(), settings);
        this.walDump = new WalDump(settings, programs);
        var controlData = new ControlDataReader(settings, programs);
        var stopProcedure = new StopProcedure(
                settings, controlData::read, control -> walDump.releasedPosition(control, new Cancellation()), time);
        this.server = new LocalServer(
                settings,
                programs,
                preconditions,
                finder,
                controlData,
                configuration,
                connections,
                troubles,
                stopProcedure,
                callbacks,
                address,
                time);
        this.serverParameters = new ServerParameters(settings, programs);
        this.journal =
                new RejoinJournal(dataDirectory, () -> configured.settings().pgpass(), time);
        this.remover = new DataDirectoryRemover(dataDirectory, journal);
        this.bootstrapper = new Bootstrapper(
                local.scope(), this::bootstrapSettings, settings, programs, server, connections, journal);
        this.replicaCreator = new ReplicaCreator(local.scope(), settings, programs, server, remover, journal, time);
        this.divergenceChecker = new DivergenceChecker(settings, server, connections, walDump, time);
        this.finishedSegments = new FinishedSegments(settings, serverParameters);
        this.divergedSegments = new DivergedSegments(dataDirectory, () -> DivergedWalSettings.of(configured.local()));
        this.rewinder = new Rewinder(
                settings,
                programs,
                server,
                connections,
                divergenceChecker,
                finishedSegments,
                divergedSegments,
                serverParameters,
                journal);
        this.singleUserRecovery = new SingleUserRecovery(settings, programs, finder, finishedSegments);
        this.replicaTimeline = new ReplicaTimeline(connections, () -> new TimelineFiles(data()));
        server.refuseStartsWhile(this::interruptedRejoin);
    }

    private BootstrapSettings bootstrapSettings() {
        return Objects.requireNonNull(configured.local().bootstrap(), "this node never makes a cluster");
    }

    private DataFiles data() {
        return new DataFiles(configured.settings().dataDir());
    }

    // ---- what it is

    /**
     * Looks whether PostgreSQL can be run here at all. To be called once, before {@link #attach}; changes nothing in the
     * data directory.
     *
     * @throws ConfigurationException when it cannot, and waiting would not help; with place and remedy
     */
    public void requireUsable() throws ConfigurationException {
        BootstrapSettings bootstrap = configured.local().bootstrap();
        preconditions.require(bootstrap != null && bootstrap.method().equals("initdb"));
        Path directory = configured.settings().dataDir();
        boolean foreign = data().look() instanceof LocalFacts.DataDirectory.Present
                && data().version().isEmpty()
                && journal.interrupted().isEmpty();
        if (foreign) {
            LOG.log(
                    Level.ERROR,
                    "postgresql.data_dir: " + directory
                            + " is neither empty nor a data directory of PostgreSQL (it has no"
                            + " PG_VERSION). It is left alone; set another one, or empty it");
        }
    }

    @Override
    public void attach() {
        server.attach();
        joinDue = finder.postmaster() != null;
        joinIfReady();
    }

    /**
     * A server that is still starting when the agent comes is joined once it has arrived, and one that does not answer then
     * once it does: until it was asked, its synchronous standbys are not known, and its configuration is not touched.
     */
    private void joinIfReady() {
        if (joinDue && server.state() == PostgresState.RUNNING) {
            joinDue = !join();
        }
    }

    /** Takes over a server that runs already (contract config.md 4.7). */
    private boolean join() {
        try {
            boolean rewritten = connections.with(Purpose.HEARTBEAT, connection -> {
                boolean inRecovery = SnapshotQuery.run(connection).inRecovery();
                server.setRole(
                        !inRecovery
                                ? Role.PRIMARY
                                : server.isPromotionUnderWay(connection) ? Role.PROMOTED : Role.REPLICA);
                try {
                    return configuration.adopt(connection, inRecovery, server.role());
                } catch (IOException e) {
                    throw new SQLException("could not write the configuration", e);
                }
            });
            configuredFor = server.role();
            if (server.role() == Role.PRIMARY) {
                outdated = reconfigure(configured, rewritten) ? null : new Outdated(configured, rewritten);
            } else if (rewritten) {
                server.reload();
            }
            return true;
        } catch (SQLException e) {
            troubles.report(Level.ERROR, "Could not take over the running PostgreSQL", e);
            return false;
        }
    }

    @Override
    public LocalFacts observe() {
        LocalFacts.DataDirectory directory = data().look();
        boolean present = directory instanceof LocalFacts.DataDirectory.Present;
        boolean running = finder.postmaster() != null;
        Optional<Snapshot> snapshot = running ? snapshot() : Optional.empty();
        if (running) {
            server.noticeProcess(snapshot.isPresent());
        }
        if (snapshot.isPresent()) {
            walsenders.watch(snapshot.get());
            server.noticeAnswer();
            if (!snapshot.get().inRecovery()) {
                server.confirmPromotion();
            }
            joinIfReady();
            reconfigureIfDue();
            applyRole();
        }
        // a directory that is being filled may not have its control file yet
        boolean creating = switch (server.state()) {
            case CREATING_REPLICA, INITIALIZING, CUSTOM_BOOTSTRAP -> true;
            default -> false;
        };
        Optional<ControlData> control = running || !present || creating ? Optional.empty() : server.controlData();
        return new LocalFacts(
                directory,
                present && !creating ? systemIdentifier(control) : Optional.empty(),
                running,
                server.state(),
                server.role(),
                snapshot,
                control,
                present && data().hasSignal(),
                present && data().hasBackupLabel());
    }

    /** Two attempts at most, the second over a new connection. */
    private Optional<Snapshot> snapshot() {
        if (server.state().isStartingOrStopping()) {
            return Optional.empty();
        }
        try {
            Snapshot snapshot = replicaTimeline.complete(connections.with(Purpose.HEARTBEAT, SnapshotQuery::run));
            troubles.answered();
            return Optional.of(snapshot);
        } catch (SQLException e) {
            troubles.report(Level.WARNING, "Could not query PostgreSQL", e);
            return Optional.empty();
        }
    }

    private Optional<String> systemIdentifier(Optional<ControlData> control) {
        if (systemIdentifier == null) {
            systemIdentifier = control.or(server::controlData)
                    .map(ControlData::systemIdentifier)
                    .filter(Predicate.not(String::isEmpty))
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
        return finder.postmaster();
    }

    @Override
    public void onPostmasterStart(Runnable listener) {
        server.onPostmasterStart(listener);
    }

    @Override
    public void gateStartsAsPrimary(BooleanSupplier mayLead) {
        server.gateStartsAsPrimary(mayLead);
    }

    @Override
    public void onPostmasterExit(Runnable listener) {
        watch.onExit(listener);
    }

    @Override
    public void onWalsenderEnd(Runnable listener) {
        walsenders.onEnd(listener);
    }

    @Override
    public int majorVersion() {
        return server.majorVersion();
    }

    @Override
    public String connUrl() {
        return "postgres://" + address.published() + "/" + configured.settings().database();
    }

    @Override
    public @Nullable String proxyUrl() {
        HostPort proxy = configured.settings().proxyAddress();
        return proxy == null
                ? null
                : "postgres://" + proxy + "/" + configured.settings().database();
    }

    @Override
    public List<PendingRestart> pendingRestart() {
        return configuration.pendingRestart();
    }

    @Override
    public boolean anyCallbackCalled() {
        return callbacks.anyLifecycle();
    }

    @Override
    public void callOnStart() {
        server.setBootstrapping(false);
        if (!callbacks.anyLifecycle()) {
            callbacks.call(Callbacks.Action.ON_START, server.role());
        }
    }

    // ---- configuration

    @Override
    public void applyConfiguration(LocalConfig local, DynamicConfig dynamic, boolean explicit) {
        Configured before = configured;
        try {
            configured = Configured.of(local, dynamic);
        } catch (ConfigurationException e) {
            LOG.log(Level.ERROR, "Could not apply the configuration: " + e.getMessage());
            return;
        }
        rewindAnswer = null;
        if (configuration.isCustomBootstrap()) {
            LOG.log(Level.INFO, "Skipping PostgreSQL configuration update while in custom bootstrap.");
            return;
        }
        if (joinDue) {
            return; // taking over the server takes it all up
        }
        boolean demanded = explicit && finder.postmaster() != null;
        Outdated earlier = outdated;
        outdated = earlier == null
                ? new Outdated(before, demanded)
                : new Outdated(earlier.configured(), earlier.demanded() || demanded);
        reconfigureIfDue();
    }

    /**
     * Whoever starts, stops or promotes the server writes its files, perhaps before the change came: it is compared when that
     * is over.
     */
    private void reconfigureIfDue() {
        Outdated due = outdated;
        boolean possible = !joinDue && !server.isBusy() && finder.postmaster() != null;
        if (due != null
                && possible
                && (server.state() == PostgresState.RUNNING || due.demanded())
                && reconfigure(due.configured(), due.demanded())) {
            outdated = null;
        }
    }

    /** False: it has to be tried once more. */
    private boolean reconfigure(Configured before, boolean explicit) {
        boolean running = server.state() == PostgresState.RUNNING;
        try {
            boolean changed = running
                    && connections.with(
                            Purpose.HEARTBEAT,
                            connection -> configuration.isChanged(connection, before, server.role()));
            if (!changed && !explicit) {
                LOG.log(Level.INFO, "No PostgreSQL configuration items changed, nothing to reload.");
            } else {
                rewriteAndReload();
            }
            address.refreshUnlessMoved();
            return true;
        } catch (SQLException | IOException e) {
            LOG.log(Level.ERROR, "Could not apply the configuration to PostgreSQL: " + e.getMessage());
            return false;
        }
    }

    private void rewriteAndReload() throws IOException, SQLException {
        configuration.rewrite(server.role());
        LOG.log(Level.INFO, "Reloading PostgreSQL configuration.");
        boolean asking = server.state() == PostgresState.RUNNING;
        String loadedBefore = asking ? configurationLoaded() : "";
        if (!server.reload() || !asking) {
            return;
        }
        awaitOrGiveUp(RELOAD_LIMIT, () -> !configurationLoaded().equals(loadedBefore));
        connections.with(Purpose.HEARTBEAT, connection -> {
            configuration.refreshPendingRestart(
                    connection, name -> serverParameters.configured(name, new Cancellation()));
            return true;
        });
    }

    private String configurationLoaded() throws SQLException {
        return ask("SELECT pg_conf_load_time()");
    }

    private String ask(String sql) throws SQLException {
        return connections.with(Purpose.HEARTBEAT, connection -> {
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery(sql)) {
                return row.next() ? Objects.requireNonNullElse(row.getString(1), "") : "";
            }
        });
    }

    private interface Question {
        boolean isTrue() throws SQLException;
    }

    private boolean awaitOrGiveUp(Duration limit, Question question) throws SQLException {
        MonotonicTime deadline = time.now().plus(limit);
        while (!question.isTrue()) {
            if (!time.now().isBefore(deadline)) {
                return false;
            }
            try {
                time.sleep(POLL);
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return true;
    }

    /** Settings may depend on the role; they follow it within one cycle (contract config.md 2.8). */
    private void applyRole() {
        Role now = server.role();
        Role before = configuredFor;
        if (now == before || server.isBusy() || configuration.isCustomBootstrap()) {
            return;
        }
        configuredFor = now;
        PostgresSettings settings = configured.settings();
        if (RoleSettings.dependOnRole(settings)
                && !RoleSettings.of(settings, now).equals(RoleSettings.of(settings, before))) {
            try {
                rewriteAndReload();
            } catch (IOException | SQLException e) {
                LOG.log(Level.ERROR, "Could not apply the configuration for role " + now + ": " + e.getMessage());
            }
        }
    }

    @Override
    public String setSynchronousStandbyNames(@Nullable String value) {
        boolean changed = configuration.decideSynchronousStandbyNames(value, server.role());
        boolean unchanged = value == null && !changed;
        if (unchanged || server.state() != PostgresState.RUNNING || finder.postmaster() == null) {
            return value == null ? "" : value;
        }
        try {
            if (changed || (value != null && !value.equals(shownSynchronousStandbyNames()))) {
                configuration.rewrite(server.role());
                String loadedBefore = configurationLoaded();
                server.reload();
                awaitOrGiveUp(RELOAD_LIMIT, () -> !configurationLoaded().equals(loadedBefore));
                if (value != null) {
                    moveWal();
                    time.sleep(WALSENDERS_RELOAD);
                    moveWal();
                }
            }
            return shownSynchronousStandbyNames();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        } catch (SQLException | IOException e) {
            LOG.log(Level.ERROR, "Could not set synchronous_standby_names: " + e.getMessage());
            return "";
        }
    }

    @Override
    public void noteSyncKey(SyncState key) {
        if (configuration.noteVotes(key.quorum() > 0, server.role())
                && server.state() == PostgresState.RUNNING
                && finder.postmaster() != null) {
            try {
                rewriteAndReload();
            } catch (IOException | SQLException e) {
                LOG.log(Level.ERROR, "Could not set synchronous_standby_names: " + e.getMessage());
            }
        }
    }

    private String shownSynchronousStandbyNames() throws SQLException {
        return ask("SELECT current_setting('synchronous_standby_names')");
    }

    /**
     * Commits that wait are released by what a standby reports, and one that has everything reports nothing for up to
     * {@code wal_receiver_status_interval}: a newly listed standby would let them hang. A bit of WAL makes it report. It is
     * committed locally, for else it would hang itself.
     */
    private void moveWal() throws SQLException {
        ask("SELECT set_config('synchronous_commit', 'local', true) || txid_current() WHERE NOT pg_is_in_recovery()");
    }

    // ---- the post-crash gate

    @Override
    public boolean isGateClosed() {
        return configuration.isGateClosed();
    }

    @Override
    public Optional<String> closeGate() {
        return configuration.closeGate();
    }

    @Override
    public boolean openGate() {
        return configuration.openGate(() -> finder.postmaster() == null || server.reload(false));
    }

    // ---- running it

    @Override
    public StartOutcome start(StartRequest request) {
        joinDue = false;
        configuredFor = request.role() == null ? configuredFor : request.role();
        return server.start(request);
    }

    @Override
    public StopOutcome stop(StopRequest request) {
        return server.stop(request);
    }

    @Override
    public StartOutcome restart(@Nullable Duration timeout) {
        joinIfReady();
        if (joinDue) {
            // It would come back with our files, and nobody has read yet which synchronous standbys it waits for.
            LOG.log(Level.ERROR, "Not restarting PostgreSQL: it could not be taken over yet");
            return StartOutcome.FAILED;
        }
        return server.restart(timeout);
    }

    @Override
    public FollowOutcome follow(Role role, @Nullable Upstream upstream) {
        return server.follow(role, upstream, recoveryChange(upstream));
    }

    @Override
    public RecoveryChange recoveryChange(@Nullable Upstream upstream) {
        if (!Files.exists(data().standbySignal())) {
            return RecoveryChange.RESTART;
        }
        if (server.state().isStarting()) {
            return RecoveryChange.NONE;
        }
        RecoveryLook before = recoveryLook;
        Postmaster postmaster = finder.postmaster();
        List<Long> fileTimes = List.of(
                modified(files.main()),
                modified(files.auto()),
                modified(configured.settings().pgpass()));
        boolean sameFiles = before != null && before.fileTimes().equals(fileTimes);
        boolean sameServer = before != null && Objects.equals(before.postmaster(), postmaster);
        RecoveryComparison.Current current;
        if (before != null && sameFiles && sameServer && before.isOfTheseFiles()) {
            current = before.current();
        } else {
            try {
                current = connections.with(Purpose.HEARTBEAT, RecoveryComparison::query);
            } catch (SQLException e) {
                LOG.log(Level.INFO, "Could not read the recovery settings: " + e.getMessage());
                boolean asBefore = sameFiles && (sameServer || isConnectionFailure(e));
                return asBefore ? RecoveryChange.NONE : RecoveryChange.RESTART;
            }
            recoveryLook = new RecoveryLook(postmaster, fileTimes, current);
        }
        return RecoveryComparison.compare(
                current,
                configuration.recoveryFor(upstream),
                configuration.ownFiles(),
                configured.settings().pgpass(),
                configuration.passwordLines(upstream),
                server.majorVersion());
    }

    private static boolean isConnectionFailure(SQLException e) {
        String state = e.getSQLState();
        return state == null || state.startsWith("08") || state.startsWith("57P");
    }

    private static long modified(Path file) {
        try {
            return Files.getLastModifiedTime(file).toMillis();
        } catch (IOException _) {
            return 0;
        }
    }

    @Override
    public PromoteOutcome promote(int timeline, PromoteHook hook) {
        Set<String> unready = logicalSlotReadiness.unready();
        if (!unready.isEmpty()) {
            LOG.log(Level.WARNING, "Logical replication slots that might be unsafe to use after promote: " + unready);
        }
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
        server.resumeReplay();
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
        server.setBootstrapping(true);
        forgetDataDirectory();
        Optional<String> taken = preconditions.listen();
        if (taken.isPresent()) {
            // before anything is made that a later bootstrap would have to put aside
            LOG.log(Level.ERROR, taken.get());
            server.setState(PostgresState.INITDB_FAILED);
            return false;
        }
        return bootstrapper.initialise(server.newCancellation());
    }

    @Override
    public boolean postBootstrap() {
        return bootstrapper.complete(server.newCancellation());
    }

    @Override
    public Optional<String> objectionToClone(CloneSource source) {
        return data().look() instanceof LocalFacts.DataDirectory.Present
                ? replicaCreator.objection(source)
                : Optional.empty();
    }

    @Override
    public boolean cloneFrom(CloneSource source) {
        keepDivergedWal();
        forgetDataDirectory();
        return mend(() -> replicaCreator.create(source, server.newCancellation()));
    }

    @Override
    public RewindOutcome replayAll() {
        return server.replayAll();
    }

    @Override
    public boolean recoverInSingleUserMode() {
        return singleUserRecovery.run(server.newCancellation());
    }

    @Override
    public boolean canRewind() {
        if (!configured.settings().usePgRewind()) {
            return false;
        }
        RewindAnswer known = rewindAnswer;
        Postmaster postmaster = finder.postmaster();
        boolean anotherServer = known != null && postmaster != null && !postmaster.equals(known.postmaster());
        if (known == null || anotherServer || !time.now().isBefore(known.until())) {
            boolean usable = rewinder.isUsable(new Cancellation());
            known = new RewindAnswer(usable, postmaster, time.now().plus(REWIND_ANSWER_HOLDS));
            rewindAnswer = known;
        }
        return known.usable();
    }

    @Override
    public Optional<LocalPosition> endOfWritten() {
        return divergenceChecker.written();
    }

    @Override
    public RewindCheck checkDivergence(Upstream leader) {
        return divergenceChecker.check(leader, new Cancellation());
    }

    @Override
    public RewindOutcome rewind(Upstream leader) {
        return mend(() -> rewinder.rewind(leader, server.newCancellation()));
    }

    @Override
    public void turnBack() {
        if (server.stop(StopRequest.withoutWaitingLong()) == StopOutcome.STOPPED) {
            divergenceChecker.turnedBack();
        }
    }

    @Override
    public RewindOutcome setAsideUnreplayedWal() {
        DivergenceChecker.Found found = divergenceChecker.found().orElse(null);
        ControlData then = found == null ? null : found.control();
        if (found == null || then == null) {
            return RewindOutcome.LATER;
        }
        BooleanSupplier unchanged = () ->
                !server.isRunning() && server.controlData().filter(then::equals).isPresent();
        RewindOutcome outcome =
                mend(() -> divergedSegments.takeAway(found.wal(), then, unchanged, server.newCancellation()));
        if (outcome == RewindOutcome.DONE) {
            divergenceChecker.takenAway(found);
        }
        return outcome;
    }

    private void keepDivergedWal() {
        divergenceChecker
                .found()
                .ifPresent(found -> server.controlData()
                        .ifPresent(control -> divergedSegments.keep(found.wal(), control, server.newCancellation())));
        divergenceChecker.forget();
    }

    private <T> T mend(Supplier<T> work) {
        mending.incrementAndGet();
        try {
            return work.get();
        } finally {
            mending.decrementAndGet();
        }
    }

    @Override
    public Optional<String> interruptedRejoin() {
        // the mark of a step that is under way right now says nothing
        return server.isBootstrapping() || mending.get() > 0
                ? Optional.empty()
                : journal.interrupted().map(InterruptedRejoin::description);
    }

    @Override
    public void removeDataDirectory() {
        keepDivergedWal();
        forgetDataDirectory();
        mend(remover::remove);
        server.setRole(Role.UNINITIALIZED);
    }

    @Override
    public void moveDataDirectoryAside() {
        forgetDataDirectory();
        mend(remover::moveAside);
        server.setBootstrapping(false);
        server.setRole(Role.UNINITIALIZED);
    }

    private void forgetDataDirectory() {
        systemIdentifier = null;
        rewindAnswer = null;
        recoveryLook = null;
    }

    // ---- slots and statistics

    @Override
    public void applySlots(SlotPlan plan) {
        if (plan.actions().isEmpty()) {
            return;
        }
        logicalSlots.begin(plan);
        try {
            connections.with(Purpose.HEARTBEAT, connection -> {
                SlotActions.apply(connection, plan);
                return true;
            });
        } catch (SQLException e) {
            LOG.log(Level.ERROR, "Could not change replication slots: " + e.getMessage());
        }
    }

    @Override
    public void checkLogicalSlots(Upstream leader, String physicalSlot) {
        Postmaster postmaster = finder.postmaster();
        if (postmaster != null && server.state() == PostgresState.RUNNING) {
            logicalSlotReadiness.check(leader, physicalSlot, postmaster);
        }
    }

    @Override
    public void relayFeedback(boolean wanted) {
        if (!configuration.relayFeedback(wanted) || server.state() != PostgresState.RUNNING || server.isBusy()) {
            return;
        }
        try {
            rewriteAndReload();
        } catch (IOException | SQLException e) {
            LOG.log(Level.ERROR, "Could not change hot_standby_feedback: " + e.getMessage());
        }
    }

    @Override
    public Optional<Long> freeWalBytes() {
        try {
            return Optional.of(
                    Files.getFileStore(configured.settings().dataDir().resolve("pg_wal"))
                            .getUsableSpace());
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "Could not look at the disk of the WAL", e);
            return Optional.empty();
        }
    }

    @Override
    public Set<String> brokenLogicalSlots() {
        return logicalSlots.broken();
    }

    @Override
    public void copyLogicalSlots(Upstream leader, Upstream toFollow, List<LogicalSlot> slots) {
        List<LogicalSlotCopier.Copy> copies = logicalSlotCopier.fetch(leader, slots);
        logicalSlots.forgetBroken();
        if (copies.isEmpty()) {
            return;
        }
        if (stop(StopRequest.fast(true, null)) == StopOutcome.FAILED) {
            LOG.log(Level.ERROR, "Could not copy logical slots: PostgreSQL does not stop");
            return;
        }
        try {
            logicalSlotCopier.write(copies);
        } catch (UncheckedIOException e) {
            LOG.log(Level.ERROR, "Could not copy logical slots", e);
        }
        start(new StartRequest(Role.REPLICA, toFollow, null, false));
    }

    @Override
    public boolean isArchiving() {
        return !finishedSegments.command(new Cancellation()).isEmpty();
    }

    @Override
    public boolean archiveShutdownCheckpoint() {
        String segment = server.controlData()
                .filter(ControlData::isShutDown)
                .map(ControlData::checkpointSegment)
                .orElse("");
        return !segment.isEmpty() && finishedSegments.archive(segment, server.newCancellation());
    }

    @Override
    public Optional<Lsn> shutdownPosition() {
        return server.controlData().flatMap(control -> walDump.releasedPosition(control, new Cancellation()));
    }

    @Override
    public Optional<Snapshot> queryForRest() {
        if (finder.postmaster() == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(replicaTimeline.complete(connections.with(Purpose.RESTAPI, SnapshotQuery::run)));
        } catch (SQLException e) {
            LOG.log(Level.DEBUG, "Could not query PostgreSQL for the REST API", e);
            return Optional.empty();
        }
    }

    @Override
    public List<History.Entry> localHistory(int timeline) {
        return new TimelineFiles(data()).history(timeline);
    }

    @Override
    public void close() {
        watch.close();
        walsenders.close();
        callbacks.close();
        connections.close();
    }
}
