package io.matriarch.agent.logging;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code patroni.log}, and its predecessors as {@code patroni.log.1} (youngest) and so on. */
final class RotatedFileSink implements Sink {

    private static final String NAME = "patroni.log";

    private final Path file;
    private final @Nullable Integer mode;
    private final int keep;
    private final long limit;

    private OutputStream out;
    private long size;

    /**
     * @param mode permission bits, null: by the umask
     * @param keep how many predecessors to keep; 0: the file is never rotated
     * @param limit bytes; 0: the file is never rotated
     */
    RotatedFileSink(Path directory, @Nullable Integer mode, int keep, long limit) throws IOException {
        this.file = directory.resolve(NAME);
        this.mode = mode;
        this.keep = keep;
        this.limit = limit;
        Files.createDirectories(directory);
        this.out = open();
        this.size = Files.size(file);
    }

    private OutputStream open() throws IOException {
        var opened = new BufferedOutputStream(
                Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
        if (mode != null) {
            Files.setPosixFilePermissions(file, permissions(mode));
        }
        return opened;
    }

    @Override
    public void write(String lines) throws IOException {
        byte[] bytes = (lines + "\n").getBytes(StandardCharsets.UTF_8);
        if (limit > 0 && keep > 0 && size > 0 && size + bytes.length >= limit) {
            rotate();
        }
        out.write(bytes);
        size += bytes.length;
    }

    private void rotate() throws IOException {
        out.close();
        try {
            for (int i = keep; i >= 1; i--) {
                Path older = predecessor(i - 1);
                if (Files.exists(older)) {
                    Files.move(older, predecessor(i), StandardCopyOption.REPLACE_EXISTING);
                }
            }
        } finally {
            out = open();
            size = Files.size(file);
        }
    }

    private Path predecessor(int number) {
        return number == 0 ? file : file.resolveSibling(NAME + "." + number);
    }

    @Override
    public void flush() throws IOException {
        out.flush();
    }

    @Override
    public void close() throws IOException {
        out.close();
    }

    private static Set<PosixFilePermission> permissions(int bits) {
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        PosixFilePermission[] fromHighest = PosixFilePermission.values();
        for (int i = 0; i < fromHighest.length; i++) {
            if ((bits >> (fromHighest.length - 1 - i) & 1) != 0) {
                permissions.add(fromHighest[i]);
            }
        }
        return permissions;
    }
}
