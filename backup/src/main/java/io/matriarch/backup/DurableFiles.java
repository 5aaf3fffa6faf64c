package io.matriarch.backup;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Writing files so that a power failure at any moment leaves either nothing under the name or the whole content: temporary
 * file in the same directory, fsync of the file, one atomic step to the name, fsync of the directory.
 */
public final class DurableFiles {

    /** What a temporary file's name ends with; a leftover is nobody's. */
    static final String TEMPORARY = ".tmp";

    private static final int BUFFER_BYTES = 1 << 17;

    /** Writes the content of a file. */
    @FunctionalInterface
    public interface Body {
        void writeTo(OutputStream out) throws IOException;
    }

    private DurableFiles() {}

    /**
     * Creates a file that does not exist yet. The name appears by a hard link, which fails when somebody else was faster.
     *
     * @return false: it exists, and was left as it is
     */
    static boolean create(Path file, Body body) throws IOException {
        createDirectories(directoryOf(file));
        Path temporary = write(file, body);
        try {
            Files.createLink(file, temporary);
        } catch (FileAlreadyExistsException _) {
            return false;
        } finally {
            Files.deleteIfExists(temporary);
        }
        sync(directoryOf(file));
        return true;
    }

    /** Writes a file, in place of what was there. */
    public static void replace(Path file, String content) throws IOException {
        Path temporary = write(file, out -> out.write(content.getBytes(StandardCharsets.UTF_8)));
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        sync(directoryOf(file));
    }

    /** Renames a file or directory to a name in the same directory that is not taken. */
    public static void rename(Path from, Path to) throws IOException {
        if (Files.exists(to)) {
            throw new FileAlreadyExistsException(to.toString());
        }
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        sync(directoryOf(to));
        if (!directoryOf(from).equals(directoryOf(to))) {
            sync(directoryOf(from));
        }
    }

    private static Path write(Path file, Body body) throws IOException {
        Path temporary = Files.createTempFile(directoryOf(file), file.getFileName() + ".", TEMPORARY);
        boolean whole = false;
        try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
            var out = new Unclosed(Channels.newOutputStream(channel));
            body.writeTo(out);
            out.flush();
            channel.force(true);
            whole = true;
        } finally {
            if (!whole) {
                Files.deleteIfExists(temporary);
            }
        }
        return temporary;
    }

    /** The content is brought to the disk after whoever wrote it has closed its stream. */
    private static final class Unclosed extends BufferedOutputStream {
        Unclosed(OutputStream out) {
            super(out, BUFFER_BYTES);
        }

        @Override
        public void close() throws IOException {
            flush();
        }
    }

    /** Makes a directory and those above it, each of them durable in its parent. */
    static void createDirectories(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        Path parent = directory.toAbsolutePath().getParent();
        if (parent != null) {
            createDirectories(parent);
            try {
                Files.createDirectory(directory);
            } catch (FileAlreadyExistsException e) {
                if (!Files.isDirectory(directory)) {
                    throw e;
                }
            }
            sync(parent);
        }
    }

    /** Brings the names in a directory to the disk. */
    public static void sync(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Brings all files and directories below a directory to the disk. */
    public static void syncTree(Path root) throws IOException {
        for (Path path : below(root)) {
            if (Files.isDirectory(path) || Files.isRegularFile(path)) {
                sync(path);
            }
        }
    }

    /** Removes a directory with all that is in it; links are removed, not followed. */
    public static void deleteTree(Path root) throws IOException {
        for (Path path : below(root).reversed()) {
            Files.deleteIfExists(path);
        }
    }

    private static List<Path> below(Path root) throws IOException {
        if (!Files.exists(root)) {
            return List.of();
        }
        try (Stream<Path> paths = Files.walk(root)) {
            return new ArrayList<>(paths.sorted(Comparator.naturalOrder()).toList());
        }
    }

    static Path directoryOf(Path file) {
        Path parent = file.toAbsolutePath().getParent();
        return parent == null ? file.toAbsolutePath() : parent;
    }
}
