package io.matriarch.agent.rest;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * The query parameters of a request, decoded; the first of several values counts, an empty value is no value (contract
 * rest-api.md 2).
 */
record Query(SequencedMap<String, String> values) {

    static final Query NONE = new Query(new LinkedHashMap<>());

    static Query parse(@Nullable String raw) {
        if (raw == null) {
            return NONE;
        }
        var values = new LinkedHashMap<String, String>();
        for (String pair : raw.split("&")) {
            int equals = pair.indexOf('=');
            if (equals > 0 && equals < pair.length() - 1) {
                values.putIfAbsent(decode(pair.substring(0, equals)), decode(pair.substring(equals + 1)));
            }
        }
        return new Query(values);
    }

    private static String decode(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException _) {
            return text; // a stray percent sign stands for itself
        }
    }

    Optional<String> get(String name) {
        return Optional.ofNullable(values.get(name));
    }

    Iterable<Map.Entry<String, String>> entries() {
        return values.entrySet();
    }
}
