package io.matriarch.ctl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.ctl.cli.CommandTree;
import io.matriarch.ctl.cli.CommandTree.Kind;
import io.matriarch.ctl.cli.CommandTree.Option;
import io.matriarch.ctl.cli.Program;
import io.matriarch.ctl.cli.Screen;
import io.matriarch.ctl.cli.Terminal;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What people mistype: every command with every kind of mistake that its own options allow. Each ends with a usage error
 * that names the command, and never with a stack trace or a name of one of our classes.
 */
class WrongInvocationsTest {

    /** Options whose values the commands look at themselves. */
    private static final List<String> NUMBERS = List.of("--group", "--port", "--watch");

    @TempDir
    Path directory;

    @Test
    void everyMistakeIsAUsageError() throws Exception {
        Path config = Files.writeString(directory.resolve("empty.yaml"), "name: without-a-store\n");
        List<List<String>> mistakes = mistakes();
        assertTrue(mistakes.size() >= 200, () -> "only " + mistakes.size());
        for (List<String> mistake : mistakes) {
            var words = new ArrayList<>(List.of("-c", config.toString()));
            words.addAll(mistake);
            check(words, mistake.isEmpty() ? "patronictl" : "patronictl " + mistake.getFirst());
        }
    }

    @Test
    void mistakesBeforeTheCommandToo() {
        for (List<String> words : List.of(
                List.of("nonsense"),
                List.of("lists"),
                List.of("LIST"),
                List.of("-x"),
                List.of("--config"),
                List.of("-c"),
                List.of("--dcs-url"),
                List.of("--insecure=perhaps", "list"),
                List.of("-kx", "list"),
                List.of(""),
                List.of("--", "nonsense"))) {
            check(words, "patronictl");
        }
    }

    private static List<List<String>> mistakes() {
        var mistakes = new ArrayList<List<String>>();
        for (CommandTree command : PatroniCtl.tree().commands()) {
            String word = command.name();
            for (String unknown : List.of("--no-such-option", "-Z", "--forced")) {
                mistakes.add(List.of(word, unknown));
                mistakes.add(List.of(word, "demo", unknown, "x"));
            }
            for (Option option : command.options()) {
                String name = option.names().getLast();
                if (option.label() == null) {
                    mistakes.add(List.of(word, name + "=perhaps"));
                    continue;
                }
                mistakes.add(List.of(word, "demo", name));
                if (option.kind() == Kind.WORD) {
                    mistakes.add(required(word, name, "no-such-word"));
                    mistakes.add(required(word, name, ""));
                }
                if (NUMBERS.contains(name)) {
                    for (String wrong : List.of("x", "", "1e", "0x10", "99999999999")) {
                        mistakes.add(required(word, name, wrong));
                    }
                }
            }
            boolean takesOneCluster = command.arguments().endsWith("CLUSTER_NAME]")
                    || command.arguments().equals("CLUSTER_NAME");
            if (takesOneCluster) {
                mistakes.add(required(word, "one", "too-many"));
            }
            if (command.arguments().startsWith("CLUSTER_NAME")) {
                mistakes.add(List.of(word));
            }
        }
        return mistakes;
    }

    /** A call that is right but for what is added. */
    private static List<String> required(String word, String... added) {
        var words = new ArrayList<>(List.of(word));
        switch (word) {
            case "query" -> words.addAll(List.of("-c", "select 1"));
            case "demote-cluster" -> words.addAll(List.of("--host", "h"));
            case "flush" -> words.addAll(List.of("demo"));
            default -> {
                // nothing more is needed to get as far as the mistake
            }
        }
        words.addAll(List.of(added));
        if (word.equals("flush")) {
            words.add("restart");
        } else if (List.of("reload", "restart", "reinit", "remove").contains(word) && added[0].startsWith("-")) {
            words.add("demo");
        }
        return words;
    }

    private static void check(List<String> words, String command) {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        var terminal = new Terminal(
                new ByteArrayInputStream(new byte[0]),
                new PrintStream(out, false, StandardCharsets.UTF_8),
                new PrintStream(err, false, StandardCharsets.UTF_8),
                Screen.NONE);
        int code = Program.run(terminal, t -> PatroniCtl.run(words, t));
        String text = err.toString(StandardCharsets.UTF_8);
        assertEquals(2, code, () -> words + ": " + text);
        assertTrue(text.startsWith("Usage: " + command + " "), () -> words + ": " + text);
        assertTrue(text.contains("\nTry '" + command + " --help' for help.\n\nError: "), () -> words + ": " + text);
        assertEquals(4, text.lines().count(), () -> words + ": " + text);
        assertFalse(
                text.contains("Exception") || text.contains("\tat ") || text.contains("picocli"),
                () -> words + ": " + text);
        assertEquals("", out.toString(StandardCharsets.UTF_8), words::toString);
    }
}
