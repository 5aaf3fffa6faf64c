package io.matriarch.ctl.patroni;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.ctl.patroni.ToolWorld.Outcome;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Key;
import io.matriarch.model.Timing;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Commands about members and the cluster as a whole (contract ctl.md 3 and 4). */
class CommandsTest {

    @TempDir
    Path directory;

    private ToolWorld world;
    private FakeMember n0;
    private FakeMember n1;

    @BeforeEach
    void aClusterOfTwo() throws Exception {
        n0 = new FakeMember();
        n1 = new FakeMember();
        world = new ToolWorld(directory)
                .put(Key.CONFIG, "{\"loop_wait\":7}")
                .member("n0", member(n0, "\"role\":\"primary\""))
                .member("n1", member(n1, "\"role\":\"replica\",\"pending_restart\":true"))
                .leader("n0");
    }

    @AfterEach
    void stop() {
        n0.close();
        n1.close();
    }

    @Test
    void reloadSaysWhatEachMemberAnswered() {
        n0.answers("POST /reload", 200, "no");
        n1.answers("POST /reload", 202, "reload scheduled");
        Outcome outcome = world.run("y\n", "reload", "demo");
        assertTrue(
                outcome.out()
                        .endsWith("Are you sure you want to reload members n0, n1? [y/N]: "
                                + "No changes to apply on member n0\n"
                                + "Reload request received for member n1 and will be processed within 7 seconds\n"),
                outcome.out());
        n1.answers("POST /reload", 401, "no auth");
        assertEquals(
                "Failed: reload for member n1, status code=401, (no auth)",
                lastLine(world.run("", "reload", "demo", "n1", "--force")));
    }

    @Test
    void aMemberThatCannotBeReachedEndsTheCommandWithCodeOne() {
        n0.close();
        Outcome outcome = world.run("", "reload", "demo", "--force");
        assertEquals(1, outcome.code());
        assertTrue(outcome.err().startsWith("Error: Member n0 is not accessible: "), outcome.err());
        assertEquals(List.of(), n1.requests());
    }

    @Test
    void membersGetTheCredentialsOfTheConfiguration() throws Exception {
        n1.wants("Basic dTpw").answers("POST /reload", 202, "reload scheduled");
        assertEquals(
                "Failed: reload for member n1, status code=401, (no auth header received)",
                lastLine(world.run("", "reload", "demo", "n1", "--force")));
        for (String section : List.of("ctl", "restapi")) {
            world.configured(section + ": {authentication: {username: u, password: p}}");
            assertEquals(
                    "Reload request received for member n1 and will be processed within 7 seconds",
                    lastLine(world.run("", "reload", "demo", "n1", "--force")));
        }
    }

    @Test
    void namesThatAreNoCandidatesArePassedOver() {
        n1.answers("POST /reload", 202, "");
        assertEquals(
                0, world.run("", "reload", "demo", "--force", "n1", "ghost").code());
        assertError("No 'any' among provided members", world.run("", "reload", "demo", "ghost"));
        assertError("No 'leader' among provided members", world.run("", "reload", "demo", "n1", "-r", "leader"));
        assertError("No replica among provided members", world.run("", "reinit", "demo", "n0"));
        assertError("demo cluster doesn't have any members", world.run("", "reload", "demo", "-r", "standby-leader"));
    }

    @Test
    void aRestartAsksWhenAndForWhichVersion() {
        n1.answers("POST /restart", 200, "restarted successfully");
        Outcome outcome = world.run("\ny\n15.9\n", "restart", "demo", "n1");
        assertEquals(List.of("POST /restart {\"postgres_version\": \"15.9\"}"), n1.requests());
        String dialogue = outcome.out().substring(outcome.out().indexOf("When"));
        assertTrue(dialogue.startsWith("When should the restart take place (e.g. 2026-11-2"), dialogue);
        assertTrue(
                dialogue.endsWith(")  [now]: Are you sure you want to restart members n1? [y/N]: "
                        + "Restart if the PostgreSQL version is less than provided (e.g. 9.5.2)  []: "
                        + "Success: restart on member n1\n"),
                dialogue);
    }

    @Test
    void aForcedRestartSendsAnEmptyBody() {
        n0.answers("POST /restart", 503, "restart failed");
        n1.answers("POST /restart", 200, "restarted successfully");
        Outcome outcome = world.run("", "restart", "demo", "--force");
        assertEquals(List.of("POST /restart {}"), n0.requests());
        assertEquals(List.of("POST /restart {}"), n1.requests());
        assertTrue(
                outcome.out()
                        .endsWith("Failed: restart for member n0, status code=503, (restart failed)\n"
                                + "Success: restart on member n1\n"),
                outcome.out());
        assertEquals(0, outcome.code());
    }

