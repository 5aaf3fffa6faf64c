package io.matriarch.backup;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.backup.WalArchive.Stored;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WalArchiveTest {

    private static final String FIRST = "000000010000000000000001";
    private static final String PARTIAL = FIRST + ".partial";

    @TempDir
    private Path directory;

    private WalArchive archive;
    private Path wal;

    WalArchiveTest() {
        archive = new WalArchive(Path.of(""));
        wal = Path.of("");
    }

    @BeforeEach
    void open() throws Exception {
        Path root = Files.createDirectory(directory.resolve("repository"));
        wal = Files.createDirectory(directory.resolve("pg_wal"));
        archive = Repository.open(root, "main").wal();
    }

    @Test
    void givesBackWhatItWasGiven() throws Exception {
        for (int level : List.of(0, 1, 9)) {
            String name = "00000001000000000000000" + level;
            Path file = TestWal.segment(wal, name, level);
            assertEquals(Stored.STORED, archive.store(file, name, level));
            Path to = wal.resolve("RECOVERYXLOG");
            assertTrue(archive.fetch(name, to));
            assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(to));
        }
        assertFalse(archive.fetch("0000000100000000000000FF", wal.resolve("RECOVERYXLOG")));
        assertEquals(TestWal.SYSTEM, archive.systemIdentifier().orElseThrow());
    }

    @Test
    void theSameAgainIsSuccess() throws Exception {
        Path file = TestWal.segment(wal, FIRST, 1);
        archive.store(file, FIRST, 1);
        assertEquals(Stored.ALREADY_THERE, archive.store(file, FIRST, 1));
        assertEquals(Stored.ALREADY_THERE, archive.store(file, FIRST, 9), "compressed in another way");
    }

    @Test
    void neverReplacesAnything() throws Exception {
        archive.store(TestWal.segment(wal, FIRST, 1), FIRST, 1);
        Path other = TestWal.segment(wal, "other", 2);
        assertThrows(RepositoryException.class, () -> archive.store(other, FIRST, 1));
        assertTrue(archive.fetch(FIRST, wal.resolve("back")));
        assertArrayEquals(TestWal.content(TestWal.SYSTEM, 1), Files.readAllBytes(wal.resolve("back")));
    }

    @Test
    void keepsEachEndOfATimeline() throws Exception {
        Path one = TestWal.segment(wal, PARTIAL, 1);
        assertEquals(Stored.STORED, archive.store(one, PARTIAL, 1));
        assertEquals(Stored.ALREADY_THERE, archive.store(one, PARTIAL, 1));
        Path other = TestWal.segment(wal, "other", 2);
        assertEquals(Stored.STORED, archive.store(other, PARTIAL, 1), "PostgreSQL would try this for ever");
        assertTrue(archive.segments().isEmpty(), "they count for no segment");
    }

    @Test
    void refusesTheWalOfAnotherCluster() throws Exception {
        archive.store(TestWal.segment(wal, FIRST, 1), FIRST, 1);
        Path foreign = Files.write(wal.resolve("foreign"), TestWal.content("42", 1));
        var refusal =
                assertThrows(RepositoryException.class, () -> archive.store(foreign, "000000010000000000000002", 1));
        assertTrue(refusal.getMessage().contains(TestWal.SYSTEM), refusal.getMessage());
        assertThrows(RepositoryException.class, () -> archive.claim("42"));
    }

    @Test
    void refusesWhatIsNoWal() throws Exception {
        Path file = Files.writeString(wal.resolve("text"), "no WAL");
        assertThrows(RepositoryException.class, () -> archive.store(file, FIRST, 1));
        assertThrows(RepositoryException.class, () -> archive.store(file, "../../etc/passwd", 1));
        assertThrows(RepositoryException.class, () -> archive.fetch("../x", wal.resolve("x")));
    }

    @Test
    void noticesDamageBeforeAnybodySeesTheContent() throws Exception {
        archive.store(TestWal.segment(wal, FIRST, 1), FIRST, 0);
        Path stored = only(FIRST + ".gz");
        byte[] bytes = Files.readAllBytes(stored);
        bytes[bytes.length / 2] ^= 1;
        Files.write(stored, bytes);
        Path to = wal.resolve("RECOVERYXLOG");
        assertThrows(RepositoryException.class, () -> archive.fetch(FIRST, to));
        Files.write(stored, Arrays.copyOf(bytes, 1000));
        assertThrows(RepositoryException.class, () -> archive.fetch(FIRST, to));
        assertThrows(
                RepositoryException.class,
                () -> archive.verify(WalName.parse(FIRST).orElseThrow()));
        assertFalse(Files.exists(to));
    }

    private Path only(String name) throws IOException {
        try (Stream<Path> files = Files.walk(directory.resolve("repository"))) {
            return files.filter(file -> file.endsWith(name)).findFirst().orElseThrow();
        }
    }

    /**
     * Killed at any moment: what is in the archive is whole, what was reported as archived is there, and going on is possible.
     * {@code -Dmatriarch.rounds=50} for many.
     */
    @Test
    void survivesKillAtAnyMoment() throws Exception {
        long seed = System.nanoTime();
        var random = new Random(seed);
        for (int round = 0; round < Integer.getInteger("matriarch.rounds", 2); round++) {
            String where = "round " + round + ", seed " + seed;
            Path log = directory.resolve("log");
            Process process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:TieredStopAtLevel=1",
                            "-XX:+UseSerialGC",
                            "-cp",
                            System.getProperty("java.class.path"),
                            ArchiveEndlessly.class.getName(),
                            directory.resolve("repository").toString(),
                            wal.toString())
                    .redirectOutput(log.toFile())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            try {
                while (process.isAlive() && Files.size(log) == 0) {
                    Thread.onSpinWait();
                }
                // not a synchronisation: where in its work it is hit is left to chance
                process.waitFor(random.nextInt(150), TimeUnit.MILLISECONDS);
            } finally {
                process.destroyForcibly();
                assertTrue(process.waitFor(10, TimeUnit.SECONDS), where);
            }
            for (String line : Files.readAllLines(log)) {
                if (line.endsWith(".")) { // else it was killed while it said so
                    String name = line.substring(0, line.length() - 1);
                    assertTrue(archive.fetch(name, wal.resolve("back")), where + ": " + name + " is lost");
                }
            }
            for (WalName.Segment segment : archive.segments()) {
                assertTrue(archive.fetch(segment.text(), wal.resolve("back")), where);
                assertArrayEquals(
                        TestWal.content(TestWal.SYSTEM, segment.seg()), Files.readAllBytes(wal.resolve("back")), where);
            }
        }
    }

    /** Archives segment after segment, and says which are done. */
    static final class ArchiveEndlessly {
        public static void main(String... arguments) throws Exception {
            WalArchive archive = Repository.open(Path.of(arguments[0]), "main").wal();
            for (int i = 1; i < 1000; i++) {
                String name = new WalName.Segment(1, 0, i % 250).text();
                Path file = TestWal.segment(Path.of(arguments[1]), name, i % 250);
                archive.store(file, name, i % 10);
                System.out.println(name + ".");
            }
        }
    }
}
