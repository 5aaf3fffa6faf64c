package io.matriarch.postgres;

import io.matriarch.model.config.PostgresSettings;
import io.matriarch.postgres.ChildProcess.Command;
import io.matriarch.postgres.ChildProcess.Result;
import java.time.Duration;
import java.util.function.Supplier;

/** The values that a stopped server would start with, as {@code postgres -C} reads them from its files. */
final class ServerParameters {

    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final Supplier<PostgresSettings> settings;
    private final Programs programs;

    ServerParameters(Supplier<PostgresSettings> settings, Programs programs) {
        this.settings = settings;
        this.programs = programs;
    }

    /** Empty when it is not set, or not readable. */
    String configured(String parameter, Cancellation cancellation) {
        PostgresSettings now = settings.get();
        Command command = Command.of(
                LIMIT,
                programs.path("postgres"),
                "-C",
                parameter,
                "-D",
                now.dataDir().toString(),
                "--config-file=" + now.configDir().resolve(now.configBaseName() + ".conf"));
        Result result = ChildProcess.run(command, cancellation);
        return result instanceof Result.Exited(int code, String stdout, var _) && code == 0 ? stdout.strip() : "";
    }
}
