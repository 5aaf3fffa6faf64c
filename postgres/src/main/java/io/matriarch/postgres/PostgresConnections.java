package io.matriarch.postgres;

import io.matriarch.model.config.Credentials;
import io.matriarch.model.config.PostgresSettings;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Connections to the local server and to its peers (contract postgres-control.md 3). Two are kept open, one for the
 * cycle and one for the REST API; the others are made for their purpose and closed by it.
 *
 * <p>No call outlives its limit, whatever state server and network are in: the server ends a statement after two
 * seconds, the socket gives up waiting for a byte, and should bytes trickle, a timer aborts the connection.
 */
final class PostgresConnections implements Connections, AutoCloseable {

    private static final System.Logger LOG = System.getLogger("patroni.postgresql.connection");

    private static final int CONNECT_LIMIT_SECONDS = 3;
    private static final int STATEMENT_LIMIT_MILLIS = 2000;

    /** Longer than the server takes to end a statement by itself. */
    private static final int SOCKET_LIMIT_SECONDS = 3;

    /** Connecting and one statement, each used up. */
    private static final Duration QUERY_LIMIT = Duration.ofSeconds(5);

    /** What is kept open, by the name that the server shows. */
    enum Purpose {
        HEARTBEAT("Patroni heartbeat"),
        RESTAPI("Patroni restapi");

        private final String applicationName;

        Purpose(String applicationName) {
            this.applicationName = applicationName;
        }
    }

    /** Work on a connection. */
    @FunctionalInterface
    interface Work<T> {
        T on(Connection connection) throws SQLException;
    }

    private final Supplier<PostgresSettings> settings;
    private final Supplier<LocalAddress> address;
    private final Map<Purpose, Kept> kept = new EnumMap<>(Purpose.class);
    private final ScheduledExecutorService deadlines = Executors.newSingleThreadScheduledExecutor(
            task -> Thread.ofPlatform().daemon().name("PostgreSQL deadlines").unstarted(task));

    /** @param address where the running server listens, which may differ from what is configured by now */
    PostgresConnections(Supplier<PostgresSettings> settings, Supplier<LocalAddress> address) {
        this.settings = settings;
        this.address = address;
        for (Purpose purpose : Purpose.values()) {
            kept.put(purpose, new Kept(purpose));
        }
    }

    // ---- those that are kept

    /** Runs {@code work} on the kept connection; one that turns out to be dead is replaced once. */
    <T> T with(Purpose purpose, Work<T> work) throws SQLException {
        return kept(purpose).with(work);
    }

    private Kept kept(Purpose purpose) {
        Kept found = kept.get(purpose);
        if (found == null) {
            throw new IllegalStateException("no connection for " + purpose);
        }
        return found;
    }

    /** Whether the kept connection of the cycle is still answered; without one: whether a new one can be made. */
    boolean isAnswered() {
        try {
            return with(Purpose.HEARTBEAT, connection -> {
                try (var statement = connection.createStatement()) {
                    return statement.execute("SELECT 1");
                }
            });
        } catch (SQLException _) {
            return false;
        }
    }

    /** Closes those that are kept; the next use opens them anew. */
    void closeKept() {
        boolean any = false;
        for (Kept one : kept.values()) {
            any |= one.close();
        }
        if (any) {
            LOG.log(Level.INFO, "closed patroni connections to postgres");
        }
    }

    @Override
    public void close() {
        closeKept();
        deadlines.shutdownNow();
    }

    private final class Kept {

        private final Purpose purpose;
        private final ReentrantLock use = new ReentrantLock();
        private volatile @Nullable Connection connection;

        Kept(Purpose purpose) {
            this.purpose = purpose;
        }

        <T> T with(Work<T> work) throws SQLException {
            if (!isMine()) {
                throw new SQLException("The connection " + purpose.applicationName + " is busy");
            }
            try {
                boolean reused = connection != null;
                try {
                    return attempt(work);
                } catch (SQLException e) {
                    if (!reused || connection != null) {
                        throw e;
                    }
                    return attempt(work);
                }
            } finally {
                use.unlock();
            }
        }

