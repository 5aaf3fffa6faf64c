package io.matriarch.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.PostgresState;
import io.matriarch.model.config.BootstrapSettings;
import io.matriarch.model.config.Credentials;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BootstrapperTest {

    private static final List<String> HBA = List.of(
            "local all all trust",
            "host all all 127.0.0.1/32 scram-sha-256",
            "host replication replicator 127.0.0.1/32 scram-sha-256");

    @TempDir
    private Path directory;

    private TestNode node;
    private final Cancellation cancellation = new Cancellation();

    @BeforeEach
    void prepare() throws IOException {
        node = new TestNode("n1", directory);
    }

    @AfterEach
    void stop() {
        node.close();
    }

    private Bootstrapper bootstrapper(String section, @Nullable String postBootstrap) {
        JsonObject bootstrap = JsonParser.parseString(section).getAsJsonObject();
        JsonElement method = bootstrap.get("method");
        var settings = new BootstrapSettings(
                DynamicConfig.EMPTY,
                method == null ? "initdb" : method.getAsString(),
                bootstrap.get("initdb"),
                HBA,
                postBootstrap,
                bootstrap);
        return new Bootstrapper(
                "demo", () -> settings, () -> node.settings, node.programs(), node, node, node.journal());
    }

    private Path script(String text) throws IOException {
        Path script = Files.writeString(directory.resolve("script.sh"), "#!/bin/sh\n" + text);
        return Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    void aNewClusterHasTheUsersWithScramAndTheConfiguredOptions() throws Exception {
        Bootstrapper bootstrapper = bootstrapper(
                "{\"initdb\": [\"data-checksums\", {\"encoding\": \"UTF8\"}, {\"auth-host\": \"scram-sha-256\"}]}",
                null);

        assertTrue(bootstrapper.initialise(cancellation));
        assertEquals(Optional.empty(), node.journal().interrupted());
        assertTrue(bootstrapper.complete(cancellation));

        assertEquals("on", node.query("SHOW data_checksums"));
        assertEquals("UTF8", node.query("SHOW server_encoding"));
        assertEquals(
                "postgres true true,replicator false true,rewinder false false",
                node.query("SELECT string_agg(concat_ws(' ', rolname, rolsuper::text, rolreplication::text), ','"
                        + " ORDER BY rolname) FROM pg_roles WHERE rolcanlogin"));
        assertEquals("3", node.query("SELECT count(*) FROM pg_authid WHERE rolpassword LIKE 'SCRAM-SHA-256$4096:%'"));
        try (Connection replication = node.localReplication()) {
            assertFalse(replication.isClosed());
        }
        try (Connection rewind = TestNode.connect(node.port, node.settings.rewind(), new Properties())) {
            assertEquals("t", TestNode.query(rewind, "SELECT pg_read_binary_file('PG_VERSION') IS NOT NULL"));
        }
        RunningInstance instance = RunningInstance.look(Map.of(
                "host",
                "127.0.0.1",
                "port",
                Integer.toString(node.port),
                "user",
                "postgres",
                "password",
                "super secret"));
        assertTrue(instance.superuser());
        assertEquals(node.dataDirectory.toString(), instance.places().get("data_directory"));
        assertTrue(
                instance.settings().containsKey("wal_log_hints"),
                instance.settings().keySet().toString());
        assertTrue(Files.exists(RunningInstance.programs(node.dataDirectory).resolve("postgres")));
        var wrong = new Credentials("replicator", "wrong", Map.of());
        assertThrows(
                SQLException.class,
                () -> TestNode.connect(node.port, wrong, new Properties()).close());
        try (Stream<Path> files = Files.list(node.root)) {
            assertFalse(files.anyMatch(file -> file.toString().endsWith(".pw")), "the password file is gone");
        }
    }

    @Test
    void passwordsAreNotInTheLogEvenWhenAllStatementsAre() throws Exception {
        node.settings.parameters().put("log_statement", "all");
        node.settings.parameters().put("log_min_duration_statement", "0");
        Bootstrapper bootstrapper = bootstrapper("{}", null);

        assertTrue(bootstrapper.initialise(cancellation));
        assertTrue(bootstrapper.complete(cancellation));

        String log = node.log();
        assertTrue(log.contains("log_statement"), log);
        assertFalse(log.contains("secret"), log);
        assertFalse(log.contains("SCRAM-SHA-256$"), log);
    }

    @Test
    void completingTwiceAltersTheUsers() {
        Bootstrapper bootstrapper = bootstrapper("{}", null);

        assertTrue(bootstrapper.initialise(cancellation));
        assertTrue(bootstrapper.complete(cancellation));
        assertTrue(bootstrapper.complete(cancellation));
    }

    @Test
    void md5IsUsedWhereTheServerWantsIt() {
        node.settings.parameters().put("password_encryption", "md5");
        Bootstrapper bootstrapper = bootstrapper("{}", null);

        assertTrue(bootstrapper.initialise(cancellation));
        assertTrue(bootstrapper.complete(cancellation));

        assertEquals(
                "md5" + "replicator".length(),
                node.query("SELECT substr(rolpassword, 1, 3) || length(rolname) FROM pg_authid"
                        + " WHERE rolname = 'replicator'"));
    }

    @Test
    void thePostBootstrapScriptGetsAConninfoThatWorks() throws Exception {
        Path out = directory.resolve("out");
        Path script =
                script("echo \"$1\" > " + out + "; echo \"$PGOPTIONS\" >> " + out + "; cat $PGPASSFILE >> " + out);
        Bootstrapper bootstrapper = bootstrapper("{}", script.toString());

        assertTrue(bootstrapper.initialise(cancellation));
        assertTrue(bootstrapper.complete(cancellation));

        assertEquals(
                List.of(
                        "dbname=postgres user=postgres host=127.0.0.1 port=" + node.port
                                + " sslmode=prefer gssencmode=prefer channel_binding=prefer",
                        "-c synchronous_commit=local -c statement_timeout=0",
                        "127.0.0.1:" + node.port + ":*:postgres:super secret"),
                Files.readAllLines(out));
    }

    @Test
    void aFailingPostBootstrapScriptFailsTheBootstrap() throws Exception {
        Bootstrapper bootstrapper = bootstrapper("{}", script("exit 7").toString());

        assertTrue(bootstrapper.initialise(cancellation));
        assertFalse(bootstrapper.complete(cancellation));
    }

    @Test
    void aRefusedOptionFailsBeforeAnythingIsWritten() {
        assertFalse(bootstrapper("{\"initdb\": [{\"pgdata\": \"/x\"}]}", null).initialise(cancellation));
        assertEquals(PostgresState.INITDB_FAILED, node.state);
        assertFalse(Files.exists(node.dataDirectory));
        assertEquals(Optional.empty(), node.journal().interrupted());
    }

    @Test
    void anOptionThatInitdbDoesNotKnowFails() {
        assertFalse(bootstrapper("{\"initdb\": [\"no-such-option\"]}", null).initialise(cancellation));
        assertEquals(PostgresState.INITDB_FAILED, node.state);
    }

    @Test
    void missingProgramsFailWithARemedy() {
        node.configure(new JsonObject(), List.of(), null, "/nonexistent");

        assertFalse(bootstrapper("{}", null).initialise(cancellation));
        assertEquals(PostgresState.INITDB_FAILED, node.state);
        assertTrue(node.programs().problem("initdb").orElseThrow().contains("postgresql.bin_dir"));
    }

    @Test
    void aMethodOfTheUserGetsItsArguments() throws Exception {
        Path out = directory.resolve("out");
        Path script = script("echo \"$*\" > " + out + "\n" + node.programs().path("initdb")
                + " --username=postgres --auth=trust " + node.dataDirectory);
        Bootstrapper bootstrapper = bootstrapper(
                "{\"method\": \"restore\", \"restore\": {\"command\": \"'" + script
                        + "' x\", \"stanza\": \"main\", \"delta\": true, \"keep_existing_recovery_conf\": true}}",
                null);

        assertTrue(bootstrapper.initialise(cancellation));
        assertTrue(bootstrapper.complete(cancellation));

        assertEquals(
                "x --scope=demo --datadir=" + node.dataDirectory + " --stanza=main --delta=True\n",
                Files.readString(out));
        assertEquals(
                List.of(
                        "configuration restored",
                        "custom bootstrap begun, keep true",
                        "configuration backed up",
                        "custom bootstrap ended"),
                node.events);
    }

    @Test
    void aFailingMethodOfTheUserFailsTheBootstrap() {
        assertFalse(bootstrapper("{\"method\": \"m\", \"m\": {\"command\": \"false\"}}", null)
                .initialise(cancellation));
        assertEquals(PostgresState.CUSTOM_BOOTSTRAP_FAILED, node.state);
    }
}
