package io.matriarch.agent.cycle;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.matriarch.agent.node.NodeControl.RestartAnswer;
import io.matriarch.agent.node.NodeStatus;
import io.matriarch.agent.node.ScheduledRestart;
import io.matriarch.model.Bell;
import io.matriarch.model.Coercion;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Json;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.PostgresState;
import io.matriarch.model.PostgresVersion;
import io.matriarch.model.Threads;
import io.matriarch.model.TimeSource;
import io.matriarch.model.TimeText;
import io.matriarch.model.Unit;
import io.matriarch.postgres.PostgresInstance;
import io.matriarch.postgres.StartOutcome;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Restarts that were asked for, now or at a given time (contract ha-loop.md 11.3, rest-api.md 5.1). Safe for any thread. */
final class Restarts {

    private static final Logger LOG = System.getLogger("patroni.ha");
    /** The stop before the start has no limit of its own; a request does not wait longer than this for it. */
    private static final Duration STOP_ALLOWANCE = Duration.ofMinutes(10);

    private static final Duration LOOK_AGAIN = Duration.ofMillis(200);

    private final PostgresInstance postgres;
    private final Jobs jobs;
    private final NodeMemory memory;
    private final SynchronousRelease release;
    /** Wakes the cycle. */
    private final Bell cycle;

    private final TimeSource time;
    private final Threads threads;

    Restarts(
            PostgresInstance postgres,
            Jobs jobs,
            NodeMemory memory,
            SynchronousRelease release,
            Bell cycle,
            TimeSource time,
            Threads threads) {
        this.postgres = postgres;
        this.jobs = jobs;
        this.memory = memory;
        this.release = release;
        this.cycle = cycle;
        this.time = time;
        this.threads = threads;
    }

