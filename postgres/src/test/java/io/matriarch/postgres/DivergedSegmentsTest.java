package io.matriarch.postgres;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.model.DivergedWal;
import io.matriarch.model.Lsn;
import io.matriarch.model.config.DivergedWalSettings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DivergedSegmentsTest {

    private static final int MB = 1 << 20;

    @TempDir
    private Path directory;

    private Path data;
    private Path kept;
    private final Cancellation cancellation = new Cancellation();

    @BeforeEach
    void fourSegmentsOfTimelineOneAndOneOfTimelineTwo() throws IOException {
        data = directory.resolve("data");
        kept = directory.resolve("data.diverged");
        Files.createDirectories(data.resolve("pg_wal/archive_status"));
        for (int number = 1; number <= 3; number++) {
            segment(1, number, number);
        }
        segment(1, 4, 1); // recycled: it begins with a page of the first
        segment(2, 2, 2);
        Files.writeString(data.resolve("pg_wal/00000002.history"), "1\t0/280000\tno recovery target specified\n");
        Files.writeString(data.resolve("pg_wal/archive_status/000000010000000000000003.ready"), "");
    }

    private void segment(int timeline, int number, int page) throws IOException {
        byte[] content = new byte[MB];
        Arrays.fill(content, (byte) 7);
        ByteBuffer.wrap(content).order(ByteOrder.nativeOrder()).putLong(8, (long) page * MB);
        Files.write(file(timeline, number), content);
    }

    private Path file(int timeline, int number) {
        return data.resolve("pg_wal/%08X00000000%08X".formatted(timeline, number));
    }

    private DivergedSegments segments(int megabytes) {
        return new DivergedSegments(() -> data, () -> new DivergedWalSettings(null, (long) megabytes * MB));
    }

    private static final ControlData CONTROL =
            new ControlData(Map.of("Database system identifier", "77", "Bytes per WAL segment", "1048576"));

    private RewindOutcome takeAway(int megabytes, DivergedWal wal) {
        return segments(megabytes).takeAway(wal, CONTROL, () -> true, cancellation);
    }

    private static DivergedWal wal(int timeline, String from, String to) {
        return new DivergedWal(
                timeline, Lsn.parse(from).orElse(Lsn.NONE), Lsn.parse(to).orElse(Lsn.NONE));
    }

    private static List<String> names(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.equals("archive_status"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void theWalEndsWhereThePartBeganAndTheRestIsKept() throws IOException {
        byte[] before = Files.readAllBytes(file(1, 2));

        assertEquals(RewindOutcome.DONE, takeAway(100, wal(1, "0/280000", "0/390000")));

        assertEquals(
                List.of(
                        "000000010000000000000001",
                        "000000010000000000000002",
                        "00000002.history",
                        "000000020000000000000002"),
                names(data.resolve("pg_wal")));
        assertEquals(List.of(), names(data.resolve("pg_wal/archive_status")));
        byte[] after = Files.readAllBytes(file(1, 2));
        assertArrayEquals(Arrays.copyOf(before, MB / 2), Arrays.copyOf(after, MB / 2));
        assertArrayEquals(new byte[MB / 2], Arrays.copyOfRange(after, MB / 2, MB));
        Path set = kept.resolve("77-timeline-1-from-0_280000-to-0_390000");
        assertEquals(List.of("000000010000000000000002", "000000010000000000000003"), names(set));
        assertArrayEquals(before, Files.readAllBytes(set.resolve("000000010000000000000002")));
    }

    @Test
    void aTimelineThatTheLeaderNeverWasOnGoesWithItsHistory() throws IOException {
        assertEquals(RewindOutcome.DONE, takeAway(100, wal(2, "", "")));

        assertEquals(4, names(data.resolve("pg_wal")).size());
        assertEquals(List.of("00000002.history", "000000020000000000000002"), names(kept.resolve("77-timeline-2")));
    }

    @Test
    void aPartThatBeginsWithASegmentLeavesNothingOfIt() throws IOException {
        assertEquals(RewindOutcome.DONE, takeAway(100, wal(1, "0/300000", "")));

        assertEquals(
                List.of("000000010000000000000001", "000000010000000000000002"),
                names(data.resolve("pg_wal")).subList(0, 2));
        assertEquals(4, names(data.resolve("pg_wal")).size());
    }

    @Test
    void theLimitHoldsForAllSetsTogetherAndTheOldestGoFirst() throws IOException {
        segments(4).keep(wal(1, "0/280000", ""), CONTROL, cancellation);
        Files.setLastModifiedTime(kept.resolve("77-timeline-1-from-0_280000"), FileTime.fromMillis(1_000));
        segments(4).keep(wal(2, "", ""), CONTROL, cancellation);
        assertEquals(List.of("77-timeline-1-from-0_280000", "77-timeline-2"), names(kept));

        segments(4).keep(wal(1, "0/290000", ""), CONTROL, cancellation);

        assertEquals(List.of("77-timeline-1-from-0_290000", "77-timeline-2"), names(kept));
    }

    @Test
    void aPartThatIsLargerThanTheLimitIsKeptFromItsBeginning() throws IOException {
        segments(2).keep(wal(1, "0/180000", ""), CONTROL, cancellation);

        assertEquals(
                List.of("000000010000000000000001", "000000010000000000000002"),
                names(kept.resolve("77-timeline-1-from-0_180000")));
    }

    @Test
    void withoutALimitOrAPlaceNothingIsKeptAndTheWalGoesAllTheSame() throws IOException {
        segments(0).keep(wal(1, "0/280000", ""), CONTROL, cancellation);
        assertTrue(Files.notExists(kept));
        Files.writeString(kept, "a file");

        assertEquals(RewindOutcome.DONE, takeAway(100, wal(1, "0/280000", "")));

        assertEquals(4, names(data.resolve("pg_wal")).size());
    }

    @Test
    void aServerThatIsNotAsItWasSeenKeepsItsWal() throws IOException {
        var outcome = segments(100).takeAway(wal(1, "0/280000", ""), CONTROL, () -> false, cancellation);

        assertEquals(RewindOutcome.LATER, outcome);
        assertEquals(6, names(data.resolve("pg_wal")).size());
    }

    @Test
    void nothingIsKeptInTheDataDirectoryItself() {
        var segments = new DivergedSegments(() -> data, () -> new DivergedWalSettings(data.resolve("kept"), 100L * MB));

        segments.keep(wal(1, "0/280000", ""), CONTROL, cancellation);

        assertTrue(Files.notExists(data.resolve("kept")));
    }
}
