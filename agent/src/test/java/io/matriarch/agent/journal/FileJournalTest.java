package io.matriarch.agent.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.model.JournalEntry;
import io.matriarch.model.TimeSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileJournalTest {

    @TempDir
    private Path directory;

    private Path file() {
        return directory.resolve("data.journal");
    }

    private void write(List<Path> places, long bytes, int from, int to) {
        try (var journal = new FileJournal("n1", places, bytes, TimeSource.system())) {
            journal.start();
            for (int i = from; i < to; i++) {
                journal.event("event " + i);
            }
        }
    }

    private List<String> results(Path place) throws IOException {
        return Files.readAllLines(place).stream()
                .flatMap(line -> JournalEntry.parse(line).stream())
                .map(JournalEntry::result)
                .toList();
    }

    @Test
    void whatIsWaitingIsWrittenBeforeTheEnd() throws IOException {
        write(List.of(file()), 1 << 20, 0, 3);
        assertEquals(List.of("event 0", "event 1", "event 2"), results(file()));
    }

    @Test
    void theOlderHalfIsKeptAndWhatIsOlderGoes() throws IOException {
        write(List.of(file()), 4000, 0, 100);
        List<String> newer = results(file());
        List<String> older = results(directory.resolve("data.journal.1"));
        assertEquals("event 99", newer.getLast());
        assertTrue(Files.size(file()) < 2300 && Files.size(directory.resolve("data.journal.1")) < 2300);
        assertEquals("event " + (100 - newer.size() - older.size()), older.getFirst());
    }

    @Test
    void othersGetTheNewestWholeLines() throws Exception {
        try (var journal = new FileJournal("n1", List.of(file()), 1 << 20, TimeSource.system())) {
            assertEquals("", journal.recent());
            journal.start();
            for (int i = 0; i < 3; i++) {
                journal.event("event " + i + "x".repeat(120_000));
                int written = i + 1;
                long end = System.nanoTime() + 20_000_000_000L;
                while (!Files.exists(file()) || Files.size(file()) < written * 120_000L) {
                    assertTrue(System.nanoTime() < end);
                    Thread.onSpinWait();
                }
            }
            List<String> lines = journal.recent().lines().toList();
            assertEquals(2, lines.size());
            assertTrue(
                    JournalEntry.parse(lines.getFirst()).orElseThrow().result().startsWith("event 1"));
        }
    }

    @Test
    void anotherPlaceIsTakenWhereTheFirstCannotBeWritten() throws IOException {
        write(List.of(directory.resolve("missing/data.journal"), file()), 1 << 20, 0, 1);
        assertEquals(List.of("event 0"), results(file()));
    }
}
