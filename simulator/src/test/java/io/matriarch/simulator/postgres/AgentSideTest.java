package io.matriarch.simulator.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.model.Lsn;
import io.matriarch.model.PostgresState;
import io.matriarch.model.Role;
import io.matriarch.postgres.FollowOutcome;
import io.matriarch.postgres.LocalFacts;
import io.matriarch.postgres.PromoteOutcome;
import io.matriarch.postgres.RecoveryChange;
import io.matriarch.postgres.RewindCheck;
import io.matriarch.postgres.SlotPlan;
import io.matriarch.postgres.StartOutcome;
import io.matriarch.postgres.StopRequest;
import io.matriarch.postgres.Upstream;
import io.matriarch.simulator.postgres.SmallWorld.Node;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the agent's side says and does, in the way of the real instance. */
class AgentSideTest {

    private final SmallWorld world = new SmallWorld();
    private final Node a = world.primary("a");

    private List<String> callbacks(Node node) {
        return node.agent.callbacks().stream()
                .map(c -> c.action() + " " + c.role())
                .toList();
    }

    private static SlotPlan.Action create(String slot) {
        return new SlotPlan.Action.Create(slot);
    }

    @Test
    void aBootstrapIsToldAtItsEndOnly() {
        assertEquals(List.of("on_start primary"), callbacks(a));
        assertEquals(PostgresState.RUNNING, a.agent.state());
        assertEquals(Role.PRIMARY, a.agent.role());
        assertEquals("postgres://a:5432/postgres", a.agent.connUrl());
        assertEquals(150_000, a.agent.majorVersion());
    }

    @Test
    void aNewAgentAdoptsARunningPrimary() {
        a.replaceAgent();

        assertEquals(PostgresState.RUNNING, a.agent.state());
        assertEquals(Role.PRIMARY, a.agent.role());
        assertTrue(a.agent.anyCallbackCalled());
        assertTrue(a.agent.observe().isPrimaryHere());
    }

    @Test
    void aNewAgentAdoptsARunningReplicaWithoutTouchingIt() {
        Node b = world.replica("b", a);
        var before = b.host.postmaster();

        b.replaceAgent();

        assertEquals(Role.REPLICA, b.agent.role());
        assertEquals(RecoveryChange.NONE, b.agent.recoveryChange(a.asUpstreamOf(b)));
        assertEquals(before, b.host.postmaster());
    }

    @Test
    void aStoppedFormerPrimaryIsDemoted() {
        a.stop();

        a.replaceAgent();

        assertEquals(PostgresState.STOPPED, a.agent.state());
        assertEquals(Role.DEMOTED, a.agent.role());
        LocalFacts facts = a.agent.observe();
        assertEquals("shut down", facts.controlData().orElseThrow().clusterState());
        assertFalse(facts.processRunning());
        assertFalse(facts.signalFile());
    }

    @Test
    void aServerThatComesUpByItselfIsNoticed() {
        a.host.kill();
        a.agent.setState(PostgresState.CRASHED);
        a.host.launch();
        world.pass(Duration.ofSeconds(5));

        a.agent.observe();
        a.agent.checkStartup();

        assertEquals(PostgresState.RUNNING, a.agent.state());
    }

    @Test
    void aPromotionIsToldBeforeItIsThrough() {
        Node b = world.replica("b", a);
        assertEquals(List.of("on_start replica"), callbacks(b));

        b.promote();

        assertEquals(List.of("on_start replica", "on_role_change primary"), callbacks(b));
        assertEquals(Role.PRIMARY, b.agent.role());
        assertTrue(b.host.isWritable());
    }

    @Test
    void aPromotionThatMayNotGoOnLeavesNoTrace() {
        Node b = world.replica("b", a);

        assertEquals(PromoteOutcome.CANCELLED, b.agent.promote(1, () -> false));
        b.host.failPrePromote(true);
        assertEquals(PromoteOutcome.PRE_PROMOTE_FAILED, b.agent.promote(1, () -> true));

        world.pass(Duration.ofSeconds(10));
        assertEquals(Role.REPLICA, b.agent.role());
        assertTrue(b.look().inRecovery());
        assertEquals(PromoteOutcome.FAILED, a.agent.promote(1, () -> true), "a primary cannot be promoted");
    }

