package io.matriarch.agent.cycle;

import io.matriarch.model.DynamicConfig;
import io.matriarch.model.History;
import io.matriarch.model.Lsn;
import io.matriarch.model.PostgresState;
import io.matriarch.model.Role;
import io.matriarch.model.SyncState;
import io.matriarch.model.config.LocalConfig;
import io.matriarch.postgres.CloneSource;
import io.matriarch.postgres.ControlData;
import io.matriarch.postgres.FollowOutcome;
import io.matriarch.postgres.LocalFacts;
import io.matriarch.postgres.LocalFacts.Sessions;
import io.matriarch.postgres.LocalFacts.Snapshot;
import io.matriarch.postgres.LocalFacts.WalSender;
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
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A server that does at once what it is told, and keeps a list of it; what a test is about it replaces. Public for the
 * benchmark of many clusters, which cannot start a thousand servers.
 */
public final class FakePostgres implements PostgresInstance {

    static final String SYSTEM = "7711511906616872452";

    final List<String> calls = new CopyOnWriteArrayList<>();
    final AtomicBoolean cancelled = new AtomicBoolean();
    /** How a stop ends; false: the postmaster lives on. */
    volatile Function<StopRequest, Boolean> stopping = request -> {
        request.onSafePoint().run();
        return true;
    };

    volatile Function<PromoteHook, PromoteOutcome> promoting = hook -> {
        if (!hook.mayGoOn()) {
            return PromoteOutcome.CANCELLED;
        }
        role = Role.PRIMARY;
        inRecovery = false;
        return PromoteOutcome.PROMOTED;
    };
    volatile LocalFacts.DataDirectory directory = new LocalFacts.DataDirectory.Present();
    volatile Role role = Role.REPLICA;
    volatile PostgresState state = PostgresState.RUNNING;
    volatile boolean inRecovery = true;
    volatile @Nullable Postmaster postmaster = new Postmaster(4711, 1);
    volatile boolean startsFail;
    /** Stays in the state "starting". */
    volatile boolean startsSlowly;
    /** Single-user recovery takes until it is cancelled. */
    volatile boolean recoversForEver;

    /** What speaks against a clone; null: nothing. */
    volatile @Nullable String objection;

    volatile boolean rewindUsable;
    volatile RewindCheck rewindCheck = RewindCheck.NOT_NEEDED;
    /** As it was noted last. */
    volatile SyncState syncKey = SyncState.EMPTY;

    volatile boolean archiving;
    volatile boolean gateClosed;
    volatile boolean refusesSynchronousStandbyNames;
    /** A restart is under way: what is set now is in force after it. */
    volatile boolean restarting;

    volatile List<WalSender> walSenders = List.of();
    volatile String synchronousStandbyNames = "";
    volatile String controlState = "shut down";
    volatile Runnable started = () -> {};
    volatile BooleanSupplier mayLead = () -> true;
    /** Where the WAL ends, or how far a replica has replayed it. */
    private volatile LongSupplier position = () -> 1000;

    /** A server that is the primary already. */
    public FakePostgres asPrimary() {
        role = Role.PRIMARY;
        inRecovery = false;
        return this;
    }

    /** A server whose position in the WAL moves. */
    public FakePostgres at(LongSupplier moving) {
        position = moving;
        return this;
    }

    @Override
    public void attach() {}

    @Override
    public LocalFacts observe() {
        boolean running = postmaster != null;
        boolean answers = running && state == PostgresState.RUNNING;
        return new LocalFacts(
                directory,
                directory instanceof LocalFacts.DataDirectory.Present ? Optional.of(SYSTEM) : Optional.empty(),
                running,
                state,
                role,
                answers ? Optional.of(snapshot()) : Optional.empty(),
                running ? Optional.empty() : controlData(),
                false,
                false);
    }

    private Snapshot snapshot() {
        var reached = new Lsn(position.getAsLong());
        var start = OffsetDateTime.of(2026, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC);
        return new Snapshot(
                inRecovery,
                150000,
                start,
                1,
                reached,
                reached,
                reached,
                null,
                null,
                Lsn.NONE,
                false,
                false,
                synchronousStandbyNames,
                "on",
                walSenders,
                List.of(),
                Sessions.NONE);
    }

    @Override
    public PostgresState state() {
        return state;
    }

    @Override
    public void setState(PostgresState wanted) {
        state = wanted;
    }

    @Override
    public Role role() {
        return role;
    }

    @Override
    public void setRole(Role wanted, boolean callback) {
        role = wanted;
        calls.add("role " + wanted);
    }

    @Override
    public Optional<ControlData> controlData() {
        return Optional.of(new ControlData(Map.of(
                "Database cluster state", controlState,
                "Latest checkpoint's TimeLineID", "1",
                "Database system identifier", SYSTEM)));
    }

    @Override
    public @Nullable Postmaster postmaster() {
        return postmaster;
    }

    @Override
    public void gateStartsAsPrimary(BooleanSupplier mayLead) {
        this.mayLead = mayLead;
    }

    @Override
    public void onPostmasterStart(Runnable listener) {
        started = listener;
    }

    @Override
    public void onPostmasterExit(Runnable listener) {}

    @Override
    public void onWalsenderEnd(Runnable listener) {}

    @Override
    public int majorVersion() {
        return 150000;
    }

    @Override
    public String connUrl() {
        return "postgres://127.0.0.1:5432/postgres";
    }

    @Override
    public @Nullable String proxyUrl() {
        return null;
    }

    @Override
    public List<PendingRestart> pendingRestart() {
        return List.of();
    }

    @Override
    public boolean anyCallbackCalled() {
        return true;
    }

