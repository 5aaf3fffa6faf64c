package io.matriarch.postgres;

import io.matriarch.model.Lsn;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.TimeSource;
import io.matriarch.model.config.PostgresSettings;
import io.matriarch.postgres.ChildProcess.Command;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Stops a postmaster in the steps of contract postgres-control.md 4, from the signal on: backends gone, shutdown
 * checkpoint written, process gone; with escalation when it takes longer than it may.
 */
final class StopProcedure {

    private static final System.Logger LOG = System.getLogger("patroni.postgresql.postmaster");

    /** Nobody can write meanwhile, and a look costs some microseconds. */
    private static final Duration POLL = Duration.ofMillis(1);

    /** A server that takes longer than this to end has much to write; a look more or less does not matter then. */
    private static final Duration SHORT = Duration.ofSeconds(5);

    private static final Duration LATE_POLL = Duration.ofMillis(10);

    /** Each look is a walk over all processes. */
    private static final Duration BACKENDS_POLL = Duration.ofMillis(20);

    /** WAL archiving, which is what one waits for meanwhile, takes longer. */
    private static final Duration CONTROL_DATA_POLL = Duration.ofMillis(250);

    /**
     * How long a server that has written its shutdown checkpoint gets to end by itself, before somebody is asked to take
     * over already.
     */
    private static final Duration EARLY_RELEASE_PAUSE = Duration.ofSeconds(1);

    /** For a script of the user, which is supposed to drain a pool or so. */
    private static final Duration SCRIPT_LIMIT = Duration.ofMinutes(10);

    /** How long the kernel may take to end a process that was killed. */
    private static final Duration KILL_LIMIT = Duration.ofSeconds(10);

    /** Titles of processes that serve no client, after {@code postgres: } and the cluster's name. */
    private static final Pattern AUXILIARY = Pattern.compile("(archiver|startup|autovacuum (launcher|worker)"
            + "|checkpointer|logger|stats collector|wal ?receiver|wal ?sender|wal ?writer|background writer"
            + "|logical replication (launcher|(parallel apply|apply|tablesync) worker for subscription)"
            + "|slotsync worker|wal ?summarizer|io worker|bgworker:).*");

    private final Supplier<PostgresSettings> settings;
    private final Supplier<Optional<ControlData>> controlData;
    private final Function<ControlData, Optional<Lsn>> releasedPosition;
    private final TimeSource time;

    /** @param releasedPosition the position to publish for a server that was shut down */
    StopProcedure(
            Supplier<PostgresSettings> settings,
            Supplier<Optional<ControlData>> controlData,
            Function<ControlData, Optional<Lsn>> releasedPosition,
            TimeSource time) {
        this.settings = settings;
        this.controlData = controlData;
        this.releasedPosition = releasedPosition;
        this.time = time;
    }

    /** Runs {@code before_stop} when there is one. */
    void beforeStop(Cancellation cancellation) {
        String command = settings.get().beforeStop();
        if (command == null) {
            return;
        }
        List<String> words = ShellWords.split(command).orElse(List.of());
        if (words.isEmpty()) {
            LOG.log(Level.WARNING, "before_stop is not a command: " + command);
            return;
        }
        var result = ChildProcess.run(
                Command.script(SCRIPT_LIMIT, words).withEnvironment(ChildEnvironment.told(settings.get())),
                cancellation);
        String ended = result instanceof ChildProcess.Result.Exited(int code, var _, var _)
                ? "exited with " + code
                : result.describe();
        LOG.log(Level.INFO, "before_stop script `" + command + "` " + ended);
    }

