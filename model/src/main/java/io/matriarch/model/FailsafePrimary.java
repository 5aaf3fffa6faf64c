package io.matriarch.model;

import com.google.gson.JsonObject;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A primary that goes on without the store, as it announces itself in {@code POST /failsafe} (contract ha-loop.md 13).
 *
 * @param slots position per slot; empty when they could not be queried
 * @param ttl how long it relies on what it is promised; {@link Duration#ZERO}: it did not say (Patroni does not)
 */
public record FailsafePrimary(String name, String connUrl, String apiUrl, Map<String, Lsn> slots, Duration ttl) {

    public FailsafePrimary {
        slots = Collections.unmodifiableMap(new LinkedHashMap<>(slots));
    }

    /** Reads the body of a request; empty when it names nobody. */
    public static Optional<FailsafePrimary> parse(JsonObject body) {
        var slots = new LinkedHashMap<String, Lsn>();
        Json.object(body, "slots")
                .ifPresent(o ->
                        o.keySet().forEach(name -> Json.integer(o, name).ifPresent(n -> slots.put(name, new Lsn(n)))));
        return Json.string(body, "name")
                .map(name -> new FailsafePrimary(
                        name,
                        Json.string(body, "conn_url").orElse(""),
                        Json.string(body, "api_url").orElse(""),
                        slots,
                        Duration.ofSeconds(Json.integer(body, "ttl").orElse(0L))));
    }

    /** The body of the request. */
    public String toJson() {
        var o = new JsonObject();
        o.addProperty("name", name);
        o.addProperty("conn_url", connUrl);
        o.addProperty("api_url", apiUrl);
        if (!slots.isEmpty()) {
            var positions = new JsonObject();
            slots.forEach((slot, lsn) -> positions.addProperty(slot, lsn.bytes()));
            o.add("slots", positions);
        }
        o.addProperty("ttl", ttl.toSeconds());
        return Json.compact(o);
    }

    /** Without role and timeline: nobody may compare his WAL with what is only announced. */
    Member asMember() {
        var data = new JsonObject();
        data.addProperty("conn_url", connUrl);
        data.addProperty("api_url", apiUrl);
        return new Member(name, data);
    }
}
