package io.matriarch.agent.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Contract config.md 1.3. */
class DynamicConfigCacheTest {

    private static final DynamicConfig CONFIG = new DynamicConfig(
            Json.parseObject("{\"ttl\":30,\"slots\":{\"é\":null}}").orElseThrow());

    @TempDir
    Path directory;

    private String mode() throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("patroni.dynamic.json")));
    }

    private void directoryMode(String mode) throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(mode));
    }

    @Test
    void what_is_saved_is_read_by_the_next_process_and_leaves_nothing_else() throws IOException {
        directoryMode("rwx------");
        new DynamicConfigCache(directory).save(CONFIG);

        assertEquals(Optional.of(CONFIG), new DynamicConfigCache(directory).read());
        assertEquals(
                "{\"ttl\": 30, \"slots\": {\"\\u00e9\": null}}",
                Files.readString(directory.resolve("patroni.dynamic.json")));
        assertEquals("rw-------", mode());
        try (var entries = Files.list(directory)) {
            assertEquals(List.of(directory.resolve("patroni.dynamic.json")), entries.toList());
        }
    }

    @Test
    void the_mode_follows_the_data_directory() throws IOException {
        directoryMode("rwxr-x---");
        new DynamicConfigCache(directory).save(CONFIG);

        assertEquals("rw-r-----", mode());
    }

    @Test
    void an_unchanged_document_is_not_written_again() throws IOException {
        var cache = new DynamicConfigCache(directory);
        cache.save(CONFIG);
        Files.delete(directory.resolve("patroni.dynamic.json"));

        cache.save(new DynamicConfig(CONFIG.document().deepCopy()));
        assertFalse(Files.exists(directory.resolve("patroni.dynamic.json")));

        cache.save(DynamicConfig.EMPTY);
        assertEquals(Optional.of(DynamicConfig.EMPTY), cache.read());
    }

    @Test
    void nothing_is_created_without_a_data_directory() {
        Path missing = directory.resolve("data");
        var cache = new DynamicConfigCache(missing);

        cache.save(CONFIG);

        assertFalse(Files.exists(missing));
        assertEquals(Optional.empty(), cache.read());
    }

    @Test
    void a_damaged_file_counts_as_none() throws IOException {
        Files.writeString(directory.resolve("patroni.dynamic.json"), "{\"ttl\": ");

        assertEquals(Optional.empty(), new DynamicConfigCache(directory).read());
    }
}
