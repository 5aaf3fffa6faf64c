package io.matriarch.postgres;

import io.matriarch.model.MonotonicTime;
import io.matriarch.model.TimeSource;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Programs that write the data directory outlive an agent that is killed. They carry a tag in their environment, as do
 * all their descendants, so that the next agent finds them before it touches the directory; a recorded pid would miss
 * the one that was started just before the end.
 */
final class Leftovers {

    private static final System.Logger LOG = System.getLogger("patroni.postgresql.cancellable");

    private static final String TAG = "MATRIARCH_WRITES_DATA_DIRECTORY";
    private static final Duration POLL = Duration.ofMillis(20);

    private Leftovers() {}

    /** The environment of a program that writes the data directory. */
    static Map<String, String> tag(Path dataDirectory) {
        return Map.of(TAG, dataDirectory.toAbsolutePath().normalize().toString());
    }

    /** Ends all that work on the directory: TERM, and KILL after {@link ChildProcess#GRACE}. */
    static void end(Path dataDirectory) {
        List<ProcessHandle> found = ProcessHandle.allProcesses()
                .filter(process -> isTagged(process, dataDirectory))
                .toList();
        for (ProcessHandle process : found) {
            String command = process.info().command().orElse("a program");
            String pid = Long.toString(process.pid());
            LOG.log(Level.WARNING, "Ending {0} (pid {1}), left over and working on {2}", command, pid, dataDirectory);
            process.destroy();
        }
        MonotonicTime deadline = TimeSource.system().now().plus(ChildProcess.GRACE);
        try {
            while (found.stream().anyMatch(ProcessHandle::isAlive)
                    && TimeSource.system().now().isBefore(deadline)) {
                TimeSource.system().sleep(POLL);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        found.forEach(ProcessHandle::destroyForcibly);
    }

    private static boolean isTagged(ProcessHandle process, Path dataDirectory) {
        String wanted = TAG + "=" + tag(dataDirectory).get(TAG);
        try {
            byte[] environment = Files.readAllBytes(Path.of("/proc", Long.toString(process.pid()), "environ"));
            return List.of(new String(environment, StandardCharsets.UTF_8).split("\0"))
                    .contains(wanted);
        } catch (IOException _) {
            return false; // ended meanwhile, or not ours
        }
    }
}
