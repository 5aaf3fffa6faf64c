package io.matriarch.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.model.TimeSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RejoinJournalTest {

    @TempDir
    private Path directory;

    private Path dataDirectory;
    private RejoinJournal journal;

    @BeforeEach
    void prepare() throws IOException {
        dataDirectory = directory.resolve("data");
        journal = journal(dataDirectory, directory.resolve("home/pgpass"));
        Files.createDirectories(directory.resolve("home"));
    }

    private static RejoinJournal journal(Path dataDirectory, Path passwordFile) {
        return new RejoinJournal(() -> dataDirectory, () -> passwordFile, TimeSource.system());
    }

    @Test
    void aStepIsInterruptedUntilItIsCleared() {
        assertEquals(Optional.empty(), journal.interrupted());

        journal.begin(InterruptedRejoin.Step.REWIND, "n2");

        InterruptedRejoin interrupted = journal.interrupted().orElseThrow();
        assertEquals(InterruptedRejoin.Step.REWIND, interrupted.step());
        assertEquals("pg_rewind from n2", interrupted.description());

        journal.clear();
        assertEquals(Optional.empty(), journal.interrupted());
    }

    @Test
    void aMarkThatCannotBeReadStillCounts() throws IOException {
        Files.writeString(directory.resolve("data.rejoin"), "");

        assertEquals(
                InterruptedRejoin.Step.CLONE,
                journal.interrupted().orElseThrow().step());
    }

    @Test
    void whatPgBasebackupLeavesBehindCounts() throws IOException {
        Files.createDirectories(dataDirectory);
        Files.writeString(dataDirectory.resolve("backup_manifest.tmp"), "");

        assertEquals("a clone", journal.interrupted().orElseThrow().description());
    }

    @Test
    void theMarkMovesWhereItCanBeWritten() {
        Path notThere = directory.resolve("not there/data");
        RejoinJournal elsewhere = journal(notThere, directory.resolve("home/pgpass"));

        elsewhere.begin(InterruptedRejoin.Step.CLONE, "n2");

        assertTrue(Files.exists(directory.resolve("home/pgpass.rejoin")));
        assertTrue(elsewhere.interrupted().isPresent());
        elsewhere.clear();
        assertEquals(Optional.empty(), elsewhere.interrupted());
    }

    @Test
    void withoutAPlaceForTheMarkTheStepMustNotBegin() {
        RejoinJournal nowhere = journal(directory.resolve("a/data"), directory.resolve("b/pgpass"));

        assertThrows(UncheckedIOException.class, () -> nowhere.begin(InterruptedRejoin.Step.CLONE, "n2"));
    }

    @Test
    void aNewStepEndsWhatTheInterruptedOneLeftRunning() throws Exception {
        journal.begin(InterruptedRejoin.Step.CLONE, "n2");
        Process leftover = sleeper(dataDirectory);
        Process other = sleeper(directory.resolve("data2"));
        try {
            journal.begin(InterruptedRejoin.Step.CLONE, "n2");

            assertTrue(leftover.waitFor(30, TimeUnit.SECONDS));
            assertTrue(other.isAlive());
        } finally {
            leftover.destroyForcibly();
            other.destroyForcibly();
        }
    }

    private static Process sleeper(Path dataDirectory) throws IOException {
        var builder = new ProcessBuilder("sleep", "600");
        builder.environment().putAll(Leftovers.tag(dataDirectory));
        return builder.start();
    }
}
