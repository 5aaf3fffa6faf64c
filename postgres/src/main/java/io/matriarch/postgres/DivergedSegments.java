package io.matriarch.postgres;

import io.matriarch.model.DivergedWal;
import io.matriarch.model.config.DivergedWalSettings;
import io.matriarch.postgres.WalSegments.Segment;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Keeps copies of WAL that is not part of the leader's history, before a rewind or a removal throws it away: whoever misses a
 * commit after a failover can read there with {@code pg_waldump} what it was. Takes such WAL away where it was not replayed.
 *
 * <p>Copies are a service and never a condition: what cannot be kept, for want of space or rights, is named in the log and thrown
 * away as PostgreSQL itself would. A set of copies is a directory that is called after what is in it; it is made under another name
 * and renamed when it is whole.
 */
final class DivergedSegments {

    private static final System.Logger LOG = System.getLogger("patroni.postgresql.rewind");

    /** System identifier, since timelines of one number are not the same in two clusters, and the part. */
    private static final String NAMES = "*-timeline-*";

    private static final String UNFINISHED = ".part";
    private static final int ZEROS_BYTES = 1 << 16;

    private final Supplier<Path> dataDirectory;
    private final Supplier<DivergedWalSettings> settings;

    DivergedSegments(Supplier<Path> dataDirectory, Supplier<DivergedWalSettings> settings) {
        this.dataDirectory = dataDirectory;
        this.settings = settings;
    }

    // ---- keeping

