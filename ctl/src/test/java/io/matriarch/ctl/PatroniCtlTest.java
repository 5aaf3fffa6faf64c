package io.matriarch.ctl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Program;
import io.matriarch.ctl.cli.Screen;
import io.matriarch.ctl.cli.Terminal;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line around the commands: options before the command, exit codes, and that no stack trace gets out. */
class PatroniCtlTest {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @TempDir
    Path directory;

    @Test
    void withoutCommandTheHelpTextListsAllCommands() {
        assertEquals(0, run());
        assertTrue(text(out).startsWith("Usage: patronictl [OPTIONS] COMMAND [ARGS]..."), text(out));
        assertTrue(
                text(out).contains("\n  list             List the Patroni members for a given Patroni\n"), text(out));
        assertEquals("", text(err));
    }

    @Test
    void anUnknownCommandIsAUsageError() {
        assertEquals(2, run("lst"));
        assertEquals("""
            Usage: patronictl [OPTIONS] COMMAND [ARGS]...
            Try 'patronictl --help' for help.

            Error: No such command 'lst'.
            """, text(err));
    }

    @Test
    void optionsOfACommandAreNotTakenForOptionsBeforeIt() throws Exception {
        Path config = Files.writeString(directory.resolve("empty.yaml"), "scope: x\n");
        assertEquals(0, run("-k", "-c", config.toString(), "list", "--help"));
        assertTrue(text(out).startsWith("Usage: patronictl list"), text(out));
        assertEquals(2, run("list", "-c", "x"));
    }

    @Test
    void withoutAStoreTheAvailableOnesAreNamed() throws Exception {
        Path config = Files.writeString(directory.resolve("empty.yaml"), "scope: x\n");
        assertEquals(1, run("-c", config.toString(), "list"));
        assertEquals(
                "Error: Can not find suitable configuration of distributed configuration store\n"
                        + "Available implementations: embedded, etcd, etcd3, zookeeper\n",
                text(err));
    }

    @Test
    void aStoreThatDoesNotAnswerIsAnErrorWithinItsBudget() throws Exception {
        Path config = Files.writeString(directory.resolve("dead.yaml"), "scope: x\netcd3: {host: '127.0.0.1:1'}\n");
        assertEquals(1, run("-c", config.toString(), "list"));
        assertTrue(text(err).startsWith("Error: "), text(err));
        assertEquals(
                1, text(err).lines().filter(line -> line.startsWith("Error")).count());
        assertTrue(text(err).lines().noneMatch(line -> line.startsWith("\tat ")), text(err));
    }

    @Test
    void failuresAndDefectsEndWithCodeOneAndOneMessage() {
        assertEquals(1, Program.run(terminal(), _ -> {
            throw new CommandFailure("no");
        }));
        assertEquals("Error: no\n", text(err));
        err.reset();
        assertEquals(1, Program.run(terminal(), _ -> {
            throw new IllegalStateException("oops");
        }));
        assertTrue(text(err).startsWith("Error: unexpected java.lang.IllegalStateException: oops at "), text(err));
        assertEquals(1, text(err).lines().count());
    }

    private int run(String... words) {
        out.reset();
        err.reset();
        return Program.run(terminal(), terminal -> PatroniCtl.run(List.of(words), terminal));
    }

    private Terminal terminal() {
        return new Terminal(
                new ByteArrayInputStream(new byte[0]),
                new PrintStream(out, false, StandardCharsets.UTF_8),
                new PrintStream(err, false, StandardCharsets.UTF_8),
                Screen.NONE);
    }

    private static String text(ByteArrayOutputStream stream) {
        return stream.toString(StandardCharsets.UTF_8);
    }
}
