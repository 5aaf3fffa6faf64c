package io.matriarch.store.etcd;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.matriarch.model.Json;
import io.matriarch.model.MonotonicTime;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The rules of contract dcs-etcd3.md 2.5 that need no server. */
class EtcdRulesTest {

    @Test
    void thePathFollowsTheVersionOfTheCluster() throws Exception {
        assertEquals("/v3alpha", GatewayVersion.prefix("3.2.0"));
        assertEquals("/v3beta", GatewayVersion.prefix("3.3.27"));
        assertEquals("/v3", GatewayVersion.prefix("3.4.0"));
        assertEquals("/v3", GatewayVersion.prefix("3.10.0-rc.1"));
        var refusal = assertThrows(EtcdRefused.class, () -> GatewayVersion.prefix("2.3.8"));
        assertEquals("Detected Etcd version 2.3.8 is lower than 3.0.4", refusal.getMessage());
        assertTrue(refusal.hopeless());
    }

    @Test
    void theBudgetIsSharedAmongServersDownToASecond() {
        assertEquals(plan(1, 10_000, 3_333), truncated(AttemptPlan.of(Duration.ofSeconds(10), 1)));
        assertEquals(plan(2, 5_000, 2_500), truncated(AttemptPlan.of(Duration.ofSeconds(10), 2)));
        assertEquals(plan(3, 3_333, 3_333), truncated(AttemptPlan.of(Duration.ofSeconds(10), 3)));
        assertEquals(plan(3, 1_000, 1_000), truncated(AttemptPlan.of(Duration.ofSeconds(3), 5)));
        assertEquals(plan(1, 500, 500), truncated(AttemptPlan.of(Duration.ofMillis(500), 3)));
        assertEquals(plan(1, 2_000, 1_000), truncated(AttemptPlan.of(Duration.ofSeconds(2), 0)));
    }

    @Test
    void connectingTakesHalfOfAnAttemptButASecondAtLeast() {
        assertEquals(Duration.ofMillis(1_500), AttemptPlan.connectLimit(Duration.ofSeconds(3)));
        assertEquals(Duration.ofSeconds(1), AttemptPlan.connectLimit(Duration.ofMillis(1_500)));
        assertEquals(Duration.ofMillis(400), AttemptPlan.connectLimit(Duration.ofMillis(400)));
    }

    private static final URI A = URI.create("http://a:1");
    private static final URI B = URI.create("http://b:1");
    private static final List<URI> BOTH = List.of(A, B);
    private static final MonotonicTime NOW = new MonotonicTime(0);
    private static final MonotonicTime LATER = NOW.plus(Duration.ofSeconds(5));

    @Test
    void aServerWithALowerTermIsNotBelieved() {
        var guard = new TermGuard();
        assertDoesNotThrow(() -> guard.check(A, BOTH, header("7", "5"), NOW));
        assertThrows(EtcdUnreachable.class, () -> guard.check(A, BOTH, header("7", "4"), NOW));
        assertDoesNotThrow(() -> guard.check(A, BOTH, header("7", "5"), NOW));
        assertDoesNotThrow(() -> guard.check(A, BOTH, header("18446744073709551615", "2"), NOW));
        assertThrows(EtcdUnreachable.class, () -> guard.check(A, BOTH, header("18446744073709551615", "1"), NOW));
        assertEquals(1, guard.beginnings(), "another cluster");
    }

    @Test
    void whenAllServersHaveALowerTermForLongTheirDataWereLost() {
        var guard = new TermGuard();
        assertDoesNotThrow(() -> guard.check(A, BOTH, header("7", "5"), NOW));
        assertThrows(EtcdUnreachable.class, () -> guard.check(A, BOTH, header("7", "2"), NOW));
        assertThrows(EtcdUnreachable.class, () -> guard.check(A, BOTH, header("7", "2"), LATER), "only one of them");
        assertEquals(0, guard.beginnings());
        assertDoesNotThrow(() -> guard.check(B, BOTH, header("7", "2"), LATER));
        assertEquals(1, guard.beginnings());
        assertDoesNotThrow(() -> guard.check(A, BOTH, header("7", "2"), LATER));
    }

    @Test
    void anAnswerOfTheOldTermInBetweenShowsThatTheyAreBehind() {
        var guard = new TermGuard();
        assertDoesNotThrow(() -> guard.check(A, BOTH, header("7", "5"), NOW));
        assertThrows(EtcdUnreachable.class, () -> guard.check(A, BOTH, header("7", "4"), NOW));
        assertDoesNotThrow(() -> guard.check(B, BOTH, header("7", "5"), LATER));
        assertThrows(EtcdUnreachable.class, () -> guard.check(A, BOTH, header("7", "4"), LATER));
        assertThrows(EtcdUnreachable.class, () -> guard.check(B, BOTH, header("7", "4"), LATER));
    }

    @Test
    void theClientStaysWithAServerUntilItFails() {
        var a = URI.create("http://a:1");
        var b = URI.create("http://b:1");
        var c = URI.create("http://c:1");
        var endpoints = new Endpoints();
        assertNull(endpoints.current());
        endpoints.replace(List.of(a, b));
        endpoints.failed(a);
        assertEquals(b, endpoints.current());
        endpoints.failed(a);
        assertEquals(b, endpoints.current(), "a late failure of another server changes nothing");
        endpoints.replace(List.of(c, b));
        assertEquals(b, endpoints.current());
        endpoints.replace(List.of(c, a));
        assertEquals(c, endpoints.current());
    }

    @Test
    void errorsOfAllGatewayVersionsAreUnderstood() {
        EtcdRefused old = refusal("{\"error\":\"etcdserver: requested lease not found\",\"code\":5}");
        assertTrue(old.isLeaseNotFound());
        EtcdRefused streamed = refusal("{\"error\":{\"grpc_code\":14,\"message\":\"etcdserver: no leader\"}}");
        assertTrue(streamed.isPassing());
        EtcdRefused stale =
                refusal("{\"error\":\"x\",\"message\":\"etcdserver: revision of auth store is old\",\"code\":3}");
        assertTrue(stale.asksForAuthentication());
        assertNull(EtcdClient.refusal(new JsonObject()));
    }

    private static EtcdRefused refusal(String document) {
        EtcdRefused refusal = EtcdClient.refusal(Json.parseObject(document).orElseThrow());
        assertNotNull(refusal);
        return refusal;
    }

    private static JsonObject header(String cluster, String term) {
        var header = new JsonObject();
        header.addProperty("cluster_id", cluster);
        header.addProperty("raft_term", term);
        return header;
    }

    private static AttemptPlan plan(int servers, long shareMillis, long attemptMillis) {
        return new AttemptPlan(servers, Duration.ofMillis(shareMillis), Duration.ofMillis(attemptMillis));
    }

    private static AttemptPlan truncated(AttemptPlan plan) {
        return plan(plan.servers(), plan.share().toMillis(), plan.attempt().toMillis());
    }
}
