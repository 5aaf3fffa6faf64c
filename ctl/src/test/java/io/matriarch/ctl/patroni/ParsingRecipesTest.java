package io.matriarch.ctl.patroni;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.matriarch.ctl.patroni.ToolWorld.Outcome;
import io.matriarch.model.Key;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How operators, operators' programs and scripts read what the tool prints: what they look for must stand where they look. */
class ParsingRecipesTest {

    @TempDir
    Path directory;

    private ToolWorld world;
    private FakeMember n0;

    @BeforeEach
    void aClusterOfThree() throws Exception {
        n0 = new FakeMember();
        world = new ToolWorld(directory)
                .put(Key.INITIALIZE, "7711511906616872452")
                .put(Key.CONFIG, "{\"synchronous_mode\":true,\"standby_cluster\":{\"host\":\"h\"}}")
                .put(Key.STATUS, "{\"optime\":67108960}")
                .put(Key.SYNC, "{\"leader\":\"n0\",\"sync_standby\":\"n1\"}")
                .member("n0", """
                    {"conn_url":"postgres://10.0.0.1:5432/postgres","api_url":"%s","state":"running",\
                    "role":"primary","xlog_location":67108960,"timeline":12}\
                    """.formatted(n0.apiUrl()))
                .member("n1", replica("10.0.0.2", "streaming"))
                .member("n2", replica("10.0.0.3", "in archive recovery"))
                .leader("n0");
    }

    @AfterEach
    void stop() {
        n0.close();
    }

    private static String replica(String host, String replicationState) {
        return """
            {"conn_url":"postgres://%s:5432/postgres","state":"running","role":"replica","xlog_location":67108960,\
            "receive_lsn":67108960,"replay_lsn":67108960,"timeline":12,"replication_state":"%s"}\
            """.formatted(host, replicationState);
    }

    /** A Kubernetes operator finds the timeline in the pretty table. */
    @Test
    void theTimelineOfTheRunningLeaderStandsBehindItsState() {
        world.put(Key.CONFIG, "{}");
        Matcher line = Pattern.compile("\\|\\s+Leader\\s+\\|\\s+running\\s+\\|\\s+(\\d+)\\s+\\|")
                .matcher(world.run("", "list").out());
        assertTrue(line.find());
        assertEquals("12", line.group(1));
    }

    /** Test suites cut the second and fourth field of the tab separated form. */
    @Test
    void memberAndRoleAreTheSecondAndFourthField() {
        world.put(Key.CONFIG, "{\"synchronous_mode\":true}");
        var found = new ArrayList<String>();
        world.run("", "list", "-f", "tsv").out().lines().skip(1).forEach(line -> {
            String[] fields = line.split("\t", -1);
            found.add(fields[1] + "=" + fields[3]);
        });
        assertEquals(List.of("n0=Leader", "n1=Sync Standby", "n2=Replica"), found);
    }

    /** Health scripts select running members, and compare lags with numbers. */
    @Test
    void jsonHasTheTitlesAsKeysAndNumbersAsNumbers() {
        String json = world.run("", "list", "--format=json").out();
        assertEquals(1, json.lines().count());
        for (JsonElement element : JsonParser.parseString(json).getAsJsonArray()) {
            JsonObject member = element.getAsJsonObject();
            assertTrue(member.get("TL").getAsJsonPrimitive().isNumber());
            if (!member.get("Member").getAsString().equals("n0")) {
                assertEquals(0, member.get("Receive Lag").getAsInt());
                assertEquals(0, member.get("Replay Lag").getAsInt());
            }
            assertFalse(member.has("Pending restart"), "keys without a value are left out");
        }
    }

    /** Operators' programs look for the words, whatever the exit code is, and capitals mean another member. */
    @Test
    void theWordsOfASwitchoverAndTheExitCode() {
        n0.answers("POST /switchover", 200, "Successfully switched over to \"n1\"");
        Outcome done =
                world.run("", "switchover", "demo", "--scheduled=now", "--force", "--primary=n0", "--candidate=n1");
        assertTrue(done.out().contains("switched over"), done.out());
        n0.answers("POST /switchover", 200, "Switched over to \"n2\" instead of \"n1\"");
        Outcome other = world.run("", "switchover", "demo", "--force", "--leader=n0", "--candidate=n1");
        assertFalse(other.out().contains("switched over"), other.out());
        n0.answers("POST /switchover", 503, "Switchover failed");
        Outcome failed = world.run("", "switchover", "demo", "--force", "--candidate=n1");
        assertFalse(failed.out().contains("switched over"), failed.out());
        assertEquals(0, failed.code());
    }

    /** An operator restarts what waits for it, role by role, and never reads the exit code. */
    @Test
    void pendingRestartsByRole() {
        n0.answers("POST /restart", 200, "restarted successfully");
        Outcome none = world.run("", "restart", "--pending", "--force", "--role=primary", "demo");
        assertFalse(none.out().contains("Success"), none.out());
        world.member("n0", "{\"api_url\":\"" + n0.apiUrl() + "\",\"state\":\"running\",\"pending_restart\":true}");
        Outcome done = world.run("", "restart", "--pending", "--force", "--role=leader", "demo");
        assertTrue(done.out().endsWith("Success: restart on member n0\n"), done.out());
        assertEquals(0, done.code());
    }

    /** A failover by an operator: the words again, also when another member took over. */
    @Test
    void theWordsOfAFailover() {
        world.put(Key.CONFIG, "{}");
        n0.answers("POST /failover", 200, "Successfully failed over to \"n2\"");
        Outcome done = world.run("", "failover", "demo", "--force", "--candidate=n2");
        assertTrue(done.out().contains("failed over"), done.out());
        n0.answers("POST /failover", 200, "Failed over to \"n1\" instead of \"n2\"");
        Outcome other = world.run("", "failover", "demo", "--force", "--candidate=n2");
        assertFalse(other.out().contains("failed over"), other.out());
    }

    /** The whole configuration comes as JSON on standard input. */
    @Test
    void aConfigurationIsReplacedFromStandardInput() {
        Outcome outcome = world.run(
                "{\"ttl\": 40, \"postgresql\": {\"parameters\": {\"work_mem\": \"8MB\"}}}",
                "edit-config",
                "--replace=-",
                "--force");
        assertTrue(outcome.out().endsWith("Configuration changed\n"), outcome.out());
        assertEquals(
                "postgresql:\n  parameters:\n    work_mem: 8MB\nttl: 40\n\n",
                world.run("", "show-config").out());
    }

    /** A playbook ends the dependence of a standby cluster, and removes clusters by typing ahead. */
    @Test
    void playbooksTypeAhead() {
        world.run("", "edit-config", "-s", "standby_cluster=null", "--force");
        assertFalse(world.run("", "show-config").out().contains("standby_cluster"));
        assertEquals(
                0, world.run("demo\nYes I am aware\nn0\n", "remove", "demo").code());
    }

    /** Awk takes the host of the leader; without a port where all use the usual one. */
    @Test
    void hostsAreBareWhereAllPortsAreTheUsualOne() {
        world.put(Key.CONFIG, "{}");
        String leader = world.run("", "list")
                .out()
                .lines()
                .filter(line -> line.contains(" Leader "))
                .map(line -> line.split("\\s*\\|\\s*", -1)[2])
                .findFirst()
                .orElse("");
        assertEquals("10.0.0.1", leader);
        assertEquals("host=10.0.0.1 port=5432\n", world.run("", "dsn").out());
    }
}
