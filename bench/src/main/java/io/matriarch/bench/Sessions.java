package io.matriarch.bench;

import io.matriarch.acceptance.Connections;
import io.matriarch.acceptance.TestCluster;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import javax.net.SocketFactory;
import org.postgresql.PGConnection;

/**
 * Opens connections without ever waiting for a second. The driver's own limits are whole seconds and its login limit
 * needs a thread, so a client that uses them measures itself: with {@code loginTimeout=2} a restart that takes 0.2 s looks
 * like 4 s.
 */
final class Sessions {

    /** To a port on the same machine: it answers within a millisecond, or nobody is there. */
    private static final Duration CONNECT_LIMIT = Duration.ofMillis(100);
    /** Between two messages of the login; a fork and a password check on a busy core take some 20 ms. */
    private static final Duration LOGIN_LIMIT = Duration.ofMillis(500);
    /** Longer than any statement of a healthy server takes here, so that it ends only those of a frozen one. */
    private static final Duration STATEMENT_LIMIT = Duration.ofSeconds(3);

    private Sessions() {}

    /**
     * The first host that accepts writes, in the order of the list, as libpq does for
     * {@code target_session_attrs=read-write}. Empty: none does at present.
     */
    static Optional<Connection> openWritable(List<Endpoint> endpoints) {
        for (Endpoint endpoint : endpoints) {
            try {
                Connection connection = open(endpoint);
                if (isWritable(connection)) {
                    return Optional.of(connection);
                }
                Connections.giveUp(connection);
            } catch (SQLException _) {
                // refused, starting up, shutting down: the next one
            }
        }
        return Optional.empty();
    }

    static Connection open(Endpoint endpoint) throws SQLException {
        var properties = new Properties();
        properties.setProperty("user", "postgres");
        properties.setProperty("password", TestCluster.SUPERUSER_PASSWORD);
        properties.setProperty("ApplicationName", "bench");
        properties.setProperty("sslmode", "disable");
        properties.setProperty("gssEncMode", "disable");
        properties.setProperty("loginTimeout", "0");
        properties.setProperty("socketTimeout", "0");
        properties.setProperty("socketFactory", HastySockets.class.getName());
        Connection connection = DriverManager.getConnection(
                "jdbc:postgresql://" + endpoint.host() + ":" + endpoint.port() + "/postgres", properties);
        connection.setNetworkTimeout(Runnable::run, Math.toIntExact(STATEMENT_LIMIT.toMillis()));
        return connection;
    }

    /** What the server says of itself at login (PostgreSQL 14 and later); asked for only where it does not. */
    private static boolean isWritable(Connection connection) throws SQLException {
        var session = connection.unwrap(PGConnection.class);
        String standby = session.getParameterStatus("in_hot_standby");
        String readOnly = session.getParameterStatus("default_transaction_read_only");
        if (standby != null && readOnly != null) {
            return standby.equals("off") && readOnly.equals("off");
        }
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery("show transaction_read_only")) {
            return rows.next() && "off".equals(rows.getString(1));
        }
    }

    /** Sockets with limits in milliseconds. Public with a public constructor because the driver makes it by name. */
    public static final class HastySockets extends SocketFactory {

        @Override
        public Socket createSocket() {
            return new Socket() {
                @Override
                public void connect(SocketAddress address, int ignored) throws IOException {
                    super.connect(address, Math.toIntExact(CONNECT_LIMIT.toMillis()));
                    setSoTimeout(Math.toIntExact(LOGIN_LIMIT.toMillis()));
                }
            };
        }

        @Override
        public Socket createSocket(String host, int port) throws IOException {
            throw new UnknownHostException("only unconnected sockets");
        }

        @Override
        public Socket createSocket(String host, int port, InetAddress from, int fromPort) throws IOException {
            return createSocket(host, port);
        }

        @Override
        public Socket createSocket(InetAddress host, int port) throws IOException {
            return createSocket(host.getHostAddress(), port);
        }

        @Override
        public Socket createSocket(InetAddress host, int port, InetAddress from, int fromPort) throws IOException {
            return createSocket(host, port);
        }
    }
}
