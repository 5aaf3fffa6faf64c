package io.matriarch.model.config;

import io.matriarch.model.Unit;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The {@code matriarch.journal} section: {@code matriarch: {journal: {directory: …, size: 8MB}}}.
 *
 * @param directory where the journal of decisions lies; null: beside the data directory, where it outlives a new clone
 * @param bytes how much of the disk it may take; 0: no journal
 */
public record JournalSettings(@Nullable String directory, long bytes) {

    private static final long DEFAULT_BYTES = 8L << 20;
    private static final String SUFFIX = ".journal";

    public static JournalSettings of(LocalConfig local) {
        Section journal = new Section("", local.document()).section("matriarch").section("journal");
        return new JournalSettings(
                journal.text("directory"), Math.max(journal.integer("size", Unit.BYTES, DEFAULT_BYTES), 0));
    }

    /** Where the file may be, the best place first: where the first cannot be written, the next is taken. */
    public List<Path> places(LocalConfig local, PostgresSettings postgres) {
        if (directory != null) {
            return List.of(Path.of(directory, local.scope() + "-" + local.name() + SUFFIX));
        }
        Path data = postgres.dataDir().toAbsolutePath().normalize();
        Path password = postgres.pgpass().toAbsolutePath().normalize();
        return List.of(
                data.resolveSibling(data.getFileName() + SUFFIX),
                password.resolveSibling(password.getFileName() + SUFFIX));
    }

    /** The older half of the journal. */
    public static Path older(Path journal) {
        return journal.resolveSibling(journal.getFileName() + ".1");
    }
}
