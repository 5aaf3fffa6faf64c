package io.matriarch.ctl.patroni;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.ctl.patroni.ToolWorld.Outcome;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Watching (contract ctl.md 3, {@code -w} and {@code -W}). */
class WatchTest {

    @TempDir
    Path directory;

    private ToolWorld world;

    @BeforeEach
    void aCluster() throws Exception {
        world = new ToolWorld(directory).member("n0", "{}").leader("n0");
    }

    @Test
    void theTableIsShownAgainUntilSomebodyEndsIt() {
        world.patience = 3;
        world.meanwhile = () -> world.member("n1", "{}");
        Outcome outcome = world.run("", "list", "-W");
        assertEquals(
                4, outcome.out().lines().filter(line -> line.startsWith("| n0")).count());
        assertEquals(
                3, outcome.out().lines().filter(line -> line.startsWith("| n1")).count());
        assertFalse(outcome.out().contains("\u001b"), "no escape sequences where nobody looks");
        assertEquals("Aborted!\n", outcome.err());
        assertEquals(1, outcome.code());
        assertEquals(Duration.ofSeconds(6), world.time.passed());
    }

    @Test
    void thePeriodMayBeAFraction() {
        world.patience = 2;
        world.run("", "topology", "-w", "0.25");
        assertEquals(Duration.ofMillis(500), world.time.passed());
    }

    @Test
    void aStoreThatIsAwayForAWhileDoesNotEndIt() {
        world.patience = 3;
        world.meanwhile = () -> world.storeAway = world.time.passed().equals(Duration.ofSeconds(2));
        Outcome outcome = world.run("", "list", "-W");
        assertEquals(
                3, outcome.out().lines().filter(line -> line.startsWith("| n0")).count());
        assertTrue(outcome.err().startsWith("Error: "), outcome.err());
    }

    @Test
    void aStoreThatIsAwayFromTheBeginningDoes() {
        world.storeAway = true;
        assertEquals(1, world.run("", "list", "-W").code());
    }

    @Test
    void onlyPositiveNumbersOfSecondsAreAccepted() {
        for (String wrong : new String[] {"0", "-1", "x", "NaN", "1e99"}) {
            assertEquals(2, world.run("", "list", "-w", wrong).code(), wrong);
        }
    }
}
