package io.matriarch.store.embedded;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.google.gson.JsonObject;
import io.matriarch.model.Key;
import io.matriarch.model.TimeSource;
import io.matriarch.store.ClusterStore;
import io.matriarch.store.Expectation;
import io.matriarch.store.StoreContext;
import io.matriarch.store.StoreUnavailableException;
import io.matriarch.store.WriteOutcome;
import io.matriarch.store.WriteOutcome.Applied;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ensembles whose members are processes of their own, killed and started again. */
final class EnsembleTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path dir;

    private final Map<String, Process> processes = new HashMap<>();
    private final List<ClusterStore> tools = new ArrayList<>();
    private JsonObject members = new JsonObject();

    @AfterEach
    void endEverything() throws Exception {
        tools.forEach(ClusterStore::close);
        for (Process process : processes.values()) {
            process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        }
    }

    private void members(String... names) throws IOException {
        members = new JsonObject();
        var probes = new ArrayList<ServerSocket>();
        for (String name : names) {
            var address = new StringBuilder("127.0.0.1");
            for (int i = 0; i < 3; i++) {
                var probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                probes.add(probe);
                address.append(':').append(probe.getLocalPort());
            }
            members.addProperty(name, address.toString());
        }
        for (ServerSocket probe : probes) {
            probe.close();
        }
    }

    private JsonObject section(String name) {
        var section = new JsonObject();
        section.addProperty("data_dir", dir.resolve("store-" + name).toString());
        section.add("members", members);
        return section;
    }

    private void start(String role, String name) throws IOException {
        Path file = dir.resolve(name + ".json");
        Files.writeString(file, section(name).toString());
        processes.put(
                name,
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java")
                                        .toString(),
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "-Xms12m",
                                "-Xmn4m",
                                "-Xmx64m",
                                "-cp",
                                System.getProperty("java.class.path"),
                                MemberProcess.class.getName(),
                                role,
                                file.toString(),
                                name)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(log(name)))
                        .start());
    }

    private File log(String name) {
        return dir.resolve(name + ".log").toFile();
    }

    private void kill(String name) throws InterruptedException {
        Process process = processes.remove(name);
        process.destroyForcibly();
        assertTrue(process.waitFor(10, TimeUnit.SECONDS));
    }

    private ClusterStore tool() throws Exception {
        var context = new StoreContext(MemberProcess.PATH, "", section(""), MemberProcess.TIMING, TimeSource.system());
        ClusterStore tool = new EmbeddedStoreProvider().openForTool(context);
        tools.add(tool);
        return tool;
    }

    private interface Check {
        boolean holds() throws Exception;
    }

    private void await(String what, Check check) throws Exception {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < end) {
            try {
                if (check.holds()) {
                    return;
                }
            } catch (StoreUnavailableException e) {
                // not yet
            }
            Thread.sleep(20);
        }
        var logs = new StringBuilder();
        for (String name : members.keySet()) {
            if (log(name).exists()) {
                String text = Files.readString(log(name).toPath());
                logs.append('\n').append(name).append(":\n").append(text.substring(Math.max(0, text.length() - 3000)));
            }
        }
        fail("not within " + PATIENCE + ": " + what + logs);
    }

    @Test
    void aSingleMemberServesAndKeepsItsStateWhenKilled() throws Exception {
        members("n0");
        start("agent", "n0");
        ClusterStore tool = tool();
        await("a leader", () -> tool.load().isLeader("n0"));
        assertInstanceOf(Applied.class, tool.put(Key.CONFIG, "{\"ttl\":30}", Expectation.ANY));

        kill("n0");
        start("agent", "n0");
        await("the same configuration", () -> tool.load().config() != null);
        assertEquals("{\"ttl\":30}", tool.load().dynamicConfig().document().toString());
    }

    @Test
    void threeMembersLiveThroughTheLossOfAnyOneAndOfAll() throws Exception {
        members("n0", "n1", "n2");
        for (String name : List.of("n0", "n1", "n2")) {
            start("agent", name);
        }
        ClusterStore tool = tool();
        await(
                "three members and a leader",
                () -> tool.load().members().size() == 3 && !tool.load().isUnlocked());
        assertInstanceOf(Applied.class, tool.put(Key.HISTORY, "[]", Expectation.ANY));
        print("memory of a member with an agent's client: " + memory("n0"));

        for (String lost : List.of("n0", "n1", "n2")) {
            await("all well", () -> tool.load().members().size() == 3);
            kill(lost);
            long start = System.nanoTime();
            await("a write", () -> written(tool.put(Key.STATUS, "{\"optime\":1}", Expectation.ANY)));
            print("writes after the loss of " + lost + ": " + (System.nanoTime() - start) / 1_000_000 + " ms");
            await(
                    "another leader",
                    () -> !tool.load().isUnlocked() && !tool.load().isLeader(lost));
            assertNotEquals(lost, tool.load().leaderName());
            start("agent", lost);
        }

        for (String name : List.of("n0", "n1", "n2")) {
            kill(name);
        }
        for (String name : List.of("n2", "n0", "n1")) {
            start("agent", name);
        }
        await(
                "state and members",
                () -> tool.load().history().known() && tool.load().members().size() == 3);
    }

    @Test
    void aWitnessMakesUpTheMajority() throws Exception {
        members("n0", "n1", "w");
        start("agent", "n0");
        start("agent", "n1");
        start("witness", "w");
        ClusterStore tool = tool();
        await(
                "two members and a leader",
                () -> tool.load().members().size() == 2 && !tool.load().isUnlocked());
        print("memory of a witness: " + memory("w"));

        String leader = tool.load().leaderName();
        kill(leader);
        await("the other leads", () -> !tool.load().isUnlocked() && !tool.load().isLeader(leader));
        kill("w");
        await("no majority, no writes", () -> !written(tool.put(Key.STATUS, "{}", Expectation.ANY)));
        start("witness", "w");
        await("a majority again", () -> written(tool.put(Key.STATUS, "{}", Expectation.ANY)));
    }

    private static boolean written(WriteOutcome outcome) {
        return outcome.isApplied();
    }

    private String memory(String name) throws IOException {
        Path status = Path.of("/proc", Long.toString(processes.get(name).pid()), "status");
        if (!Files.exists(status)) {
            return "not known here";
        }
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("VmRSS"))
                .findFirst()
                .orElse("not known");
    }

    private static void print(String line) {
        System.out.println(line);
    }
}
