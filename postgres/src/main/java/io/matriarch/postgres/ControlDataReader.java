package io.matriarch.postgres;

import io.matriarch.model.config.PostgresSettings;
import io.matriarch.postgres.ChildProcess.Command;
import io.matriarch.postgres.ChildProcess.Result;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs {@code pg_controldata} (contract postgres-control.md 11), and not again as long as the control file stays as it
 * is: a start after a crash asks several times, and each process would be some 10 ms without PostgreSQL.
 */
final class ControlDataReader {

    private static final System.Logger LOG = System.getLogger("patroni.postgresql");

    /** It reads one page; what takes longer is a disk that does not answer. */
    private static final Duration LIMIT = Duration.ofSeconds(10);

    /** Some file systems count in seconds, the kernel in steps of up to 10 ms: two writes in one step look like one. */
    private static final Duration FILE_TIME_STEP = Duration.ofMillis(1100);

    private final Supplier<PostgresSettings> settings;
    private final Programs programs;
    private volatile @Nullable Known known;

    /** What the control file said, and when it was written. */
    private record Known(Path file, FileTime written, ControlData content) {}

    ControlDataReader(Supplier<PostgresSettings> settings, Programs programs) {
        this.settings = settings;
        this.programs = programs;
    }

    /** Empty when there is no data directory yet, or its control file is not readable. */
    Optional<ControlData> read() {
        var directory = settings.get().dataDir();
        if (new DataFiles(directory).majorVersion() == 0) {
            return Optional.empty();
        }
        Path file = directory.resolve("global/pg_control");
        Optional<FileTime> written = lastWrite(file);
        Known before = known;
        if (before != null
                && before.file().equals(file)
                && written.filter(before.written()::equals).isPresent()) {
            return Optional.of(before.content());
        }
        Optional<FileTime> settled = written.filter(ControlDataReader::isSettled);
        Optional<ControlData> content = run(directory);
        known = content.isPresent() && settled.isPresent() ? new Known(file, settled.get(), content.get()) : null;
        return content;
    }

    private static Optional<FileTime> lastWrite(Path file) {
        try {
            return Optional.of(Files.getLastModifiedTime(file));
        } catch (IOException _) {
            return Optional.empty();
        }
    }

    private static boolean isSettled(FileTime written) {
        return written.toInstant().isBefore(Instant.now().minus(FILE_TIME_STEP));
    }

    private Optional<ControlData> run(Path directory) {
        Command command = Command.of(LIMIT, programs.path("pg_controldata"), directory.toString())
                .withEnvironment(Map.of("LANG", "C", "LC_ALL", "C"));
        Result result = ChildProcess.run(command, new Cancellation());
        if (result instanceof Result.Exited(int code, String stdout, var _) && code == 0) {
            return Optional.of(parse(stdout));
        }
        LOG.log(Level.ERROR, "Error when calling pg_controldata: " + programs.explain("pg_controldata", result));
        return Optional.empty();
    }

    static ControlData parse(String output) {
        var fields = new LinkedHashMap<String, String>();
        output.lines().forEach(line -> {
            int colon = line.indexOf(':');
            if (colon > 0) {
                String label = line.substring(0, colon);
                fields.put(
                        label.startsWith("Current ") ? label.substring("Current ".length()) : label,
                        line.substring(colon + 1).strip());
            }
        });
        return new ControlData(fields);
    }
}
