package io.matriarch.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.matriarch.model.Json;
import io.matriarch.model.config.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Contract config.md 1.1. */
class ConfigSourceTest {

    @TempDir
    Path directory;

    private Path write(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text);
    }

    private static String load(@Nullable Path path, Map<String, String> environment) throws ConfigurationException {
        return Json.compact(ConfigSource.of(path == null ? null : path.toString(), environment)
                .load());
    }

    private static @Nullable String failure(@Nullable Path path, Map<String, String> environment) {
        return assertThrows(ConfigurationException.class, () -> load(path, environment))
                .getMessage();
    }

    @Test
    void the_environment_goes_over_the_file() throws Exception {
        Path file = write("patroni.yml", "{scope: batman, name: a, log: {level: INFO, dir: /var/log}}");

        assertEquals(
                "{\"scope\":\"batman\",\"name\":\"b\",\"log\":{\"level\":\"DEBUG\",\"dir\":\"/var/log\"}}",
                load(file, Map.of("PATRONI_NAME", "b", "PATRONI_LOG_LEVEL", "DEBUG")));
    }

    @Test
    void the_files_of_a_directory_are_patched_in_the_order_of_their_names() throws Exception {
        write("20.yaml", "{name: b, tags: null}");
        write("10.yml", "{name: a, scope: batman, tags: {x: 1}}");
        write("30.conf", "{name: c}");
        Files.createDirectory(directory.resolve("40.yml"));

        assertEquals("{\"name\":\"b\",\"scope\":\"batman\"}", load(directory, Map.of()));
    }

    @Test
    void a_section_without_content_is_there() throws Exception {
        Path file = write("patroni.yml", "name: a\nbootstrap:\n");

        assertEquals("{\"name\":\"a\",\"bootstrap\":null}", load(file, Map.of()));
    }

    @Test
    void the_whole_document_of_a_variable_stands_alone_and_yields_to_a_file() throws Exception {
        var environment = Map.of("PATRONI_CONFIGURATION", "{scope: w, name: whole}", "PATRONI_NAME", "other");
        Path missing = directory.resolve("missing.yml");

        assertEquals("{\"scope\":\"w\",\"name\":\"whole\"}", load(missing, environment));
        assertEquals("{\"scope\":\"w\",\"name\":\"whole\"}", load(null, environment));
        assertEquals("{\"scope\":\"f\",\"name\":\"other\"}", load(write("f.yml", "scope: f"), environment));
    }

    @Test
    void the_environment_alone_is_a_configuration_too() throws Exception {
        assertEquals("{\"name\":\"n\"}", load(null, Map.of("PATRONI_NAME", "n")));
    }

    @Test
    void nothing_at_all_is_refused_with_the_reason() throws Exception {
        String remedy = ": give the path of a configuration file, or of a directory with such files, as argument";
        assertEquals(
                "Config is empty.\nno configuration file was named" + remedy, failure(null, Map.of("HOME", "/root")));
        Path missing = directory.resolve("missing.yml");
        assertEquals("Config is empty.\n" + missing + " does not exist" + remedy, failure(missing, Map.of()));
        write("30.conf", "{name: c}");
        assertEquals(
                "Config is empty.\n" + directory + " holds no configuration in a file *.yml or *.yaml" + remedy,
                failure(directory, Map.of()));
    }

    @Test
    void the_place_says_where_a_key_should_stand() throws Exception {
        Path file = write("f.yml", "scope: f");
        Path missing = directory.resolve("missing.yml");

        assertEquals("in " + file, ConfigSource.of(file.toString(), Map.of()).place());
        assertEquals(
                "in the environment, variables PATRONI_*; " + missing + " does not exist",
                ConfigSource.of(missing.toString(), Map.of("PATRONI_NAME", "n")).place());
        assertEquals(
                "in the variable PATRONI_CONFIGURATION",
                ConfigSource.of(null, Map.of("PATRONI_CONFIGURATION", "{scope: w}"))
                        .place());
    }

    @Test
    void what_is_no_map_is_refused() throws Exception {
        Path list = write("list.yml", "- a");
        Path empty = write("empty.yml", "");

        String expected = ": expected a map with keys such as \"scope: main\", but got ";
        assertEquals("invalid config file " + list + expected + "a list", failure(list, Map.of()));
        assertEquals(
                "invalid config file " + empty + expected + "nothing", failure(empty, Map.of("PATRONI_NAME", "n")));
        assertEquals(
                "invalid config path /dev/null: it is neither directory nor file",
                failure(Path.of("/dev/null"), Map.of()));
    }

    @Test
    void a_syntax_error_names_file_and_line() throws Exception {
        Path broken = write("broken.yml", "scope: batman\nname: 'a\n");

        assertEquals(
                broken + ": found unexpected end of stream (line 3, column 1), while scanning a quoted scalar"
                        + " (line 2, column 7)",
                failure(broken, Map.of()));
    }

    @Test
    void a_file_is_read_again_and_the_environment_is_not() throws Exception {
        Path file = write("patroni.yml", "{scope: a}");
        ConfigSource source = ConfigSource.of(file.toString(), Map.of("PATRONI_NAME", "n"));
        assertEquals("{\"scope\":\"a\",\"name\":\"n\"}", Json.compact(source.load()));

        write("patroni.yml", "{scope: b}");
        assertEquals("{\"scope\":\"b\",\"name\":\"n\"}", Json.compact(source.load()));
        assertEquals(file, source.path());
    }

    @Test
    void the_whole_document_is_kept_from_children_only_when_it_is_used() throws Exception {
        var environment = Map.of("PATRONI_CONFIGURATION", "{scope: w}", "PATRONI_NAME", "n");

        assertEquals(
                Set.of("PATRONI_CONFIGURATION", "PATRONI_NAME"),
                ConfigSource.of(null, environment).consumedVariables());
        assertNull(ConfigSource.of(null, environment).path());
        Path file = write("f.yml", "scope: f");
        assertEquals(
                Set.of("PATRONI_NAME"),
                ConfigSource.of(file.toString(), environment).consumedVariables());
    }
}
