package io.matriarch.ctl.patroni;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.ctl.patroni.ToolWorld.Outcome;
import io.matriarch.model.Json;
import io.matriarch.model.Key;
import io.matriarch.model.Timing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code edit-config} (contract ctl.md 6). */
class EditConfigTest {

    @TempDir
    Path directory;

    private ToolWorld world;

    @BeforeEach
    void aConfiguration() throws Exception {
        world = new ToolWorld(directory)
                .put(Key.CONFIG, "{\"ttl\":30,\"postgresql\":{\"parameters\":{\"max_connections\":100}}}");
    }

    @Test
    void settingsAreShownAsADifferenceAndApplied() throws Exception {
        Outcome outcome = world.run("y\n", "edit-config", "-s", "ttl=20", "-p", "max_connections=150");
        assertEquals("""
            --- \n+++ \n@@ -1,4 +1,4 @@
             postgresql:
               parameters:
            -    max_connections: 100
            -ttl: 30
            +    max_connections: 150
            +ttl: 20
            Apply these changes? [y/N]: Configuration changed
            """, outcome.out());
        assertEquals("{\"ttl\":20,\"postgresql\":{\"parameters\":{\"max_connections\":150}}}", config());
    }

    @Test
    void aNoChangesNothingAndSaysNothing() throws Exception {
        Outcome outcome = world.run("n\n", "edit-config", "-q", "-s", "ttl=20");
        assertEquals("Apply these changes? [y/N]: ", outcome.out());
        assertEquals(0, outcome.code());
        assertEquals("{\"ttl\":30,\"postgresql\":{\"parameters\":{\"max_connections\":100}}}", config());
    }

    @Test
    void nullRemovesAndEmptyMapsGo() throws Exception {
        world.run("", "edit-config", "--force", "-p", "max_connections=null", "-s", "a.b.c=[1, x]");
        assertEquals("{\"ttl\":30,\"a\":{\"b\":{\"c\":[1,\"x\"]}}}", config());
    }

    @Test
    void parametersKeepTheDotsInTheirNames() throws Exception {
        world.run("", "edit-config", "--force", "-s", "postgresql.parameters.auto_explain.log_min_duration=1s");
        assertEquals(
                "{\"ttl\":30,\"postgresql\":{\"parameters\":"
                        + "{\"max_connections\":100,\"auto_explain.log_min_duration\":\"1s\"}}}",
                config());
    }

    @Test
    void thatNothingChangesIsSaidUnlessQuiet() {
        assertEquals(
                "Not changed\n", world.run("", "edit-config", "-s", "ttl=30").out());
        assertEquals("", world.run("", "edit-config", "--quiet", "-s", "ttl=30").out());
    }

    @Test
    void standardInputNeedsForce() throws Exception {
        Outcome outcome = world.run("ttl: 25\n", "edit-config", "-q", "--apply", "-");
        assertEquals("Use --force option to apply changes\n", outcome.out());
        assertEquals(0, outcome.code());
        assertEquals(
                "Configuration changed\n",
                world.run("ttl: 25\n", "edit-config", "-q", "--replace", "-", "--force")
                        .out());
        assertEquals("{\"ttl\":25}", config());
    }

    @Test
    void aFileIsMergedIntoTheConfiguration() throws Exception {
        Path patch = Files.writeString(directory.resolve("patch.yaml"), "ttl: null\nloop_wait: 5\n");
        world.run("", "edit-config", "--force", "--apply", patch.toString());
        assertEquals("{\"postgresql\":{\"parameters\":{\"max_connections\":100}},\"loop_wait\":5}", config());
    }

    @Test
    void anEditorChangesATemporaryFile() throws Exception {
        world.environment.put("EDITOR", script("sed -i 's/ttl: 30/ttl: 40/' \"$1\""));
        world.run("", "edit-config", "--force");
        assertTrue(config().contains("\"ttl\":40"), config());
        world.environment.put("EDITOR", script("exit 3"));
        assertEquals(
                "Error: Editor exited with return code 3\n",
                world.run("", "edit-config", "--force").err());
    }

    @Test
    void mistakesEndWithAnError() throws Exception {
        assertEquals(
                "Error: Invalid parameter setting ttl\n",
                world.run("", "edit-config", "-s", "ttl").err());
        assertEquals(1, world.run("", "edit-config", "-s", "ttl={").code());
        assertEquals(
                1,
                world.run(
                                "",
                                "edit-config",
                                "--apply",
                                directory.resolve("gone").toString())
                        .code());
        assertEquals(
                "Error: The config key does not exist in the cluster demo\n",
                new ToolWorld(directory).run("", "edit-config", "-s", "ttl=1").err());
    }

    @Test
    void aConcurrentChangeWins() throws Exception {
        Outcome outcome =
                world.runWhile(() -> world.put(Key.CONFIG, "{\"ttl\":99}"), "y\n", "edit-config", "-s", "ttl=20");
        assertEquals("Error: Config modification aborted due to concurrent changes\n", outcome.err());
        assertEquals("{\"ttl\":99}", config());
    }

    private String script(String body) throws IOException {
        Path file = Files.createTempFile(directory, "editor", ".sh");
        Files.writeString(file, "#!/bin/sh\n" + body + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
        return file.toString();
    }

    private String config() throws Exception {
        var key = world.server.connect("", Timing.DEFAULT).load().config();
        return key == null ? "" : Json.compact(key.config().document());
    }
}
