package io.matriarch.simulator.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.postgres.LocalFacts;
import io.matriarch.postgres.StopRequest;
import io.matriarch.simulator.postgres.SmallWorld.Node;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Commits that wait for standbys; the endings of a wait were tried on PostgreSQL 15. */
class SynchronousCommitTest {

    private final SmallWorld world = new SmallWorld();
    private final Node a = world.primary("a");
    private final Node b = world.replica("b", a);
    private final Node c = world.replica("c", a);
    private final List<Commit.Outcome> told = new ArrayList<>();

    private void names(String value) {
        assertEquals(value, a.agent.setSynchronousStandbyNames(value));
        world.pass(Duration.ofMillis(100));
    }

    private Map<String, String> states() {
        return a.look().walSenders().stream()
                .collect(Collectors.toMap(LocalFacts.WalSender::applicationName, LocalFacts.WalSender::syncState));
    }

    /** A commit that waits. */
    private Commit waiting() {
        Commit commit = a.host.commit(4711, told::add);
        world.pass(Duration.ofSeconds(1));
        assertEquals(List.of(), told);
        assertFalse(a.host.rows().contains(4711L), "not visible while it waits");
        return commit;
    }

    @Test
    void acknowledgedMeansFlushedOnTheStandby() {
        names("b");

        assertEquals(Commit.Outcome.ACKNOWLEDGED, a.write());

        assertTrue(b.host.rowsOnDisk().contains(a.lastRow()));
        assertEquals(Map.of("b", "sync", "c", "async"), states());
    }

    @Test
    void withoutTheStandbyItWaits() {
        names("b");
        b.host.freeze();

        assertNull(a.write(Duration.ofSeconds(30)));

        assertTrue(c.host.rowsOnDisk().contains(a.lastRow()), "others have it, but nobody asked for them");
    }

    @Test
    void theFirstNamesCount() {
        names("FIRST 1 (b, c)");
        assertEquals(Map.of("b", "sync", "c", "potential"), states());
        b.host.kill();

        assertEquals(Commit.Outcome.ACKNOWLEDGED, a.write(), "the next one steps in");

        assertEquals(Map.of("c", "sync"), states());
    }

    @Test
    void aFrozenFirstStandbyHoldsEverybodyUpUntilItIsGivenUp() {
        names("FIRST 1 (b, c)");
        b.host.freeze();

        assertNull(a.write(Duration.ofSeconds(40)));
        world.await("c steps in", () -> a.host.rows().contains(a.lastRow()));
    }

    @Test
    void anyOfThemIsEnough() {
        names("ANY 1 (b, c)");
        assertEquals(Map.of("b", "quorum", "c", "quorum"), states());
        b.host.freeze();

        assertEquals(Commit.Outcome.ACKNOWLEDGED, a.write());
    }

    @Test
    void twoOfTwoMeansBoth() {
        names("ANY 2 (b, c)");
        b.host.freeze();

        assertNull(a.write(Duration.ofSeconds(40)));
    }

    @Test
    void aCancelledWaitIsCommittedAndSaysSo() {
        names("b");
        b.host.freeze();
        Commit commit = waiting();

        commit.cancel();

        assertEquals(List.of(Commit.Outcome.CANCELLED), told);
        assertTrue(a.host.rows().contains(4711L));
    }

    @Test
    void aCrashWhileItWaitsMakesItVisible() {
        names("b");
        b.host.freeze();
        waiting();

        a.host.kill();

        assertEquals(List.of(Commit.Outcome.UNKNOWN), told);
        a.startAsPrimary();
        assertTrue(a.host.rows().contains(4711L));
        assertFalse(b.host.rowsOnDisk().contains(4711L));
    }

    @Test
    void aFastStopWhileItWaitsBreaksTheConnectionAndTheStandbyGetsIt() {
        names("b");
        b.host.freeze();
        waiting();
        world.after(Duration.ofSeconds(3), "thaw", b.host::thaw);

        a.stop();

        assertEquals(List.of(Commit.Outcome.UNKNOWN), told);
        assertTrue(b.host.rowsOnDisk().contains(4711L));
    }

    @Test
    void nobodyWaitsAnyMoreWhenTheNamesAreEmptied() {
        names("b");
        b.host.freeze();
        waiting();

        a.agent.setSynchronousStandbyNames(null);
        world.pass(Duration.ofMillis(100));

        assertEquals(List.of(Commit.Outcome.ACKNOWLEDGED), told);
    }

    @Test
    void theNamesHoldFromTheStartAndOnThePromotedReplica() {
        names("b");
        a.agent.stop(StopRequest.immediate(null));
        b.host.freeze();
        a.startAsPrimary();
        assertNull(a.write());

        c.agent.setSynchronousStandbyNames("b");
        c.promote();
        assertNull(c.write());
    }

    @Test
    void aValueThatCannotBeReadIsIgnored() {
        names("b");

        assertEquals("b", a.agent.setSynchronousStandbyNames("b-1"));

        assertTrue(world.wasLogged("a", "invalid value for parameter \"synchronous_standby_names\""));
    }

    @Test
    void localAndOffWaitForNobody() {
        for (String level : List.of("local", "off")) {
            var other = new SmallWorld();
            Node primary = other.node("a");
            primary.agent.close();
            primary.agent = primary.newAgent("{synchronous_commit: \"" + level + "\"}");
            assertTrue(primary.agent.bootstrap());
            primary.agent.setSynchronousStandbyNames("nobody");
            other.pass(Duration.ofSeconds(1));

            assertEquals(Commit.Outcome.ACKNOWLEDGED, primary.write(), level);
        }
    }

    @Test
    void eachWalsenderReadsTheNewNamesInItsOwnTime() {
        PostgresTraits slow = SmallWorld.withReload(Span.millis(0, 300));
        var other = new SmallWorld(slow, 3);
        Node primary = other.primary("a");
        other.replica("b", primary);
        other.replica("c", primary);
        boolean apart = false;
        for (int i = 0; i < 40 && !apart; i++) {
            String wanted = i % 2 == 0 ? "c" : "b";
            assertEquals(wanted, primary.agent.setSynchronousStandbyNames(wanted));
            apart = primary.look().walSenders().stream()
                    .anyMatch(w -> (w.syncPriority() > 0) != w.applicationName().equals(wanted));
            other.pass(Duration.ofMillis(500));
        }
        assertTrue(apart, "a session is told the new value while a walsender still counts by the old one");
    }
}
