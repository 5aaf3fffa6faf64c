package io.matriarch.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.agent.config.DynamicConfigCache;
import io.matriarch.config.ConfigSource;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.config.LocalConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reading the local configuration again (contract config.md 2, 3.5). */
class ConfigurationsTest {

    @TempDir
    private Path directory;

    private Path file;

    @BeforeEach
    void prepare() {
        file = directory.resolve("patroni.yml");
    }

    private Configurations started() throws Exception {
        write("main", "n1", "data", "callbacks: {on_start: old}");
        var configurations =
                new Configurations(ConfigSource.of(file.toString(), Map.of()), DynamicConfigCache::new, (_, _) -> {});
        configurations.first();
        return configurations;
    }

    private void write(String scope, String name, String data, String more) throws IOException {
        Files.writeString(file, """
            scope: %s
            name: %s
            restapi: {listen: "127.0.0.1:8008"}
            postgresql:
              listen: 127.0.0.1:5432
              data_dir: %s
              authentication: {replication: {username: r}}
              %s
            """.formatted(scope, name, directory.resolve(data), more));
    }

    @Test
    void an_unchanged_file_is_no_change() throws Exception {
        assertEquals(Optional.empty(), started().reload());
    }

    @Test
    void who_a_node_is_and_where_its_data_are_stays_until_it_starts_again() throws Exception {
        Configurations configurations = started();
        write("other", "n2", "elsewhere", "callbacks: {on_start: new}\n  bin_dir: /opt");

        LocalConfig read = configurations.reload().orElseThrow();

        assertEquals("main", read.scope());
        assertEquals("n1", read.name());
        var postgres = read.postgres(DynamicConfig.EMPTY);
        assertEquals(directory.resolve("data"), postgres.dataDir());
        assertEquals("", postgres.binDir());
        assertEquals("new", postgres.callbacks().get("on_start"));
        assertEquals(Optional.empty(), configurations.reload(), "nothing else has changed since");
    }

    @Test
    void a_broken_file_leaves_what_was_in_force() throws Exception {
        Configurations configurations = started();
        Files.writeString(file, "scope: [");

        assertEquals(Optional.empty(), configurations.reload());

        write("main", "n1", "data", "callbacks: {on_start: mended}");
        assertTrue(configurations.reload().isPresent());
    }
}
