package io.matriarch.bench;

import io.matriarch.acceptance.Machine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** What a figure depends on besides the program: machine, versions, load. */
final class Surroundings {

    private Surroundings() {}

    static List<String> describe() {
        return List.of(
                "%s; %s".formatted(LocalDate.now(ZoneOffset.UTC), commit()),
                "%d cores (%s), %d GB, Linux %s, files on %s"
                        .formatted(
                                Runtime.getRuntime().availableProcessors(),
                                field("/proc/cpuinfo", "model name"),
                                Math.round(Long.parseLong(field("/proc/meminfo", "MemTotal")
                                                .split(" ")[0])
                                        / 1e6),
                                System.getProperty("os.version"),
                                fileSystem()),
                "%s; etcd %s; Java %s"
                        .formatted(
                                Machine.run(List.of(
                                                Machine.postgresBin()
                                                        .resolve("postgres")
                                                        .toString(),
                                                "--version"))
                                        .strip(),
                                Machine.run(List.of(Machine.etcd(), "--version"))
                                        .lines()
                                        .findFirst()
                                        .orElse("?")
                                        .replace("etcd Version: ", ""),
                                Runtime.version()),
                "process 1 of this machine buries an orphan %.2f s after its death".formatted(burialSeconds()));
    }

    /** Load average of the last minute. */
    static double load() {
        return Double.parseDouble(read("/proc/loadavg").split(" ")[0]);
    }

    private static String fileSystem() {
        try {
            return Files.getFileStore(Machine.temporaryFiles()).type();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String commit() {
        String checkout = Machine.checkout().toString();
        try {
            String commit = Machine.run(List.of("git", "-C", checkout, "log", "-1", "--format=commit %h"))
                    .strip();
            boolean changed = !Machine.run(List.of("git", "-C", checkout, "status", "--porcelain"))
                    .isBlank();
            return changed ? commit + " with changes" : commit;
        } catch (AssertionError | UncheckedIOException e) {
            return "not a git checkout";
        }
    }

    /**
     * Machines differ by seconds here, and PostgreSQL refuses to start while the pid of the dead postmaster is taken: a
     * client that is slow for this reason does not measure PostgreSQL.
     */
    private static double burialSeconds() {
        // The shell ends at once, so that its child, which lives a little longer, becomes an orphan.
        String pid = Machine.run(List.of("sh", "-c", "sleep 0.1 >/dev/null 2>&1 & echo $!"))
                .strip();
        long orphan = Long.parseLong(pid);
        while (!ProcessFigures.isDead(orphan)) {
            LockSupport.parkNanos(1_000_000);
        }
        long dead = System.nanoTime();
        while (!ProcessFigures.isReaped(orphan)) {
            LockSupport.parkNanos(1_000_000);
        }
        return (System.nanoTime() - dead) / 1e9;
    }

    private static String field(String file, String name) {
        return read(file)
                .lines()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse("?");
    }

    private static String read(String file) {
        try {
            return Files.readString(Path.of(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
