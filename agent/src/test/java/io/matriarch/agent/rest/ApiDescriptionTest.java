package io.matriarch.agent.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.matriarch.http.RestResult;
import io.matriarch.model.Json;
import io.matriarch.model.Threads;
import io.matriarch.model.TimeSource;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** {@code /openapi.json} says what the router does, no more and no less. */
class ApiDescriptionTest {

    private static final List<String> METHODS = List.of("POST", "PUT", "PATCH", "DELETE");
    private static final List<String> SEGMENTS = List.of(
            "config",
            "reload",
            "sigterm",
            "restart",
            "switchover",
            "failover",
            "reinitialize",
            "bootstrap",
            "failsafe",
            "citus",
            "mpp",
            "cluster",
            "history",
            "patroni",
            "metrics",
            "liveness",
            "readiness",
            "primary",
            "openapi.json");

    private final RestApi api = new RestApi(
            new FakeNode(),
            new SilentPeers(),
            () -> Optional.of(Samples.primary()),
            Samples.http(),
            TimeSource.system(),
            Threads.system());

    private final JsonObject paths = ApiDescription.document().getAsJsonObject("paths");

    @Test
    void whatIsDescribedAnswersWithADescribedCode() {
        for (String path : paths.keySet()) {
            for (String method : paths.getAsJsonObject(path).keySet()) {
                JsonObject responses =
                        paths.getAsJsonObject(path).getAsJsonObject(method).getAsJsonObject("responses");
                String code = Integer.toString(status(method.toUpperCase(Locale.ROOT), path));
                assertTrue(responses.has(code), method + " " + path + " answers " + code);
            }
        }
    }

    @Test
    void whatIsNotDescribedDoesNotExist() {
        var undescribed = new ArrayList<String>();
        for (String segment : SEGMENTS) {
            JsonObject item = paths.getAsJsonObject("/" + segment);
            for (String method : METHODS) {
                boolean described = item.has(method.toLowerCase(Locale.ROOT));
                boolean exists = status(method, "/" + segment) != 501;
                if (described != exists) {
                    undescribed.add(method + " /" + segment + ": described " + described + ", exists " + exists);
                }
            }
        }
        assertEquals(List.of(), undescribed);
    }

    @Test
    void itIsServed() {
        var answer = (RestResult.Answer) api.answer("GET", URI.create("/openapi.json"), null);
        assertEquals(200, answer.status());
        assertEquals(
                "3.1.0",
                Json.parseObject(answer.body()).orElseThrow().get("openapi").getAsString());
    }

    private int status(String method, String path) {
        return switch (api.answer(method, URI.create("http://h:1" + path), null)) {
            case RestResult.Answer answer -> answer.status();
            case RestResult.Failed failed -> throw new AssertionError(method + " " + path + ": " + failed.reason());
        };
    }
}
