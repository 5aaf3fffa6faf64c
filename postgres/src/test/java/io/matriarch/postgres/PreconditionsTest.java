package io.matriarch.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.model.DynamicConfig;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Role;
import io.matriarch.model.TimeSource;
import io.matriarch.model.config.ConfigTree;
import io.matriarch.model.config.ConfigurationException;
import io.matriarch.model.config.LocalConfig;
import io.matriarch.model.config.PostgresSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PreconditionsTest {

    @TempDir
    private Path directory;

    private Path data;
    private Path bin;

    @BeforeEach
    void makePrograms() throws IOException {
        data = directory.resolve("data");
        bin = Files.createDirectories(directory.resolve("bin"));
        program("postgres", "echo 'postgres (PostgreSQL) 15.8 (Debian)'");
        program("pg_ctl", "");
        program("pg_controldata", "");
    }

    private void program(String name, String does) throws IOException {
        Path file = Files.writeString(bin.resolve(name), "#!/bin/sh\n" + does + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private Preconditions with(String listen, String... more) throws ConfigurationException {
        PostgresSettings settings = local(listen, more).postgres(DynamicConfig.EMPTY);
        return new Preconditions(() -> settings, new Programs(() -> settings));
    }

    private LocalConfig local(String listen, String... more) throws ConfigurationException {
        return LocalConfig.parse(
                ConfigTree.parseYaml("test", """
                    {scope: s, name: n, restapi: {listen: "a:1"}, postgresql: {listen: "%s", data_dir: %s, bin_dir: %s,
                     pgpass: %s/pgpass, authentication: {replication: {}} %s}}
                    """.formatted(listen, data, bin, directory, String.join("", more))));
    }

    private Optional<String> refusal() throws ConfigurationException {
        return refusal(with("127.0.0.1:5432"), false);
    }

    private static Optional<String> refusal(Preconditions preconditions, boolean initdb) {
        try {
            preconditions.require(initdb);
            return Optional.empty();
        } catch (ConfigurationException e) {
            return Optional.ofNullable(e.getMessage());
        }
    }

    @Test
    void programsThatAreMissingAreNamedTogether() throws Exception {
        assertEquals(Optional.empty(), refusal());
        Files.delete(bin.resolve("pg_ctl"));
        Files.setPosixFilePermissions(bin.resolve("postgres"), PosixFilePermissions.fromString("rw-r--r--"));
        String remedy =
                " not found in " + bin + ". Set postgresql.bin_dir to the directory that holds the programs of the"
                        + " PostgreSQL server, or install its server package";

        assertEquals(Optional.of("postgres, pg_ctl were" + remedy), refusal());
        makePrograms();
        assertEquals(Optional.of("initdb was" + remedy), refusal(with("127.0.0.1:5432"), true));
    }

    @Test
    void dataAndProgramsAreOfOneMajorVersion() throws Exception {
        Files.createDirectory(data);
        for (String version : new String[] {"14", "9.6"}) {
            Files.writeString(data.resolve("PG_VERSION"), version + "\n");
            assertEquals(
                    Optional.of("data directory " + data + " was made by PostgreSQL " + version + ", but " + bin
                            + "/postgres is version 15. Upgrade the data with pg_upgrade, or set postgresql.bin_dir to"
                            + " the programs of version " + version),
                    refusal());
        }
        Files.writeString(data.resolve("PG_VERSION"), "15\n");
        assertEquals(Optional.empty(), refusal());
    }

    @Test
    void aServerThatCannotRunSaysWhyItself() throws Exception {
        Files.createDirectory(data);
        Files.writeString(data.resolve("PG_VERSION"), "15\n");
        program("postgres", "echo 'cannot open shared object file' >&2; exit 127");

        assertEquals(
                Optional.of(bin + "/postgres --version exited with code=127: cannot open shared object file. Set"
                        + " postgresql.bin_dir to the programs of PostgreSQL 15"),
                refusal());
    }

    @Test
    void whatStandsInTheWayIsNamed() throws Exception {
        Files.writeString(data, "a file");
        assertTrue(refusal().orElse("").startsWith("postgresql.data_dir: " + data + " is not a directory. "));
        Files.delete(data);

        Files.createDirectory(directory.resolve("pgpass"));
        assertEquals(
                Optional.of("'" + directory + "/pgpass' exists and it's not a file, check your `postgresql.pgpass`"
                        + " configuration"),
                refusal());
        Files.delete(directory.resolve("pgpass"));

        String sockets = ", parameters: {unix_socket_directories: " + bin + "/postgres}";
        String said = refusal(with("127.0.0.1:5432", sockets), false).orElse("");
        assertTrue(
                said.startsWith("'" + bin + "/postgres' is defined in unix_socket_directories, " + bin
                        + "/postgres: exists and is no directory. Create it for user "),
                said);
    }

    @Test
    void directoriesInsideTheDataDirectoryAreNotMadeBeforeIt() throws Exception {
        String parameters = ", parameters: {unix_socket_directories: '@abstract, " + directory + "/run',"
                + " stats_temp_directory: inside}";
        assertEquals(Optional.empty(), refusal(with("127.0.0.1:5432", parameters), false));
        assertTrue(Files.isDirectory(directory.resolve("run")));
        assertFalse(Files.exists(data));
    }

    @Test
    void oneAddressThatCanBeListenedOnIsEnough() throws Exception {
        try (var other = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            int port = other.getLocalPort();
            assertEquals(
                    Optional.of(
                            "postgresql.listen: cannot listen on 127.0.0.1:" + port + " (Address already in use). Stop"
                                    + " the process that uses the"
                                    + " port, or set an address and a"
                                    + " port of this host that are"
                                    + " free"),
                    with("127.0.0.1:" + port).listen());
            assertEquals(Optional.empty(), with("127.0.0.1,127.0.0.2:" + port).listen());
            assertTrue(with("*:" + port).listen().isPresent());
            assertEquals(Optional.empty(), with(":" + port).listen());
        }
        assertTrue(with("192.0.2.1:5432").listen().orElse("").contains("192.0.2.1:5432 ("));
    }

    @Test
    void aDataDirectoryThatIsOpenToOthersExplainsAFailedStart() throws Exception {
        Files.createDirectory(data);
        int port;
        try (var free = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            port = free.getLocalPort();
        }
        for (String mode : new String[] {"rwx------", "rwxr-x---"}) {
            Files.setPosixFilePermissions(data, PosixFilePermissions.fromString(mode));
            assertEquals(Optional.empty(), with("127.0.0.1:" + port).whyStartFailed());
        }
        for (String mode : new String[] {"rwxrwx---", "rwxr-xr-x"}) {
            Files.setPosixFilePermissions(data, PosixFilePermissions.fromString(mode));
            assertEquals(
                    Optional.of("data directory " + data
                            + " is open to others than its owner. Set its mode to 0700, or to" + " 0750"),
                    with("127.0.0.1:" + port).whyStartFailed());
        }
    }

    /** Time that passes only where somebody waits. */
    private static final class WaitedTime implements TimeSource {

        private MonotonicTime now = TimeSource.system().now();

        @Override
        public synchronized MonotonicTime now() {
            return now;
        }

        @Override
        public Instant wallClock() {
            return TimeSource.system().wallClock();
        }

        @Override
        public synchronized void sleep(Duration duration) throws InterruptedException {
            now = now.plus(duration);
            TimeSource.system().sleep(Duration.ofMillis(5));
        }
    }

    @Test
    void aServerThatEndsAtOnceIsStartedAgainAfterAPause() throws Exception {
        Files.createDirectory(data);
        Files.writeString(data.resolve("PG_VERSION"), "15\n");
        Files.writeString(data.resolve("postgresql.conf"), "");
        program("postgres", "exit 1");
        var time = new WaitedTime();
        LocalConfig local = local("127.0.0.1:1", ", parameters: {unix_socket_directories: " + directory + "}");
        try (var postgres = new ManagedPostgres(local, DynamicConfig.EMPTY, time)) {
            MonotonicTime begin = time.now();
            for (int i = 0; i < 5; i++) {
                assertEquals(StartOutcome.FAILED, postgres.start(new StartRequest(Role.REPLICA, null, null, false)));
            }
            assertTrue(time.now().since(begin).compareTo(Duration.ofSeconds(1 + 2 + 4 + 8)) >= 0);
        }
    }

    @Test
    void thePauseBetweenFailedStartsGrowsToALimitAndEndsWithSuccess() {
        MonotonicTime start = TimeSource.system().now();
        var pause = new StartPause(start);
        assertTrue(pause.isOver(start));
        MonotonicTime now = start;
        for (int seconds : new int[] {1, 2, 4, 8, 10, 10}) {
            pause.failed(now);
            assertFalse(pause.isOver(now.plus(Duration.ofSeconds(seconds).minusMillis(1))));
            now = now.plus(Duration.ofSeconds(seconds));
            assertTrue(pause.isOver(now));
        }
        pause.failed(now);
        pause.succeeded();
        assertTrue(pause.isOver(now));
        pause.failed(now);
        assertTrue(pause.isOver(now.plus(Duration.ofSeconds(1))));
    }
}
