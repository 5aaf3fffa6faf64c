package io.matriarch.simulator.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.model.Lsn;
import io.matriarch.model.PostgresState;
import io.matriarch.model.Role;
import io.matriarch.postgres.RewindCheck;
import io.matriarch.postgres.RewindOutcome;
import io.matriarch.postgres.SlotPlan;
import io.matriarch.postgres.StartOutcome;
import io.matriarch.postgres.StartRequest;
import io.matriarch.simulator.postgres.SmallWorld.Node;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A former primary with WAL that its successor never saw; all of it was tried on PostgreSQL 15. */
class DivergedStandbyTest {

    private final SmallWorld world = new SmallWorld();
    private final Node a = world.primary("a");
    private final Node b = world.replica("b", a);
    private long lost;

    /** a is ahead by some rows, gone; b is primary on timeline 2. */
    @BeforeEach
    void partWays() {
        a.write();
        world.await("b has it", () -> b.hasReplayed(a));
        b.stop();
        for (int i = 0; i < 20; i++) {
            a.write();
        }
        lost = a.lastRow();
        a.host.kill();
        b.startFollowing(a);
        b.promote();
        b.agent.applySlots(new SlotPlan(List.of(new SlotPlan.Action.Create("a"))));
        assertTrue(b.agent.checkpoint());
    }

    @Test
    void streamsNothingAndStillAnswersReaders() {
        assertEquals(StartOutcome.STARTED, a.startFollowing(b));
        world.pass(Duration.ofSeconds(30));

        assertEquals("waiting", a.look().walReceiverState());
        assertTrue(a.host.rows().contains(lost));
        assertFalse(a.host.rows().contains(b.lastRow()) && b.write() == Commit.Outcome.REFUSED);
        assertTrue(world.wasLogged("a", "new timeline 2 forked off current database system timeline 1 before current"));
    }

    @Test
    void doesNotEvenStartAgainOnceItKnowsTheNewTimeline() {
        a.startFollowing(b);
        world.pass(Duration.ofSeconds(10));
        a.stop();
        assertEquals("shut down in recovery", a.state());

        assertEquals(StartOutcome.FAILED, a.startFollowing(b));

        assertTrue(world.wasLogged("a", "requested timeline 2 does not contain minimum recovery point"));
    }

    @Test
    void aDivergedServerThatWasShutDownDoesNotStartAgainEither() {
        a.startAsPrimary();
        a.stop();
        assertEquals("shut down", a.state());
        assertEquals(StartOutcome.STARTED, a.startFollowing(b), "it does not know timeline 2 yet");
        world.pass(Duration.ofSeconds(10));
        a.stop();

        assertEquals(StartOutcome.FAILED, a.startFollowing(b));

        assertTrue(world.wasLogged("a", "requested timeline 2 is not a child of this server's history"));
    }

    /** It counts what it has replayed as flushed, whatever timeline that is on. */
    @Test
    void acknowledgesCommitsThatItDoesNotHave() {
        b.agent.setSynchronousStandbyNames("a");
        world.pass(Duration.ofSeconds(1));
        long before = b.lastRow() + 1;
        assertEquals(null, b.write(), "nobody is there");

        a.startFollowing(b);
        world.pass(Duration.ofSeconds(20));

        assertTrue(b.host.rows().contains(before), "acknowledged");
        assertFalse(a.host.rowsOnDisk().contains(before));
        assertEquals("startup", b.look().walSenders().getFirst().state());
        assertEquals("potential", b.look().walSenders().getFirst().syncState());
    }

    @Test
    void theDivergenceCheckFindsIt() {
        assertEquals(RewindCheck.UNDECIDED, a.agent.checkDivergence(b.asUpstreamOf(a)), "crashed: nobody knows");

        assertTrue(a.agent.recoverInSingleUserMode());

        assertEquals(RewindCheck.NEEDED, a.agent.checkDivergence(b.asUpstreamOf(a)));
    }

    @Test
    void afterARewindItHasTheContentOfTheOther() {
        assertTrue(a.agent.recoverInSingleUserMode());
        b.write();

        assertEquals(RewindOutcome.DONE, a.agent.rewind(b.asUpstreamOf(a)));

        assertEquals("in archive recovery", a.state());
        assertEquals("2", a.control("Min recovery ending loc's timeline"));
        assertEquals(StartOutcome.STARTED, a.startFollowing(b));
        b.write();
        world.await("a follows", () -> a.hasReplayed(b));
        assertFalse(a.host.rows().contains(lost));
        assertEquals(List.of(), a.look().slots(), "a rewind brings no slots, and keeps none");
        assertEquals(RewindCheck.NOT_NEEDED, a.agent.checkDivergence(b.asUpstreamOf(a)));
        assertTrue(world.violations.isEmpty(), world.violations::toString);
    }

