package io.matriarch.engine.sync;

import io.matriarch.model.SyncState;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A value of {@code synchronous_standby_names}: read with PostgreSQL's grammar, written as contract replication.md 1.1
 * says.
 *
 * @param method how the names count
 * @param count how many must confirm
 * @param names in their order, without quotes; the placeholder counts as no name
 */
public record StandbyNames(Method method, int count, List<String> names) {

    public static final StandbyNames OFF = new StandbyNames(Method.OFF, 0, List.of());

    private static final Pattern TOKEN =
            Pattern.compile("\\s*(?:\"((?:[^\"]|\"\")*)\"|([A-Za-z_][A-Za-z0-9_$]*)|(\\d+)|([(),*]))");
    private static final Pattern BARE = Pattern.compile("[A-Za-z_][A-Za-z_0-9$]*");

    /** How the names count. */
    public enum Method {
        OFF,
        PRIORITY,
        QUORUM
    }

    private record Token(String text, boolean quoted) {
        boolean is(String symbol) {
            return !quoted && text.equalsIgnoreCase(symbol);
        }
    }

    public StandbyNames {
        names = List.copyOf(names);
    }

    /** Reads a value; empty when PostgreSQL would not accept it. */
    public static Optional<StandbyNames> parse(String value) {
        if (value.isBlank()) {
            return Optional.of(OFF);
        }
        var tokens = new ArrayList<Token>();
        Matcher m = TOKEN.matcher(value);
        int at = 0;
        while (at < value.stripTrailing().length()) {
            if (!m.find(at) || m.start() != at) {
                return Optional.empty();
            }
            boolean quoted = m.group(1) != null;
            tokens.add(new Token(
                    quoted ? m.group(1).replace("\"\"", "\"") : m.group().strip(), quoted));
            at = m.end();
        }
        return Optional.ofNullable(parse(tokens));
    }

    private static @Nullable StandbyNames parse(List<Token> tokens) {
        var method = Method.PRIORITY;
        int at = 0;
        int count = 1;
        boolean group = false;
        if (tokens.size() > 2 && (tokens.get(0).is("any") || tokens.get(0).is("first"))) {
            method = tokens.get(0).is("any") ? Method.QUORUM : Method.PRIORITY;
            at = 1;
        }
        if (tokens.size() > at + 2 && tokens.get(at + 1).is("(")) {
            try {
                count = Integer.parseInt(tokens.get(at).text());
            } catch (NumberFormatException e) {
                return null;
            }
            group = true;
            at += 2;
        } else if (at == 1) {
            return null;
        }
        int end = group ? tokens.size() - 1 : tokens.size();
        if (group && !tokens.get(end).is(")")) {
            return null;
        }
        var names = new ArrayList<String>();
        for (int i = at; i < end; i++) {
            boolean comma = (i - at) % 2 == 1;
            if (comma != tokens.get(i).is(",")) {
                return null;
            }
            if (!comma && !tokens.get(i).text().equals(SyncState.NOBODY)) {
                names.add(tokens.get(i).text());
            }
        }
        return (end - at) % 2 == 0 ? null : new StandbyNames(method, count, names);
    }

    /** As the parameter says it. */
    String value() {
        return switch (method) {
            case OFF -> "";
            case PRIORITY -> names.isEmpty() ? SyncState.NOBODY : priority(names, count);
            case QUORUM -> names.isEmpty() ? quorumPlaceholder() : quorum(names, count);
        };
    }

    /** Whether every commit waits, for nobody can confirm it: only the placeholder is listed. */
    public boolean holdsEverything() {
        return method != Method.OFF && names.isEmpty();
    }

    /** Priority form: {@code a}, or {@code 2 (a,b)}; empty for no names. */
    public static String priority(Collection<String> names, int count) {
        List<String> quoted = quoted(names);
        return switch (quoted.size()) {
            case 0 -> "";
            case 1 -> quoted.getFirst();
            default -> count + " (" + String.join(",", quoted) + ")";
        };
    }

    /** Quorum form: {@code ANY 1 (a,b)}; empty for no names. */
    public static String quorum(Collection<String> names, int count) {
        List<String> quoted = quoted(names);
        return quoted.isEmpty() ? "" : "ANY " + count + " (" + String.join(",", quoted) + ")";
    }

    /** Quorum form that nobody there is can satisfy. */
    static String quorumPlaceholder() {
        return "ANY 1 (" + SyncState.NOBODY + ")";
    }

    private static List<String> quoted(Collection<String> names) {
        return names.stream().sorted().map(StandbyNames::quote).toList();
    }

    private static String quote(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        boolean bare = BARE.matcher(name).matches() && !lower.equals("any") && !lower.equals("first");
        return bare ? name : '"' + name.replace("\"", "\"\"") + '"';
    }
}
