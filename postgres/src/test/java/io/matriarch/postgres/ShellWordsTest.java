package io.matriarch.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ShellWordsTest {

    @Test
    void blanksSeparateAndQuotesJoin() {
        assertEquals(
                Optional.of(List.of("/a b", "c d", "", "e'f", "g h")),
                ShellWords.split("  '/a b' \"c d\" '' \"e'f\"\tg\\ h\n"));
    }

    @Test
    void aBackslashInDoubleQuotesOnlyEscapesQuoteAndItself() {
        assertEquals(Optional.of(List.of("a\"\\\\n")), ShellWords.split("\"a\\\"\\\\\\n\""));
        assertEquals(Optional.of(List.of("a\\n")), ShellWords.split("'a\\n'"));
    }

    @Test
    void whatIsNotClosedIsRefused() {
        assertEquals(Optional.empty(), ShellWords.split("a 'b"));
        assertEquals(Optional.empty(), ShellWords.split("a \\"));
    }

    @Test
    void nothingIsNoWord() {
        assertEquals(Optional.of(List.of()), ShellWords.split("  "));
    }
}