    @Test
    void pgRewindRecoversACrashedPrimaryByItself() {
        assertEquals(RewindOutcome.DONE, a.agent.rewind(b.asUpstreamOf(a)));
        a.startFollowing(b);
        world.await("a follows", () -> a.hasReplayed(b));
    }

    @Test
    void pgRewindCannotRecoverACrashedStandby() {
        a.startFollowing(b);
        a.host.kill();

        assertEquals(RewindOutcome.FAILED, a.agent.rewind(b.asUpstreamOf(a)));

        assertTrue(world.wasLogged("a", "postgres single-user mode in target cluster failed"));
    }

    @Test
    void aSourceWithoutCheckpointOnItsTimelineLooksLikeOneThatNeedsNoRewind() {
        var other = new SmallWorld();
        Node x = other.primary("x");
        Node y = other.replica("y", x);
        y.stop();
        x.write();
        x.stop();
        y.startFollowing(x);
        y.promote();
        assertEquals("1", y.control("Latest checkpoint's TimeLineID"));

        assertEquals(RewindOutcome.DONE, x.agent.rewind(y.asUpstreamOf(x)));

        assertTrue(other.wasLogged("x", "source and target cluster are on the same timeline"));
        assertTrue(x.host.rowsOnDisk().contains(x.lastRow()), "nothing was done");
    }

    @Test
    void aRewindFromASourceThatHasRemovedTheWalBehindTheForkNeverArrives() {
        var calm = PostgresTraits.calm();
        var sizes =
                new PostgresTraits.Sizes(1 << 20, 2 << 20, Long.MAX_VALUE, 400_000, 1 << 20, 200L << 20, 100L << 20);
        var other = new SmallWorld(new PostgresTraits(calm.times(), sizes, calm.odds()), 2);
        Node x = other.primary("x");
        Node y = other.replica("y", x);
        y.stop();
        x.write();
        x.stop();
        y.startFollowing(x);
        y.promote();
        for (int i = 0; i < 30; i++) {
            y.write();
        }
        y.agent.checkpoint();
        y.agent.applySlots(new SlotPlan(List.of(new SlotPlan.Action.Create("x"))));

        assertEquals(RewindOutcome.DONE, x.agent.rewind(y.asUpstreamOf(x)));
        assertEquals(StartOutcome.STILL_STARTING, x.startFollowing(y));

        other.pass(Duration.ofMinutes(10));
        x.agent.checkStartup();
        assertEquals(PostgresState.STARTING, x.agent.state());
        assertTrue(other.wasLogged("x", "has already been removed"));
    }

    /** Without minimum recovery point it takes the last checkpoint for the end of the WAL. */
    @Test
    void pgRewindOverlooksWhatACrashedPrimaryHasThatWasStoppedDuringItsRecovery() {
        var calm = PostgresTraits.calm();
        var sizes =
                new PostgresTraits.Sizes(16 << 20, 128 << 20, Long.MAX_VALUE, 1_000_000, 1 << 20, 500_000, 100L << 20);
        var other = new SmallWorld(new PostgresTraits(calm.times(), sizes, calm.odds()), 2);
        Node x = other.primary("x");
        Node y = other.replica("y", x);
        y.stop();
        for (int i = 0; i < 10; i++) {
            x.write();
        }
        x.host.kill();
        y.startFollowing(x);
        y.promote();
        y.agent.checkpoint();
        x.agent.start(new StartRequest(Role.PRIMARY, null, Duration.ofSeconds(2), false));
        x.stop();
        assertEquals("shut down in recovery", x.state());

        assertEquals(RewindOutcome.DONE, x.agent.rewind(y.asUpstreamOf(x)));

        assertTrue(other.wasLogged("x", "no rewind required"));
        assertTrue(x.host.rowsOnDisk().contains(x.lastRow()), "nothing was done");
        x.startFollowing(y);
        other.await("x has replayed everything", () -> x.host.rows().size() == 10);
        other.pass(Duration.ofSeconds(10));
        assertEquals(RewindCheck.NEEDED, x.agent.checkDivergence(y.asUpstreamOf(x)), "now it shows");
    }

