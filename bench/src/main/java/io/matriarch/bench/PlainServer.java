package io.matriarch.bench;

import io.matriarch.acceptance.Await;
import io.matriarch.acceptance.Machine;
import io.matriarch.acceptance.Signal;
import io.matriarch.acceptance.TestCluster;
import io.matriarch.ctl.load.Endpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * A PostgreSQL without a manager, with the settings that a manager gives it. What is done to it is what a perfect
 * supervisor would do: it knows within a millisecond that the server is gone and starts it in the same moment.
 */
final class PlainServer implements AutoCloseable {

    /** Who notices the end of the postmaster. */
    enum Parent {
        /** We: at once. */
        SUPERVISOR,
        /** Process 1, as after {@code pg_ctl start}: until it does, the pid is taken and PostgreSQL refuses to start. */
        INIT
    }

    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Duration POLL = Duration.ofMillis(1);

    /** Those that Matriarch and Patroni set themselves where the operator says nothing. */
    private static final String SETTINGS = """
        wal_level = replica
        hot_standby = on
        wal_log_hints = on
        max_connections = 100
        max_wal_senders = 10
        max_replication_slots = 10
        wal_keep_size = 128MB
        max_worker_processes = 8
        log_line_prefix = '%m [%p] '
        """;

    final Endpoint endpoint;
    private final Path directory;
    private final Path data;
    private final Parent parent;
    private long pid;

    private PlainServer(Path directory, String name, Parent parent) {
        this.endpoint = new Endpoint(name, "127.0.0.1", Machine.freePort());
        this.directory = directory;
        this.data = directory.resolve(name);
        this.parent = parent;
    }

    /** A new primary that accepts connections. */
    static PlainServer primary(Path directory, Parent parent) {
        var server = new PlainServer(directory, "primary", parent);
        Path password = directory.resolve("password");
        server.write(password, TestCluster.SUPERUSER_PASSWORD + "\n");
        server.postgres(
                "initdb",
                "-D",
                server.data.toString(),
                "-U",
                "postgres",
                "-E",
                "UTF8",
                "--data-checksums",
                "--auth-local=trust",
                "--auth-host=scram-sha-256",
                "--pwfile=" + password);
        server.startAndAwait();
        return server;
    }

    /** A standby that streams from it. */
    static PlainServer standbyOf(PlainServer primary, String name) throws SQLException {
        var server = new PlainServer(primary.directory, name, primary.parent);
        server.postgres(
                "pg_basebackup",
                "-D",
                server.data.toString(),
                "-h",
                primary.directory.toString(),
                "-U",
                "postgres",
                "-p",
                Integer.toString(primary.endpoint.port()),
                "-c",
                "fast",
                "-R");
        server.startAndAwait();
        try (Connection connection = Client.SESSIONS.open(primary.endpoint);
                var statement = connection.createStatement()) {
            Await.until("the standby streams", LIMIT, () -> {
                try (var rows =
                        statement.executeQuery("select bool_and(state = 'streaming') from pg_stat_replication")) {
                    return rows.next() && rows.getBoolean(1);
                }
            });
        }
        return server;
    }

    private void startAndAwait() {
        write(
                data.resolve("bench.conf"),
                SETTINGS + "cluster_name = '" + endpoint.name() + "'\nlisten_addresses = '127.0.0.1'\nport = "
                        + endpoint.port() + "\nunix_socket_directories = '" + directory + "'\n");
        write(data.resolve("postgresql.conf"), "include 'bench.conf'\n");
        start();
        try {
            Await.until("PostgreSQL accepts connections", LIMIT, () -> {
                Client.SESSIONS.open(endpoint).close();
                return true;
            });
        } catch (AssertionError e) {
            close();
            throw e;
        }
    }

    /** Starts it and does not wait. */
    void start() {
        Path log = directory.resolve(endpoint.name() + ".log");
        if (parent == Parent.INIT) {
            postgres("pg_ctl", "-D", data.toString(), "-l", log.toString(), "-W", "start");
            return;
        }
        try {
            pid = new ProcessBuilder(Machine.asUser(List.of(program("postgres"), "-D", data.toString())))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start()
                    .pid();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private long pid() {
        if (parent == Parent.INIT) {
            try {
                pid = Long.parseLong(
                        Files.readAllLines(data.resolve("postmaster.pid")).getFirst());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return pid;
    }

    /** Kills the postmaster alone and returns as soon as PostgreSQL lets itself be started again. */
    void crash() {
        long postmaster = pid();
        List<Long> children = ProcessHandle.of(postmaster).stream()
                .flatMap(ProcessHandle::children)
                .map(ProcessHandle::pid)
                .toList();
        Signal.KILL.sendTo(postmaster);
        awaitReaped(postmaster);
        // They end by themselves when they notice, and hold the shared memory until then.
        while (!children.stream().allMatch(ProcessFigures::isDead)) {
            LockSupport.parkNanos(POLL.toNanos());
        }
    }

    /** Fast shutdown; returns when it is down. */
    void stop() {
        long postmaster = pid();
        Signal.INT.sendTo(postmaster);
        awaitReaped(postmaster);
    }

    private static void awaitReaped(long process) {
        while (!ProcessFigures.isReaped(process)) {
            LockSupport.parkNanos(POLL.toNanos());
        }
    }

    private void postgres(String program, String... arguments) {
        var command = new ArrayList<>(List.of(program(program)));
        command.addAll(List.of(arguments));
        Machine.run(Machine.asUser(command));
    }

    private static String program(String name) {
        return Machine.postgresBin().resolve(name).toString();
    }

    private void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Machine.give(file);
    }

    @Override
    public void close() {
        if (Files.exists(data.resolve("postmaster.pid")) && !ProcessFigures.isDead(pid())) {
            crash();
        }
    }
}
