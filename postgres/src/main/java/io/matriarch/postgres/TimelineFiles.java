package io.matriarch.postgres;

import io.matriarch.model.History;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The history files in {@code pg_wal}, and how they decide which number a promotion takes.
 *
 * <p>PostgreSQL counts up from its own timeline until it finds no history file, and takes that number
 * ({@code findNewestTimeLine()} in {@code timeline.c}). A number that a lost server may have taken is therefore closed with
 * a history file that has no line: no server takes it for a child of its own timeline, walreceivers copy it like any other,
 * and PostgreSQL never writes one itself. Left behind by a promotion that did not happen, it would keep a standby from
 * starting, or from learning the true history; so it goes away before the next start.
 */
record TimelineFiles(DataFiles data) {

    private static final System.Logger LOG = System.getLogger("patroni.postgresql");

    private static final String REMARK =
            "# the number of a timeline that may exist elsewhere; its history is not known\n";

    /** Oldest entry first, the last one with the time of the file; empty without the file, and for timeline 1. */
    List<History.Entry> history(int timeline) {
        Path file = file(timeline);
        try {
            var entries = new ArrayList<>(TimelineHistory.parse(Files.readString(file)));
            if (!entries.isEmpty()) {
                History.Entry last = entries.removeLast();
                String written = OffsetDateTime.ofInstant(
                                Files.getLastModifiedTime(file).toInstant(), ZoneId.systemDefault())
                        .toString();
                entries.add(
                        new History.Entry(last.timeline(), last.switchPoint(), last.reason(), written, last.leader()));
            }
            return List.copyOf(entries);
        } catch (NoSuchFileException _) {
            return List.of();
        } catch (IOException e) {
            LOG.log(Level.WARNING, "Could not read " + file + ": " + e);
            return List.of();
        }
    }

    /** Whether there is a history file of a newer timeline, or that cannot be seen. */
    boolean isAnyBehind(int timeline) {
        try {
            return !numbersBehind(timeline).isEmpty();
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "Could not look at the history files", e);
            return true;
        }
    }

    /** The histories of all newer timelines, as far as they are known here. */
    List<List<History.Entry>> behind(int timeline) throws IOException {
        return numbersBehind(timeline).stream().map(this::history).toList();
    }

    /** The numbers of the newer timelines whose history is known here; those that were merely closed have none. */
    Set<Integer> known(int newerThan) throws IOException {
        return numbersBehind(newerThan).stream()
                .filter(timeline -> !history(timeline).isEmpty())
                .collect(Collectors.toSet());
    }

    private List<Integer> numbersBehind(int timeline) throws IOException {
        var numbers = new ArrayList<Integer>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(wal(), "*.history")) {
            for (Path file : files) {
                String number = file.getFileName().toString().replace(".history", "");
                int parsed = Integer.parseUnsignedInt(number, 16);
                if (Integer.compareUnsigned(parsed, timeline) > 0) {
                    numbers.add(parsed);
                }
            }
        } catch (DirectoryIteratorException | NumberFormatException e) {
            throw new IOException("cannot list the history files", e);
        }
        return numbers;
    }

    /** Whether a promotion could take a number below {@code wanted} as far as the files tell. */
    boolean isOpenBelow(int wanted) {
        return wanted > 2 && !Files.exists(file(wanted - 1));
    }

    /** Closes the numbers behind {@code own} and below {@code wanted} that have no history file. */
    void closeBelow(int wanted, int own) throws IOException {
        for (int timeline = own + 1; timeline < wanted; timeline++) {
            if (!Files.exists(file(timeline))) {
                LOG.log(Level.INFO, "Leaving out timeline " + timeline + ": somebody may have promoted to it");
                write(file(timeline));
            }
        }
        syncDirectory();
    }

    /** Opens the numbers again that were closed for a promotion that did not happen. */
    void openBehind(int own) throws IOException {
        int newest = own;
        while (Files.exists(file(newest + 1))) {
            newest++;
        }
        while (newest > own && history(newest).isEmpty()) {
            LOG.log(Level.INFO, "Removing " + file(newest) + ": the promotion that it was made for did not happen");
            Files.delete(file(newest));
            newest--;
        }
    }

    Path file(int timeline) {
        return wal().resolve(String.format(Locale.ROOT, "%08X.history", timeline));
    }

    private Path wal() {
        return data.directory().resolve("pg_wal");
    }

    private void write(Path file) throws IOException {
        Path temporary = file.resolveSibling(file.getFileName() + ".matriarch");
        try (var channel = FileChannel.open(
                temporary, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer content = StandardCharsets.US_ASCII.encode(REMARK);
            while (content.hasRemaining()) {
                channel.write(content);
            }
            channel.force(true);
        }
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString(data.fileMode()));
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private void syncDirectory() throws IOException {
        try (var directory = FileChannel.open(wal(), StandardOpenOption.READ)) {
            directory.force(true);
        }
    }
}
