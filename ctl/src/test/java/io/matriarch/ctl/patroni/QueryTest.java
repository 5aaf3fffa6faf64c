package io.matriarch.ctl.patroni;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.ctl.patroni.ToolWorld.Outcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code query} without a server: how values are printed, and what is said when nobody answers (contract ctl.md 3). */
class QueryTest {

    private static final String TIME = "2026-11-2\\d \\d\\d:\\d\\d:\\d\\d";

    @TempDir
    Path directory;

    private ToolWorld world;

    @BeforeEach
    void aLeaderThatRefusesConnections() throws Exception {
        world = new ToolWorld(directory)
                .member("n0", "{\"conn_url\":\"postgres://127.0.0.1:1/postgres\",\"role\":\"primary\"}")
                .leader("n0");
    }

    @Test
    void valuesArePrintedAsPythonPrintsThem() {
        assertEquals("None", text("int4", null));
        assertEquals("True", text("bool", "t"));
        assertEquals("False", text("bool", "f"));
        assertEquals("7", text("int8", "7"));
        assertEquals("1.10", text("numeric", "1.10"));
        assertEquals("1.0", text("float8", "1"));
        assertEquals("inf", text("float8", "Infinity"));
        assertEquals("", text("text", ""));
        assertEquals("2026-11-23 23:27:40.033700+00:00", text("timestamptz", "2026-11-23 23:27:40.0337+00"));
        assertEquals("2026-11-23 23:27:40", text("timestamp", "2026-11-23 23:27:40"));
        assertEquals("infinity", text("timestamp", "infinity"));
        assertEquals("{'a': [1, None]}", text("jsonb", "{\"a\": [1, null]}"));
        assertEquals("0/4000060", text("pg_lsn", "0/4000060"));
    }

    @Test
    void arraysBecomeLists() {
        assertEquals("[1, None, 3]", text("_int4", "{1,NULL,3}"));
        assertEquals("['a b', 'c\"d', 'NULL', '']", text("_text", "{\"a b\",\"c\\\"d\",\"NULL\",\"\"}"));
        assertEquals("[[True, False], [False, True]]", text("_bool", "{{t,f},{f,t}}"));
        assertEquals("[5]", text("_int4", "[0:0]={5}"));
        assertEquals("[]", text("_int4", "{}"));
    }

    @Test
    void resultsInAllFormats() {
        var rows = new QueryResult.Rows(
                List.of("a", "b"),
                List.of(
                        List.of(QueryValue.of("int4", "1"), QueryValue.of("text", "x")),
                        List.of(QueryValue.of("bool", "t"), QueryValue.of("text", null))));
        assertEquals("a\tb\n1\tx\nTrue\tNone\n", render(rows, "tsv", "\t"));
        assertEquals("a|b\n1|x\nTrue|None\n", render(rows, "tsv", "|"));
        assertEquals("[{\"a\": 1, \"b\": \"x\"}, {\"a\": true, \"b\": null}]\n", render(rows, "json", "\t"));
        assertEquals("- a: 1\n  b: x\n- a: true\n  b: null\n\n", render(rows, "yaml", "\t"));
        assertEquals("", render(rows, "xml", "\t"));
        assertEquals("""
            +------+------+
            | a    | b    |
            +------+------+
            | 1    | x    |
            | True | None |
            +------+------+
            """, render(rows, "pretty", "\t"));
    }

    @Test
    void aRefusedConnectionIsARowWithTheReasonOnOneLine() {
        Outcome outcome = world.run("", "query", "-c", "select 1", "-U", "nobody", "-d", "nothing");
        assertTrue(outcome.out().matches(TIME + "\tERROR, SQLSTATE: .*127\\.0\\.0\\.1:1 refused.*\n"), outcome.out());
        assertEquals("", outcome.err());
        assertEquals(0, outcome.code());
    }

    @Test
    void whereNobodyIsSuitableThatIsTheRow() {
        assertRow("No connection to role 'replica' is available", "-r", "replica");
        assertRow("No connection to role 'standby-leader' is available", "-r", "standby-leader");
        assertRow("No connection to member ghost is available", "-m", "ghost");
    }

    @Test
    void watchingShowsEachResultBelowTheOneBefore() {
        world.patience = 2;
        Outcome outcome = world.run("", "query", "-c", "select 1", "-m", "ghost", "-w", "0.5", "--delimiter", ";");
        assertEquals(3, outcome.out().lines().count());
        assertTrue(
                outcome.out().lines().allMatch(line -> line.endsWith(";No connection to member ghost is available")));
        assertEquals(1, outcome.code());
    }

    @Test
    void theStatementsComeFromOnePlace() throws Exception {
        assertError("You need to specify either --command or --file", "query");
        assertError("--file and --command are mutually exclusive options", "query", "-c", "x", "-f", "y");
        assertError("--role and --member are mutually exclusive options", "query", "-c", "x", "-m", "a", "-r", "any");
        assertEquals(
                2,
                world.run("", "query", "-f", directory.resolve("gone").toString())
                        .code());
        Path file = Files.writeString(directory.resolve("q.sql"), "select 1");
        assertEquals(
                0, world.run("", "query", "-f", file.toString(), "-m", "ghost").code());
        assertEquals(0, world.run("select 1", "query", "-f", "-", "-m", "ghost").code());
    }

    @Test
    void thePasswordIsAskedForOnceAndNeverShown() {
        Outcome outcome = world.run("\nsecret\n", "query", "--password", "-c", "select 1", "-m", "ghost");
        assertTrue(outcome.out().startsWith("Password: \nPassword: \n2026"), outcome.out());
        var login = new MemberLogin("u", "secret", null, Map.of());
        assertEquals("login of u", login.toString());
    }

    private static String text(String type, @Nullable String fromServer) {
        return QueryValue.of(type, fromServer).text();
    }

    private String render(QueryResult result, String format, String delimiter) {
        return result.render(format, delimiter, new LocalTimes(world.time, ZoneId.of("UTC")));
    }

    private void assertRow(String text, String... words) {
        var all = new ArrayList<>(List.of("query", "-c", "select 1"));
        all.addAll(List.of(words));
        Outcome outcome = world.run("", all.toArray(String[]::new));
        assertTrue(outcome.out().matches(TIME + "\t" + Pattern.quote(text) + "\n"), outcome.out());
        assertEquals(0, outcome.code());
    }

    private void assertError(String text, String... words) {
        Outcome outcome = world.run("", words);
        assertEquals("Error: " + text + "\n", outcome.err());
        assertEquals(1, outcome.code());
    }
}
