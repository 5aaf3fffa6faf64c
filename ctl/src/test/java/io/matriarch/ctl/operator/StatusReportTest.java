package io.matriarch.ctl.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Screen;
import io.matriarch.model.ClusterView;
import io.matriarch.model.JournalEntry;
import io.matriarch.model.Json;
import io.matriarch.model.Key;
import io.matriarch.model.TimeSource;
import io.matriarch.model.Timing;
import io.matriarch.store.Expectation;
import io.matriarch.store.StoreUnavailableException;
import io.matriarch.store.memory.MemoryServer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code matriarch status}. */
class StatusReportTest {

    private final MemoryServer server = new MemoryServer(TimeSource.system());
    private final Map<String, JsonObject> documents = new LinkedHashMap<>();
    private final Map<String, String> troubles = new LinkedHashMap<>();
    private final List<JournalEntry> journals = new ArrayList<>();

    @BeforeEach
    void aSynchronousClusterOfThree() {
        put(Key.INITIALIZE, "7711511906616872452");
        put(Key.CONFIG, "{\"ttl\":20,\"loop_wait\":5,\"retry_timeout\":5,\"synchronous_mode\":true}");
        put(Key.STATUS, "{\"optime\":67108960,\"slots\":{\"n1\":67108960}}");
        put(Key.SYNC, "{\"leader\":\"n0\",\"sync_standby\":\"n1\",\"quorum\":0}");
        put(Key.HISTORY, "[[1,67108864,\"no recovery target specified\",\"2026-11-25T10:00:00+00:00\",\"n0\"]]");
        member("n0", "primary", "{\"location\":67108960}");
        member("n1", "replica", "{\"received_location\":67108960,\"replayed_location\":67108960}");
        member("n2", "replica", "{\"received_location\":67108900,\"replayed_location\":67108900}");
        server.connect("n0", Timing.DEFAULT).takeLeader();
    }

    @Test
    void oneScreenTellsWhoWouldTakeOverAndWhy() throws Exception {
        assertEquals("""
            Cluster demo (7711511906616872452), PostgreSQL 15.18
            Leader n0 since 2026-11-25T10:00:00+00:00
            Lease 20 s, renewed every 5 s; the store answered in 4 ms
            Automatic failover on
            Synchronous mode on: n1 holds every acknowledged commit

            +--------+--------------+---------+----+------+---------+
            | Member | Role         | State   | TL |  Lag | Remarks |
            +--------+--------------+---------+----+------+---------+
            | n0     | leader       | running |  2 |      |         |
            | n1     | sync standby | running |  2 |  0 B |         |
            | n2     | replica      | running |  2 | 60 B |         |
            +--------+--------------+---------+----+------+---------+

            Slots n1 at 0/4000060

            If n0 died now
              n1 would take over
              n2 would not take over: n2 is not in the synchronous set [n1] of leader n0

            Last changes of the leader
              2026-11-25T10:00:00+00:00  timeline 2 led by n0 begins at 0/4000000
            """, report().text(Screen.NONE));
    }

    @Test
    void aMemberThatDoesNotAnswerIsSaidToBeSo() throws Exception {
        documents.remove("n1");
        troubles.put("n1", "connection refused");
        String text = report().text(Screen.NONE);
        assertTrue(text.contains("| does not answer (connection refused) |"), text);
        assertTrue(text.contains("  n1 would not take over: it does not answer\n"), text);
    }

    @Test
    void aPauseIsSaidTwice() throws Exception {
        put(Key.CONFIG, "{\"pause\":true}");
        String text = report().text(Screen.NONE);
        assertTrue(text.contains("Automatic failover off: the cluster is paused\n"), text);
        assertTrue(text.contains("(the cluster is paused: a person decides)"), text);
    }

    @Test
    void whoCanCarryTheLeaderWithoutTheStoreIsSaid() throws Exception {
        put(Key.CONFIG, "{\"ttl\":3,\"matriarch\":{\"profile\":\"fast\"}}");
        String text = report().text(Screen.NONE);
        assertTrue(
                text.contains("Lease 3 s, renewed every 0.3 s; the store answered in 4 ms\n"
                        + "Member lease not in force: [n1, n2] would not ask for votes\n"),
                text);
        put(Key.ELECTORATE, "{\"leader\":\"n0\",\"members\":[\"n1\",\"n2\"],\"limit\":30}");
        text = report().text(Screen.NONE);
        assertTrue(
                text.contains("Member lease without the store, promises of 1 of n1, n2 carry n0 for 30 s, those of all"
                        + " for longer\n"),
                text);
        assertTrue(
                report().json()
                        .contains("\"member_lease\": {\"leader\": \"n0\", \"members\": [\"n1\", \"n2\"],"
                                + " \"promises_needed\": 1, \"limit\": 30}"),
                report().json());
    }

    @Test
    void theLastDecisionsAreToldButNotThatNothingWasToDo() throws Exception {
        decided("2026-11-25T10:00:01.5Z", "n0", "promoted self to leader by acquiring session lock");
        decided("2026-11-25T10:00:11Z", "n0", "no action. I am (n0), the leader with the lock");
        decided("2026-11-25T09:59:58Z", "n1", "following a different leader because i am not the healthiest node");
        String text = report().text(Screen.NONE);
        assertTrue(text.endsWith("""

            Last decisions (matriarch explain tells more)
              2026-11-25T09:59:58Z  n1  following a different leader because i am not the healthiest node
              2026-11-25T10:00:01Z  n0  promoted self to leader by acquiring session lock
            """), text);
    }

    private void decided(String at, String member, String result) {
        journals.add(new JournalEntry(Instant.parse(at), member, "", "", false, result, "", List.of(), 0, 0));
    }

    @Test
    void programsGetTheSameAsJson() throws Exception {
        JsonObject json = Json.parseObject(report().json()).orElseThrow();
        assertEquals("n0", json.get("leader").getAsString());
        assertEquals(
                60,
                json.get("members")
                        .getAsJsonArray()
                        .get(2)
                        .getAsJsonObject()
                        .get("lag")
                        .getAsInt());
        JsonObject n1 = json.get("if_leader_died").getAsJsonArray().get(0).getAsJsonObject();
        assertEquals("n1", n1.get("member").getAsString());
        assertTrue(n1.get("takes_over").getAsBoolean());
    }

    private StatusReport report() throws CommandFailure, StoreUnavailableException {
        ClusterView view = server.connect("", Timing.DEFAULT).load();
        var answers = new MemberAnswers(documents, troubles);
        return StatusReport.of("demo", view, answers, journals, Duration.ofMillis(4), TimeSource.system());
    }

    private void member(String name, String role, String xlog) {
        JsonObject positions = Json.parseObject(xlog).orElseThrow();
        long position = positions.entrySet().iterator().next().getValue().getAsLong();
        server.connect(name, Timing.DEFAULT)
                .publishMember("{\"api_url\":\"http://" + name + ":8008/patroni\",\"conn_url\":\"postgres://" + name
                        + ":5432/postgres\",\"state\":\"running\",\"role\":\"" + role + "\",\"timeline\":2,"
                        + "\"xlog_location\":" + position + "}");
        var document = new JsonObject();
        document.addProperty("state", "running");
        document.addProperty("role", role);
        document.addProperty("server_version", 150018);
        document.addProperty("timeline", 2);
        document.add("xlog", positions);
        documents.put(name, document);
    }

    private void put(Key key, String value) {
        server.connect("", Timing.DEFAULT).put(key, value, Expectation.ANY);
    }
}
