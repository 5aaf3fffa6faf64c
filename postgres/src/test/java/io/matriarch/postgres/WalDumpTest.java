package io.matriarch.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.model.Lsn;
import io.matriarch.model.config.PostgresSettings;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WalDumpTest {

    @TempDir
    private Path directory;

    @Test
    void theEndIsReadFromTheMessageOfOldAndNewReleases() {
        assertEquals(
                Lsn.parse("0/20000A0"),
                WalDump.parseEnd("pg_waldump: error: error in WAL record at 0/2000028: invalid record length at"
                        + " 0/20000A0: wanted 24, got 0\n"));
        assertEquals(
                Lsn.parse("0/20000A0"),
                WalDump.parseEnd("pg_waldump: error: error in WAL record at 0/2000028: invalid record length at"
                        + " 0/20000A0: expected at least 24, got 0\n"));
        assertEquals(Optional.empty(), WalDump.parseEnd("pg_waldump: error: could not find file \"0000\"\n"));
    }

    @Test
    void aSwitchIsToldFromOtherRecords() {
        var checkpoint = WalDump.WalRecord.parse("rmgr: XLOG        len (rec/tot):    114/   114, tx:          0, lsn:"
                        + " 0/02000028, prev 0/01518058, desc: CHECKPOINT_SHUTDOWN redo 0/2000028; tli 1\n")
                .orElseThrow();
        var walSwitch = WalDump.WalRecord.parse("rmgr: XLOG        len (rec/tot):     24/    24, tx:          0, lsn:"
                        + " 0/01518058, prev 0/01518000, desc: SWITCH \n")
                .orElseThrow();

        assertEquals(Lsn.parse("0/1518058").orElseThrow(), checkpoint.previous());
        assertFalse(checkpoint.isSwitch());
        assertTrue(walSwitch.isSwitch());
    }

    @Test
    void aCheckpointInsideASegmentIsTheReleasedPositionWithoutALook() {
        Supplier<PostgresSettings> forbidden = () -> {
            throw new AssertionError("asked pg_waldump");
        };
        var walDump = new WalDump(forbidden, new Programs(forbidden));
        var control = new ControlData(Map.of(
                "Database cluster state", "shut down",
                "Latest checkpoint location", "0/2000060",
                "Bytes per WAL segment", "16777216"));

        assertEquals(Lsn.parse("0/2000060"), walDump.releasedPosition(control, new Cancellation()));
    }

    @Test
    void theReleasedPositionOfARealServer() throws Exception {
        try (var node = new TestNode("n1", directory)) {
            node.settings.parameters().put("archive_mode", "on");
            node.settings.parameters().put("archive_command", "true");
            var walDump = new WalDump(() -> node.settings, node.programs());
            node.becomePrimary();

            ControlData running = node.controlData().orElseThrow();
            assertEquals(Optional.empty(), walDump.releasedPosition(running, new Cancellation()));

            node.sql("CREATE TABLE t (id int)");
            node.stop();
            ControlData stopped = node.controlData().orElseThrow();
            Lsn released = walDump.releasedPosition(stopped, new Cancellation()).orElseThrow();
            assertTrue(stopped.checkpointLocation().isAfter(released), released + " is the switch of the segment");

            Optional<Lsn> end = walDump.endOfLastRecord(1, stopped.checkpointLocation(), new Cancellation());
            assertTrue(end.orElseThrow().isAfter(stopped.checkpointLocation()));
        }
    }
}
