package io.matriarch.model;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the leader publishes in {@code status} (contract dcs-etcd3.md 1.2).
 *
 * @param optime the leader's position, {@link Lsn#NONE} when not known
 * @param slots position per slot name
 * @param retainSlots names of member slots to keep for members that are away
 */
public record ClusterStatus(Lsn optime, Map<String, Lsn> slots, List<String> retainSlots) {

    public static final ClusterStatus EMPTY = new ClusterStatus(Lsn.NONE, Map.of(), List.of());

    public ClusterStatus {
        slots = Collections.unmodifiableMap(new LinkedHashMap<>(slots));
        retainSlots = List.copyOf(retainSlots);
    }

    /** Reads the key's value; a bare number is the legacy form, garbage gives {@link #EMPTY}. */
    public static ClusterStatus parse(String value) {
        JsonElement element = Json.parse(value).orElse(null);
        return switch (element) {
            case JsonObject o ->
                new ClusterStatus(new Lsn(Json.integer(o, "optime").orElse(0L)), slotsOf(o), retainedOf(o));
            case JsonPrimitive p
            when Coercion.integer(p).isPresent() ->
                new ClusterStatus(new Lsn(Coercion.integer(p).orElseThrow()), Map.of(), List.of());
            case null, default -> EMPTY;
        };
    }

    private static Map<String, Lsn> slotsOf(JsonObject o) {
        var result = new LinkedHashMap<String, Lsn>();
        if (Json.embedded(o, "slots") instanceof JsonObject slots) {
            for (var entry : slots.entrySet()) {
                Coercion.integer(entry.getValue()).ifPresent(n -> result.put(entry.getKey(), new Lsn(n)));
            }
        }
        return result;
    }

    private static List<String> retainedOf(JsonObject o) {
        var result = new ArrayList<String>();
        if (Json.embedded(o, "retain_slots") instanceof JsonArray names) {
            for (JsonElement name : names) {
                if (name instanceof JsonPrimitive p) {
                    result.add(p.getAsString());
                }
            }
        }
        return result;
    }

    public ClusterStatus withOptime(Lsn position) {
        return new ClusterStatus(position, slots, retainSlots);
    }

    /** The value to write. */
    public String toJson() {
        var o = new JsonObject();
        o.addProperty("optime", optime.bytes());
        if (!slots.isEmpty()) {
            var s = new JsonObject();
            slots.forEach((name, lsn) -> s.addProperty(name, lsn.bytes()));
            o.add("slots", s);
        }
        if (!retainSlots.isEmpty()) {
            var names = new JsonArray();
            retainSlots.forEach(names::add);
            o.add("retain_slots", names);
        }
        return Json.compact(o);
    }
}
