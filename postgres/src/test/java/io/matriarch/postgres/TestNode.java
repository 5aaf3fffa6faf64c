package io.matriarch.postgres;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.matriarch.model.PostgresState;
import io.matriarch.model.Role;
import io.matriarch.model.TimeSource;
import io.matriarch.model.config.Credentials;
import io.matriarch.model.config.PostgresSettings;
import io.matriarch.postgres.ChildProcess.Command;
import io.matriarch.postgres.ChildProcess.Result;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A PostgreSQL for the tests of those who make and mend data directories: a directory of its own, a free port, and the
 * plainest server control there is. Its programs run as user {@code postgres} when the tests run as root.
 */
final class TestNode implements ServerControl, Connections, AutoCloseable {

    static final Duration LIMIT = Duration.ofSeconds(60);

    /** Options of {@code pg_basebackup} for those who cannot wait and need not survive a power failure. */
    static final JsonElement FAST = JsonParser.parseString("[{\"checkpoint\": \"fast\"}, \"no-sync\"]");

    private static final List<String> PROGRAMS = List.of(
            "initdb", "pg_basebackup", "pg_controldata", "pg_ctl", "pg_isready", "pg_rewind", "pg_waldump", "postgres");

    final String name;
    final Path root;
    final Path dataDirectory;
    final int port;
    final List<String> events = new ArrayList<>();
    PostgresSettings settings;
    PostgresState state = PostgresState.STOPPED;

    TestNode(String name, Path directory) throws IOException {
        this.name = name;
        this.root = Files.createDirectories(directory.resolve(name));
        this.dataDirectory = root.resolve("data");
        this.port = freePort();
        this.settings = new PostgresSettings(
                "127.0.0.1",
                port,
                null,
                null,
                "postgres",
                dataDirectory,
                dataDirectory,
                "postgresql",
                binDirectory(directory).toString(),
                Map.of(),
                root.resolve("pgpass"),
                new Credentials("postgres", "super secret", Map.of()),
                new Credentials("replicator", "rep:secret", Map.of()),
                new Credentials("rewinder", "rew\\secret", Map.of()),
                new LinkedHashMap<>(),
                null,
                null,
                new JsonObject(),
                null,
                true,
                true,
                null,
                false,
                false,
                List.of("basebackup"),
                FAST,
                Map.of(),
                null,
                null,
                LIMIT,
                false,
                false,
                new JsonObject());
    }

