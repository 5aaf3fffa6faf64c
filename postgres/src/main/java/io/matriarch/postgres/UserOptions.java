package io.matriarch.postgres;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The options that a user configured for one of PostgreSQL's programs, as a list or as a map (contract
 * postgres-control.md 6.1, 7). Whether a bad one is fatal or skipped is for the caller to say.
 *
 * @param arguments what can be passed on
 * @param errors the bad ones, in the words of the log
 */
record UserOptions(List<String> arguments, List<String> errors) {

    UserOptions {
        arguments = List.copyOf(arguments);
        errors = List.copyOf(errors);
    }

    /** Whether an option may be used; its name, then its value ({@code ""} for a switch). */
    interface Rule {
        boolean allows(String name, String value);
    }

    static Rule refusing(Set<String> names) {
        return (name, _) -> !names.contains(name);
    }

    /**
     * @param tool as named in error messages
     * @param options null: none
     */
    static UserOptions parse(String tool, @Nullable JsonElement options, Rule rule) {
        var arguments = new ArrayList<String>();
        var errors = new ArrayList<String>();
        switch (options) {
            case null -> {}
            case JsonArray list -> {
                for (JsonElement option : list) {
                    if (option instanceof JsonPrimitive p && p.isString()) {
                        add(tool, p.getAsString(), null, rule, arguments, errors);
                    } else if (option instanceof JsonObject pair && isSingle(pair)) {
                        pair.asMap()
                                .forEach((name, value) ->
                                        add(tool, name, text(value.getAsJsonPrimitive()), rule, arguments, errors));
                    } else {
                        errors.add("Error when parsing " + tool + " option " + option
                                + ": value should be string value or a single key-value pair");
                    }
                }
            }
            case JsonObject map ->
                map.entrySet().forEach(entry -> {
                    if (entry.getValue() instanceof JsonPrimitive value
                            && !value.getAsString().isEmpty()) {
                        add(tool, entry.getKey(), text(value), rule, arguments, errors);
                    }
                });
            default -> errors.add(tool + " options must be list or dict");
        }
        return new UserOptions(arguments, errors);
    }

    private static boolean isSingle(JsonObject pair) {
        return pair.size() == 1 && pair.asMap().values().stream().allMatch(JsonElement::isJsonPrimitive);
    }

    private static void add(
            String tool,
            String option,
            @Nullable String value,
            Rule rule,
            List<String> arguments,
            List<String> errors) {
        // a switch may be written with its value, "encoding=UTF8": the rule is about the name
        int equals = value == null ? option.indexOf('=') : -1;
        String name = equals < 0 ? option : option.substring(0, equals);
        String given = equals < 0 ? value : option.substring(equals + 1);
        if (!rule.allows(name, given == null ? "" : given)) {
            errors.add(name + " option for " + tool + " is not allowed");
        } else {
            arguments.add("--" + name + (given == null ? "" : "=" + unquote(given)));
        }
    }

    private static String unquote(String value) {
        Function<List<String>, String> onlyWord = words -> words.size() == 1 ? words.getFirst() : value;
        boolean quoted = value.length() >= 2
                && (value.charAt(0) == '\'' || value.charAt(0) == '"')
                && value.charAt(0) == value.charAt(value.length() - 1);
        return quoted ? ShellWords.split(value).map(onlyWord).orElse(value) : value;
    }

    /** A configured value as an argument: booleans are spelled {@code True} and {@code False}, as scripts expect. */
    static String text(JsonPrimitive value) {
        if (value.isBoolean()) {
            return value.getAsBoolean() ? "True" : "False";
        }
        return value.getAsString();
    }
}
