package io.matriarch.config;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Every key of the configuration (contract config.md 2, 3.2), from the table {@code keys.txt}: what validation checks and
 * what the documentation shows.
 */
public final class ConfigurationKeys {

    /** Where a key may stand. */
    public enum Place {
        LOCAL,
        DYNAMIC,
        BOTH
    }

    /**
     * One line of the table.
     *
     * @param path dotted; {@code *} for any name, {@code {a,b}} for each of these
     * @param type as the head of the table explains
     */
    public record KnownKey(String path, String type, String fallback, Place place, String reload, String meaning) {

        boolean isSecret() {
            return type.equals("secret");
        }

        boolean isRequired() {
            return fallback.equals("required");
        }
    }

    /** A place in the tree of keys. */
    static final class Node {
        private final TreeMap<String, Node> children = new TreeMap<>();
        private @Nullable Node any;
        private @Nullable KnownKey key;

        /** What stands below, by its own name or by {@code *}; null for an unknown name. */
        @Nullable
        Node child(String name) {
            return children.getOrDefault(name, any);
        }

        boolean isNamed(String name) {
            return children.containsKey(name);
        }

        boolean isLeaf() {
            return children.isEmpty() && any == null;
        }

        @Nullable
        KnownKey key() {
            return key;
        }

        /** The known name that was meant, if one is near: two wrong letters, in long names three. */
        Optional<String> nearest(String name) {
            String best = null;
            int fewest = Math.max(2, name.length() / 5) + 1;
            for (String known : children.keySet()) {
                int edits = edits(name.toLowerCase(Locale.ROOT), known);
                if (edits < fewest && edits < known.length()) {
                    best = known;
                    fewest = edits;
                }
            }
            return Optional.ofNullable(best);
        }
    }

    private static final List<KnownKey> ALL = read();

    private ConfigurationKeys() {}

    /** In the order of the table. */
    public static List<KnownKey> all() {
        return ALL;
    }

    /** The keys of the dynamic configuration, or those of the local one. */
    static Node tree(boolean dynamic) {
        var root = new Node();
        Place elsewhere = dynamic ? Place.LOCAL : Place.DYNAMIC;
        for (KnownKey key : ALL) {
            if (key.place() != elsewhere) {
                put(root, List.of(key.path().split("\\.")), key);
            }
        }
        return root;
    }

    private static void put(Node node, List<String> path, KnownKey key) {
        if (path.isEmpty()) {
            node.key = key;
            return;
        }
        String name = path.getFirst();
        List<String> rest = path.subList(1, path.size());
        if (name.equals("*")) {
            Node any = node.any == null ? new Node() : node.any;
            node.any = any;
            put(any, rest, key);
        } else {
            for (String one : name.replaceAll("[{}]", "").split(",")) {
                put(node.children.computeIfAbsent(one, _ -> new Node()), rest, key);
            }
        }
    }

    private static List<KnownKey> read() {
        var keys = new ArrayList<KnownKey>();
        for (String line : text().lines().toList()) {
            if (!line.isBlank() && !line.startsWith("#")) {
                String[] columns = line.split(" \\| ", -1);
                if (columns.length != 6) {
                    throw new IllegalStateException("keys.txt: not six columns: " + line);
                }
                keys.add(new KnownKey(
                        columns[0],
                        columns[1],
                        columns[2],
                        Place.valueOf(columns[3].toUpperCase(Locale.ROOT)),
                        columns[4],
                        columns[5]));
            }
        }
        return List.copyOf(keys);
    }

    private static String text() {
        try (InputStream in = ConfigurationKeys.class.getResourceAsStream("keys.txt")) {
            return new String(Objects.requireNonNull(in, "keys.txt").readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How many letters must be put in, taken out or replaced (Levenshtein's distance). */
    private static int edits(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
