package io.matriarch.ctl.patroni;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonPrimitive;
import io.matriarch.model.Json;
import io.matriarch.model.PythonText;
import java.math.BigDecimal;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One value of a result: as Python prints it, and as JSON.
 *
 * <p>Made from the text that PostgreSQL sends. Types that Python's driver leaves as text stay as they are.
 */
record QueryValue(String text, JsonElement json) {

    private static final Pattern TIMESTAMP =
            Pattern.compile("(\\d{4,}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d)(?:\\.(\\d{1,6}))?([+-]\\d\\d(?::\\d\\d)*)?");

    static QueryValue text(String text) {
        return new QueryValue(text, new JsonPrimitive(text));
    }

    /**
     * A value of the server.
     *
     * @param type the type's name in {@code pg_type}; arrays begin with an underscore
     * @param text null for SQL's null
     */
    static QueryValue of(String type, @Nullable String text) {
        if (type.equals("numeric") && text != null) {
            return new QueryValue(text, number(text)); // keeps its trailing zeros
        }
        JsonElement json = json(type, text);
        return new QueryValue(PythonText.str(json), json);
    }

    private static JsonElement json(String type, @Nullable String text) {
        if (text == null) {
            return JsonNull.INSTANCE;
        }
        if (type.startsWith("_")) {
            return new ArrayText(text, type.substring(1)).read();
        }
        return switch (type) {
            case "bool" -> new JsonPrimitive(text.startsWith("t"));
            case "int2", "int4", "int8", "oid", "numeric", "serial", "bigserial", "smallserial" -> number(text);
            case "float4", "float8" -> floatingPoint(text);
            case "json", "jsonb" -> Json.parse(text).orElse(new JsonPrimitive(text));
            case "timestamp", "timestamptz" -> new JsonPrimitive(timestamp(text));
            default -> new JsonPrimitive(text);
        };
    }

    private static JsonElement number(String text) {
        try {
            return new JsonPrimitive(new BigDecimal(text));
        } catch (NumberFormatException _) {
            return new JsonPrimitive(text); // NaN, Infinity
        }
    }

    private static JsonElement floatingPoint(String text) {
        return switch (text) {
            case "NaN" -> new JsonPrimitive("nan");
            case "Infinity" -> new JsonPrimitive("inf");
            case "-Infinity" -> new JsonPrimitive("-inf");
            default -> new JsonPrimitive(Double.valueOf(text));
        };
    }

    /** Python shows no fraction or six digits, and minutes in the zone. */
    private static String timestamp(String text) {
        Matcher parts = TIMESTAMP.matcher(text);
        if (!parts.matches()) {
            return text;
        }
        String fraction = parts.group(2);
        String zone = parts.group(3);
        return parts.group(1)
                + (fraction == null ? "" : "." + fraction + "0".repeat(6 - fraction.length()))
                + (zone == null ? "" : zone.indexOf(':') < 0 ? zone + ":00" : zone);
    }

    /** Reads the text of an array: {@code {1,NULL,"a b",{…}}}, perhaps with bounds before it. */
    private static final class ArrayText {
        private final String text;
        private final String elementType;
        private int at;

        ArrayText(String text, String elementType) {
            this.text = text;
            this.elementType = elementType;
            this.at = Math.max(text.indexOf('{'), 0);
        }

        JsonElement read() {
            if (text.isEmpty() || text.charAt(at) != '{') {
                return new JsonPrimitive(text);
            }
            return array();
        }

        private JsonArray array() {
            var elements = new JsonArray();
            at++; // the opening brace
            while (at < text.length() && text.charAt(at) != '}') {
                switch (text.charAt(at)) {
                    case '{' -> elements.add(array());
                    case '"' -> elements.add(json(elementType, quoted()));
                    case ',' -> at++;
                    default -> {
                        String plain = plain();
                        elements.add(json(elementType, plain.equals("NULL") ? null : plain));
                    }
                }
            }
            at++; // the closing brace
            return elements;
        }

        private String quoted() {
            var out = new StringBuilder();
            at++;
            while (at < text.length() && text.charAt(at) != '"') {
                if (text.charAt(at) == '\\' && at + 1 < text.length()) {
                    at++;
                }
                out.append(text.charAt(at++));
            }
            at++;
            return out.toString();
        }

        private String plain() {
            int from = at;
            while (at < text.length() && text.charAt(at) != ',' && text.charAt(at) != '}') {
                at++;
            }
            return text.substring(from, at);
        }
    }
}
