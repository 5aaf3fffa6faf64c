package io.matriarch.ctl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.matriarch.ctl.cli.Screen.Colour;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScreenTest {

    @ParameterizedTest
    @CsvSource({
        // terminal, TERM, NO_COLOR, locale variable, its value, colours, lines
        "true,  xterm-256color, '',  LANG,     C.UTF-8,     true,  true",
        "true,  xterm,          '',  LC_CTYPE, de_DE.utf8,  true,  true",
        "true,  xterm,          1,   LANG,     C.UTF-8,     false, true",
        "true,  xterm,          '',  LANG,     C,           true,  false",
        "true,  xterm,          '',  LC_ALL,   POSIX,       true,  false",
        "true,  dumb,           '',  LANG,     C.UTF-8,     false, false",
        "true,  '',             '',  LANG,     C.UTF-8,     false, false",
        "false, xterm-256color, '',  LANG,     C.UTF-8,     false, false",
    })
    void onlyATerminalThatHasThemGetsColoursAndLines(
            boolean terminal,
            String type,
            String noColour,
            String variable,
            String locale,
            boolean colours,
            boolean lines) {
        var environment = new TreeMap<String, String>(Map.of("TERM", type, "NO_COLOR", noColour, variable, locale));
        assertEquals(new Screen(terminal, colours, lines), Screen.of(terminal, environment));
    }

    @ParameterizedTest
    @CsvSource({"true, '\u001b[32mfine\u001b[0m'", "false, fine"})
    void paintChangesNothingWithoutColours(boolean colours, String expected) {
        assertEquals(expected, new Screen(true, colours, false).paint(Colour.GREEN, "fine"));
    }
}
