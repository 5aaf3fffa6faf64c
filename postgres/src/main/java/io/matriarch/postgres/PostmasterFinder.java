package io.matriarch.postgres;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds the postmaster of a data directory and keeps its identity (contract postgres-control.md 1).
 *
 * <p>A pid in a file proves nothing: after a reboot, or in a container, the same number is somebody else. The process
 * counts as ours when it started when the file says, or when it is a {@code postgres} that works in our directory. Once
 * known it is recognised by pid and start time, whatever happens to the file.
 */
final class PostmasterFinder {

    private static final System.Logger LOG = System.getLogger("patroni.postgresql.postmaster");

    /** The file's time is rounded, and the kernel's idea of the boot time moves with the wall clock. */
    private static final Duration START_TIME_TOLERANCE = Duration.ofSeconds(3);

    private static final Set<String> NAMES = Set.of("postgres", "postmaster");

    private final Supplier<Path> dataDirectory;
    private final Programs programs;
    private volatile @Nullable Postmaster known;

    PostmasterFinder(Supplier<Path> dataDirectory, Programs programs) {
        this.dataDirectory = dataDirectory;
        this.programs = programs;
    }

    /** What is behind the pid file. */
    sealed interface Found {
        record Nothing() implements Found {}

        record Ours(Postmaster postmaster) implements Found {}

        record SingleUser(long pid) implements Found {}

        /** A process that does nothing with our data directory: somebody else's, or dead and not yet buried. */
        record Foreign(long pid) implements Found {}
    }

    /** The living postmaster; null when there is none. Reads one or two small files. */
    @Nullable
    Postmaster postmaster() {
        Postmaster remembered = known;
        if (remembered != null && ProcessTable.isAlive(remembered)) {
            return remembered;
        }
        known = find() instanceof Found.Ours(var postmaster) ? postmaster : null;
        return known;
    }

    /** Takes the process that we started ourselves, which may not have written its file yet. */
    void adopt(Postmaster postmaster) {
        known = postmaster;
    }

    Found find() {
        Optional<PostmasterPidFile> file = PostmasterPidFile.read(dataDirectory.get());
        if (file.isEmpty()) {
            return new Found.Nothing();
        }
        long pid = file.get().pid();
        Optional<ProcessTable.Entry> entry = ProcessTable.entry(pid);
        if (entry.isEmpty()) {
            return new Found.Nothing();
        }
        if (!entry.get().isAlive() || isRelative(entry.get()) || !belongs(file.get(), entry.get())) {
            return new Found.Foreign(pid);
        }
        return file.get().singleUser()
                ? new Found.SingleUser(pid)
                : new Found.Ours(new Postmaster(pid, entry.get().startTicks()));
    }

    /** Backends that have lost their postmaster; as long as one lives, a new postmaster refuses to start. */
    List<ProcessTable.Entry> orphans() {
        return ProcessTable.all(process -> isPostgresIn(dataDirectory.get(), process.pid()));
    }

    /** We, our parent or our own child: a postmaster is none of these. */
    private static boolean isRelative(ProcessTable.Entry entry) {
        ProcessHandle self = ProcessHandle.current();
        return entry.pid() == self.pid()
                || entry.parent() == self.pid()
                || self.parent().filter(parent -> parent.pid() == entry.pid()).isPresent();
    }

    private boolean belongs(PostmasterPidFile file, ProcessTable.Entry entry) {
        boolean startedTogether = ProcessTable.startedAt(entry)
                .map(started -> Duration.between(started, file.startedAt()).abs())
                .filter(difference -> difference.compareTo(START_TIME_TOLERANCE) <= 0)
                .isPresent();
        return startedTogether || isPostgresIn(dataDirectory.get(), entry.pid());
    }

    private boolean isPostgresIn(Path directory, long pid) {
        Optional<String> name = ProcessTable.executable(pid).map(PostmasterFinder::nameOf);
        String configured = nameOf(Path.of(programs.path("postgres")));
        if (name.isEmpty() || !(NAMES.contains(name.get()) || name.get().equals(configured))) {
            return false;
        }
        Optional<Path> works = ProcessTable.workingDirectory(pid);
        if (works.isEmpty()) {
            LOG.log(
                    Level.WARNING,
                    "The working directory of process " + pid + " cannot be read; taking it for the postmaster of "
                            + directory);
            return true;
        }
        try {
            return directory.toRealPath().equals(works.get());
        } catch (IOException _) {
            return false;
        }
    }

    /** The kernel marks a program whose file was replaced by an upgrade. */
    private static String nameOf(Path program) {
        return program.getFileName().toString().replace(" (deleted)", "");
    }
}
