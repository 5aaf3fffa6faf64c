package io.matriarch.simulator.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.model.Lsn;
import io.matriarch.postgres.StartOutcome;
import io.matriarch.postgres.StopRequest;
import io.matriarch.simulator.postgres.SmallWorld.Node;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What {@code pg_controldata} says; each looked up on PostgreSQL 15. */
class ControlFileTest {

    private static final String LOCATION = "Latest checkpoint location";
    private static final String MINIMUM = "Minimum recovery ending location";
    private static final String MINIMUM_TIMELINE = "Min recovery ending loc's timeline";
    private static final String TIMELINE = "Latest checkpoint's TimeLineID";

    private final SmallWorld world = new SmallWorld();
    private final Node a = world.primary("a");

    private void immediateStop(Node node) {
        node.agent.stop(StopRequest.immediate(null));
    }

    @Test
    void aPrimaryThatRuns() {
        assertEquals("in production", a.state());
        assertEquals("0/0", a.control(MINIMUM));
        assertEquals("0", a.control(MINIMUM_TIMELINE));
    }

    @Test
    void aFastStopWritesAShutdownCheckpointAsTheLastRecord() {
        a.write();

        a.stop();

        assertEquals("shut down", a.state());
        Lsn checkpoint = Lsn.parse(a.control(LOCATION)).orElseThrow();
        assertEquals(114, a.host.walEnd().bytesAfter(checkpoint), "nothing lies behind it");
        assertEquals("0/0", a.control(MINIMUM));
    }

    @Test
    void anImmediateStopLeavesItInProduction() {
        String before = a.control(LOCATION);
        a.write();

        immediateStop(a);

        assertEquals("in production", a.state());
        assertEquals(before, a.control(LOCATION));
    }

    @Test
    void crashRecoveryEndsWithACheckpointOnTheSameTimeline() {
        a.write();
        a.host.kill();
        String before = a.control(LOCATION);

        assertEquals(StartOutcome.STARTED, a.startAsPrimary());

        assertEquals("in production", a.state());
        assertEquals("1", a.control(TIMELINE));
        assertNotEquals(before, a.control(LOCATION));
    }

    @Test
    void aStandbyThatRunsAndStops() {
        Node b = world.replica("b", a);
        assertEquals("in archive recovery", b.state());
        assertNotEquals("0/0", b.control(MINIMUM));
        a.write();
        world.await("b has replayed", () -> b.hasReplayed(a));
        String replayed = b.look().replayed().toString();
        assertNotEquals(replayed, b.control(MINIMUM), "it is raised now and then only");

        b.stop();

        assertEquals("shut down in recovery", b.state());
        assertEquals(replayed, b.control(MINIMUM));
        assertEquals("1", b.control(MINIMUM_TIMELINE));
    }

    @Test
    void aStandbyThatCrashesKnowsNotHowFarItWas() {
        Node b = world.replica("b", a);
        String minimum = b.control(MINIMUM);
        a.write();
        world.await("b has replayed", () -> b.hasReplayed(a));

        b.host.kill();

        assertEquals("in archive recovery", b.state());
        assertEquals(minimum, b.control(MINIMUM));
    }

    @Test
    void aPromotionIsInProductionLongBeforeItsCheckpoint() {
        Node b = world.replica("b", a);
        a.stop();

        b.promote();

        assertEquals("in production", b.state());
        assertEquals("1", b.control(TIMELINE), "the checkpoint of the old timeline");
        assertEquals("2", b.control(MINIMUM_TIMELINE), "so that crash recovery finds the new one");
        assertTrue(b.agent.checkpoint());
        assertEquals("2", b.control(TIMELINE));
        assertEquals("0/0", b.control(MINIMUM));
    }

    @Test
    void aPromotedServerThatCrashesBeforeItsCheckpointRecoversOnTheNewTimeline() {
        Node b = world.replica("b", a);
        a.stop();
        b.promote();
        b.write();
        b.host.kill();

        assertEquals(StartOutcome.STARTED, b.startAsPrimary());

        assertEquals(2, b.look().timeline());
        assertTrue(b.host.rows().contains(b.lastRow()));
    }

    @Test
    void theNewTimelineBeginsWhereTheOldOneEnds() {
        Node b = world.replica("b", a);
        a.stop();
        Lsn end = a.host.walEnd();

        b.promote();

        assertEquals(1, b.agent.localHistory(2).size());
        assertEquals(end, b.agent.localHistory(2).getFirst().switchPoint(), "the shutdown checkpoint arrived");
    }

    @Test
    void singleUserRecoveryShutsACrashedServerDown() {
        Node b = world.replica("b", a);
        a.stop();
        b.promote();
        b.host.kill();
        assertEquals("in production", b.state());

        assertTrue(b.agent.recoverInSingleUserMode());

        assertEquals("shut down", b.state());
        assertEquals("2", b.control(TIMELINE));
        assertEquals("0/0", b.control(MINIMUM));
    }

    /** As the lock file has it; the agent that had begun the recovery was killed. */
    @Test
    void noServerStartsBesideASingleUserServer() {
        a.host.kill();
        SingleUser.start(a.host, true);

        assertFalse(a.agent.recoverInSingleUserMode());
        assertEquals(StartOutcome.FAILED, a.startAsPrimary());

        world.pass(Duration.ofMinutes(1));
        assertEquals("shut down", a.state());
        assertEquals(StartOutcome.STARTED, a.startAsPrimary());
    }

    @Test
    void anIdleServerMakesNoCheckpoints() {
        world.pass(Duration.ofMinutes(20));
        String first = a.control(LOCATION);

        world.pass(Duration.ofMinutes(20));

        assertEquals(first, a.control(LOCATION));
    }
}
