package io.matriarch.agent.logging;

import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code type: plain}: a format with Python's {@code %(field)s} and {@code %(field)d}, with flags and width. */
final class PlainLayout implements Layout {

    /** Field, flags, width, precision and conversion of one placeholder, or a doubled percent sign. */
    static final Pattern PLACEHOLDER =
            Pattern.compile("%\\((\\w+)\\)([-+ #0]*)(\\d{0,3})(?:\\.(\\d{1,3}))?([sdfr])|%%");

    private sealed interface Part {
        record Literal(String text) implements Part {}

        /** @param width 0: as long as the text is */
        record Field(String name, boolean left, boolean zeros, int width, int precision, char conversion)
                implements Part {}
    }

    private final List<Part> parts;
    private final LogField fields;

    PlainLayout(String format, LogField fields) {
        this.parts = parse(format);
        this.fields = fields;
    }

    private static List<Part> parse(String format) {
        var parts = new ArrayList<Part>();
        Matcher m = PLACEHOLDER.matcher(format);
        int end = 0;
        while (m.find()) {
            parts.add(new Part.Literal(format.substring(end, m.start())));
            end = m.end();
            if (m.group(1) == null) {
                parts.add(new Part.Literal("%"));
            } else {
                String flags = m.group(2);
                parts.add(new Part.Field(
                        m.group(1),
                        flags.contains("-"),
                        flags.contains("0"),
                        m.group(3).isEmpty() ? 0 : Integer.parseInt(m.group(3)),
                        m.group(4) == null ? -1 : Integer.parseInt(m.group(4)),
                        m.group(5).charAt(0)));
            }
        }
        parts.add(new Part.Literal(format.substring(end)));
        return List.copyOf(parts);
    }

    @Override
    public String format(LogEvent event) {
        var out = new StringBuilder();
        for (Part part : parts) {
            switch (part) {
                case Part.Literal(String text) -> out.append(text);
                case Part.Field field -> append(out, field, event);
            }
        }
        if (event.thrown() != null) {
            out.append('\n').append(Layout.stackTrace(event.thrown()));
        }
        return out.toString();
    }

    @Override
    public boolean needsSource() {
        return parts.stream().anyMatch(part -> part instanceof Part.Field field && LogField.needsSource(field.name));
    }

    private void append(StringBuilder out, Part.Field field, LogEvent event) {
        JsonPrimitive value = fields.value(field.name, event).orElseGet(() -> new JsonPrimitive(""));
        String text = text(field, value);
        String padding = (field.zeros && value.isNumber() ? "0" : " ").repeat(Math.max(field.width - text.length(), 0));
        out.append(field.left ? text + padding : padding + text);
    }

    private static String text(Part.Field field, JsonPrimitive value) {
        if (value.isNumber()) {
            return switch (field.conversion) {
                case 'd' -> Long.toString(value.getAsLong());
                case 'f' ->
                    String.format(
                            Locale.ROOT, "%." + (field.precision < 0 ? 6 : field.precision) + "f", value.getAsDouble());
                default -> value.getAsString();
            };
        }
        String text = value.getAsString();
        return field.precision >= 0 && field.precision < text.length() ? text.substring(0, field.precision) : text;
    }
}
