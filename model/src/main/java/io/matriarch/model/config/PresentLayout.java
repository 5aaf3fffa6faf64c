package io.matriarch.model.config;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.matriarch.model.Json;
import java.util.List;

/**
 * Brings a local document to the present layout: the old layouts of Patroni (contract config.md 1.2, "Old layouts
 * accepted") and forms that guides teach although Patroni never knew them. Each of them is announced once, with the
 * form to use instead.
 */
final class PresentLayout {

    /** What a user of {@code postgresql.authentication} may have. */
    static final List<String> USER_KEYS = List.of(
            "username",
            "password",
            "sslmode",
            "sslcert",
            "sslkey",
            "sslpassword",
            "sslrootcert",
            "sslcrl",
            "sslcrldir",
            "gssencmode",
            "channel_binding",
            "sslnegotiation");

    private static final String REWIND = "rewind";

    private final List<Notice> notices;

    private PresentLayout(List<Notice> notices) {
        this.notices = notices;
    }

    /** @param notices receives a line for each form that has a better one */
    static JsonObject of(JsonObject written, List<Notice> notices) {
        return new PresentLayout(notices).convert(written);
    }

    private JsonObject convert(JsonObject written) {
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

    private void users(JsonObject postgresql) {
        boolean rewindSwitch = Json.object(postgresql, "pg_rewind")
                .filter(o -> o.has("enabled"))
                .isPresent();
        if (!(postgresql.get("authentication") instanceof JsonObject)) {
            postgresql.add("authentication", usersOutside(postgresql));
            postgresql.addProperty("use_pg_rewind", postgresql.has("pg_rewind"));
            if (rewindSwitch) {
                postgresql.remove("use_pg_rewind");
            }
        }
        JsonObject users = postgresql.getAsJsonObject("authentication");
        if (rewindSwitch) {
            rewindSwitch(postgresql);
        } else if (!users.has("superuser")) {
            Json.object(postgresql, "pg_rewind").ifPresent(found -> users.add("superuser", found.deepCopy()));
        }
        for (JsonElement user : users.asMap().values()) {
            if (user instanceof JsonObject keys) {
                keys.keySet().retainAll(USER_KEYS);
            }
        }
    }

    /** {@code rewind} is a user only when it names one; else it holds options of {@code pg_rewind}. */
    private JsonObject usersOutside(JsonObject postgresql) {
        var users = new JsonObject();
        for (String user : List.of("replication", "superuser", REWIND)) {
            Json.object(postgresql, user)
                    .filter(found -> !user.equals(REWIND) || found.has("username"))
                    .ifPresent(found -> users.add(user, found));
        }
        if (users.has(REWIND)) {
            postgresql.remove(REWIND);
        }
        if (!users.isEmpty()) {
            notices.add(Notice.info("postgresql." + String.join(", postgresql.", users.keySet())
                    + ": taken for postgresql.authentication."
                    + String.join(", postgresql.authentication.", users.keySet())
                    + ", where users belong"));
        }
        return users;
    }

    private void rewindSwitch(JsonObject postgresql) {
        JsonObject written = postgresql.getAsJsonObject("pg_rewind");
        boolean on = Json.bool(written, "enabled").orElse(false);
        if (!postgresql.has("use_pg_rewind")) {
            postgresql.addProperty("use_pg_rewind", on);
        }
        notices.add(Notice.info("postgresql.pg_rewind.enabled: taken for postgresql.use_pg_rewind: " + on));
        postgresql.remove("pg_rewind");
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
