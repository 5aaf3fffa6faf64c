package io.matriarch.ctl.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.matriarch.ctl.cli.Screen;
import io.matriarch.ctl.operator.Finding.Severity;
import io.matriarch.model.ClusterView;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Json;
import io.matriarch.model.Key;
import io.matriarch.model.TimeSource;
import io.matriarch.model.Timing;
import io.matriarch.model.config.ConfigTree;
import io.matriarch.store.Expectation;
import io.matriarch.store.memory.MemoryServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code matriarch doctor}: each check against something that is ill, and against something that is not. */
class DoctorTest {

    @TempDir
    Path directory;

    private Path programs;
    private Path data;
    private Path file;

    @BeforeEach
    void aNode() throws Exception {
        programs = Files.createDirectory(directory.resolve("bin"));
        data = Files.createDirectory(
                directory.resolve("data"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.writeString(data.resolve("PG_VERSION"), "15\n");
        for (String name : List.of("pg_ctl", "initdb", "pg_basebackup", "pg_rewind")) {
            program(name, "exit 0");
        }
        program("postgres", "echo 'postgres (PostgreSQL) 15.18 (Debian 15.18-1)'");
        control("off", 1);
        file = directory.resolve("patroni.yml");
        Files.writeString(file, """
            scope: demo
            name: n0
            restapi: {listen: '127.0.0.1:8008'}
            postgresql:
              listen: 127.0.0.1:5432
              data_dir: %s
              bin_dir: %s
              use_pg_rewind: true
              authentication: {superuser: {username: postgres}, replication: {username: replicator}}
            """.formatted(data, programs));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    }

    @Test
    void aHealthyNodeHasNoWarnings() throws Exception {
        List<Finding> bad = node("{}").stream()
                .filter(finding -> finding.severity().compareTo(Severity.NOTICE) > 0)
                .filter(finding -> !finding.area().equals("disk")) // whatever this machine has left
                .toList();
        assertEquals(List.of(), bad);
    }

    @Test
    void rewindNeedsChecksumsOrHints() throws Exception {
        control("on", 0);
        assertHas(Severity.OK, "rewind", "possible, by wal_log_hints", node("{}"));
        control("off", 0);
        assertHas(Severity.ERROR, "rewind", "neither checksums nor wal_log_hints", node("{}"));
    }

    @Test
    void programsAndDataMustBelongTogether() throws Exception {
        Files.writeString(data.resolve("PG_VERSION"), "14\n");
        assertHas(Severity.ERROR, "data directory", "belongs to PostgreSQL 14, the programs to 15", node("{}"));
        Files.delete(programs.resolve("pg_rewind"));
        assertHas(Severity.ERROR, "programs", "pg_rewind cannot be found", node("{}"));
    }

    @Test
    void whatOthersMayReadIsSaid() throws Exception {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        assertHas(Severity.WARNING, "permissions", "everybody on this machine can read", node("{}"));
        Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwxr-xr-x"));
        assertHas(Severity.ERROR, "data directory", "is open to others", node("{}"));
        Files.writeString(file, Files.readString(file).replace("127.0.0.1:8008", "0.0.0.0:8008"));
        assertHas(Severity.WARNING, "rest api", "there is no restapi.authentication", node("{}"));
        Files.writeString(
                file, Files.readString(file).replace("restapi: {", "restapi: {allowlist: [192.168.1.0/24], "));
        assertTrue(
                node("{}").stream()
                        .noneMatch(finding -> finding.severity() == Severity.WARNING
                                && finding.area().equals("rest api")),
                "it is not open to everybody");
    }

    @Test
    void timesThatDoNotFitAreSaid() throws Exception {
        assertHas(
                Severity.WARNING,
                "timing",
                "Violated the rule",
                node("{\"ttl\":20,\"loop_wait\":10,\"retry_timeout\":10}"));
        assertHas(Severity.OK, "timing", "fit together", node("{}"));
    }

    @Test
    void certificatesEnd() throws Exception {
        Path certificate = directory.resolve("cert.pem");
        Process openssl = new ProcessBuilder(
                        "openssl",
                        "req",
                        "-x509",
                        "-newkey",
                        "ec",
                        "-pkeyopt",
                        "ec_paramgen_curve:P-256",
                        "-nodes",
                        "-subj",
                        "/CN=x",
                        "-days",
                        "40",
                        "-keyout",
                        directory.resolve("key.pem").toString(),
                        "-out",
                        certificate.toString())
                .redirectErrorStream(true)
                .start();
        openssl.getInputStream().readAllBytes();
        assertTrue(openssl.waitFor(20, TimeUnit.SECONDS) && openssl.exitValue() == 0);
        JsonObject document = Json.parseObject(
                        "{\"restapi\":{\"certfile\":\"" + certificate + "\",\"cafile\":\"/gone.pem\"}}")
                .orElseThrow();
        Instant now = Instant.now();
        assertHas(Severity.OK, "certificates", "is valid for 39 more days", new CertificateChecks(document, now).run());
        assertHas(
                Severity.WARNING,
                "certificates",
                "ends in",
                new CertificateChecks(document, now.plus(Duration.ofDays(20))).run());
        assertHas(
                Severity.ERROR,
                "certificates",
                "ended on",
                new CertificateChecks(document, now.plus(Duration.ofDays(50))).run());
        assertHas(
                Severity.ERROR, "certificates", "/gone.pem cannot be read", new CertificateChecks(document, now).run());
    }

    @Test
    void theClusterIsLookedAtThroughTheStoreAndItsMembers() throws Exception {
        var server = new MemoryServer(TimeSource.system());
        try (var store = server.connect("n0", Timing.DEFAULT)) {
            store.put(Key.CONFIG, """
                {"pause":true,"synchronous_mode":true,"synchronous_mode_strict":true,\
                "postgresql":{"parameters":{"max_replication_slots":0}}}\
                """, Expectation.ANY);
            store.put(Key.STATUS, "{\"optime\":9000000}", Expectation.ANY);
            store.publishMember("{\"state\":\"running\",\"role\":\"primary\"}");
            server.connect("n1", Timing.DEFAULT)
                    .publishMember("{\"state\":\"running\",\"xlog_location\":10,\"pending_restart\":true}");
            server.connect("n2", Timing.DEFAULT).publishMember("{\"state\":\"start failed\"}");
            ClusterView view = store.load();
            Instant now = Instant.ofEpochSecond(1_800_000_000);
            var answers = new MemberAnswers(
                    Map.of(
                            "n0",
                                    Json.parseObject("{\"server_version\":150018,\"dcs_last_seen\":1800000060}")
                                            .orElseThrow(),
                            "n1",
                                    Json.parseObject("{\"server_version\":160001,\"dcs_last_seen\":1799999000}")
                                            .orElseThrow()),
                    Map.of("n2", "connection refused"));
            List<Finding> findings = new ClusterChecks(view, answers, now).run();
            assertHas(Severity.ERROR, "leader", "nobody leads", findings);
            assertHas(Severity.WARNING, "leader", "paused", findings);
            assertHas(Severity.ERROR, "members", "n2 does not answer: connection refused", findings);
            assertHas(Severity.WARNING, "members", "n2 is start failed", findings);
            assertHas(Severity.NOTICE, "members", "n1 needs a restart", findings);
            assertHas(Severity.ERROR, "versions", "different major versions", findings);
            assertHas(Severity.WARNING, "clocks", "the clock of n0 is at least 60 s before ours", findings);
            assertHas(Severity.WARNING, "clocks", "n1 says that it saw the store 1000 s ago", findings);
            assertHas(Severity.WARNING, "replication", "n1 is 8999990 bytes behind", findings);
            assertHas(Severity.WARNING, "synchronous policy", "no standby is synchronous", findings);
            assertHas(Severity.ERROR, "slots", "max_replication_slots is 0", findings);
        }
    }

    @Test
    void theExitCodeIsThatOfTheWorstFinding() {
        assertEquals(
                List.of(0, 0, 3, 4),
                List.of(Severity.values()).stream().map(DoctorCommand::exitCode).toList());
        var findings = List.of(Finding.error("disk", "full", "make room"), Finding.ok("store", "answered"));
        assertEquals(
                "error   disk: full\n        -> make room\n1 of 2 findings are in order\n",
                DoctorCommand.text(findings, false, Screen.NONE));
        assertEquals(
                "[{\"severity\": \"error\", \"area\": \"disk\", \"text\": \"full\", \"remedy\": \"make room\"},"
                        + " {\"severity\": \"ok\", \"area\": \"store\", \"text\": \"answered\", \"remedy\": \"\"}]\n",
                DoctorCommand.json(findings));
    }

    private List<Finding> node(String dynamic) throws Exception {
        JsonObject document = ConfigTree.parseYaml("patroni.yml", Files.readString(file));
        return new NodeChecks(
                        document, new DynamicConfig(Json.parseObject(dynamic).orElseThrow()), file.toString())
                .run();
    }

    private void control(String hints, int checksums) throws Exception {
        program(
                "pg_controldata",
                "echo 'wal_log_hints setting:                " + hints
                        + "'; echo 'Data page checksum version:           " + checksums + "'");
    }

    private void program(String name, String body) throws Exception {
        Path program = programs.resolve(name);
        Files.writeString(program, "#!/bin/sh\n" + body + "\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static void assertHas(Severity severity, String area, String text, List<Finding> findings) {
        assertTrue(
                findings.stream()
                        .anyMatch(f -> f.severity() == severity
                                && f.area().equals(area)
                                && f.text().contains(text)),
                () -> severity + " " + area + ": " + text + " is not among " + findings);
    }
}