    @Test
    void aKilledStandbyThatHasMoreThanItsControlFileKnowsOfIsDiverged() {
        var other = new SmallWorld();
        Node x = other.primary("x");
        Node y = other.replica("y", x);
        Node z = other.replica("z", x);
        x.write();
        other.await("y has it", () -> y.hasReplayed(x));
        y.stop();
        for (int i = 0; i < 10; i++) {
            x.write();
        }
        other.await("z has it", () -> z.hasReplayed(x));
        z.host.kill();
        x.host.kill();
        y.startFollowing(x);
        y.promote();
        y.agent.applySlots(new SlotPlan(List.of(new SlotPlan.Action.Create("z"))));
        y.agent.checkpoint();
        assertEquals("in archive recovery", z.state());

        assertEquals(RewindCheck.NEEDED, z.agent.checkDivergence(y.asUpstreamOf(z)));
        z.agent.start(new StartRequest(Role.REPLICA, null, null, false));
        z.stop();
        assertEquals(RewindOutcome.DONE, z.agent.rewind(y.asUpstreamOf(z)));

        z.startFollowing(y);
        y.write();
        other.await("z follows", () -> z.hasReplayed(y));
        assertEquals(y.host.rows(), z.host.rows());
    }

    /** Two servers that both promoted themselves to timeline 2. */
    @Test
    void timelinesOfOneNumberAreNotTheSame() {
        var other = new SmallWorld();
        Node x = other.primary("x");
        Node y = other.replica("y", x);
        Node z = other.replica("z", x);
        x.write();
        other.await("z has it", () -> z.hasReplayed(x));
        x.host.kill();
        y.promote();
        z.promote();
        y.write();
        z.write();
        long ofZ = z.lastRow();
        for (int i = 0; i < 5; i++) {
            y.write();
        }
        y.agent.checkpoint();
        z.agent.checkpoint();
        y.agent.applySlots(new SlotPlan(List.of(new SlotPlan.Action.Create("z"))));
        z.stop();

        assertEquals(RewindOutcome.DONE, z.agent.rewind(y.asUpstreamOf(z)));
        assertTrue(other.wasLogged("z", "source and target cluster are on the same timeline"));
        z.startFollowing(y);
        other.pass(Duration.ofSeconds(20));

        assertTrue(z.host.rowsOnDisk().contains(ofZ));
        assertFalse(z.hasReplayed(y), "it streams over its own WAL and replays nothing of it");
        assertTrue(other.wasLogged("z", "invalid record length at"));
        assertTrue(z.look().received().compareTo(y.look().flushed()) >= 0, "and yet it seems to be up to date");
    }

    /** It has learned of a timeline 2 and got nothing of it. */
    private static Node headingForTimelineOfNobody(SmallWorld other, Node primary) {
        Node standby = other.replica("z", primary);
        standby.stop();
        Lsn fork = standby.host.walEnd();
        standby.host.disk().timelines.fork(1, fork, 2, Instant.EPOCH);
        for (int i = 0; i < 10; i++) {
            primary.write();
        }
        standby.startFollowing(primary);
        return standby;
    }

    @Test
    void aStandbyThatIsHeadingForATimelineOfNobodyStandsStill() {
        var other = new SmallWorld();
        Node x = other.primary("x");
        Node z = headingForTimelineOfNobody(other, x);
        other.pass(Duration.ofMinutes(1));

        assertFalse(z.hasReplayed(x));
        assertTrue(z.host.walEnd().compareTo(x.host.walEnd()) < 0);
    }

    @Test
    void itIsTurnedBack() {
        var other = new SmallWorld();
        Node x = other.primary("x");
        Node z = headingForTimelineOfNobody(other, x);

        assertEquals(RewindCheck.ASTRAY, z.agent.checkDivergence(x.asUpstreamOf(z)));
        z.agent.turnBack();
        assertEquals(RewindCheck.UNREPLAYED, z.agent.checkDivergence(x.asUpstreamOf(z)));
        assertEquals(RewindOutcome.DONE, z.agent.setAsideUnreplayedWal());
        assertEquals(RewindCheck.NOT_NEEDED, z.agent.checkDivergence(x.asUpstreamOf(z)));
        z.startFollowing(x);

        other.await("z follows", () -> z.hasReplayed(x));
        assertEquals(RewindCheck.NOT_NEEDED, z.agent.checkDivergence(x.asUpstreamOf(z)));
    }

    @Test
    void whatItClaimsToHaveIsItsOwn() {
        Lsn end = a.host.walEnd();
        a.startFollowing(b);

        assertEquals(end, a.look().position());
        assertFalse(a.host.isBehindOrEqual(b.host));
    }
}
