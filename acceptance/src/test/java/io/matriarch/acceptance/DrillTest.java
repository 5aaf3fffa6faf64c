package io.matriarch.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.matriarch.acceptance.TestCluster.Store;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What operators run against a cluster that serves: the check, the doctor, drills. */
class DrillTest {

    private static final String DYNAMIC = """
        ttl: 20
        loop_wait: 1
        retry_timeout: 3
        synchronous_mode: true
        postgresql:
          use_pg_rewind: true
        """;

    private record Outcome(int code, String out) {}

    @Test
    void drillsMeasureLoseNothingAndLeaveNothing() throws Exception {
        try (var cluster = TestCluster.start(Store.ETCD, 3, DYNAMIC)) {
            cluster.awaitSynchronous();
            cluster.awaitHealthy(TestCluster.FORMATION);
            TestNode leader = cluster.awaitPrimary();

            Outcome check = run(cluster, "monitor", "-c", config(leader));
            assertEquals(0, check.code, check.out);
            assertTrue(check.out.startsWith("MATRIARCH OK - acceptance: " + leader.name + " leads, 2 "), check.out);
            Outcome nodes = run(cluster, "monitor", "--nodes", leader.address + ":" + leader.restPort, "--json");
            assertEquals(0, nodes.code, nodes.out);
            doctorAsksPostgres(cluster, leader);

            refusesWhilePaused(cluster, leader);
            leavesNothingWhenToldToEnd(cluster, leader);
            JsonObject switchover = drill(cluster, leader, "switchover");
            assertEquals(leader.name, switchover.get("leader_before").getAsString());
            TestNode next = cluster.node(switchover.get("leader_after").getAsString());
            assertTrue(next != leader, switchover.toString());

            Path page = cluster.directory.resolve("drill.html");
            JsonObject crash = drill(cluster, next, "crash", "--html", page.toString());
            assertTrue(crash.get("outage_seconds").getAsDouble() > 0, crash.toString());
            assertTrue(Files.readString(page).contains("<svg "), "a picture");
            assertNothingIsLeft(cluster);
        }
    }

    private static void assertNothingIsLeft(TestCluster cluster) throws Exception {
        String schemas = "select count(*) from pg_namespace where nspname = 'matriarch_drill'";
        assertEquals("0", cluster.awaitPrimary().query(schemas));
    }

    private static void leavesNothingWhenToldToEnd(TestCluster cluster, TestNode node) throws Exception {
        Process drill = start(cluster, "drill", "restart", "-c", config(node), "--yes");
        try (var lines = drill.inputReader(StandardCharsets.UTF_8)) {
            String line = lines.readLine();
            while (line != null && !line.contains("a client writes")) {
                line = lines.readLine();
            }
            assertNotNull(line, "the drill has not begun");
            drill.destroy();
            assertTrue(drill.waitFor(1, TimeUnit.MINUTES), "the drill does not end");
        } finally {
            drill.destroyForcibly();
        }
        assertNothingIsLeft(cluster);
    }

    private static void doctorAsksPostgres(TestCluster cluster, TestNode node) throws Exception {
        Outcome doctor = run(cluster, "doctor", "-c", config(node), "--all", "-f", "json");
        Set<String> texts = new TreeSet<>();
        for (JsonElement finding : JsonParser.parseString(doctor.out).getAsJsonArray()) {
            texts.add(finding.getAsJsonObject().get("text").getAsString());
        }
        assertTrue(texts.contains("the running server writes what pg_rewind needs"), texts.toString());
        assertTrue(texts.contains("none of 2 slots on this node keeps much WAL"), texts.toString());
    }

    private static void refusesWhilePaused(TestCluster cluster, TestNode node) throws Exception {
        cluster.patronictl("pause", "acceptance", "--wait");
        Outcome refused = run(cluster, "drill", "crash", "-c", config(node), "--yes");
        cluster.patronictl("resume", "acceptance", "--wait");
        assertEquals(1, refused.code, refused.out);
        assertTrue(refused.out.contains("the cluster is paused"), refused.out);
    }

    private static JsonObject drill(TestCluster cluster, TestNode leader, String fault, String... more)
            throws Exception {
        cluster.awaitSynchronous();
        cluster.awaitHealthy(TestCluster.FAILOVER);
        var words = new ArrayList<>(List.of("drill", fault, "-c", config(leader), "--yes", "-f", "json"));
        // a machine that is busy with other tests may take longer than an operator would like
        words.addAll(List.of("--max-outage", "60", "--max-recovery", "200"));
        words.addAll(List.of(more));
        Outcome outcome = run(cluster, words.toArray(String[]::new));
        assertEquals(0, outcome.code, () -> outcome.out + cluster.describe());
        String json = outcome.out
                .lines()
                .filter(line -> line.startsWith("{"))
                .findFirst()
                .orElseThrow();
        JsonObject report = JsonParser.parseString(json).getAsJsonObject();
        assertEquals(0, report.get("rows_lost").getAsInt(), json);
        assertTrue(report.get("rows_acknowledged").getAsInt() > 0, json);
        assertEquals(100, report.get("score").getAsInt(), json);
        return report;
    }

    private static String config(TestNode node) {
        return node.configuration().toString();
    }

    /** Runs one of our own commands; its exit code, and everything that it printed. */
    private static Outcome run(TestCluster cluster, String... words) throws IOException, InterruptedException {
        Process process = start(cluster, words);
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(1, TimeUnit.MINUTES), out);
        return new Outcome(process.exitValue(), out);
    }

    private static Process start(TestCluster cluster, String... words) throws IOException {
        var command = new ArrayList<>(
                List.of(cluster.programs.resolve("bin/matriarch").toString()));
        command.addAll(List.of(words));
        Process process = new ProcessBuilder(Machine.asUser(command))
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        return process;
    }
}
