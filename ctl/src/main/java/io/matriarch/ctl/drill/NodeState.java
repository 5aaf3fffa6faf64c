package io.matriarch.ctl.drill;

import com.google.gson.JsonObject;
import io.matriarch.model.Json;
import io.matriarch.model.Role;

/** What a member does at a moment, by its own words. */
enum NodeState {
    PRIMARY("primary", "#2e9e5b"),
    STREAMING("streams", "#3b7dd8"),
    BEHIND("does not stream", "#e0a526"),
    STOPPED("PostgreSQL does not run", "#d64545"),
    SILENT("does not answer", "#6b7280");

    private final String words;
    private final String colour;

    NodeState(String words, String colour) {
        this.words = words;
        this.colour = colour;
    }

    /** Reads a body of {@code GET /patroni}. */
    static NodeState of(JsonObject document) {
        if (!Json.string(document, "state").orElse("").equals("running")) {
            return STOPPED;
        }
        boolean primary = Json.string(document, "role")
                .flatMap(Role::parse)
                .filter(role -> role == Role.PRIMARY)
                .isPresent();
        if (primary) {
            return PRIMARY;
        }
        return Json.string(document, "replication_state").orElse("").equals("streaming") ? STREAMING : BEHIND;
    }

    String words() {
        return words;
    }

    /** In pictures. */
    String colour() {
        return colour;
    }
}
