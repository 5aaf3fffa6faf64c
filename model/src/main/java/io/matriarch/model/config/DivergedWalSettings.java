package io.matriarch.model.config;

import io.matriarch.model.Unit;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The {@code matriarch.diverged_wal} section: {@code matriarch: {diverged_wal: {directory: …, size: 1GB}}}.
 *
 * @param directory where WAL is kept that was not part of the leader's history; null: beside the data directory
 * @param bytes how much of the disk all of it may take; 0: none is kept
 */
public record DivergedWalSettings(@Nullable Path directory, long bytes) {

    private static final long DEFAULT_BYTES = 1L << 30;

    public static DivergedWalSettings of(LocalConfig local) {
        Section section = new Section("", local.document()).section("matriarch").section("diverged_wal");
        String directory = section.text("directory");
        return new DivergedWalSettings(
                directory == null ? null : Path.of(directory, local.scope() + "-" + local.name()),
                Math.max(section.integer("size", Unit.BYTES, DEFAULT_BYTES), 0));
    }

    /** The directory for the copies. */
    public Path place(Path dataDirectory) {
        Path data = dataDirectory.toAbsolutePath().normalize();
        return directory == null
                ? data.resolveSibling(data.getFileName() + ".diverged")
                : directory.toAbsolutePath().normalize();
    }
}
