package io.matriarch.ctl.patroni;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.model.YamlReader;
import io.matriarch.model.YamlSyntaxException;
import java.util.ArrayList;
import java.util.List;

/**
 * One {@code key=value} of {@code edit-config} (contract ctl.md 6).
 *
 * @param path the keys from the outside to the inside
 * @param value JSON's null removes
 */
record ConfigAssignment(List<String> path, JsonElement value) {

    private static final List<String> PARAMETERS = List.of("postgresql", "parameters");

    ConfigAssignment {
        path = List.copyOf(path);
    }

    /** Reads {@code a.b.c=value}; a PostgreSQL parameter keeps the dots in its name. */
    static ConfigAssignment parse(String text) throws CommandFailure {
        int equals = equalsSign(text);
        var path = new ArrayList<String>();
        String rest = text.substring(0, equals).strip();
        for (int dot = rest.indexOf('.'); dot >= 0 && !path.equals(PARAMETERS); dot = rest.indexOf('.')) {
            path.add(rest.substring(0, dot));
            rest = rest.substring(dot + 1);
        }
        path.add(rest);
        return new ConfigAssignment(path, value(text, equals));
    }

    /** Reads {@code parameter=value}. */
    static ConfigAssignment parsePostgres(String text) throws CommandFailure {
        int equals = equalsSign(text);
        var path = new ArrayList<>(PARAMETERS);
        path.add(text.substring(0, equals).strip());
        return new ConfigAssignment(path, value(text, equals));
    }

    private static int equalsSign(String text) throws CommandFailure {
        int equals = text.indexOf('=');
        if (equals < 0) {
            throw new CommandFailure("Invalid parameter setting " + text);
        }
        return equals;
    }

    private static JsonElement value(String text, int equals) throws CommandFailure {
        try {
            return YamlReader.parse(text.substring(equals + 1));
        } catch (YamlSyntaxException e) {
            throw new CommandFailure("Invalid parameter setting " + text + ": " + e.getMessage(), e);
        }
    }

    /** Changes a document; maps that become empty are removed. */
    void applyTo(JsonObject document) {
        apply(document, 0);
    }

    private void apply(JsonObject parent, int depth) {
        String key = path.get(depth);
        if (depth < path.size() - 1) {
            JsonObject child = parent.get(key) instanceof JsonObject present ? present : new JsonObject();
            apply(child, depth + 1);
            if (child.isEmpty()) {
                parent.remove(key);
            } else {
                parent.add(key, child);
            }
        } else if (value.isJsonNull()) {
            parent.remove(key);
        } else {
            parent.add(key, value);
        }
    }
}
