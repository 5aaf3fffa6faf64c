package io.matriarch.model;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;

/** A permanent slot as the dynamic configuration defines it (contract replication.md 2.4). */
public sealed interface PermanentSlot {

    /** @param clusterType {@code primary} or {@code standby}: only there; empty: everywhere */
    record Physical(String clusterType) implements PermanentSlot {}

    record Logical(String database, String plugin) implements PermanentSlot {}

    /** It cannot be understood. */
    record Bad() implements PermanentSlot {}

    /** Reads the value of one entry of {@code slots}. */
    static PermanentSlot of(JsonElement definition) {
        return switch (definition) {
            case JsonNull _ -> new Physical("");
            case JsonPrimitive p when p.isNumber() && p.getAsDouble() == 0 -> new Physical("");
            case JsonObject o -> of(o);
            default -> new Bad();
        };
    }

    private static PermanentSlot of(JsonObject o) {
        String database = Json.string(o, "database").orElse("");
        String plugin = Json.string(o, "plugin").orElse("");
        boolean both = !database.isEmpty() && !plugin.isEmpty();
        String type = Json.string(o, "type").orElse(both ? "logical" : o.has("type") ? "" : "physical");
        return switch (type) {
            case "physical" -> new Physical(Json.string(o, "cluster_type").orElse(""));
            case "logical" -> both ? new Logical(database, plugin) : new Bad();
            default -> new Bad();
        };
    }
}
