package io.matriarch.ctl.backup;

import io.matriarch.ctl.cli.CommandFailure;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A program that does a part of the work: PostgreSQL's own, {@code tar}, pgBackRest.
 *
 * @param words program and arguments; never a secret, everybody can read them
 * @param environment added to ours
 */
record Tool(List<String> words, Map<String, String> environment, Duration limit) {

    /** Enough of the end of the output to see what went wrong. */
    private static final int KEPT_LINES = 20;

    private static final Duration READER_END = Duration.ofSeconds(5);

    /**
     * How it ended.
     *
     * @param output its last lines
     */
    record End(int code, String output) {}

    Tool {
        words = List.copyOf(words);
        environment = Map.copyOf(environment);
    }

    static Tool of(Duration limit, String... words) {
        return new Tool(List.of(words), Map.of(), limit);
    }

    /**
     * Runs it to its end.
     *
     * @param lines is given each line of its output, on another thread
     * @throws CommandFailure when it cannot be started or does not end in time
     */
    End run(Consumer<String> lines) throws CommandFailure, InterruptedException {
        Process process;
        try {
            var builder = new ProcessBuilder(words).redirectErrorStream(true);
            builder.redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
            builder.environment().keySet().removeIf(name -> name.startsWith("PATRONI_"));
            builder.environment().put("LC_ALL", "C"); // messages and dates are read
            builder.environment().putAll(environment);
            process = builder.start();
        } catch (IOException e) {
            throw new CommandFailure(words.getFirst() + " cannot be started: " + e.getMessage(), e);
        }
        var last = new ArrayDeque<String>();
        Thread reader = Thread.ofVirtual()
                .start(() -> read(process.getInputStream(), line -> {
                    synchronized (last) {
                        last.add(line);
                        if (last.size() > KEPT_LINES) {
                            last.remove();
                        }
                    }
                    lines.accept(line);
                }));
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new CommandFailure(words.getFirst() + " did not end within " + limit.toSeconds() + " seconds");
            }
            reader.join(READER_END);
        } finally {
            process.destroyForcibly();
        }
        synchronized (last) {
            return new End(process.exitValue(), String.join("\n", last));
        }
    }

    /** Runs it and gives all that it prints, for programs that print some lines; anything but 0 is a failure. */
    String all() throws CommandFailure, InterruptedException {
        var output = new ConcurrentLinkedQueue<String>();
        End end = run(output::add);
        if (end.code() != 0) {
            throw new CommandFailure(words.getFirst() + " ended with " + end.code() + ": " + end.output());
        }
        return String.join("\n", output);
    }

    /** Runs it; anything but 0 is a failure. */
    String demand() throws CommandFailure, InterruptedException {
        End end = run(_ -> {});
        if (end.code() != 0) {
            throw new CommandFailure(
                    Path.of(words.getFirst()).getFileName() + " ended with " + end.code() + ": " + end.output());
        }
        return end.output();
    }

    /** Lines end with a line feed, or with a carriage return, as those of a progress report. */
    private static void read(InputStream in, Consumer<String> lines) {
        var line = new StringBuilder();
        try (in;
                var reader = new InputStreamReader(in, StandardCharsets.UTF_8)) {
            for (int c = reader.read(); c >= 0; c = reader.read()) {
                if (c != '\n' && c != '\r') {
                    line.append((char) c);
                } else if (!line.isEmpty()) {
                    lines.accept(line.toString());
                    line.setLength(0);
                }
            }
        } catch (IOException _) {
            // it was ended
        }
        if (!line.isEmpty()) {
            lines.accept(line.toString());
        }
    }
}
