package io.matriarch.backup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.backup.WalName.Segment;
import io.matriarch.model.Lsn;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Backups on timeline 1 at segments 10 and 20, timeline 2 leaves it within segment 15, WAL of both up to segment 30. */
class RepositoryTest {

    private static final Instant NOON = Instant.parse("2026-05-01T12:00:00Z");

    @TempDir
    private Path directory;

    private Repository repository() throws Exception {
        return Repository.open(directory, "main");
    }

    private static Lsn at(double segment) {
        return new Lsn((long) (segment * TestWal.SEGMENT));
    }

    private static BackupRecord backup(String label, int timeline, double start, double stop, int minute) {
        Instant end = NOON.plus(Duration.ofMinutes(minute));
        return new BackupRecord(
                label,
                "node2",
                TestWal.SYSTEM,
                150_004,
                timeline,
                at(start),
                at(stop),
                end.minusSeconds(30),
                end,
                TestWal.SEGMENT,
                1000,
                true,
                List.of());
    }

    private void add(BackupRecord backup) throws Exception {
        try (var _ = repository().lock()) {
            Path place = repository().begin(backup.label());
            Files.writeString(place.resolve("base.tar.gz"), backup.label());
            repository()
                    .finish(
                            place,
                            new BackupRecord(
                                    backup.label(),
                                    backup.member(),
                                    backup.systemIdentifier(),
                                    backup.serverVersion(),
                                    backup.timeline(),
                                    backup.start(),
                                    backup.stop(),
                                    backup.startedAt(),
                                    backup.finishedAt(),
                                    backup.segmentBytes(),
                                    backup.dataBytes(),
                                    backup.checked(),
                                    Repository.describe(place)));
        }
    }

    private void archive(int timeline, int first, int last) throws Exception {
        for (int number = first; number <= last; number++) {
            Segment segment = Segment.ofNumber(timeline, number, TestWal.SEGMENT);
            Path file = TestWal.segment(directory, segment.text(), number);
            repository().wal().store(file, segment.text(), 1);
            Files.delete(file);
            Files.setLastModifiedTime(
                    stored(segment),
                    FileTime.from(NOON.plus(Duration.ofMinutes(number)).plusSeconds(30)));
        }
    }

    private Path stored(Segment segment) throws Exception {
        return repository()
                .directory()
                .resolve("wal")
                .resolve(segment.text().substring(0, 16))
                .resolve(segment.text() + ".gz");
    }

    private void fill() throws Exception {
        add(backup("a", 1, 10.5, 10.7, 10));
        add(backup("b", 1, 20.5, 20.7, 20));
        archive(1, 10, 30);
        Path history = Files.writeString(directory.resolve("history"), "1\t" + at(15.5) + "\tbecause\n");
        repository().wal().store(history, "00000002.history", 1);
        archive(2, 15, 30);
    }

    @Test
    void findsTheLatestBackupBeforeATarget() throws Exception {
        fill();
        assertEquals("a", plan(new RestoreTarget.Position(at(20.6)), 1).backup().label());
        assertEquals("b", plan(new RestoreTarget.Position(at(20.7)), 1).backup().label());
        assertEquals("a", plan(time(19), 1).backup().label());
        assertEquals("b", plan(time(21), 1).backup().label());
        assertEquals("b", plan(new RestoreTarget.Latest(), 1).backup().label());
        assertEquals("a", plan(new RestoreTarget.Latest(), 2).backup().label(), "b lies behind where timeline 2 left");
        assertEquals("a", repository().plan(time(21), 1, "a").backup().label());
        assertEquals(1, plan(new RestoreTarget.Position(at(15.4)), 2).timeline(), "before timeline 2 began");
        assertEquals(2, plan(new RestoreTarget.Position(at(15.6)), 2).timeline());
        Files.setLastModifiedTime(
                repository().directory().resolve("wal/00000002.history.gz"),
                FileTime.from(NOON.plus(Duration.ofMinutes(16))));
        assertEquals(1, plan(time(15), 2).timeline());
        assertEquals(2, plan(time(16), 2).timeline());
    }

    private RestorePlan plan(RestoreTarget target, int timeline) throws Exception {
        return repository().plan(target, timeline, null);
    }

    private static RestoreTarget time(int minute) {
        return new RestoreTarget.Time(NOON.plus(Duration.ofMinutes(minute)));
    }

    @Test
    void refusesATargetOutsideOfWhatItCovers() throws Exception {
        assertTrue(refusal(new RestoreTarget.Latest(), 1).contains("there is no backup"));
        fill();
        assertTrue(refusal(time(9), 1).contains("no backup"));
        assertTrue(refusal(time(31), 1).contains("the archive ends before"));
        assertTrue(refusal(new RestoreTarget.Position(at(31.5)), 1).contains("the archive ends before"));
        assertTrue(refusal(new RestoreTarget.Latest(), 3).contains("no history of timeline 3"));
    }

    private String refusal(RestoreTarget target, int timeline) {
        return assertThrows(RepositoryException.class, () -> plan(target, timeline))
                .getMessage();
    }

