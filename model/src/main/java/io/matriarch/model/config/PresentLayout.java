package io.matriarch.model.config;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.matriarch.model.Json;
import java.util.List;

/** Brings a local document to the present layout (contract config.md 1.2, "Old layouts accepted"). */
final class PresentLayout {

    /** What a user of {@code postgresql.authentication} may have. */
    static final List<String> USER_KEYS = List.of(
            "username", "password", "sslmode", "sslcert", "sslkey", "sslpassword", "sslrootcert", "sslcrl",
            "sslcrldir", "gssencmode", "channel_binding", "sslnegotiation");

    private PresentLayout() {}

    static JsonObject of(JsonObject written) {
        JsonObject document = written.deepCopy();
        for (var entry : document.entrySet()) {
            if (entry.getValue() instanceof JsonNull) {
                entry.setValue(new JsonObject());
            }
        }
        Json.object(document, "zookeeper")
                .flatMap(zookeeper -> Json.object(zookeeper, "exhibitor"))
                .ifPresent(exhibitor -> {
                    document.add("exhibitor", exhibitor);
                    document.remove("zookeeper");
                });
        Json.object(document, "postgresql").ifPresent(postgresql -> {
            users(postgresql);
            if (!document.has("name") && postgresql.get("name") instanceof JsonPrimitive name) {
                document.add("name", name);
            }
        });
        citus(document);
        return document;
    }

    private static void users(JsonObject postgresql) {
        if (!(postgresql.get("authentication") instanceof JsonObject)) {
            postgresql.addProperty("use_pg_rewind", postgresql.has("pg_rewind"));
            var users = new JsonObject();
            for (String user : new String[] {"replication", "superuser"}) {
                Json.object(postgresql, user).ifPresent(found -> users.add(user, found));
            }
            postgresql.add("authentication", users);
        }
        JsonObject users = postgresql.getAsJsonObject("authentication");
        if (!users.has("superuser")) {
            Json.object(postgresql, "pg_rewind").ifPresent(found -> users.add("superuser", found.deepCopy()));
        }
        for (JsonElement user : users.asMap().values()) {
            if (user instanceof JsonObject keys) {
                keys.keySet().retainAll(USER_KEYS);
            }
        }
    }

    /** A Citus cluster always bootstraps, and by default with quorum commit. */
    private static void citus(JsonObject document) {
        JsonElement citus = document.get("citus");
        if (citus == null) {
            return;
        }
        boolean usable = citus instanceof JsonObject c
                && Json.integer(c, "group").isPresent()
                && c.get("database") instanceof JsonPrimitive p
                && p.isString();
        if (!usable) {
            document.remove("citus");
            return;
        }
        JsonObject dcs = child(child(document, "bootstrap"), "dcs");
        if (!dcs.has("synchronous_mode")) {
            dcs.addProperty("synchronous_mode", "quorum");
        }
    }

    private static JsonObject child(JsonObject parent, String name) {
        JsonObject child = Json.object(parent, name).orElseGet(JsonObject::new);
        parent.add(name, child);
        return child;
    }
}
