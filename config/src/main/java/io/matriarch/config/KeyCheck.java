package io.matriarch.config;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.matriarch.config.ConfigurationKeys.KnownKey;
import io.matriarch.config.ConfigurationKeys.Node;
import io.matriarch.model.Coercion;
import io.matriarch.model.Unit;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Compares a document with the table of keys: unknown names, and values of the wrong type or range. */
final class KeyCheck {

    private static final Pattern RANGE = Pattern.compile("(\\w+)\\[(-?\\d+)\\.\\.(\\d*)]");

    /** Names of old layouts (contract config.md 1.2), and those that guides teach. */
    private static final Set<String> OLD_NAMES = Set.of(
            "postgresql.replication",
            "postgresql.superuser",
            "postgresql.pg_rewind",
            "postgresql.name",
            "zookeeper.exhibitor");

    private static final String DYNAMIC_PLACE = "bootstrap.dcs";

    private final Node local = ConfigurationKeys.tree(false);
    private final Node dynamic = ConfigurationKeys.tree(true);
    private final Problems problems;

    KeyCheck(Problems problems) {
        this.problems = problems;
    }

    void check(JsonObject document) {
        walk(document, "", local, false);
    }

    private void walk(JsonObject map, String place, Node node, boolean inDynamic) {
        for (var entry : map.entrySet()) {
            String path = place.isEmpty() ? entry.getKey() : place + "." + entry.getKey();
            if (path.equals(DYNAMIC_PLACE)) {
                if (entry.getValue() instanceof JsonObject dcs) {
                    walk(dcs, path, dynamic, true);
                } else {
                    problems.add(path, entry.getValue(), "is not a dictionary");
                }
            } else if (!OLD_NAMES.contains(path) && !isFileOfSecret(entry.getKey(), node)) {
                value(map, entry.getKey(), path, node, inDynamic);
            }
        }
    }

    private void value(JsonObject map, String name, String path, Node node, boolean inDynamic) {
        JsonElement value = map.get(name);
        Node below = node.child(name);
        boolean section = below != null && !node.isNamed(name) && !below.isLeaf();
        if (below == null || (section && !isMethod(map, name))) {
            unknown(name, path, node, inDynamic);
        } else if (value instanceof JsonNull) {
            // counts as not set
        } else if (below.isLeaf()) {
            KnownKey key = below.key();
            if (key != null) {
                type(key, path, value);
            }
        } else if (value instanceof JsonObject inner) {
            walk(inner, path, below, inDynamic);
        } else {
            problems.add(path, value, "is not a dictionary");
        }
    }

    /** {@code password_file} beside {@code password}. */
    private static boolean isFileOfSecret(String name, Node node) {
        Node secret = name.endsWith("_file") ? node.child(name.substring(0, name.length() - "_file".length())) : null;
        KnownKey key = secret == null ? null : secret.key();
        return key != null && key.isSecret();
    }

    /** A way of making a data directory by a command of the user's: its section may have any name. */
    private static boolean isMethod(JsonObject map, String name) {
        return map.get(name) instanceof JsonObject section
                && (section.has("command")
                        || new JsonPrimitive(name).equals(map.get("method"))
                        || namesMethod(map.get("create_replica_methods"), name)
                        || namesMethod(map.get("create_replica_method"), name));
    }

    private static boolean namesMethod(@Nullable JsonElement methods, String name) {
        return methods instanceof JsonArray list && list.contains(new JsonPrimitive(name));
    }

    private void unknown(String name, String path, Node node, boolean inDynamic) {
        String inOther = inDynamic ? path.substring(DYNAMIC_PLACE.length() + 1) : path;
        if (isKnown(inDynamic ? local : dynamic, inOther)) {
            problems.warn(
                    path,
                    inDynamic
                            ? "is not used here: it belongs to the local configuration, as " + inOther
                            : "is not used here: it belongs to the dynamic configuration (patronictl edit-config, or "
                                    + DYNAMIC_PLACE + "." + inOther + " for a new cluster)");
            return;
        }
        problems.warn(
                path,
                "is not known"
                        + node.nearest(name)
                                .map(known -> ". Did you mean " + path.substring(0, path.length() - name.length())
                                        + known + "?")
                                .orElse(" and has no effect"));
    }

