package io.matriarch.postgres;

import com.google.gson.JsonObject;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Role;
import io.matriarch.model.TimeSource;
import io.matriarch.model.config.ConfigTree;
import io.matriarch.model.config.ConfigurationException;
import io.matriarch.model.config.LocalConfig;
import io.matriarch.postgres.LocalFacts.Snapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A {@link ManagedPostgres} with a data directory and a port of its own, as a test of the whole instance needs it.
 * Closing it ends the server, however the test ended. Works as root too: the server's programs then run as user
 * {@code postgres}.
 */
public final class PostgresUnderTest implements AutoCloseable {

    public static final Duration LIMIT = Duration.ofSeconds(60);

    private final String name;
    private final Path root;
    private final int port;
    private final String configuration;
    private LocalConfig local;
    private DynamicConfig dynamic = DynamicConfig.EMPTY;
    private ManagedPostgres postgres;

    private PostgresUnderTest(String name, Path root, int port, String configuration) throws ConfigurationException {
        this.name = name;
        this.root = root;
        this.port = port;
        this.configuration = configuration;
        this.local = LocalConfig.parse(ConfigTree.parseYaml(name, configuration));
        this.postgres = new ManagedPostgres(local, dynamic, TimeSource.system());
    }

    /**
     * @param directory shared by the nodes of one test
     * @param more lines of YAML for the {@code postgresql} section, without indentation
     */
    public static PostgresUnderTest create(String name, Path directory, String... more)
            throws IOException, ConfigurationException {
        int port = TestNode.freePort();
        Path root = Files.createDirectories(directory.resolve(name));
        String yaml = """
            scope: test
            name: %1$s
            restapi: {listen: "127.0.0.1:1", connect_address: "127.0.0.1:1"}
            bootstrap:
              dcs: {}
              initdb: [{auth: trust}, nosync, {encoding: UTF8}]
            postgresql:
              listen: "127.0.0.1:%2$d"
              data_dir: %3$s/data
              bin_dir: %4$s
              pgpass: %3$s/pgpass
              authentication:
                superuser: {username: postgres, password: super secret}
                replication: {username: replicator, password: "rep:secret"}
                rewind: {username: rewinder, password: rewind}
              parameters:
                unix_socket_directories: %3$s
                fsync: "off"
                shared_buffers: 16MB
                logging_collector: "on"
            """.formatted(name, port, root, TestNode.binDirectory(directory))
                .replace(", nosync", "");
        return new PostgresUnderTest(
                name, root, port, yaml + ("  " + String.join("\n  ", more)).stripTrailing() + "\n");
    }

    /** One that makes its cluster by a command of the user's; {@code recovery} is one line of YAML. */
    static PostgresUnderTest createByMethod(String name, Path directory, Path command, String recovery)
            throws IOException, ConfigurationException {
        PostgresUnderTest plain = create(name, directory);
        String configuration = plain.configuration.replaceFirst("  dcs: \\{}\n.*\n", """
              dcs: {}
              method: mine
              mine: {command: "%s", recovery_conf: %s}
              pg_hba: [host all all 127.0.0.1/32 trust, host replication replicator all scram-sha-256]
            """.formatted(command, recovery));
        plain.postgres.close();
        return new PostgresUnderTest(name, plain.root, plain.port, configuration);
    }

    public ManagedPostgres postgres() {
        return postgres;
    }

    Path dataDirectory() {
        return root.resolve("data");
    }

    Path root() {
        return root;
    }

    int port() {
        return port;
    }

    /** A new agent takes the place of the one that was killed: nothing but the server and the files is left. */
    void replaceAgent() throws ConfigurationException {
        postgres.close();
        postgres = new ManagedPostgres(local, dynamic, TimeSource.system());
        postgres.attach();
    }

    /** Applies another dynamic configuration, as the cycle would. */
    void configure(String json) {
        dynamic = new DynamicConfig(io.matriarch.model.Json.parseObject(json).orElseGet(JsonObject::new));
        postgres.applyConfiguration(local, dynamic, false);
    }

