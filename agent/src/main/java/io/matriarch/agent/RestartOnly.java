package io.matriarch.agent;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.matriarch.model.Json;
import io.matriarch.model.LooseEquality;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The local keys that a process reads once (contract config.md 2, column R, "n"): who this node is and where its data
 * are. A reload that took a new value over would look for the running server in another place.
 */
final class RestartOnly {

    private static final List<String> TOP = List.of("scope", "namespace", "name");
    private static final List<String> POSTGRESQL =
            List.of("data_dir", "config_dir", "config_base_name", "bin_dir", "database", "pgpass");

    private RestartOnly() {}

    /**
     * Puts the values of the start over those of a changed document.
     *
     * @param document changed in place
     * @return the paths of the keys whose new value waits for a restart
     */
    static Set<String> keep(JsonObject started, JsonObject document) {
        var waiting = new TreeSet<String>();
        TOP.forEach(key -> keep(started, document, key, key, waiting));
        Json.object(document, "postgresql").ifPresent(changed -> {
            JsonObject before = Json.object(started, "postgresql").orElseGet(JsonObject::new);
            POSTGRESQL.forEach(key -> keep(before, changed, key, "postgresql." + key, waiting));
        });
        return waiting;
    }

    private static void keep(JsonObject started, JsonObject changed, String key, String path, Set<String> waiting) {
        JsonElement before = started.get(key);
        if (LooseEquality.equal(before, changed.get(key))) {
            return;
        }
        waiting.add(path);
        if (before == null) {
            changed.remove(key);
        } else {
            changed.add(key, before.deepCopy());
        }
    }
}
