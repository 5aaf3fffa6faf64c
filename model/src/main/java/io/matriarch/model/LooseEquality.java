package io.matriarch.model;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import org.jspecify.annotations.Nullable;

/**
 * The comparison that decides "unchanged, skip the write" (contract README, "Loose deep comparison"): maps by key,
 * everything else by its text, so that {@code 1} and {@code "1"} are equal.
 */
public final class LooseEquality {

    private LooseEquality() {}

    public static boolean equal(@Nullable JsonElement a, @Nullable JsonElement b) {
        if (a == null || b == null) {
            return a == null && b == null;
        }
        if (a instanceof JsonObject left && b instanceof JsonObject right) {
            return left.keySet().equals(right.keySet())
                    && left.keySet().stream().allMatch(key -> equal(left.get(key), right.get(key)));
        }
        return PythonText.str(a).equals(PythonText.str(b));
    }
}
