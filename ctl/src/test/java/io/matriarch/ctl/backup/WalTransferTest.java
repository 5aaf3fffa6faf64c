package io.matriarch.ctl.backup;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.backup.RestoreTarget;
import io.matriarch.ctl.backup.RestoreJournal.Kind;
import io.matriarch.ctl.backup.RestoreJournal.Step;
import io.matriarch.model.Lsn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands that PostgreSQL calls, and what a restore remembers. */
class WalTransferTest {

    @TempDir
    private Path directory;

    private String configuration(String backup) throws IOException {
        return Files.writeString(
                        directory.resolve("patroni.yml"),
                        "scope: main\nname: a\nmatriarch:\n  backup: " + backup + "\n")
                .toString();
    }

    private static int run(String... words) {
        Integer code = WalTransfer.runIfPlain(words);
        assertTrue(code != null);
        return code;
    }

    @Test
    void exitCodesSayWhatPostgresNeedsToKnow() throws Exception {
        Path repository = Files.createDirectory(directory.resolve("repository"));
        String config = configuration("{directory: " + repository + "}");
        Path file = Files.writeString(directory.resolve("00000002.history"), "1\t0/3000000\twhy\n");
        Path to = directory.resolve("to");
        assertEquals(200, run("restore-file", "-c", config, "00000002.history", to.toString()), "nothing is known yet");
        assertEquals(0, run("archive", "-c", config, file.toString()));
        assertEquals(0, run("archive", "-c", config, file.toString()), "the same again");
        assertEquals(0, run("restore-file", "-c", config, "00000002.history", to.toString()));
        assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(to));
        assertEquals(1, run("restore-file", "-c", config, "00000003.history", to.toString()), "not there");
        Files.writeString(file, "other");
        assertEquals(1, run("archive", "-c", config, file.toString()), "never replaced");
        Files.move(repository, directory.resolve("unmounted"));
        assertEquals(200, run("restore-file", "-c", config, "00000003.history", to.toString()), "nobody can tell");
        assertEquals(1, run("archive", "-c", config, file.toString()));
        assertEquals(200, run("restore-file", "-c", configuration("{tool: tape}"), "00000003.history", to.toString()));
    }

    @Test
    void otherCallsAreTheParsers() {
        assertNull(WalTransfer.runIfPlain());
        assertNull(WalTransfer.runIfPlain("archive"));
        assertNull(WalTransfer.runIfPlain("archive", "--help"));
        assertNull(WalTransfer.runIfPlain("backup", "list"));
    }

    @Test
    void aJournalReadsItself() throws Exception {
        Path file = directory.resolve("journal");
        assertEquals(Optional.empty(), RestoreJournal.read(file));
        var journal = new RestoreJournal(
                Kind.RESTORE,
                "main",
                new RestoreTarget.Time(Instant.parse("2026-01-01T00:00:00.5Z")),
                "label",
                3,
                Step.SWAP,
                7,
                true,
                "");
        journal.write(file);
        assertEquals(journal, RestoreJournal.read(file).orElseThrow());
        assertTrue(journal.isBefore(Step.START));
        assertTrue(!journal.isBefore(Step.STOP));
        for (Kind kind : Kind.values()) {
            assertEquals(Step.DONE, kind.steps().getLast());
        }
    }

    @Test
    void findsTheLatestBackupOfPgBackRestBeforeATarget() {
        String info = """
            [{"backup": [
              {"label": "1F", "lsn": {"start": "0/2000028", "stop": "0/2000100"}, "timestamp": {"start": 100, "stop": 110}},
              {"label": "2F", "lsn": {"start": "0/9000028", "stop": "0/9000100"}, "timestamp": {"start": 200, "stop": 210}}
            ], "name": "main"}]
            """;
        assertEquals(Optional.of("2F"), PgBackRest.latestBefore(new RestoreTarget.Latest(), info));
        assertEquals(Optional.of("1F"), PgBackRest.latestBefore(time(205), info));
        assertEquals(Optional.of("2F"), PgBackRest.latestBefore(time(215), info));
        assertEquals(Optional.empty(), PgBackRest.latestBefore(time(105), info));
        assertEquals(Optional.of("1F"), PgBackRest.latestBefore(new RestoreTarget.Position(new Lsn(0x8000000)), info));
        assertEquals(Optional.empty(), PgBackRest.latestBefore(new RestoreTarget.Latest(), "nonsense"));
        assertEquals(11, PgBackRest.newestTimeline("""
            [{"archive": [{"id": "13-1", "max": "000000010000000000000009"}, {"id": "15-2", "max": "0000000B0000000000000002"}]}]
            """));
        assertEquals(0, PgBackRest.newestTimeline("[{\"archive\": [{\"max\": null}]}]"));
    }

    private static RestoreTarget time(long second) {
        return new RestoreTarget.Time(Instant.ofEpochSecond(second));
    }
}
