package io.matriarch.postgres;

import io.matriarch.model.config.PostgresSettings;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Where PostgreSQL's own programs are: {@code bin_dir}, or else {@code PATH}, under the name that {@code bin_name} gives
 * them (contract config.md 2.8). Looks anew each time, because an upgrade may move them under a living agent.
 */
final class Programs {

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
        if (exists(program)) {
            return Optional.empty();
        }
        PostgresSettings now = settings.get();
        String name = now.binNames().getOrDefault(program, program);
        String place = now.binDir().isEmpty() ? "PATH (" + searchPath() + ")" : now.binDir();
        return Optional.of(name + " was not found in " + place + ". Set postgresql.bin_dir to the directory that holds"
                + " the programs of the PostgreSQL server, or install its server package");
    }

    /** The words that follow {@code program}'s name in a message about {@code result}, with a remedy where it helps. */
    String explain(String program, ChildProcess.Result result) {
        return result instanceof ChildProcess.Result.NotStarted
                ? problem(program).orElseGet(result::describe)
                : result.describe();
    }

    private static String searchPath() {
        return System.getenv().getOrDefault("PATH", "");
    }

    private static boolean isProgram(Path path) {
        return Files.isRegularFile(path) && Files.isExecutable(path);
    }
}
