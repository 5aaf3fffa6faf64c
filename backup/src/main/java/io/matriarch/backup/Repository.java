package io.matriarch.backup;

import io.matriarch.model.Lsn;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The place of one cluster in the repository, {@code DIRECTORY/SCOPE}:
 *
 * <pre>
 *   base/LABEL/      backup.json, backup_manifest, base.tar.gz, pg_wal.tar.gz
 *   wal/             archived WAL, see {@link WalArchive}
 *   tmp/             backups in the making; what lies there is nobody's as soon as the lock is free
 *   lock             held while a backup is made or removed
 *   system-identifier
 * </pre>
 *
 * <p>A backup appears under {@code base} by one rename, when all of it is on the disk. What is there is never changed, only
 * removed.
 */
public final class Repository {

    private static final String RECORD = "backup.json";

    /** An archiver that still writes to a temporary file is done with it long before. */
    private static final Duration LEFTOVER_AGE = Duration.ofDays(1);

    private final Path directory;

    private Repository(Path directory) {
        this.directory = directory;
    }

    /**
     * Opens the place of a cluster; nothing is read or written yet.
     *
     * @param root must exist: a file system that is not mounted must not look like an empty repository
     * @throws RepositoryException when it does not
     */
    public static Repository open(Path root, String scope) throws RepositoryException {
        if (!Files.isDirectory(root)) {
            throw new RepositoryException("the directory of the repository, " + root
                    + ", is not there: make it, or look whether its file system is mounted");
        }
        if (scope.isEmpty() || scope.startsWith(".") || scope.indexOf('/') >= 0) {
            throw new RepositoryException("the scope '" + scope + "' cannot name a directory of the repository");
        }
        return new Repository(root.resolve(scope));
    }

    public Path directory() {
        return directory;
    }

    public WalArchive wal() {
        return new WalArchive(directory);
    }

    // ---- backups

