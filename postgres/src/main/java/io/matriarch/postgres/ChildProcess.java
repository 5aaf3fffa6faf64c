package io.matriarch.postgres;

import io.matriarch.model.MonotonicTime;
import io.matriarch.model.TimeSource;
import io.matriarch.postgres.ChildProcess.Result.Cancelled;
import io.matriarch.postgres.ChildProcess.Result.Exited;
import io.matriarch.postgres.ChildProcess.Result.NotStarted;
import io.matriarch.postgres.ChildProcess.Result.TimedOut;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs a program to its end, its deadline or its cancellation, whichever is first; nothing of it outlives the call.
 *
 * <p>The program reads an empty standard input and sees as much of our environment as {@link ChildEnvironment} lets
 * through. Its output is read by one thread a stream, because a read from a pipe has
 * no time limit: should a daemon that the program left behind hold the pipe open, the thread is left to it and the
 * call returns.
 */
final class ChildProcess {

    /** What TERM gets before KILL follows. */
    static final Duration GRACE = Duration.ofSeconds(10);

    /** The end of each stream that is kept: error messages stand last. */
    static final int OUTPUT_LIMIT_BYTES = 64 * 1024;

    private static final Duration POLL = Duration.ofMillis(20);
    private static final Duration PIPE_LEFT_OPEN = Duration.ofSeconds(1);
    private static final int LINE_LIMIT_BYTES = 4096;

    private final Process process;

    private ChildProcess(Process process) {
        this.process = process;
    }

    /**
     * What to run.
     *
     * @param words program and arguments; no secret belongs here, everybody can read it
     * @param environment added to the cleaned environment
     * @param directory null: our own working directory
     * @param limit how long it may run
     * @param ofTheUser a script that the user configured, not a program of PostgreSQL
     */
    record Command(
            List<String> words,
            Map<String, String> environment,
            @Nullable Path directory,
            Duration limit,
            Output output,
            boolean ofTheUser) {

        Command {
            words = List.copyOf(words);
            environment = Collections.unmodifiableMap(new LinkedHashMap<>(environment));
            if (words.isEmpty()) {
                throw new IllegalArgumentException("a command needs a program");
            }
        }

        static Command of(Duration limit, List<String> words) {
            return new Command(words, Map.of(), null, limit, new Output.Captured(), false);
        }

        /** A script of the user's, which writes to our output. */
        static Command script(Duration limit, List<String> words) {
            return new Command(words, Map.of(), null, limit, new Output.Inherited(), true);
        }

        static Command of(Duration limit, String... words) {
            return of(limit, List.of(words));
        }

        Command withEnvironment(Map<String, String> wanted) {
            return new Command(words, wanted, directory, limit, output, ofTheUser);
        }

        Command withDirectory(Path wanted) {
            return new Command(words, environment, wanted, limit, output, ofTheUser);
        }

        Command withOutput(Output wanted) {
            return new Command(words, environment, directory, limit, wanted, ofTheUser);
        }
    }

    /** Where the output goes. */
    sealed interface Output {
        /** Into the result, the last {@link #OUTPUT_LIMIT_BYTES} of each stream. */
        record Captured() implements Output {}

        /** Captured, and each line of standard error is shown while the program runs, on another thread. */
        record ErrorLines(Consumer<String> listener) implements Output {}

        /** To the agent's own output. */
        record Inherited() implements Output {}
    }

    /** How it ended. */
    sealed interface Result {
        /**
         * @param code 128 + signal when a signal ended it
         */
        record Exited(int code, String stdout, String stderr) implements Result {}

        record TimedOut(Duration limit, String stderr) implements Result {}

        record Cancelled() implements Result {}

        /** It could not be started at all: not there, not executable, no memory. */
        record NotStarted(String reason) implements Result {}

        /** Whether it ran to its end and says that all is well. */
        default boolean isSuccess() {
            return this instanceof Exited(int code, var _, var _) && code == 0;
        }

        /** The words that follow the program's name in a message. */
        default String describe() {
            return switch (this) {
                case Exited(int code, var _, var _) -> "exited with code=" + code;
                case TimedOut(Duration limit, var _) -> "did not end within " + limit.toSeconds() + " seconds";
                case Cancelled() -> "was cancelled";
                case NotStarted(String reason) -> "could not be started: " + reason;
            };
        }

        /** What it said on standard error; empty when it was not captured. */
        default String errors() {
            return switch (this) {
                case Exited(var _, var _, String stderr) -> stderr;
                case TimedOut(var _, String stderr) -> stderr;
                case Cancelled(), NotStarted(var _) -> "";
            };
        }
    }

