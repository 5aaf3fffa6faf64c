package io.matriarch.postgres;

import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Lsn;
import io.matriarch.model.PostgresState;
import io.matriarch.model.Role;
import io.matriarch.model.SyncState;
import io.matriarch.model.config.LocalConfig;
import io.matriarch.postgres.LocalFacts.Snapshot;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The PostgreSQL beside this agent, as the cycle and its background job use it. No call blocks without a limit; those
 * that take long (start, stop, clone, rewind, …) are meant for the background job and end early after {@link #cancel}.
 *
 * <p>State and role are kept here, because REST, cycle and job all look at them; a call that changes them says so.
 */
public interface PostgresInstance extends AutoCloseable {

    // ---- what it is

    /** Finds a running postmaster at start of the agent and adopts it (contract postgres-control.md 1). */
    void attach();

    /**
     * Looks at data directory, process and, when it runs, the server (one query). Bounded by a few seconds also when
     * PostgreSQL hangs.
     */
    LocalFacts observe();

    PostgresState state();

    void setState(PostgresState state);

    Role role();

    /** Sets the managed role; runs {@code on_role_change} when {@code callback} is true. */
    void setRole(Role role, boolean callback);

    /** pg_controldata of the data directory; empty when it cannot be read. */
    Optional<ControlData> controlData();

    /** The postmaster's identity; null when none runs. */
    @Nullable
    Postmaster postmaster();

    /** Told when a new postmaster runs, before it can accept a connection, on the thread that starts it. */
    void onPostmasterStart(Runnable listener);

    /**
     * Asked right before a server is started as primary, other than to make a cluster: false forbids it. A data directory
     * in which a rewind or a clone was cut off is never started, whatever this says.
     */
    void gateStartsAsPrimary(BooleanSupplier mayLead);

    /** Told (on another thread) when the adopted or started postmaster is gone. */
    void onPostmasterExit(Runnable listener);

    /** Told (on another thread) when a walsender ends that commits waited for when {@link #observe} last looked. */
    void onWalsenderEnd(Runnable listener);

    /** Major version as {@code 150000}; 0 when not known. */
    int majorVersion();

    /** What is published as {@code conn_url}. */
    String connUrl();

    /** What is published as {@code proxy_url}; null when there is none. */
    @Nullable
    String proxyUrl();

    /** What needs a restart, with old and new value. */
    List<PendingRestart> pendingRestart();

    /** Whether a callback of this process was run already. */
    boolean anyCallbackCalled();

    /** Runs {@code on_start} if no lifecycle callback was called yet. */
    void callOnStart();

    // ---- configuration

    /**
     * Takes over a changed configuration: rewrites files, reloads the server, computes what needs a restart.
     *
     * @param explicit reload also when nothing changed
     */
    void applyConfiguration(LocalConfig local, DynamicConfig dynamic, boolean explicit);

    /**
     * Sets {@code synchronous_standby_names} and reloads where it is another one than the files say.
     *
     * @param value empty: commits wait for nobody; null: nothing is decided, so it is what {@link HeldCommits} says. Cheap where
     *     that is so already
     * @return the value that the server reports afterwards, for a value that is not null
     */
    String setSynchronousStandbyNames(@Nullable String value);

    /** What a standby that may be promoted by this key has to hold ({@link HeldCommits}). Cheap where nothing follows from it. */
    void noteSyncKey(SyncState key);

    // ---- the post-crash gate

    /** Whether ordinary clients are kept out; known from the files, also to an agent that has just started. */
    boolean isGateClosed();

    /** Keeps ordinary clients out of the server that is started next; why that is not possible, empty: it is done. */
    Optional<String> closeGate();

    /** Lets them in again; false when that has to be tried once more. */
    boolean openGate();

    // ---- running it

    /** Starts it in the given role following {@code upstream} and waits until it accepts connections. */
    StartOutcome start(StartRequest request);

    StopOutcome stop(StopRequest request);

    /** Stop and start in place with {@code on_restart} only. */
    StartOutcome restart(@Nullable Duration timeout);

    /** Follows another upstream, by reload where that is enough and restart where it must be. */
    FollowOutcome follow(Role role, @Nullable Upstream upstream);

    /** Whether the running replica's recovery settings differ from those for {@code upstream}, and how to mend it. */
    RecoveryChange recoveryChange(@Nullable Upstream upstream);

    /**
     * Runs {@code pre_promote} and has PostgreSQL promote.
     *
     * @param timeline the least number that the new timeline may have
     */
    PromoteOutcome promote(int timeline, PromoteHook hook);

    /** Brings a shutdown to its end that somebody else asked for, if it is still under way. */
    StopOutcome finishStop(StopRequest request);

    /** Asks again for a promotion that somebody asked for before this agent took the server over, and waits for its end. */
    PromoteOutcome finishPromotion();

    /** Whether finished WAL segments are archived by a command. */
    boolean isArchiving();

    /** Archives the segment with the shutdown checkpoint of the stopped server; false when that failed. */
    boolean archiveShutdownCheckpoint();

    /** {@code CHECKPOINT} without statement timeout. */
    boolean checkpoint();

    void resumeReplay();

    /** Polls readiness while {@link PostgresState#STARTING}; changes the state. */
    void checkStartup();

    /** Ends a running long action as soon as possible: children get TERM, then KILL. */
    void cancel();

    // ---- making and mending the data directory

    /** initdb (or the configured method) and start as primary. */
    boolean bootstrap();

    /** Users, {@code post_bootstrap}, configuration in its final form. */
    boolean postBootstrap();

    /**
     * Why the data directory should not make room for a clone now: its source does not answer. Empty as well when there is nothing
     * to lose, or when a method that does without the source may be tried.
     */
    Optional<String> objectionToClone(CloneSource source);

    /** Clones from {@code source}; null: methods that need none. Not started afterwards. */
    boolean cloneFrom(CloneSource source);

    /**
     * Lets a stopped standby replay all WAL that it has, with nobody to follow, and stops it again.
     *
     * @return later: it has not come to the end of it; failed: it does not start
     */
    RewindOutcome replayAll();

    /** Single-user crash recovery. */
    boolean recoverInSingleUserMode();

    /** Whether {@code pg_rewind} may be used: configured, present, and the data directory allows it. */
    boolean canRewind();

    /** Timeline and end of the WAL that somebody may miss; empty when it cannot be known now, for instance after a crash. */
    Optional<LocalPosition> endOfWritten();

    /** Asks the leader for its timeline and history and compares (contract ha-loop.md 12.2). */
    RewindCheck checkDivergence(Upstream leader);

    RewindOutcome rewind(Upstream leader);

    /**
     * Takes the WAL that the last check called {@link RewindCheck#UNREPLAYED} out of the data directory of a stopped server; a copy
     * is kept.
     *
     * @return later: the server is not as the check saw it, or the work was cancelled
     */
    RewindOutcome setAsideUnreplayedWal();

    /** Stops a standby that the last check called {@link RewindCheck#ASTRAY}. */
    void turnBack();

    /** What was cut off when the data directory is half made: {@code pg_rewind}, a clone; empty: it is whole. */
    Optional<String> interruptedRejoin();

    void removeDataDirectory();

    /** Renames it to {@code <name>.failed}. */
    void moveDataDirectoryAside();

    // ---- slots and statistics

    /** Creates, advances and drops slots as the plan says; logical ones on a thread beside. */
    void applySlots(SlotPlan plan);

    /**
     * Has a replica find out, beside the caller, whether its copies of logical slots could be used after a failover.
     *
     * @param physicalSlot on the leader, through which this replica is fed
     */
    void checkLogicalSlots(Upstream leader, String physicalSlot);

    /** Has {@code hot_standby_feedback} on for members behind this one, whatever the configuration says; does so once. */
    void relayFeedback(boolean wanted);

    /** Room that is left on the disk of the WAL, bytes; empty when it cannot be told. */
    Optional<Long> freeWalBytes();

    /** Logical slots that could not be moved, because the WAL they need is gone. */
    Set<String> brokenLogicalSlots();

    /**
     * Brings logical slots of the leader here: fetches them, stops PostgreSQL, puts them in place, starts it again. Nothing is
     * stopped when the leader has none of them.
     *
     * @param toFollow whom this replica streams from
     */
    void copyLogicalSlots(Upstream leader, Upstream toFollow, List<LogicalSlot> slots);

    /** The end of the shutdown checkpoint's predecessor to publish on release (contract ha-loop.md 11.1). */
    Optional<Lsn> shutdownPosition();

    /** One query for the REST API over its own connection; empty when it failed. */
    Optional<Snapshot> queryForRest();

    /** Lines of the local history file of {@code timeline}, empty when there is none. */
    List<io.matriarch.model.History.Entry> localHistory(int timeline);

    /** Closes connections; PostgreSQL goes on. */
    @Override
    void close();
}
