package io.matriarch.model;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.Optional;

/**
 * The tags of a member with their meaning (contract config.md 2.10).
 *
 * <p>{@code clonefrom nofailover noloadbalance nosync} follow truthiness (any non-empty text is true, also
 * {@code 'false'}), {@code nostream} the lenient rule, priorities are lenient integers with 1 for what is invalid.
 *
 * @param values the tags as configured or published, in their order. Not to be modified
 */
public record Tags(JsonObject values) {

    public static final Tags NONE = new Tags(new JsonObject());

    /** The number that decides between equal positions; at most 0 for a node that must not become primary. */
    public int failoverPriority() {
        return priority("failover_priority");
    }

    /** The {@code nofailover} tag if it is set, else whether the priority is 0 or less. */
    public boolean nofailover() {
        return values.has("nofailover") ? truthy("nofailover") : failoverPriority() <= 0;
    }

    public int syncPriority() {
        return priority("sync_priority");
    }

    public boolean nosync() {
        return values.has("nosync") ? truthy("nosync") : syncPriority() <= 0;
    }

    public boolean clonefrom() {
        return truthy("clonefrom");
    }

    public boolean noloadbalance() {
        return truthy("noloadbalance");
    }

    public boolean nostream() {
        JsonElement value = values.get("nostream");
        return value != null && Coercion.bool(value).orElse(false);
    }

    public Optional<String> replicatefrom() {
        return Json.string(values, "replicatefrom").filter(s -> !s.isEmpty());
    }

    private int priority(String tag) {
        JsonElement value = values.get(tag);
        return value == null ? 1 : (int) Coercion.integer(value).orElse(1L).longValue();
    }

    private boolean truthy(String tag) {
        JsonElement value = values.get(tag);
        return value != null && isTruthy(value);
    }

    static boolean isTruthy(JsonElement value) {
        return switch (value) {
            case JsonPrimitive p when p.isBoolean() -> p.getAsBoolean();
            case JsonPrimitive p when p.isNumber() -> p.getAsDouble() != 0;
            case JsonPrimitive p -> !p.getAsString().isEmpty();
            case com.google.gson.JsonArray a -> !a.isEmpty();
            case JsonObject o -> !o.isEmpty();
            default -> false;
        };
    }
}
