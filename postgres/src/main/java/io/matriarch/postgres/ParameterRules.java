package io.matriarch.postgres;

import io.matriarch.model.Coercion;
import io.matriarch.model.Unit;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What one major version of PostgreSQL takes for its parameters (contract config.md 4.4). A server does not start with a
 * name or a value that it does not know, so such ones are not written. The tables come from real servers:
 * {@code parameters/derive.sh}.
 */
final class ParameterRules {

    private static final int OLDEST = 13;
    private static final int NEWEST = 18;

    /**
     * A line of the table; limits count in {@code unit}.
     *
     * @param unit empty for none
     * @param words of an enum
     */
    private record Rule(String name, String type, String unit, String least, String most, List<String> words) {

        Unit base() {
            return unit.isEmpty() ? Unit.NONE : Unit.parse(unit).orElse(Unit.NONE);
        }

        boolean isSwitchWithMore() {
            return words.contains("on") && words.contains("off");
        }
    }

    private final Map<String, Rule> rules;

    private ParameterRules(Map<String, Rule> rules) {
        this.rules = rules;
    }

    /** @param version as {@code 150000}; one that has no table of its own gets the nearest */
    static ParameterRules of(int version) {
        int major = Math.clamp(version / 10_000, OLDEST, NEWEST);
        var rules = new LinkedHashMap<String, Rule>();
        try (InputStream in = ParameterRules.class.getResourceAsStream("parameters/" + major + ".tsv")) {
            if (in == null) {
                throw new IllegalStateException("the table of parameters of PostgreSQL " + major + " is missing");
            }
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            text.lines().filter(line -> !line.startsWith("#")).forEach(line -> {
                String[] columns = line.split("\t", -1);
                rules.put(
                        columns[0].toLowerCase(Locale.ROOT),
                        new Rule(
                                columns[0],
                                columns[1],
                                columns[2],
                                columns[3],
                                columns[4],
                                columns[5].isEmpty() ? List.of() : Arrays.asList(columns[5].split("\\|"))));
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new ParameterRules(rules);
    }

    /**
     * The parameters that can be written, with values within their limits.
     *
     * @param isKnown whether this very server knows a name that the table lacks
     * @param warn told of each change
     */
    Map<String, String> apply(Map<String, String> wanted, Predicate<String> isKnown, Consumer<String> warn) {
        var accepted = new LinkedHashMap<String, String>();
        wanted.forEach((name, value) -> {
            Rule rule = rules.get(name.toLowerCase(Locale.ROOT));
            if (rule != null) {
                accepted(rule, name, value, warn).ifPresent(usable -> accepted.put(name, usable));
            } else if (name.indexOf('.') >= 0 || isKnown.test(name.toLowerCase(Locale.ROOT))) {
                accepted.put(name, value);
            } else {
                warn.accept("Removing unexpected parameter=" + name + " value=" + value + " from the config");
            }
        });
        return accepted;
    }

    private static Optional<String> accepted(Rule rule, String name, String value, Consumer<String> warn) {
        Optional<String> usable = switch (rule.type) {
            case "bool" -> Coercion.bool(value).map(_ -> value);
            case "integer", "real" -> number(rule, name, value, warn);
            case "enum" -> word(rule, value);
            default -> Optional.of(value);
        };
        if (usable.isEmpty()) {
            warn.accept("Removing " + rule.type + " parameter=" + name + " from the config due to the invalid value="
                    + value);
        }
        return usable;
    }

    private static Optional<String> word(Rule rule, String value) {
        boolean listed = rule.words.stream().anyMatch(value::equalsIgnoreCase);
        boolean flag = rule.isSwitchWithMore() && Coercion.bool(value).isPresent();
        return listed || flag ? Optional.of(value) : Optional.empty();
    }

    private static Optional<String> number(Rule rule, String name, String value, Consumer<String> warn) {
        Optional<BigDecimal> number = rule.type.equals("real")
                ? Coercion.real(value, rule.base())
                : Coercion.integer(value, rule.base()).map(BigDecimal::valueOf);
        return number.map(n -> {
            BigDecimal least = limit(rule.least);
            BigDecimal most = limit(rule.most);
            if (least != null && n.compareTo(least) < 0) {
                warn.accept("Value=" + value + " of parameter=" + name + " is too low, increasing to " + rule.least
                        + rule.unit);
                return rule.least;
            }
            if (most != null && n.compareTo(most) > 0) {
                warn.accept("Value=" + value + " of parameter=" + name + " is too big, decreasing to " + rule.most
                        + rule.unit);
                return rule.most;
            }
            return value;
        });
    }

    private static @Nullable BigDecimal limit(String text) {
        return text.isEmpty() ? null : new BigDecimal(text);
    }
}
