package io.matriarch.model;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

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

    /**
     * The tags to publish for a configured map: false boolean tags are left out, except beside the priority that they
     * overrule.
     */
    public static Tags configured(JsonObject configured) {
        var published = new JsonObject();
        for (var entry : configured.entrySet()) {
            boolean shown = switch (entry.getKey()) {
                case "clonefrom", "noloadbalance", "nostream" -> isTruthy(entry.getValue());
                case "nofailover" -> isTruthy(entry.getValue()) || configured.has("failover_priority");
                case "nosync" -> isTruthy(entry.getValue()) || configured.has("sync_priority");
                default -> true;
            };
            if (shown) {
                published.add(entry.getKey(), entry.getValue());
            }
        }
        return new Tags(published);
    }

    /** A warning for each boolean tag that says the opposite of its priority. */
    public List<String> contradictions() {
        return Stream.concat(
                        contradiction("nofailover", "failover_priority").stream(),
                        contradiction("nosync", "sync_priority").stream())
                .toList();
    }

    private Optional<String> contradiction(String flag, String priority) {
        JsonElement set = values.get(flag);
        if (set == null || !values.has(priority) || truthy(flag) == priority(priority) <= 0) {
            return Optional.empty();
        }
        String shown = flag + ": " + PythonText.str(set);
        return Optional.of("Conflicting configuration between " + shown + " and " + priority + ": "
                + PythonText.str(values.get(priority)) + ". Defaulting to " + shown);
    }

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
            case JsonArray a -> !a.isEmpty();
            case JsonObject o -> !o.isEmpty();
            default -> false;
        };
    }
}
