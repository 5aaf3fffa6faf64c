package io.matriarch.simulator.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.model.Lsn;
import io.matriarch.model.PostgresState;
import io.matriarch.postgres.Postmaster;
import io.matriarch.postgres.StartOutcome;
import io.matriarch.postgres.StopOutcome;
import io.matriarch.postgres.StopRequest;
import io.matriarch.simulator.postgres.SmallWorld.Node;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Ends of a server, wanted and unwanted (contract postgres-control.md 4). */
class StopAndFreezeTest {

    private final SmallWorld world = new SmallWorld();
    private final Node a = world.primary("a");

    private StopRequest fast(Duration timeout, List<Lsn> released) {
        return new StopRequest(StopRequest.Mode.FAST, false, true, timeout, () -> {}, released::add);
    }

    @Test
    void aStopIsReportedToTheAgentsListener() {
        var exits = new ArrayList<String>();
        a.agent.onPostmasterExit(() -> exits.add("gone"));

        a.stop();
        world.pass(Duration.ofSeconds(1));

        assertEquals(List.of("gone"), exits);
        assertEquals(PostgresState.STOPPED, a.agent.state());
        assertNull(a.agent.postmaster());
        assertEquals(Commit.Outcome.REFUSED, a.write());
    }

    @Test
    void aFastStopWaitsUntilItsStandbyHasEverythingOrIsGivenUp() {
        Node b = world.replica("b", a);
        a.write();
        b.host.freeze();
        long before = world.now().nanos();

        assertEquals(StopOutcome.STOPPED, a.agent.stop(StopRequest.fast(false, null)));

        assertTrue(world.now().nanos() - before > Duration.ofSeconds(40).toNanos(), "wal_sender_timeout");
    }

    @Test
    void theShutdownCheckpointIsAnnouncedWhileTheServerStillWaits() {
        Node b = world.replica("b", a);
        b.host.freeze();
        var released = new ArrayList<Lsn>();

        a.agent.stop(fast(null, released));

        assertEquals(1, released.size());
        assertEquals(
                a.control("Latest checkpoint location"), released.getFirst().toString());
        assertEquals(released.getFirst(), a.agent.shutdownPosition().orElseThrow());
    }

    @Test
    void aServerThatEndsAtOnceAnnouncesNothing() {
        var released = new ArrayList<Lsn>();

        a.agent.stop(fast(null, released));

        assertEquals(List.of(), released);
    }

    @Test
    void withArchivingTheReleasedPositionIsTheSwitchBeforeTheCheckpoint() {
        a.stop();
        a.agent.close();
        a.agent = a.newAgent("{archive_mode: \"on\", archive_command: \"true\"}");
        a.agent.attach();
        a.startAsPrimary();
        Node b = world.replica("b", a);
        a.write();
        world.await("b has it", () -> b.hasReplayed(a));
        Lsn before = a.look().flushed();

        a.stop();

        assertEquals(before, a.agent.shutdownPosition().orElseThrow());
        assertNotEquals(a.control("Latest checkpoint location"), before.toString());
    }

    @Test
    void aStuckArchiverHoldsTheEndUp() {
        a.stop();
        a.agent.close();
        a.agent = a.newAgent("{archive_mode: \"on\", archive_command: \"true\"}");
        a.agent.attach();
        a.startAsPrimary();
        a.host.stickArchiver(true);
        var released = new ArrayList<Lsn>();
        world.after(Duration.ofMinutes(5), "archiver", () -> a.host.stickArchiver(false));
        long before = world.now().nanos();

        a.agent.stop(fast(null, released));

        assertTrue(world.now().nanos() - before > Duration.ofMinutes(4).toNanos());
        assertEquals(1, released.size());
    }

    /** It may be the only one that may lead. */
    @Test
    void aRestartDoesNotWaitForEverForABackendOfAStandby() {
        Node b = world.replica("b", a);
        b.host.stickBackend(true);

        assertEquals(StartOutcome.STARTED, b.agent.restart(null));

        assertTrue(world.wasLogged("b", "received immediate shutdown request"));
    }

    @Test
    void aStuckBackendIsEndedByTheEscalation() {
        a.host.stickBackend(true);
        var safe = new ArrayList<String>();
        var request = new StopRequest(
                StopRequest.Mode.FAST, false, true, Duration.ofSeconds(10), () -> safe.add(a.state()), null);

        assertEquals(StopOutcome.STOPPED, a.agent.stop(request));

        assertEquals("in production", a.state(), "no checkpoint: it did not get that far");
        assertEquals(List.of("in production"), safe);
    }

    @Test
    void aStopWithoutLimitCanBeCancelled() {
        a.host.stickBackend(true);
        world.after(Duration.ofSeconds(30), "cancel", a.agent::cancel);

        assertEquals(StopOutcome.FAILED, a.agent.stop(StopRequest.fast(false, null)));

        assertEquals(PostgresState.STOPPING, a.agent.state());
        assertTrue(a.host.postmaster() != null);
    }

    @Test
    void onlyAKillEndsAFrozenServer() {
        a.host.freeze();

        assertEquals(StopOutcome.STOPPED, a.agent.stop(StopRequest.fast(false, Duration.ofSeconds(5))));

        assertTrue(world.wasLogged("a", "ready to accept"));
        assertFalse(world.wasLogged("a", "received immediate shutdown request"));
    }