    @Test
    void onlyPendingMembersAreRestartedOnRequest() {
        n1.answers("POST /restart", 200, "");
        world.run("", "restart", "demo", "--force", "--pending", "--timeout", "10s");
        assertEquals(List.of(), n0.requests());
        assertEquals(List.of("POST /restart {\"restart_pending\": true, \"timeout\": \"10s\"}"), n1.requests());
    }

    @Test
    void aForcedScheduledRestartReplacesTheOldOne() {
        n1.answers("DELETE /restart", 404, "no restarts are scheduled");
        n1.answers("POST /restart", 202, "Restart scheduled");
        Outcome outcome = world.run("", "restart", "demo", "n1", "--force", "--scheduled", "2026-11-26 10:00:00+00:00");
        assertEquals(
                List.of("DELETE /restart", "POST /restart {\"schedule\": \"2026-11-26T10:00:00+00:00\"}"),
                n1.requests());
        assertEquals("Success: restart scheduled on member n1", lastLine(outcome));
    }

    @Test
    void aBadVersionIsRefusedBeforeAnythingIsSent() {
        assertError(
                "Invalid PostgreSQL version format: X.Y or X.Y.Z is accepted: 15",
                world.run("", "restart", "demo", "--force", "--pg-version", "15"));
        assertEquals(List.of(), n0.requests());
    }

    @Test
    void reinitAsksForOneReplicaAndOffersToCancelWhatRuns() {
        n1.answers("POST /reinitialize", 503, "reinitialize already in progress");
        Outcome outcome = world.run("n1\ny\ny\n", "reinit", "demo");
        assertTrue(
                outcome.out()
                        .contains("Which member do you want to reinitialize [n1]? []: Are you sure you want to"
                                + " reinitialize members n1? [y/N]: Failed: reinitialize for member n1, status"
                                + " code=503, (reinitialize already in progress)\n"
                                + "Do you want to cancel it and reinitialize anyway? [y/N]: "),
                outcome.out());
        assertEquals(
                List.of(
                        "POST /reinitialize {\"force\": false, \"from_leader\": false}",
                        "POST /reinitialize {\"force\": true, \"from_leader\": false}"),
                n1.requests());
        assertError("n0 is not a member of cluster", world.run("n0\n", "reinit", "demo"));
    }

    @Test
    void reinitWithForceAndWithoutNamesDoesNothing() {
        assertEquals(0, world.run("", "reinit", "demo", "--force").code());
        assertEquals(List.of(), n1.requests());
    }

    @Test
    void reinitWaitsForTheEndOnRequest() {
        n1.answers("POST /reinitialize", 200, "reinitialize started");
        n1.answers("GET /patroni", 503, "{\"state\": \"creating replica\"}");
        world.meanwhile = () -> {
            if (n1.requests().size() > 3) {
                n1.answers("GET /patroni", 200, "{\"state\": \"running\"}");
            }
        };
        String out = world.run("", "reinit", "demo", "n1", "--force", "--wait").out();
        assertTrue(
                out.endsWith("Success: reinitialize for member n1\n"
                        + "Waiting for reinitialize to complete on: n1\nReinitialize is completed on: n1\n"),
                out);
    }

    @Test
    void flushDiscardsScheduledRestarts() {
        world.member("n1", member(n1, "\"scheduled_restart\":{\"schedule\":\"2026-11-26T10:00:00+00:00\"}"));
        n1.answers("DELETE /restart", 200, "scheduled restart deleted");
        String out = world.run("", "flush", "demo", "restart", "--force").out();
        assertTrue(
                out.endsWith(
                        "No scheduled restart for member n0\n" + "Success: flush scheduled restart for member n1\n"),
                out);
    }

    @Test
    void flushDiscardsAScheduledSwitchoverThroughAnyMemberOrTheStore() throws Exception {
        assertEquals(
                "No pending scheduled switchover\n",
                world.run("", "flush", "demo", "switchover").out());
        world.put(Key.FAILOVER, "{\"leader\":\"n0\",\"scheduled_at\":\"2026-11-26T10:00:00+00:00\"}");
        n0.answers("DELETE /switchover", 500, "busy");
        n1.answers("DELETE /switchover", 200, "scheduled switchover deleted");
        assertEquals(
                "Failed: member=n0, status_code=500, (busy)\nSuccess: scheduled switchover deleted\n",
                world.run("", "flush", "demo", "switchover").out());
        n0.close();
        n1.close();
        String out = world.run("", "flush", "demo", "switchover").out();
        assertTrue(out.endsWith(" Could not find any accessible member of cluster demo\n"), out);
        assertNull(view().failover());
    }

