package io.matriarch.agent.setup;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.matriarch.model.Json;
import io.matriarch.model.YamlWriter;
import java.util.ArrayList;
import java.util.List;

/** Writes a configuration in the order in which people read one; inside a section keys are sorted. */
final class ConfigText {

    private static final List<String> FIRST = List.of("scope", "namespace", "name", "log", "restapi", "ctl", "citus");
    private static final List<String> LAST = List.of("bootstrap", "postgresql", "watchdog", "tags");

    private static final String ABOUT_BOOTSTRAP = """
        # Only read while the cluster has not been made: dcs becomes the dynamic configuration, which is changed by
        # patronictl edit-config later on. Parameters of PostgreSQL that all members must agree on belong there.
        """;

    private ConfigText() {}

    /** Without a line feed at the end. */
    static String of(JsonObject config) {
        var sections = new ArrayList<String>(FIRST);
        config.keySet().stream()
                .filter(key -> !FIRST.contains(key) && !LAST.contains(key))
                .sorted()
                .forEach(sections::add);
        sections.addAll(LAST);
        var text = new StringBuilder();
        for (String key : sections) {
            JsonElement value = config.get(key);
            if (value != null) {
                var section = new JsonObject();
                section.add(key, value);
                boolean scalar = value.isJsonPrimitive();
                text.append(scalar || text.isEmpty() ? "" : "\n");
                text.append(key.equals("bootstrap") ? ABOUT_BOOTSTRAP : "").append(YamlWriter.block(section));
            }
        }
        return text.toString().stripTrailing();
    }

    /** The map at a dotted path, made where it is missing. */
    static JsonObject map(JsonObject root, String path) {
        JsonObject node = root;
        for (String key : path.split("\\.")) {
            JsonObject child = Json.object(node, key).orElseGet(JsonObject::new);
            node.add(key, child);
            node = child;
        }
        return node;
    }

    static JsonArray list(List<String> texts) {
        var list = new JsonArray();
        texts.forEach(list::add);
        return list;
    }
}
