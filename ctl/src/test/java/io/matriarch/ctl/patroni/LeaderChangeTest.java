package io.matriarch.ctl.patroni;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.ctl.patroni.ToolWorld.Outcome;
import io.matriarch.model.Key;
import io.matriarch.model.Timing;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code switchover} and {@code failover} (contract ctl.md 5). */
class LeaderChangeTest {

    @TempDir
    Path directory;

    private ToolWorld world;
    private FakeMember n0;

    @BeforeEach
    void aClusterOfThree() throws Exception {
        n0 = new FakeMember();
        world = new ToolWorld(directory)
                .put(Key.INITIALIZE, "7711511906616872452")
                .put(Key.CONFIG, "{}")
                .member("n0", "{\"api_url\":\"" + n0.apiUrl() + "\",\"state\":\"running\",\"role\":\"primary\"}")
                .member("n1", "{\"api_url\":\"http://127.0.0.1:1/patroni\",\"state\":\"running\",\"role\":\"replica\"}")
                .member("n2", "{\"state\":\"running\",\"role\":\"replica\",\"tags\":{\"nofailover\":true}}")
                .leader("n0");
    }

    @AfterEach
    void stop() {
        n0.close();
    }

    @Test
    void aSwitchoverAsksForEverythingAndReportsTheAnswer() {
        n0.answers("POST /switchover", 200, "Successfully switched over to \"n1\"");
        Outcome outcome = world.run("\nn1\n\ny\n", "switchover");
        assertEquals(List.of("POST /switchover {\"candidate\": \"n1\", \"leader\": \"n0\"}"), n0.requests());
        assertTrue(outcome.out().startsWith("Current cluster topology\n+ Cluster: demo "), outcome.out());
        String dialogue = outcome.out().substring(outcome.out().indexOf("Primary"));
        String prompts = "Primary [n0]: Candidate ['n1'] []: When should the switchover take place (e.g. ";
        assertTrue(dialogue.startsWith(prompts), dialogue);
        assertTrue(
                dialogue.contains(" )  [now]: Are you sure you want to switchover cluster demo,"
                        + " demoting current leader n0? [y/N]: "),
                dialogue);
        assertTrue(
                dialogue.matches(
                        "(?s).*\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:30\\.12345 Successfully switched over to \"n1\"\n"
                                + "\\+ Cluster: demo .*"),
                dialogue);
        assertEquals(0, outcome.code());
    }

    @Test
    void aForcedSwitchoverAsksNothing() {
        n0.answers("POST /switchover", 200, "Successfully switched over to \"n1\"");
        assertEquals(0, world.run("", "switchover", "--force", "demo").code());
        assertEquals(List.of("POST /switchover {\"candidate\": null, \"leader\": \"n0\"}"), n0.requests());
    }

    @Test
    void aScheduledSwitchoverSendsTheTimeWithItsZone() {
        n0.answers("POST /switchover", 202, "Switchover scheduled");
        Outcome outcome = world.run(
                "y\n", "switchover", "--leader", "n0", "--candidate", "n1", "--scheduled", "2026-11-26T10:00+01");
        assertTrue(
                outcome.out()
                        .contains("Are you sure you want to schedule switchover of cluster demo at"
                                + " 2026-11-26T10:00:00+01:00, demoting current leader n0? [y/N]: "),
                outcome.out());
        assertEquals(
                List.of("POST /switchover {\"candidate\": \"n1\", \"leader\": \"n0\","
                        + " \"scheduled_at\": \"2026-11-26T10:00:00+01:00\"}"),
                n0.requests());
    }

    @Test
    void aRefusalIsReportedWithExitCodeZeroAndWithoutASecondTable() {
        n0.answers("POST /switchover", 412, "candidate does not exists");
        Outcome outcome = world.run("", "switchover", "--force");
        assertTrue(
                outcome.out().endsWith("+\nSwitchover failed, details: 412, candidate does not exists\n"),
                outcome.out());
        assertEquals(0, outcome.code());
    }