    @Test
    void aFrozenServerAnswersNobodyAndGoesOnAfterwards() {
        a.agent.observe();
        a.host.freeze();
        for (long limit : new long[] {8, 5}) { // at first over the old connection, and over a new one
            long before = world.now().nanos();
            assertTrue(a.agent.observe().snapshot().isEmpty());
            assertTrue(world.now().nanos() - before < Duration.ofSeconds(limit).toNanos(), "the agent hangs");
        }
        assertEquals(PostgresState.RUNNING, a.agent.state());
        assertTrue(a.agent.observe().processRunning());
        var told = new ArrayList<Commit.Outcome>();
        a.host.commit(99, told::add);
        world.pass(Duration.ofSeconds(10));
        assertEquals(List.of(), told);

        a.host.thaw();
        world.pass(Duration.ofSeconds(1));

        assertEquals(List.of(Commit.Outcome.ACKNOWLEDGED), told);
        assertTrue(a.agent.observe().snapshot().isPresent());
    }

    @Test
    void aKillOfAFrozenServerBreaksWhatItsClientsWaitFor() {
        var told = new ArrayList<Commit.Outcome>();
        a.host.freeze();
        a.host.commit(99, told::add);

        a.host.kill();

        assertEquals(List.of(Commit.Outcome.UNKNOWN), told);
    }

    @Test
    void aSlowServerFailsTheAgentsQueryAndKeepsItsClients() {
        a.host.slowQueries(Duration.ofSeconds(3));

        assertTrue(a.agent.observe().snapshot().isEmpty(), "statement_timeout");

        assertEquals(Commit.Outcome.ACKNOWLEDGED, a.write());
    }

    @Test
    void theFenceMeansOnePostmasterOnly() {
        Postmaster first = a.agent.postmaster();
        a.agent.restart(null);

        a.host.kill(first);
        a.host.quit(first);
        world.pass(Duration.ofSeconds(1));

        assertTrue(a.host.isWritable(), "another one runs now");
        a.host.quit(a.agent.postmaster());
        world.pass(Duration.ofSeconds(1));
        assertNull(a.agent.postmaster());
    }

    @Test
    void aCrashedBackendMeansARestartOfAllInThePostmaster() {
        Postmaster postmaster = a.agent.postmaster();
        a.write();

        a.host.crashBackend();

        assertEquals(Commit.Outcome.REFUSED, a.write());
        world.await("it recovers", () -> a.host.isWritable());
        assertEquals(postmaster, a.agent.postmaster());
        assertEquals(1, a.host.rows().size());
    }

    @Test
    void powerLossLeavesWhatWasFlushed() {
        Node b = world.replica("b", a);
        var told = new ArrayList<Commit.Outcome>();
        for (int i = 0; i < 50; i++) {
            a.write();
        }
        long acknowledged = a.lastRow();
        a.host.commit(4711, told::add);
        a.host.losePower();

        assertEquals(List.of(), told, "nobody says anything");
        assertEquals(Commit.Outcome.REFUSED, a.write());
        world.pass(Duration.ofSeconds(30));
        assertTrue(b.isStreaming(), "b has not noticed");
        a.host.restorePower();
        a.replaceAgent();
        assertEquals(PostgresState.STOPPED, a.agent.state());
        assertEquals(StartOutcome.STARTED, a.startAsPrimary());
        assertEquals(
                50, a.host.rows().stream().filter(row -> row <= acknowledged).count());
        world.await("b streams again", () -> b.hasReplayed(a) && b.isStreaming());
    }

    @Test
    void whatWasWrittenSurvivesACrashOfTheServerAlone() {
        a.host.slowDisk(Duration.ofSeconds(10));
        a.host.commit(4711, outcome -> {});
        world.pass(Duration.ofSeconds(1));

        a.host.kill();

        assertTrue(a.host.rowsOnDisk().contains(4711L));
        a.host.slowDisk(Duration.ZERO);
        a.startAsPrimary();
        assertTrue(a.host.rows().contains(4711L));
    }

    @Test
    void powerLossMayTakeWhatWasNotFlushed() {
        boolean lost = false;
        boolean kept = false;
        for (int seed = 1; seed < 30; seed++) {
            var other = new SmallWorld(PostgresTraits.calm(), seed);
            Node node = other.primary("a");
            node.host.slowDisk(Duration.ofSeconds(10));
            node.host.commit(4711, outcome -> {});
            other.pass(Duration.ofSeconds(1));
            node.host.losePower();
            boolean there = node.host.rowsOnDisk().contains(4711L);
            lost |= !there;
            kept |= there;
        }
        assertTrue(lost && kept);
    }

    @Test
    void aFullDiskIsAPanicAndNoStartHelps() {
        a.write();
        a.host.limitDisk(24L << 20);
        boolean up = true;
        for (int i = 0; up && i < 200_000; i++) {
            a.host.commit(1_000_000 + i, outcome -> {});
            up = a.host.postmaster() != null;
        }
        assertFalse(up);
        assertTrue(world.wasLogged("a", "No space left on device"));

        assertEquals(StartOutcome.FAILED, a.startAsPrimary());

        a.host.emptyDiskAgain();
        assertEquals(StartOutcome.STARTED, a.startAsPrimary());
    }
}
