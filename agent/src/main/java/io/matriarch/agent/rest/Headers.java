package io.matriarch.agent.rest;

import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * The header fields of a request.
 *
 * @param fields the values by name, whatever its case; those of one name in their order
 */
record Headers(SortedMap<String, List<String>> fields) {

    /** Null: there is none. */
    @Nullable
    String first(String name) {
        List<String> values = fields.get(name);
        return values == null ? null : values.getFirst();
    }

    List<String> all(String name) {
        return fields.getOrDefault(name, List.of());
    }
}
