package io.matriarch.ctl.patroni;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.ctl.patroni.ToolWorld.Outcome;
import io.matriarch.model.Key;
import io.matriarch.model.Timing;
import io.matriarch.store.Expectation;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clusters with groups (contract citus-and-kubernetes.md 1.5, ctl.md 2 and 3). */
class CitusGroupsTest {

    @TempDir
    Path directory;

    private ToolWorld world;
    private FakeMember c1;
    private FakeMember w1;

    @BeforeEach
    void aCoordinatorWithAReplicaAndAWorker() throws Exception {
        c1 = new FakeMember();
        w1 = new FakeMember();
        world = new ToolWorld(directory).citus(1);
        put(0, Key.INITIALIZE, "70");
        put(0, Key.CONFIG, "{\"ttl\":30,\"pause\":true}");
        member(0, "c1", 5432, "primary", c1);
        member(0, "c2", 5433, "replica", c1);
        put(1, Key.INITIALIZE, "71");
        put(1, Key.CONFIG, "{\"ttl\":31}");
        put(1, Key.FAILOVER, "{\"leader\":\"w1\",\"scheduled_at\":\"2026-11-26T10:00:00+00:00\"}");
        member(1, "w1", 5434, "primary", w1);
        world.group(0).connect("c1", Timing.DEFAULT).takeLeader();
        world.group(1).connect("w1", Timing.DEFAULT).takeLeader();
    }

    @AfterEach
    void stop() {
        c1.close();
        w1.close();
    }

    @Test
    void allGroupsStandInOneTable() {
        assertEquals("""
            + Citus cluster: demo -----------+---------+---------+----+-------------+-----+------------+-----+
            | Group | Member | Host          | Role    | State   | TL | Receive LSN | Lag | Replay LSN | Lag |
            +-------+--------+---------------+---------+---------+----+-------------+-----+------------+-----+
            |     0 | c1     | 10.0.0.1:5432 | Leader  | running |  1 |             |     |            |     |
            |     0 | c2     | 10.0.0.1:5433 | Replica | running |  1 |     unknown |     |    unknown |     |
            |     1 | w1     | 10.0.0.1:5434 | Leader  | running |  1 |             |     |            |     |
            +-------+--------+---------------+---------+---------+----+-------------+-----+------------+-----+
            Citus group: 0
             Maintenance mode: on
            Citus group: 1
             Switchover scheduled at: 2026-11-26T10:00:00+00:00
                                from: w1
            """, world.run("", "list").out());
    }

    @Test
    void oneGroupStandsInTheTitle() {
        Outcome list = world.run("", "list", "--group", "1");
        assertTrue(list.out().startsWith("+ Citus cluster: demo (group: 1, 71) -"), list.out());
        assertTrue(list.out().contains("\n| Member | Host "), list.out());
        assertTrue(list.out().contains("\n Switchover scheduled at: "), list.out());
        assertEquals(
                "[{\"Cluster\": \"demo\", \"Group\": 1, \"Member\": \"w1\", \"Host\": \"10.0.0.1:5434\","
                        + " \"Role\": \"Leader\", \"State\": \"running\", \"TL\": 1}]\n",
                world.run("", "list", "--group", "1", "-f", "json").out());
    }

    @Test
    void theTreeStartsAnewInEachGroup() {
        String out = world.run("", "topology").out();
        List<String> cells = out.lines()
                .filter(line -> line.startsWith("| ") && !line.contains("Member"))
                .map(line -> line.split("\\|")[1].strip() + line.split("\\|")[2].stripTrailing())
                .toList();
        assertEquals(List.of("0 c1", "0 + c2", "1 w1"), cells);
    }

    @Test
    void programsFindTheGroupInAColumn() {
        assertEquals("""
            Cluster\tGroup\tMember\tHost\tRole\tState\tTL\tReceive LSN\tReceive Lag\tReplay LSN\tReplay Lag
            demo\t0\tc1\t10.0.0.1:5432\tLeader\trunning\t1\t\t\t\t
            demo\t0\tc2\t10.0.0.1:5433\tReplica\trunning\t1\tunknown\t\tunknown\t
            demo\t1\tw1\t10.0.0.1:5434\tLeader\trunning\t1\t\t\t\t
            """, world.run("", "list", "-f", "tsv").out());
    }

    @Test
    void commandsAboutMembersReachAllGroups() {
        c1.answers("POST /reload", 202, "");
        w1.answers("POST /reload", 202, "");
        String out = world.run("", "reload", "demo", "-r", "leader", "--force").out();
        assertTrue(
                out.endsWith("Reload request received for member c1 and will be processed within 10 seconds\n"
                        + "Reload request received for member w1 and will be processed within 10 seconds\n"),
                out);
        assertEquals(
                "host=10.0.0.1 port=5434\n", world.run("", "dsn", "-m", "w1").out());
        assertEquals(
                "host=10.0.0.1 port=5434\n",
                world.run("", "dsn", "--group", "1").out());
    }

    @Test
    void commandsAboutOneGroupTakeTheConfiguredOne() {
        assertEquals("ttl: 31\n\n", world.run("", "show-config").out());
        assertEquals(
                "pause: true\nttl: 30\n\n",
                world.run("", "show-config", "--group", "0").out());
        w1.answers("PATCH /config", 200, "{}");
        assertEquals(
                "Success: cluster management is paused\n",
                world.run("", "pause").out());
        assertEquals(1, world.run("", "pause", "--group", "0").code());
        world.run("", "edit-config", "-s", "ttl=40", "--force");
        assertEquals("ttl: 40\n\n", world.run("", "show-config").out());
        assertTrue(world.run("", "flush", "demo", "switchover").out().startsWith("Failed: "));
    }

    @Test
    void aSwitchoverAsksForTheGroupBelowAllOfThem() {
        c1.answers("POST /switchover", 200, "Successfully switched over to \"c2\"");
        Outcome outcome = world.run("x\n0\nc1\nc2\nnow\ny\n", "switchover");
        assertTrue(outcome.out().startsWith("Current cluster topology\n+ Citus cluster: demo ---"), outcome.out());
        assertTrue(
                outcome.out()
                        .contains("Citus group: Error: 'x' is not a valid integer.\nCitus group: Primary [c1]: "
                                + "Candidate ['c2'] []: "),
                outcome.out());
        assertTrue(outcome.out().contains("+ Citus cluster: demo (group: 0, 70) "), outcome.out());
        assertEquals(List.of("POST /switchover {\"candidate\": \"c2\", \"leader\": \"c1\"}"), c1.requests());
    }

    @Test
    void withForceOrForRemovingTheGroupMustBeGiven() {
        for (String[] words : new String[][] {
            {"switchover", "--force"}, {"failover", "--force", "--candidate", "c2"}, {"remove", "demo"}
        }) {
            Outcome outcome = world.run("", words);
            assertEquals("Error: For Citus clusters the --group must me specified\n", outcome.err());
            assertEquals(1, outcome.code());
        }
    }

    private void put(int group, Key key, String value) {
        world.group(group).connect("", Timing.DEFAULT).put(key, value, Expectation.ANY);
    }

    private void member(int group, String name, int port, String role, FakeMember api) {
        world.group(group)
                .connect(name, Timing.DEFAULT)
                .publishMember("{\"conn_url\":\"postgres://10.0.0.1:" + port + "/postgres\",\"api_url\":\""
                        + api.apiUrl() + "\",\"state\":\"running\",\"role\":\"" + role + "\",\"timeline\":1}");
    }
}
