package io.matriarch.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** What can be known of processes. */
class ProcessTest {

    @Test
    void aProgramMayHaveAnyName() {
        String stat = "42 (a) b (c) S 7 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 9876 1 1";

        assertEquals(Optional.of(new ProcessTable.Entry(42, 7, 'S', 9876)), ProcessTable.parseStat(stat));
    }

    @Test
    void weAreAliveUnderOurOwnStartTimeOnly() {
        long pid = ProcessHandle.current().pid();
        long ticks = ProcessTable.entry(pid).orElseThrow().startTicks();

        assertTrue(ProcessTable.isAlive(new Postmaster(pid, ticks)));
        assertFalse(ProcessTable.isAlive(new Postmaster(pid, ticks + 1)));
    }

    @Test
    void aLifeSignEndsWithItsProcessAndNotWithItsParentsNotice() throws Exception {
        Process sleeping = new ProcessBuilder("sh", "-c", "sleep 60 & echo $!; exec sleep 60").start();
        long orphan = Long.parseLong(sleeping.inputReader().readLine());
        await(() -> ProcessTable.title(sleeping.pid()).startsWith("sleep")); // the shell itself would look
        var process =
                new Postmaster(orphan, ProcessTable.entry(orphan).orElseThrow().startTicks());
        try (LifeSign sign = LifeSign.of(process)) {
            assertTrue(sign.isAlive());

            ProcessHandle.of(orphan).orElseThrow().destroyForcibly();
            await(() -> !process.isAlive());

            assertEquals('Z', ProcessTable.entry(orphan).orElseThrow().state(), "its parent never looks");
            assertFalse(sign.isAlive());
            assertNull(LifeSign.of(process));
        } finally {
            sleeping.destroyForcibly();
        }
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + 10_000_000_000L;
        while (!condition.getAsBoolean() && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
    }

    @Test
    void aPidFileMayBeHalfWritten() {
        assertEquals(
                Optional.of(new PostmasterPidFile(12, false, Instant.ofEpochSecond(1700000000), false)),
                PostmasterPidFile.parse(List.of("12", "/data", "1700000000", "5432")));
        assertEquals(
                Optional.of(new PostmasterPidFile(12, true, Instant.EPOCH, false)),
                PostmasterPidFile.parse(List.of("-12")));
        assertTrue(PostmasterPidFile.parse(List.of("12", "/data", "1700000000", "5432", "/tmp", "*", "1 2", "stopping"))
                .orElseThrow()
                .stopping());
        assertEquals(Optional.empty(), PostmasterPidFile.parse(List.of()));
        assertEquals(Optional.empty(), PostmasterPidFile.parse(List.of("x")));
    }

    @Test
    void onlyBackendsOfClientsHoldUpAStop() {
        assertTrue(StopProcedure.isUserBackend("postgres: test: app db 10.0.0.1(5000) idle"));
        assertTrue(StopProcedure.isUserBackend("postgres: app db [local] SELECT"));
        assertFalse(StopProcedure.isUserBackend("postgres: test: checkpointer"));
        assertFalse(StopProcedure.isUserBackend("postgres: walsender replicator 127.0.0.1(1) streaming 0/3000060"));
        assertFalse(StopProcedure.isUserBackend("postgres: test: startup recovering 000000010000000000000003"));
        assertFalse(StopProcedure.isUserBackend("/usr/bin/postgres -D data"));
    }
}
