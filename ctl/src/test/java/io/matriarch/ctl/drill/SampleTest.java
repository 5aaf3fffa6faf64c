package io.matriarch.ctl.drill;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonObject;
import io.matriarch.ctl.operator.MemberAnswers;
import io.matriarch.model.Json;
import io.matriarch.model.Key;
import io.matriarch.model.TimeSource;
import io.matriarch.model.Timing;
import io.matriarch.store.Expectation;
import io.matriarch.store.memory.MemoryServer;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When everybody is in place again. */
class SampleTest {

    @ParameterizedTest
    @CsvSource({
        // leader, n0, its timeline, n1, its timeline, synchronous standby, in place
        "n0, primary, 2, streaming, 2, n1, true",
        "n1, primary, 2, streaming, 2, n1, false", // the leader key says something else
        "'', primary, 2, streaming, 2, n1, false",
        "n0, primary, 2, '',        2, n1, false",
        "n0, primary, 2, streaming, 1, n1, false",
        "n0, primary, 2, streaming, 2, '', false",
        "n0, stopped, 2, streaming, 2, n1, false",
        "n0, primary, 2, silent,    2, n1, false",
    })
    void everybodyIsInPlace(
            String leader, String n0, int timeline0, String n1, int timeline1, String standby, boolean whole)
            throws Exception {
        var server = new MemoryServer(TimeSource.system());
        var store = server.connect(leader, Timing.DEFAULT);
        String voter = standby.isEmpty() ? "null" : "\"" + standby + "\"";
        store.put(Key.CONFIG, "{\"synchronous_mode\":true}", Expectation.ANY);
        store.put(Key.SYNC, "{\"leader\":\"n0\",\"sync_standby\":" + voter + "}", Expectation.ANY);
        if (!leader.isEmpty()) {
            store.takeLeader();
        }
        var documents = new HashMap<String, JsonObject>();
        put(documents, "n0", n0, timeline0);
        put(documents, "n1", n1, timeline1);
        Sample sample = Sample.of(1, Set.of("n0", "n1"), store.load(), new MemberAnswers(documents, Map.of()));
        assertEquals(whole, sample.whole(), sample.toString());
        assertEquals(Set.of("n0", "n1"), sample.states().keySet());
    }

    private static void put(Map<String, JsonObject> documents, String name, String what, int timeline) {
        String rest = "\",\"timeline\":" + timeline + "}";
        String body = switch (what) {
            case "primary" -> "{\"role\":\"primary\",\"state\":\"running" + rest;
            case "stopped" -> "{\"role\":\"primary\",\"state\":\"stopped" + rest;
            default -> "{\"role\":\"replica\",\"state\":\"running\",\"replication_state\":\"" + what + rest;
        };
        if (!what.equals("silent")) {
            documents.put(name, Json.parseObject(body).orElseThrow());
        }
    }
}
