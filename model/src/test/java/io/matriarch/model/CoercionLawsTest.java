package io.matriarch.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonPrimitive;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Laws of the lenient reading of values (contract README), each over many random texts. */
class CoercionLawsTest {

    private static final int CASES = 5_000;

    /** Smallest first, with the number of the unit before that one of them is. */
    private static final List<Step> MEMORY = List.of(
            new Step("B", 1), new Step("kB", 1024), new Step("MB", 1024), new Step("GB", 1024), new Step("TB", 1024));

    private static final List<Step> TIME = List.of(
            new Step("us", 1),
            new Step("ms", 1000),
            new Step("s", 1000),
            new Step("min", 60),
            new Step("h", 60),
            new Step("d", 24));

    private final Random random = new Random(20261127);

    private record Step(String unit, long ofTheOneBefore) {}

    private static long ratio(List<Step> units, int small, int large) {
        long ratio = 1;
        for (int i = small + 1; i <= large; i++) {
            ratio = Math.multiplyExact(ratio, units.get(i).ofTheOneBefore);
        }
        return ratio;
    }

    private static Unit unit(String name) {
        return Unit.parse(name).orElseThrow();
    }

    /** The text with blanks, signs and case that mean nothing. */
    private String disguised(String text) {
        return " ".repeat(random.nextInt(3)) + text + " ".repeat(random.nextInt(3));
    }

    private String inSomeCase(String text) {
        var out = new StringBuilder();
        text.chars()
                .mapToObj(c -> String.valueOf((char) c))
                .map(c -> random.nextBoolean() ? c.toUpperCase(Locale.ROOT) : c)
                .forEach(out::append);
        return out.toString();
    }

    @Test
    void case_and_blanks_do_not_matter_to_a_boolean_and_its_text_reads_back() {
        for (int i = 0; i < CASES; i++) {
            boolean value = random.nextBoolean();
            List<String> spellings = value ? List.of("on", "true", "yes", "1") : List.of("off", "false", "no", "0");
            String text = disguised(inSomeCase(spellings.get(random.nextInt(4))));
            assertEquals(Optional.of(value), Coercion.bool(text), text);
            assertEquals(Optional.of(value), Coercion.bool(PythonText.str(new JsonPrimitive(value))));
        }
    }

    @Test
    void a_number_is_the_same_in_every_notation() {
        for (int i = 0; i < CASES; i++) {
            long n = random.nextLong() >>> random.nextInt(1, 64);
            for (String text : List.of(
                    Long.toString(n),
                    "+" + n,
                    n + ".",
                    n + ".0",
                    n + "e0",
                    "0x" + Long.toHexString(n),
                    "0" + Long.toOctalString(n))) {
                assertEquals(Optional.of(n), Coercion.integer(disguised(text), Unit.NONE), text);
                assertEquals(Optional.of(-n), Coercion.integer("-" + text.replace("+", ""), Unit.NONE), text);
            }
        }
    }

    @Test
    void a_fraction_goes_to_the_nearest_integer_and_from_the_middle_to_the_even_one() {
        for (int i = 0; i < CASES; i++) {
            BigDecimal number = BigDecimal.valueOf(random.nextInt(-100_000, 100_000), random.nextInt(4));
            long rounded = Coercion.integer(number.toPlainString(), Unit.NONE).orElseThrow();
            BigDecimal off = number.subtract(BigDecimal.valueOf(rounded)).abs();
            int toHalf = off.compareTo(new BigDecimal("0.5"));
            assertTrue(toHalf < 0 || (toHalf == 0 && rounded % 2 == 0), number + " became " + rounded);
        }
    }

    @Test
    void whole_units_convert_exactly_and_back() {
        for (List<Step> units : List.of(MEMORY, TIME)) {
            for (int i = 0; i < CASES; i++) {
                int small = random.nextInt(units.size());
                int large = random.nextInt(small, units.size());
                long n = random.nextInt(100_000);
                long ratio = ratio(units, small, large);
                String from = units.get(large).unit;
                String to = units.get(small).unit;
                assertEquals(Optional.of(n * ratio), Coercion.integer(n + from, unit(to)), n + from + " in " + to);
                assertEquals(Optional.of(n), Coercion.integer(n * ratio + to, unit(from)), n * ratio + to);
            }
        }
    }

