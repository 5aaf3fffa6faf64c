package io.matriarch.simulator.postgres;

import io.matriarch.model.Lsn;
import io.matriarch.model.MonotonicTime;
import io.matriarch.postgres.Postmaster;
import io.matriarch.simulator.EventQueue;
import io.matriarch.simulator.postgres.ControlFile.State;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A postmaster and all that it started: one life of a server. This class boots, stops and dies; its parts are the
 * processes: {@link Recovery} (startup), {@link WalWriter} and {@link SyncWaits} (backends that commit), {@link
 * Checkpointer}, {@link WalSender}s, and the {@link WalReceiver} that recovery starts.
 */
final class Server {

    /** How the end of the last process came about. */
    enum End {
        /** In an orderly way, or at least the kernel says goodbye. */
        PROCESS,
        /** Nobody says anything. */
        POWER
    }

    private record Deferred(String what, Runnable event) {}

    /** As in {@code recovery_target_timeline}. */
    static final int LATEST = 0;

    final PostgresHost host;
    final Disk disk;
    final Postmaster postmaster;
    final Instant startedAt;
    final WalWriter writer;
    final SyncWaits syncWaits;
    final Checkpointer checkpointer;
    final List<WalSender> senders = new ArrayList<>();
    final Recovery recovery;
    /** Those of base backups; they do not outlive the server. */
    final List<Slot> temporarySlots = new ArrayList<>();

    private final PostgresWorld world;
    private final ArrayDeque<Deferred> messages = new ArrayDeque<>();
    private final Set<Commit> arriving = new LinkedHashSet<>();
    private final ArrayDeque<Deferred> timers = new ArrayDeque<>();
    private final Map<String, String> startedWith;

    /** What a session is told when it asks for a parameter. */
    private ServerConfig shown;
    /** What the postmaster has read last: every process that it forks begins with that. */
    private ServerConfig inherited;

    private MonotonicTime configurationLoaded;
    private boolean alive = true;
    private boolean frozen;
    private boolean listening;
    private boolean accepting;
    private boolean inProduction;
    private boolean stopping;
    private boolean backendsGone;
    private boolean backendsStuck;
    /** Changes when the postmaster starts all over after a crash of a backend: older events are void. */
    private int generation;

    /** @param timeline that recovery is to end on, as in {@code recovery_target_timeline} */
    Server(PostgresWorld world, PostgresHost host, Disk disk, Postmaster postmaster, Instant startedAt, int timeline) {
        this.world = world;
        this.host = host;
        this.disk = disk;
        this.postmaster = postmaster;
        this.startedAt = startedAt;
        this.shown = disk.config;
        this.inherited = disk.config;
        this.startedWith = new TreeMap<>(disk.config.parameters());
        this.configurationLoaded = world.queue().now();
        this.writer = new WalWriter(this);
        this.syncWaits = new SyncWaits(this);
        this.checkpointer = new Checkpointer(this);
        this.recovery = new Recovery(this, timeline);
    }

    // ---- its surroundings

    EventQueue queue() {
        return world.queue();
    }

    PostgresWorld world() {
        return world;
    }

    PostgresTraits traits() {
        return world.traits();
    }

    RandomGenerator random() {
        return world.queue().random();
    }

    Duration draw(Span span) {
        return span.draw(random());
    }

    void log(String line) {
        world.reports().log(host.address(), line);
    }

    Instant wallClock() {
        return host.wallClock();
    }

    /** Runs later in this server: when it is thawed, if it is frozen then; not at all if it has ended. */
    void later(Duration delay, String what, Runnable event) {
        int born = generation;
        queue().after(delay, host.address() + ": " + what, () -> {
            if (alive && born == generation) {
                if (frozen) {
                    timers.add(new Deferred(what, () -> {
                        if (alive && born == generation) {
                            event.run();
                        }
                    }));
                } else {
                    event.run();
                }
            }
        });
    }

    /** Runs in this server because of something that arrived. */
    void receive(String what, Runnable arrival) {
        if (!alive) {
            return;
        }
        if (frozen) {
            messages.add(new Deferred(what, arrival));
        } else {
            arrival.run();
        }
    }

    /** A client has sent something that the server may not look at before it is gone. */
    void arriving(Commit commit) {
        arriving.add(commit);
    }

    void arrived(Commit commit) {
        arriving.remove(commit);
    }

    // ---- what it is

    boolean isAlive() {
        return alive;
    }

    boolean isFrozen() {
        return frozen;
    }

    /** Whether somebody who connects is answered at all. */
    boolean isListening() {
        return alive && listening;
    }

