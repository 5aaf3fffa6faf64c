package io.matriarch.postgres;

import io.matriarch.postgres.ChildProcess.Command;
import io.matriarch.postgres.ChildProcess.Output;
import io.matriarch.postgres.ChildProcess.Result;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Starts a postmaster that does not depend on us in any way: a session of its own, a child of init, with our standard
 * streams (contract postgres-control.md 2, step 6). It goes on when the agent is killed.
 *
 * <p>A shell forks it and ends at once, so that init inherits it; {@code setsid} takes it out of our process group. The
 * shell leaves the pid in a file, because the streams belong to the server from then on.
 */
final class PostmasterLauncher {

    private static final System.Logger LOG = System.getLogger("patroni.postgresql.postmaster");

    private static final Duration LIMIT = Duration.ofSeconds(10);

    private static final String SCRIPT = """
        umask "$1"; pid_file=$2; shift 2
        setsid "$@" &
        echo $! > "$pid_file"
        """;

    private PostmasterLauncher() {}

    /**
     * Starts it and returns at once.
     *
     * @param words program and arguments
     * @param foreign a process that is not a server although {@code postmaster.pid} names it
     * @return empty when nothing was started
     */
    static Optional<Postmaster> launch(List<String> words, String umask, PostmasterFinder.Found foreign) {
        Path pidFile;
        try {
            pidFile = Files.createTempFile("postmaster", ".pid");
        } catch (IOException e) {
            LOG.log(Level.ERROR, "Could not start PostgreSQL", e);
            return Optional.empty();
        }
        try {
            var command = new ArrayList<>(List.of("/bin/sh", "-c", SCRIPT, "sh", umask, pidFile.toString()));
            command.addAll(words);
            Result result = ChildProcess.run(
                    Command.of(LIMIT, command)
                            .withEnvironment(environment(foreign))
                            .withOutput(new Output.Inherited()),
                    new Cancellation());
            if (!result.isSuccess()) {
                LOG.log(Level.ERROR, "Could not start PostgreSQL: the shell " + result.describe());
                return Optional.empty();
            }
            long pid = Long.parseLong(Files.readString(pidFile).strip());
            LOG.log(Level.INFO, "postmaster pid=" + pid);
            return ProcessTable.entry(pid).map(entry -> new Postmaster(pid, entry.startTicks()));
        } catch (IOException | NumberFormatException e) {
            LOG.log(Level.ERROR, "Could not start PostgreSQL", e);
            return Optional.empty();
        } finally {
            delete(pidFile);
        }
    }

    /** What makes PostgreSQL start although its pid file names a process: it would take it for a server. */
    static Map<String, String> ignoring(PostmasterFinder.Found foreign) {
        if (foreign instanceof PostmasterFinder.Found.Foreign(long pid)) {
            LOG.log(Level.INFO, "Telling pg_ctl that it is safe to ignore postmaster.pid for process " + pid);
            return Map.of("PG_GRANDPARENT_PID", Long.toString(pid));
        }
        return Map.of();
    }

    private static Map<String, String> environment(PostmasterFinder.Found foreign) {
        var environment = new HashMap<String, String>();
        String arenas = System.getenv("PG_MALLOC_ARENA_MAX");
        if (arenas != null) {
            environment.put("MALLOC_ARENA_MAX", arenas);
        }
        environment.putAll(ignoring(foreign));
        return environment;
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "Could not remove " + file, e);
        }
    }
}