    /** Signals, waits, escalates. False: it still lives, because it may not be signalled or the wait was cancelled. */
    boolean stop(Postmaster postmaster, StopRequest request, Cancellation cancellation) {
        String signal = request.mode() == StopRequest.Mode.FAST ? "INT" : "QUIT";
        if (!Signals.send(signal, postmaster.pid()) && ProcessTable.isAlive(postmaster)) {
            LOG.log(Level.WARNING, "pg_ctl stop failed");
            return false;
        }
        try {
            MonotonicTime deadline =
                    request.timeout() == null ? null : time.now().plus(request.timeout());
            awaitSafePoint(postmaster, request.onSafePoint(), deadline, cancellation);
            Consumer<Lsn> released = request.onShutdownCheckpoint();
            if (request.mode() == StopRequest.Mode.FAST && released != null) {
                awaitShutdownCheckpoint(postmaster, released, deadline, cancellation);
            }
            return awaitEnd(postmaster, deadline, cancellation)
                    || (!cancellation.isRequested() && escalate(postmaster, request, cancellation));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private boolean isPast(@Nullable MonotonicTime deadline) {
        return deadline != null && !time.now().isBefore(deadline);
    }

    // ---- user backends

    /**
     * The server forks nobody after it has seen the signal. Its children of that moment are those to wait for; one that
     * is forked between the two looks is seen by the second.
     */
    private void awaitSafePoint(
            Postmaster postmaster, Runnable safePoint, @Nullable MonotonicTime deadline, Cancellation cancellation)
            throws InterruptedException {
        List<ProcessTable.Entry> backends = userBackends(postmaster);
        while (!backends.isEmpty() && ProcessTable.isAlive(postmaster)) {
            if (isPast(deadline)) {
                LOG.log(Level.WARNING, "Backends still alive after the stop timeout: " + titles(backends));
                return;
            }
            if (cancellation.isRequested()) {
                return;
            }
            awaitEnd(postmaster, time.now().plus(BACKENDS_POLL), cancellation);
            backends = userBackends(postmaster);
        }
        safePoint.run();
    }

    private static List<ProcessTable.Entry> userBackends(Postmaster postmaster) {
        return ProcessTable.childrenOf(postmaster.pid()).stream()
                .filter(child -> isUserBackend(ProcessTable.title(child.pid())))
                .toList();
    }

    private static List<String> titles(List<ProcessTable.Entry> processes) {
        return processes.stream().map(p -> ProcessTable.title(p.pid())).toList();
    }

    /** {@code postgres: [<cluster_name>: ]<what it is>}; a process without a title yet has not met a client either. */
    static boolean isUserBackend(String title) {
        if (!title.startsWith("postgres: ")) {
            return false;
        }
        String what = title.substring("postgres: ".length());
        int clusterName = what.indexOf(": ");
        boolean auxiliary = AUXILIARY.matcher(what).matches()
                || (clusterName >= 0
                        && AUXILIARY.matcher(what.substring(clusterName + 2)).matches());
        return !auxiliary;
    }

    // ---- shutdown checkpoint

    private void awaitShutdownCheckpoint(
            Postmaster postmaster, Consumer<Lsn> released, @Nullable MonotonicTime deadline, Cancellation cancellation)
            throws InterruptedException {
        while (ProcessTable.isAlive(postmaster) && !isPast(deadline) && !cancellation.isRequested()) {
            Optional<ControlData> control = controlData.get();
            if (control.filter(ControlData::isShutDown).isPresent()) {
                if (!awaitEnd(postmaster, time.now().plus(EARLY_RELEASE_PAUSE), cancellation)) {
                    releasedPosition.apply(control.get()).ifPresent(released);
                }
                return;
            }
            if (control.filter(c -> c.clusterState().equals("shut down in recovery"))
                    .isPresent()) {
                return;
            }
            awaitEnd(postmaster, time.now().plus(CONTROL_DATA_POLL), cancellation);
        }
    }

    // ---- the end

    private boolean awaitEnd(Postmaster postmaster, @Nullable MonotonicTime deadline, Cancellation cancellation)
            throws InterruptedException {
        MonotonicTime begin = time.now();
        try (@Nullable LifeSign sign = LifeSign.of(postmaster)) {
            while (sign != null && sign.isAlive()) {
                if (isPast(deadline) || cancellation.isRequested()) {
                    return false;
                }
                time.sleep(time.now().since(begin).compareTo(SHORT) < 0 ? POLL : LATE_POLL);
            }
        }
        return true;
    }

    private boolean escalate(Postmaster postmaster, StopRequest request, Cancellation cancellation)
            throws InterruptedException {
        LOG.log(Level.WARNING, "Timeout during postmaster stop, aborting Postgres.");
        if (request.mode() != StopRequest.Mode.IMMEDIATE) {
            Signals.send("QUIT", postmaster.pid());
            Duration again = request.timeout() == null ? KILL_LIMIT : request.timeout();
            if (awaitEnd(postmaster, time.now().plus(again), cancellation)) {
                request.onSafePoint().run();
                return true;
            }
        }
        LOG.log(Level.WARNING, "Sending SIGKILL to Postmaster and its children");
        kill(postmaster);
        boolean gone = awaitEnd(postmaster, time.now().plus(KILL_LIMIT), new Cancellation());
        if (gone) {
            request.onSafePoint().run();
        }
        return gone;
    }

    /** The postmaster is suspended first, so that it cannot fork more while its children are listed. */
    private static void kill(Postmaster postmaster) {
        Signals.send("STOP", postmaster.pid());
        var all = new ArrayList<Long>();
        all.add(postmaster.pid());
        ProcessTable.childrenOf(postmaster.pid()).forEach(child -> all.add(child.pid()));
        all.forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
    }
}