    /** One below those that the kernel hands out to clients, which could take it before the server does. */
    static int freePort() throws IOException {
        IOException last = new IOException("no port was tried");
        for (int i = 0; i < 100; i++) {
            int port = ThreadLocalRandom.current().nextInt(10_000, 15_000);
            try (var socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (IOException e) {
                last = e;
            }
        }
        throw last;
    }

    /** Settings with another {@code postgresql} section, clone methods and basebackup options. */
    void configure(JsonObject section, List<String> methods, @Nullable JsonElement basebackup, String binDir) {
        PostgresSettings s = settings;
        settings = new PostgresSettings(
                s.listenAddresses(),
                s.port(),
                s.connectAddress(),
                s.proxyAddress(),
                s.database(),
                s.dataDir(),
                s.configDir(),
                s.configBaseName(),
                binDir,
                s.binNames(),
                s.pgpass(),
                s.superuser(),
                s.replication(),
                s.rewind(),
                s.parameters(),
                s.pgHba(),
                s.pgIdent(),
                s.recoveryConf(),
                s.customConf(),
                s.useSlots(),
                s.usePgRewind(),
                s.rewindOptions(),
                s.removeDataDirectoryOnRewindFailure(),
                s.removeDataDirectoryOnDivergedTimelines(),
                methods,
                basebackup,
                s.callbacks(),
                s.prePromote(),
                s.beforeStop(),
                s.pgCtlTimeout(),
                s.useUnixSocket(),
                s.useUnixSocketRepl(),
                section);
    }

    Programs programs() {
        return new Programs(() -> settings);
    }

    RejoinJournal journal() {
        return new RejoinJournal(() -> dataDirectory, () -> settings.pgpass(), TimeSource.system());
    }

    DataDirectoryRemover remover() {
        return new DataDirectoryRemover(() -> dataDirectory, journal());
    }

    Upstream asUpstream() {
        return new Upstream(name, "127.0.0.1", port, null, null, true, null);
    }

    /** One wrapper a program, which drops root's rights and hands our files to the user that PostgreSQL runs as. */
    static Path binDirectory(Path directory) throws IOException {
        Path wrappers = directory.resolve("bin");
        if (Files.exists(wrappers)) {
            return wrappers;
        }
        Files.createDirectories(wrappers);
        Path real = realBinDirectory();
        for (String program : PROGRAMS) {
            String script = """
                #!/bin/sh
                if [ "$(id -u)" = 0 ]; then
                    chown -R postgres %2$s 2>/dev/null
                    exec setpriv --reuid postgres --regid postgres --init-groups %1$s "$@"
                fi
                exec %1$s "$@"
                """.formatted(real.resolve(program), directory);
            Path wrapper = Files.writeString(wrappers.resolve(program), script);
            Files.setPosixFilePermissions(wrapper, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        return wrappers;
    }

    /** The command as it is run by the user that PostgreSQL runs as. */
    static List<String> asServerUser(String... command) {
        var words = new ArrayList<String>();
        if (System.getProperty("user.name").equals("root")) {
            words.addAll(List.of("setpriv", "--reuid", "postgres", "--regid", "postgres", "--init-groups"));
        }
        words.addAll(List.of(command));
        return words;
    }

    private static Path realBinDirectory() throws IOException {
        try (Stream<Path> versions = Files.list(Path.of("/usr/lib/postgresql"))) {
            return versions.map(version -> version.resolve("bin"))
                    .filter(bin -> Files.isExecutable(bin.resolve("initdb")))
                    .max((a, b) -> a.toString().compareTo(b.toString()))
                    .orElseThrow();
        }
    }

    /** Runs a program and fails when it fails. */
    String run(String program, String... arguments) {
        var words = new ArrayList<String>();
        words.add(programs().path(program));
        words.addAll(List.of(arguments));
        Result result = ChildProcess.run(Command.of(LIMIT, words), new Cancellation());
        if (result instanceof Result.Exited(int code, String stdout, var _) && code == 0) {
            return stdout;
        }
        throw new AssertionError(words + " " + result + "\n" + log());
    }

    String log() {
        try {
            return Files.exists(root.resolve("log")) ? Files.readString(root.resolve("log")) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** initdb, users, and a start as primary, as the agent would do it. */
    void becomePrimary() {
        run("initdb", "--no-sync", "--username=postgres", "--auth=trust", dataDirectory.toString());
        start(new StartRequest(Role.PRIMARY, null, null, false));
        sql("CREATE ROLE replicator REPLICATION LOGIN PASSWORD 'rep:secret'", "CREATE ROLE rewinder SUPERUSER LOGIN");
    }

    void follow(TestNode primary) {
        start(new StartRequest(Role.REPLICA, primary.asUpstream(), null, false));
    }

    void sql(String... statements) {
        try (Connection connection = local();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw new AssertionError(e.getMessage() + "\n" + log(), e);
        }
    }

    @Nullable
    String query(String sql) {
        try (Connection connection = local()) {
            return query(connection, sql);
        } catch (SQLException e) {
            throw new AssertionError(e.getMessage() + "\n" + log(), e);
        }
    }

    static @Nullable String query(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            return rows.next() ? rows.getString(1) : null;
        }
    }

    /** Polls until the query answers as expected. */
    void await(String expected, String sql) throws InterruptedException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        String answer = query(sql);
        while (!expected.equals(answer)) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError(sql + " answers " + answer + " instead of " + expected + "\n" + log());
            }
            Thread.sleep(50);
            answer = query(sql);
        }
    }

    // ---- ServerControl

    @Override
    public int majorVersion() {
        return programs().version("postgres", new Cancellation());
    }

    @Override
    public Optional<ControlData> controlData() {
        var fields = new LinkedHashMap<String, String>();
        run("pg_controldata", dataDirectory.toString()).lines().forEach(line -> {
            int colon = line.indexOf(':');
            fields.put(line.substring(0, colon), line.substring(colon + 1).strip());
        });
        return Optional.of(new ControlData(fields));
    }

    @Override
    public PostgresState state() {
        return state;
    }

    @Override
    public boolean isRunning() {
        return Files.exists(dataDirectory.resolve("postmaster.pid"));
    }

    @Override
    public void setState(PostgresState wanted) {
        state = wanted;
    }

    @Override
    public void setRole(Role role) {
        events.add("role " + role);
    }

    @Override
    public StartOutcome start(StartRequest request) {
        try {
            Path signal = dataDirectory.resolve("standby.signal");
            var conf = new StringBuilder("""
                include_if_exists 'postgresql.base.conf'
                listen_addresses = '127.0.0.1'
                unix_socket_directories = '%s'
                wal_log_hints = on
                wal_keep_size = '64MB'
                fsync = off
                shared_buffers = '16MB'
                """.formatted(root));
            settings.parameters().forEach((k, v) -> conf.append(k + " = '" + v.replace("'", "''") + "'\n"));
            if (request.role() == Role.REPLICA) {
                Files.writeString(signal, "");
                Upstream upstream = request.upstream();
                if (upstream != null) {
                    new PgPass(settings.pgpass()).write(upstream.host(), upstream.port(), settings.replication());
                    Conninfo conninfo = Conninfo.to(upstream, settings.replication(), "postgres", majorVersion())
                            .withPassfile(settings.pgpass());
                    conf.append("primary_conninfo = '" + conninfo + "'\n");
                }
            } else {
                Files.deleteIfExists(signal);
            }
            Files.writeString(dataDirectory.resolve("postgresql.conf"), conf);
            run(
                    "pg_ctl",
                    "start",
                    "-w",
                    "-t",
                    "60",
                    "-D",
                    dataDirectory.toString(),
                    "-l",
                    root.resolve("log").toString(),
                    "-o",
                    "-p " + port);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        state = PostgresState.RUNNING;
        return StartOutcome.STARTED;
    }

    @Override
    public StopOutcome stop(StopRequest request) {
        if (!Files.exists(dataDirectory.resolve("postmaster.pid"))) {
            return StopOutcome.NOT_RUNNING;
        }
        run(
                "pg_ctl",
                "stop",
                "-w",
                "-t",
                "60",
                "-D",
                dataDirectory.toString(),
                "-m",
                request.mode() == StopRequest.Mode.FAST ? "fast" : "immediate");
        state = PostgresState.STOPPED;
        return StopOutcome.STOPPED;
    }

    void stop() {
        stop(StopRequest.fast(false, null));
    }

    @Override
    public boolean reload() {
        run("pg_ctl", "reload", "-D", dataDirectory.toString());
        return true;
    }

    @Override
    public StartOutcome restart(@Nullable Duration timeout) {
        stop();
        return start(new StartRequest(Role.PRIMARY, null, timeout, false));
    }

    @Override
    public boolean isRestartPending() {
        return false;
    }

    @Override
    public void backUpConfiguration() {
        events.add("configuration backed up");
    }

    @Override
    public void restoreConfiguration() {
        events.add("configuration restored");
    }

    @Override
    public void beginCustomBootstrap(@Nullable JsonObject recoveryConf, boolean keepExisting) {
        events.add("custom bootstrap begun, keep " + keepExisting);
    }

    @Override
    public void endCustomBootstrap() {
        events.add("custom bootstrap ended");
    }

    // ---- Connections

    @Override
    public Connection local() throws SQLException {
        return connect(port, settings.superuser(), new Properties());
    }

    @Override
    public Connection localReplication() throws SQLException {
        return connect(port, settings.replication(), replication());
    }

    @Override
    public Connection primary(Upstream server, Credentials user) throws SQLException {
        var properties = new Properties();
        properties.setProperty("targetServerType", "primary");
        return connect(portOf(server), user, properties);
    }

    @Override
    public Connection replication(Upstream server) throws SQLException {
        return connect(portOf(server), settings.replication(), replication());
    }

    private static int portOf(Upstream server) {
        return server.port() == null ? 5432 : server.port();
    }

    private static Properties replication() {
        var properties = new Properties();
        properties.setProperty("replication", "true");
        properties.setProperty("preferQueryMode", "simple");
        properties.setProperty("assumeMinServerVersion", "13");
        return properties;
    }

    static Connection connect(int port, Credentials user, Properties properties) throws SQLException {
        properties.setProperty("user", String.valueOf(user.username()));
        if (user.password() != null) {
            properties.setProperty("password", user.password());
        }
        properties.setProperty("connectTimeout", "10");
        properties.setProperty("socketTimeout", "60");
        properties.setProperty("sslmode", "disable");
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/postgres", properties);
    }

    @Override
    public String localHost() {
        return "127.0.0.1";
    }

    @Override
    public void close() {
        if (Files.exists(dataDirectory.resolve("postmaster.pid"))) {
            stop(StopRequest.immediate(null));
        }
    }
}