    @Test
    void findsAMissingSegmentWhereItIsNeededOnly() throws Exception {
        fill();
        Files.delete(stored(Segment.ofNumber(1, 13, TestWal.SEGMENT)));
        assertEquals(
                List.of(Segment.ofNumber(1, 13, TestWal.SEGMENT)),
                plan(new RestoreTarget.Latest(), 2).missing());
        assertEquals(List.of(), plan(new RestoreTarget.Latest(), 1).missing(), "b begins behind the gap");
        assertEquals(List.of(), plan(new RestoreTarget.Position(at(12.5)), 1).missing(), "ends before the gap");
        // at minute 12 the next backup is the one of minute 20, until which all is needed as far as anybody knows
        assertEquals(1, plan(time(12), 1).missing().size());
    }

    @Test
    void looksForASegmentOnTheTimelineThatHasIt() throws Exception {
        fill();
        TimelineLine line = repository().line(2);
        assertEquals(1, line.file(14, TestWal.SEGMENT).timeline());
        assertEquals(2, line.file(15, TestWal.SEGMENT).timeline(), "it begins as a copy of its parent's");
        Files.delete(stored(Segment.ofNumber(2, 15, TestWal.SEGMENT)));
        assertEquals(1, plan(new RestoreTarget.Latest(), 2).missing().size());
    }

    @Test
    void aBackupIsThereWholeOrNotAtAll() throws Exception {
        add(backup("a", 1, 10.5, 10.7, 10));
        try (var _ = repository().lock()) {
            Files.writeString(repository().begin("b").resolve("base.tar.gz"), "half of it");
            assertThrows(RepositoryException.class, () -> repository().lock().close());
        }
        assertEquals(1, repository().backups().size());
        repository().lock().close();
        assertFalse(Files.exists(repository().directory().resolve("tmp")), "the next one removes what is left");
    }

    @Test
    void removesABackupAndTheWalBeforeTheFirst() throws Exception {
        fill();
        try (var _ = repository().lock()) {
            repository().remove(repository().backups().getFirst());
            repository().removeWalBefore(repository().backups(), NOON);
        }
        assertEquals("b", repository().backups().getFirst().label());
        assertEquals(
                Segment.ofNumber(1, 20, TestWal.SEGMENT),
                repository().wal().segments().getFirst());
        assertEquals(2, repository().wal().highestTimeline(), "histories stay");
        try (var _ = repository().lock()) {
            repository().removeWalBefore(List.of(), NOON);
        }
        assertFalse(repository().wal().segments().isEmpty(), "without a backup nobody knows what is needed");
    }

    @Test
    void noticesAChangedFile() throws Exception {
        add(backup("a", 1, 10.5, 10.7, 10));
        BackupRecord backup = repository().backups().getFirst();
        assertEquals(List.of(), repository().examine(backup));
        Path file = repository().directoryOf(backup).resolve("base.tar.gz");
        Files.writeString(file, "b");
        assertEquals(1, repository().examine(backup).size());
        Files.delete(file);
        assertTrue(repository().examine(backup).getFirst().endsWith("is missing"));
    }

    @Test
    void aRootThatIsNotThereIsNoEmptyRepository() {
        assertThrows(RepositoryException.class, () -> Repository.open(directory.resolve("unmounted"), "main"));
        assertThrows(RepositoryException.class, () -> Repository.open(directory, "../main"));
    }

    @Test
    void aRecordReadsItself() {
        BackupRecord backup = backup("a", 3, 10.5, 10.7, 10);
        assertEquals(backup, BackupRecord.parse(backup.toJson()).orElseThrow());
        assertTrue(BackupRecord.parse("{\"format\": 1}").isEmpty());
        assertTrue(BackupRecord.parse(backup.toJson().replace("\"format\": 1", "\"format\": 2"))
                .isEmpty());
    }

    @Test
    void keepsWhatTheLastDaysNeed() {
        List<BackupRecord> daily = IntStream.range(0, 10)
                .mapToObj(day -> backup("day" + day, 1, day + 1, day + 1.1, day * 24 * 60))
                .toList();
        Instant now = NOON.plus(Duration.ofDays(9)).minusSeconds(1);
        assertEquals(
                List.of("day0", "day1", "day2", "day3", "day4", "day5"),
                labels(new Retention(1, Duration.ofDays(2)).expired(daily, now)),
                "day6 is needed for the moments between it and day7");
        assertEquals(List.of("day0", "day1"), labels(new Retention(8, Duration.ofDays(2)).expired(daily, now)));
        assertEquals(
                List.of("day0", "day1", "day2", "day3", "day4", "day5", "day6", "day7", "day8"),
                labels(new Retention(1, Duration.ZERO).expired(daily, now.plusSeconds(2))));
        assertEquals(List.of(), labels(new Retention(1, Duration.ZERO).expired(daily.subList(0, 1), now)));
    }

    private static List<String> labels(List<BackupRecord> backups) {
        return backups.stream().map(BackupRecord::label).toList();
    }
}
