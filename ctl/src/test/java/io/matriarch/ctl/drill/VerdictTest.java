package io.matriarch.ctl.drill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.ctl.cli.Screen;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is made of the measured values. */
class VerdictTest {

    private static final long BEGIN = seconds(10);

    private final List<Sample> samples = new ArrayList<>();
    private @Nullable Duration recovery = Duration.ofSeconds(6);
    private Duration outage = Duration.ofMillis(1500);
    private boolean writesBack = true;
    private int lost;
    private @Nullable String trouble;

    @Test
    void everythingWithinItsLimitIsAHundredPoints() {
        sample(-1, "n1", NodeState.PRIMARY, NodeState.STREAMING);
        sample(0.5, null, NodeState.STOPPED, NodeState.STREAMING);
        sample(2, "n2", NodeState.STOPPED, NodeState.PRIMARY);
        sample(6, "n2", NodeState.STREAMING, NodeState.PRIMARY);
        assertEquals("""

            Drill crash on cluster demo at 2026-11-27T01:00:00Z: passed with 100 of 100 points
              ok    0 of 900 acknowledged rows were lost
              ok    no row was acknowledged for 1.5 s (at most 2.0 s)
              ok    all members were in place again after 6.0 s (at most 10.0 s)
              ok    there were never two primaries
              PostgreSQL of the leader is killed (n1); an agent was seen to act after 0.5 s; led by n1 before, by n2 \
            afterwards
            """, report().text(Screen.NONE));
        assertTrue(report().verdict().passed());
    }

    @Test
    void eachThingThatMissesItsLimitCostsItsPoints() {
        lost = 3;
        assertEquals(60, failed());
        outage = Duration.ofMillis(2001);
        assertEquals(30, failed());
        recovery = Duration.ofMillis(10_001);
        assertEquals(10, failed());
        sample(1, "n2", NodeState.PRIMARY, NodeState.PRIMARY);
        sample(2, "n2", NodeState.PRIMARY, NodeState.PRIMARY);
        assertEquals(0, failed());
    }

    @Test
    void whatCouldNotBeMeasuredHasNotPassed() {
        lost = -1;
        writesBack = false;
        recovery = null;
        assertEquals(10, failed());
        trouble = "POST /switchover was answered with 412: no";
        assertTrue(report().text(Screen.NONE).contains("  FAIL  POST /switchover was answered with 412: no\n"));
    }

    @Test
    void twoPrimariesInOneLookAreNotMoreThanAHandover() {
        sample(1, "n2", NodeState.PRIMARY, NodeState.PRIMARY);
        sample(2, "n2", NodeState.STREAMING, NodeState.PRIMARY);
        sample(3, "n2", NodeState.PRIMARY, NodeState.PRIMARY);
        assertFalse(measured().sawTwoPrimaries());
    }

    @Test
    void silenceIsNoDetection() {
        sample(-1, "n1", NodeState.STOPPED, NodeState.STREAMING);
        sample(1, "n1", NodeState.SILENT, NodeState.STREAMING);
        assertNull(Measurement.detection(samples, BEGIN, "n1"));
        sample(20, "n2", NodeState.SILENT, NodeState.PRIMARY);
        assertEquals(Duration.ofSeconds(20), Measurement.detection(samples, BEGIN, "n1"));
    }

    @Test
    void thePageIsOneFileWithAPicture() {
        sample(-1, "n1", NodeState.PRIMARY, NodeState.STREAMING);
        sample(1, null, NodeState.STOPPED, NodeState.STREAMING);
        String page = DrillPage.of(report());
        assertTrue(page.startsWith("<!DOCTYPE html>"), page);
        assertFalse(page.contains("http"), "nothing from elsewhere");
        assertFalse(page.matches("(?s).*@[A-Z]+@.*"), "every place is filled");
        assertTrue(page.contains("fill=\"" + NodeState.STOPPED.colour() + "\""), page);
        assertEquals(1, page.split("<svg ", -1).length - 1);
        assertTrue(page.contains(">noticed</text>") && page.contains(">whole</text>"), page);
    }

    private int failed() {
        assertFalse(report().verdict().passed());
        return report().verdict().score();
    }

    private DrillReport report() {
        return new DrillReport(measured(), Verdict.of(measured(), Duration.ofSeconds(2), Duration.ofSeconds(10)));
    }

    private Measurement measured() {
        return new Measurement(
                "demo",
                Fault.CRASH,
                "PostgreSQL of the leader is killed (n1)",
                true,
                Instant.parse("2026-11-27T01:00:00.5Z"),
                BEGIN,
                BEGIN + seconds(8),
                "n1",
                "n2",
                Measurement.detection(samples, BEGIN, "n1"),
                outage,
                writesBack,
                recovery,
                900,
                lost,
                List.of(BEGIN - seconds(1), BEGIN - seconds(0.5), BEGIN + seconds(1), BEGIN + seconds(7)),
                samples,
                trouble);
    }

    private void sample(double after, @Nullable String leader, NodeState n1, NodeState n2) {
        samples.add(new Sample(BEGIN + seconds(after), leader, Map.of("n1", n1, "n2", n2), false));
    }

    private static long seconds(double seconds) {
        return (long) (seconds * 1e9);
    }
}
