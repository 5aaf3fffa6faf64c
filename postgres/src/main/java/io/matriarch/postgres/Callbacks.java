package io.matriarch.postgres;

import io.matriarch.model.Role;
import io.matriarch.model.config.PostgresSettings;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs the user's callbacks (contract postgres-control.md 9). They are told what happened and nobody waits for them: a
 * thread of its own starts them one after the other. A newer lifecycle callback kills an older one that still runs,
 * because what that tells is no longer true; {@code on_reload} only competes with itself.
 */
final class Callbacks implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger("patroni.postgresql.callback_executor");

    /** How long the end of the agent waits until the last callbacks were at least started. */
    private static final long CLOSE_LIMIT_SECONDS = 5;

    /** More cannot have been due since the starting of one began to hang; what they told is no longer true anyway. */
    private static final int MOST_WAITING = 100;

    /** The events, by their names in the configuration. */
    enum Action {
        ON_START,
        ON_STOP,
        ON_RESTART,
        ON_RELOAD,
        ON_ROLE_CHANGE;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final String scope;
    private final Supplier<PostgresSettings> settings;
    private final ThreadPoolExecutor starter;
    private final Slot lifecycle = new Slot();
    private final Slot reload = new Slot();
    private volatile boolean anyLifecycle;

    Callbacks(String scope, Supplier<PostgresSettings> settings) {
        this.scope = scope;
        this.settings = settings;
        this.starter = new ThreadPoolExecutor(
                1,
                1,
                10,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(MOST_WAITING),
                task -> Thread.ofPlatform().daemon().name("callbacks").unstarted(task),
                (task, executor) -> LOG.log(Level.ERROR, "Too many callbacks wait to be started, one is left out"));
        starter.allowCoreThreadTimeOut(true);
    }

    /** Whether a lifecycle callback was due already, configured or not. */
    boolean anyLifecycle() {
        return anyLifecycle;
    }

    void call(Action action, Role role) {
        anyLifecycle = anyLifecycle || action != Action.ON_RELOAD;
        PostgresSettings now = settings.get();
        String command = now.callbacks().get(action.toString());
        if (command == null || command.isBlank()) {
            return;
        }
        Optional<List<String>> words = ShellWords.split(command);
        if (words.isEmpty()) {
            LOG.log(Level.ERROR, "Failed to execute [" + command + "]: it cannot be split into words");
            return;
        }
        var all = new ArrayList<>(words.get());
        all.add(action.toString());
        all.add((role == Role.PROMOTED ? Role.PRIMARY : role).toString());
        all.add(scope);
        Slot slot = action == Action.ON_RELOAD ? reload : lifecycle;
        starter.execute(() -> slot.replace(all, ChildEnvironment.told(now)));
    }

    /** Lets what was called be started; what runs goes on. */
    @Override
    public void close() {
        starter.shutdown();
        try {
            if (!starter.awaitTermination(CLOSE_LIMIT_SECONDS, TimeUnit.SECONDS)) {
                starter.shutdownNow();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /** One running callback at most. */
    private static final class Slot {

        private @Nullable Process running;
        private List<String> words = List.of();

        void replace(List<String> wanted, Map<String, String> told) {
            Process previous = running;
            if (previous != null && previous.isAlive()) {
                kill(previous);
                LOG.log(Level.WARNING, "Killed " + words + " because it was still running");
            }
            var builder = new ProcessBuilder(wanted).inheritIO();
            ChildEnvironment.ofScript(builder.environment());
            builder.environment().putAll(told);
            try {
                running = builder.start();
                words = wanted;
            } catch (IOException e) {
                running = null;
                LOG.log(Level.ERROR, "Failed to execute " + wanted, e);
            }
        }

        /** Suspended first, so that it cannot start more while its children are collected. */
        private static void kill(Process process) {
            Signals.send("STOP", process.pid());
            List<ProcessHandle> children = process.descendants().toList();
            process.destroyForcibly();
            children.forEach(ProcessHandle::destroyForcibly);
        }
    }
}
