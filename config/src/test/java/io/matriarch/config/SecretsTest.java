package io.matriarch.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.matriarch.model.Json;
import io.matriarch.model.config.ConfigTree;
import io.matriarch.model.config.ConfigurationException;
import io.matriarch.model.config.Notice;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretsTest {

    private static final String USER = "postgresql: {authentication: {replication: {username: r, ";

    @TempDir
    Path directory;

    private Path secret(String name, String content, String mode) throws Exception {
        Path file = Files.writeString(directory.resolve(name), content);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    }

    private static JsonObject resolved(String yaml, Map<String, String> environment) throws ConfigurationException {
        JsonObject tree = ConfigTree.parseYaml("test", yaml);
        Secrets.resolve(tree, environment, true);
        return tree;
    }

    private static String failure(String yaml, Map<String, String> environment) {
        return String.valueOf(assertThrows(ConfigurationException.class, () -> resolved(yaml, environment))
                .getMessage());
    }

    @Test
    void a_variable_is_put_in_and_its_absence_is_an_error() throws Exception {
        String yaml = USER + "password: '${REPL_PW}'}}}";
        JsonObject tree = ConfigTree.parseYaml("test", yaml);
        List<Notice> notices = Secrets.resolve(tree, Map.of("REPL_PW", "s3cret"), true);

        assertEquals(
                "{\"postgresql\":{\"authentication\":{\"replication\":{\"username\":\"r\",\"password\":\"s3cret\"}}}}",
                Json.compact(tree));
        assertEquals(
                List.of("postgresql.authentication.replication.password is taken from the variable REPL_PW; without"
                        + " mentioning it in the configuration, PATRONI_REPLICATION_PASSWORD does the same"),
                notices.stream().map(Notice::text).toList());
        assertEquals(
                "postgresql.authentication.replication.password: the variable REPL_PW is not set in the environment of"
                        + " this process. Set it where the process is started, or give the value by"
                        + " PATRONI_REPLICATION_PASSWORD or postgresql.authentication.replication.password_file",
                failure(yaml, Map.of()));
    }

    @Test
    void a_password_that_only_contains_such_a_text_is_a_password() throws Exception {
        String yaml = USER + "password: 'a${REPL_PW}'}}}";
        assertTrue(Json.compact(resolved(yaml, Map.of())).contains("a${REPL_PW}"));
    }

    @Test
    void a_file_holds_the_password_for_us_alone() throws Exception {
        Path file = secret("pw", "from file\n", "rw-------");
        assertTrue(Json.compact(resolved(USER + "password_file: " + file + "}}}", Map.of()))
                .contains("{\"username\":\"r\",\"password\":\"from file\"}"));
        assertTrue(Json.compact(
                        resolved("restapi: {authentication: {username: u, password_file: " + file + "}}", Map.of()))
                .contains("\"password\":\"from file\""));
        assertTrue(
                Json.compact(resolved("postgresql: {superuser: {username: u, password_file: " + file + "}}", Map.of()))
                        .contains("\"superuser\":{\"username\":\"u\",\"password\":\"from file\"}"));

        String place = "postgresql.authentication.replication.password_file: ";
        Path open = secret("open", "x", "rw-r--r--");
        assertEquals(
                place + open
                        + " may be read or changed by others. Set its mode to 0600, or to 0640 when it belongs to root",
                failure(USER + "password_file: " + open + "}}}", Map.of()));
        Path two = secret("two", "x\ny\n", "rw-------");
        assertEquals(
                place + two + " must hold one line, the password",
                failure(USER + "password_file: " + two + "}}}", Map.of()));
        assertEquals(
                place + directory.resolve("no") + " does not exist",
                failure(USER + "password_file: " + directory.resolve("no") + "}}}", Map.of()));
    }

    @Test
    void systemd_hands_over_credentials_under_the_path_of_their_key() throws Exception {
        secret("postgresql.authentication.superuser.password", "by systemd", "r--r-----");
        secret("restapi.authentication.password", "unused", "r--r-----");
        JsonObject tree = resolved(
                "restapi: {authentication: {username: u, password: written}}",
                Map.of("CREDENTIALS_DIRECTORY", directory.toString()));

        assertEquals(
                "{\"restapi\":{\"authentication\":{\"username\":\"u\",\"password\":\"written\"}},"
                        + "\"postgresql\":{\"authentication\":{\"superuser\":{\"password\":\"by systemd\"}}}}",
                Json.compact(tree));
    }

    @Test
    void a_tool_needs_no_passwords_of_postgresql() throws Exception {
        Path file = secret("patroni.yml", USER + "password: '${NOT_SET}'}}}", "rw-r--r--");
        assertTrue(ConfigSource.of(file.toString(), Map.of()).loadOrEmpty().has("postgresql"));
        assertThrows(
                ConfigurationException.class,
                () -> ConfigSource.of(file.toString(), Map.of()).load());
    }

    @Test
    void a_tree_is_known_to_hold_passwords_itself() throws Exception {
        assertTrue(Secrets.isIn(ConfigTree.parseYaml("test", USER + "password: p}}}")));
        assertTrue(Secrets.isIn(ConfigTree.parseYaml("test", "postgresql: {superuser: {password: p}}")));
        assertFalse(Secrets.isIn(ConfigTree.parseYaml("test", USER + "password: '${P}'}}}")));
        assertFalse(Secrets.isIn(ConfigTree.parseYaml("test", USER + "password_file: /p}}}")));
    }
}