    /** All whole backups, oldest first. */
    public List<BackupRecord> backups() throws IOException {
        var backups = new ArrayList<BackupRecord>();
        Path base = directory.resolve("base");
        if (Files.isDirectory(base)) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(base)) {
                for (Path entry : entries) {
                    Path record = entry.resolve(RECORD);
                    if (Files.exists(record)) {
                        BackupRecord.parse(Files.readString(record)).ifPresent(backups::add);
                    }
                }
            }
        }
        backups.sort(Comparator.comparing(BackupRecord::finishedAt));
        return List.copyOf(backups);
    }

    public Path directoryOf(BackupRecord backup) {
        return directory.resolve("base").resolve(backup.label());
    }

    /** Who holds it may make and remove backups. */
    public static final class Exclusive implements AutoCloseable {
        private final FileChannel channel;

        private Exclusive(FileChannel channel) {
            this.channel = channel;
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    /**
     * Takes the lock, and removes what interrupted backups have left.
     *
     * @throws RepositoryException when somebody else has it
     */
    public Exclusive lock() throws IOException, RepositoryException {
        DurableFiles.createDirectories(directory);
        FileChannel channel =
                FileChannel.open(directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (!isLocked(channel)) {
            channel.close();
            throw new RepositoryException("another backup of this cluster is being made or removed");
        }
        DurableFiles.deleteTree(directory.resolve("tmp"));
        return new Exclusive(channel);
    }

    private static boolean isLocked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException _) {
            return false; // held within this process
        }
    }

    /** A new empty directory for a backup in the making. Only under the lock. */
    public Path begin(String label) throws IOException {
        Path place = directory.resolve("tmp").resolve(label);
        Files.createDirectories(place);
        return place;
    }

    /** Makes what was written to {@link #begin}'s directory a backup. Only under the lock. */
    public void finish(Path place, BackupRecord record) throws IOException {
        DurableFiles.replace(place.resolve(RECORD), record.toJson());
        DurableFiles.syncTree(place);
        Path base = directory.resolve("base");
        DurableFiles.createDirectories(base);
        DurableFiles.rename(place, base.resolve(record.label()));
    }

    /**
     * Removes a backup; what is left after a crash in the middle of it is no backup any more, and goes with the next lock. Only
     * under the lock.
     */
    public void remove(BackupRecord backup) throws IOException {
        Path trash = directory.resolve("tmp").resolve("removed-" + backup.label());
        Files.createDirectories(DurableFiles.directoryOf(trash));
        DurableFiles.rename(directoryOf(backup), trash);
        DurableFiles.deleteTree(trash);
    }

    /** Checksums of the files in a directory, without the record itself. */
    public static List<BackupRecord.StoredFile> describe(Path place) throws IOException {
        var files = new ArrayList<BackupRecord.StoredFile>();
        try (Stream<Path> entries = Files.list(place)) {
            for (Path file : entries.sorted().toList()) {
                if (Files.isRegularFile(file) && !file.getFileName().toString().equals(RECORD)) {
                    files.add(
                            new BackupRecord.StoredFile(file.getFileName().toString(), Files.size(file), sha256(file)));
                }
            }
        }
        return files;
    }

    /** What is wrong with the files of a backup; nothing when they are as they were written. */
    public List<String> examine(BackupRecord backup) throws IOException {
        var troubles = new ArrayList<String>();
        for (BackupRecord.StoredFile file : backup.files()) {
            Path path = directoryOf(backup).resolve(file.name());
            if (!Files.exists(path)) {
                troubles.add(path + " is missing");
            } else if (Files.size(path) != file.bytes() || !sha256(path).equals(file.sha256())) {
                troubles.add(path + " is not what was written");
            }
        }
        return troubles;
    }

    private static String sha256(Path file) throws IOException {
        try (InputStream raw = Files.newInputStream(file);
                var in = new DigestInputStream(raw, MessageDigest.getInstance("SHA-256"))) {
            in.transferTo(OutputStream.nullOutputStream());
            return HexFormat.of().formatHex(in.getMessageDigest().digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    // ---- WAL

    /**
     * Removes the WAL that no backup needs, and leftovers. Only under the lock.
     *
     * @param kept the backups that stay; without any no WAL goes
     * @return how many files went
     */
    public int removeWalBefore(List<BackupRecord> kept, Instant now) throws IOException {
        removeLeftovers(now);
        BackupRecord first =
                kept.stream().min(Comparator.comparing(BackupRecord::start)).orElse(null);
        return first == null
                ? 0
                : wal().removeBelow(first.firstSegment().number(first.segmentBytes()), first.segmentBytes());
    }

    private void removeLeftovers(Instant now) throws IOException {
        Path wal = directory.resolve("wal");
        if (!Files.isDirectory(wal)) {
            return;
        }
        FileTime limit = FileTime.from(now.minus(LEFTOVER_AGE));
        try (Stream<Path> files = Files.walk(wal)) {
            for (Path file : files.toList()) {
                if (file.toString().endsWith(DurableFiles.TEMPORARY)
                        && Files.getLastModifiedTime(file).compareTo(limit) < 0) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    /**
     * The way to a timeline, from its history file.
     *
     * @throws RepositoryException when the archive does not have that
     */
    public TimelineLine line(int timeline) throws IOException, RepositoryException {
        String content = wal().history(timeline).orElse(null);
        if (content == null && timeline > 1) {
            throw new RepositoryException("the archive has no history of timeline " + timeline + " ("
                    + new WalName.HistoryFile(timeline).text() + ")");
        }
        return TimelineLine.of(timeline, content);
    }

    /** What the archive lacks between two segments of a way. */
    public List<WalName.Segment> missing(TimelineLine line, long first, long last, long segmentBytes) {
        var missing = new ArrayList<WalName.Segment>();
        WalArchive wal = wal();
        for (long number = first; number <= last; number++) {
            WalName.Segment segment = line.file(number, segmentBytes);
            if (!wal.has(segment)) {
                missing.add(segment);
            }
        }
        return missing;
    }

    /** The number of the last segment of a way that the archive has; empty for none. */
    public Optional<WalName.Segment> newest(TimelineLine line, long segmentBytes) throws IOException {
        NavigableSet<WalName.Segment> segments = wal().segments();
        for (WalName.Segment segment : segments.descendingSet()) {
            if (line.file(segment.number(segmentBytes), segmentBytes).equals(segment)) {
                return Optional.of(segment);
            }
        }
        return Optional.empty();
    }

    /**
     * The timeline on which a target lies. Recovery must be told that one: PostgreSQL writes a wrong history when it stops on a
     * parent of the timeline that it was told. A timeline begins when its history is archived, seconds after the promotion.
     */
    private int timelineOf(RestoreTarget target, TimelineLine line) throws IOException {
        for (TimelineLine.Part part : line.parts().reversed()) {
            boolean begun = switch (target) {
                case RestoreTarget.Time(Instant time) ->
                    !part.begin().isKnown()
                            || !wal().archivedAt(new WalName.HistoryFile(part.timeline()))
                                    .isAfter(time);
                case RestoreTarget.Position(Lsn lsn) -> lsn.isAfter(part.begin());
                case RestoreTarget.Name _, RestoreTarget.Latest _ -> true;
            };
            if (begun) {
                return part.timeline();
            }
        }
        return line.timeline();
    }

    /**
     * Finds the way to a target: the latest backup before it, and the WAL from there.
     *
     * @param timeline the end of the way that is followed; the target may lie on a timeline before it
     * @param label of the backup to begin with; null: the latest that serves
     * @throws RepositoryException when no backup serves, or the archive ends before the target
     */
    public RestorePlan plan(RestoreTarget target, int timeline, @Nullable String label)
            throws IOException, RepositoryException {
        int own = timelineOf(target, line(timeline));
        TimelineLine line = line(own);
        List<BackupRecord> all = backups();
        BackupRecord backup = null;
        for (BackupRecord candidate : all) {
            boolean wanted = label == null || label.equals(candidate.label());
            if (wanted && line.passes(candidate.timeline(), candidate.stop()) && isBefore(candidate, target)) {
                backup = candidate;
            }
        }
        if (backup == null) {
            throw new RepositoryException(noBackup(target, own, label, all));
        }
        long size = backup.segmentBytes();
        long first = backup.firstSegment().number(size);
        long last = lastNeeded(target, line, backup, all);
        return new RestorePlan(backup, own, first, last, missing(line, first, last, size));
    }

    private static boolean isBefore(BackupRecord backup, RestoreTarget target) {
        return switch (target) {
            case RestoreTarget.Time(Instant time) -> backup.finishedAt().isBefore(time);
            case RestoreTarget.Position(Lsn lsn) -> !backup.stop().isAfter(lsn);
            case RestoreTarget.Name _, RestoreTarget.Latest _ -> true;
        };
    }

    private static String noBackup(RestoreTarget target, int timeline, @Nullable String label, List<BackupRecord> all) {
        if (label != null) {
            return "the backup " + label + " is not there, or cannot lead to " + target.text() + " on timeline "
                    + timeline;
        }
        return all.isEmpty()
                ? "there is no backup"
                : "no backup on the way to timeline " + timeline + " was finished before the target (" + target.text()
                        + "); the oldest is of " + all.getFirst().finishedAt();
    }

    private long lastNeeded(RestoreTarget target, TimelineLine line, BackupRecord backup, List<BackupRecord> all)
            throws IOException, RepositoryException {
        long size = backup.segmentBytes();
        WalName.Segment newest = newest(line, size).orElse(null);
        if (newest == null || newest.number(size) < backup.lastSegment().number(size)) {
            throw new RepositoryException("the archive lacks the end of the backup " + backup.label() + " ("
                    + backup.lastSegment().text() + ")");
        }
        switch (target) {
            case RestoreTarget.Position(Lsn lsn) -> {
                long wanted = Long.divideUnsigned(lsn.bytes(), size); // it ends at the first record that is not wanted
                if (wanted > newest.number(size)) {
                    throw new RepositoryException("the archive ends before " + lsn + ", with " + newest.text());
                }
                return wanted;
            }
            case RestoreTarget.Time(Instant time) -> {
                Instant end = wal().archivedAt(newest);
                if (time.isAfter(end)) {
                    throw new RepositoryException("the archive ends before " + time + ": its last segment, "
                            + newest.text() + ", is of " + end);
                }
                // A backup that began later is consistent behind everything that was committed by then.
                for (BackupRecord later : all) {
                    if (later.startedAt().isAfter(time) && line.passes(later.timeline(), later.stop())) {
                        return Math.min(later.lastSegment().number(size), newest.number(size));
                    }
                }
                return newest.number(size);
            }
            case RestoreTarget.Name _, RestoreTarget.Latest _ -> {
                return newest.number(size);
            }
        }
    }
}
