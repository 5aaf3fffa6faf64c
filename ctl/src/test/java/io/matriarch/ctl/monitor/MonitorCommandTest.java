package io.matriarch.ctl.monitor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.ctl.cli.Screen;
import io.matriarch.ctl.cli.Terminal;
import io.matriarch.ctl.patroni.FakeMember;
import io.matriarch.ctl.patroni.ToolWorld;
import io.matriarch.model.Key;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code matriarch monitor}: where it looks, and its exit codes. */
class MonitorCommandTest {

    @TempDir
    Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private ToolWorld world;
    private FakeMember n0;
    private FakeMember n1;

    @BeforeEach
    void aClusterOfTwo() throws Exception {
        n0 = new FakeMember()
                .answers(
                        "GET /patroni",
                        200,
                        "{\"role\":\"primary\",\"state\":\"running\",\"timeline\":1,\"xlog\":{\"location\":900}}")
                .answers("GET /config", 200, "{\"ttl\":30}");
        n1 = new FakeMember()
                .answers(
                        "GET /patroni",
                        200,
                        "{\"role\":\"replica\",\"state\":\"running\",\"replication_state\":\"streaming\",\"timeline\":1,"
                            + "\"xlog\":{\"received_location\":900,\"replayed_location\":900}}");
        n0.answers(
                "GET /cluster",
                200,
                "{\"scope\":\"demo\",\"members\":[{\"name\":\"n0\",\"role\":\"leader\",\"api_url\":\"" + n0.apiUrl()
                        + "\"},{\"name\":\"n1\",\"role\":\"replica\",\"api_url\":\"" + n1.apiUrl() + "\"}]}");
        world = new ToolWorld(directory)
                .put(Key.CONFIG, "{\"ttl\":30}")
                .member("n0", "{\"api_url\":\"" + n0.apiUrl() + "\"}")
                .member("n1", "{\"api_url\":\"" + n1.apiUrl() + "\"}")
                .leader("n0");
    }

    @AfterEach
    void stop() {
        n0.close();
        n1.close();
    }

    @Test
    void theStoreNamesWhomToAsk() {
        assertEquals(0, look(List.of(), false));
        assertTrue(output().startsWith("MATRIARCH OK - demo: n0 leads, 1 replica streams, "), output());
        n1.close();
        assertEquals(2, look(List.of(), true));
        assertTrue(output().startsWith("{\"status\": \"CRITICAL\", \"code\": 2, \"cluster\": \"demo\", "), output());
    }

    @Test
    void withoutAStoreNothingIsKnown() {
        world.storeAway = true;
        assertEquals(3, look(List.of(), false));
        assertEquals("MATRIARCH UNKNOWN - the store does not answer\n", output());
        assertEquals(3, look(List.of(), true));
        assertEquals("{\"status\": \"UNKNOWN\", \"code\": 3, \"error\": \"the store does not answer\"}\n", output());
    }

    @Test
    void anyNodeThatAnswersNamesTheOthers() {
        world.storeAway = true;
        List<String> nodes =
                List.of("127.0.0.1:1", n0.apiUrl().replace("http://", "").replace("/patroni", ""));
        assertEquals(0, look(nodes, false));
        assertTrue(output().startsWith("MATRIARCH OK - demo: n0 leads"), output());
        assertEquals(3, look(List.of("127.0.0.1:1"), false));
    }

    @Test
    void aWrongOptionIsUnknownAndNotAWarning() {
        var command = new CommandLine(new MonitorCommand()).setErr(new PrintWriter(new StringWriter()));
        assertEquals(3, command.execute("--warning-lag", "much"));
    }

    private int look(List<String> nodes, boolean json) {
        out.reset();
        var print = new PrintStream(out, false, StandardCharsets.UTF_8);
        var terminal = new Terminal(InputStream.nullInputStream(), print, print, Screen.NONE);
        var limits = new ClusterHealth.Limits(null, null);
        int code = new MonitorCommand.Look(world.session(terminal), null, nodes, limits, json).once();
        terminal.flush();
        return code;
    }

    private String output() {
        return out.toString(StandardCharsets.UTF_8);
    }
}
