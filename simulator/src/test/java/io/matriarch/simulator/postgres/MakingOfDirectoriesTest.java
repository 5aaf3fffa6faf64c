package io.matriarch.simulator.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.model.Role;
import io.matriarch.postgres.CloneSource;
import io.matriarch.postgres.LocalFacts;
import io.matriarch.postgres.RewindOutcome;
import io.matriarch.postgres.StartOutcome;
import io.matriarch.simulator.postgres.SmallWorld.Node;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** initdb, base backups, rewinds, and what they leave when they are cut off. */
class MakingOfDirectoriesTest {

    private final SmallWorld world = new SmallWorld();
    private final Node a = world.primary("a");

    private boolean cloneOf(Node source, Node target) {
        return target.agent.cloneFrom(new CloneSource(source.asUpstreamOf(target), false));
    }

    /** The agent is killed in the middle of whatever it does: its call never returns. */
    private void cutOff(Duration after, Runnable fate, Runnable work) {
        var cut = new RuntimeException("the agent is gone");
        world.after(after, "fate", () -> {
            fate.run();
            throw cut;
        });
        try {
            work.run();
        } catch (RuntimeException e) {
            assertEquals(cut, e);
        }
    }

    @Test
    void eachClusterHasAnIdentifierOfItsOwn() {
        Node other = world.primary("other");

        assertFalse(a.control("Database system identifier").equals(other.control("Database system identifier")));
        assertEquals(
                a.control("Database system identifier"),
                a.agent.observe().systemIdentifier().orElseThrow());
    }

    @Test
    void aCloneHasEverythingUpToItsEnd() {
        for (int i = 0; i < 10; i++) {
            a.write();
        }
        Node b = world.node("b");
        assertEquals(Role.UNINITIALIZED, b.agent.role());

        assertTrue(cloneOf(a, b));

        assertEquals(a.host.rows(), b.host.rowsOnDisk());
        assertEquals("in production", b.state());
        assertTrue(b.agent.observe().backupLabel());
        assertFalse(b.agent.observe().signalFile());
        assertEquals(a.control("Database system identifier"), b.control("Database system identifier"));
        assertEquals(Optional.empty(), b.agent.interruptedRejoin());
    }

    @Test
    void aCloneThatIsStartedWithoutSignalFileIsASecondPrimary() {
        Node b = world.node("b");
        assertTrue(cloneOf(a, b));

        assertEquals(StartOutcome.STARTED, b.startAsPrimary());

        assertTrue(b.host.isWritable());
        assertEquals(1, b.look().timeline(), "on the same timeline");
        assertEquals(Commit.Outcome.ACKNOWLEDGED, b.write());
        assertEquals(Commit.Outcome.ACKNOWLEDGED, a.write());
        assertFalse(b.host.isBehindOrEqual(a.host));
    }

    @Test
    void aCloneOfAReplicaIsOneOfThePrimary() {
        Node b = world.replica("b", a);
        a.write();
        world.await("b has it", () -> b.hasReplayed(a));
        Node c = world.node("c");

        assertTrue(cloneOf(b, c));

        assertTrue(c.agent.observe().signalFile(), "it is copied along");
        c.startFollowing(b);
        a.write();
        world.await("c has it", () -> false || c.hasReplayed(a) || !c.isStreaming());
    }

    @Test
    void aCloneOfNobodyFailsAndLeavesNothing() {
        Node b = world.node("b");
        a.host.kill();

        assertFalse(cloneOf(a, b));

        assertTrue(b.agent.observe().dataDirectory() instanceof LocalFacts.DataDirectory.Empty);
        assertEquals(Optional.empty(), b.agent.interruptedRejoin());
    }

    @Test
    void aSourceThatDiesEndsTheClone() {
        Node b = world.node("b");
        world.after(Duration.ofSeconds(1), "kill", a.host::kill);

        assertFalse(cloneOf(a, b));
    }

    @Test
    void aCancelledCloneEndsSoon() {
        Node b = world.node("b");
        world.after(Duration.ofMillis(700), "cancel", b.agent::cancel);
        long before = world.now().nanos();

        assertFalse(cloneOf(a, b));

        assertTrue(world.now().nanos() - before < Duration.ofSeconds(2).toNanos());
    }

