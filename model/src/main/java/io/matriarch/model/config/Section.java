package io.matriarch.model.config;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.matriarch.model.Coercion;
import io.matriarch.model.Json;
import io.matriarch.model.PythonText;
import io.matriarch.model.Unit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * A map of the configuration together with its place, so that errors can name the key in question. What is null or of
 * the wrong shape counts as not set, unless it is required.
 *
 * @param place dotted path, empty for the whole document
 */
record Section(String place, JsonObject map) {

    static Section of(JsonObject document, String name) {
        return new Section("", document).section(name);
    }

    Section section(String key) {
        return new Section(pathOf(key), Json.object(map, key).orElseGet(JsonObject::new));
    }

    /** Null when there is none, or only an empty text. */
    @Nullable
    String text(String key) {
        return Json.string(map, key).filter(s -> !s.isEmpty()).orElse(null);
    }

    String text(String key, String otherwise) {
        String text = text(key);
        return text == null ? otherwise : text;
    }

    /** @param meaning what is to be written there, for people who have not */
    String required(String key, String meaning) throws ConfigurationException {
        String text = text(key);
        if (text == null) {
            throw missing(key, meaning);
        }
        return text;
    }

    /** The contract's words, then the remedy. Not the value: what has the wrong shape may be a password. */
    ConfigurationException missing(String key, String meaning) {
        return new ConfigurationException("Can not find \"" + pathOf(key) + "\" config: set it to " + meaning);
    }

    /** False for what does not parse as true. */
    boolean flag(String key) {
        JsonElement value = map.get(key);
        return value != null && Coercion.bool(value).orElse(false);
    }

    long integer(String key, Unit unit, long otherwise) {
        JsonElement value = map.get(key);
        return value == null ? otherwise : Coercion.integer(value, unit).orElse(otherwise);
    }

    /** The texts of a list, or of one scalar; null when there is neither. */
    @Nullable
    List<String> list(String key) {
        return switch (map.get(key)) {
            case JsonArray a ->
                StreamSupport.stream(a.spliterator(), false)
                        .map(PythonText::str)
                        .toList();
            case JsonPrimitive p -> List.of(p.getAsString());
            case null, default -> null;
        };
    }

    /** As {@link #list}, for texts that are written to a file: anything else among them is a mistake. */
    @Nullable
    List<String> lines(String key) throws ConfigurationException {
        if (map.get(key) instanceof JsonArray a) {
            for (int i = 0; i < a.size(); i++) {
                if (!(a.get(i) instanceof JsonPrimitive)) {
                    throw new ConfigurationException(pathOf(key) + "." + i + ": expected one line of text, but got "
                            + Shape.of(a.get(i)) + "; put quotes around the line");
                }
            }
        }
        return list(key);
    }

    List<String> listOrEmpty(String key) {
        List<String> list = list(key);
        return list == null ? List.of() : list;
    }

    /** The scalars of a map by their text; empty when there is no map. */
    Map<String, String> texts(String key) {
        var result = new LinkedHashMap<String, String>();
        for (var entry : section(key).map.entrySet()) {
            if (entry.getValue() instanceof JsonPrimitive p) {
                result.put(entry.getKey(), PythonText.str(p));
            }
        }
        return result;
    }

    @Nullable
    JsonElement element(String key) {
        JsonElement value = map.get(key);
        return value instanceof JsonNull ? null : value;
    }

    String pathOf(String key) {
        return place.isEmpty() ? key : place + "." + key;
    }
}
