package io.matriarch.agent.rest;

import com.google.gson.JsonObject;
import io.matriarch.model.Json;
import org.jspecify.annotations.Nullable;

/**
 * The body of {@code POST /switchover} and {@code POST /failover}.
 *
 * @param failover whether it came to {@code /failover}
 * @param scheduledAt as written
 */
record SwitchoverRequest(
        boolean failover,
        @Nullable String leader,
        @Nullable String candidate,
        @Nullable String scheduledAt) {

    static SwitchoverRequest parse(boolean failover, JsonObject body) {
        String candidate = text(body, "candidate");
        return new SwitchoverRequest(
                failover,
                text(body, "leader"),
                candidate == null ? text(body, "member") : candidate,
                text(body, "scheduled_at"));
    }

    private static @Nullable String text(JsonObject body, String field) {
        return Json.string(body, field).filter(s -> !s.isEmpty()).orElse(null);
    }

    /** The word for what was asked for. */
    String requestedAction() {
        return failover ? "failover" : "switchover";
    }

    /** The word for what is done: a failover from a named leader is a switchover. */
    String action() {
        return failover && leader == null ? "failover" : "switchover";
    }
}
