package io.matriarch.model;

import com.google.gson.FormattingStyle;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reading JSON without surprises, and writing it byte for byte as Patroni does: compact in the store, with blanks
 * after separators in HTTP bodies, non-ASCII escaped in both (contract README, "Conventions").
 */
public final class Json {

    private static final Gson COMPACT =
            new GsonBuilder().serializeNulls().disableHtmlEscaping().create();
    private static final Gson SPACED = new GsonBuilder()
            .serializeNulls()
            .disableHtmlEscaping()
            .setFormattingStyle(FormattingStyle.COMPACT.withSpaceAfterSeparators(true))
            .create();

    private Json() {}

    /** Reads one JSON value; empty when it is malformed. */
    public static Optional<JsonElement> parse(String text) {
        if (text.isBlank()) {
            return Optional.empty();
        }
        try {
            return Optional.of(JsonParser.parseString(text));
        } catch (JsonParseException | IllegalStateException e) {
            return Optional.empty();
        }
    }

    /** Reads a JSON object; empty when the text is anything else. */
    public static Optional<JsonObject> parseObject(String text) {
        return parse(text).filter(JsonElement::isJsonObject).map(JsonElement::getAsJsonObject);
    }

    /** The form in the store: {@code {"a":1,"b":2}}. */
    public static String compact(JsonElement element) {
        return escapeNonAscii(COMPACT.toJson(element));
    }

    /** The form in HTTP bodies: {@code {"a": 1, "b": 2}}. */
    public static String spaced(JsonElement element) {
        return escapeNonAscii(SPACED.toJson(element));
    }

    /** The text of a string, number or boolean field. */
    public static Optional<String> string(JsonObject object, String field) {
        return object.get(field) instanceof JsonPrimitive p ? Optional.of(p.getAsString()) : Optional.empty();
    }

    public static Optional<Long> integer(JsonObject object, String field) {
        JsonElement value = object.get(field);
        return value == null ? Optional.empty() : Coercion.integer(value);
    }

    public static Optional<Boolean> bool(JsonObject object, String field) {
        JsonElement value = object.get(field);
        return value == null ? Optional.empty() : Coercion.bool(value);
    }

    public static Optional<JsonObject> object(JsonObject object, String field) {
        return object.get(field) instanceof JsonObject o ? Optional.of(o) : Optional.empty();
    }

    /** The field's value, parsed once more when it is JSON inside a text. */
    static @Nullable JsonElement embedded(JsonObject object, String field) {
        JsonElement value = object.get(field);
        if (value instanceof JsonPrimitive p && p.isString()) {
            return parse(p.getAsString()).orElse(null);
        }
        return value;
    }

    private static String escapeNonAscii(String json) {
        int i = 0;
        while (i < json.length() && json.charAt(i) < 0x7F) {
            i++;
        }
        if (i == json.length()) {
            return json;
        }
        var out = new StringBuilder(json.length() + 16).append(json, 0, i);
        for (; i < json.length(); i++) {
            char c = json.charAt(i);
            if (c < 0x7F) {
                out.append(c);
            } else {
                out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            }
        }
        return out.toString();
    }
}
