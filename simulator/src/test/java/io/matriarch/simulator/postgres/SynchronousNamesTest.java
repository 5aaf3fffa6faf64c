package io.matriarch.simulator.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SynchronousNamesTest {

    private static SynchronousNames parse(String value) {
        return SynchronousNames.parse(value).orElseThrow();
    }

    @Test
    void readsTheFormsOfTheManual() {
        assertEquals(new SynchronousNames(false, 1, List.of("s1", "s2")), parse("s1, s2"));
        assertEquals(new SynchronousNames(false, 2, List.of("s1", "s2", "s3")), parse("2 (s1, s2, s3)"));
        assertEquals(new SynchronousNames(false, 3, List.of("s1", "s2")), parse("FIRST 3 (s1, s2)"));
        assertEquals(new SynchronousNames(true, 2, List.of("s1", "s2")), parse("any 2(s1,s2)"));
        assertEquals(new SynchronousNames(true, 1, List.of("*")), parse("ANY 1 (*)"));
        assertEquals(SynchronousNames.NONE, parse("  "));
    }

    @Test
    void quotedNamesAreTakenAsTheyAre() {
        assertEquals(
                List.of("a-b", "any", "say \"hi\""),
                parse("\"a-b\", \"any\", \"say \"\"hi\"\"\"").names());
    }

    @Test
    void aNumberMayBeAName() {
        assertEquals(new SynchronousNames(false, 1, List.of("1", "2")), parse("1, 2"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"a-b", "a b", "a,", ",a", "1 (a", "ANY (a)", "0 (a)", "FIRST a", "\"a", "1 ()", "any", "(a)"})
    void refusesTheRest(String value) {
        assertEquals(Optional.empty(), SynchronousNames.parse(value));
    }

    @Test
    void theFirstMatchIsThePriorityWithoutRegardToCase() {
        assertEquals(2, parse("a, B, *").priority("b"));
        assertEquals(3, parse("a, B, *").priority("else"));
        assertEquals(0, parse("a, B").priority("else"));
        assertEquals(1, parse("ANY 1 (a, B)").priority("b"), "with ANY all are equal");
        assertTrue(parse("a").isDefined());
    }
}
