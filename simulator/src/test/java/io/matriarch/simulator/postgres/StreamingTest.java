package io.matriarch.simulator.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.model.Lsn;
import io.matriarch.model.Role;
import io.matriarch.postgres.LocalFacts;
import io.matriarch.postgres.SlotPlan;
import io.matriarch.postgres.StartOutcome;
import io.matriarch.simulator.postgres.SmallWorld.Node;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Walsenders and walreceivers. */
class StreamingTest {

    private final SmallWorld world = new SmallWorld();
    private final Node a = world.primary("a");

    private LocalFacts.Slot slot(Node node, String name) {
        return node.look().slots().stream()
                .filter(s -> s.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aReplicaSeesWhatThePrimaryWrites() {
        Node b = world.replica("b", a);

        assertEquals(Commit.Outcome.ACKNOWLEDGED, a.write());

        world.await("b has it", () -> b.host.rows().contains(a.lastRow()));
        assertTrue(b.look().inRecovery());
        assertEquals(a.look().flushed(), b.look().replayed());
        assertEquals(1, b.look().timeline());
        assertEquals(Commit.Outcome.REFUSED, b.write(), "read-only");
    }

    @Test
    void thePrimaryShowsItsStandbys() {
        Node b = world.replica("b", a);
        a.write();
        world.await(
                "confirmed",
                () -> !a.look().walSenders().isEmpty()
                        && a.look()
                                .walSenders()
                                .getFirst()
                                .flushed()
                                .equals(a.look().flushed()));

        LocalFacts.WalSender row = a.look().walSenders().getFirst();

        assertEquals("b", row.applicationName());
        assertEquals("streaming", row.state());
        assertEquals("async", row.syncState());
        assertEquals("b", row.clientAddress());
        assertTrue(slot(a, "b").active());
        assertEquals(row.flushed(), slot(a, "b").restartLsn());
    }

    @Test
    void withoutItsSlotAStandbyStreamsNothing() {
        Node b = world.replica("b", a);
        b.stop();
        world.await("the slot is free", () -> !slot(a, "b").active());
        a.agent.applySlots(new SlotPlan(List.of(new SlotPlan.Action.Drop("b", "test"))));

        assertEquals(StartOutcome.STARTED, b.startFollowing(a));
        world.pass(Duration.ofSeconds(20));

        assertFalse(b.isStreaming());
        assertTrue(world.wasLogged("b", "replication slot \"b\" does not exist"));
        a.agent.applySlots(new SlotPlan(List.of(new SlotPlan.Action.Create("b"))));
        world.await("b streams", b::isStreaming);
    }

    @Test
    void aSlotIsForOneStandbyAtATime() {
        Node b = world.replica("b", a);
        Node c = world.replica("c", a);
        c.stop();

        c.agent.start(new io.matriarch.postgres.StartRequest(
                Role.REPLICA,
                new io.matriarch.postgres.Upstream("a", "a", 5432, "postgres", "b", true, null),
                null,
                false));
        world.pass(Duration.ofSeconds(20));

        assertTrue(world.wasLogged("c", "replication slot \"b\" is active for PID"));
        assertFalse(c.isStreaming());
        assertTrue(b.isStreaming());
    }

    @Test
    void aStandbyLooksForItsUpstreamEveryFiveSeconds() {
        Node b = world.replica("b", a);
        a.host.kill();
        world.await("b misses it", () -> !b.isStreaming());
        world.pass(Duration.ofSeconds(30));

        a.startAsPrimary();

        long refused = world.log.stream()
                .filter(line -> line.contains("Connection refused"))
                .count();
        assertTrue(refused >= 5 && refused <= 8, refused + " attempts in half a minute");
        world.await("b streams again", b::isStreaming);
    }

    @Test
    void aShortCutIsRetransmittedAndALongOneEndsBothSides() {
        Node b = world.replica("b", a);

        world.part(a, b);
        a.write();
        world.pass(Duration.ofSeconds(20));
        world.join(a, b);
        world.await("b has it after all", () -> b.hasReplayed(a));
        assertFalse(world.wasLogged("b", "terminating walreceiver due to timeout"));

        world.part(a, b);
        a.write();
        world.pass(Duration.ofSeconds(50));
        assertTrue(b.isStreaming(), "nobody has noticed yet");
        world.pass(Duration.ofSeconds(40));
        assertFalse(b.isStreaming());
        assertTrue(world.wasLogged("b", "terminating walreceiver due to timeout"));
        assertTrue(world.wasLogged("a", "terminating walsender process due to replication timeout"));
        world.join(a, b);
        world.await("b has it after all", () -> b.hasReplayed(a));
    }

    @Test
    void aFrozenStandbyIsGivenUpAndComesBack() {
        Node b = world.replica("b", a);

        b.host.freeze();
        a.write();
        world.pass(Duration.ofSeconds(50));
        assertEquals(1, a.look().walSenders().size());
        world.pass(Duration.ofSeconds(40));
        assertEquals(0, a.look().walSenders().size());
        b.host.thaw();

        world.await("b has it after all", () -> b.hasReplayed(a));
    }

    @Test
    void walThatNobodyKeepsIsGone() {
        var traits = PostgresTraits.calm();
        var sizes =
                new PostgresTraits.Sizes(1 << 20, 2 << 20, Long.MAX_VALUE, 400_000, 1 << 20, 200L << 20, 100L << 20);
        var small = new SmallWorld(new PostgresTraits(traits.times(), sizes, traits.odds()), 2);
        Node primary = small.primary("a");
        Node kept = small.replica("kept", primary);
        Node lost = small.replica("lost", primary);
        kept.stop();
        lost.stop();
        small.await("the slots are free", () -> primary.look().walSenders().isEmpty());
        primary.agent.applySlots(new SlotPlan(List.of(new SlotPlan.Action.Drop("lost", "test"))));
        for (int i = 0; i < 30; i++) {
            primary.write();
        }
        primary.agent.checkpoint();
        kept.startFollowing(primary);
        small.await("its slot kept the WAL", () -> kept.hasReplayed(primary));
        primary.agent.checkpoint();
        primary.agent.applySlots(new SlotPlan(List.of(new SlotPlan.Action.Create("lost"))));

        lost.startFollowing(primary);
        small.pass(Duration.ofSeconds(20));

        assertFalse(lost.isStreaming());
        assertTrue(small.wasLogged("lost", "has already been removed"));
    }

    @Test
    void aSlotThatKeepsTooMuchIsLost() {
        var traits = PostgresTraits.calm();
        var sizes = new PostgresTraits.Sizes(1 << 20, 2 << 20, 4 << 20, 400_000, 1 << 20, 200L << 20, 100L << 20);
        var small = new SmallWorld(new PostgresTraits(traits.times(), sizes, traits.odds()), 2);
        Node primary = small.primary("a");
        Node late = small.replica("late", primary);
        late.stop();
        for (int i = 0; i < 30; i++) {
            primary.write();
        }
        primary.agent.checkpoint();

        late.startFollowing(primary);
        small.pass(Duration.ofSeconds(20));

        assertEquals("lost", slot(primary, "late").walStatus());
        assertFalse(late.isStreaming());
        assertTrue(small.wasLogged("late", "cannot read from replication slot"));
    }

    @Test
    void aReplicaFollowsItsUpstreamOntoANewTimeline() {
        Node b = world.replica("b", a);
        Node c = world.replica("c", a);
        a.write();
        a.stop();
        b.promote();
        b.agent.applySlots(new SlotPlan(List.of(new SlotPlan.Action.Create("c"))));

        c.agent.follow(Role.REPLICA, b.asUpstreamOf(c));

        b.write();
        world.await("c is on timeline 2", () -> c.hasReplayed(b));
        assertEquals(2, c.look().timeline());
        assertEquals(b.agent.localHistory(2), c.agent.localHistory(2));
    }

    @Test
    void aCascadingReplicaFollowsThePromotionOfItsUpstreamWithoutReconnecting() {
        Node b = world.replica("b", a);
        Node c = world.replica("c", b);
        a.write();
        world.await("c has it", () -> c.hasReplayed(a));
        assertEquals(0, b.look().walSenders().getFirst().syncPriority());
        a.stop();

        b.promote();
        b.write();

        world.await("c is on timeline 2", () -> c.hasReplayed(b));
        assertFalse(world.wasLogged("c", "Connection refused"));
    }

    @Test
    void theOldPrimaryThatWasStoppedInAnOrderlyWayFollowsTheNewOne() {
        Node b = world.replica("b", a);
        a.write();
        a.stop();
        b.promote();
        b.agent.applySlots(new SlotPlan(List.of(new SlotPlan.Action.Create("a"))));
        b.write();

        assertEquals(StartOutcome.STARTED, a.startFollowing(b));

        world.await("a streams", () -> a.hasReplayed(b));
        assertEquals(2, a.look().timeline());
    }

    @Test
    void afterARestartWhatWasReceivedIsCountedFromTheSegment() {
        Node b = world.replica("b", a);
        a.write();
        world.await("b has it", () -> b.hasReplayed(a));
        b.stop();

        b.startFollowing(a);
        world.await("b streams", b::isStreaming);

        Lsn replayed = b.look().replayed();
        Server server = b.host.server();
        assertTrue(replayed.isAfter(server.recovery.received()), "pg_last_wal_receive_lsn() knows nothing new");
        assertEquals(replayed, b.look().position());
    }

    @Test
    void aNewUpstreamIsTriedAtOnce() {
        Node b = world.replica("b", a);
        Node c = world.replica("c", a);
        b.agent.applySlots(new SlotPlan(List.of(new SlotPlan.Action.Create("c"))));
        a.host.kill();
        world.await("c has tried in vain", () -> world.wasLogged("c", "Connection refused"));

        c.agent.follow(Role.REPLICA, b.asUpstreamOf(c));
        long before = world.now().nanos();

        world.await("c streams", c::isStreaming);
        assertTrue(world.now().nanos() - before < Duration.ofSeconds(1).toNanos());
    }

    @Test
    void aStandbyWithoutUpstreamWaits() {
        Node b = world.replica("b", a);

        b.agent.follow(Role.REPLICA, null);
        world.pass(Duration.ofSeconds(30));

        assertNull(b.look().walReceiverState());
        assertTrue(a.look().walSenders().isEmpty());
        assertTrue(b.look().inRecovery());
    }

    @Test
    void anotherClusterIsNotFollowed() {
        Node other = world.primary("other");
        Node b = world.replica("b", a);
        other.agent.applySlots(new SlotPlan(List.of(new SlotPlan.Action.Create("b"))));

        b.agent.follow(Role.REPLICA, other.asUpstreamOf(b));
        world.pass(Duration.ofSeconds(20));

        assertTrue(world.wasLogged("b", "database system identifier differs"));
        assertFalse(b.isStreaming());
    }
}
