package io.matriarch.postgres;

import io.matriarch.model.Lsn;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The segments of WAL in a data directory (PostgreSQL source, {@code xlog_internal.h}).
 *
 * @param bytes size of one, a power of two of at least 1 MB
 */
record WalSegments(Path dataDirectory, int bytes) {

    private static final Pattern NAME = Pattern.compile("[0-9A-F]{24}");

    /** {@code XLogPageHeaderData}: magic, flags, timeline, address of the page. */
    private static final int PAGE_ADDRESS_OFFSET = 8;

    /** One file, also one that was made in advance or recycled and has nothing to read in it. */
    record Segment(int timeline, long number, Path file) {}

    Path directory() {
        return dataDirectory.resolve("pg_wal");
    }

    /** All of them, oldest first. */
    List<Segment> all() throws IOException {
        var found = new ArrayList<Segment>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory())) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                if (NAME.matcher(name).matches()) {
                    found.add(parse(name, file));
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        } catch (NoSuchFileException _) {
            return List.of();
        }
        found.sort(Comparator.comparingInt(Segment::timeline).thenComparingLong(Segment::number));
        return List.copyOf(found);
    }

    /** Those of a timeline from the one on that has this position. */
    List<Segment> from(int timeline, Lsn position) throws IOException {
        long first = Long.divideUnsigned(position.bytes(), bytes);
        return all().stream()
                .filter(segment -> segment.timeline() == timeline && segment.number() >= first)
                .toList();
    }

    /** The one that has this position. */
    Optional<Segment> at(int timeline, Lsn position) throws IOException {
        return from(timeline, position).stream()
                .filter(segment -> segment.number() == Long.divideUnsigned(position.bytes(), bytes))
                .findFirst();
    }

    /** Of the segment that has this position. */
    String name(int timeline, Lsn position) {
        long number = Long.divideUnsigned(position.bytes(), bytes);
        return String.format(Locale.ROOT, "%08X%08X%08X", timeline, number / perLog(), number % perLog());
    }

    private long perLog() {
        return (1L << 32) / bytes;
    }

    Lsn start(Segment segment) {
        return new Lsn(segment.number() * bytes);
    }

    /** Whether it begins with the page that belongs there; one that was recycled begins with that of another segment. */
    boolean isWritten(Segment segment) throws IOException {
        ByteBuffer header =
                ByteBuffer.allocate(PAGE_ADDRESS_OFFSET + Long.BYTES).order(ByteOrder.nativeOrder());
        try (var channel = FileChannel.open(segment.file(), StandardOpenOption.READ)) {
            while (header.hasRemaining() && channel.read(header) >= 0) {
                // until it is full, or the file ends
            }
        }
        return !header.hasRemaining() && header.getLong(PAGE_ADDRESS_OFFSET) == segment.number() * bytes;
    }

    private Segment parse(String name, Path file) {
        long log = Long.parseLong(name.substring(8, 16), 16);
        long within = Long.parseLong(name.substring(16), 16);
        return new Segment(Integer.parseUnsignedInt(name.substring(0, 8), 16), log * perLog() + within, file);
    }
}
