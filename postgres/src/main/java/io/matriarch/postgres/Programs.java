package io.matriarch.postgres;

import io.matriarch.model.config.PostgresSettings;
import io.matriarch.postgres.ChildProcess.Command;
import io.matriarch.postgres.ChildProcess.Result;
import java.io.File;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where PostgreSQL's own programs are: {@code bin_dir}, or else {@code PATH}, under the name that {@code bin_name} gives
 * them (contract config.md 2.8). Looks anew each time, because an upgrade may move them under a living agent.
 */
final class Programs {

    private static final Duration VERSION_LIMIT = Duration.ofSeconds(10);

    /** {@code postgres (PostgreSQL) 15.8}; a release candidate says {@code 18rc1}. */
    private static final Pattern VERSION = Pattern.compile("\\(PostgreSQL\\) (\\d{1,3})");

    private final Supplier<PostgresSettings> settings;

    Programs(Supplier<PostgresSettings> settings) {
        this.settings = settings;
    }

    /** The first word of a command line for {@code program}, for instance {@code initdb}; whether it exists or not. */
    String path(String program) {
        PostgresSettings now = settings.get();
        String name = now.binNames().getOrDefault(program, program);
        return now.binDir().isEmpty() ? name : Path.of(now.binDir(), name).toString();
    }

    boolean exists(String program) {
        String path = path(program);
        if (path.indexOf('/') >= 0) {
            return isProgram(Path.of(path));
        }
        return Arrays.stream(searchPath().split(File.pathSeparator))
                .anyMatch(directory -> isProgram(Path.of(directory.isEmpty() ? "." : directory, path)));
    }

    /** What to tell when {@code program} cannot be found, with the remedy; empty when it can. */
    Optional<String> problem(String program) {
        return problem(List.of(program));
    }

    /** The same for several programs at once. */
    Optional<String> problem(List<String> wanted) {
        PostgresSettings now = settings.get();
        List<String> missing = wanted.stream()
                .filter(program -> !exists(program))
                .map(program -> now.binNames().getOrDefault(program, program))
                .toList();
        if (missing.isEmpty()) {
            return Optional.empty();
        }
        String place = now.binDir().isEmpty() ? "PATH (" + searchPath() + ")" : now.binDir();
        return Optional.of(
                String.join(", ", missing) + (missing.size() == 1 ? " was" : " were") + " not found in " + place
                        + ". Set postgresql.bin_dir to the directory that holds the programs of the PostgreSQL server,"
                        + " or install its server package");
    }

    /** The words that follow {@code program}'s name in a message about {@code result}, with a remedy where it helps. */
    String explain(String program, Result result) {
        return result instanceof Result.NotStarted ? problem(program).orElseGet(result::describe) : result.describe();
    }

    /**
     * The major version that {@code program} says it is, as {@code 150000}; 0 when it cannot be asked. The data
     * directory knows it too, unless there is none yet.
     */
    int version(String program, Cancellation cancellation) {
        return major(askVersion(program, cancellation)).map(Integer::parseInt).orElse(0) * 10_000;
    }

    Result askVersion(String program, Cancellation cancellation) {
        return ChildProcess.run(Command.of(VERSION_LIMIT, path(program), "--version"), cancellation);
    }

    /** The major version in what a program answered, for instance {@code 15}. */
    static Optional<String> major(Result result) {
        if (result instanceof Result.Exited(int code, String stdout, var _) && code == 0) {
            Matcher matcher = VERSION.matcher(stdout);
            return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
        }
        return Optional.empty();
    }

    /** Passes on what a program says on standard error, at the level that it names itself. */
    static void log(System.Logger logger, String line) {
        boolean bad = line.contains(": error: ") || line.contains(": fatal: ");
        logger.log(bad ? Level.ERROR : Level.INFO, line);
    }

    private static String searchPath() {
        return System.getenv().getOrDefault("PATH", "");
    }

    private static boolean isProgram(Path path) {
        return Files.isRegularFile(path) && Files.isExecutable(path);
    }
}