    @Test
    void flushNeedsToKnowWhatToDiscard() {
        assertEquals(2, world.run("", "flush", "demo").code());
        assertEquals(2, world.run("", "flush", "demo", "everything").code());
    }

    @Test
    void pauseAndResumeGoThroughTheFirstMemberThatAnswers() {
        n0.close();
        n1.answers("PATCH /config", 200, "{}");
        assertEquals(
                "Success: cluster management is paused\n",
                world.run("", "pause").out());
        assertEquals(List.of("PATCH /config {\"pause\": true}"), n1.requests());
        assertError("Cluster is not paused", world.run("", "resume"));
        world.put(Key.CONFIG, "{\"pause\":true}");
        assertError("Cluster is already paused", world.run("", "pause"));
        n1.answers("PATCH /config", 409, "busy");
        assertEquals(
                "Failed: resume cluster management status code=409, (busy)\n",
                world.run("", "resume", "demo").out());
        n1.close();
        assertError("Can not find accessible cluster member", world.run("", "resume"));
    }

    @Test
    void pauseWaitsUntilAllKnowOnRequest() {
        n0.answers("PATCH /config", 200, "{}");
        world.meanwhile = () -> {
            world.member("n0", member(n0, "\"pause\":true"));
            world.member("n1", member(n1, "\"pause\":true"));
        };
        assertEquals(
                "'pause' request sent, waiting until it is recognized by all nodes\n"
                        + "Success: cluster management is paused\n",
                world.run("", "pause", "--wait").out());
    }

    @Test
    void aLivelyMemberThatDoesNotPauseIsNamed() {
        n0.answers("PATCH /config", 200, "{}");
        world.meanwhile = () -> {
            world.member("n0", member(n0, "\"pause\":true"));
            world.member("n1", member(n1, "\"xlog_location\":1"));
        };
        assertEquals(
                "n1 members didn't recognized pause state after 7 seconds", lastLine(world.run("", "pause", "--wait")));
    }

    @Test
    void showConfigPrintsSortedYamlAndAnEmptyLine() {
        world.put(Key.CONFIG, "{\"ttl\":30,\"postgresql\":{\"use_slots\":true}}");
        assertEquals(
                "postgresql:\n  use_slots: true\nttl: 30\n\n",
                world.run("", "show-config").out());
    }

    @Test
    void historyInTwoFormats() {
        world.put(Key.HISTORY, """
            [[1,67108960,"no recovery target specified"],\
            [2,83886080,"no recovery target specified","2026-11-25T10:00:00+00:00","n1"]]\
            """);
        assertEquals("""
            +----+----------+------------------------------+---------------------------+------------+
            | TL |      LSN | Reason                       | Timestamp                 | New Leader |
            +----+----------+------------------------------+---------------------------+------------+
            |  1 | 67108960 | no recovery target specified |                           |            |
            |  2 | 83886080 | no recovery target specified | 2026-11-25T10:00:00+00:00 | n1         |
            +----+----------+------------------------------+---------------------------+------------+
            """, world.run("", "history").out());
        assertTrue(world.run("", "history", "-f", "json")
                .out()
                .startsWith("[{\"TL\": 1, \"LSN\": 67108960, \"Reason\":"
                        + " \"no recovery target specified\", \"Timestamp\": \"\", \"New Leader\": \"\"}, {"));
    }

    @Test
    void dsnFindsMembersByRoleOrName() {
        world.member("n0", "{\"conn_url\":\"postgres://h0:5433/postgres\"}");
        world.member("n1", "{\"conn_url\":\"postgres://h1/postgres\"}");
        assertEquals("host=h0 port=5433\n", world.run("", "dsn").out());
        assertEquals(
                "host=h1 port=5432\n",
                world.run("", "dsn", "-r", "replica", "demo").out());
        assertEquals("host=h1 port=5432\n", world.run("", "dsn", "-m", "n1").out());
        assertError("Can not find a suitable member", world.run("", "dsn", "-m", "ghost"));
        assertError(
                "--role and --member are mutually exclusive options", world.run("", "dsn", "-m", "n1", "-r", "any"));
    }

    @Test
    void versionAsksRunningMembers() {
        n0.answers("GET /patroni", 200, "{\"server_version\": 150018, \"patroni\": {\"version\": \"4.1.4\"}}");
        n1.answers("GET /patroni", 503, "{\"patroni\": {\"version\": \"4.0.0\"}}");
        assertEquals("patronictl version 4.1.4\n", world.run("", "version").out());
        assertEquals(
                "patronictl version 4.1.4\n\nn0: Patroni 4.1.4 PostgreSQL 15.18\nn1: Patroni 4.0.0\n",
                world.run("", "version", "demo").out());
        n1.close();
        assertTrue(lastLine(world.run("", "version", "demo", "n1")).startsWith("n1: failed to get version: "));
    }

