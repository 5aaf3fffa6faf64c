package io.matriarch.ctl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.matriarch.ctl.cli.CommandTree;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** Completions and manual pages, which are generated from what the parser understands. */
class GeneratedHelpTest {

    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "patronictl ,li|list",
                "patronictl ,re|reinit reload remove restart resume",
                "patronictl list --fo|--format",
                "patronictl -c /dev/null list --format ,t|tsv",
                "patronictl list -e -f ,y|yaml yml",
                "patronictl restart demo --role ,st|standby standby-leader",
                "patronictl --c|--config-file",
                "matriarch ,com|completion",
                "matriarch completion --h|--help",
            })
    void bashCompletesWhatTheParserUnderstands(String typed, String expected) throws Exception {
        Path script = Files.writeString(directory.resolve("completion"), run("completion", "bash"));
        String[] words = typed.replace(" ,", " ").split(" ", -1);
        String test = "source '" + script + "'; COMP_WORDS=(" + String.join(" ", quoted(words)) + "); COMP_CWORD="
                + (words.length - 1) + "; _" + words[0] + "; printf '%s\\n' \"${COMPREPLY[@]}\" | sort | tr '\\n' ' '";
        assertEquals(expected, shell("bash", "-c", test).strip());
    }

    @Test
    void otherShellsAcceptTheirScripts() throws Exception {
        for (String shell : List.of("zsh", "fish")) {
            Path script = Files.writeString(directory.resolve(shell), run("completion", shell));
            for (CommandTree command : PatroniCtl.tree().commands()) {
                assertTrue(Files.readString(script).contains(command.name()), command.name());
            }
            if (Files.isExecutable(Path.of("/usr/bin", shell))) {
                assertEquals("", shell(shell, "-n", script.toString()));
            }
        }
    }

    @Test
    void fishOffersTheFormats() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/fish")));
        Path script = Files.writeString(directory.resolve("fish"), run("completion", "fish", "patronictl"));
        String offered = shell("fish", "-c", "source " + script + "; complete -C 'patronictl list --format '");
        List<String> words =
                offered.lines().map(line -> line.split("\t", -1)[0]).sorted().toList();
        assertEquals(List.of("json", "pretty", "tsv", "yaml", "yml"), words);
    }

    @Test
    void theManualNamesEveryCommandAndOption() {
        String page = run("man", "patronictl");
        assertTrue(page.startsWith(".TH PATRONICTL 1"), page);
        for (CommandTree command : PatroniCtl.tree().commands()) {
            assertTrue(page.contains(".SS patronictl " + command.name().replace("-", "\\-") + "\n"), command.name());
            assertTrue(page.contains(command.description().replace("-", "\\-")), command.name());
            for (CommandTree.Option option : command.options()) {
                assertTrue(
                        page.contains("\\fB" + option.names().getLast().replace("-", "\\-") + "\\fR"),
                        option.toString());
            }
        }
        assertTrue(run("man").contains(".SS matriarch demo\n"));
    }

    @Test
    void anInstallationGetsAllOfThem() throws Exception {
        run("share", directory.toString());
        for (String program : List.of("patronictl", "matriarch")) {
            for (String file : List.of(
                    "bash-completion/completions/" + program,
                    "zsh/site-functions/_" + program,
                    "fish/vendor_completions.d/" + program + ".fish",
                    "man/man1/" + program + ".1")) {
                assertTrue(Files.size(directory.resolve(file)) > 500, file);
            }
        }
    }

    @Test
    void anUnknownShellOrProgramIsAUsageError() {
        assertEquals(
                2,
                MatriarchCommand.commandLine()
                        .setErr(new PrintWriter(new StringWriter()))
                        .execute("completion", "tcsh"));
        assertEquals(
                2,
                MatriarchCommand.commandLine()
                        .setErr(new PrintWriter(new StringWriter()))
                        .execute("man", "psql"));
    }

    private static String run(String... words) {
        var out = new StringWriter();
        CommandLine command = MatriarchCommand.commandLine().setOut(new PrintWriter(out));
        assertEquals(0, command.execute(words));
        return out.toString();
    }

    private static List<String> quoted(String[] words) {
        var quoted = new ArrayList<String>();
        for (String word : words) {
            quoted.add("'" + word + "'");
        }
        return quoted;
    }

    private static String shell(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(20, TimeUnit.SECONDS));
        return output;
    }
}
