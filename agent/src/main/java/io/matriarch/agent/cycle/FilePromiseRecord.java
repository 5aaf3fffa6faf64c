package io.matriarch.agent.cycle;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;

/**
 * The record as a file beside the data directory, which a new clone empties: a number of seconds. It is written by those who
 * ask for a promise, not by the cycle, and once for each length that is new.
 */
public final class FilePromiseRecord implements PromiseRecord {

    private static final Logger LOG = System.getLogger("patroni.ha");
    /** What is assumed of a file that cannot be read: as long as the longest ttl that anybody uses. */
    private static final Duration UNREADABLE = Duration.ofMinutes(5);

    private final Path file;
    private Duration longest;

    public FilePromiseRecord(Path dataDirectory) {
        Path absolute = dataDirectory.toAbsolutePath();
        this.file = absolute.resolveSibling(absolute.getFileName() + ".promises");
        this.longest = read();
    }

    private Duration read() {
        try {
            return Duration.ofSeconds(Long.parseLong(Files.readString(file).strip()));
        } catch (NoSuchFileException _) {
            return Duration.ZERO;
        } catch (IOException | NumberFormatException e) {
            LOG.log(Level.WARNING, "{0} cannot be read: {1}", file, e.toString());
            return UNREADABLE;
        }
    }

    @Override
    public synchronized Duration longest() {
        return longest;
    }

    @Override
    public synchronized boolean covers(Duration length) {
        if (length.compareTo(longest) <= 0) {
            return true;
        }
        try {
            write(length);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "{0} cannot be written, so nothing is promised: {1}", file, e.toString());
            return false;
        }
        longest = length;
        return true;
    }

    private void write(Duration length) throws IOException {
        Path beside = file.resolveSibling(file.getFileName() + ".new");
        try (var channel = FileChannel.open(
                beside, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            channel.write(ByteBuffer.wrap((length.toSeconds() + "\n").getBytes(UTF_8)));
            channel.force(true);
        }
        Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        Path parent = file.getParent();
        if (parent != null) {
            try (var directory = FileChannel.open(parent, StandardOpenOption.READ)) {
                directory.force(true);
            }
        }
    }
}
