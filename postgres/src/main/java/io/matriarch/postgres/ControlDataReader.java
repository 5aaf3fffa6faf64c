package io.matriarch.postgres;

import io.matriarch.model.config.PostgresSettings;
import io.matriarch.postgres.ChildProcess.Command;
import io.matriarch.postgres.ChildProcess.Result;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** What is in the control file: read by us where we know its layout, else by {@code pg_controldata} (contract postgres-control.md 11). */
final class ControlDataReader {

    private static final System.Logger LOG = System.getLogger("patroni.postgresql");

    /** It reads one page; what takes longer is a disk that does not answer. */
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final Supplier<PostgresSettings> settings;
    private final Programs programs;

    ControlDataReader(Supplier<PostgresSettings> settings, Programs programs) {
        this.settings = settings;
        this.programs = programs;
    }

    /** Empty when there is no data directory yet, or its control file is not readable. */
    Optional<ControlData> read() {
        Path directory = settings.get().dataDir();
        if (new DataFiles(directory).majorVersion() == 0) {
            return Optional.empty();
        }
        return ControlFile.read(directory).or(() -> run(directory));
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
