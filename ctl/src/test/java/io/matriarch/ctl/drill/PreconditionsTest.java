package io.matriarch.ctl.drill;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonObject;
import io.matriarch.ctl.operator.MemberAnswers;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Json;
import io.matriarch.model.Key;
import io.matriarch.model.TimeSource;
import io.matriarch.model.Timing;
import io.matriarch.store.Expectation;
import io.matriarch.store.memory.MemoryServer;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which clusters a drill leaves alone, and what it says. */
class PreconditionsTest {

    private final MemoryServer server = new MemoryServer(TimeSource.system());
    private final Map<String, JsonObject> documents = new LinkedHashMap<>();
    private final Map<String, String> troubles = new LinkedHashMap<>();

    @BeforeEach
    void aSynchronousClusterOfThree() {
        put(Key.CONFIG, "{\"synchronous_mode\":true}");
        put(Key.STATUS, "{\"optime\":5000000}");
        put(Key.SYNC, "{\"leader\":\"n0\",\"sync_standby\":\"n1\"}");
        member("n0", "primary", "", 5_000_000, "{}");
        member("n1", "replica", "streaming", 5_000_000, "{}");
        member("n2", "replica", "streaming", 4_000_000, "{}");
        server.connect("n0", Timing.DEFAULT).takeLeader();
    }

    @Test
    void nothingSpeaksAgainstADrillOfAClusterThatIsWell() throws Exception {
        for (Fault fault : Fault.values()) {
            assertEquals(List.of(), refusals(wish(fault)), fault.toString());
        }
    }

    @Test
    void aPauseOrAScheduledSwitchoverRefuses() throws Exception {
        put(Key.CONFIG, "{\"synchronous_mode\":true,\"pause\":true}");
        put(Key.FAILOVER, "{\"leader\":\"n0\",\"scheduled_at\":\"2026-11-26T10:00:00+00:00\"}");
        assertEquals(
                List.of(
                        "the cluster is paused: nobody would take over; patronictl resume",
                        "a switchover or failover is under way, or scheduled; patronictl flush"),
                refusals(wish(Fault.SWITCHOVER)));
    }

    @Test
    void everyMemberMustBeInItsPlace() throws Exception {
        documents.remove("n1");
        troubles.put("n1", "connection refused");
        member("n2", "replica", "", 3_000_000, "{\"nofailover\":true}");
        assertEquals(
                List.of(
                        "n1 does not answer: connection refused",
                        "n2 does not stream",
                        "n2 is 2000000 bytes behind; at most 1048576 are allowed",
                        "there is no replica that could take over"),
                refusals(wish(Fault.SWITCHOVER)));
    }

    @Test
    void aCrashWithoutSynchronousModeNeedsAWordOfConsent() throws Exception {
        put(Key.CONFIG, "{}");
        assertEquals(List.of(), refusals(wish(Fault.SWITCHOVER)));
        assertEquals(1, refusals(wish(Fault.CRASH)).size());
        assertEquals(List.of(), refusals(new Wish(Fault.CRASH, null, null, null, true, limits(null))));
    }

    @Test
    void synchronousModeMustWork() throws Exception {
        put(Key.SYNC, "{\"leader\":\"n0\",\"sync_standby\":null}");
        assertEquals(
                List.of("synchronous mode is on, but no standby is synchronous"), refusals(wish(Fault.SWITCHOVER)));
        put(Key.SYNC, "{\"leader\":\"n0\",\"sync_standby\":\"n1\"}");
        put(Key.CONFIG, "{\"synchronous_mode\":true,\"synchronous_mode_strict\":true,\"synchronous_node_count\":2}");
        assertEquals(
                List.of("synchronous_mode_strict with 3 members: commits would wait until the old leader is back"),
                refusals(wish(Fault.CRASH)));
        assertEquals(List.of(), refusals(wish(Fault.RESTART)));
    }

    @Test
    void theCandidateMustBeOne() throws Exception {
        for (String nobody : List.of("n0", "ghost")) {
            assertEquals(
                    List.of(nobody + " is no replica that may take over"),
                    refusals(new Wish(Fault.SWITCHOVER, nobody, null, null, false, limits(null))));
        }
    }

    @Test
    void theLimitOfLagCanBeGiven() throws Exception {
        assertEquals(
                List.of("n2 is 1000000 bytes behind; at most 10 are allowed"),
                refusals(new Wish(Fault.SWITCHOVER, null, null, null, false, limits(10L))));
    }

    private List<String> refusals(Wish wish) throws Exception {
        ClusterView view = server.connect("", Timing.DEFAULT).load();
        return Preconditions.refusals(wish, view, new MemberAnswers(documents, troubles));
    }

    private static Wish wish(Fault fault) {
        return new Wish(fault, null, null, null, false, limits(null));
    }

    private static Wish.Limits limits(@Nullable Long lag) {
        return new Wish.Limits(lag, null, Duration.ofSeconds(1), Duration.ofSeconds(1));
    }

    private void member(String name, String role, String replication, long position, String tags) {
        server.connect(name, Timing.DEFAULT)
                .publishMember("{\"state\":\"running\",\"role\":\"" + role + "\",\"xlog_location\":" + position
                        + ",\"timeline\":2,\"tags\":" + tags + "}");
        documents.put(
                name,
                Json.parseObject("{\"state\":\"running\",\"role\":\"" + role + "\",\"replication_state\":\""
                                + replication + "\",\"timeline\":2}")
                        .orElseThrow());
    }

    private void put(Key key, String value) {
        server.connect("", Timing.DEFAULT).put(key, value, Expectation.ANY);
    }
}
