package io.matriarch.model;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.math.BigDecimal;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The text that Python's {@code str()} gives for a value. Whether two configurations are equal, what is written for a
 * YAML boolean and what a warning prints are all defined by it (contract README, "Loose deep comparison").
 */
public final class PythonText {

    private PythonText() {}

    /** {@code True False None}, texts without quotes, collections as Python prints them. */
    public static String str(JsonElement value) {
        return value instanceof JsonPrimitive p && p.isString() ? p.getAsString() : repr(value);
    }

    /** As {@link #str}, with quotes around texts. */
    static String repr(JsonElement value) {
        return switch (value) {
            case JsonNull _ -> "None";
            case JsonArray a -> a.asList().stream().map(PythonText::repr).collect(Collectors.joining(", ", "[", "]"));
            case JsonObject o ->
                o.entrySet().stream()
                        .map(e -> quote(e.getKey()) + ": " + repr(e.getValue()))
                        .collect(Collectors.joining(", ", "{", "}"));
            case JsonPrimitive p when p.isBoolean() -> p.getAsBoolean() ? "True" : "False";
            case JsonPrimitive p when p.isNumber() -> number(p.getAsString());
            case JsonPrimitive p -> quote(p.getAsString());
            default -> throw new IllegalArgumentException("not a JSON value: " + value.getClass());
        };
    }

    /** Integers as they are; the shortest text of a float that reads back to the same value. */
    private static String number(String text) {
        if (text.chars().allMatch(c -> c == '-' || Character.isDigit(c))) {
            return text;
        }
        double d;
        try {
            d = Double.parseDouble(text);
        } catch (NumberFormatException e) {
            return text;
        }
        if (Double.isNaN(d)) {
            return "nan";
        }
        if (Double.isInfinite(d)) {
            return d > 0 ? "inf" : "-inf";
        }
        var shortest = new BigDecimal(Double.toString(d)).stripTrailingZeros();
        int exponent = shortest.precision() - shortest.scale() - 1;
        if (d != 0 && (exponent < -4 || exponent >= 16)) {
            String digits = shortest.unscaledValue().abs().toString();
            String mantissa = digits.length() == 1 ? digits : digits.charAt(0) + "." + digits.substring(1);
            String sign = exponent < 0 ? "-" : "+";
            return (d < 0 ? "-" : "") + mantissa + "e" + String.format(Locale.ROOT, "%s%02d", sign, Math.abs(exponent));
        }
        String plain = d == 0 ? (1 / d < 0 ? "-0" : "0") : shortest.toPlainString();
        return plain.indexOf('.') < 0 ? plain + ".0" : plain;
    }

    private static String quote(String text) {
        char mark = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        var out = new StringBuilder().append(mark);
        text.codePoints().forEach(c -> {
            switch (c) {
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    if (c == mark) {
                        out.append('\\').append(mark);
                    } else if (c < 0x20 || (c >= 0x7F && c < 0xA0)) {
                        out.append(String.format(Locale.ROOT, "\\x%02x", c));
                    } else {
                        out.appendCodePoint(c);
                    }
                }
            }
        });
        return out.append(mark).toString();
    }
}
