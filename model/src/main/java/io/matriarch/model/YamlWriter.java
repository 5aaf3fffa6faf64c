package io.matriarch.model;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.DumperOptions.FlowStyle;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.emitter.Emitter;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.serializer.Serializer;

/**
 * Writes a JSON tree as PyYAML's {@code safe_dump} prints it: keys sorted, lines up to 200 characters, Unicode as it
 * is, quotes only around what would be read as something else (contract ctl.md, {@code show-config}).
 */
public final class YamlWriter {

    private static final int WIDTH = 200;

    private static final String LINE_BREAKS = "\n\u2028\u2029";

    private YamlWriter() {}

    /** Block style, one entry on each line, with a line feed at the end. */
    public static String block(JsonElement value) {
        return write(value, FlowStyle.BLOCK);
    }

    /** Flow style on one line, {@code {a: b}}, without line feed. */
    public static String flow(JsonElement value) {
        return write(value, FlowStyle.FLOW).strip();
    }

    private static String write(JsonElement value, FlowStyle style) {
        var options = new DumperOptions();
        options.setDefaultFlowStyle(style);
        options.setAllowUnicode(true);
        options.setWidth(style == FlowStyle.FLOW ? Integer.MAX_VALUE : WIDTH);
        var out = new StringWriter();
        var serializer = new Serializer(new Emitter(out, options), new PlainScalars(), options, null);
        try {
            serializer.open();
            serializer.serialize(node(value, style));
            serializer.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toString();
    }

    private static Node node(JsonElement value, FlowStyle style) {
        return switch (value) {
            case JsonObject object -> {
                List<NodeTuple> entries = new ArrayList<>();
                Map<String, JsonElement> sorted = new TreeMap<>(YamlWriter::compareCodePoints);
                sorted.putAll(object.asMap());
                sorted.forEach((key, item) -> entries.add(new NodeTuple(text(key), node(item, style))));
                yield new MappingNode(Tag.MAP, entries, style);
            }
            case JsonArray array ->
                new SequenceNode(
                        Tag.SEQ,
                        array.asList().stream().map(item -> node(item, style)).toList(),
                        style);
            case JsonNull _ -> scalar(Tag.NULL, "null");
            case JsonPrimitive p when p.isBoolean() -> scalar(Tag.BOOL, p.getAsString());
            case JsonPrimitive p when p.isNumber() -> number(PythonText.str(p));
            case JsonPrimitive p -> text(p.getAsString());
            default -> throw new IllegalArgumentException("not a JSON value: " + value.getClass());
        };
    }

    private static Node number(String text) {
        boolean isInteger = text.chars().allMatch(c -> c == '-' || Character.isDigit(c));
        if (isInteger) {
            return scalar(Tag.INT, text);
        }
        // YAML 1.1 takes a number without a point for a text
        boolean needsPoint = text.indexOf('.') < 0 && text.indexOf('e') > 0;
        return scalar(Tag.FLOAT, needsPoint ? text.replace("e", ".0e") : text);
    }

    /** SnakeYAML would leave line breaks plain, where PyYAML quotes them; and would not read back the two rarities. */
    private static Node text(String text) {
        ScalarStyle style = ScalarStyle.PLAIN;
        if (text.indexOf('\uFEFF') >= 0 || text.indexOf('\u0085') >= 0) {
            style = ScalarStyle.DOUBLE_QUOTED;
        } else if (text.chars().anyMatch(c -> LINE_BREAKS.indexOf(c) >= 0)) {
            style = ScalarStyle.SINGLE_QUOTED;
        }
        return new ScalarNode(Tag.STR, text, null, null, style);
    }

    private static Node scalar(Tag tag, String text) {
        return new ScalarNode(tag, text, null, null, ScalarStyle.PLAIN);
    }

    /** Python's order of texts, which differs from Java's beyond the basic plane. */
    private static int compareCodePoints(String a, String b) {
        int[] left = a.codePoints().toArray();
        int[] right = b.codePoints().toArray();
        return Arrays.compare(left, right);
    }
}