    /**
     * Runs the program. An interrupt counts as a cancellation and stays set.
     *
     * @return within the command's limit plus twice {@link #GRACE} at the latest
     */
    static Result run(Command command, Cancellation cancellation) {
        if (cancellation.isRequested()) {
            return new Cancelled();
        }
        var builder = new ProcessBuilder(command.words());
        if (command.ofTheUser()) {
            ChildEnvironment.ofScript(builder.environment());
        } else {
            ChildEnvironment.ofPostgres(builder.environment());
        }
        builder.environment().putAll(command.environment());
        if (command.directory() != null) {
            builder.directory(command.directory().toFile());
        }
        builder.redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
        if (command.output() instanceof Output.Inherited) {
            builder.redirectOutput(ProcessBuilder.Redirect.INHERIT).redirectError(ProcessBuilder.Redirect.INHERIT);
        }
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            return new NotStarted(Objects.requireNonNullElse(e.getMessage(), e.toString()));
        }
        return new ChildProcess(process).await(command, cancellation);
    }

    private Result await(Command command, Cancellation cancellation) {
        Pump stdout = null;
        Pump stderr = null;
        switch (command.output()) {
            case Output.Captured() -> {
                stdout = new Pump(process.getInputStream(), _ -> {});
                stderr = new Pump(process.getErrorStream(), _ -> {});
            }
            case Output.ErrorLines(var listener) -> {
                stdout = new Pump(process.getInputStream(), _ -> {});
                stderr = new Pump(process.getErrorStream(), listener);
            }
            case Output.Inherited() -> {}
        }
        MonotonicTime deadline = TimeSource.system().now().plus(command.limit());
        try {
            while (!process.waitFor(POLL.toMillis(), TimeUnit.MILLISECONDS)) {
                if (cancellation.isRequested()) {
                    end();
                    return new Cancelled();
                }
                if (!TimeSource.system().now().isBefore(deadline)) {
                    end();
                    return new TimedOut(command.limit(), text(stderr));
                }
            }
            return new Exited(process.exitValue(), text(stdout), text(stderr));
        } catch (InterruptedException _) {
            kill(tree());
            Thread.currentThread().interrupt();
            return new Cancelled();
        }
    }

    private static String text(@Nullable Pump pump) throws InterruptedException {
        return pump == null ? "" : pump.text();
    }

    /** TERM to the program and all its descendants, KILL to those that are left after {@link #GRACE}. */
    private void end() throws InterruptedException {
        Set<ProcessHandle> tree = tree();
        tree.forEach(ProcessHandle::destroy);
        MonotonicTime deadline = TimeSource.system().now().plus(GRACE);
        while (tree.stream().anyMatch(ProcessHandle::isAlive)
                && TimeSource.system().now().isBefore(deadline)) {
            tree.addAll(tree());
            TimeSource.system().sleep(POLL);
        }
        kill(tree);
        // KILL cannot be refused, only delayed by an uninterruptible disk wait, for which nobody can do anything.
        process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static void kill(Set<ProcessHandle> tree) {
        tree.forEach(ProcessHandle::destroyForcibly);
    }

    /** The program first, so that it cannot start more once its children are gone. */
    private Set<ProcessHandle> tree() {
        var tree = new LinkedHashSet<ProcessHandle>();
        tree.add(process.toHandle());
        process.descendants().forEach(tree::add);
        return tree;
    }

    /** Reads one stream to its end on a thread of its own and keeps the last part of it. */
    private static final class Pump {

        private final InputStream in;
        private final Consumer<String> lines;
        private final ByteArrayOutputStream line = new ByteArrayOutputStream();
        private final byte[] kept = new byte[OUTPUT_LIMIT_BYTES];
        private final Thread thread;
        private long total;

        Pump(InputStream in, Consumer<String> lines) {
            this.in = in;
            this.lines = lines;
            this.thread = Thread.ofPlatform().daemon().name("output of a child").start(this::pump);
        }

        private void pump() {
            var buffer = new byte[8192];
            try (in) {
                int n;
                while ((n = in.read(buffer)) > 0) {
                    keep(buffer, n);
                }
            } catch (IOException _) {
                // the stream is closed under us when the program was killed: what was read so far is the output
            }
            endLine();
        }

        private synchronized void keep(byte[] bytes, int length) {
            for (int i = 0; i < length; i++) {
                kept[(int) (total++ % kept.length)] = bytes[i];
                if (bytes[i] == '\n' || bytes[i] == '\r') {
                    endLine();
                } else if (line.size() < LINE_LIMIT_BYTES) {
                    line.write(bytes[i]);
                }
            }
        }

        private synchronized void endLine() {
            if (line.size() > 0) {
                lines.accept(line.toString(StandardCharsets.UTF_8));
                line.reset();
            }
        }

        String text() throws InterruptedException {
            thread.join(PIPE_LEFT_OPEN);
            synchronized (this) {
                int size = (int) Math.min(total, kept.length);
                var bytes = new byte[size];
                for (int i = 0; i < size; i++) {
                    bytes[i] = kept[(int) ((total - size + i) % kept.length)];
                }
                return new String(bytes, StandardCharsets.UTF_8);
            }
        }
    }
}
