package io.matriarch.ctl.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs short programs of the system, each with a limit. */
final class Commands {

    private Commands() {}

    /** Whether the program ended with 0 in time; its output is dropped. */
    static boolean succeeds(List<String> command) throws InterruptedException {
        try {
            return end(
                            new ProcessBuilder(command)
                                    .redirectErrorStream(true)
                                    .redirectOutput(ProcessBuilder.Redirect.DISCARD),
                            Duration.ofSeconds(10))
                    == 0;
        } catch (IOException _) {
            return false;
        }
    }

    /** Runs a program whose output goes to our standard error; true when it ended with 0 in time. */
    static boolean runVisibly(List<String> command, Duration limit) throws InterruptedException {
        try {
            var builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.environment().put("DEBIAN_FRONTEND", "noninteractive");
            Process process = builder.start();
            process.getOutputStream().close();
            Thread copier = Thread.ofVirtual().start(() -> copyToStandardError(process));
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                return false;
            }
            copier.join(Duration.ofSeconds(1));
            return process.exitValue() == 0;
        } catch (IOException _) {
            return false;
        }
    }

    private static void copyToStandardError(Process process) {
        try (var lines = process.inputReader(StandardCharsets.UTF_8)) {
            lines.lines().forEach(line -> System.err.println("  " + line));
        } catch (IOException | UncheckedIOException _) {
            // the program was killed at its limit
        }
    }

    private static int end(ProcessBuilder builder, Duration limit) throws IOException, InterruptedException {
        Process process = builder.start();
        process.getOutputStream().close();
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            process.destroyForcibly();
            return -1;
        }
        return process.exitValue();
    }
}
