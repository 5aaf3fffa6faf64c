package io.matriarch.ctl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class TerminalTest {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    @Test
    void yesInAnyCaseConfirms() throws Exception {
        assertTrue(typing("y\n").confirm("Sure?"));
        assertTrue(typing("YES\n").confirm("Sure?"));
        assertFalse(typing("No\n").confirm("Sure?"));
        assertFalse(typing("\n").confirm("Sure?"));
    }

    @Test
    void anythingElseIsAskedAgain() throws Exception {
        assertTrue(typing("perhaps\ny\n").confirm("Sure?"));
        assertEquals("Sure? [y/N]: Error: invalid input\nSure? [y/N]: ", output());
    }

    @Test
    void theDefaultOfAPromptIsTakenWhenNothingIsTyped() throws Exception {
        assertEquals("now", typing("\n").prompt("When", "now"));
        assertEquals("When [now]: ", output());
    }

    @Test
    void aPromptWithoutDefaultIsRepeatedUntilSomethingIsTyped() throws Exception {
        assertEquals("x", typing("\n\nx\n").prompt("Name", null));
        assertEquals("Name: Name: Name: ", output());
    }

    @Test
    void theEndOfTheInputAborts() {
        assertThrows(Aborted.class, () -> typing("").confirm("Sure?"));
        assertThrows(Aborted.class, () -> typing("maybe").confirm("Sure?"));
        assertThrows(Aborted.class, () -> typing("\n").prompt("Name", null));
    }

    @Test
    void onlyAScreenShowsHowFarSomethingIs() {
        typing("").progress("half");
        assertEquals("", output());
        onScreen().progress("half");
        assertEquals("\r\u001b[Khalf", output());
    }

    private Terminal onScreen() {
        var print = new PrintStream(out, true, StandardCharsets.UTF_8);
        return new Terminal(new ByteArrayInputStream(new byte[0]), print, print, new Screen(true, true, true));
    }

    private Terminal typing(String text) {
        var in = new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
        var print = new PrintStream(out, true, StandardCharsets.UTF_8);
        return new Terminal(in, print, print, Screen.NONE);
    }

    private String output() {
        return out.toString(StandardCharsets.UTF_8);
    }
}
