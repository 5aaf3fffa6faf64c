package io.matriarch.ctl.patroni;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.ctl.patroni.ToolWorld.Outcome;
import io.matriarch.model.Key;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code list} and {@code topology} print, byte for byte (contract ctl.md 2). */
class MemberTableTest {

    private static final String SYSTEM = "7711511906616872452";

    @TempDir
    Path directory;

    private ToolWorld world;

    @BeforeEach
    void aClusterOfTwo() throws Exception {
        world = new ToolWorld(directory)
                .put(Key.INITIALIZE, SYSTEM)
                .put(Key.CONFIG, "{\"ttl\":30}")
                .put(Key.STATUS, "{\"optime\":67108960}")
                .member("n0", """
                    {"conn_url":"postgres://127.0.0.1:15432/postgres","state":"running","role":"primary",\
                    "xlog_location":67108960,"timeline":1}\
                    """)
                .member("n1", """
                    {"conn_url":"postgres://127.0.0.1:15433/postgres","state":"running","role":"replica",\
                    "xlog_location":67108960,"receive_lsn":67108960,"replay_lsn":67108960,"timeline":1,\
                    "replication_state":"streaming"}\
                    """)
                .leader("n0");
    }

    @Test
    void theTableOfTheContract() {
        assertEquals("""
            + Cluster: demo (7711511906616872452) -----------+----+-------------+-----+------------+-----+
            | Member | Host            | Role    | State     | TL | Receive LSN | Lag | Replay LSN | Lag |
            +--------+-----------------+---------+-----------+----+-------------+-----+------------+-----+
            | n0     | 127.0.0.1:15432 | Leader  | running   |  1 |             |     |            |     |
            | n1     | 127.0.0.1:15433 | Replica | streaming |  1 |   0/4000060 |   0 |  0/4000060 |   0 |
            +--------+-----------------+---------+-----------+----+-------------+-----+------------+-----+
            """, world.run("", "list").out());
    }

    @Test
    void machineReadableFormats() {
        assertEquals("""
            Cluster\tMember\tHost\tRole\tState\tTL\tReceive LSN\tReceive Lag\tReplay LSN\tReplay Lag
            demo\tn0\t127.0.0.1:15432\tLeader\trunning\t1\t\t\t\t
            demo\tn1\t127.0.0.1:15433\tReplica\tstreaming\t1\t0/4000060\t0\t0/4000060\t0
            """, world.run("", "list", "-f", "tsv").out());
        assertEquals("""
            [{"Cluster": "demo", "Member": "n0", "Host": "127.0.0.1:15432", "Role": "Leader", "State": "running", \
            "TL": 1}, {"Cluster": "demo", "Member": "n1", "Host": "127.0.0.1:15433", "Role": "Replica", \
            "State": "streaming", "TL": 1, "Receive LSN": "0/4000060", "Receive Lag": 0, \
            "Replay LSN": "0/4000060", "Replay Lag": 0}]
            """, world.run("", "list", "demo", "--format=json").out());
        assertEquals("""
            - Cluster: demo
              Host: 127.0.0.1:15432
              Member: n0
              Role: Leader
              State: running
              TL: 1
            - Cluster: demo
              Host: 127.0.0.1:15433
              Member: n1
              Receive LSN: 0/4000060
              Receive Lag: 0
              Replay LSN: 0/4000060
              Replay Lag: 0
              Role: Replica
              State: streaming
              TL: 1

            """, world.run("", "list", "-f", "yml").out());
    }

    @Test
    void pauseAndAScheduledSwitchoverStandBelowThePrettyTableOnly() {
        world.put(Key.CONFIG, "{\"pause\":true}");
        world.put(Key.FAILOVER, """
            {"leader":"n0","member":"n1","scheduled_at":"2026-11-26T10:00:00+00:00"}\
            """);
        assertEquals("""
             Maintenance mode: on
             Switchover scheduled at: 2026-11-26T10:00:00+00:00
                                from: n0
                                  to: n1
            """, afterTable(world.run("", "list").out()));
        assertEquals(1, world.run("", "list", "-f", "json").out().lines().count());
    }

    @Test
    void whatSlotsHoldBackAndWhatTheGateWaitsForIsShownOnlyToWhoAsksForEverything() {
        String before = world.run("", "list", "-f", "tsv").out();
        world.member("n0", """
            {"conn_url":"postgres://127.0.0.1:15432/postgres","state":"running","role":"primary",\
            "xlog_location":67108960,"timeline":1,"post_crash_gate":"waits for n1",\
            "slots_held_wal":{"cdc":{"held_bytes":325058560,"minutes_left":42,"limit":"max_slot_wal_keep_size"},\
            "n1":{"held_bytes":104857600}}}\
            """);
        assertEquals(before, world.run("", "list", "-f", "tsv").out());

        String[] lines = world.run("", "list", "-e", "-f", "json").out().split("\n");
        assertTrue(
                lines[0].contains(
                        "\"WAL held by slots\": \"cdc: 310 MB, max_slot_wal_keep_size in 42 min\\nn1: 100 MB\","
                                + " \"Post-crash gate\": \"waits for n1\"}"),
                lines[0]);
    }

