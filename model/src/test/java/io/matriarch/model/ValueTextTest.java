package io.matriarch.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonPrimitive;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The text forms of values, and the two comparisons that rest on them (contract README, "Conventions"). */
class ValueTextTest {

    private static JsonElement json(String text) {
        return Json.parse(text).orElseThrow();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "null|None",
                "true|True",
                "false|False",
                "\"it's\"|it's",
                "1|1",
                "-0|-0",
                "100000000000000000000|100000000000000000000",
                "1.50|1.5",
                "1.0|1.0",
                "-0.0|-0.0",
                "1e3|1000.0",
                "1e15|1000000000000000.0",
                "1e16|1e+16",
                "1.5e16|1.5e+16",
                "0.0001|0.0001",
                "0.00001|1e-05",
                "1.25e-7|1.25e-07",
                "0.1|0.1",
                "1e400|inf",
                "[]|[]",
                "{}|{}",
                "[1, \"a\", true, null]|[1, 'a', True, None]",
                "{\"a\": {\"b\": [1.0]}}|{'a': {'b': [1.0]}}",
                "[\"it's\"]|[\"it's\"]",
                "[\"it's \\\"x\\\"\"]|['it\\'s \"x\"']",
                "[\"\\n\\t\\u0001\\\\\"]|['\\n\\t\\x01\\\\']",
            })
    void values_are_printed_as_by_python(String value, String expected) {
        assertEquals(expected, PythonText.str(json(value)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "1|\"1\"|true",
                "1.0|1|false",
                "true|\"True\"|true",
                "true|\"true\"|false",
                "null|\"None\"|true",
                "{\"a\":1,\"b\":\"2\"}|{\"b\":2,\"a\":\"1\"}|true",
                "{\"a\":1}|{\"a\":1,\"b\":null}|false",
                "{\"a\":{\"b\":1}}|{\"a\":{\"b\":\"1\"}}|true",
                "[1]|[\"1\"]|false",
                "[1,2]|[2,1]|false",
                "{}|[]|false",
            })
    void comparison_is_loose_in_maps_and_strict_in_lists(String a, String b, boolean equal) {
        assertEquals(equal, LooseEquality.equal(json(a), json(b)));
        assertEquals(equal, LooseEquality.equal(json(b), json(a)));
    }

    @Test
    void nothing_is_equal_to_nothing_alone() {
        assertTrue(LooseEquality.equal(null, null));
        assertFalse(LooseEquality.equal(null, json("null")));
    }

    @ParameterizedTest(name = "{0} + {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            nullValues = "unchanged",
            value = {
                "{\"ttl\":30}|{\"ttl\":20}|{\"ttl\":20}",
                "{\"ttl\":30}|{\"ttl\":\"30\"}|unchanged",
                "{\"ttl\":30}|{\"ttl\":null}|{}",
                "{\"ttl\":30}|{\"loop_wait\":null}|unchanged",
                "{\"ttl\":null}|{\"ttl\":null}|unchanged",
                "{\"a\":null}|{\"a\":null,\"b\":1}|{\"b\":1}",
                "{\"a\":null}|{\"a\":\"None\"}|{\"a\":\"None\"}",
                "{}|{\"slots\":{\"x\":null}}|{\"slots\":{\"x\":null}}",
                "{\"slots\":{\"x\":{},\"y\":1}}|{\"slots\":{\"x\":null}}|{\"slots\":{\"y\":1}}",
                "{\"a\":{\"b\":{\"c\":1}}}|{\"a\":{\"b\":{\"d\":2}}}|{\"a\":{\"b\":{\"c\":1,\"d\":2}}}",
                "{\"a\":{\"b\":1}}|{\"a\":5}|{\"a\":5}",
                "{\"a\":5}|{\"a\":{\"b\":null}}|{\"a\":{\"b\":null}}",
                "{\"a\":[1]}|{\"a\":[1,2]}|{\"a\":[1,2]}",
                "{\"a\":1}|{}|unchanged",
            })
    void a_patch_changes_a_document(String document, String patch, String expected) {
        var before = json(document).getAsJsonObject();

        assertEquals(
                Optional.ofNullable(expected),
                MergePatch.apply(before, json(patch).getAsJsonObject()).map(Json::compact));
        assertEquals(document, Json.compact(before));
    }

    @Test
    void json_is_compact_in_the_store_and_spaced_in_bodies() {
        var value = json("{\"a\":[1,2.50,null,true],\"é\":\"<\\u2028😀\\u007f&'\"}");

        assertEquals("{\"a\":[1,2.50,null,true],\"\\u00e9\":\"<\\u2028\\ud83d\\ude00\\u007f&'\"}", Json.compact(value));
        assertEquals(
                "{\"a\": [1, 2.50, null, true], \"b\": {}}", Json.spaced(json("{\"a\":[1,2.50,null,true],\"b\":{}}")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {"``", "` `", "{", "{\"a\":1", "[1", "{\"a\":1}}"})
    void what_is_no_json_is_empty(String text) {
        assertEquals(Optional.empty(), Json.parse(text));
    }

    @Test
    void a_scalar_is_json_and_no_object() {
        assertEquals(Optional.of(new JsonPrimitive("a")), Json.parse("\"a\""));
        assertEquals(Optional.empty(), Json.parseObject("[]"));
    }
}
