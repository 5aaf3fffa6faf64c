package io.matriarch.simulator.postgres;

import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Lsn;
import io.matriarch.model.TimeSource;
import io.matriarch.model.config.ConfigurationException;
import io.matriarch.model.config.LocalConfig;
import io.matriarch.postgres.ControlData;
import io.matriarch.postgres.InterruptedRejoin;
import io.matriarch.postgres.Postmaster;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A host as far as PostgreSQL is concerned: a data directory, at most one server that runs in it, and the programs that
 * work on it. What clients do to it, and what fate does to it, comes in here; what the agent does, through {@link
 * #agent}.
 */
public final class PostgresHost {

    /** The parameters that {@code pg_control} remembers, with the labels of {@code pg_controldata}. */
    private static final Map<String, String> CONTROL_LABELS = Map.of(
            "max_connections", "max_connections setting",
            "max_worker_processes", "max_worker_processes setting",
            "max_wal_senders", "max_wal_senders setting",
            "max_prepared_transactions", "max_prepared_xacts setting",
            "max_locks_per_transaction", "max_locks_per_xact setting",
            "wal_log_hints", "wal_log_hints setting");

    private static final int FIRST_PID = 1000;

    private final PostgresWorld world;
    private final String address;
    private final Supplier<Instant> wallClock;
    private final List<Runnable> watchers = new ArrayList<>();
    private final List<Runnable> walsenderWatchers = new ArrayList<>();
    private Disk disk;
    private @Nullable Server server;
    private @Nullable WorkingProgram program;
    /** Beside the data directory, so that it survives what happens inside. */
    private @Nullable InterruptedRejoin rejoinMark;

    private boolean powered = true;
    private boolean frozen;
    private boolean backendStuck;
    private boolean archiverStuck;
    private boolean prePromoteFails;
    private Duration diskDelay = Duration.ZERO;
    private Duration queryDelay = Duration.ZERO;
    private long pids = FIRST_PID;

    PostgresHost(PostgresWorld world, String address, Supplier<Instant> wallClock) {
        this.world = world;
        this.address = address;
        this.wallClock = wallClock;
        this.disk = emptyDisk();
    }

    private Disk emptyDisk() {
        return new Disk(world.traits().sizes().walSegmentBytes());
    }

    public String address() {
        return address;
    }

    /**
     * What one run of an agent holds in place of the real PostgreSQL. When that run ends without closing it, call {@link
     * PostgresTwin#close}.
     *
     * @param time the clock of the agent; its sleep blocks the caller
     * @throws ConfigurationException when the two do not fit together
     */
    public PostgresTwin agent(LocalConfig local, DynamicConfig dynamic, TimeSource time) throws ConfigurationException {
        return new PostgresTwin(this, local, dynamic, time);
    }

    // ---- clients

    /**
     * A client that is connected to this host commits one row. It is told once at most; not at all when the server is
     * frozen, or the host loses power: then its own patience decides.
     *
     * @param row a number that nobody uses twice
     */
    public Commit commit(long row, Consumer<Commit.Outcome> told) {
        Server running = server;
        if (running == null || !powered) {
            var refused = new Commit(null, row, told);
            refused.end(Commit.Outcome.REFUSED);
            return refused;
        }
        var commit = new Commit(running, row, told);
        running.arriving(commit);
        running.receive("COMMIT", () -> {
            running.arrived(commit);
            if (isWritable()) {
                running.writer.commit(commit);
            } else {
                commit.end(Commit.Outcome.REFUSED);
            }
        });
        return commit;
    }

    /** Whether a client that connects now gets an answer. */
    public boolean isAccepting() {
        return powered && server != null && server.isAccepting() && !server.isFrozen();
    }

    /** Whether a client could write. */
    public boolean isWritable() {
        return isAccepting() && server != null && server.isInProduction();
    }

    /** Where the WAL ends that lies on its disk. */
    public Lsn endOfWal() {
        return disk.wal.end();
    }

    /** The rows that a client would see now, in the order of their commits; none when it gets no answer. */
    public List<Long> rows() {
        Server running = server;
        if (running == null || !isAccepting()) {
            return List.of();
        }
        return running.isInRecovery()
                ? disk.wal.upTo(running.recovery.replayed()).rows()
                : running.writer.rows();
    }

    /** Removes no WAL from now on, as if it had an archive that its standbys read from. */
    public void keepAllWal() {
        disk.keepsAllWal = true;
    }

    // ---- what is true, for those who check

    /** Whether a server could run here: the data directory is neither empty nor half made. */
    public boolean hasData() {
        return disk.control != null && disk.torn == null && disk.writer == null;
    }

    /** The same, and no rewind or clone was cut off here. */
    public boolean hasWholeData() {
        return hasData() && rejoinMark == null;
    }

    /** Whether the transaction's record lies on this disk, replayed or not, and is part of its history. */
    public boolean holds(Commit commit) {
        WalRecord record = commit.record();
        return record != null && disk.wal.holds(record);
    }

    /** Whether power loss would leave the transaction's record here. */
    public boolean holdsDurably(Commit commit) {
        return holds(commit) && disk.flushed.compareTo(commit.position()) >= 0;
    }

    /** The rows in the WAL of the data directory, whoever sees them. */
    public List<Long> rowsOnDisk() {
        return disk.wal.rows();
    }

    /** Whether the history of this data directory is a beginning of the other one's, or the same. */
    public boolean isBehindOrEqual(PostgresHost other) {
        return disk.wal.isPrefixOf(other.disk.wal);
    }

    /** Where the WAL on disk ends. */
    public Lsn walEnd() {
        return disk.wal.end();
    }

    /** The timeline of the last record on disk; 0 without a database. */
    public int timeline() {
        return disk.control == null ? 0 : disk.wal.timeline();
    }

    /** Whether a server runs that may write, frozen or not, stopping or not. */
    public boolean isPrimary() {
        return server != null && server.isInProduction();
    }

    /** Whether a server runs that was told to end. */
    public boolean isStopping() {
        return server != null && server.isStopping();
    }

    /** The postmaster that runs; null: none. */
    public @Nullable Postmaster postmaster() {
        return server == null ? null : server.postmaster;
    }

    /** {@code pg_controldata}; empty without a database. */
    public Optional<ControlData> controlData() {
        ControlFile control = disk.control;
        return control == null ? Optional.empty() : Optional.of(control.print(disk.segmentBytes));
    }

    // ---- fate

    /** SIGKILL to the postmaster and all its children. */
    public void kill() {
        if (server != null) {
            server.kill();
        }
    }

    /** SIGKILL to that postmaster and all its children, if it still is the one that runs. */
    public void kill(Postmaster postmaster) {
        if (postmaster.equals(postmaster())) {
            kill();
        }
    }

    /** SIGQUIT to that postmaster, if it still is the one that runs. */
    public void quit(Postmaster postmaster) {
        if (server != null && postmaster.equals(server.postmaster)) {
            server.stopImmediate();
        }
    }

    /** A backend is killed: the postmaster ends all others and recovers. */
    public void crashBackend() {
        if (server != null) {
            server.crashBackend();
        }
    }

    /** SIGSTOP to the postmaster and all its children. */
    public void freeze() {
        if (server != null) {
            server.freeze();
        }
    }

    public void thaw() {
        if (server != null && !frozen) {
            server.thaw();
        }
    }

    /** The whole host stands still: server and programs. Its {@link Links} are the caller's to cut. */
    public void freezeHost() {
        frozen = true;
        freeze();
        if (program != null) {
            program.freeze();
        }
    }

    public void thawHost() {
        frozen = false;
        thaw();
        if (program != null) {
            program.thaw();
        }
    }

    /** Everything that runs is gone, and WAL that was not flushed too. */
    public void losePower() {
        if (!powered) {
            return;
        }
        powered = false;
        frozen = false;
        if (program != null) {
            program.kill();
        }
        if (server != null) {
            server.losePower();
        }
        disk.losePower(world.queue().random());
    }

    public void restorePower() {
        powered = true;
    }

    /** The disk is gone, and an empty one stands in its place; only without power. */
    public void loseDisk() {
        if (powered) {
            throw new IllegalStateException("a disk is changed while its host runs: " + address);
        }
        disk = emptyDisk();
        rejoinMark = null;
    }

    /** A backend ignores that the server is to stop, until it is told otherwise; only SIGQUIT or SIGKILL end it. */
    public void stickBackend(boolean stuck) {
        backendStuck = stuck;
        if (!stuck && server != null) {
            server.releaseBackends();
        }
    }

    /** {@code archive_command} hangs. */
    public void stickArchiver(boolean stuck) {
        archiverStuck = stuck;
    }

    /** Each flush takes that much longer. */
    public void slowDisk(Duration delay) {
        diskDelay = delay;
    }

    /** Each query takes that much longer; {@code statement_timeout} of the agent's is two seconds. */
    public void slowQueries(Duration delay) {
        queryDelay = delay;
    }

    /** No more room than this for data and WAL together: a PANIC when WAL needs more. */
    public void limitDisk(long bytes) {
        disk.capacityBytes = bytes;
    }

    /** No room for anything more than what is there. */
    public void fillDisk() {
        disk.capacityBytes = disk.dataBytes + disk.wal.end().bytes() - disk.keptFrom.bytes();
    }

    public void emptyDiskAgain() {
        disk.capacityBytes = Long.MAX_VALUE;
    }

    /** {@code pre_promote} fails. */
    public void failPrePromote(boolean fails) {
        prePromoteFails = fails;
    }

    /** What works on the data directory without a server is killed, as by a service manager after the agent's end. */
    public void killProgram() {
        if (program != null) {
            program.kill();
        }
    }

    /** {@code pg_wal_replay_resume()} by somebody. */
    public void resumeReplay() {
        Server running = server;
        if (running != null) {
            running.receive("pg_wal_replay_resume", () -> running.recovery.pause(false));
        }
    }

    /** {@code pg_wal_replay_pause()} by somebody. */
    public void pauseReplay() {
        Server running = server;
        if (running != null) {
            running.receive("pg_wal_replay_pause", () -> running.recovery.pause(true));
        }
    }

    // ---- for the parts of this package

    PostgresWorld world() {
        return world;
    }

    Disk disk() {
        return disk;
    }

    @Nullable
    Server server() {
        return server;
    }

    boolean isPowered() {
        return powered;
    }

    boolean isFrozen() {
        return frozen;
    }

    public boolean isBackendStuck() {
        return backendStuck;
    }

    boolean isArchiverStuck() {
        return archiverStuck;
    }

    boolean failsPrePromote() {
        return prePromoteFails;
    }

    Duration diskDelay() {
        return diskDelay;
    }

    Duration queryDelay() {
        return queryDelay;
    }

    Instant wallClock() {
        return wallClock.get();
    }

    long nextPid() {
        return pids++;
    }

    @Nullable
    InterruptedRejoin rejoinMark() {
        return rejoinMark;
    }

    void mark(@Nullable InterruptedRejoin mark) {
        rejoinMark = mark;
    }

    @Nullable
    WorkingProgram program() {
        return program;
    }

    void run(@Nullable WorkingProgram wanted) {
        program = wanted;
    }

    /** Starts a postmaster that recovers to the newest timeline. */
    Server launch() {
        return launch(Server.LATEST);
    }

    /** @param timeline where it recovers to */
    Server launch(int timeline) {
        if (server != null) {
            throw new IllegalStateException("a postmaster runs already on " + address);
        }
        long ticks = world.queue().now().nanos() / 10_000_000;
        var started = new Server(world, this, disk, new Postmaster(nextPid(), ticks), wallClock(), timeline);
        server = started;
        started.boot();
        return started;
    }

    void serverEnded(Server ended) {
        if (server == ended) {
            server = null;
            List.copyOf(watchers).forEach(Runnable::run);
        }
    }

    void watch(Runnable onServerEnd) {
        watchers.add(onServerEnd);
    }

    /** What is told when a walsender ends that commits wait for; forgotten with {@link #unwatch}. */
    void watchWalsenders(Runnable onEnd) {
        walsenderWatchers.add(onEnd);
    }

    void walsenderEnded() {
        List.copyOf(walsenderWatchers).forEach(Runnable::run);
    }

    void unwatch(Runnable onServerEnd) {
        watchers.remove(onServerEnd);
        walsenderWatchers.remove(onServerEnd);
    }

    /** From here on the data directory is none. */
    void tear(String by) {
        if (server != null) {
            world.reports().violation(address, "a data directory was removed under its server");
            server.kill();
        }
        disk.torn = new Disk.Torn(by);
        disk.control = null;
    }

    /** An empty data directory takes its place. */
    void wipe() {
        tear("a removal");
        Disk old = disk;
        disk = emptyDisk();
        disk.capacityBytes = old.capacityBytes;
    }

    static Map<String, String> controlParameters(Map<String, String> startedWith) {
        var printed = new LinkedHashMap<String, String>();
        CONTROL_LABELS.entrySet().stream().sorted(Map.Entry.comparingByKey()).forEach(entry -> {
            String value = startedWith.get(entry.getKey());
            if (value != null) {
                printed.put(entry.getValue(), value);
            }
        });
        return printed;
    }
}