    @Test
    void whatPrintsDataPrintsItAsJsonToo() {
        world.put(Key.CONFIG, "{\"ttl\":30,\"postgresql\":{\"use_slots\":true}}");
        world.member("n0", "{\"conn_url\":\"postgres://h0:5433/postgres\",\"api_url\":\"" + n0.apiUrl() + "\"}");
        world.member("n1", "{\"conn_url\":\"postgres://h1/postgres\"}");
        n0.answers("GET /patroni", 200, "{\"server_version\": 150018, \"patroni\": {\"version\": \"4.1.4\"}}");
        assertEquals(
                "{\"ttl\": 30, \"postgresql\": {\"use_slots\": true}}\n",
                world.run("", "show-config", "-f", "json").out());
        assertEquals(
                "[{\"Member\": \"n0\", \"Host\": \"h0\", \"Port\": 5433}]\n",
                world.run("", "dsn", "-f", "json").out());
        assertEquals(
                "[{\"Program\": \"patronictl\", \"Version\": \"4.1.4\"}, {\"Program\": \"patroni\","
                        + " \"Member\": \"n0\", \"Version\": \"4.1.4\", \"PostgreSQL\": \"15.18\"}]\n",
                world.run("", "version", "demo", "-f", "json").out());
        assertEquals(
                "[{\"Cluster\": \"demo\", \"Member\": \"n0\", \"Host\": \"h0:5433\", \"Role\": \"Leader\"},"
                        + " {\"Cluster\": \"demo\", \"Member\": \"n1\", \"Host\": \"h1:5432\", \"Role\": \"Replica\","
                        + " \"Receive LSN\": \"unknown\", \"Replay LSN\": \"unknown\", \"Upstream\": \"n0\"}]\n",
                world.run("", "topology", "-f", "json").out());
    }

    @Test
    void removeWantsThreeConfirmations() throws Exception {
        assertError("Cluster names specified do not match", world.run("batman\n", "remove", "demo"));
        assertError("You did not exactly type \"Yes I am aware\"", world.run("demo\nyes\n", "remove", "demo"));
        assertError(
                "You did not specify the current leader of the cluster",
                world.run("demo\nYes I am aware\nn1\n", "remove", "demo"));
        assertFalse(view().members().isEmpty());
        assertEquals(
                0, world.run("demo\nYes I am aware\nn0\n", "remove", "demo").code());
        assertTrue(view().members().isEmpty());
    }

    @Test
    void demotingAClusterWaitsForTheStandbyLeader() {
        n0.answers("PATCH /config", 200, "{}");
        world.meanwhile = () -> world.member("n0", member(n0, "\"role\":\"standby_leader\""));
        String out = world.run("y\n", "demote-cluster", "--host", "h", "--port", "5433")
                .out();
        assertEquals(List.of("PATCH /config {\"standby_cluster\": {\"host\": \"h\", \"port\": 5433}}"), n0.requests());
        assertTrue(out.contains("Are you sure you want to demote demo cluster? [y/N]: "), out);
        assertTrue(out.contains(" cluster is successfully demoted\n"), out);
        assertError("Cluster is already in the required state", world.run("", "demote-cluster", "--host", "h"));
        assertError(
                "At least --host, --port or --restore-command should be specified", world.run("", "demote-cluster"));
    }

    @ParameterizedTest
    @EnumSource(PatroniCommand.class)
    void everyCommandHasHelpAndRefusesUnknownOptions(PatroniCommand command) {
        Outcome help = world.run("", command.word(), "--help");
        assertEquals(0, help.code());
        assertTrue(help.out().startsWith("Usage: patronictl " + command.word() + " [OPTIONS]"), help.out());
        Outcome wrong = world.run("", command.word(), "--no-such-option");
        assertEquals(2, wrong.code());
        assertTrue(wrong.err().contains("\n\nError: "), wrong.err());
    }

    private ClusterView view() throws Exception {
        return world.server.connect("", Timing.DEFAULT).load();
    }

    private static String member(FakeMember fake, String more) {
        return "{\"api_url\":\"" + fake.apiUrl() + "\",\"state\":\"running\"," + more + "}";
    }

    private static String lastLine(Outcome outcome) {
        assertEquals("", outcome.err());
        return outcome.out().lines().reduce("", (_, line) -> line);
    }

    private static void assertError(String text, Outcome outcome) {
        assertEquals("Error: " + text + "\n", outcome.err());
        assertEquals(1, outcome.code());
    }
}