    @Test
    void anUnknownResultIsCalledUnknown() {
        n0.answers(
                "POST /failover", 503, "Failover status unknown after 20 seconds; operation may still be in progress");
        String out = world.run("", "failover", "--force", "--candidate", "n1").out();
        assertTrue(out.contains("Failover result unknown, details: 503, Failover status unknown"), out);
    }

    @Test
    void anOldServerIsAskedForAFailoverInstead() {
        n0.answers("POST /switchover", 501, "<p>Server does not support this operation</p>");
        n0.answers("POST /failover", 200, "Successfully failed over to \"n1\"");
        world.run("", "switchover", "--force", "--candidate", "n1");
        assertEquals(
                List.of(
                        "POST /switchover {\"candidate\": \"n1\", \"leader\": \"n0\"}",
                        "POST /failover {\"candidate\": \"n1\", \"leader\": \"n0\"}"),
                n0.requests());
    }

    @Test
    void withoutAnAnswerTheRequestGoesIntoTheStore() throws Exception {
        n0.close();
        Outcome outcome = world.run("", "switchover", "--force", "--candidate", "n1");
        assertTrue(
                outcome.out().contains(" Could not switchover using Patroni api, falling back to DCS\n"),
                outcome.out());
        var request = world.server.connect("", Timing.DEFAULT).load().failover();
        assertEquals("{\"leader\":\"n0\",\"member\":\"n1\"}", request == null ? null : request.toJson());
        assertEquals(0, outcome.code());
    }

    @Test
    void mistakesEndWithAnError() {
        assertError("Member n1 is not the leader of cluster demo", "", "switchover", "--leader", "n1");
        assertError("Member n0 is already the leader of cluster demo", "", "failover", "--candidate", "n0");
        assertError(
                "Member n2 does not exist in cluster demo or is tagged as nofailover",
                "",
                "failover",
                "--candidate",
                "n2");
        assertError("Failover could be performed only to a specific candidate", "\n", "failover");
        assertError("Failover could be performed only to a specific candidate", "", "failover", "--force");
        assertError("Aborting failover", "n\n", "failover", "--candidate", "n1");
        assertError("Aborting switchover", "\nn1\nnow\n\n", "switchover");
        assertError(
                "Unable to parse scheduled timestamp (soon). It should be in an unambiguous format (e.g. ISO 8601)",
                "",
                "switchover",
                "--force",
                "--scheduled",
                "soon");
        assertEquals(List.of(), n0.requests());
    }

    @Test
    void theEndOfTheInputAborts() {
        Outcome outcome = world.run("n0\n", "switchover");
        assertEquals(1, outcome.code());
        assertEquals("Aborted!\n", outcome.err());
    }

    @Test
    void nothingIsScheduledWhilePaused() {
        world.put(Key.CONFIG, "{\"pause\":true}");
        assertError(
                "Can't schedule switchover in the paused state",
                "",
                "switchover",
                "--force",
                "--scheduled",
                "2026-11-26T10:00+01");
    }

    @Test
    void aFailoverToAnAsynchronousNodeIsConfirmedSeparately() {
        world.put(Key.CONFIG, "{\"synchronous_mode\":true}");
        world.put(Key.SYNC, "{\"leader\":\"n0\",\"sync_standby\":\"n3\"}");
        Outcome outcome = world.run("n\n", "failover", "--candidate", "n1");
        assertTrue(
                outcome.out().endsWith("Are you sure you want to failover to the asynchronous node n1? [y/N]: "),
                outcome.out());
        assertEquals("Error: Aborting failover\n", outcome.err());
    }

    @Test
    void aClusterWithoutLeaderOrCandidatesCannotSwitch() throws Exception {
        var lonely = new ToolWorld(directory).member("n0", "{}");
        assertEquals(
                "Error: This cluster has no leader\n",
                lonely.run("", "switchover", "--force").err());
        lonely.leader("n0");
        assertEquals(
                "Error: No candidates found to switchover to\n",
                lonely.run("", "switchover", "--force").err());
    }

    private void assertError(String text, String typed, String... words) {
        Outcome outcome = world.run(typed, words);
        assertEquals("Error: " + text + "\n", outcome.err());
        assertEquals(1, outcome.code());
    }
}
