package io.matriarch.postgres;

import io.matriarch.model.config.PostgresSettings;
import io.matriarch.postgres.ChildProcess.Command;
import io.matriarch.postgres.ChildProcess.Result;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Brings a crashed data directory to a clean shutdown without ever accepting a connection, because {@code pg_rewind}
 * needs a clean one (contract ha-loop.md 12.3). The WAL that the crash recovery reads is kept: archiving is on and never
 * succeeds, so that nothing is recycled that the rewind may want to look at.
 */
final class SingleUserRecovery {

    private static final System.Logger LOG = System.getLogger("patroni.postgresql.rewind");

    /** Replaying the WAL since the last checkpoint, and the final checkpoint. */
    private static final Duration LIMIT = Duration.ofDays(1);

    /** {@code "--name=value"} in {@code postmaster.opts}. */
    private static final Pattern OPTION = Pattern.compile("\"--([^=\"]+)=([^\"]*)\"");

    private final Supplier<PostgresSettings> settings;
    private final Programs programs;
    private final PostmasterFinder finder;
    private final FinishedSegments finishedSegments;

    SingleUserRecovery(
            Supplier<PostgresSettings> settings,
            Programs programs,
            PostmasterFinder finder,
            FinishedSegments finishedSegments) {
        this.settings = settings;
        this.programs = programs;
        this.finder = finder;
        this.finishedSegments = finishedSegments;
    }

    boolean run(Cancellation cancellation) {
        Path dataDirectory = settings.get().dataDir();
        finishedSegments.archive(cancellation);
        try {
            empty(dataDirectory.resolve("pg_wal/archive_status"));
            Files.deleteIfExists(dataDirectory.resolve("standby.signal"));
            Files.deleteIfExists(dataDirectory.resolve("recovery.signal"));
            Map<String, String> options = startOptions(dataDirectory);
            options.put("archive_mode", "on");
            options.put("archive_command", "false");
            var words = new ArrayList<>(List.of(programs.path("postgres"), "--single", "-D", dataDirectory.toString()));
            options.forEach((name, value) -> words.addAll(List.of("-c", name + "=" + value)));
            words.add("template1");
            // The postmaster that crashed may be dead and not yet buried by process 1.
            var environment = PostmasterLauncher.ignoring(finder.find());
            Result result = ChildProcess.run(Command.of(LIMIT, words).withEnvironment(environment), cancellation);
            switch (result) {
                case Result.Exited(int code, var _, var _) when code == 0 -> {}
                case Result.Exited(int code, String stdout, String stderr) -> {
                    LOG.log(Level.ERROR, "Crash recovery finished with code=" + code);
                    LOG.log(Level.INFO, " stdout=" + stdout);
                    LOG.log(Level.INFO, " stderr=" + stderr);
                }
                case Result.TimedOut(var _, var _), Result.Cancelled(), Result.NotStarted(var _) ->
                    LOG.log(Level.ERROR, "Crash recovery {0}", programs.explain("postgres", result));
            }
            return result.isSuccess();
        } catch (IOException e) {
            LOG.log(Level.ERROR, "Could not prepare the crash recovery of " + dataDirectory, e);
            return false;
        }
    }

    /** What the server was last started with; none when nobody knows. */
    private static Map<String, String> startOptions(Path dataDirectory) throws IOException {
        var options = new LinkedHashMap<String, String>();
        try {
            Matcher option = OPTION.matcher(Files.readString(dataDirectory.resolve("postmaster.opts")));
            while (option.find()) {
                options.put(option.group(1).replace('-', '_'), option.group(2));
            }
        } catch (NoSuchFileException _) {
            // never started here: its configuration file says enough
        }
        return options;
    }

    private static void empty(Path directory) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
        } catch (NoSuchFileException _) {
            // nothing to empty
        }
    }
}
