package io.matriarch.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertLinesMatch;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Compares reading and writing with what PyYAML 6.0.3 did for the same values. */
class YamlTest {

    @TestFactory
    Stream<DynamicTest> blocks_are_written_as_by_the_peer() {
        return cases(resource("pyyaml-dump.json").getAsJsonObject().get("block"))
                .map(c -> DynamicTest.dynamicTest(
                        c.get("name").getAsString(),
                        () -> assertEquals(c.get("yaml").getAsString(), YamlWriter.block(c.get("value")))));
    }

    @TestFactory
    Stream<DynamicTest> flows_are_written_as_by_the_peer() {
        return cases(resource("pyyaml-dump.json").getAsJsonObject().get("flow"))
                .map(c -> DynamicTest.dynamicTest(
                        c.get("name").getAsString(),
                        () -> assertEquals(c.get("yaml").getAsString(), YamlWriter.flow(c.get("value")))));
    }

    @TestFactory
    Stream<DynamicTest> scalars_are_read_as_by_the_peer() {
        return cases(resource("pyyaml-load.json"))
                .map(c -> DynamicTest.dynamicTest(
                        "<" + c.get("text").getAsString() + ">",
                        () -> assertEquals(
                                PythonText.repr(c.get("json")),
                                PythonText.repr(YamlReader.parse(c.get("text").getAsString())))));
    }

    @TestFactory
    Stream<DynamicTest> what_is_written_is_read_back() {
        return cases(resource("pyyaml-dump.json").getAsJsonObject().get("block"))
                .map(c -> DynamicTest.dynamicTest(
                        c.get("name").getAsString(),
                        () -> assertEquals(c.get("value"), YamlReader.parse(YamlWriter.block(c.get("value"))))));
    }

    @Test
    void texts_that_are_quoted_differently_mean_the_same() throws YamlSyntaxException {
        for (String text : new String[] {"08", "\u0085next line", "\uFEFFbom", "\u007F"}) {
            var array = new JsonArray();
            array.add(text);
            assertEquals(array, YamlReader.parse(YamlWriter.block(array)));
        }
    }

    @Test
    void the_text_of_a_float_is_kept() throws YamlSyntaxException {
        assertEquals("{\"a\":1.50,\"b\":2.0}", Json.compact(YamlReader.parse("{a: 1.50, b: 2.}")));
    }

    @Test
    void dates_and_other_languages_objects_do_not_enter() throws YamlSyntaxException {
        assertEquals("{\"a\":\"2001-01-01\"}", Json.compact(YamlReader.parse("a: 2001-01-01")));
        assertThrows(YamlSyntaxException.class, () -> YamlReader.parse("a: !!java.net.URL ['http://localhost']"));
        assertThrows(YamlSyntaxException.class, () -> YamlReader.parse("a: !!python/object:os.system x"));
    }

    @Test
    void a_syntax_error_names_line_and_column() {
        var failure = assertThrows(YamlSyntaxException.class, () -> YamlReader.parse("a: 1\nb: [1\nc: 2\n"));
        assertLinesMatch(List.of(".*\\(line \\d+, column \\d+\\).*"), List.of(String.valueOf(failure.getMessage())));
    }

    @Test
    void an_error_names_the_remedy_and_not_the_value() {
        assertEquals("found a tab (line 2, column 1); YAML is indented with spaces only", failure("a:\n\tb: 1\n"));
        assertEquals(
                "found an alias of nothing (line 2, column 11); a text that begins with * must stand in quotes",
                failure("a: 1\npassword: *secret"));
        assertEquals(
                "found an unknown tag (line 2, column 11); a text that begins with ! must stand in quotes",
                failure("a: 1\npassword: !secret"));
        assertEquals("not a number (line 1, column 11)", failure("password: 0x_"));
    }

    @Test
    void a_key_that_stands_twice_is_told_and_the_last_one_counts() throws YamlSyntaxException {
        var twice = new ArrayList<String>();

        JsonElement read =
                YamlReader.parse("b: &b {x: 1, y: 2}\na: {<<: *b, x: 3}\nc: 1\nd: [{e: 1, 'e': 2}]\nc: 2", twice::add);

        assertEquals("{\"b\":{\"x\":1,\"y\":2},\"a\":{\"x\":3,\"y\":2},\"d\":[{\"e\":2}],\"c\":2}", Json.compact(read));
        assertEquals(List.of("\"c\" (line 5, column 1)", "\"e\" (line 4, column 12)"), twice);
    }

    private static @Nullable String failure(String text) {
        return assertThrows(YamlSyntaxException.class, () -> YamlReader.parse(text))
                .getMessage();
    }

    @Test
    void memory_has_a_limit() {
        var bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 60; i++) {
            String alias = "*a" + (i - 1);
            bomb.append("a%d: &a%d [%s, %s, %s]\n".formatted(i, i, alias, alias, alias));
        }
        assertThrows(YamlSyntaxException.class, () -> YamlReader.parse(bomb.toString()));
        assertThrows(YamlSyntaxException.class, () -> YamlReader.parse("[".repeat(100) + "]".repeat(100)));
        assertThrows(YamlSyntaxException.class, () -> YamlReader.parse("x".repeat(3_100_000)));
        assertThrows(YamlSyntaxException.class, () -> YamlReader.parse("a: &a [*a]"));
    }

    private static Stream<JsonObject> cases(JsonElement array) {
        return StreamSupport.stream(array.getAsJsonArray().spliterator(), false).map(JsonElement::getAsJsonObject);
    }

    private static JsonElement resource(String name) {
        try (var in = Objects.requireNonNull(YamlTest.class.getResourceAsStream("/yaml/" + name))) {
            return Json.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8))
                    .orElseThrow();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
