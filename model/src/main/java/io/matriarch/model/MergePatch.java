package io.matriarch.model;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.util.Optional;

/**
 * Changes a document by another one (contract README, "Merge-patch"): null removes a key, a map merges into a map,
 * anything else replaces.
 *
 * <p>Unlike RFC 7386, a value under a key that did not exist is stored verbatim, including nulls inside it.
 */
public final class MergePatch {

    private MergePatch() {}

    /**
     * The patched copy of {@code document}; empty when nothing changes: a null for a key that is absent or null
     * already, and a value with the same text, are no changes.
     */
    public static Optional<JsonObject> apply(JsonObject document, JsonObject patch) {
        JsonObject copy = document.deepCopy();
        return patchInPlace(copy, patch) ? Optional.of(copy) : Optional.empty();
    }

    private static boolean patchInPlace(JsonObject target, JsonObject patch) {
        boolean changed = false;
        for (var entry : patch.entrySet()) {
            String key = entry.getKey();
            JsonElement value = entry.getValue();
            JsonElement present = target.get(key);
            if (value.isJsonNull()) {
                target.remove(key);
                changed |= present != null && !present.isJsonNull();
            } else if (present == null) {
                target.add(key, value.deepCopy());
                changed = true;
            } else if (present instanceof JsonObject inner && value instanceof JsonObject innerPatch) {
                changed |= patchInPlace(inner, innerPatch);
            } else if (present instanceof JsonNull || !PythonText.str(present).equals(PythonText.str(value))) {
                target.add(key, value.deepCopy());
                changed = true;
            }
        }
        return changed;
    }
}
