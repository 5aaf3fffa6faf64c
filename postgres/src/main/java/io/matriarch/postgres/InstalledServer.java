package io.matriarch.postgres;

import io.matriarch.postgres.ChildProcess.Command;
import io.matriarch.postgres.ChildProcess.Result;
import java.time.Duration;
import java.util.Optional;

/** Asks programs of PostgreSQL what they are, before there is a configuration. */
public final class InstalledServer {

    private static final Duration LIMIT = Duration.ofSeconds(10);

    private InstalledServer() {}

    /** What {@code <program> --version} prints; empty when it cannot be run. */
    public static Optional<String> versionOf(String program) {
        Result result = ChildProcess.run(Command.of(LIMIT, program, "--version"), new Cancellation());
        if (result instanceof Result.Exited(int code, String stdout, var _) && code == 0) {
            return Optional.of(stdout.strip());
        }
        return Optional.empty();
    }
}
