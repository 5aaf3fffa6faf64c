package io.matriarch.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TimelineFilesTest {

    @TempDir
    private Path directory;

    private TimelineFiles files;

    @BeforeEach
    void makeDirectory() throws IOException {
        Files.createDirectories(directory.resolve("pg_wal"));
        files = new TimelineFiles(new DataFiles(directory));
    }

    @Test
    void theNextNumberNeedsNothing() throws Exception {
        assertFalse(files.isOpenBelow(2));
        write(5, "4\t0/5000060\tno recovery target specified\n");
        assertFalse(files.isOpenBelow(6));
    }

    @Test
    void numbersAreClosedWithoutTouchingWhatIsKnown() throws Exception {
        write(6, "5\t0/5000060\tno recovery target specified\n");
        assertTrue(files.isOpenBelow(9));

        files.closeBelow(9, 5);

        assertEquals(List.of("00000006.history", "00000007.history", "00000008.history"), names());
        assertEquals(1, files.history(6).size());
        assertEquals(List.of(), files.history(7));
        assertFalse(files.isOpenBelow(9));
    }

    @Test
    void numbersOfAPromotionThatDidNotHappenAreOpenedAgain() throws Exception {
        write(6, "5\t0/5000060\tno recovery target specified\n");
        files.closeBelow(9, 5);

        files.openBehind(5);

        assertEquals(List.of("00000006.history"), names());
    }

    @Test
    void whatLiesBeforeATimelineThatExistsStaysForThoseWhoFollow() throws Exception {
        files.closeBelow(8, 5);
        write(8, "5\t0/5000060\tno recovery target specified\n");

        files.openBehind(5);
        files.openBehind(8);

        assertEquals(List.of("00000006.history", "00000007.history", "00000008.history"), names());
    }

    @Test
    void theLastEntryHasTheTimeOfTheFile() throws Exception {
        write(3, "1\t0/3000060\tno recovery target specified\n\n2\t0/5000060\tno recovery target specified\n");

        var history = files.history(3);

        assertEquals(List.of(1, 2), history.stream().map(e -> e.timeline()).toList());
        assertEquals(null, history.getFirst().timestamp());
        assertNotNull(history.getLast().timestamp());
    }

    private void write(int timeline, String content) throws IOException {
        Files.writeString(directory.resolve(String.format("pg_wal/%08X.history", timeline)), content);
    }

    private List<String> names() throws IOException {
        try (var entries = Files.list(directory.resolve("pg_wal"))) {
            return entries.map(p -> p.getFileName().toString()).sorted().toList();
        }
    }
}
