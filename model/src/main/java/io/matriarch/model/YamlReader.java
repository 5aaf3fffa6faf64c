package io.matriarch.model;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.AbstractConstruct;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.representer.Representer;

/**
 * Reads YAML 1.1 into a JSON tree, deciding about the type of a plain scalar as PyYAML does: a float needs a point and
 * a signed exponent, so {@code 1e3} is a text; {@code 0o17} is a text; {@code 017} is octal; {@code 10:20} counts in
 * sixties. Dates stay texts, since JSON has none.
 */
public final class YamlReader {

    /** A configuration is some kilobytes; the limits only keep a hostile or mistaken file from eating the memory. */
    private static final int MAX_CHARACTERS = 3_000_000;

    private static final int MAX_DEPTH = 50;
    private static final int MAX_ALIASES = 50;

    private YamlReader() {}

    /** Reads exactly one document; an empty text gives JSON's null. Of keys that stand twice the last one counts. */
    public static JsonElement parse(String text) throws YamlSyntaxException {
        return parse(text, key -> {});
    }

    /** @param onDuplicate told each key that stands twice in its map, with its second place */
    public static JsonElement parse(String text, Consumer<String> onDuplicate) throws YamlSyntaxException {
        var options = new LoaderOptions();
        options.setCodePointLimit(MAX_CHARACTERS);
        options.setNestingDepthLimit(MAX_DEPTH);
        options.setMaxAliasesForCollections(MAX_ALIASES);
        options.setAllowRecursiveKeys(false);
        options.setWarnOnDuplicateKeys(false);
        var dumper = new DumperOptions();
        var scalars = new Scalars(options, onDuplicate);
        var yaml = new Yaml(scalars, new Representer(dumper), dumper, options, new PlainScalars());
        try {
            return json(yaml.load(text), 0);
        } catch (MarkedYAMLException e) {
            throw new YamlSyntaxException(explain(e));
        } catch (YAMLException e) {
            throw new YamlSyntaxException(String.valueOf(e.getMessage()));
        }
    }

    /**
     * The library's words and a remedy. Not those of its words that quote a value: a password that begins with
     * {@code *} or {@code !} would be one.
     */
    private static String explain(MarkedYAMLException e) {
        String problem = String.valueOf(e.getProblem());
        String where = where(e.getProblemMark());
        if (problem.startsWith("found undefined alias")) {
            return "found an alias of nothing" + where + "; a text that begins with * must stand in quotes";
        }
        if (problem.startsWith("could not determine a constructor for the tag")) {
            return "found an unknown tag" + where + "; a text that begins with ! must stand in quotes";
        }
        if (problem.contains("(TAB)")) {
            return "found a tab" + where + "; YAML is indented with spaces only";
        }
        String context = e.getContext() == null ? "" : ", " + e.getContext() + where(e.getContextMark());
        return problem + where + context;
    }

    private static String where(@Nullable Mark mark) {
        return mark == null ? "" : " (line %d, column %d)".formatted(mark.getLine() + 1, mark.getColumn() + 1);
    }

    /** Keys that are no texts get the form that they have in JSON: {@code true}, {@code null}, {@code 5}. */
    private static JsonElement json(@Nullable Object value, int depth) throws YamlSyntaxException {
        if (depth > MAX_DEPTH) {
            throw new YamlSyntaxException(
                    "a collection contains itself, or is nested more than " + MAX_DEPTH + " deep");
        }
        return switch (value) {
            case null -> JsonNull.INSTANCE;
            case Boolean b -> new JsonPrimitive(b);
            case Number n -> new JsonPrimitive(n);
            case Map<?, ?> map -> {
                var object = new JsonObject();
                for (var entry : map.entrySet()) {
                    object.add(String.valueOf(entry.getKey()), json(entry.getValue(), depth + 1));
                }
                yield object;
            }
            case Collection<?> items -> {
                var array = new JsonArray();
                for (Object item : items) {
                    array.add(json(item, depth + 1));
                }
                yield array;
            }
            default -> new JsonPrimitive(value.toString());
        };
    }

    /** Gives integers and floats the values that PyYAML gives them; leaves dates and binaries as texts. */
    private static final class Scalars extends SafeConstructor {

        private static final Pattern NO_FINITE_NUMBER = Pattern.compile("(?i)[-+]?\\.(inf|nan)");

        private final Consumer<String> onDuplicate;

        Scalars(LoaderOptions options, Consumer<String> onDuplicate) {
            super(options);
            this.onDuplicate = onDuplicate;
            yamlConstructors.put(Tag.INT, scalar(Scalars::integer));
            yamlConstructors.put(Tag.FLOAT, scalar(Scalars::real));
            yamlConstructors.put(Tag.TIMESTAMP, scalar(s -> s));
            yamlConstructors.put(PlainScalars.VALUE, scalar(s -> s));
            yamlConstructors.put(Tag.BINARY, scalar(s -> s));
        }

        /** Called for each map before its duplicates are dropped. */
        @Override
        protected void processDuplicateKeys(MappingNode node, boolean forceStringKeys) {
            var seen = new HashSet<String>();
            for (NodeTuple entry : node.getValue()) {
                if (entry.getKeyNode() instanceof ScalarNode key && !seen.add(key.getValue())) {
                    onDuplicate.accept("\"" + key.getValue() + "\"" + where(key.getStartMark()));
                }
            }
            super.processDuplicateKeys(node, forceStringKeys);
        }

        private interface Reading {
            Object of(String text);
        }

        private static AbstractConstruct scalar(Reading reading) {
            return new AbstractConstruct() {
                @Override
                public Object construct(Node node) {
                    String text = ((ScalarNode) node).getValue();
                    try {
                        return reading.of(text);
                    } catch (NumberFormatException e) {
                        throw new YAMLException("not a number" + where(node.getStartMark()), e);
                    }
                }
            };
        }

        private static Object integer(String text) {
            String digits = text.replace("_", "");
            boolean negative = digits.startsWith("-");
            if (negative || digits.startsWith("+")) {
                digits = digits.substring(1);
            }
            BigInteger number;
            if (digits.startsWith("0b")) {
                number = new BigInteger(digits.substring(2), 2);
            } else if (digits.startsWith("0x")) {
                number = new BigInteger(digits.substring(2), 16);
            } else if (digits.length() > 1 && digits.startsWith("0")) {
                number = new BigInteger(digits, 8);
            } else {
                number = sexagesimal(digits).toBigIntegerExact();
            }
            return negative ? number.negate() : number;
        }

        private static Object real(String text) {
            String digits = text.replace("_", "");
            if (NO_FINITE_NUMBER.matcher(digits).matches()) {
                return text; // JSON cannot say it
            }
            boolean negative = digits.startsWith("-");
            if (negative || digits.startsWith("+")) {
                digits = digits.substring(1);
            }
            BigDecimal number = sexagesimal(digits);
            if (number.scale() <= 0) {
                number = number.setScale(1);
            }
            return negative ? number.negate() : number;
        }

        private static BigDecimal sexagesimal(String digits) {
            BigDecimal sum = BigDecimal.ZERO;
            for (String part : digits.split(":")) {
                sum = sum.multiply(BigDecimal.valueOf(60)).add(new BigDecimal(part));
            }
            return sum;
        }
    }
}
