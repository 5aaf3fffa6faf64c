package io.matriarch.postgres;

import io.matriarch.model.config.PostgresSettings;
import io.matriarch.postgres.ChildProcess.Command;
import io.matriarch.postgres.ChildProcess.Result;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Archives what a stopped server had not archived yet, because a rewind throws those segments away (contract
 * ha-loop.md 12.3, step 2).
 */
final class FinishedSegments {

    private static final System.Logger LOG = System.getLogger("patroni.postgresql.rewind");

    /** For one segment of usually 16 MB. */
    private static final Duration LIMIT = Duration.ofMinutes(10);

    private static final Pattern READY = Pattern.compile("([0-9A-F]{24}(?:\\.partial)?)\\.ready");

    private final Supplier<PostgresSettings> settings;
    private final ServerParameters parameters;

    FinishedSegments(Supplier<PostgresSettings> settings, ServerParameters parameters) {
        this.settings = settings;
        this.parameters = parameters;
    }

    /** The command, when segments are archived by one; else empty. */
    String command(Cancellation cancellation) {
        String mode = parameters.configured("archive_mode", cancellation);
        boolean archives = mode.equals("on") || mode.equals("always");
        return archives ? parameters.configured("archive_command", cancellation) : "";
    }

    /** Archives one segment, finished or not; false when that failed. */
    boolean archive(String segment, Cancellation cancellation) {
        Path dataDirectory = settings.get().dataDir();
        String template = command(cancellation);
        return !template.isEmpty()
                && archive(
                        segment,
                        WalCommand.of(template, dataDirectory, segment),
                        dataDirectory.resolve("pg_wal/archive_status"),
                        cancellation);
    }

    /** Failures are logged and do not hold anybody up. */
    void archive(Cancellation cancellation) {
        String template = command(cancellation);
        if (template.isEmpty()) {
            return;
        }
        Path dataDirectory = settings.get().dataDir();
        Path status = dataDirectory.resolve("pg_wal/archive_status");
        for (String segment : ready(status)) {
            if (cancellation.isRequested()) {
                return;
            }
            if (Files.exists(dataDirectory.resolve("pg_wal").resolve(segment))) {
                archive(segment, WalCommand.of(template, dataDirectory, segment), status, cancellation);
            }
        }
    }

    private static boolean archive(String segment, String command, Path status, Cancellation cancellation) {
        LOG.log(Level.INFO, "Trying to archive {0}: {1}", segment, command);
        Result result = ChildProcess.run(Command.of(LIMIT, "sh", "-c", command), cancellation);
        if (!result.isSuccess()) {
            LOG.log(Level.WARNING, "Failed to archive {0}: {1} {2}", segment, result.describe(), result.errors());
            return false;
        }
        try {
            Files.move(status.resolve(segment + ".ready"), status.resolve(segment + ".done"));
        } catch (NoSuchFileException _) {
            // the server had not finished it
        } catch (IOException e) {
            LOG.log(Level.WARNING, "Could not mark {0} as archived: {1}", segment, e.toString());
        }
        return true;
    }

    /** In the order of their names. */
    private static List<String> ready(Path status) {
        try (Stream<Path> files = Files.list(status)) {
            return files.map(file -> READY.matcher(file.getFileName().toString()))
                    .filter(Matcher::matches)
                    .map(matcher -> matcher.group(1))
                    .sorted()
                    .toList();
        } catch (NoSuchFileException _) {
            return List.of();
        } catch (IOException e) {
            LOG.log(Level.WARNING, "Could not list {0}: {1}", status, e.toString());
            return List.of();
        }
    }
}
