package io.matriarch.agent.rest;

import com.google.gson.JsonObject;
import io.matriarch.model.Coercion;
import io.matriarch.model.Json;
import io.matriarch.model.PostgresVersion;
import io.matriarch.model.TimeText;
import io.matriarch.model.Unit;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The body of {@code POST /restart}, checked field by field in its own order (contract rest-api.md 5.1). */
sealed interface RestartRequest {

    /** @param conditions the body */
    record Now(JsonObject conditions) implements RestartRequest {}

    /** @param document the body with the time as ISO text */
    record Later(OffsetDateTime schedule, JsonObject document) implements RestartRequest {}

    record Refused(Reply reply) implements RestartRequest {}

    Set<String> ROLES = Set.of("primary", "standby_leader", "replica");

    static RestartRequest parse(JsonObject body, boolean paused, Instant now) {
        if (paused && body.has("schedule")) {
            return new Refused(Reply.text(500, "Can't schedule restart in the paused state"));
        }
        OffsetDateTime schedule = null;
        var document = new JsonObject();
        for (var field : body.entrySet()) {
            document.add(field.getKey(), field.getValue());
            String text = Json.string(body, field.getKey()).orElse("");
            String refusal = null;
            switch (field.getKey()) {
                case "schedule" -> {
                    switch (Schedule.parse(text, "restart", now)) {
                        case Schedule.Refused(Reply reply) -> {
                            return new Refused(reply);
                        }
                        case Schedule.At(OffsetDateTime at) -> {
                            schedule = at;
                            document.addProperty("schedule", TimeText.iso(at));
                        }
                    }
                }
                case "role" ->
                    refusal = ROLES.contains(text)
                            ? null
                            : "PostgreSQL role should be either primary, standby_leader, or replica";
                case "postgres_version" -> refusal = versionRefusal(text);
                case "timeout" ->
                    refusal = Coercion.integer(field.getValue(), Unit.SECONDS)
                                    .filter(n -> n > 0)
                                    .isPresent()
                            ? null
                            : "Timeout should be a positive number of seconds";
                case "restart_pending" -> {
                    // Its presence counts, whatever the value.
                }
                default -> refusal = "Unknown filter for the scheduled restart: " + field.getKey();
            }
            if (refusal != null) {
                return new Refused(Reply.text(400, refusal));
            }
        }
        return schedule == null ? new Now(document) : new Later(schedule, document);
    }

    private static @Nullable String versionRefusal(String text) {
        return switch (PostgresVersion.parse(text)) {
            case PostgresVersion.Valid _ -> null;
            case PostgresVersion.Invalid(String message) -> message;
        };
    }
}
