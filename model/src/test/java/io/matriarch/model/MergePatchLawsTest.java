package io.matriarch.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Laws of the merge-patch (contract README), each over many random documents. */
class MergePatchLawsTest {

    private static final int CASES = 5_000;
    private static final long SEED = 20261127;

    private final RandomTrees trees = new RandomTrees(SEED, true);
    private final RandomTrees withoutNulls = new RandomTrees(SEED, false);

    private static JsonObject merged(JsonObject document, JsonObject patch) {
        return MergePatch.apply(document, patch).orElse(document);
    }

    private static void assertSame(JsonElement expected, JsonElement actual, Object... from) {
        assertTrue(
                LooseEquality.equal(expected, actual),
                () -> "expected " + expected + " but was " + actual + " from " + Arrays.toString(from));
    }

    /** The rule once more, as plainly as it can be said, without regard to what is reported as a change. */
    private static JsonObject plainly(JsonObject document, JsonObject patch) {
        var result = new JsonObject();
        document.entrySet().stream()
                .filter(entry -> !patch.has(entry.getKey()))
                .forEach(entry -> result.add(entry.getKey(), entry.getValue()));
        patch.entrySet().stream()
                .filter(entry -> !entry.getValue().isJsonNull())
                .forEach(entry -> result.add(
                        entry.getKey(),
                        document.get(entry.getKey()) instanceof JsonObject before
                                        && entry.getValue() instanceof JsonObject change
                                ? plainly(before, change)
                                : entry.getValue()));
        return result;
    }

    /** The patch that makes {@code to} of {@code from}; neither has nulls. */
    private static JsonObject difference(JsonObject from, JsonObject to) {
        var patch = new JsonObject();
        from.keySet().stream().filter(key -> !to.has(key)).forEach(key -> patch.add(key, JsonNull.INSTANCE));
        to.entrySet()
                .forEach(entry -> patch.add(
                        entry.getKey(),
                        from.get(entry.getKey()) instanceof JsonObject before
                                        && entry.getValue() instanceof JsonObject after
                                ? difference(before, after)
                                : entry.getValue()));
        return patch;
    }

    @Test
    void it_does_what_the_plain_rule_says() {
        for (int i = 0; i < CASES; i++) {
            JsonObject document = trees.any();
            JsonObject patch = trees.any();
            MergePatch.apply(document, patch)
                    .ifPresent(result -> assertSame(plainly(document, patch), result, document, patch));
        }
    }

    @Test
    void nothing_is_reported_exactly_when_nothing_but_nulls_would_differ() {
        for (int i = 0; i < CASES; i++) {
            JsonObject document = withoutNulls.any();
            JsonObject patch = trees.any();
            boolean differs = !LooseEquality.equal(document, plainly(document, patch));
            assertEquals(differs, MergePatch.apply(document, patch).isPresent(), document + " + " + patch);
        }
    }

    @Test
    void twice_is_once() {
        for (int i = 0; i < CASES; i++) {
            JsonObject document = trees.any();
            JsonObject patch = trees.any();
            JsonObject once = merged(document, patch);
            assertEquals(Optional.empty(), MergePatch.apply(once, patch), document + " + " + patch);
        }
    }

    @Test
    void the_empty_patch_and_the_document_itself_change_nothing() {
        for (int i = 0; i < CASES; i++) {
            JsonObject document = trees.any();
            assertEquals(Optional.empty(), MergePatch.apply(document, new JsonObject()));
            assertEquals(Optional.empty(), MergePatch.apply(document, document), document.toString());
            assertSame(document, merged(new JsonObject(), withoutTopNulls(document)));
        }
    }

    private static JsonObject withoutTopNulls(JsonObject document) {
        document.entrySet().removeIf(entry -> entry.getValue().isJsonNull());
        return document;
    }

    @Test
    void what_a_patch_did_another_one_undoes() {
        for (int i = 0; i < CASES; i++) {
            JsonObject before = withoutNulls.any();
            JsonObject after = withoutNulls.any();
            JsonObject reached = merged(before, difference(before, after));
            assertSame(after, reached, before);
            assertSame(before, merged(reached, difference(reached, before)), after);
        }
    }

    @Test
    void nulls_for_all_keys_leave_nothing() {
        for (int i = 0; i < CASES; i++) {
            JsonObject document = withoutNulls.any();
            assertEquals(new JsonObject(), merged(document, difference(document, new JsonObject())));
        }
    }

    /** It does not hold with nulls, nor where a map replaces a scalar: those forget what lay below. */
    @Test
    void files_may_be_combined_in_any_grouping_while_names_keep_their_shape() {
        for (int i = 0; i < CASES; i++) {
            JsonObject a = withoutNulls.shaped();
            JsonObject b = withoutNulls.shaped();
            JsonObject c = withoutNulls.shaped();
            assertSame(merged(merged(a, b), c), merged(a, merged(b, c)), a, b, c);
        }
    }

    @Test
    void the_arguments_stay_as_they_were() {
        for (int i = 0; i < CASES; i++) {
            JsonObject document = trees.any();
            JsonObject patch = trees.any();
            String before = document + " " + patch;
            MergePatch.apply(document, patch)
                    .ifPresent(result -> result.entrySet().stream()
                            .map(Map.Entry::getValue)
                            .filter(JsonObject.class::isInstance)
                            .forEach(inner -> inner.getAsJsonObject().addProperty("scribble", true)));
            assertEquals(before, document + " " + patch);
        }
    }

    @Test
    void loose_equality_is_an_equivalence() {
        for (int i = 0; i < CASES; i++) {
            JsonObject a = trees.any();
            JsonObject b = trees.any();
            assertTrue(LooseEquality.equal(a, a.deepCopy()));
            assertEquals(LooseEquality.equal(a, b), LooseEquality.equal(b, a));
        }
    }
}