    /** Whether a session can be had. */
    boolean isAccepting() {
        return alive && accepting && !stopping;
    }

    boolean isInRecovery() {
        return recovery.isActive();
    }

    /** Whether it may write: recovery is over. */
    boolean isInProduction() {
        return alive && inProduction;
    }

    boolean isStopping() {
        return stopping;
    }

    /** Whether sessions of clients may still be there: they are what a stop waits for first. */
    boolean hasBackends() {
        return alive && !backendsGone;
    }

    ServerConfig shownConfig() {
        return shown;
    }

    /** The configuration of a process that is forked now. */
    ServerConfig inheritedConfig() {
        return inherited;
    }

    /** {@code pg_conf_load_time()}. */
    MonotonicTime configurationLoaded() {
        return configurationLoaded;
    }

    Map<String, String> startedWith() {
        return startedWith;
    }

    /** The parameter that is smaller here than the primary's, which {@code pg_control} remembers; null: none. */
    @Nullable
    String smallerThan(Map<String, String> ofPrimary) {
        Map<String, String> ours = PostgresHost.controlParameters(startedWith);
        for (var entry : ofPrimary.entrySet()) {
            String our = ours.get(entry.getKey());
            boolean numbers =
                    our != null && our.matches("\\d{1,9}") && entry.getValue().matches("\\d{1,9}");
            if (numbers && Integer.parseInt(our) < Integer.parseInt(entry.getValue())) {
                return entry.getKey();
            }
        }
        return null;
    }

    ControlFile control() {
        ControlFile control = disk.control;
        if (control == null) {
            throw new IllegalStateException("no pg_control in the data directory of " + host.address());
        }
        return control;
    }

    /** The timeline that is written, or replayed. */
    int timeline() {
        return isInRecovery() ? recovery.replayTimeline() : writer.timeline();
    }

    /** How far a walsender may send. */
    Lsn sendable() {
        return isInRecovery() ? recovery.sendable() : disk.flushed;
    }

    // ---- starting

    void boot() {
        log("starting PostgreSQL 15");
        later(draw(traits().times().boot()), "postmaster listens", () -> {
            listening = true;
            if (random().nextDouble() < traits().odds().failedStart()) {
                fatal("could not create shared memory segment: No space left on device");
            } else {
                recovery.begin();
            }
        });
    }

    /** A process that the server cannot do without gave up. */
    void fatal(String line) {
        log("FATAL:  " + line);
        later(Duration.ofMillis(5), "shutting down due to startup process failure", () -> end(End.PROCESS));
        accepting = false;
    }

    /** WAL cannot be written. */
    void panic(String line) {
        log("PANIC:  " + line);
        end(End.PROCESS);
    }

    void startAccepting(boolean readOnly) {
        accepting = true;
        log("database system is ready to accept " + (readOnly ? "read-only " : "") + "connections");
        if (random().nextDouble() < traits().odds().stuckStop()) {
            backendsStuck = true;
        }
    }

    /** Recovery is over, or was not needed. */
    void enterProduction(int timeline) {
        inProduction = true;
        control().state = State.IN_PRODUCTION;
        control().parameters = PostgresHost.controlParameters(startedWith);
        writer.begin(timeline);
        checkpointer.begin();
        // a cascading standby of this one learns that its timeline is history
        wakeSenders();
        if (!accepting) {
            startAccepting(false);
        }
    }

    // ---- SIGHUP

    /** The files are read again, by each process when it gets to it. */
    void reload() {
        String names = disk.config.synchronousStandbyNames();
        if (SynchronousNames.parse(names).isEmpty()) {
            log("invalid value for parameter \"synchronous_standby_names\": \"" + names + "\"");
        }
        inherited = readFiles();
        Span span = traits().times().reload();
        later(draw(span), "session reloads", () -> {
            shown = readFiles();
            configurationLoaded = queue().now();
        });
        later(draw(span), "checkpointer reloads", () -> syncWaits.reload(readFiles()));
        senders.forEach(sender -> later(draw(span), "walsender reloads", () -> sender.reload(readFiles())));
        later(draw(span), "startup reloads", () -> recovery.reload(readFiles()));
    }

    /** What stands in the files now; for a value that cannot be used, the one that was shown last. */
    private ServerConfig readFiles() {
        ServerConfig written = disk.config;
        return SynchronousNames.parse(written.synchronousStandbyNames()).isPresent()
                ? written
                : new ServerConfig(
                        shown.synchronousStandbyNames(),
                        written.synchronousCommit(),
                        written.primaryHost(),
                        written.applicationName(),
                        written.primarySlotName(),
                        written.archiving(),
                        written.parameters());
    }