    @Test
    void aPausedReplayDoesNotHoldAPromotionUp() {
        Node b = world.replica("b", a);
        b.host.pauseReplay();
        a.write();
        world.pass(Duration.ofSeconds(1));
        assertTrue(b.look().replayPaused());
        assertTrue(b.look().received().isAfter(b.look().replayed()));
        a.host.kill();

        b.promote();

        assertTrue(b.host.rows().contains(a.lastRow()), "everything received is replayed first");
    }

    @Test
    void aPausedReplayCanBeResumed() {
        Node b = world.replica("b", a);
        b.host.pauseReplay();
        a.write();
        world.pass(Duration.ofSeconds(1));

        b.agent.resumeReplay();

        world.await("replayed", () -> b.hasReplayed(a));
    }

    @Test
    void followingAnotherUpstreamTakesAReloadOnly() {
        Node b = world.replica("b", a);
        Node c = world.replica("c", a);
        b.agent.applySlots(new SlotPlan(List.of(create("c"))));
        var postmaster = c.host.postmaster();
        assertEquals(RecoveryChange.RELOAD, c.agent.recoveryChange(b.asUpstreamOf(c)));

        assertEquals(FollowOutcome.RELOADED, c.agent.follow(Role.REPLICA, b.asUpstreamOf(c)));

        world.await("b serves c", () -> b.look().walSenders().size() == 1 && c.isStreaming());
        assertEquals(postmaster, c.host.postmaster());
        assertEquals(RecoveryChange.NONE, c.agent.recoveryChange(b.asUpstreamOf(c)));
        assertEquals(FollowOutcome.UNCHANGED, c.agent.follow(Role.REPLICA, b.asUpstreamOf(c)));
    }

    @Test
    void aPrimaryThatIsToFollowIsRestarted() {
        Node b = world.replica("b", a);
        a.stop();
        b.promote();
        b.agent.applySlots(new SlotPlan(List.of(create("a"))));
        a.startAsPrimary();
        assertEquals(RecoveryChange.RESTART, a.agent.recoveryChange(b.asUpstreamOf(a)));

        assertEquals(FollowOutcome.RESTARTED, a.agent.follow(Role.REPLICA, b.asUpstreamOf(a)));

        assertEquals(Role.REPLICA, a.agent.role());
        assertEquals(RewindCheck.NEEDED, a.agent.checkDivergence(b.asUpstreamOf(a)), "its start wrote WAL");
    }

    @Test
    void aCleanHandoverNeedsNoRewind() {
        Node b = world.replica("b", a);
        a.write();
        a.stop();
        b.promote();

        assertEquals(RewindCheck.NOT_NEEDED, a.agent.checkDivergence(b.asUpstreamOf(a)));
    }

    @Test
    void nothingCanBeCheckedAgainstAReplicaOrNobody() {
        Node b = world.replica("b", a);

        assertEquals(RewindCheck.UNDECIDED, a.agent.checkDivergence(b.asUpstreamOf(a)));
        b.host.kill();
        assertEquals(RewindCheck.UNDECIDED, a.agent.checkDivergence(b.asUpstreamOf(a)));
        var nowhere = new Upstream("x", "x", 5432, null, null, true, null);
        assertEquals(RewindCheck.UNDECIDED, a.agent.checkDivergence(nowhere));
    }

    @Test
    void aCutNetworkDoesNotMakeTheAgentHang() {
        Node b = world.replica("b", a);
        world.part(a, b);
        long before = world.now().nanos();

        assertEquals(RewindCheck.UNDECIDED, b.agent.checkDivergence(a.asUpstreamOf(b)));

        assertTrue(world.now().nanos() - before < Duration.ofSeconds(10).toNanos());
    }

    @Test
    void slotsAreMadeMovedAndDropped() {
        Node b = world.replica("b", a);
        LocalFacts.Slot active = a.look().slots().getFirst();
        Lsn end = a.look().flushed();
        a.agent.applySlots(new SlotPlan(List.of(
                create("idle"),
                new SlotPlan.Action.Advance("idle", new Lsn(end.bytes() + 1_000_000)),
                new SlotPlan.Action.Drop(active.name(), "test"))));

        assertEquals(
                List.of("b", "idle"),
                a.look().slots().stream().map(LocalFacts.Slot::name).toList(),
                "an active one stays");
        assertEquals(end, a.look().slots().get(1).restartLsn(), "never beyond the end");
        a.agent.applySlots(new SlotPlan(List.of(new SlotPlan.Action.Drop("idle", "test"))));
        assertEquals(1, a.look().slots().size());
        assertTrue(b.isStreaming());
    }