        private boolean isMine() throws SQLException {
            try {
                return use.tryLock(QUERY_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new SQLException("interrupted", e);
            }
        }

        private <T> T attempt(Work<T> work) throws SQLException {
            Connection current = connection;
            if (current == null) {
                current = openLocal(address.get(), purpose.applicationName, SOCKET_LIMIT_SECONDS);
                LOG.log(
                        Level.INFO,
                        "establishing a new patroni {0} connection to postgres",
                        purpose.name().toLowerCase(Locale.ROOT));
                connection = current;
            }
            Connection watched = current;
            var deadline = deadlines.schedule(() -> abort(watched), QUERY_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
            try {
                return work.on(current);
            } catch (SQLException e) {
                if (!isStatementsFault(e)) {
                    forget(current);
                }
                throw e;
            } finally {
                deadline.cancel(false);
            }
        }

        private void forget(Connection dead) {
            abort(dead);
            connection = null;
        }

        boolean close() {
            Connection current = connection;
            connection = null;
            if (current != null) {
                abort(current);
            }
            return current != null;
        }
    }

    /** After these the connection is as good as before: the statement was wrong, or took too long. */
    private static boolean isStatementsFault(SQLException e) {
        String state = e.getSQLState();
        return state != null && !state.startsWith("08") && !state.startsWith("57P") && !state.equals("58000");
    }

    private static void abort(Connection connection) {
        try {
            connection.abort(Runnable::run);
        } catch (SQLException e) {
            LOG.log(Level.DEBUG, "Could not abort a connection", e);
        }
    }

    // ---- those that are not

    @Override
    public Connection local() throws SQLException {
        return openLocal(address.get(), "Patroni", SOCKET_LIMIT_SECONDS);
    }

    /**
     * To the local server, for one statement that may take long.
     *
     * @param limit after it the connection breaks
     */
    Connection localForLong(Duration limit) throws SQLException {
        return localForLong(settings.get().database(), limit);
    }

    /** The same for another database. */
    Connection localForLong(String database, Duration limit) throws SQLException {
        Connection connection = openLocal(address.get(), database, "Patroni", (int) limit.toSeconds());
        try (var statement = connection.createStatement()) {
            statement.execute("SET statement_timeout = 0");
            return connection;
        } catch (SQLException e) {
            abort(connection);
            throw e;
        }
    }

    @Override
    public Connection localReplication() throws SQLException {
        PostgresSettings now = settings.get();
        LocalAddress replicationAddress =
                now.useUnixSocketRepl() ? LocalAddress.forReplication(now) : withoutSocket(address.get());
        Properties properties = properties(now.replication(), "Patroni", SOCKET_LIMIT_SECONDS);
        makeReplication(properties);
        return open(replicationAddress, now.database(), properties);
    }

    private static LocalAddress withoutSocket(LocalAddress local) {
        return new LocalAddress(local.tcpHost(), local.port(), null);
    }

    @Override
    public Connection primary(Upstream server, Credentials user) throws SQLException {
        Properties properties = properties(user, "Patroni", SOCKET_LIMIT_SECONDS);
        properties.setProperty("targetServerType", "primary");
        setOptions(properties, "");
        return DriverManager.getConnection(url(server), properties);
    }

    @Override
    public Connection replication(Upstream server) throws SQLException {
        Properties properties = properties(settings.get().replication(), "Patroni", SOCKET_LIMIT_SECONDS);
        makeReplication(properties);
        return DriverManager.getConnection(url(server), properties);
    }

    @Override
    public String localHost() {
        return address.get().host();
    }

    // ---- opening

    private Connection openLocal(LocalAddress where, String applicationName, int socketLimitSeconds)
            throws SQLException {
        return openLocal(where, settings.get().database(), applicationName, socketLimitSeconds);
    }

    private Connection openLocal(LocalAddress where, String database, String applicationName, int socketLimitSeconds)
            throws SQLException {
        PostgresSettings now = settings.get();
        Properties properties = properties(now.superuser(), applicationName, socketLimitSeconds);
        setOptions(properties, " -c pg_stat_statements.track=none");
        return open(where, database, properties);
    }

    private static Connection open(LocalAddress where, String database, Properties properties) throws SQLException {
        Optional<Path> socket = where.socket();
        if (socket.isPresent()) {
            properties.setProperty("socketFactory", UnixSocketFactory.class.getName());
            properties.setProperty("socketFactoryArg", socket.get().toString());
            // PostgreSQL never offers TLS there
            properties.setProperty("sslmode", "disable");
        }
        String host = socket.isPresent() ? "localhost:" + where.port() : where.hostAndPort();
        return DriverManager.getConnection("jdbc:postgresql://" + host + "/" + database, properties);
    }

    private String url(Upstream server) {
        var hosts = new StringBuilder();
        for (String host : server.host().split(",")) {
            hosts.append(hosts.isEmpty() ? "" : ",").append(host.indexOf(':') >= 0 ? "[" + host + "]" : host);
            hosts.append(':').append(server.port() == null ? 5432 : server.port());
        }
        String database = server.database() == null ? settings.get().database() : server.database();
        return "jdbc:postgresql://" + hosts + "/" + database;
    }

    private static Properties properties(Credentials user, String applicationName, int socketLimitSeconds) {
        var properties = new Properties();
        user.options().forEach(properties::setProperty);
        properties.setProperty("user", user.username() == null ? System.getProperty("user.name") : user.username());
        if (user.password() != null) {
            properties.setProperty("password", user.password());
        }
        properties.setProperty("ApplicationName", applicationName);
        properties.setProperty("connectTimeout", Integer.toString(CONNECT_LIMIT_SECONDS));
        properties.setProperty("loginTimeout", Integer.toString(CONNECT_LIMIT_SECONDS));
        properties.setProperty("socketTimeout", Integer.toString(socketLimitSeconds));
        // one round trip a statement, and nothing left prepared on the server
        properties.setProperty("preferQueryMode", "simple");
        // lets the driver send the application name with the startup message
        properties.setProperty("assumeMinServerVersion", "10");
        properties.setProperty("gssEncMode", user.options().getOrDefault("gssencmode", "disable"));
        return properties;
    }

    private static void setOptions(Properties properties, String more) {
        properties.setProperty(
                "options", "-c statement_timeout=" + STATEMENT_LIMIT_MILLIS + more + " -c search_path=pg_catalog");
    }

    private static void makeReplication(Properties properties) {
        properties.setProperty("replication", "true");
        properties.setProperty("options", "-c statement_timeout=" + STATEMENT_LIMIT_MILLIS);
    }
}