    @Test
    void columnsAboutRestartsAndTagsAppearWhenTheySaySomething() {
        world.member("n1", """
            {"conn_url":"postgres://127.0.0.1:15433/postgres","state":"running","role":"replica","timeline":1,\
            "pending_restart":true,"pending_restart_reason":{"max_connections":{"old_value":"100",\
            "new_value":"200"},"archive_command":{"old_value":"","new_value":"a very long command that nobody reads"}},\
            "scheduled_restart":{"schedule":"2026-11-26T10:00:00+00:00","postgres_version":"15.9"},\
            "tags":{"nofailover":true,"color":"blue"}}\
            """);
        String[] lines = world.run("", "list").out().split("\n");
        assertEquals(
                "| Member | Host            | Role    | State   | TL | Receive LSN | Lag | Replay LSN | Lag | Pending"
                    + " restart | Pending restart reason               | Scheduled restart                           |"
                    + " Tags             |",
                lines[1]);
        assertEquals(
                "| n1     | 127.0.0.1:15433 | Replica | running |  1 |     unknown |     |    unknown |     | *       "
                    + "        | max_connections: 100->200            | 2026-11-26T10:00:00+00:00 if version < 15.9 |"
                    + " color: blue      |",
                lines[5]);
        assertEquals(lines[0].length(), lines[4].length());
    }

    @Test
    void extendedShowsAllColumns() {
        assertEquals(
                13,
                world.run("", "list", "-e")
                                .out()
                                .split("\n")[1]
                                .chars()
                                .filter(c -> c == '|')
                                .count()
                        - 1);
    }

    @Test
    void anUnknownClusterIsAnEmptyTable() throws Exception {
        var empty = new ToolWorld(directory);
        assertEquals(
                "+ Cluster: nobody (uninitialized) --+-------------+-----+------------+-----+",
                empty.run("", "list", "nobody").out().lines().findFirst().orElse(""));
        assertEquals("[]\n", empty.run("", "list", "nobody", "-f", "json").out());
    }

    @Test
    void portsAreLeftOutWhenAllUseTheUsualOneOnHostsOfTheirOwn() {
        world.member("n0", "{\"conn_url\":\"postgres://h0:5432/postgres\",\"state\":\"running\"}");
        world.member("n1", "{\"conn_url\":\"postgres://h1:5432/postgres\",\"state\":\"running\"}");
        assertEquals(
                "h0", world.run("", "list", "-f", "tsv").out().split("\n")[1].split("\t")[2]);
        world.member("n1", "{\"conn_url\":\"postgres://h0:5432/postgres\",\"state\":\"running\"}");
        assertEquals(
                "h0:5432",
                world.run("", "list", "-f", "tsv").out().split("\n")[1].split("\t")[2]);
    }

    @Test
    void topologyIndentsReplicasBelowTheirUpstream() {
        world.member("n2", """
            {"conn_url":"postgres://127.0.0.1:15434/postgres","state":"running","role":"replica",\
            "tags":{"replicatefrom":"n1"}}\
            """);
        world.member("a", """
            {"conn_url":"postgres://127.0.0.1:15435/postgres","state":"running","role":"replica",\
            "tags":{"replicatefrom":"gone"}}\
            """);
        assertEquals("n0;+ a;+ n1;  + n2", firstColumn(world.run("", "topology").out()));
    }

    @Test
    void membersThatStreamFromEachOtherInACircleAreStillShown() {
        world.member("n1", "{\"state\":\"running\",\"tags\":{\"replicatefrom\":\"n2\"}}");
        world.member("n2", "{\"state\":\"running\",\"tags\":{\"replicatefrom\":\"n1\"}}");
        assertEquals("n0;+ n1;  + n2", firstColumn(world.run("", "topology").out()));
    }

    @Test
    void aTimestampPrecedesTheTableOnRequest() {
        Outcome outcome = world.run("", "list", "-t");
        assertEquals(19, outcome.out().lines().findFirst().orElse("").length());
    }

    private static String afterTable(String out) {
        return out.substring(out.lastIndexOf("+\n") + 2);
    }

    private static String firstColumn(String table) {
        return table.lines()
                .filter(line -> line.startsWith("| ") && !line.startsWith("| Member"))
                .map(line -> line.substring(2, line.indexOf(" |", 2)).stripTrailing())
                .reduce((a, b) -> a + ";" + b)
                .orElse("");
    }
}