    /** Restarts now and waits for the end. */
    RestartAnswer restart(JsonObject conditions, NodeStatus status, DynamicConfig dynamic) {
        String unmet = unmet(conditions, status);
        if (unmet != null) {
            LOG.log(Level.INFO, "not proceeding with the restart: {0}", unmet);
            return new RestartAnswer(false, "restart conditions are not satisfied");
        }
        Duration limit = timeout(conditions).orElse(startLimit(dynamic));
        if (jobs.running() == null && isLeftToTheCycle(dynamic.isPaused())) {
            return awaitStart(limit);
        }
        var outcome = new AtomicReference<@Nullable StartOutcome>();
        var left = new AtomicBoolean();
        Bell ended = threads.newBell();
        String running = start(limit, status, dynamic.isPaused(), result -> {
            left.set(result == null);
            outcome.set(result);
            ended.ring();
        });
        if (running != null) {
            return new RestartAnswer(false, running + " already in progress");
        }
        try {
            if (!ended.await(limit.plus(STOP_ALLOWANCE))) {
                LOG.log(Level.ERROR, "the restart did not end in time");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (left.get()) {
            return awaitStart(limit);
        }
        return switch (outcome.get()) {
            case STARTED -> new RestartAnswer(true, "restarted successfully");
            case STILL_STARTING -> new RestartAnswer(false, "postgres is still starting");
            case FAILED, NOT_TRIED -> new RestartAnswer(false, "restart failed");
            case null -> new RestartAnswer(false, "restart failed");
        };
    }

    /** A server that does not run, except in pause: after a crash the cycle knows what is due before the start (decision 0012, the promised names). */
    private boolean isLeftToTheCycle(boolean paused) {
        return !paused && postgres.postmaster() == null;
    }

    private RestartAnswer awaitStart(Duration limit) {
        MonotonicTime deadline = time.now().plus(limit);
        Bell pause = threads.newBell();
        cycle.ring();
        try {
            while (postgres.postmaster() == null || postgres.state() != PostgresState.RUNNING) {
                if (!time.now().isBefore(deadline)) {
                    return new RestartAnswer(
                            false, postgres.postmaster() == null ? "restart failed" : "postgres is still starting");
                }
                pause.await(LOOK_AGAIN);
            }
            return new RestartAnswer(true, "restarted successfully");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new RestartAnswer(false, "restart failed");
        }
    }

    /**
     * Begins a restart, unless it is left to the cycle. That is decided when no other job is under way: the one before may be what is due
     * before the start.
     *
     * @param onEnd gets null where it was left to the cycle
     * @return the job that is under way instead; null: it has begun
     */
    private @Nullable String start(
            @Nullable Duration limit, NodeStatus status, boolean paused, Consumer<@Nullable StartOutcome> onEnd) {
        return jobs.start("restart", () -> {
            @Nullable StartOutcome outcome = StartOutcome.FAILED;
            try {
                if (isLeftToTheCycle(paused)) {
                    outcome = null;
                    return m -> {};
                }
                release.ask(status, this::publishSoon, jobs::isCancelled);
                outcome = postgres.restart(limit);
            } finally {
                release.done();
                onEnd.accept(outcome);
            }
            boolean failed = outcome == StartOutcome.FAILED;
            return m -> {
                m.startTimeout = limit;
                m.startAttempted = failed;
            };
        });
    }

    /** The member key is the cycle's to write. */
    private boolean publishSoon() {
        cycle.ring();
        return true;
    }

    /** {@code primary_start_timeout: 0} asks for a failover after a crash; it leaves a restart that was asked for its time. */
    private static Duration startLimit(DynamicConfig dynamic) {
        Duration configured = dynamic.primaryStartTimeout();
        return configured.isZero() ? DynamicConfig.EMPTY.primaryStartTimeout() : configured;
    }

    private static Optional<Duration> timeout(JsonObject conditions) {
        JsonElement value = conditions.get("timeout");
        return value == null
                ? Optional.empty()
                : Coercion.integer(value, Unit.SECONDS).filter(n -> n > 0).map(Duration::ofSeconds);
    }

    /** Which condition of the request does not hold; null: all do. */
    private static @Nullable String unmet(JsonObject conditions, NodeStatus status) {
        String role = Json.string(conditions, "role").orElse(null);
        if (role != null && !role.equals(status.role().toString())) {
            return "host role mismatch";
        }
        String version = Json.string(conditions, "postgres_version").orElse(null);
        if (version != null) {
            int running = status.snapshot().map(s -> s.serverVersion()).orElse(0);
            boolean newer =
                    PostgresVersion.parse(version) instanceof PostgresVersion.Valid(var number) && number > running;
            if (!newer) {
                return "postgres version mismatch";
            }
        }
        return conditions.has("restart_pending") && status.pendingRestart().isEmpty()
                ? "pending restart flag is not set"
                : null;
    }

    boolean schedule(ScheduledRestart restart) {
        if (memory.scheduledRestart != null) {
            return false;
        }
        memory.scheduledRestart = restart;
        return true;
    }

    boolean unschedule() {
        boolean was = memory.scheduledRestart != null;
        memory.scheduledRestart = null;
        return was;
    }

    /** How long until the scheduled restart is due; null: none waits for its time. */
    @Nullable
    Duration untilDue() {
        ScheduledRestart scheduled = memory.scheduledRestart;
        if (scheduled == null) {
            return null;
        }
        Duration left = Duration.between(time.wallClock(), scheduled.schedule().toInstant());
        return left.isPositive() ? left : null;
    }

    /** Runs a scheduled restart whose time has come; not in pause, not without leader, not beside another job. */
    void runDue(NodeStatus status) {
        ScheduledRestart scheduled = memory.scheduledRestart;
        if (scheduled == null || status.dynamic().isPaused() || status.view().isUnlocked() || jobs.running() != null) {
            return;
        }
        String started = status.snapshot()
                .map(s -> TimeText.spaced(s.postmasterStartTime()))
                .orElse("");
        if (!started.isEmpty() && !started.equals(scheduled.postmasterStartTime())) {
            LOG.log(Level.INFO, "Cancelling scheduled restart: postgres restart has already happened at {0}", started);
            memory.scheduledRestart = null;
            return;
        }
        Duration left = untilDue();
        if (left != null) {
            if (left.compareTo(status.timing().loopWait()) > 0) {
                LOG.log(
                        Level.INFO,
                        "Awaiting restart at " + TimeText.iso(scheduled.schedule()) + " (in " + left.toSeconds()
                                + " seconds)");
            }
            return;
        }
        memory.scheduledRestart = null;
        Duration late = Duration.between(scheduled.schedule().toInstant(), time.wallClock());
        if (late.compareTo(status.timing().loopWait().multipliedBy(3).dividedBy(2)) > 0) {
            LOG.log(Level.WARNING, "Found a stale restart value, cleaning up: {0}", TimeText.iso(scheduled.schedule()));
            return;
        }
        LOG.log(Level.INFO, "Manual scheduled restart at {0}", TimeText.iso(scheduled.schedule()));
        String unmet = unmet(scheduled.document(), status);
        if (unmet != null) {
            LOG.log(Level.INFO, "not proceeding with the restart: {0}", unmet);
            LOG.log(Level.WARNING, "Scheduled restart: restart conditions are not satisfied");
            return;
        }
        Duration limit = timeout(scheduled.document()).orElse(startLimit(status.dynamic()));
        String running = start(limit, status, false, _ -> {});
        if (running == null) {
            LOG.log(Level.INFO, "restart initiated");
        } else {
            LOG.log(Level.WARNING, "Scheduled restart: {0} already in progress", running);
        }
    }
}
