package io.matriarch.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.model.TimeSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryRemoverTest {

    @TempDir
    private Path directory;

    private Path data;
    private Path wal;
    private Path space;
    private RejoinJournal journal;
    private DataDirectoryRemover remover;

    @BeforeEach
    void aDataDirectoryWithLinks() throws IOException {
        data = directory.resolve("data");
        wal = Files.createDirectories(directory.resolve("wal"));
        space = Files.createDirectories(directory.resolve("space"));
        Files.createDirectories(data.resolve("global"));
        Files.createDirectories(data.resolve("pg_tblspc"));
        Files.writeString(data.resolve("global/pg_control"), "c");
        Files.writeString(wal.resolve("segment"), "w");
        Files.writeString(space.resolve("file"), "s");
        Files.createSymbolicLink(data.resolve("pg_wal"), wal);
        Files.createSymbolicLink(data.resolve("pg_tblspc/16384"), space);
        journal = new RejoinJournal(() -> data, () -> directory.resolve("pgpass"), TimeSource.system());
        remover = new DataDirectoryRemover(() -> data, journal);
    }

    @Test
    void whatItLinksToGoesWithIt() {
        assertTrue(remover.remove());

        assertFalse(Files.exists(data));
        assertFalse(Files.exists(wal));
        assertFalse(Files.exists(space));
        assertEquals(Optional.empty(), journal.interrupted());
    }

    @Test
    void otherLinksAreNotFollowed() throws IOException {
        Path precious = Files.createDirectories(directory.resolve("precious"));
        Files.writeString(precious.resolve("file"), "p");
        Files.createSymbolicLink(data.resolve("log"), precious);

        assertTrue(remover.remove());

        assertTrue(Files.exists(precious.resolve("file")));
    }

    @Test
    void ofALinkToADataDirectoryOnlyTheLinkGoes() throws IOException {
        Path real = Files.move(data, directory.resolve("real"));
        Files.createSymbolicLink(data, real);

        assertTrue(remover.remove());

        assertFalse(Files.exists(data, LinkOption.NOFOLLOW_LINKS));
        assertTrue(Files.exists(real.resolve("global/pg_control")));
    }

    @Test
    void nothingThereIsFine() {
        assertTrue(remover.remove());
        assertTrue(remover.remove());
        assertTrue(remover.moveAside());
    }

    @Test
    void anOldMarkGoesWithTheDirectory() {
        journal.begin(InterruptedRejoin.Step.REWIND, "n2");

        assertTrue(remover.remove());

        assertEquals(Optional.empty(), journal.interrupted());
    }

    @Test
    void movedAsideItKeepsItsLinksAndReplacesAnOlderOne() throws IOException {
        Files.createDirectories(directory.resolve("data.failed"));
        Files.writeString(directory.resolve("data.failed/old"), "o");

        assertTrue(remover.moveAside());

        assertFalse(Files.exists(data));
        Path aside = directory.resolve("data.failed");
        assertFalse(Files.exists(aside.resolve("old")));
        assertEquals("w", Files.readString(aside.resolve("pg_wal/segment")));
        assertEquals("s", Files.readString(aside.resolve("pg_tblspc/16384/file")));
        assertFalse(Files.exists(wal));
    }
}