    @Test
    void powerLossInTheMiddleOfACloneIsRemembered() {
        Node b = world.node("b");
        cutOff(Duration.ofMillis(900), b.host::losePower, () -> cloneOf(a, b));
        b.host.restorePower();
        b.replaceAgent();

        assertEquals(Optional.of("a clone from a"), b.agent.interruptedRejoin());
        assertTrue(b.agent.observe().dataDirectory() instanceof LocalFacts.DataDirectory.Present);

        assertEquals(StartOutcome.FAILED, b.startFollowing(a));
        assertEquals(1, world.violations.size(), "it was started all the same");
        assertTrue(cloneOf(a, b), "a new clone mends it");
        assertEquals(Optional.empty(), b.agent.interruptedRejoin());
        assertEquals(StartOutcome.STARTED, b.startFollowing(a));
    }

    @Test
    void aProgramOutlivesItsAgent() {
        Node b = world.node("b");
        cutOff(Duration.ofMillis(900), () -> {}, () -> cloneOf(a, b));
        b.replaceAgent();
        assertEquals(StartOutcome.FAILED, b.startFollowing(a));
        assertEquals(1, world.violations.size());
        assertTrue(world.violations.getFirst().contains("pg_basebackup"), world.violations::toString);
        world.pass(Duration.ofMinutes(1));

        assertEquals(Optional.of("a clone from a"), b.agent.interruptedRejoin(), "it is whole, but nobody knows");
    }

    private void partWays(Node b) {
        b.stop();
        a.write();
        a.stop();
        b.startFollowing(a);
        b.promote();
        b.agent.checkpoint();
    }

    @Test
    void aRewindThatIsCutOffIsNeverStarted() {
        Node b = world.replica("b", a);
        partWays(b);
        cutOff(Duration.ofSeconds(2), a.host::losePower, () -> a.agent.rewind(b.asUpstreamOf(a)));
        a.host.restorePower();
        a.replaceAgent();

        assertEquals(Optional.of("pg_rewind from b"), a.agent.interruptedRejoin());
        assertEquals(StartOutcome.FAILED, a.startFollowing(b));
        assertEquals(1, world.violations.size());
        assertEquals(RewindOutcome.FAILED, a.agent.rewind(b.asUpstreamOf(a)), "a second one finds no database");
        assertTrue(cloneOf(b, a));
    }

    @Test
    void aSourceThatDiesDuringARewindLeavesItTorn() {
        Node b = world.replica("b", a);
        partWays(b);
        world.after(Duration.ofSeconds(2), "kill", b.host::kill);

        assertEquals(RewindOutcome.LATER, a.agent.rewind(b.asUpstreamOf(a)));

        assertTrue(a.agent.interruptedRejoin().isPresent());
    }

    @Test
    void aRewindThatDidNotBeginToWriteLeavesNoMark() {
        Node b = world.replica("b", a);
        partWays(b);
        world.after(Duration.ofMillis(100), "kill", b.host::kill);

        assertEquals(RewindOutcome.LATER, a.agent.rewind(b.asUpstreamOf(a)));

        assertEquals(Optional.empty(), a.agent.interruptedRejoin());
        assertEquals("shut down", a.state());
    }

    @Test
    void aRewoundDirectoryWithoutSignalFileRecoversToItsEndAndIsAPrimary() {
        Node b = world.replica("b", a);
        partWays(b);
        assertEquals(RewindOutcome.DONE, a.agent.rewind(b.asUpstreamOf(a)));

        assertEquals(StartOutcome.STARTED, a.startAsPrimary());

        assertEquals(2, a.look().timeline());
    }

    @Test
    void aRemovedDirectoryIsEmpty() {
        a.stop();

        a.agent.removeDataDirectory();

        assertTrue(a.agent.observe().dataDirectory() instanceof LocalFacts.DataDirectory.Empty);
        assertEquals(Role.UNINITIALIZED, a.agent.role());
        assertEquals(0, a.agent.majorVersion());
        assertEquals(Optional.empty(), a.agent.controlData());
    }

    @Test
    void aRemovalThatIsCutOffIsRemembered() {
        a.stop();
        cutOff(Duration.ofMillis(100), () -> {}, a.agent::removeDataDirectory);
        a.replaceAgent();

        assertEquals(Optional.of("its removal"), a.agent.interruptedRejoin());
        assertEquals(Optional.empty(), a.agent.controlData());
    }

    @Test
    void removingUnderARunningServerIsAViolation() {
        a.agent.removeDataDirectory();

        assertEquals(1, world.violations.size());
    }

    @Test
    void aLostDiskIsEmpty() {
        a.host.losePower();
        a.host.loseDisk();
        a.host.restorePower();
        a.replaceAgent();

        assertEquals(Role.UNINITIALIZED, a.agent.role());
        assertTrue(a.agent.bootstrap());
    }
}