    /** PostgreSQL rounds to whole units of the next smaller kind before it counts in the base unit. */
    @Test
    void a_fraction_of_a_unit_is_rounded_as_postgresql_rounds_it() {
        for (List<Step> units : List.of(MEMORY, TIME)) {
            for (int i = 0; i < CASES; i++) {
                int from = random.nextInt(1, units.size());
                int base = random.nextInt(units.size());
                BigDecimal number = BigDecimal.valueOf(random.nextInt(1_000_000), random.nextInt(5));
                BigInteger smaller = number.multiply(BigDecimal.valueOf(units.get(from).ofTheOneBefore))
                        .setScale(0, RoundingMode.HALF_EVEN)
                        .toBigInteger();
                BigDecimal smallest = new BigDecimal(smaller.multiply(BigInteger.valueOf(ratio(units, 0, from - 1))));
                long expected = smallest.divide(BigDecimal.valueOf(ratio(units, 0, base)), 20, RoundingMode.HALF_EVEN)
                        .setScale(0, RoundingMode.HALF_EVEN)
                        .longValueExact();
                String text = number.toPlainString() + units.get(from).unit;
                assertEquals(
                        Optional.of(expected),
                        Coercion.integer(text, unit(units.get(base).unit)),
                        text + " in " + units.get(base).unit);
            }
        }
    }

    @Test
    void more_is_never_less_in_another_unit() {
        for (int i = 0; i < CASES; i++) {
            List<Step> units = random.nextBoolean() ? MEMORY : TIME;
            String from = units.get(random.nextInt(units.size())).unit;
            Unit base = unit(units.get(random.nextInt(units.size())).unit);
            int less = random.nextInt(1_000_000);
            int more = less + random.nextInt(1_000);
            assertTrue(
                    Coercion.integer(less + from, base).orElseThrow()
                            <= Coercion.integer(more + from, base).orElseThrow(),
                    less + " and " + more + " " + from);
        }
    }

    @Test
    void memory_is_no_time_and_a_plain_number_has_no_unit() {
        for (Step memory : MEMORY) {
            for (Step time : TIME) {
                assertEquals(Optional.empty(), Coercion.integer("1" + memory.unit, unit(time.unit)));
                assertEquals(Optional.empty(), Coercion.integer("1" + time.unit, unit(memory.unit)));
                assertEquals(Optional.empty(), Coercion.integer("1" + time.unit, Unit.NONE));
            }
        }
    }

    @Test
    void whatever_is_written_is_read_or_not_but_never_an_error() {
        String letters = "0123456789+-.eExX kMGTBsminhdu\t_,;'\u00a0\u0663";
        for (int i = 0; i < 100_000; i++) {
            var text = new StringBuilder();
            for (int n = random.nextInt(9); n > 0; n--) {
                text.append(letters.charAt(random.nextInt(letters.length())));
            }
            assertNotNull(Coercion.bool(text.toString()));
            assertNotNull(Coercion.integer(text.toString(), Unit.NONE), text.toString());
            assertNotNull(Coercion.integer(text.toString(), Unit.BYTES), text.toString());
            assertNotNull(Coercion.integer(text.toString(), unit("8kB")), text.toString());
            assertNotNull(Coercion.real(text.toString(), Unit.MILLISECONDS), text.toString());
        }
    }

    /** Writing out the digits of such a number would take all memory. */
    @Test
    void a_number_beyond_all_reason_is_not_read() {
        for (String text :
                List.of("1e999999999", "1e99999", "1e-999999999", "9".repeat(5_000), "0x" + "f".repeat(5_000))) {
            assertEquals(Optional.empty(), Coercion.integer(text, Unit.NONE), text.substring(0, 5));
            assertEquals(Optional.empty(), Coercion.real(text + "MB", Unit.BYTES));
        }
    }
}