    @Override
    public void callOnStart() {}

    @Override
    public void applyConfiguration(LocalConfig local, DynamicConfig dynamic, boolean explicit) {}

    @Override
    public String setSynchronousStandbyNames(@Nullable String value) {
        if (restarting) {
            return value == null ? "" : value;
        }
        if (!refusesSynchronousStandbyNames) {
            synchronousStandbyNames = value == null ? "" : value;
        }
        return synchronousStandbyNames;
    }

    @Override
    public boolean isGateClosed() {
        return gateClosed;
    }

    @Override
    public Optional<String> closeGate() {
        calls.add("close the gate");
        gateClosed = true;
        return Optional.empty();
    }

    @Override
    public boolean openGate() {
        calls.add("open the gate");
        gateClosed = false;
        return true;
    }

    @Override
    public StartOutcome start(StartRequest request) {
        calls.add("start " + request.role().name());
        role = request.role() == null ? Role.REPLICA : request.role();
        if (startsFail) {
            state = PostgresState.START_FAILED;
            return StartOutcome.FAILED;
        }
        inRecovery = role != Role.PRIMARY;
        postmaster = new Postmaster(4712, 2);
        state = PostgresState.STARTING;
        started.run();
        if (startsSlowly) {
            return StartOutcome.STILL_STARTING;
        }
        state = PostgresState.RUNNING;
        return StartOutcome.STARTED;
    }

    @Override
    public StopOutcome stop(StopRequest request) {
        cancelled.set(false);
        calls.add("stop " + request.mode());
        state = PostgresState.STOPPING;
        if (!stopping.apply(request)) {
            calls.add("stop " + request.mode() + " failed");
            return StopOutcome.FAILED;
        }
        calls.add("stopped");
        postmaster = null;
        state = PostgresState.STOPPED;
        return StopOutcome.STOPPED;
    }

    @Override
    public StartOutcome restart(@Nullable Duration timeout) {
        calls.add("restart");
        return StartOutcome.STARTED;
    }

    @Override
    public FollowOutcome follow(Role wanted, @Nullable Upstream upstream) {
        return FollowOutcome.UNCHANGED;
    }

    @Override
    public RecoveryChange recoveryChange(@Nullable Upstream upstream) {
        return RecoveryChange.NONE;
    }

    @Override
    public PromoteOutcome promote(int timeline, PromoteHook hook) {
        calls.add("promote");
        return promoting.apply(hook);
    }

    @Override
    public StopOutcome finishStop(StopRequest request) {
        return stop(request);
    }

    @Override
    public PromoteOutcome finishPromotion() {
        calls.add("finish promotion");
        return PromoteOutcome.PROMOTED;
    }

    @Override
    public boolean checkpoint() {
        return true;
    }

    @Override
    public void resumeReplay() {}

    @Override
    public void checkStartup() {}

    @Override
    public void cancel() {
        cancelled.set(true);
    }

    @Override
    public boolean bootstrap() {
        return false;
    }

    @Override
    public boolean postBootstrap() {
        return false;
    }

    @Override
    public Optional<String> objectionToClone(CloneSource source) {
        return Optional.ofNullable(objection);
    }

    @Override
    public boolean cloneFrom(CloneSource source) {
        calls.add("clone");
        return false;
    }

    @Override
    public RewindOutcome replayAll() {
        return RewindOutcome.DONE;
    }

    @Override
    public boolean recoverInSingleUserMode() {
        calls.add("crash recovery");
        while (recoversForEver && !cancelled.get()) {
            Thread.onSpinWait();
        }
        return !cancelled.get();
    }

    @Override
    public boolean canRewind() {
        return rewindUsable;
    }

    @Override
    public Optional<LocalPosition> endOfWritten() {
        return Optional.empty();
    }

    @Override
    public RewindCheck checkDivergence(Upstream leader) {
        calls.add("check divergence");
        return rewindCheck;
    }

    @Override
    public RewindOutcome rewind(Upstream leader) {
        return RewindOutcome.FAILED;
    }

    @Override
    public void turnBack() {
        calls.add("turn back");
        rewindCheck = RewindCheck.NOT_NEEDED;
    }

    @Override
    public void noteSyncKey(SyncState key) {
        syncKey = key;
    }

    @Override
    public RewindOutcome setAsideUnreplayedWal() {
        return RewindOutcome.LATER;
    }

    @Override
    public Optional<String> interruptedRejoin() {
        return Optional.empty();
    }

    @Override
    public void removeDataDirectory() {}

    @Override
    public void moveDataDirectoryAside() {}

    @Override
    public void applySlots(SlotPlan plan) {}

    @Override
    public void checkLogicalSlots(Upstream leader, String physicalSlot) {}

    @Override
    public void relayFeedback(boolean wanted) {}

    @Override
    public Optional<Long> freeWalBytes() {
        return Optional.empty();
    }

    @Override
    public Set<String> brokenLogicalSlots() {
        return Set.of();
    }

    @Override
    public void copyLogicalSlots(Upstream leader, Upstream toFollow, List<LogicalSlot> slots) {}

    @Override
    public boolean isArchiving() {
        return archiving;
    }

    @Override
    public boolean archiveShutdownCheckpoint() {
        calls.add("archive");
        return true;
    }

    @Override
    public Optional<Lsn> shutdownPosition() {
        return Optional.empty();
    }

    @Override
    public Optional<Snapshot> queryForRest() {
        return Optional.empty();
    }

    @Override
    public List<History.Entry> localHistory(int timeline) {
        return List.of();
    }

    @Override
    public void close() {}
}