    /** Copies the segments from the one on where the part begins. */
    void keep(DivergedWal wal, ControlData control, Cancellation cancellation) {
        int segmentBytes = control.walSegmentBytes();
        long limit = settings.get().bytes();
        Path data = dataDirectory.get().toAbsolutePath().normalize();
        Path sets = settings.get().place(data);
        Path set = sets.resolve(control.systemIdentifier() + "-"
                + wal.toString().replace(' ', '-').replace('/', '_'));
        if (limit == 0 || segmentBytes == 0 || Files.exists(set)) {
            return;
        }
        if (sets.startsWith(data)) {
            LOG.log(Level.WARNING, "matriarch.diverged_wal.directory is in the data directory: nothing is kept there");
            return;
        }
        try {
            List<Segment> segments = chosen(wal, segmentBytes, limit);
            if (segments.isEmpty()) {
                return;
            }
            long needed = (long) segments.size() * segmentBytes;
            Files.createDirectories(
                    sets, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            if (Files.getFileStore(sets).getUsableSpace() / 2 < needed) {
                LOG.log(
                        Level.WARNING,
                        "The WAL of " + wal + " is not kept: " + segments.size()
                                + " segments would take more than half of the space that is free in " + sets);
                return;
            }
            makeRoom(sets, needed, limit);
            Path history = new TimelineFiles(new DataFiles(data)).file(wal.timeline());
            if (copy(segments, history, set, cancellation)) {
                LOG.log(
                        Level.WARNING,
                        "The WAL of " + wal + " is kept, " + segments.size() + " segments; to read it: pg_waldump -t "
                                + wal.timeline() + " -p " + set
                                + (wal.from().isKnown() ? " -s " + wal.from() : ""));
            }
        } catch (IOException e) {
            LOG.log(Level.WARNING, "Could not keep the WAL of " + wal + " in " + set + ": " + FileTrouble.describe(e));
        }
    }

    private List<Segment> chosen(DivergedWal wal, int segmentBytes, long limit) throws IOException {
        var here = new WalSegments(dataDirectory.get(), segmentBytes);
        var written = new ArrayList<Segment>();
        for (Segment segment : here.from(wal.timeline(), wal.from())) {
            if (here.isWritten(segment)) {
                written.add(segment);
            }
        }
        long most = limit / segmentBytes;
        if (written.size() > most) {
            LOG.log(
                    Level.WARNING,
                    "Of the WAL of " + wal + " the first " + most + " of " + written.size()
                            + " segments are kept (matriarch.diverged_wal.size)");
            return written.subList(0, (int) most);
        }
        return written;
    }

    private static boolean copy(List<Segment> segments, Path history, Path set, Cancellation cancellation)
            throws IOException {
        Path unfinished = set.resolveSibling(set.getFileName() + UNFINISHED);
        DataDirectoryRemover.deleteTree(unfinished);
        Files.createDirectory(unfinished);
        if (Files.exists(history)) {
            copy(history, unfinished);
        }
        for (Segment segment : segments) {
            if (cancellation.isRequested()) {
                DataDirectoryRemover.deleteTree(unfinished);
                return false;
            }
            copy(segment.file(), unfinished);
        }
        Files.move(unfinished, set, StandardCopyOption.ATOMIC_MOVE);
        return true;
    }

    private static void copy(Path file, Path directory) throws IOException {
        Path copy = Files.copy(file, directory.resolve(file.getFileName()));
        try (var channel = FileChannel.open(copy, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    private record KeptSet(Path path, FileTime made, long size) {

        static KeptSet of(Path path) throws IOException {
            long size = 0;
            try (DirectoryStream<Path> files = Files.newDirectoryStream(path)) {
                for (Path file : files) {
                    size += Files.size(file);
                }
            }
            return new KeptSet(path, Files.getLastModifiedTime(path), size);
        }
    }

    /** Removes the oldest sets until there is room for one of this size. */
    private static void makeRoom(Path sets, long needed, long limit) throws IOException {
        var kept = new ArrayList<KeptSet>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(sets, NAMES)) {
            for (Path set : found) {
                kept.add(KeptSet.of(set));
            }
        }
        kept.sort(Comparator.comparing(KeptSet::made));
        long taken = kept.stream().mapToLong(KeptSet::size).sum();
        for (KeptSet set : kept) {
            if (taken + needed > limit) {
                LOG.log(Level.INFO, "Removing {0} to make room for newer WAL", set.path());
                DataDirectoryRemover.deleteTree(set.path());
                taken -= set.size();
            }
        }
    }

    // ---- taking away

    /**
     * Keeps the part, and takes it out of the data directory of a stopped server, so that its WAL ends where the part begins.
     * Interrupted at any point, it can be done again or left as it is: the newest segments go first.
     *
     * @param unchanged whether the server is stopped and {@code pg_control} still the given one; asked last
     */
    RewindOutcome takeAway(DivergedWal wal, ControlData control, BooleanSupplier unchanged, Cancellation cancellation) {
        keep(wal, control, cancellation);
        if (cancellation.isRequested() || !unchanged.getAsBoolean()) {
            return RewindOutcome.LATER;
        }
        var here = new WalSegments(dataDirectory.get(), control.walSegmentBytes());
        try {
            List<Segment> segments = here.from(wal.timeline(), wal.from());
            for (Segment segment : segments.reversed()) {
                removeMarks(segment, here.directory());
                if (wal.from().isAfter(here.start(segment))) {
                    endAt(segment, wal.from().bytesAfter(here.start(segment)));
                } else {
                    Files.delete(segment.file());
                }
            }
            if (!wal.from().isKnown()) {
                Files.deleteIfExists(new TimelineFiles(new DataFiles(dataDirectory.get())).file(wal.timeline()));
            }
            try (var directory = FileChannel.open(here.directory(), StandardOpenOption.READ)) {
                directory.force(true);
            }
            LOG.log(
                    Level.WARNING,
                    "Took the {0} of {1} out of {2}",
                    segments.isEmpty() ? "history" : "WAL",
                    wal,
                    here.directory());
            return RewindOutcome.DONE;
        } catch (IOException e) {
            LOG.log(Level.ERROR, "Could not take the WAL of " + wal + " out of " + here.directory(), e);
            return RewindOutcome.FAILED;
        }
    }

    /** An archive gets nothing of it: what it has under this name may be another content, or come from the leader. */
    private static void removeMarks(Segment segment, Path walDirectory) throws IOException {
        for (String mark : List.of(".ready", ".done")) {
            Files.deleteIfExists(walDirectory
                    .resolve("archive_status")
                    .resolve(segment.file().getFileName() + mark));
        }
    }

    /** Zeros behind the last record are how PostgreSQL itself ends a segment that it copies for a new timeline. */
    private static void endAt(Segment segment, long offset) throws IOException {
        try (var channel = FileChannel.open(segment.file(), StandardOpenOption.WRITE)) {
            long end = channel.size();
            ByteBuffer zeros = ByteBuffer.allocate(ZEROS_BYTES);
            for (long at = offset; at < end; ) {
                zeros.clear().limit((int) Math.min(zeros.capacity(), end - at));
                at += channel.write(zeros, at);
            }
            channel.force(true);
        }
    }
}