    @Test
    void aCrashPutsASlotBackToWhereTheLastCheckpointSawIt() {
        Node b = world.replica("b", a);
        a.agent.checkpoint();
        world.pass(Duration.ofSeconds(1));
        Lsn saved = a.host.disk().slots.get("b").savedRestart;
        b.host.freeze();
        a.write();
        b.host.thaw();
        world.await("it moved", () -> a.look().slots().getFirst().restartLsn().isAfter(saved));

        a.host.kill();

        assertEquals(saved, a.host.disk().slots.get("b").restart);
    }

    @Test
    void aParameterThatNeedsARestartIsSaidToBePending() throws Exception {
        a.agent.close();
        a.agent = a.newAgent("{archive_mode: \"on\"}");
        a.agent.attach();

        assertEquals(1, a.agent.pendingRestart().size());
        assertEquals("archive_mode", a.agent.pendingRestart().getFirst().parameter());
        assertEquals(StartOutcome.STARTED, a.agent.restart(null));
        assertEquals(List.of(), a.agent.pendingRestart());
        assertEquals(PostgresState.RUNNING, a.agent.state());
    }

    @Test
    void aStandbyTakesLargerParametersFromControlData() {
        Node b = world.replica("b", a);
        a.host.disk().control.parameters = java.util.Map.of("max_connections setting", "500");
        b.stop();
        b.host.disk().control.parameters = java.util.Map.of("max_connections setting", "500");

        assertEquals(StartOutcome.STARTED, b.startFollowing(a));

        assertEquals("max_connections", b.agent.pendingRestart().getFirst().parameter());
        assertEquals("500", b.agent.pendingRestart().getFirst().oldValue());
    }

    @Test
    void aStandbyWithSmallerParametersDoesNotStart() {
        Node b = world.replica("b", a);
        b.stop();
        b.host.disk().control.parameters = java.util.Map.of("max_connections setting", "500");

        b.host.launch();
        world.pass(Duration.ofSeconds(5));

        assertEquals(null, b.host.postmaster());
        assertTrue(world.wasLogged("b", "insufficient parameter settings"));
    }

    @Test
    void aStartThatTakesLongIsStillStarting() {
        var traits = PostgresTraits.calm();
        var sizes =
                new PostgresTraits.Sizes(16 << 20, 128 << 20, Long.MAX_VALUE, 1_000_000, 1 << 20, 100_000, 100L << 20);
        var slow = new SmallWorld(new PostgresTraits(traits.times(), sizes, traits.odds()), 2);
        Node node = slow.primary("a");
        for (int i = 0; i < 20; i++) {
            node.write();
        }
        node.host.kill();

        assertEquals(StartOutcome.STILL_STARTING, node.startAsPrimary());

        assertEquals(PostgresState.STARTING, node.agent.state());
        assertTrue(node.agent.observe().snapshot().isEmpty());
        node.stop();
        assertEquals("shut down in recovery", node.state(), "a stop during crash recovery");
        assertEquals("0/0", node.control("Minimum recovery ending location"));
        node.startAsPrimary();
        slow.await("it arrives", () -> {
            node.agent.checkStartup();
            return node.agent.state() == PostgresState.RUNNING;
        });
        assertEquals(20, node.host.rows().size());
    }

    @Test
    void startingTwiceIsStartingOnce() {
        var postmaster = a.host.postmaster();

        assertEquals(StartOutcome.STARTED, a.startAsPrimary());

        assertEquals(PostgresState.STARTING, a.agent.state());
        assertEquals(postmaster, a.host.postmaster());
        a.agent.checkStartup();
        assertEquals(PostgresState.RUNNING, a.agent.state());
    }

    @Test
    void aClosedAgentHearsNothing() {
        a.agent.onPostmasterExit(() -> {
            throw new AssertionError("told after the end");
        });
        a.agent.close();

        a.host.kill();
        world.pass(Duration.ofSeconds(1));

        assertNotEquals(null, a.host.controlData());
    }

    @Test
    void aCheckpointMovesTheOneInControlData() {
        String before = a.control("Latest checkpoint location");
        a.write();

        assertTrue(a.agent.checkpoint());

        assertNotEquals(before, a.control("Latest checkpoint location"));
        a.agent.stop(StopRequest.immediate(null));
        assertFalse(a.agent.checkpoint());
    }
}
