package io.matriarch.ctl.monitor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.matriarch.ctl.cli.Screen;
import io.matriarch.ctl.monitor.ClusterHealth.Limits;
import io.matriarch.ctl.operator.MemberAnswers;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What {@code matriarch monitor} makes of what it sees. */
class ClusterHealthTest {

    private final Map<String, String> roles = new TreeMap<>();
    private final Map<String, JsonObject> documents = new LinkedHashMap<>();
    private final Map<String, String> troubles = new LinkedHashMap<>();
    private String config = "{}";
    private @Nullable String leader = "n1";

    @BeforeEach
    void aPrimaryWithTwoReplicas() {
        member(
                "n1",
                "leader",
                "{\"role\":\"primary\",\"state\":\"running\",\"timeline\":3,\"xlog\":{\"location\":5000}}");
        member("n2", "replica", replica(5000));
        member("n3", "replica", replica(4200));
    }

    @Test
    void aHealthyClusterIsOneLineATableAndZero() {
        assertEquals("""
            MATRIARCH OK - demo: n1 leads, 2 replicas stream, largest lag 800 bytes; no failover is needed \
            | members=3 answering=3 failover_needed=0 'lag_n2'=0B;1048576;;0 'lag_n3'=800B;1048576;;0
            +--------+---------+-----------+----+----------+-----+
            | Member | Role    | State     | TL | Position | Lag |
            +--------+---------+-----------+----+----------+-----+
            | n1     | leader  | running   |  3 |   0/1388 |     |
            | n2     | replica | streaming |  3 |   0/1388 |   0 |
            | n3     | replica | streaming |  3 |   0/1068 | 800 |
            +--------+---------+-----------+----+----------+-----+
            """, health().text(Screen.NONE));
        assertEquals(0, health().severity().exitCode);
    }

    @Test
    void withoutALeaderAFailoverIsNeeded() {
        leader = null;
        roles.put("n1", "replica");
        expect(2, "nobody leads: nobody accepts writes", true);
    }

    @Test
    void aLeaderThatDoesNotAnswerOrIsDownIsCritical() {
        dead("n1", "connection refused");
        expect(2, "the leader n1 does not answer: connection refused", true);
        member("n1", "leader", "{\"role\":\"primary\",\"state\":\"crashed\",\"timeline\":3}");
        troubles.clear();
        expect(2, "PostgreSQL of the leader n1 is crashed", true);
    }

    @Test
    void twoPrimariesAreCritical() {
        member(
                "n2",
                "replica",
                "{\"role\":\"primary\",\"state\":\"running\",\"timeline\":4,\"xlog\":{\"location\":5000}}");
        expect(2, "n1 and n2 all say that they are primary", false);
    }

    @Test
    void aPauseIsAWarningAndCriticalWhenSomebodyWouldHaveToTakeOver() {
        config = "{\"pause\":true}";
        expect(1, "the cluster is paused: nobody takes over by itself", false);
        dead("n1", "connection refused");
        assertEquals(
                List.of(Severity.CRITICAL, Severity.CRITICAL),
                health().problems().stream()
                        .map(ClusterHealth.Problem::severity)
                        .toList());
    }

    @Test
    void replicasThatAreNotWellAreWarnings() {
        dead("n2", "no answer before the deadline");
        expect(1, "n2 does not answer: no answer before the deadline", false);
        troubles.clear();
        member("n2", "replica", "{\"role\":\"replica\",\"state\":\"starting\",\"timeline\":3}");
        expect(1, "n2 is starting", false);
        member("n2", "replica", replica(5000).replace("streaming", ""));
        expect(1, "n2 runs, but does not stream", false);
        member("n2", "replica", replica(5000).replace("\"timeline\":3", "\"timeline\":2"));
        expect(1, "n2 is on timeline 2, the leader on 3", false);
    }

    @Test
    void lagCountsFromItsLimits() {
        assertEquals(0, health(new Limits(800L, null)).severity().exitCode);
        assertEquals(1, health(new Limits(799L, null)).severity().exitCode);
        assertEquals(2, health(new Limits(0L, 799L)).severity().exitCode);
        config = "{\"maximum_lag_on_failover\":799}";
        expect(1, "n3 is 800 bytes behind", false);
    }

    @Test
    void aClusterThatCouldNotGoOnWithoutItsLeaderIsCritical() {
        member("n2", "replica", replica(5000).replace("\"timeline\"", "\"tags\":{\"nofailover\":true},\"timeline\""));
        dead("n3", "connection refused");
        assertTrue(health().line().contains("no replica could take over"), health().line());
        assertEquals(2, health().severity().exitCode);
        for (String name : List.of("n2", "n3")) {
            roles.remove(name);
        }
        documents.remove("n2");
        troubles.clear();
        expect(1, "there is no replica", false);
    }

    @Test
    void synchronousModeWithoutASynchronousStandbyIsAWarning() {
        config = "{\"synchronous_mode\":true}";
        expect(1, "synchronous mode is on, but no standby is synchronous", false);
        roles.put("n2", "sync_standby");
        assertEquals(0, health().severity().exitCode);
    }

    @Test
    void aStandbyClusterHasALeaderThatStreams() {
        config = "{\"standby_cluster\":{\"host\":\"h\"}}";
        member("n1", "standby_leader", replica(5000));
        assertEquals(List.of(), health().problems());
    }

    @Test
    void programsGetOneLineOfJson() {
        dead("n3", "connection refused");
        String line = health().json();
        assertEquals(1, line.lines().count());
        JsonObject json = Json.parseObject(line).orElseThrow();
        assertEquals("WARNING", json.get("status").getAsString());
        assertEquals(1, json.get("code").getAsInt());
        assertFalse(json.get("failover_needed").getAsBoolean());
        JsonObject n2 = json.get("members").getAsJsonArray().get(1).getAsJsonObject();
        assertEquals(0, n2.get("lag").getAsLong());
        JsonObject n3 = json.get("members").getAsJsonArray().get(2).getAsJsonObject();
        assertTrue(n3.get("lag").isJsonNull());
        assertEquals("connection refused", n3.get("error").getAsString());
    }

    private void expect(int code, String text, boolean failover) {
        ClusterHealth health = health();
        assertEquals(text, health.problems().getFirst().text());
        assertEquals(code, health.severity().exitCode, health.line());
        assertEquals(failover, health.failoverReason() != null);
        assertEquals(failover, health.line().contains("; a failover is needed"), health.line());
    }

    private ClusterHealth health() {
        return health(new Limits(null, null));
    }

    private ClusterHealth health(Limits limits) {
        return ClusterHealth.of(
                new Observation(
                        "demo",
                        leader,
                        new DynamicConfig(Json.parseObject(config).orElseThrow()),
                        roles,
                        new MemberAnswers(documents, troubles)),
                limits);
    }

    private void member(String name, String role, String document) {
        roles.put(name, role);
        documents.put(name, Json.parseObject(document).orElseThrow());
    }

    private void dead(String name, String reason) {
        documents.remove(name);
        troubles.put(name, reason);
    }

    private static String replica(long position) {
        return "{\"role\":\"replica\",\"state\":\"running\",\"replication_state\":\"streaming\",\"timeline\":3,"
                + "\"xlog\":{\"received_location\":" + position + ",\"replayed_location\":" + position + "}}";
    }
}