    private static boolean isKnown(Node root, String path) {
        Node node = root;
        for (String name : path.split("\\.")) {
            Node below = node == null ? null : node.child(name);
            node = node != null && below != null && (node.isNamed(name) || below.isLeaf()) ? below : null;
        }
        return node != null;
    }

    // ---- values

    private void type(KnownKey key, String path, JsonElement value) {
        String type = key.type();
        Matcher ranged = RANGE.matcher(type);
        if (type.startsWith("(")) {
            oneOf(path, value, List.of(type.substring(1, type.length() - 1).split(" ")));
        } else if (ranged.matches()) {
            number(path, value, ranged.group(1), Long.parseLong(ranged.group(2)), ranged.group(3));
        } else {
            plain(key, path, value);
        }
    }

    private void plain(KnownKey key, String path, JsonElement value) {
        switch (key.type()) {
            case "text", "path", "command", "address" -> {
                if (!(value instanceof JsonPrimitive p && p.isString())) {
                    problems.add(path, value, "is not a string. Put quotes around it");
                }
            }
            case "secret" -> {
                if (!(value instanceof JsonPrimitive)) {
                    problems.add(path, null, "is not a string. Put quotes around it");
                }
            }
            case "bool" -> {
                if (Coercion.bool(value).isEmpty()) {
                    problems.add(path, value, "is not a boolean. Use true or false");
                }
            }
            case "int" -> {
                if (Coercion.integer(value).isEmpty()) {
                    problems.add(path, value, "is not an integer");
                }
            }
            case "list" -> {
                if (!(value instanceof JsonArray) && !(value instanceof JsonPrimitive)) {
                    problems.add(path, value, "is not a list");
                } else if (value instanceof JsonArray a && a.isEmpty()) {
                    problems.add(path, null, "is an empty list");
                }
            }
            case "lines" -> lines(path, value);
            case "map", "texts" -> {
                if (!(value instanceof JsonObject)) {
                    problems.add(path, value, "is not a dictionary");
                }
            }
            default -> {
                // any
            }
        }
    }

    private void lines(String path, JsonElement value) {
        if (!(value instanceof JsonArray lines)) {
            problems.add(path, value, "is not a list");
            return;
        }
        for (int i = 0; i < lines.size(); i++) {
            if (!(lines.get(i) instanceof JsonPrimitive)) {
                problems.add(path + "." + i, lines.get(i), "is not a string. Put quotes around the line");
            }
        }
    }

    private void oneOf(String path, JsonElement value, List<String> words) {
        boolean known = value instanceof JsonPrimitive p
                && words.stream().anyMatch(word -> word.equalsIgnoreCase(p.getAsString()));
        if (!known) {
            problems.add(path, value, "didn't pass validation: expected one of " + String.join(", ", words));
        }
    }

    private void number(String path, JsonElement value, String type, long least, String most) {
        Unit unit = switch (type) {
            case "time" -> Unit.SECONDS;
            case "size" -> Unit.BYTES;
            default -> Unit.NONE;
        };
        Optional<Long> number = Coercion.integer(value, unit);
        if (number.isEmpty()) {
            String units = switch (type) {
                case "time" -> ". Use seconds, or a unit such as 30s or 5min";
                case "size" -> ". Use bytes, or a unit such as 1MB";
                default -> "";
            };
            problems.add(path, value, "is not an integer" + units);
        } else if (number.get() < least || (!most.isEmpty() && number.get() > Long.parseLong(most))) {
            problems.add(
                    path,
                    value,
                    "didn't pass validation: expected " + least + (most.isEmpty() ? " or more" : " to " + most));
        }
    }

    /** What a version of PostgreSQL's number is out of: used for the few parameters that are checked before a start. */
    static boolean isWithin(JsonElement value, long least, long most) {
        return Coercion.integer(value).filter(n -> n >= least && n <= most).isPresent();
    }
}
