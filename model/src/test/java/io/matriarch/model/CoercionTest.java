package io.matriarch.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonPrimitive;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Contract README, "String/boolean/number coercion". */
class CoercionTest {

    @ParameterizedTest
    @ValueSource(strings = {"on", "ON", "true", "True", "yes", "YES", "1", " on "})
    void these_are_true(String text) {
        assertEquals(Optional.of(true), Coercion.bool(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"off", "Off", "false", "no", "0"})
    void these_are_false(String text) {
        assertEquals(Optional.of(false), Coercion.bool(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "2", "t", "y", "enabled", "null", "1.0"})
    void everything_else_is_not_set(String text) {
        assertEquals(Optional.empty(), Coercion.bool(text));
    }

    @ParameterizedTest(name = "{0} in {1} is {2}")
    @CsvSource(
            nullValues = "-",
            value = {
                "42, , 42",
                "+42, , 42",
                "-42, , -42",
                "' 42 ', , 42",
                "0x1F, , 31",
                "0640, , 416",
                "1e3, , 1000",
                "1.5, , 2",
                "2.5, , 2",
                "-0.5, , 0",
                ".6, , 1",
                "5., , 5",
                "9223372036854775807, , 9223372036854775807",
                "9223372036854775808, , -",
                "'', , -",
                "ten, , -",
                "10 20, , -",
                "10kB, , -",
                "1MB, B, 1048576",
                "1mb, B, -",
                "128MB, MB, 128",
                "1GB, MB, 1024",
                "1TB, 8kB, 134217728",
                "1kB, 8kB, 0",
                "1.5MB, kB, 1536",
                "1.0004MB, B, 1048576",
                "30min, s, 1800",
                "1d, s, 86400",
                "1.5h, min, 90",
                "500ms, s, 0",
                "1500ms, s, 2",
                "2500ms, s, 2",
                "10us, ms, 0",
                "5 s, ms, 5000",
                "5s, kB, -",
                "1MB, s, -",
            })
    void a_number_is_read_in_its_base_unit(String text, String unit, Long expected) {
        Unit base = unit == null ? Unit.NONE : Unit.parse(unit).orElseThrow();
        assertEquals(Optional.ofNullable(expected), Coercion.integer(text, base));
    }

    @Test
    void json_values_are_read_like_their_texts() {
        assertEquals(Optional.of(1L), Coercion.integer(new JsonPrimitive(true)));
        assertEquals(Optional.of(2L), Coercion.integer(new JsonPrimitive(1.5)));
        assertEquals(Optional.of(true), Coercion.bool(new JsonPrimitive(1)));
        assertEquals(Optional.of(false), Coercion.bool(new JsonPrimitive(false)));
    }

    @Test
    void every_long_is_read_back_from_its_text() {
        var random = new Random(20261124);
        for (int i = 0; i < 10_000; i++) {
            long n = random.nextLong() >> random.nextInt(64);
            assertEquals(Optional.of(n), Coercion.integer(Long.toString(n), Unit.NONE));
            long magnitude = n & Long.MAX_VALUE;
            assertEquals(Optional.of(magnitude), Coercion.integer("0x" + Long.toHexString(magnitude), Unit.NONE));
        }
    }

    @Test
    void a_whole_multiple_of_a_unit_converts_exactly() {
        var random = new Random(20261124);
        for (int i = 0; i < 1000; i++) {
            long megabytes = random.nextInt(1_000_000);
            Unit blocks = Unit.parse("8kB").orElseThrow();
            assertEquals(Optional.of(megabytes * 128), Coercion.integer(megabytes + "MB", blocks));
            long minutes = random.nextInt(1_000_000);
            assertEquals(Optional.of(minutes * 60_000), Coercion.integer(minutes + "min", Unit.MILLISECONDS));
        }
    }

    @Test
    void the_units_of_pg_settings_are_known() {
        for (String unit : new String[] {"B", "kB", "8kB", "16MB", "ms", "s", "min", "us", "d"}) {
            assertEquals(true, Unit.parse(unit).isPresent(), unit);
        }
        assertEquals(Optional.empty(), Unit.parse("KB"));
    }
}