    // ---- stopping

    /** SIGINT: {@code pg_ctl stop -m fast}. */
    void stopFast() {
        receive("SIGINT", () -> {
            if (!stopping) {
                log("received fast shutdown request");
                stopping = true;
                later(draw(traits().times().stop()), "backends leave", this::awaitBackends);
            }
        });
    }

    private void awaitBackends() {
        writer.abortAll();
        syncWaits.abortAll();
        if (backendsStuck || host.isBackendStuck()) {
            backendsStuck = true;
            later(Duration.ofMillis(200), "a backend does not leave", this::awaitBackends);
            return;
        }
        backendsGone = true;
        recovery.stop();
        later(draw(traits().times().checkpoint()), "shutdown checkpoint", () -> {
            if (checkpointer.shutDown()) {
                awaitShutDownWritten();
            }
        });
    }

    private void awaitShutDownWritten() {
        List.copyOf(senders).forEach(WalSender::stop);
        later(draw(traits().times().stop()), "postmaster ends", this::awaitSenders);
    }

    /** Walsenders and archiver end after everything else: the standbys are to have it all. */
    private void awaitSenders() {
        boolean archiving = shown.archiving() && host.isArchiverStuck() && control().state == State.SHUT_DOWN;
        if (!senders.isEmpty() || archiving) {
            later(Duration.ofMillis(20), "postmaster waits", this::awaitSenders);
        } else {
            log("database system is shut down");
            end(End.PROCESS);
        }
    }

    /** A backend that ignores its signals is gone after all. */
    void releaseBackends() {
        backendsStuck = false;
    }

    /** SIGQUIT: {@code pg_ctl stop -m immediate}. */
    void stopImmediate() {
        receive("SIGQUIT", () -> {
            if (alive) {
                log("received immediate shutdown request");
                stopping = true;
                accepting = false;
                later(Duration.ofMillis(5 + random().nextInt(20)), "postmaster quits", () -> end(End.PROCESS));
            }
        });
    }

    /** SIGKILL to the postmaster and all its children. */
    void kill() {
        end(End.PROCESS);
    }

    void losePower() {
        end(End.POWER);
    }

    private void end(End how) {
        if (!alive) {
            return;
        }
        alive = false;
        inProduction = false;
        accepting = false;
        listening = false;
        messages.clear();
        timers.clear();
        boolean clean = disk.control != null && disk.control.state.isClean();
        recovery.ended(how);
        List.copyOf(senders).forEach(sender -> sender.ended(how));
        senders.clear();
        writer.ended(how);
        syncWaits.ended(how);
        if (how == End.PROCESS) {
            List.copyOf(arriving).forEach(commit -> commit.end(Commit.Outcome.UNKNOWN));
        }
        arriving.clear();
        if (!clean) {
            disk.slots.values().forEach(Slot::crash);
        }
        host.serverEnded(this);
    }

    /** A backend crashes: the postmaster ends all others and begins again ({@code restart_after_crash}). */
    void crashBackend() {
        if (!alive || frozen || stopping || !accepting) {
            return;
        }
        log("server process was terminated by signal 9: Killed");
        generation++;
        accepting = false;
        inProduction = false;
        recovery.ended(End.PROCESS);
        List.copyOf(senders).forEach(sender -> sender.ended(End.PROCESS));
        senders.clear();
        writer.ended(End.PROCESS);
        syncWaits.ended(End.PROCESS);
        // who is started anew begins with what the postmaster has read, which need not be what stands in the files
        shown = inherited;
        configurationLoaded = queue().now();
        syncWaits.reload(inherited);
        disk.slots.values().forEach(Slot::crash);
        later(draw(traits().times().stop()), "all server processes terminated; reinitializing", recovery::begin);
    }

    // ---- SIGSTOP, SIGCONT

    void freeze() {
        frozen = alive;
    }

    /** What arrived meanwhile is looked at before what would have been due. */
    void thaw() {
        if (!frozen) {
            return;
        }
        frozen = false;
        runAll(messages);
        runAll(timers);
    }

    private void runAll(ArrayDeque<Deferred> deferred) {
        while (alive && !frozen && !deferred.isEmpty()) {
            deferred.remove().event().run();
        }
    }

    // ---- replication

    /** WAL became available to send. */
    void wakeSenders() {
        List.copyOf(senders).forEach(WalSender::send);
    }

    @Nullable
    WalSender senderOf(Slot slot) {
        return senders.stream().filter(sender -> sender.uses(slot)).findFirst().orElse(null);
    }
}
