package io.matriarch.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Contract config.md 5. */
class CommandLineTest {

    private static CommandLine parse(String... arguments) {
        return CommandLine.parse(List.of(arguments));
    }

    @Test
    void a_path_is_optional() {
        assertEquals(new CommandLine.Run("postgres0.yml"), parse("postgres0.yml"));
        assertEquals(new CommandLine.Run("-odd.yml"), parse("--", "-odd.yml"));
        assertEquals(new CommandLine.Run(null), parse());
    }

    @Test
    void the_version_is_the_one_that_scripts_know() {
        assertEquals(new CommandLine.Print("patroni 4.1.4\n"), parse("--version"));
    }

    @Test
    void help_goes_to_standard_output() {
        assertInstanceOf(CommandLine.Print.class, parse("config.yml", "-h"));
        assertEquals(parse("-h"), parse("--help"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--unknown", "-x", "a b", "--unknown=5"})
    void what_is_unknown_is_refused(String arguments) {
        var refused = assertInstanceOf(CommandLine.Refuse.class, parse(arguments.split(" ")));
        assertTrue(refused.text().contains("patroni: error: unrecognized arguments: "), refused.text());
        assertTrue(refused.text().startsWith("usage: patroni "), refused.text());
    }

    @Test
    void a_configuration_is_checked_or_written_instead_of_run() {
        assertEquals(new CommandLine.Validate("a.yml", false, false), parse("--validate-config", "a.yml"));
        assertEquals(new CommandLine.Validate("a.yml", true, true), parse("-i", "a.yml", "--validate-config", "-p"));
        assertEquals(new CommandLine.Validate(null, true, true), parse("--validate-config", "-ip"));
        assertEquals(new CommandLine.Sample(null), parse("--generate-sample-config"));
        assertEquals(new CommandLine.Sample("out.yml"), parse("--generate-sample-config", "out.yml"));
        assertEquals(new CommandLine.Generate("o", "port=1"), parse("--generate-config", "--dsn", "port=1", "o"));
        assertEquals(new CommandLine.Generate(null, "port=1"), parse("--generate-config", "--dsn=port=1"));
    }

    @Test
    void only_one_of_them_is_done() {
        var refused =
                assertInstanceOf(CommandLine.Refuse.class, parse("--validate-config", "--generate-config", "a.yml"));
        assertTrue(refused.text()
                .endsWith("patroni: error: argument --validate-config: not allowed with argument --generate-config\n"));
        assertInstanceOf(CommandLine.Refuse.class, parse("--generate-config", "--dsn"));
    }
}