    /** Applies the local configuration with more lines in the {@code postgresql} section. */
    void configureLocally(String... more) throws ConfigurationException {
        local = LocalConfig.parse(ConfigTree.parseYaml(name, configuration + "  " + String.join("\n  ", more) + "\n"));
        postgres.applyConfiguration(local, dynamic, false);
    }

    /** initdb, start, users; it is a primary then. */
    public PostgresUnderTest bootstrapped() {
        postgres.attach();
        require(postgres.bootstrap(), "bootstrap");
        await(
                "writes are accepted",
                () -> snapshot().filter(s -> !s.inRecovery()).isPresent());
        postgres.setRole(Role.PRIMARY, false);
        require(postgres.postBootstrap(), "post_bootstrap");
        postgres.callOnStart();
        return this;
    }

    /** Clones {@code primary} and follows it. */
    public PostgresUnderTest cloneOf(PostgresUnderTest primary) {
        postgres.attach();
        require(postgres.cloneFrom(new CloneSource(primary.asUpstream(null), false)), "clone");
        StartOutcome started = postgres.start(new StartRequest(Role.REPLICA, primary.asUpstream(null), null, false));
        require(started == StartOutcome.STARTED, "start: " + started);
        return this;
    }

    public Upstream asUpstream(@Nullable String slot) {
        return new Upstream(name, "127.0.0.1", port, "postgres", slot, true, null);
    }

    public Optional<Snapshot> snapshot() {
        return postgres.observe().snapshot();
    }

    boolean isStreaming() {
        return snapshot().filter(s -> "streaming".equals(s.walReceiverState())).isPresent();
    }

    /** Runs one statement over a connection of the test's own. */
    void sql(String statement) {
        query("WITH nothing AS (SELECT 1) SELECT 1", statement);
    }

    @Nullable
    String query(String sql) {
        return query(sql, null);
    }

    private @Nullable String query(String sql, @Nullable String before) {
        String url = "jdbc:postgresql://127.0.0.1:" + port + "/postgres?user=postgres&password=super%20secret";
        try (var connection = java.sql.DriverManager.getConnection(url);
                var statement = connection.createStatement()) {
            if (before != null) {
                statement.execute(before);
            }
            try (var rows = statement.executeQuery(sql)) {
                return rows.next() ? rows.getString(1) : null;
            }
        } catch (java.sql.SQLException e) {
            throw new AssertionError(e.getMessage() + "\n" + log(), e);
        }
    }

    private void require(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(name + ": " + what + " failed\n" + log());
        }
    }

    /** Polls until it holds. */
    public void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError(name + ": not reached: " + what + "\n" + log());
            }
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(e);
            }
        }
    }

    String log() {
        try (var logs = Files.list(dataDirectory().resolve("log"))) {
            var text = new StringBuilder();
            for (Path log : logs.toList()) {
                text.append(Files.readString(log));
            }
            return text.toString();
        } catch (IOException e) {
            return "";
        }
    }

    /** The lines that callbacks left, see {@link #callbackScript}. */
    List<String> callbacks() {
        try {
            return Files.readAllLines(root.resolve("callbacks"));
        } catch (IOException _) {
            return List.of();
        }
    }

    /** A script that notes its arguments. */
    static Path callbackScript(Path directory, String name) throws IOException {
        Path script = Files.createDirectories(directory.resolve(name)).resolve("callback.sh");
        Files.writeString(script, "#!/bin/sh\necho \"$@\" >> " + script.resolveSibling("callbacks") + "\n");
        script.toFile().setExecutable(true);
        return script;
    }

    @Override
    public void close() {
        if (postgres.postmaster() != null) {
            postgres.stop(StopRequest.immediate(Duration.ofSeconds(10)));
        }
        postgres.close();
    }
}
