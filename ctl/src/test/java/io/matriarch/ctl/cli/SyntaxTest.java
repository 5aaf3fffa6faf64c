package io.matriarch.ctl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class SyntaxTest {

    private static Syntax restart() {
        return new Syntax("patronictl restart", "Restart cluster member")
                .arguments("CLUSTER_NAME [MEMBER_NAMES]...")
                .value("ROLE", "Role", "-r", "--role")
                .values("KEY=VALUE", "Setting", "-s", "--set")
                .value("INTEGER", "Group", "--group")
                .flag("Force", "--force");
    }

    @Test
    void optionsAndArgumentsMixInAnyOrder() throws Exception {
        Arguments arguments = restart().parse(List.of("--force", "batman", "-r", "replica", "n1", "--group=3", "n2"));
        assertEquals(List.of("batman", "n1", "n2"), arguments.words());
        assertEquals("replica", arguments.text("--role"));
        assertEquals(3, arguments.integer("--group"));
        assertTrue(arguments.has("--force"));
    }

    @Test
    void theLastValueOfAnOptionCountsAndARepeatableOneKeepsAll() throws Exception {
        Arguments arguments = restart().parse(List.of("-r", "any", "-s", "a=1", "-rleader", "--set", "b=2"));
        assertEquals("leader", arguments.text("--role"));
        assertEquals(List.of("a=1", "b=2"), arguments.texts("--set"));
    }

    @Test
    void whatNobodyUnderstandsIsAUsageError() {
        UsageError unknown = assertThrows(UsageError.class, () -> restart().parse(List.of("batman", "--fource")));
        assertEquals("""
            Usage: patronictl restart [OPTIONS] CLUSTER_NAME [MEMBER_NAMES]...
            Try 'patronictl restart --help' for help.

            Error: Unknown option: '--fource'\
            """, unknown.text());
        assertThrows(UsageError.class, () -> restart().parse(List.of("--role")));
        assertThrows(
                UsageError.class, () -> restart().parse(List.of("--group", "x")).integer("--group"));
    }

    @Test
    void wordsThatBeginWithAnAtSignAreNoFiles() throws Exception {
        assertEquals(
                List.of("@/etc/passwd"),
                restart().parse(List.of("@/etc/passwd")).words());
    }

    @Test
    void theHelpTextNamesEveryOption() {
        String help = restart().help();
        assertTrue(help.startsWith("Usage: patronictl restart [OPTIONS] CLUSTER_NAME"), help);
        assertTrue(help.contains("-r, --role=ROLE"), help);
        assertTrue(help.contains("--force"), help);
    }
}
